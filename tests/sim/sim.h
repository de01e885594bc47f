/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a world of two to four devices in one thread, of which nothing is left to
 * chance but one seed: clocks, disks, network, random numbers, users, crashes. The product's
 * engine runs in it unchanged. The world also knows what no device can know (who typed what, who
 * sits at the other end of a connection, what was promised to be on a disk), and judges by that.
 * tests/sim/README.md says how it is used.
 */
#ifndef TREC_TESTS_SIM_SIM_H
#define TREC_TESTS_SIM_SIM_H

#include "tests/sim/facts.h"
#include <trec/discovery.h>
#include <trec/introduction.h>
#include <trec/keystore.h>
#include <trec/pairing.h>
#include <trec/rotation.h>
#include <trec/session.h>

#define SIM_DEVICES 4
#define SIM_LINKS 10
#define SIM_PIECES 64
#define SIM_PAST 8
#define SIM_ROWS 96
#define SIM_CHANGES 48
#define SIM_WORDS 256
#define SIM_LETTERS 8
#define SIM_SPOKEN 4
#define SIM_ACTIONS 40
#define SIM_TEXT 480
#define SIM_NEVER UINT64_MAX

struct sim_world;

/* ---- random numbers: one stream for each purpose ---------------------------------------- */

struct sim_rng {
	uint64_t s;
};
uint64_t sim_next(struct sim_rng *r);
unsigned sim_below(struct sim_rng *r, unsigned n);
static inline bool sim_chance(struct sim_rng *r, unsigned percent)
{
	return sim_below(r, 100) < percent;
}

enum sim_crash { SIM_KILL, SIM_POWER };

struct sim_device {
	struct sim_world *w;
	int no;
	struct trec_env env;
	struct sim_rng random;
	size_t live;          /* bytes allocated */
	uint64_t fail_alloc;  /* countdowns; SIM_NEVER */
	uint64_t fail_random;
	uint64_t booted_at;
	unsigned boots;
	int64_t wall_offset;
	bool wall_trusted;
	bool up;
	uint64_t up_at;
	struct sim_disk *disk;
	struct trec_store *inner;  /* of the open store */
	struct trec_store store;   /* in front of it: what the engine gets */
	struct trec_id id;
	struct trec_id past[SIM_PAST]; /* ids before its key was renewed, newest first */
	size_t pasts;
	int mask;             /* device whose certificate it shows; -1: its own */
	struct trec_window *window;
	uint64_t serial;      /* of the newest window, over all restarts */
	enum trec_method method;
	bool multi_use;
	bool window_there;
	uint64_t paired_serial;
	char secret[SIM_TEXT];
	char older[SIM_TEXT];
	char preset[TREC_PIN_MAX + 1];
	struct sim_guesses random_pin, preset_pin;
	struct sim_fact row[SIM_ROWS];
	size_t rows;
	struct sim_fact pending[SIM_CHANGES]; /* asked for, not acknowledged */
	size_t pendings;
	struct sim_bond bond[SIM_DEVICES];
	struct sim_pen pen, old_pen;
	struct trec_introduction_policy policy; /* its user's, for life */
	struct sim_rights most;                 /* the same policy's rights */
	struct trec_revocation *news; /* whom it parted from, for the others */
	bool accepting;       /* its user accepts an introduction just now */
	bool resuming;        /* it decides that a suspended peer is the right one */
	bool restored;        /* an old copy of its store came back: nothing is demanded of it */
	struct sim_link *cause; /* whose job is performed; NULL: the user's */
	int cause_end;
	unsigned crash_in;    /* steps until it dies; 0: not armed */
	enum sim_crash crash;
	const struct trec_id *cascade_of; /* it parts from that one and whom it introduced */
	bool crowded;         /* its disk was full once: names of who is gone may be left */
	bool shows;           /* this beacon, to all */
	uint8_t beacon[TREC_BEACON_LEN];
	bool sick;            /* its store failed a commit: nothing is demanded until restart */
};

/* ---- connections ------------------------------------------------------------------------ */

