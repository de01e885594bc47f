/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what comes in: listeners, the first byte that tells a pairing from a session,
 * bounds on strangers, and the events of those runs.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trec/device_priv.h"

#define ACCEPT_AGAIN_MS 200 /* after an accept that failed, for want of descriptors say */
#define ACCEPT_AT_ONCE 64   /* then what else waits on the loop has its turn */
#define CONNECTIONS_MAX 256 /* at a time, in and out */
#define FIRST_BYTE_MS 10000

/* ---- a connection until its first byte --------------------------------------------------- */

static void make_server(struct device_run *r)
{
	struct device *d = r->d;
	struct trec_store *store = trec_keystore_store(d->o.keys);
	char hint[TREC_HINTS_MAX][URI_ROOM];
	const char *hints[TREC_HINTS_MAX];
	size_t n = device_hints(d, hint, TREC_HINTS_MAX);

	for (size_t i = 0; i < n; i++)
		hints[i] = hint[i];
	if (r->kind == TREC_INCOMING_SESSION) {
		struct trec_session_options o = { .env = d->o.env,
						  .store = store,
						  .introductions = &d->policy };

		r->made = trec_session_new(TREC_SESSION_SERVER, &o, &r->session);
		return;
	}
	struct trec_pairing_options o = { .env = d->o.env,
					  .store = store,
					  .window = d->window,
					  .peer = r->peer_uri,
					  .hints = hints,
					  .hint_count = n };

	r->made = trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &r->pairing);
}

static void on_first(uv_poll_t *p, int status, int events);

static void first_late(uv_timer_t *t)
{
	run_drop(t->data);
}

static void await_first(struct device_run *r)
{
	uv_timer_start(&r->timer, first_late, FIRST_BYTE_MS, 0);
	if (r->poll.data == NULL || uv_poll_start(&r->poll, UV_READABLE, on_first) != 0)
		run_drop(r);
}

static void on_first(uv_poll_t *p, int status, int events)
{
	struct device_run *r = p->data;
	size_t n = 0;
	trec_err err = trec_link_recv(r->link, r->in.b, RUN_BUFFER, &n);

	(void)status;
	(void)events;
	if (err == TREC_E_AGAIN)
		return;
	uv_poll_stop(p);
	uv_timer_stop(&r->timer);
	r->in.to = err == TREC_OK ? n : 0;
	r->kind = r->in.to > 0 ? trec_incoming_kind(r->in.b[0]) : TREC_INCOMING_UNKNOWN;
	if (r->kind == TREC_INCOMING_UNKNOWN)
		run_drop(r);
	else
		run_make(r, make_server);
}

/*
 * The source without what changes from one connection to the next: no port, and of an IPv6
 * address the first 64 bits, since whoever holds one holds its neighbours.
 */
static void source_of(const char *uri, char out[URI_ROOM])
{
	struct in6_addr six;

	(void)snprintf(out, URI_ROOM, "%s", uri);
	char *port = strncmp(uri, "tcp:", 4) == 0 ? strrchr(out, ':') : NULL;

	if (port == NULL)
		return;
	*port = '\0';
	if (strncmp(out, "tcp://[", 7) != 0 || port[-1] != ']')
		return;
	port[-1] = '\0';
	if (inet_pton(AF_INET6, out + 7, &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six))
		return;
	memset(six.s6_addr + 8, 0, 8);
	if (inet_ntop(AF_INET6, &six, out + 7, URI_ROOM - 7) == NULL)
		out[7] = '\0';
}

/* Also of peers: who is trusted may still not use up the device's descriptors. */
static bool is_full(const struct device *d)
{
	size_t n = 0;

	for (const struct device_run *r = d->runs; r != NULL; r = r->next)
		n++;
	return n >= CONNECTIONS_MAX;
}

