/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a device at work on one libuv loop: an open store with its window, its
 * listeners and services, and the runs that go on (pairings, sessions). `trec serve` is a device
 * with listeners and a control socket; `trec pair`, `connect`, `ping` and `unpair` without a
 * daemon are a device that lives for one run. Nothing here knows JSON or the command line.
 *
 * Everything belongs to the loop's thread. Store and key derivation run on libuv's thread pool;
 * jobs on the store run one at a time, in order. Callbacks come from the loop, never from inside
 * the call that asked for them.
 */
#ifndef TREC_TOOL_DEVICE_H
#define TREC_TOOL_DEVICE_H

#include <uv.h>

#include <trec/trec.h>

#include "tools/trec/failure.h"

#define DEVICE_LISTENERS_MAX 8
#define DEVICE_SERVICES_MAX 16

struct device;

/* Something that happened; what does not apply is NULL or 0. Views last during the call. */
struct device_event {
	const char *event;   /* "paired", "session", "consent", ...: docs/CLI.md */
	const char *peer;    /* id as text */
	const char *id;      /* "rotated": own id as text */
	const char *name;    /* of the peer; only a claim in "consent" */
	const char *origin;  /* "paired" */
	const char *introduced_by; /* "introduced", "refused": id as text */
	const char *subject;       /* "notice": who was parted from, id as text */
	const char *effect;        /* "notice": "dissolved" or "shown" */
	const char *previous;      /* "succeeded", "rotated": the id until now */
	const char *uri;     /* the other end of the connection */
	const char *service; /* "session": the one that was opened */
	const char *reason;  /* "refused", "closed": name of an error */
	const char *detail;  /* the same for people */
	const char *asks;    /* "consent": see struct device_consent */
	const char *digits;  /* "consent" to a pairing: the six to compare */
	const struct trec_subject *subjects; /* "consent" to introductions */
	size_t subject_count;
	unsigned number;     /* "consent": for device_answer() */
	unsigned seconds;    /* "consent": until nobody answered */
	const struct device_run *run; /* "consent": device_pair()'s, or NULL: a peer came */
};

struct device_options {
	const struct trec_env *env;
	struct trec_keystore *keys; /* open; the device closes it */
	uv_loop_t *loop;
	const struct trec_introduction_policy *introductions; /* copied; NULL: never */
	void (*event)(void *ctx, const struct device_event *e);
	void *ctx;
};

/* TREC_E_NO_MEMORY, errors of the store. */
trec_err device_new(const struct device_options *options, struct device **out, struct failure *f);
/*
 * Ends listeners, runs and services in good order (at most 2 s for sessions to say close), closes
 * the store and then calls stopped, after which device_free() may be called.
 */
void device_stop(struct device *d, void (*stopped)(void *ctx), void *ctx);
void device_free(struct device **d);

struct trec_keystore *device_keys(struct device *d);
const struct trec_env *device_env(struct device *d);
uv_loop_t *device_loop(struct device *d);
void device_window_status(const struct device *d, struct trec_window_status *out);
/* Own name and id; valid until device_free(). */
const struct trec_own *device_own(struct device *d);

/*
 * Runs work on the pool with the store to itself, then done on the loop. ctx must outlive both.
 * Everything that touches the store goes this way. Without work (NULL) only done waits its turn.
 */
void device_with_store(struct device *d, void (*work)(void *ctx), void (*done)(void *ctx),
		       void *ctx);
/* Call it on the loop after a change of the list: open sessions look their peer up again. */
void device_list_changed(struct device *d);

/* ---- serving ----------------------------------------------------------------------------- */

/* TREC_E_BAD_URI, TREC_E_EXISTS, TREC_E_UNREACHABLE, TREC_E_USAGE: too many. */
trec_err device_listen(struct device *d, const char *uri, struct failure *f);
/* The i-th address really bound, or NULL. */
const char *device_uri(const struct device *d, size_t i);
/* "NAME=COMMAND" or "NAME=tcp:HOST:PORT". TREC_E_USAGE. */
trec_err device_service(struct device *d, const char *spec, struct failure *f);

/*
 * Has the listeners that are open found by others, until the device stops. TREC_E_UNSUPPORTED:
 * there is none that could be.
 */
trec_err device_advertise(struct device *d, struct failure *f);
/* Whether that is a beacon which this device shows now. */
bool device_shows(const struct device *d, const uint8_t beacon[TREC_BEACON_LEN]);

/* Opens the window; cb gets the secret to show ("" for the preset PIN) or a failure. */
typedef void (*device_window_cb)(void *ctx, const struct failure *f, const char *secret,
				 unsigned seconds);
struct device_window_options {
	enum trec_method method;
	unsigned digits;  /* 0: the default */
	unsigned seconds; /* 0: the default */
	bool multi_use;
	bool symmetric; /* for pairings without certificates */
};
void device_window_open(struct device *d, const struct device_window_options *o,
			device_window_cb cb, void *ctx);
/* Sets the preset PIN (copied, wiped); cb gets NULL or a failure. */
void device_preset(struct device *d, const char *pin, device_window_cb cb, void *ctx);
/* Calls cb once when the window that is open now has ended; at once if none is open. */
typedef void (*device_window_end_cb)(void *ctx, const struct trec_window_status *status);
void device_window_wait(struct device *d, device_window_end_cb cb, void *ctx);
/* cb of a wait will not be called any more. */
void device_window_forget(struct device *d, void *ctx);

/* ---- runs -------------------------------------------------------------------------------- */

