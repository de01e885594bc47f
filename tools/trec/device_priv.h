/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the inside of a device, shared by its files: device.c (life, store queue),
 * device_run.c (one connection with its engine object), device_job.c (its work on the pool),
 * device_serve.c (listeners and what comes in), device_dial.c and device_part.c (runs that go
 * out; see dial.h), device_spread.c (others hear of a parting), device_rotate.c (a new own key),
 * device_introduce.c (introducing peers to each other), device_trust.c (what peers say of others),
 * device_window.c, device_consent.c (questions that wait), device_relay.c (a session's stream and
 * two descriptors), device_service.c (what is served),
 * device_advert.c (being found by others).
 */
#ifndef TREC_TOOL_DEVICE_PRIV_H
#define TREC_TOOL_DEVICE_PRIV_H

#include "tools/trec/device.h"

#define RUN_BUFFER 17000    /* a little over the largest TLS record */
#define RUN_SERVICES_MAX 64 /* commands and connections of services at a time */
#define URI_ROOM (TREC_URI_MAX + 1)
#define DENIED_KEPT 16 /* strangers whom the user does not want */

struct job {
	struct job *next;
	void (*work)(void *ctx);
	void (*done)(void *ctx);
	void *ctx;
};

struct listener {
	struct device *d;
	struct trec_listener *l;
	uv_poll_t poll;
	uv_timer_t timer; /* after a failed accept */
	bool watched;
	char uri[URI_ROOM];
};

struct service {
	char name[TREC_SERVICE_MAX + 1];
	char *command; /* or NULL */
	char *tcp;     /* "tcp://HOST:PORT", or NULL */
};

struct waiter {
	struct waiter *next;
	uint64_t serial;
	device_window_end_cb cb;
	void *ctx;
};

/* The user said no to a stranger's introduction. */
struct denied {
	struct trec_id subject;
	uint64_t until_ms;
};

/* Waits until nobody is being told any more. */
struct quiet {
	struct quiet *next;
	void (*cb)(void *ctx);
	void *ctx;
};

struct adverts;

struct device {
	struct device_options o;
	struct trec_own own;
	struct trec_window *window;
	struct trec_gate *gate;
	uv_timer_t window_timer;
	struct job *jobs, **jobs_end;
	bool job_running;
	uv_work_t job_work;
	struct listener listeners[DEVICE_LISTENERS_MAX];
	size_t listener_count;
	struct service services[DEVICE_SERVICES_MAX];
	size_t service_count;
	unsigned services_running;
	struct device_run *runs;
	struct waiter *waiters;
	unsigned consents; /* numbers given so far */
	struct question *questions; /* about introductions */
	struct denied denied[DENIED_KEPT]; /* a ring */
	unsigned denials;
	struct trec_introduction_policy policy;
	unsigned held;     /* jobs that have the window to themselves: runs stand still */
	struct trec_window_status held_status; /* as it was before */
	unsigned works;    /* computations on the pool that belong to no run */
	struct child *children;
	bool stopping;
	unsigned handles; /* libuv handles not closed yet */
	uv_timer_t stop_timer;
	unsigned partings; /* numbers given so far */
	unsigned spreads; /* partings of which other peers are being told */
	struct quiet *quiet;
	struct herald *herald; /* tells peers of a new key; NULL: there was none to tell */
	uv_timer_t herald_timer;
	struct adverts *adverts; /* NULL: nobody shall find this device */
	void (*stopped)(void *ctx);
	void *stopped_ctx;
};

/* ---- a run: a connection and its engine object ------------------------------------------- */

struct buffer {
	size_t from, to;
	uint8_t b[RUN_BUFFER];
};

struct relay;
struct dial;
struct child;
struct dialling;
struct herald;
struct leg;
struct question;

struct device_run {
	struct device *d;
	struct device_run *next;
	struct trec_link *link;
	struct trec_pairing *pairing;
	struct trec_session *session;
	bool server;
	bool quiet; /* tells no events: it only tells a peer that it was parted from */
	bool busy;  /* a job has the engine object */
	bool link_ended;
	bool dropped; /* given up while the window was a job's own */
	bool renewed; /* the own key changed while a job had the engine object */
	bool notify; /* the list changed while a job had the engine object */
	bool ended;
	bool up;
	trec_err made;           /* how making the engine object went */
	enum trec_incoming kind; /* server: by the first byte */
	char peer_uri[URI_ROOM];
	uv_poll_t poll;
	uv_timer_t timer;
	uv_work_t work;
	int poll_events;
	unsigned handles;
	unsigned ticket;
	bool has_ticket;
	unsigned consent;  /* number of the question that waits; 0: none */
	uint64_t began_ns; /* first byte moved; 0: none yet */
	uint64_t pinged_ns;
	struct relay *relay;
	struct child *child;       /* of a command that is served */
	struct dialling *dialling; /* to a port that is served, until it answered */
	struct dial *dial;         /* who dialled; NULL on a server */
	unsigned spread;           /* number of the last parting from a third that was told here */
	struct dial *teller;       /* who parts from the peer over this open session */
	struct leg *leg;           /* who introduces others to the peer over this session */
	struct question *question; /* what this session asks the user */
	uint64_t limit_ms;         /* env time after which it is given up; 0: never */
	uint64_t flush_ms;         /* the same for the last bytes of an engine that has ended */
	bool cut;                  /* the trust is over: nobody waits for the local side */
	struct buffer in, out;
};

