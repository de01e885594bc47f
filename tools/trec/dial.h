/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: one errand that goes out to a peer, shared by the files that know errands:
 * device_dial.c (its addresses, one after the other; pairing, connecting), device_part.c (the
 * word that a peer was parted from), device_introduce.c.
 */
#ifndef TREC_TOOL_DIAL_H
#define TREC_TOOL_DIAL_H

#include "tools/trec/device_priv.h"

#define URIS_MAX 8

enum dial_kind {
	DIAL_PAIR,
	DIAL_CONNECT,
	DIAL_PING,
	DIAL_REKEY,
	DIAL_UNPAIR,
	DIAL_TELL,
	DIAL_NOTICE,
	DIAL_INTRODUCE
};

struct dial {
	struct device *d;
	enum dial_kind kind;
	char uri[URIS_MAX][URI_ROOM];
	size_t uri_count;
	size_t at;
	struct trec_uri_list resolved;
	trec_err err; /* of the job under way */
	uv_work_t work;
	struct device_run *run;
	struct failure failure; /* of the last address */
	bool cancelled;

	struct trec_id peer;
	char *secret; /* in the arena */
	bool secret_is_new;
	bool symmetric;
	char service[TREC_SERVICE_MAX + 1];
	bool opened; /* what it went out for has come */
	struct leg *leg;
	int in_fd, out_fd;
	struct trec_revocation *revocation;
	bool cascade;
	bool over;             /* ended, but others still hear of it */
	struct spread *spread; /* tells others that the peer was parted from */
	struct dial *parting;  /* DIAL_NOTICE: of what it tells; outlives it */
	struct device_ended ended;
	device_paired_cb paired_cb;
	device_ended_cb ended_cb;
	void *ctx;
};

/* An errand with the addresses given. */
struct dial *dial_new(struct device *d, enum dial_kind kind, const char *const *uris, size_t n,
		      void *ctx);
/* The same to a peer of the list, and its known addresses where none is given; begins. */
struct dial *dial_peer(struct device *d, enum dial_kind kind, const struct device_dial *dial,
		       device_ended_cb cb, void *ctx);
/* Adds the addresses known for the peer. */
void dial_hints(struct dial *g, const struct trec_peer *p);
/* Other peers hear of the parting that g made. */
void spread_begin(struct dial *g);
void dial_free(struct dial *g);
/* Tries the address whose turn it is. */
void dial_next(struct dial *g);
/* The end, whatever it is; f NULL is success. */
void dial_end(struct dial *g, const struct failure *f, const struct device_paired *p);

#endif
