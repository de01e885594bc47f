/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The public calls on links and listeners. What holds for every transport is kept here: an
 * error is for good, the end of the stream is seen again and again, nothing is sent after a
 * shutdown, and freeing nulls the caller's pointer.
 */
#include <string.h>

#include "transports/tp.h"

void tp_text(char out[TREC_URI_MAX + 1], const char *text)
{
	size_t n = strnlen(text, TREC_URI_MAX);

	memcpy(out, text, n);
	out[n] = '\0';
}

void tp_link_init(struct trec_link *l, const struct trec_link_ops *ops, const struct trec_env *env)
{
	memset(l, 0, sizeof(*l));
	l->ops = ops;
	l->env = env;
	l->dead = TREC_OK;
}

trec_err trec_link_connect_any(const struct trec_env *env, const struct trec_uri_list *list,
			       struct trec_link **out)
{
	struct tp_uri uris[TREC_URI_LIST_MAX];
	size_t n = 0;

	*out = NULL;
	if (list->n == 0 || list->n > TREC_URI_LIST_MAX)
		return TREC_E_USAGE;
	do {
		trec_err err = tp_uri_parse(list->uri[n], false, &uris[n]);

		if (err != TREC_OK)
			return err;
		if (uris[n].host_type == TP_HOST_NAME || uris[n].kind != uris[0].kind)
			return TREC_E_USAGE;
	} while (++n < list->n);
	return uris[0].kind->connect(env, uris, n, out);
}

trec_err trec_link_connect(const struct trec_env *env, const char *uri, struct trec_link **out)
{
	struct trec_uri_list list;

	*out = NULL;
	trec_err err = trec_uri_check(uri);

	if (err == TREC_OK)
		err = trec_uri_resolve(env, uri, &list);
	return err == TREC_OK ? trec_link_connect_any(env, &list, out) : err;
}

/* AGAIN passes; any other error stays. */
static trec_err settle(struct trec_link *l, trec_err err)
{
	if (err != TREC_OK && err != TREC_E_AGAIN)
		l->dead = err;
	return err;
}

trec_err trec_link_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved)
{
	*moved = 0;
	if (l->dead != TREC_OK)
		return l->dead;
	if (l->shut)
		return TREC_E_STATE;
	if (n == 0)
		return TREC_E_USAGE;
	if (l->mute)
		return TREC_E_LOST;
	trec_err err = l->ops->send(l, p, n, moved);

	if (err != TREC_E_LOST)
		return settle(l, err);
	/* The peer's last words, a refusal for example, may have come before its end. */
	l->mute = true;
	return err;
}

trec_err trec_link_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n)
{
	*n = 0;
	if (l->dead != TREC_OK)
		return l->dead;
	if (cap == 0)
		return TREC_E_USAGE;
	if (l->ended)
		return TREC_OK;
	trec_err err = settle(l, l->ops->recv(l, out, cap, n));

	if (err == TREC_OK && *n == 0)
		l->ended = true;
	return err;
}

trec_err trec_link_shutdown(struct trec_link *l)
{
	if (l->dead != TREC_OK)
		return l->dead;
	if (l->mute)
		return TREC_E_LOST;
	if (l->shut)
		return TREC_OK;
	l->shut = true;
	return settle(l, l->ops->shutdown(l));
}

void trec_link_poll(const struct trec_link *l, bool want_write, struct trec_poll *out)
{
	struct trec_poll p = { .fd = -1, .next_ms = UINT64_MAX };

	/* What is watched is no part of the link's meaning: const for the caller. */
	l->ops->poll((struct trec_link *)l, want_write && !l->shut && !l->mute, &p);
	if (l->dead != TREC_OK) {
		p.readable = false;
		p.writable = false;
		p.next_ms = 0;
	}
	*out = p;
}

size_t trec_link_mtu(const struct trec_link *l)
{
	return l->ops->mtu;
}

void trec_link_peer(const struct trec_link *l, char out[TREC_URI_MAX + 1])
{
	memcpy(out, l->peer, TREC_URI_MAX + 1);
}

const char *trec_link_transport(const struct trec_link *l)
{
	return l->ops->name;
}

void trec_link_free(struct trec_link **l)
{
	if (l == NULL || *l == NULL)
		return;
	(*l)->ops->free(*l, false);
	*l = NULL;
}

void trec_link_abort(struct trec_link **l)
{
	if (l == NULL || *l == NULL)
		return;
	(*l)->ops->free(*l, true);
	*l = NULL;
}

trec_err trec_listen(const struct trec_env *env, const char *uri, struct trec_listener **out)
{
	struct tp_uri u;
	struct trec_uri_list list;

	*out = NULL;
	trec_err err = tp_uri_parse(uri, true, &u);

	if (err != TREC_OK)
		return err;
	if (u.host_type == TP_HOST_NAME) {
		err = trec_uri_resolve(env, uri, &list);
		if (err == TREC_OK)
			err = tp_uri_parse(list.uri[0], true, &u);
		if (err != TREC_OK)
			return err;
	}
	return u.kind->listen(env, &u, out);
}

trec_err trec_listener_accept(struct trec_listener *l, struct trec_link **out)
{
	*out = NULL;
	return l->ops->accept(l, out);
}

void trec_listener_poll(const struct trec_listener *l, struct trec_poll *out)
{
	struct trec_poll p = { .fd = -1, .next_ms = UINT64_MAX };

	l->ops->poll((struct trec_listener *)l, &p);
	*out = p;
}

void trec_listener_uri(const struct trec_listener *l, char out[TREC_URI_MAX + 1])
{
	memcpy(out, l->uri, TREC_URI_MAX + 1);
}

void trec_listener_free(struct trec_listener **l)
{
	if (l == NULL || *l == NULL)
		return;
	(*l)->ops->free(*l);
	*l = NULL;
}