/* A run over a link, which it takes over; its engine object is made by `make` with the store. */
struct device_run *run_new(struct device *d, struct trec_link **link);
/* Calls make(run) with the store to itself, then starts. make sets run->made. */
void run_make(struct device_run *r, void (*make)(struct device_run *r));
/* The engine object needs the store or a computation. */
void run_begin_job(struct device_run *r, enum trec_next next);
/* The link broke: tells the engine. */
void run_lost(struct device_run *r, trec_err err);
/* Goes on as far as it can. */
void run_pump(struct device_run *r);
/* Ends at once without a word. */
void run_drop(struct device_run *r);
/* Ends in good order. */
void run_close(struct device_run *r);
trec_err run_error(const struct device_run *r);
const char *run_detail(const struct device_run *r);

/* What a run tells its owner (device_serve.c for servers, device_dial.c for the others). */
void run_event(struct device_run *r, const struct trec_session_event *e);
void run_over(struct device_run *r);

/* ---- device.c ---------------------------------------------------------------------------- */

void device_emit(struct device *d, const struct device_event *e);
/* An event about a run's peer. */
void device_emit_peer(struct device_run *r, const char *event, const char *reason,
		      const char *detail);
void device_handle_closed(uv_handle_t *h);
uint64_t device_now(const struct device *d);
/* Hints for the peer: where this device listens. At most cap; views into the device. */
size_t device_hints(struct device *d, char out[][URI_ROOM], size_t cap);
void device_stop_step(struct device *d);

/* ---- the rest ---------------------------------------------------------------------------- */

void serve_close(struct device *d);
void serve_event(struct device_run *r, const struct trec_session_event *e);
void serve_over(struct device_run *r);
void dial_event(struct device_run *r, const struct trec_session_event *e);
void dial_over(struct device_run *r);
void dial_told(struct device_run *r);
void window_tick(struct device *d);
void window_close(struct device *d);
void consent_ask(struct device_run *r);
/* A job that had the window to itself is done: the runs go on. */
void held_release(struct device *d);
void herald_free(struct device *d);
/* Shows new beacons, where any are shown. */
void adverts_renew(struct device *d);
void adverts_close(struct device *d);
void adverts_free(struct device *d);
/* The session asks whether its peer may introduce others. */
void consent_introduction(struct device_run *r);
/* A stranger brought an introduction over this session. */
void consent_presented(struct device_run *r);
/* The session has, or is, over. */
void consent_over(struct device_run *r);
/* Hands an answer over that came while the session was at work. */
void consent_step(struct device_run *r);
void consent_close(struct device *d);
/* The run is the leg's way to its peer. */
void leg_attach(struct leg *l, struct device_run *r);
/* Moves an introduction on. */
void leg_step(struct device_run *r);
void leg_event(struct device_run *r, const struct trec_session_event *e);
void leg_over(struct device_run *r);
/* Takes the events of introductions, notices and successions, whoever dialled. */
void trust_event(struct device_run *r, const struct trec_session_event *e);

/* Joins a run's stream with two descriptors, which it duplicates. done: both ways ended. */
trec_err relay_new(struct device_run *r, int in_fd, int out_fd, void (*done)(struct device_run *r),
		   struct relay **out);
/* Moves what can be moved. */
void relay_pump(struct relay *y);
/* Everything that came for the local side was written to it, or it is gone. */
bool relay_idle(const struct relay *y);
/* What was written to is gone. */
void relay_reader_gone(struct relay *y);
void relay_free(struct relay **y);
/* Starts what is served for a session that asked for it. */
void service_start(struct device_run *r, const char *name);
/* The run's child process or dialling, if it has one, is told to end. */
void service_end(struct device_run *r);
/* The port of a service answered, or did not, while the run was at work. */
void service_dialled(struct device_run *r);
/* Child processes that did not end when told to are killed. */
void service_kill_all(struct device *d);

#endif