struct sim_piece {
	uint64_t at;
	size_t n, from;
	bool eof;
	uint8_t *p;
};

struct sim_pipe {
	struct sim_piece q[SIM_PIECES];
	unsigned count;
	uint64_t last_at;
	bool shut;            /* nothing more enters */
};

/* What a session's user does. */
struct sim_app {
	bool asks, asked;
	size_t send, sent, got;
	bool finishing;
	uint64_t close_at;
	bool up;
	unsigned subjects;    /* a bit for each device that the peer is to get to know */
	unsigned waiting;     /* for what became of so many */
	uint64_t deliver_at;
	uint64_t answer_at;   /* to the question whether to get to know others */
	bool answer, said_yes;
};

struct sim_end {
	int dev;
	bool open;
	uint64_t opened_at;
	struct trec_pairing *p;
	struct trec_session *s;
	struct trec_revocation *words;
	uint64_t job_at;
	bool asked;           /* consent */
	bool said_yes;
	bool said_no;
	uint64_t answer_at;
	int answer;           /* 1 yes, 0 no, -1 never */
	struct sim_app app;
	uint8_t head[3];      /* frame header on its way out, before TLS */
	unsigned head_n;
	size_t skip;
	bool inside;
	bool proved;
	bool nonce_given;     /* to the peer, to introduce somebody */
	uint8_t nonce[TRUST_NONCE_LEN];
	uint64_t nonce_at;
};

enum sim_noise {
	SIM_LOSE = 1, SIM_DOUBLE = 2, SIM_SWAP = 4, SIM_FLIP = 8, SIM_TRIM = 16, SIM_CUT = 32,
	SIM_HALF = 64, SIM_STALL = 128, SIM_MIX = 256
};
#define SIM_NOISES 9

struct sim_link {
	struct sim_world *w;
	bool used;
	unsigned serial;
	uint64_t began;
	struct sim_rng rng;
	unsigned noise;       /* enum sim_noise */
	unsigned rate;        /* percent of pieces that meet it */
	bool ticks_often;
	bool cut;
	uint64_t cut_at;
	struct sim_end end[2]; /* 0 dialled, 1 accepted */
	struct sim_pipe pipe[2]; /* from that end to the other */
	int mask;             /* the acceptor shows this device's certificate; -1: its own */
	bool pairing;
	char typed[SIM_TEXT];
	bool fits;            /* what was typed was a secret of the other end while this link was */
	uint64_t window;      /* of the responder, whose secret fits */
	bool multi_use;
	bool half_stored;     /* by the responder, in this very pairing */
	bool stored_by_i;     /* the initiator's entry of it is active */
	bool honest;          /* of the last phase: must not be disturbed */
	bool was_up[2];
	trec_err error[2];
};

/* ---- schedule --------------------------------------------------------------------------- */

enum sim_kind {
	SIM_MEET,      /* window at b, pairing from a */
	SIM_OPEN,
	SIM_SHUT,
	SIM_PRESET,
	SIM_PAIR,
	SIM_GUESS,     /* a wrong PIN */
	SIM_SESSION,
	SIM_IMPOSTOR,
	SIM_UNPAIR,
	SIM_EDIT,
	SIM_CLOCK,
	SIM_CRASH,
	SIM_WEATHER,
	SIM_DISK,
	SIM_SCARCE,
	SIM_GRANT,     /* b may introduce others to a */
	SIM_INTRODUCE, /* a introduces b and another to each other */
	SIM_CARRY,     /* a writes b and another a letter about each other */
	SIM_ACCEPT,    /* a reads a letter */
	SIM_ROTATE,
	SIM_BACKUP,
	SIM_RESTORE,
	SIM_DENOUNCE,  /* a parts from b and tells all others */
	SIM_KINDS
};

struct sim_action {
	enum sim_kind kind;
	uint64_t gap_ms;
	uint64_t seed;        /* of its own stream: dropping others does not change it */
	int a, b;
};

extern const char *const sim_kind_name[SIM_KINDS];

