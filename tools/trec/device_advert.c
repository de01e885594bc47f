/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: has a device's listeners found by others, each under a beacon of its own, so
 * that nobody learns from them that they are one device. All beacons are new at the start, every
 * 15 minutes, when one is somebody else's already, and when the list of peers changes: who is
 * trusted no longer shall not recognise what is shown from then on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trec/device_priv.h"
#include "tools/trec/watch.h"

#define RENEW_MS (15 * 60 * 1000)
#define TAKEN_MS 2000  /* between beacons when one was taken: nobody makes us spin */
#define AGAIN_MS 10000 /* after the system bus was lost, or was not there */

struct advert {
	struct adverts *all;
	const char *uri; /* the listener's */
	struct trec_advert *a; /* NULL: not begun, or lost */
	struct watch watch;
	bool watched;
	uint64_t again_ms; /* when to begin anew; UINT64_MAX: never, or it is begun */
	trec_err said;     /* the last answer that was logged */
	uint8_t beacon[TREC_BEACON_LEN];
};

struct adverts {
	struct device *d;
	uv_timer_t timer;
	uint64_t renew_ms; /* when all beacons are to be new */
	bool making;       /* a job makes them */
	bool stale;        /* they are to be made again behind that */
	bool ready;        /* they are made: until then nothing is shown */
	bool closed;
	size_t count;
	struct advert list[DEVICE_LISTENERS_MAX];
	uint8_t made[DEVICE_LISTENERS_MAX][TREC_BEACON_LEN];
	trec_err err;
};

static void say(struct advert *v, trec_err err)
{
	struct device *d = v->all->d;
	char line[TREC_URI_MAX + 200];

	if (err == v->said || err == TREC_E_AGAIN)
		return;
	v->said = err;
	if (err == TREC_OK)
		(void)snprintf(line, sizeof(line), "%s can be found by others", v->uri);
	else
		(void)snprintf(line, sizeof(line), "%s cannot be found by others: %s", v->uri,
			       trec_err_text(err));
	d->o.env->log(d->o.env->ctx, err == TREC_OK ? TREC_LEVEL_INFO : TREC_LEVEL_WARNING, line);
}

/* ---- one advert -------------------------------------------------------------------------- */

static void plan(struct adverts *all);

static void advert_closed(void *ctx)
{
	struct advert *v = ctx;
	struct device *d = v->all->d;

	v->watched = false;
	d->handles--;
	if (!v->all->closed)
		plan(v->all);
	device_stop_step(d);
}

static void advert_end(struct advert *v)
{
	if (v->a == NULL)
		return;
	watch_close(&v->watch, advert_closed);
	trec_advert_free(&v->a);
}

static void advert_settle(struct advert *v, trec_err err)
{
	struct adverts *all = v->all;
	struct trec_poll want;

	say(v, err);
	switch (err) {
	case TREC_E_EXISTS: {
		uint64_t soon = device_now(all->d) + TAKEN_MS;

		if (soon < all->renew_ms)
			all->renew_ms = soon;
		plan(all);
		break;
	}
	case TREC_OK:
	case TREC_E_AGAIN:
	case TREC_E_UNREACHABLE:
		break;
	default:
		advert_end(v);
		v->again_ms = device_now(all->d) + AGAIN_MS;
		plan(all);
		return;
	}
	trec_advert_poll(v->a, &want);
	watch_for(&v->watch, all->d->o.env, &want);
}

static void advert_step(void *ctx)
{
	struct advert *v = ctx;

	if (v->a != NULL && v->all->ready)
		advert_settle(v, trec_advert_step(v->a));
}

/* What is begun shows nothing before its first step. */
static trec_err advert_begin(struct advert *v)
{
	struct device *d = v->all->d;
	struct trec_poll want;
	trec_err err = trec_advert_start(d->o.env, v->uri, v->beacon, &v->a);

	v->again_ms = UINT64_MAX;
	if (err == TREC_OK) {
		trec_advert_poll(v->a, &want);
		if (watch_open(&v->watch, d->o.loop, want.fd, advert_step, v)) {
			v->watched = true;
			d->handles++;
			return TREC_OK;
		}
		trec_advert_free(&v->a);
		err = TREC_E_IO;
	}
	if (err != TREC_E_UNSUPPORTED)
		v->again_ms = device_now(d) + AGAIN_MS;
	return err;
}

/* ---- all of them ------------------------------------------------------------------------- */

static void make(void *ctx)
{
	struct adverts *all = ctx;
	struct device *d = all->d;

	all->err = TREC_OK;
	for (size_t i = 0; i < all->count && all->err == TREC_OK; i++)
		all->err = trec_beacon_make(d->o.env, trec_keystore_store(d->o.keys),
					    all->made[i]);
}

