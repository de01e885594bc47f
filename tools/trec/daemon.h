/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what `trec serve` adds to a device: its control socket, the memory of its
 * latest events, those who watch them, and the command run for each.
 */
#ifndef TREC_TOOL_DAEMON_H
#define TREC_TOOL_DAEMON_H

#include "tools/trec/ops.h"
#include "tools/trec/out.h"

#define DAEMON_EVENTS_KEPT 512 /* what `trec log` shows at most */

struct control;

struct daemon {
	uv_loop_t *loop;
	struct device *dev;
	struct out *out;
	const char *on_event; /* a shell command, or NULL */
	json_t *events;       /* oldest first */
	struct op *watchers;
	struct control *control;
	unsigned hooks; /* commands for events under way */
	bool stopping;
};

/* Tells an event to stdout, the log, the watchers and the hook; steals it. run: whose it asks. */
void daemon_tell(struct daemon *d, json_t *event, const struct device_run *run);
/* The same without log, watchers and hook: for what holds a secret. */
void daemon_show(struct daemon *d, const char *kind, json_t *object);

/* Events go to this op from now on; all of them to `watch`, its own consent to `pair`. */
void daemon_watch(struct op *op);
void daemon_unwatch(struct op *op);

/* The control socket in the store's directory: takes clients until closed. */
trec_err control_open(struct daemon *d, struct failure *f);
/* Takes no more clients and removes the socket. */
void control_close(struct daemon *d);
/* Ends the clients that are there. */
void control_drop_clients(struct daemon *d);

/* After the loop has closed everything. */
void control_free(struct daemon *d);

/* Tells the service manager, where there is one ("READY=1"). */
void notify_manager(const char *state);

#endif