/* Introductions as text, for both of two devices. */
struct sim_letter {
	char text[TREC_INTRODUCTION_TEXT_MAX + 1];
	int to[2];
};

struct sim_options {
	uint64_t seed;
	int devices;          /* 0: the seed decides */
	bool trace;
	bool disk;            /* the keystore on a simulated disk, else a table in memory */
	uint64_t drop;        /* bit per action that is left out */
};

/* What happened, so that a campaign can show that it was not about nothing. */
#define SIM_STATS(X)                                                                               \
	X(paired) X(replaced) X(wrong_answered) X(frozen) X(refused) X(up) X(healed) X(served)     \
	X(no_right) X(told) X(revoked) X(rejected) X(impostors) X(crashes) X(torn) X(denied)       \
	X(expired) X(timeouts) X(damaged) X(honest) X(judged) X(introduced) X(carried)             \
	X(presented) X(activated) X(unwanted) X(unanswered) X(not_allowed) X(second_hand)          \
	X(buried) X(too_late) X(replayed) X(foreign) X(notices) X(noticed) X(shown) X(rotated)     \
	X(succeeded) X(suspended) X(resumed) X(restored) X(posing) X(old_words) X(cascaded)        \
	X(announced) X(recognised)

struct sim_stats {
#define SIM_STAT_MEMBER(name) uint64_t name;
	SIM_STATS(SIM_STAT_MEMBER)
#undef SIM_STAT_MEMBER
};

struct sim_world {
	struct sim_options o;
	struct sim_rng rng;
	uint64_t now;         /* ms */
	int devices;
	struct sim_device dev[SIM_DEVICES];
	struct sim_link link[SIM_LINKS];
	unsigned serial;      /* of links */
	struct sim_word word[SIM_WORDS];
	unsigned words;
	unsigned roots;
	struct sim_spoken spoken[SIM_SPOKEN]; /* the last ones, in turn */
	unsigned spokens;
	struct sim_letter letter[SIM_LETTERS]; /* the last ones, in turn */
	unsigned letters;
	struct sim_action action[SIM_ACTIONS];
	size_t actions;
	unsigned noise, rate; /* of links made from now on */
	bool calm;            /* all faults have stopped */
	uint64_t hash;        /* of all that happened */
	struct sim_stats stats;
	char broken[240];     /* the first invariant that does not hold */
};

/* What is linked: the stand-ins or the real thing. form_fast.c, form_real.c */
extern const bool sim_form_real;
/* Before each run: what lies outside the world begins anew. */
void sim_form_begin(uint64_t seed);

