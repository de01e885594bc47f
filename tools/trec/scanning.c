/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for devices on a loop; see scanning.h. */
#include <stdlib.h>
#include <string.h>

#include "tools/trec/scanning.h"
#include "tools/trec/watch.h"

static const char *const transports[] = { "tcp", "rfcomm" };
#define TRANSPORTS (sizeof(transports) / sizeof(transports[0]))

struct search {
	struct scanning *s;
	const char *transport;
	struct trec_scan *scan; /* NULL: over */
	struct watch watch;
	trec_err err; /* why it could not even begin */
	struct failure f; /* why it is over */
};

struct scanning {
	struct scanning_options o;
	struct search searches[TRANSPORTS];
	size_t count;
	uv_timer_t timer;
	uint64_t began_ms;
	unsigned handles;
	bool freed, ended;
};

static void handle_closed(void *ctx)
{
	struct scanning *s = ctx;

	if (--s->handles == 0 && s->freed)
		free(s);
}

static void timer_closed(uv_handle_t *h)
{
	handle_closed(h->data);
}

static void watch_closed(void *ctx)
{
	struct search *q = ctx;

	handle_closed(q->s);
}

static void stop(struct search *q)
{
	if (q->scan == NULL)
		return;
	watch_close(&q->watch, watch_closed);
	trec_scan_free(&q->scan);
}

/* ---- why nothing can be found ------------------------------------------------------------ */

static void explain(const char *transport, trec_err err, struct failure *f)
{
	bool tcp = strcmp(transport, "tcp") == 0;

	if (err == TREC_E_UNREACHABLE && tcp) {
		fail(f, err, "avahi-daemon, which finds devices over TCP, is not running");
		fail_hint(f, "install and start avahi-daemon, or give the address yourself");
	} else if (err == TREC_E_UNREACHABLE) {
		fail(f, err, "bluetoothd, which finds devices over Bluetooth, is not running");
		fail_hint(f, "install and start bluetoothd (package bluez)");
	} else if (err == TREC_E_UNSUPPORTED) {
		fail(f, err, "this build cannot look for devices over %s", transport);
	} else if (err == TREC_E_LOST) {
		fail(f, err, "the system bus ended");
	} else {
		fail(f, err, "looking for devices over %s: %s", transport, trec_err_text(err));
	}
}

static bool all_over(const struct scanning *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->searches[i].scan != NULL)
			return false;
	return true;
}

static void on_end(uv_timer_t *t);

/* What is left of the time, by what is still looked with. */
static void set_end(struct scanning *s)
{
	uint64_t past = uv_now(s->o.loop) - s->began_ms;
	uint64_t whole = s->o.seconds != 0 ? s->o.seconds : SCAN_SECONDS;

	for (size_t i = 0; s->o.seconds == 0 && i < s->count; i++)
		if (s->searches[i].scan != NULL && strcmp(s->searches[i].transport, "tcp") != 0)
			whole = SCAN_BLUETOOTH_SECONDS;
	whole *= 1000;
	if (all_over(s))
		whole = 0;
	uv_timer_start(&s->timer, on_end, whole > past ? whole - past : 0, 0);
}

static void end(struct scanning *s)
{
	const struct failure *first = NULL;
	bool none = all_over(s);

	s->ended = true;
	for (size_t i = 0; i < s->count && !s->freed; i++) {
		const struct search *q = &s->searches[i];

		if (q->f.err == TREC_OK)
			continue;
		if (first == NULL)
			first = &q->f;
		if (!none)
			s->o.failed(s->o.ctx, q->transport, &q->f);
	}
	if (!s->freed)
		s->o.over(s->o.ctx, none ? first : NULL);
}

static void on_end(uv_timer_t *t)
{
	struct scanning *s = t->data;

	if (!s->ended)
		end(s);
}

static void search_failed(struct search *q, trec_err err)
{
	explain(q->transport, err, &q->f);
	stop(q);
	set_end(q->s);
}

/* ---- searching --------------------------------------------------------------------------- */

static void search_step(void *ctx)
{
	struct search *q = ctx;
	struct scanning *s = q->s;
	struct trec_sighting one;
	struct trec_poll want;
	trec_err err = TREC_OK;

	while (err == TREC_OK && q->scan != NULL && !s->freed) {
		err = trec_scan_next(q->scan, &one);
		if (err == TREC_OK)
			s->o.found(s->o.ctx, q->transport, &one);
	}
	if (q->scan == NULL || s->freed)
		return;
	if (err != TREC_E_AGAIN) {
		search_failed(q, err);
		return;
	}
	trec_scan_poll(q->scan, &want);
	watch_for(&q->watch, s->o.env, &want);
}

/* The first turn of the loop: what could not begin is over, the rest has its time. */
static void on_begin(uv_timer_t *t)
{
	struct scanning *s = t->data;

	s->began_ms = uv_now(s->o.loop);
	set_end(s);
	for (size_t i = 0; i < s->count; i++)
		if (s->searches[i].err != TREC_OK)
			search_failed(&s->searches[i], s->searches[i].err);
	for (size_t i = 0; i < s->count && !s->freed; i++)
		search_step(&s->searches[i]);
}

static void search_begin(struct scanning *s, const char *transport)
{
	struct search *q = &s->searches[s->count];
	bool one = s->o.adapter != NULL && strcmp(transport, "rfcomm") == 0;
	char where[TREC_URI_MAX + 1];
	struct trec_poll want;

	*q = (struct search){ .s = s, .transport = transport };
	(void)snprintf(where, sizeof(where), "%s:%s%.64s", transport, one ? "?adapter=" : "",
		       one ? s->o.adapter : "");
	q->err = trec_scan_start(s->o.env, where, &q->scan);
	if (q->err == TREC_E_UNSUPPORTED && s->o.transport == NULL)
		return; /* its place is taken by the next */
	s->count++;
	if (q->err != TREC_OK)
		return;
	trec_scan_poll(q->scan, &want);
	if (watch_open(&q->watch, s->o.loop, want.fd, search_step, q)) {
		s->handles++;
	} else {
		trec_scan_free(&q->scan);
		q->err = TREC_E_IO;
	}
}

trec_err scanning_new(const struct scanning_options *options, struct scanning **out,
		      struct failure *f)
{
	struct scanning *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return fail_plain(f, TREC_E_NO_MEMORY);
	s->o = *options;
	uv_timer_init(s->o.loop, &s->timer);
	s->timer.data = s;
	s->handles = 1;
	for (size_t i = 0; i < TRANSPORTS; i++)
		if (options->transport == NULL || strcmp(options->transport, transports[i]) == 0)
			search_begin(s, transports[i]);
	if (s->count == 0) {
		scanning_free(&s);
		return fail(f, TREC_E_UNSUPPORTED, "this build cannot look for devices");
	}
	uv_timer_start(&s->timer, on_begin, 0, 0);
	*out = s;
	return TREC_OK;
}

void scanning_free(struct scanning **p)
{
	struct scanning *s = *p;

	if (s == NULL)
		return;
	*p = NULL;
	s->freed = true;
	for (size_t i = 0; i < s->count; i++)
		stop(&s->searches[i]);
	uv_close((uv_handle_t *)&s->timer, timer_closed);
}