static void arrived(struct device *d, struct trec_link *link)
{
	char source[URI_ROOM];
	char uri[URI_ROOM];
	unsigned ticket = 0;

	trec_link_peer(link, uri);
	source_of(uri, source);
	if (is_full(d) || trec_gate_enter(d->gate, source, &ticket) != TREC_OK) {
		trec_link_free(&link);
		return;
	}
	struct device_run *r = run_new(d, &link);

	if (r == NULL) {
		trec_gate_leave(d->gate, ticket);
		return;
	}
	r->server = true;
	r->ticket = ticket;
	r->has_ticket = true;
	await_first(r);
}

/* ---- listeners --------------------------------------------------------------------------- */

static void on_listen(uv_poll_t *p, int status, int events);

static void accept_again(uv_timer_t *t)
{
	struct listener *l = t->data;

	uv_poll_start(&l->poll, UV_READABLE, on_listen);
}

static void on_listen(uv_poll_t *p, int status, int events)
{
	struct listener *l = p->data;
	struct trec_link *link = NULL;
	struct trec_poll want;
	trec_err err = TREC_OK;

	(void)status;
	(void)events;
	for (int i = 0; i < ACCEPT_AT_ONCE && err == TREC_OK; i++) {
		err = trec_listener_accept(l->l, &link);
		if (err == TREC_OK)
			arrived(l->d, link);
	}
	trec_listener_poll(l->l, &want);
	if ((err == TREC_OK || err == TREC_E_AGAIN) && want.readable)
		return;
	uv_poll_stop(p);
	uv_timer_start(&l->timer, accept_again, ACCEPT_AGAIN_MS, 0);
}

static void listener_closed(uv_handle_t *h)
{
	struct listener *l = h->data;

	l->d->handles--;
	device_stop_step(l->d);
}

trec_err device_listen(struct device *d, const char *uri, struct failure *f)
{
	struct trec_poll want;

	if (d->listener_count == DEVICE_LISTENERS_MAX)
		return fail(f, TREC_E_USAGE, "--listen: at most %d addresses",
			    DEVICE_LISTENERS_MAX);
	struct listener *l = &d->listeners[d->listener_count];
	trec_err err = trec_listen(d->o.env, uri, &l->l);

	if (err == TREC_E_EXISTS)
		return fail(f, err, "--listen: %s is in use", uri);
	if (err != TREC_OK)
		return fail(f, err, "--listen: cannot listen on %s: %s", uri, trec_err_text(err));
	l->d = d;
	trec_listener_uri(l->l, l->uri);
	trec_listener_poll(l->l, &want);
	if (want.fd < 0 || uv_poll_init(d->o.loop, &l->poll, want.fd) != 0) {
		trec_listener_free(&l->l);
		return fail(f, TREC_E_UNSUPPORTED, "--listen: %s cannot be polled", uri);
	}
	uv_timer_init(d->o.loop, &l->timer);
	l->poll.data = l;
	l->timer.data = l;
	l->watched = true;
	d->handles += 2;
	d->listener_count++;
	uv_poll_start(&l->poll, UV_READABLE, on_listen);
	return TREC_OK;
}

const char *device_uri(const struct device *d, size_t i)
{
	return i < d->listener_count ? d->listeners[i].uri : NULL;
}

void serve_close(struct device *d)
{
	for (size_t i = 0; i < d->listener_count; i++) {
		struct listener *l = &d->listeners[i];

		if (!l->watched)
			continue;
		l->watched = false;
		uv_close((uv_handle_t *)&l->poll, listener_closed);
		uv_close((uv_handle_t *)&l->timer, listener_closed);
		trec_listener_free(&l->l);
	}
}

/* ---- hints ------------------------------------------------------------------------------- */

/* The port of "tcp://[::]:7443" or "tcp://0.0.0.0:7443": all addresses; else NULL. */
static const char *any_port(const char *uri)
{
	if (strncmp(uri, "tcp://[::]:", 11) == 0)
		return uri + 11;
	return strncmp(uri, "tcp://0.0.0.0:", 14) == 0 ? uri + 14 : NULL;
}

