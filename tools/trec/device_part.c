/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: parting on the loop: the commit first, then the word to the peer, over an open
 * session or a new one.
 */
#include <string.h>

#include "tools/trec/dial.h"

static void unpair_work(void *ctx)
{
	struct dial *g = ctx;

	g->err = trec_unpair(g->d->o.env, trec_keystore_store(g->d->o.keys), &g->peer,
			     g->cascade, &g->revocation);
	if (g->err == TREC_OK && g->revocation != NULL)
		dial_hints(g, trec_revocation_peer(g->revocation));
}

/* An open session with the peer is the best way to tell it. */
static bool tell_over_open_session(struct dial *g)
{
	for (struct device_run *r = g->d->runs; r != NULL; r = r->next) {
		if (r->session == NULL || r->ended || r->busy || !r->up || r->teller != NULL ||
		    memcmp(&trec_session_peer(r->session)->id, &g->peer, sizeof(g->peer)) != 0)
			continue;
		if (trec_session_revoke(r->session, g->revocation) != TREC_OK)
			continue;
		r->teller = g;
		run_pump(r);
		return true;
	}
	return false;
}

void dial_told(struct device_run *r)
{
	struct dial *g = r->teller;

	r->teller = NULL;
	g->ended.told = r->session != NULL && trec_session_told(r->session);
	if (g->ended.told)
		dial_end(g, NULL, NULL);
	else
		dial_next(g);
}

static void unpair_done(void *ctx)
{
	struct dial *g = ctx;
	char id[TREC_ID_TEXT_LEN + 1];

	if (g->err != TREC_OK) {
		fail_plain(&g->failure, g->err);
		dial_end(g, &g->failure, NULL);
		return;
	}
	trec_id_to_text(&g->peer, id);
	struct device_event e = { .event = "unpaired", .peer = id };

	device_emit(g->d, &e);
	struct device *d = g->d;

	spread_begin(g);
	bool telling = g->revocation != NULL && tell_over_open_session(g);

	device_list_changed(d);
	if (!telling && g->revocation == NULL)
		dial_end(g, NULL, NULL);
	else if (!telling)
		dial_next(g);
}

struct device_run *device_unpair(struct device *d, const struct trec_id *peer, bool cascade,
				 device_ended_cb cb, void *ctx)
{
	struct dial *g = dial_new(d, DIAL_UNPAIR, NULL, 0, ctx);

	g->cascade = cascade;
	g->peer = *peer;
	g->ended.peer = *peer;
	g->ended_cb = cb;
	device_with_store(d, unpair_work, unpair_done, g);
	return (struct device_run *)g;
}
