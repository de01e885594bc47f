/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a device can be asked for. An op is one request under way on a device;
 * it answers with results and ends once. The daemon runs ops for the control socket's clients, a
 * command without a daemon runs its one op itself: the same code, so the same output.
 */
#ifndef TREC_TOOL_OPS_H
#define TREC_TOOL_OPS_H

#include <jansson.h>

#include "tools/trec/device.h"
#include "tools/trec/scanning.h"

struct daemon;
struct op;

/* Who asked. */
struct sink {
	/* One result; the object is borrowed. */
	void (*result)(struct sink *s, const char *kind, const json_t *object);
	/* The end; f NULL: done. The op is gone. Never called after op_cancel(). */
	void (*end)(struct sink *s, const struct failure *f);
};

struct op_row;

struct op {
	struct device *dev;
	struct daemon *daemon; /* NULL without one */
	struct sink *sink;     /* NULL: cancelled */
	const struct op_row *row;
	json_t *request;
	struct failure f;
	json_t *results;   /* [kind, object] pairs that a job made */
	int in_fd, out_fd; /* of connect; owned */
	bool busy;         /* a job has the op */
	void (*then)(struct op *op);
	void (*work)(struct op *op);
	struct device_run *run;
	struct trec_peer peer;
	bool waiting; /* for the window's end */
	bool asked;   /* the user is to answer a question first, with another request */
	json_t *made; /* what a job made for then */
	struct op_introduction *introduction;
	struct op_scan *scan;
	struct op *next_watcher;
};

/* Starts a decoded request; takes over request and the two descriptors (-1: none). */
struct op *op_start(struct device *dev, struct daemon *daemon, struct sink *sink, json_t *request,
		    int in_fd, int out_fd);
/* Nobody waits for it any more: what may be given up is. */
void op_cancel(struct op *op);

/* For the rows. */
struct op_row {
	const char *name;
	void (*start)(struct op *op);
	void (*cancel)(struct op *op); /* NULL: it ends by itself */
	bool daemon;                   /* makes no sense without one */
};
extern const struct op_row op_rows[];

/* Sends a result; steals the object. */
void op_result(struct op *op, const char *kind, json_t *object);
/* Adds a result inside a job; steals the object. Sent before `then`. */
void op_add(struct op *op, const char *kind, json_t *object);
/* Ends with op->f: err TREC_OK means done. */
void op_end(struct op *op);
/* Runs work with the store to itself, sends its results, then calls then (or op_end) in the loop.
 * An error in op->f skips then. */
void op_store(struct op *op, void (*work)(struct op *op), void (*then)(struct op *op));
const char *op_text(const struct op *op, const char *key);
unsigned op_number(const struct op *op, const char *key);
bool op_flag(const struct op *op, const char *key);
/* In a job: finds the peer that the request names into op->peer. False: op->f says why. */
bool op_find_peer(struct op *op);
/* The same for a name that is not the member "peer". */
bool op_find(struct op *op, const char *text);
struct trec_store *op_records(const struct op *op);

/* In a job, after a change: adds op->peer as it is now, or fails. */
void op_add_changed(struct op *op, trec_err err);

void op_run_cancel(struct op *op);
void op_id(struct op *op);
void op_info(struct op *op);
void op_cert(struct op *op);
void op_list(struct op *op);
void op_show(struct op *op);
void op_rename(struct op *op);
void op_allow(struct op *op);
void op_deny(struct op *op);
void op_unpair(struct op *op);
void op_resume(struct op *op);
void op_rotate(struct op *op);
void op_window(struct op *op);
void op_window_cancel(struct op *op);
void op_preset(struct op *op);
void op_pair(struct op *op);
void op_connect(struct op *op);
void op_ping(struct op *op);
void op_rekey(struct op *op);
void op_introduce(struct op *op);
void op_introduce_cancel(struct op *op);
void op_accept(struct op *op);
void op_scan(struct op *op);
void op_scan_cancel(struct op *op);
void op_scan_free(struct op_scan *scan);
void op_watch(struct op *op);
void op_watch_cancel(struct op *op);
void op_log(struct op *op);
void op_pending(struct op *op);
void op_answer(struct op *op);

/* What a scan found; peer NULL: nobody that is known here. */
json_t *sighting_json(const char *transport, const struct trec_sighting *s,
		      const struct trec_peer *peer);
/* A transport over which nothing could be looked for. */
json_t *unsearched_json(const char *transport, const struct failure *f);
/* "ed25519" or "p256". */
const char *key_name(trec_key_alg alg);
json_t *id_json(const struct trec_id *id);
/* Milliseconds to the microsecond. */
json_t *ms_json(double ms);
/* A time or null. */
json_t *time_json(int64_t seconds);
/* Devices that somebody introduces; NULL: none. */
json_t *subjects_json(const struct trec_subject *list, size_t n);
/* A peer's rights. */
json_t *rights_json(const struct trec_peer *p);
/* A device's event as JSON. */
json_t *event_json(const struct device_event *e);

#endif
