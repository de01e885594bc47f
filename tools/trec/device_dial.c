/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: runs that go out: an address is resolved, connected and spoken to; where it
 * cannot be reached the next one is tried. A PIN or code is never sent twice: a pairing moves on
 * to the next address only while nothing has been sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trec/dial.h"

#define TELL_MS 5000 /* per address, for the word that a peer was parted from */

void dial_free(struct dial *g)
{
	if (g->spread != NULL) { /* ends with that */
		g->over = true;
		return;
	}
	trec_secret_free(g->secret, TREC_CODE_TEXT_MAX + 1);
	trec_revocation_free(&g->revocation);
	trec_wipe(g, sizeof(*g));
	free(g);
}

void dial_end(struct dial *g, const struct failure *f, const struct device_paired *p)
{
	if (!g->cancelled && g->kind == DIAL_PAIR)
		g->paired_cb(g->ctx, f, p);
	else if (!g->cancelled)
		g->ended_cb(g->ctx, f, &g->ended);
	dial_free(g);
}

void device_cancel(struct device_run *run)
{
	struct dial *g = (struct dial *)run;

	g->cancelled = true;
	if (g->run != NULL)
		run_drop(g->run); /* one that is at work ends when that is done */
}

/* ---- one address ------------------------------------------------------------------------- */

static void make_pairing(struct device_run *r)
{
	struct dial *g = r->dial;
	char hint[TREC_HINTS_MAX][URI_ROOM];
	const char *hints[TREC_HINTS_MAX];
	struct trec_pairing_options o = { .env = g->d->o.env,
					  .store = trec_keystore_store(g->d->o.keys),
					  .secret = g->secret,
					  .secret_is_new = g->secret_is_new,
					  .symmetric = g->symmetric,
					  .peer = g->uri[g->at],
					  .hints = hints };

	o.hint_count = device_hints(g->d, hint, TREC_HINTS_MAX);
	for (size_t i = 0; i < o.hint_count; i++)
		hints[i] = hint[i];
	r->made = trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &r->pairing);
}

static void make_client(struct device_run *r)
{
	struct dial *g = r->dial;
	struct trec_session_options o = { .env = g->d->o.env,
					  .store = trec_keystore_store(g->d->o.keys),
					  .peer = &g->peer,
					  .uri = g->uri[g->at],
					  .revocation = g->revocation,
					  .introductions = &g->d->policy };

	r->made = trec_session_new(TREC_SESSION_CLIENT, &o, &r->session);
	if (r->made == TREC_OK && g->kind == DIAL_CONNECT)
		r->made = trec_session_open(r->session, g->service);
}

/* The word that is to be told, if there is one: its time bounds the errand. */
static const struct trec_revocation *word_of(const struct dial *g)
{
	return g->kind == DIAL_NOTICE ? g->parting->revocation : g->revocation;
}

static uint64_t limit_of(const struct dial *g)
{
	uint64_t limit = device_now(g->d) + TELL_MS;
	uint64_t end = word_of(g) != NULL ? trec_revocation_deadline_ms(word_of(g)) : UINT64_MAX;

	if (g->kind != DIAL_UNPAIR && g->kind != DIAL_TELL && g->kind != DIAL_NOTICE)
		return 0;
	return limit < end ? limit : end;
}

static void connect_now(struct dial *g)
{
	struct trec_link *link = NULL;
	trec_err err = g->err;

	if (err == TREC_OK)
		err = trec_link_connect_any(g->d->o.env, &g->resolved, &link);
	if (err == TREC_OK) {
		g->run = run_new(g->d, &link);
		err = g->run != NULL ? TREC_OK : TREC_E_NO_MEMORY;
	}
	if (err != TREC_OK) {
		fail(&g->failure, err, "%s: %s", g->uri[g->at], trec_err_text(err));
		g->at++;
		dial_next(g);
		return;
	}
	g->run->dial = g;
	if (g->leg != NULL)
		leg_attach(g->leg, g->run);
	g->run->quiet = g->kind == DIAL_UNPAIR || g->kind == DIAL_NOTICE;
	g->run->limit_ms = limit_of(g);
	(void)snprintf(g->run->peer_uri, URI_ROOM, "%s", g->uri[g->at]);
	run_make(g->run, g->kind == DIAL_PAIR ? make_pairing : make_client);
}