/* A run that can be given up; NULL when it could not even start (the callback tells why). */
struct device_run;
/* Gives up; its callback is not called any more. */
void device_cancel(struct device_run *run);

struct device_paired {
	struct trec_pairing_result result;
	const char *transport; /* "tcp" */
	double ms;             /* from the connection to the end */
};
/* f NULL: done. */
typedef void (*device_paired_cb)(void *ctx, const struct failure *f, const struct device_paired *p);
struct device_pair_options {
	const char *const *uris; /* tried in order until one answers; copied */
	size_t uri_count;
	const char *secret; /* PIN or code; copied, wiped */
	bool secret_is_new;
	bool symmetric; /* without certificates */
};
struct device_run *device_pair(struct device *d, const struct device_pair_options *o,
			       device_paired_cb cb, void *ctx);

/* The end of a session run; setup and rtt 0 where they do not apply. f NULL: ended well. */
struct device_ended {
	struct trec_id peer;
	double setup_ms;
	double rtt_ms;
	bool told; /* unpair: the peer confirmed */
};
typedef void (*device_ended_cb)(void *ctx, const struct failure *f, const struct device_ended *e);

struct device_dial {
	struct trec_id peer;
	const char *const *uris; /* copied; none: those known for the peer */
	size_t uri_count;
};
/*
 * Opens a service at the peer and moves bytes: what in_fd gives goes to the peer, its end
 * half-closes; what comes is written to out_fd. The descriptors stay the caller's and must stay
 * open until the callback. service "": "default", or the only one served.
 */
struct device_run *device_connect(struct device *d, const struct device_dial *dial,
				  const char *service, int in_fd, int out_fd, device_ended_cb cb,
				  void *ctx);
struct device_run *device_ping(struct device *d, const struct device_dial *dial, device_ended_cb cb,
			       void *ctx);
/* Has a peer without a certificate agree to another shared key. */
struct device_run *device_rekey(struct device *d, const struct device_dial *dial,
				device_ended_cb cb, void *ctx);
/*
 * Parts from the peer: the commit first, then up to 5 s an address to tell it, and meanwhile the
 * other peers. cascade: also from those that only it vouched for. cb: the peer was told, or not.
 */
struct device_run *device_unpair(struct device *d, const struct trec_id *peer, bool cascade,
				 device_ended_cb cb, void *ctx);
/* Calls cb once no other peer is being told of a parting any more: after 10 s at most. */
void device_when_spread(struct device *d, void (*cb)(void *ctx), void *ctx);

/* ---- the own key ------------------------------------------------------------------------- */

/* f NULL: done; signer is the new one. */
typedef void (*device_rotated_cb)(void *ctx, const struct failure *f,
				  const struct trec_rotated *what,
				  const struct trec_signer *signer);
/*
 * A new own key of that kind (0: of the present one's). Runs and the window that know the old one
 * end; open sessions hear of it. Who else is to hear is device_tell()'s.
 */
void device_rotate(struct device *d, trec_key_alg alg, device_rotated_cb cb, void *ctx);
/* Peers in force that have not heard of the present key, reached or not. */
typedef void (*device_told_cb)(void *ctx, size_t untold);
/*
 * Dials the peers with known addresses that have not heard of the present key, a few at a time,
 * and calls cb when all were tried or 10 s are over. Without cb: now, and then every ten minutes
 * until all have heard.
 */
void device_tell(struct device *d, device_told_cb cb, void *ctx);

/* ---- introductions ----------------------------------------------------------------------- */

#define DEVICE_INTRODUCED_MAX (TREC_SUBJECTS_MAX + 1) /* each is a subject to all others */

struct device_introduction;
/*
 * What came of introducing the subject to the audience, both by place. f NULL: done; else what the
 * device in place `by` said, or how it could not be reached.
 */
typedef void (*device_introduced_cb)(void *ctx, size_t subject, size_t audience,
				     const struct failure *f, size_t by);
struct device_introduce_options {
	const struct trec_id *peers; /* copied */
	size_t count;                /* 2 to DEVICE_INTRODUCED_MAX */
	device_introduced_cb pair;   /* once for each pair in each direction, all at the end */
	void (*end)(void *ctx);
};
/*
 * Asks each of the peers once, over a session that is open or a new one; when all have answered,
 * tells those who agreed about each other.
 */
struct device_introduction *device_introduce(struct device *d,
					     const struct device_introduce_options *o, void *ctx);
/* Gives up; nothing is called any more. */
void device_introduce_cancel(struct device_introduction *in);
/* Tells what became of an introduction to this device. */
void device_emit_introduced(struct device *d, const struct trec_introduced *what);

/* ---- consents ---------------------------------------------------------------------------- */

struct device_consent {
	unsigned number;
	const char *asks;    /* "pairing", "introduction", "carried-introduction" */
	struct trec_id peer; /* who wants to pair, or who introduces */
	char name[TREC_NAME_MAX + 1];
	char kind[TREC_KIND_MAX + 1];
	char digits[7];       /* a pairing's; else empty */
	size_t subject_count; /* whom the peer introduces */
	struct trec_subject subject[TREC_SUBJECTS_MAX];
	unsigned seconds; /* left */
};
/* The i-th question that waits. False: no more. */
bool device_pending(const struct device *d, size_t i, struct device_consent *out);
/* TREC_E_NO_PEER: no such question. */
trec_err device_answer(struct device *d, unsigned number, bool yes, struct failure *f);

#endif