static void renew(struct adverts *all);

static void show(struct advert *v, const uint8_t beacon[TREC_BEACON_LEN])
{
	memcpy(v->beacon, beacon, TREC_BEACON_LEN);
	if (v->a != NULL)
		advert_settle(v, trec_advert_change(v->a, beacon));
}

static void made(void *ctx)
{
	struct adverts *all = ctx;
	struct device *d = all->d;
	bool again = all->stale;

	all->making = all->stale = false;
	if (all->closed)
		return;
	all->renew_ms = device_now(d) + (all->err == TREC_OK ? RENEW_MS : AGAIN_MS);
	if (all->err != TREC_OK) {
		d->o.env->log(d->o.env->ctx, TREC_LEVEL_WARNING, "a new beacon cannot be made");
	} else {
		all->ready = true;
		for (size_t i = 0; i < all->count; i++)
			show(&all->list[i], all->made[i]);
	}
	if (again)
		renew(all);
	else
		plan(all);
}

static void renew(struct adverts *all)
{
	all->stale = all->making;
	if (all->making)
		return;
	all->making = true;
	device_with_store(all->d, make, made, all);
}

static void on_timer(uv_timer_t *t)
{
	struct adverts *all = t->data;
	uint64_t now = device_now(all->d);

	for (size_t i = 0; i < all->count; i++) {
		struct advert *v = &all->list[i];

		if (v->a == NULL && !v->watched && now >= v->again_ms) {
			trec_err err = advert_begin(v);

			if (err != TREC_OK)
				say(v, err);
			else
				advert_step(v);
		}
	}
	if (now >= all->renew_ms && !all->making)
		renew(all);
	plan(all);
}

/* Sets the timer for whatever comes first. */
static void plan(struct adverts *all)
{
	uint64_t now = device_now(all->d);
	uint64_t next = all->making ? UINT64_MAX : all->renew_ms;

	for (size_t i = 0; i < all->count; i++)
		if (!all->list[i].watched && all->list[i].again_ms < next)
			next = all->list[i].again_ms;
	if (all->closed || next == UINT64_MAX)
		uv_timer_stop(&all->timer);
	else
		uv_timer_start(&all->timer, on_timer, next > now ? next - now : 0, 0);
}

trec_err device_advertise(struct device *d, struct failure *f)
{
	struct adverts *all = calloc(1, sizeof(*all));
	bool any = false;

	if (all == NULL)
		return fail_plain(f, TREC_E_NO_MEMORY);
	all->d = d;
	d->adverts = all;
	uv_timer_init(d->o.loop, &all->timer);
	all->timer.data = all;
	d->handles++;
	for (size_t i = 0; i < d->listener_count; i++) {
		struct advert *v = &all->list[all->count];

		*v = (struct advert){ .all = all,
				      .uri = d->listeners[i].uri,
				      .said = TREC_E_AGAIN };
		trec_err err = advert_begin(v);

		if (err == TREC_E_UNSUPPORTED || err == TREC_E_BAD_URI)
			continue; /* nobody could look for it */
		all->count++;
		any = true;
		if (err != TREC_OK)
			say(v, err);
	}
	if (!any) {
		fail(f, TREC_E_UNSUPPORTED, "--advertise: no address here that others could find");
		fail_hint(f, "listen on tcp: or rfcomm:, in a build that reaches the system bus");
		return f->err;
	}
	renew(all);
	return TREC_OK;
}

void adverts_renew(struct device *d)
{
	if (d->adverts != NULL && !d->adverts->closed)
		renew(d->adverts);
}

bool device_shows(const struct device *d, const uint8_t beacon[TREC_BEACON_LEN])
{
	const struct adverts *all = d->adverts;

	for (size_t i = 0; all != NULL && all->ready && i < all->count; i++)
		if (memcmp(all->list[i].beacon, beacon, TREC_BEACON_LEN) == 0)
			return true;
	return false;
}

void adverts_close(struct device *d)
{
	struct adverts *all = d->adverts;

	if (all == NULL || all->closed)
		return;
	all->closed = true;
	for (size_t i = 0; i < all->count; i++)
		advert_end(&all->list[i]);
	uv_timer_stop(&all->timer);
	uv_timer_t *t = &all->timer;

	t->data = d;
	uv_close((uv_handle_t *)t, device_handle_closed);
}

void adverts_free(struct device *d)
{
	free(d->adverts);
	d->adverts = NULL;
}
