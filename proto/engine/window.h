/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what a responder's run needs of the device's window (trec/window.h). */
#ifndef TREC_ENGINE_WINDOW_H
#define TREC_ENGINE_WINDOW_H

#include "proto/codec/code.h"
#include "proto/engine/ladder.h"
#include "proto/pake/pake.h"
#include <trec/window.h>

/* The secret of a window. Lives in the arena only. */
struct eng_secret {
	enum trec_method method;
	struct pake_record record;     /* PIN, preset */
	struct pake_verifier *ready;   /* for the first run, prepared; NULL: taken, or never was */
	uint8_t code[CODE_SECRET_MAX]; /* code */
	size_t code_len;
	bool multi_use;
	bool symmetric;                /* certificates are neither asked for nor shown */
};

/* A run's hold on the window: which window it belongs to and how far it is. */
struct eng_run {
	uint64_t serial;  /* of the window it answers for; 0: none */
	bool slot;        /* it is the one run */
	bool counted;     /* its attempt is counted and not given back */
	bool proven;      /* its peer proved the secret */
};

/* The one end of a secret: wipes it and what was prepared for it. The pointer becomes NULL. */
void eng_secret_free(struct eng_secret **s);

/*
 * A request came. TREC_OK: *run names the open window. TREC_E_WINDOW_CLOSED;
 * TREC_E_UNSUPPORTED: the window's secret is of another method; TREC_E_LOCKED_OUT and
 * *retry_after_s; TREC_E_BUSY: another run holds the slot.
 */
TREC_MUST_USE trec_err eng_window_ask(struct trec_window *w, enum trec_method method,
				      struct eng_run *run, uint32_t *retry_after_s);
/* Whether the open window is for pairings of that kind: without certificates, or with them. */
bool eng_window_symmetric(const struct trec_window *w, bool symmetric);
/* Whether the run may go on. */
bool eng_window_alive(const struct trec_window *w, const struct eng_run *run);
/* The run's secret; NULL when the run is not alive. */
const struct eng_secret *eng_window_secret(const struct trec_window *w, const struct eng_run *run);
/*
 * What was prepared when the window was opened, for whoever asks first: the caller's from now on.
 * NULL: there is none (any more), make one.
 */
struct pake_verifier *eng_window_verifier(struct trec_window *w, const struct eng_run *run);
/* Takes the slot. TREC_E_BUSY, TREC_E_WINDOW_CLOSED. */
TREC_MUST_USE trec_err eng_window_take(struct trec_window *w, struct eng_run *run);
/* Counts the run's attempt; *out is what must be committed before anything is answered. */
TREC_MUST_USE trec_err eng_window_count(struct trec_window *w, struct eng_run *run,
					struct rec_counters *out);
/* The peer proved the secret; a PIN's attempt is given back and *out is to be committed. */
void eng_window_proven(struct trec_window *w, struct eng_run *run, struct rec_counters *out);
/* A peer was paired: a one-time secret's window closes. */
void eng_window_paired(struct trec_window *w, struct eng_run *run, const struct trec_id *peer);
/* A run with a wrong code. */
void eng_window_wrong_code(struct trec_window *w);
/* The run is over, whatever came of it: slot free, a secret guessed too often void. */
void eng_window_leave(struct trec_window *w, struct eng_run *run);

#endif