/* world.c */
/* One life from one seed; broken is empty if all was well. */
void sim_run(struct sim_world *w, const struct sim_options *o);
/* Lets things happen until that time or until nothing can. */
void sim_until(struct sim_world *w, uint64_t time);
void sim_note(struct sim_world *w, int dev, const char *what, int64_t a, int64_t b);
void sim_hash(struct sim_world *w, const void *p, size_t n);
uint64_t sim_fold(uint64_t h, const void *p, size_t n);
void sim_break(struct sim_world *w, int dev, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool sim_is_broken(const struct sim_world *w);

/* schedule.c, user.c */
void sim_schedule(struct sim_world *w);
void sim_act(struct sim_world *w, const struct sim_action *a);
/* The responder's window, if what was typed is its secret. */
void sim_fit(struct sim_link *l);
bool sim_open_window(struct sim_device *d, enum trec_method method, struct sim_rng *r);
struct sim_link *sim_pair(struct sim_world *w, int a, int b, const char *secret,
			  struct sim_rng *r);
struct sim_link *sim_session(struct sim_world *w, int a, int b, const struct trec_id *expected,
			     struct sim_rng *r);

/* list.c */
/* trec_session_notify() on all sessions of a device, but one. */
void sim_notify(struct sim_device *d, const struct sim_end *but);
/* The id under which that device is listed, else its own. */
void sim_known_id(const struct sim_device *d, int b, struct trec_id *out);
void sim_unpair(struct sim_device *d, int b, struct sim_rng *r);
/* Parts from b, and says so to all others. */
void sim_denounce(struct sim_device *d, int b, struct sim_rng *r);
/* A session is up in which that can be said. */
void sim_tell_news(struct sim_device *d, struct sim_end *e);
void sim_edit(struct sim_device *d, int b, struct sim_rng *r);
void sim_grant(struct sim_device *d, int b, struct sim_rng *r);

/* vouch.c */
void sim_policy(struct sim_device *d, struct sim_rng *r);
void sim_introduce(struct sim_device *d, int b, struct sim_rng *r);
void sim_carry(struct sim_device *d, int b, struct sim_rng *r);
void sim_accept(struct sim_device *d, struct sim_rng *r);
void sim_read_letter(struct sim_device *d, const char *text);
void sim_rotate(struct sim_device *d, struct sim_rng *r);

/* beacon.c */
/* Shows a new beacon, if it is one of those that are announced, and all hear it. */
void sim_announce(struct sim_device *d);
/* An honest session of two that trust each other is over: b recognises a. */
void inv_recognised(struct sim_world *w, int a, int b);

/* device.c */
void sim_device_make(struct sim_world *w, int no);
void sim_device_start(struct sim_device *d);
void sim_device_crash(struct sim_device *d, enum sim_crash how);
void sim_device_free(struct sim_device *d);
/* Counts a step; true: the device died at it. */
bool sim_step_kills(struct sim_device *d);
uint64_t sim_powered_ms(const struct sim_device *d);
/* Trusted unix time, or 0. */
uint64_t sim_wall(const struct sim_device *d);

/* wire.c */
struct sim_link *sim_dial(struct sim_world *w, int a, int b);
void sim_send(struct sim_world *w, struct sim_link *l, int from, const uint8_t *p, size_t n);
void sim_hang_up(struct sim_world *w, struct sim_link *l, int from);
/* The piece that has arrived for an end, or NULL. */
struct sim_piece *sim_arrived(struct sim_world *w, struct sim_link *l, int to);
void sim_piece_used(struct sim_link *l, int to, size_t n);
void sim_pipe_clear(struct sim_pipe *p);
uint64_t sim_link_next(const struct sim_world *w, const struct sim_link *l);

/* end.c */
/* One thing that an end can do now; false: nothing. */
bool sim_end_step(struct sim_world *w, struct sim_link *l, int i);
/* Frees the object, closes the connection from this side. */
void sim_end_close(struct sim_world *w, struct sim_link *l, int i);
uint64_t sim_end_next(const struct sim_world *w, const struct sim_end *e);
void sim_end_tick(struct sim_world *w, struct sim_link *l, int i);
/* app.c */
void sim_app_events(struct sim_world *w, struct sim_link *l, int i);
void sim_app_time(struct sim_world *w, struct sim_link *l, int i);
/* When it will do something; SIM_NEVER. */
uint64_t sim_app_next(const struct sim_app *a);
void sim_app_introduce(struct sim_world *w, struct sim_end *e);

/* disk.c */
void sim_disk_make(struct sim_device *d);
TREC_MUST_USE trec_err sim_disk_open(struct sim_device *d);
void sim_disk_close(struct sim_device *d);
void sim_disk_free(struct sim_device *d);
void sim_disk_power_cut(struct sim_device *d, struct sim_rng *r);
/* A fault some calls from now: halt means that the device dies there. */
void sim_disk_arm(struct sim_device *d, struct sim_rng *r, bool halt);
void sim_disk_calm(struct sim_device *d);
bool sim_disk_down(const struct sim_device *d);
/* Whether the one's records contain the other's private key; of tables only. */
bool sim_disk_holds_key(const struct sim_device *d, const struct sim_device *of);
/* A copy of the store, with the model's records beside it. */
void sim_disk_backup(struct sim_device *d);
/* It takes the store's place, keys and all; false: there is none. The device is off. */
bool sim_disk_restore(struct sim_device *d);
/* A write failed: what was under way may or may not be on the disk. */
bool sim_disk_read_only(const struct sim_device *d);
extern bool sim_disk_forgets_sync; /* a planted fault */

/* inv_vouch.c: the same where trust is passed on */
/* Judges a record that is about to be stored; false: trust of another kind. */
bool inv_vouched(struct sim_device *d, const struct sim_fact *f);
/* Parting from id with all whom only it vouched for: they go in this commit. */
void inv_cascade(struct sim_device *d, const struct trec_id *id);
void inv_notice(struct sim_device *d, const struct sim_fact *stone);
bool inv_may_vanish(const struct sim_device *d, const struct sim_fact *old);
void inv_believed(struct sim_device *d, const struct sim_fact *f);
/* After each commit. */
void inv_after(struct sim_device *d);
/* by dissolved its trust in sub and said so, and whoever heard it takes no other word for sub. */
bool inv_denounced(const struct sim_world *w, const struct trec_id *by,
		   const struct trec_id *sub);
/* Honest sessions are over: if one still waits for the other, there is a reason. */
void inv_waiting(struct sim_world *w, int a, int b);

/* words.c: what was signed */
/* *signer becomes one that the world listens to. */
void sim_pen_take(struct sim_device *d, struct sim_pen *pen, const struct trec_signer **signer);
/* What that device said to somebody of late, the newest but so many; NULL: nothing. */
const struct sim_spoken *sim_spoken_to(const struct sim_world *w, int by,
				       const struct trec_id *aud, unsigned skip);
struct sim_word *sim_word_find(struct sim_world *w, const uint8_t hash[MSG_HASH_LEN]);
void sim_rights_read(const struct rec_peer *p, struct sim_rights *out);
/* Whether all of some are among the others, for as long. */
bool sim_rights_within(const struct sim_rights *some, const struct sim_rights *all);

/* truth.c: the model of every store, and the gate in front of it */
void sim_truth_begin(struct sim_device *d);
/* The store is open: whose key it holds, should that have been renewed unheard. */
void sim_truth_opened(struct sim_device *d);
/* After a restart: the store holds what was acknowledged, or that and what was under way. */
void sim_truth_compare(struct sim_device *d);
const struct sim_fact *sim_fact_find(const struct sim_device *d, trec_record type, int peer);
const struct sim_fact *sim_fact_row(const struct sim_device *d, trec_record type,
				    const uint8_t *id);
int sim_device_of(const struct sim_world *w, const struct trec_id *id);
/* The tombstone of that id; NULL: none. */
const struct sim_fact *sim_stone_on(const struct sim_device *d, const struct trec_id *id);
/* It is under the id that its peer has now. */
bool sim_is_current(const struct sim_world *w, const struct sim_fact *f);
bool sim_half_dead(const struct sim_device *d, const struct sim_fact *f);
bool sim_expired(const struct sim_device *d, const struct sim_fact *f);
/* Active and not expired by the device's own clock. */
bool sim_in_force(const struct sim_device *d, const struct sim_fact *f);

/* invariants.c: what must hold, always */
void inv_commit(struct sim_device *d, const struct sim_fact *f, size_t n);
void inv_stored(struct sim_device *d, const struct sim_fact *f, size_t n);
void inv_up(struct sim_link *l, int i);
void inv_served(struct sim_link *l, int i, const char *service);
void inv_answered(struct sim_link *l);
void inv_proved(struct sim_link *l, int i);
void inv_unpaired(struct sim_device *d, const struct trec_id *id);
void inv_told(struct sim_link *l, int i);
void inv_read(struct sim_link *l, int i, const uint8_t *p, size_t n);
void inv_list(struct sim_device *d);
/* Whether the freeze that the last answered guess brought is over by the device's own clock. */
bool inv_thaw_is_due(struct sim_device *d, enum rec_counter_kind kind);
void inv_end(struct sim_world *w);
/* The byte that end `from` of a link sends at an offset. */
static inline uint8_t sim_pattern(const struct sim_link *l, int from, size_t at)
{
	return (uint8_t)(l->serial * 7 + (unsigned)from * 101 + at * 13 + (at >> 8));
}

#endif