static void resolve_work(uv_work_t *w)
{
	struct dial *g = w->data;

	g->err = trec_uri_resolve(g->d->o.env, g->uri[g->at], &g->resolved);
}

static void resolve_done(uv_work_t *w, int status)
{
	struct dial *g = w->data;

	(void)status; /* never cancelled */
	g->d->handles--;
	if (g->cancelled || g->d->stopping) {
		fail_plain(&g->failure, TREC_E_LOST);
		dial_end(g, &g->failure, NULL);
	} else {
		connect_now(g);
	}
}

void dial_next(struct dial *g)
{
	bool late = word_of(g) != NULL &&
		    device_now(g->d) >= trec_revocation_deadline_ms(word_of(g));

	if (g->cancelled || g->d->stopping || late || g->at == g->uri_count) {
		if (g->failure.err == TREC_OK)
			fail(&g->failure, TREC_E_UNREACHABLE, "no address of the peer is known");
		if (g->kind == DIAL_UNPAIR) /* parting is done; telling was a courtesy */
			dial_end(g, NULL, NULL);
		else
			dial_end(g, &g->failure, NULL);
		return;
	}
	g->work.data = g;
	g->d->handles++;
	if (uv_queue_work(g->d->o.loop, &g->work, resolve_work, resolve_done) != 0)
		abort(); /* only with a NULL function */
}

/* ---- what the run tells ------------------------------------------------------------------ */

static double ms_since(uint64_t ns)
{
	return ns != 0 ? (double)(uv_hrtime() - ns) / 1e6 : 0;
}

static void describe(struct dial *g, const struct device_run *r, trec_err err)
{
	const char *detail = run_detail(r);

	fail(&g->failure, err, "%s: %s", g->uri[g->at],
	     detail[0] != '\0' ? detail : trec_err_text(err));
	if (r->pairing != NULL)
		g->failure.retry_after_s = trec_pairing_retry_after_s(r->pairing);
}

static void service_failed(struct dial *g, unsigned reason)
{
	static const char *const why[] = {
		[TREC_SERVICE_UNKNOWN] = "the peer does not serve it",
		[TREC_SERVICE_NO_RIGHT] = "this device has no right to it",
		[TREC_SERVICE_BUSY] = "too many sessions use it",
		[TREC_SERVICE_BROKEN] = "it could not be started there",
	};
	bool known = reason < sizeof(why) / sizeof(why[0]) && why[reason] != NULL;

	fail(&g->failure, TREC_E_SERVICE_FAILED, "service '%s': %s", g->service,
	     known ? why[reason] : "the peer refused it");
}

static void moved_both_ways(struct device_run *r)
{
	trec_session_close(r->session);
}

/* False: there is nothing more to do in this session. */
static bool begin_errand(struct dial *g, struct device_run *r)
{
	switch (g->kind) {
	case DIAL_TELL: /* the session itself has told it */
		g->opened = true;
		return false;
	case DIAL_NOTICE:
		g->opened = trec_session_notice(r->session, word_of(g)) == TREC_OK;
		return false;
	case DIAL_REKEY:
		if (trec_session_rekey(r->session) == TREC_OK)
			return true;
		fail(&g->failure, TREC_E_UNSUPPORTED, "this peer is known by its certificate");
		return false;
	case DIAL_PING:
		r->pinged_ns = uv_hrtime();
		return trec_session_ping(r->session) == TREC_OK;
	default:
		return true;
	}
}