/* Addresses of this machine's interfaces that others can reach. */
static size_t interface_hints(const char *port, bool v6_too, char out[][URI_ROOM], size_t cap)
{
	uv_interface_address_t *list = NULL;
	char text[INET6_ADDRSTRLEN];
	int count = 0;
	size_t n = 0;

	if (uv_interface_addresses(&list, &count) != 0)
		return 0;
	for (int i = 0; i < count && n < cap; i++) {
		const struct sockaddr_in6 *six = &list[i].address.address6;

		if (list[i].is_internal)
			continue;
		if (list[i].address.address4.sin_family == AF_INET) {
			uv_ip4_name(&list[i].address.address4, text, sizeof(text));
			(void)snprintf(out[n++], URI_ROOM, "tcp://%s:%s", text, port);
		} else if (v6_too && !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr)) {
			uv_ip6_name(six, text, sizeof(text));
			(void)snprintf(out[n++], URI_ROOM, "tcp://[%s]:%s", text, port);
		}
	}
	uv_free_interface_addresses(list, count);
	return n;
}

/* An address that leads here from elsewhere, as it stands. */
static bool leads_here(const char *uri)
{
	return any_port(uri) == NULL &&
	       (strncmp(uri, "tcp:", 4) == 0 || strncmp(uri, "rfcomm:", 7) == 0);
}

/* Where there are many interfaces, room is left for the other listeners' addresses. */
size_t device_hints(struct device *d, char out[][URI_ROOM], size_t cap)
{
	size_t n = 0, others = 0;

	for (size_t i = 0; i < d->listener_count; i++)
		others += leads_here(d->listeners[i].uri);
	for (size_t i = 0; i < d->listener_count && n < cap; i++) {
		const char *uri = d->listeners[i].uri;
		const char *port = any_port(uri);

		if (port != NULL && cap - n > others) {
			n += interface_hints(port, uri[6] == '[', out + n, cap - n - others);
		} else if (leads_here(uri)) {
			(void)snprintf(out[n++], URI_ROOM, "%s", uri);
			others--;
		}
	}
	return n;
}

/* ---- what these runs tell ---------------------------------------------------------------- */

void serve_event(struct device_run *r, const struct trec_session_event *e)
{
	switch (e->kind) {
	case TREC_SESSION_UP:
		device_emit_peer(r, "session", NULL, NULL);
		break;
	case TREC_SESSION_REKEYED:
		device_emit_peer(r, "rekeyed", NULL, NULL);
		break;
	case TREC_SESSION_REVOKED:
		r->cut = true;
		device_emit_peer(r, "revoked", NULL, NULL);
		device_list_changed(r->d);
		break;
	case TREC_SESSION_OPEN:
		service_start(r, e->service);
		break;
	default:
		break; /* data, ends and answers concern the relay, which is pumped anyway */
	}
}

static void paired(struct device_run *r)
{
	struct trec_pairing_result result;
	char id[TREC_ID_TEXT_LEN + 1];

	if (trec_pairing_result(r->pairing, &result) != TREC_OK)
		return;
	trec_id_to_text(&result.peer, id);
	struct device_event e = { .event = "paired",
				  .peer = id,
				  .name = result.name,
				  .origin = trec_origin_name(result.origin),
				  .uri = r->peer_uri };

	device_emit(r->d, &e);
	device_list_changed(r->d);
}

void serve_over(struct device_run *r)
{
	trec_err err = run_error(r);

	if (r->pairing == NULL && r->session == NULL)
		return;
	if (err == TREC_OK && r->pairing != NULL)
		paired(r);
	else if (err != TREC_OK && !r->up)
		device_emit_peer(r, "refused", trec_err_name(err), run_detail(r));
	else if (r->up)
		device_emit_peer(r, "closed", err != TREC_OK ? trec_err_name(err) : NULL,
				 run_detail(r));
}