static void on_up(struct dial *g, struct device_run *r)
{
	g->failure = (struct failure){ 0 }; /* of another address */
	g->ended.setup_ms = ms_since(r->began_ns);
	g->ended.peer = trec_session_peer(r->session)->id;
	if (!begin_errand(g, r))
		run_close(r); /* which may be the end of g */
}

void dial_event(struct device_run *r, const struct trec_session_event *e)
{
	struct dial *g = r->dial;

	if (g->cancelled)
		return; /* its descriptors may be somebody else's by now */
	switch (e->kind) {
	case TREC_SESSION_UP:
		on_up(g, r);
		break;
	case TREC_SESSION_OPENED:
		g->opened = true;
		if (relay_new(r, g->in_fd, g->out_fd, moved_both_ways, &r->relay) != TREC_OK) {
			fail(&g->failure, TREC_E_IO, "input and output cannot be used");
			run_close(r);
		}
		break;
	case TREC_SESSION_OPEN_FAILED:
		service_failed(g, e->reason);
		run_close(r);
		break;
	case TREC_SESSION_PONG:
		g->ended.rtt_ms = ms_since(r->pinged_ns);
		g->opened = true;
		run_close(r);
		break;
	case TREC_SESSION_REKEYED:
		device_emit_peer(r, "rekeyed", NULL, NULL);
		g->opened = true;
		if (g->kind == DIAL_REKEY)
			run_close(r);
		break;
	case TREC_SESSION_REVOKED:
		r->cut = true;
		fail(&g->failure, TREC_E_NOT_TRUSTED, "the peer has dissolved the trust");
		device_emit_peer(r, "revoked", NULL, NULL);
		device_list_changed(r->d);
		break;
	default:
		break; /* data and its end concern the relay, which is pumped anyway */
	}
}

/* Whether the next address may be tried after this end. */
static bool may_go_on(const struct dial *g, const struct device_run *r, trec_err err)
{
	if (r->up || g->cancelled || err == TREC_OK)
		return false;
	if (g->kind == DIAL_PAIR)
		return r->began_ns == 0 && trec_err_class(err) == TREC_CLASS_NETWORK;
	return trec_err_class(err) == TREC_CLASS_NETWORK || err == TREC_E_WRONG_CERTIFICATE;
}

static void pairing_over(struct dial *g, struct device_run *r, trec_err err)
{
	struct device_paired p = { .transport = "", .ms = ms_since(r->began_ns) };
	char id[TREC_ID_TEXT_LEN + 1];

	if (err == TREC_OK)
		err = trec_pairing_result(r->pairing, &p.result);
	if (err != TREC_OK) {
		describe(g, r, err);
		dial_end(g, &g->failure, NULL);
		return;
	}
	p.transport = trec_link_transport(r->link);
	trec_id_to_text(&p.result.peer, id);
	struct device_event e = { .event = "paired",
				  .peer = id,
				  .name = p.result.name,
				  .origin = trec_origin_name(p.result.origin),
				  .uri = r->peer_uri };

	device_emit(g->d, &e);
	device_list_changed(g->d);
	dial_end(g, NULL, &p);
}

void dial_over(struct device_run *r)
{
	struct dial *g = r->dial;
	trec_err err = run_error(r);
	bool failed = g->failure.err != TREC_OK && r->up;

	g->run = NULL;
	if (r->session != NULL && g->kind == DIAL_UNPAIR)
		g->ended.told = trec_session_told(r->session);
	if (may_go_on(g, r, err)) {
		describe(g, r, err);
		g->at++;
		dial_next(g);
	} else if (g->kind == DIAL_PAIR) {
		pairing_over(g, r, err);
	} else if (g->kind == DIAL_UNPAIR || (err == TREC_OK && g->opened && !failed)) {
		dial_end(g, NULL, NULL);
	} else if (failed) {
		dial_end(g, &g->failure, NULL); /* a service that failed, a peer that parted */
	} else {
		describe(g, r, err != TREC_OK ? err : TREC_E_LOST);
		dial_end(g, &g->failure, NULL);
	}
}

/* ---- beginning --------------------------------------------------------------------------- */

struct dial *dial_new(struct device *d, enum dial_kind kind, const char *const *uris, size_t n,
		      void *ctx)
{
	struct dial *g = calloc(1, sizeof(*g));

	if (g == NULL)
		abort(); /* a few kilobytes: nothing else would work either */
	g->d = d;
	g->kind = kind;
	g->ctx = ctx;
	for (size_t i = 0; i < n && i < URIS_MAX; i++)
		(void)snprintf(g->uri[g->uri_count++], URI_ROOM, "%s", uris[i]);
	return g;
}

void dial_hints(struct dial *g, const struct trec_peer *p)
{
	for (size_t i = 0; i < p->hint_count && g->uri_count < URIS_MAX; i++)
		if (trec_uri_check(p->hints[i]) == TREC_OK)
			(void)snprintf(g->uri[g->uri_count++], URI_ROOM, "%s", p->hints[i]);
}

static void load_work(void *ctx)
{
	struct dial *g = ctx;
	struct trec_peer p;

	g->err = trec_peer_get(g->d->o.env, trec_keystore_store(g->d->o.keys), &g->peer, &p);
	if (g->err == TREC_OK && g->uri_count == 0)
		dial_hints(g, &p);
}

static void load_done(void *ctx)
{
	struct dial *g = ctx;

	if (g->err != TREC_OK) {
		fail_plain(&g->failure, g->err);
		dial_end(g, &g->failure, NULL);
		return;
	}
	dial_next(g);
}

static void start_done(void *ctx)
{
	dial_next(ctx);
}

struct device_run *device_pair(struct device *d, const struct device_pair_options *o,
			       device_paired_cb cb, void *ctx)
{
	struct dial *g = dial_new(d, DIAL_PAIR, o->uris, o->uri_count, ctx);

	g->paired_cb = cb;
	g->secret_is_new = o->secret_is_new;
	g->symmetric = o->symmetric;
	g->secret = trec_secret_alloc(TREC_CODE_TEXT_MAX + 1);
	if (g->secret != NULL) {
		strncpy(g->secret, o->secret, TREC_CODE_TEXT_MAX);
	} else { /* ends like a run whose addresses are used up */
		g->uri_count = 0;
		fail_plain(&g->failure, TREC_E_NO_MEMORY);
	}
	device_with_store(d, NULL, start_done, g);
	return (struct device_run *)g;
}

struct dial *dial_peer(struct device *d, enum dial_kind kind, const struct device_dial *dial,
		       device_ended_cb cb, void *ctx)
{
	struct dial *g = dial_new(d, kind, dial->uris, dial->uri_count, ctx);

	g->peer = dial->peer;
	g->ended.peer = dial->peer;
	g->ended_cb = cb;
	device_with_store(d, load_work, load_done, g);
	return g;
}

struct device_run *device_connect(struct device *d, const struct device_dial *dial,
				  const char *service, int in_fd, int out_fd, device_ended_cb cb,
				  void *ctx)
{
	struct dial *g = dial_peer(d, DIAL_CONNECT, dial, cb, ctx);

	(void)snprintf(g->service, sizeof(g->service), "%s",
		       service[0] != '\0' ? service : "default");
	g->in_fd = in_fd;
	g->out_fd = out_fd;
	return (struct device_run *)g;
}

struct device_run *device_ping(struct device *d, const struct device_dial *dial, device_ended_cb cb,
			       void *ctx)
{
	return (struct device_run *)dial_peer(d, DIAL_PING, dial, cb, ctx);
}

struct device_run *device_rekey(struct device *d, const struct device_dial *dial,
				device_ended_cb cb, void *ctx)
{
	return (struct device_run *)dial_peer(d, DIAL_REKEY, dial, cb, ctx);
}
