/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what each action of a schedule does: users, attackers and fate. */
#include "tests/sim/sim.h"

#include <stdio.h>
#include <string.h>

/* ---- windows and secrets ---------------------------------------------------------------- */

void sim_fit(struct sim_link *l)
{
	const struct sim_device *d = &l->w->dev[l->end[1].dev];

	if (!d->window_there || strcmp(d->secret, l->typed) != 0)
		return;
	l->fits = true;
	l->window = d->serial;
	l->multi_use = d->multi_use;
}

static void window_is(struct sim_device *d, const char *secret,
		      const struct trec_opening_options *o)
{
	struct sim_world *w = d->w;

	memcpy(d->older, d->secret, sizeof(d->older));
	(void)snprintf(d->secret, sizeof(d->secret), "%s",
		       o->method == TREC_METHOD_PRESET ? d->preset : secret);
	d->serial++;
	d->method = o->method;
	d->multi_use = o->multi_use;
	d->window_there = true;
	if (o->method == TREC_METHOD_PIN)
		memset(&d->random_pin, 0, sizeof(d->random_pin));
	for (int i = 0; i < SIM_LINKS; i++) {
		struct sim_link *l = &w->link[i];

		if (l->used && l->pairing && l->end[1].dev == d->no && l->end[1].p != NULL &&
		    !l->end[1].proved)
			sim_fit(l);
	}
}

bool sim_open_window(struct sim_device *d, enum trec_method method, struct sim_rng *r)
{
	static const char *const hints[] = { "tcp://192.0.2.9:7443" };
	struct trec_opening_options o = { .env = &d->env, .store = &d->store, .method = method };
	struct trec_opening *opening = NULL;
	char secret[SIM_TEXT];
	trec_err err;

	if (method == TREC_METHOD_CODE) {
		o.multi_use = sim_chance(r, 15);
		o.hints = hints;
		o.hint_count = sim_below(r, 2);
	} else {
		o.digits = 6 + sim_below(r, 3);
	}
	o.seconds = sim_chance(r, 20) ? 1 + sim_below(r, 30) : 0;
	if (method == TREC_METHOD_PRESET)
		o.digits = 0;
	err = trec_opening_new(&o, &opening);
	if (err == TREC_OK)
		err = trec_opening_perform(opening);
	if (err == TREC_OK) {
		(void)snprintf(secret, sizeof(secret), "%s", trec_opening_secret(opening));
		err = trec_window_open(d->window, &opening);
	}
	trec_opening_free(&opening);
	sim_note(d->w, d->no, "window", method, (int64_t)err);
	if (err == TREC_OK)
		window_is(d, secret, &o);
	return err == TREC_OK;
}

static void set_preset(struct sim_device *d, struct sim_rng *r)
{
	char pin[TREC_PIN_MAX + 1] = "";
	unsigned digits = 6 + sim_below(r, 3);

	for (unsigned i = 0; i < digits; i++)
		pin[i] = (char)('0' + sim_below(r, 10));
	trec_err err = trec_preset_set(&d->env, &d->store, d->window, pin);

	sim_note(d->w, d->no, "preset", 0, (int64_t)err);
	memset(&d->preset_pin, 0, sizeof(d->preset_pin));
	/* If it failed, nobody knows which one is in force: nobody types either. */
	memset(d->preset, 0, sizeof(d->preset));
	if (err == TREC_OK)
		memcpy(d->preset, pin, sizeof(pin));
	if (d->method == TREC_METHOD_PRESET)
		d->window_there = false;
}

static enum trec_method draw_method(const struct sim_device *d, struct sim_rng *r)
{
	unsigned at = sim_below(r, 100);

	if (at < (sim_form_real ? 80 : 50))
		return TREC_METHOD_CODE;
	return at < (sim_form_real ? 94 : 85) || d->preset[0] == '\0' ? TREC_METHOD_PIN
								      : TREC_METHOD_PRESET;
}

/* ---- connections ------------------------------------------------------------------------ */

static void uri_of(char out[64], int dev, bool odd, unsigned serial)
{
	if (odd)
		(void)snprintf(out, 64, "tcp://198.51.100.%u:%u", serial % 250, 1024 + serial);
	else
		(void)snprintf(out, 64, "tcp://192.0.2.%d:7443", dev);
}

struct sim_link *sim_pair(struct sim_world *w, int a, int b, const char *secret,
			  struct sim_rng *r)
{
	static const char *const rights[] = { "service:lamp" };
	struct sim_device *d = &w->dev[a];
	struct sim_link *l = secret[0] != '\0' ? sim_dial(w, a, b) : NULL;
	char uri[64];

	if (l == NULL)
		return NULL;
	struct trec_pairing_options o = { .env = &d->env,
					  .store = &d->store,
					  .secret = l->typed,
					  .secret_is_new = sim_chance(r, 20),
					  .peer = uri,
					  .ask_consent = sim_chance(r, 15),
					  .kind = "phone" };

	uri_of(uri, b, sim_chance(r, 30), w->serial);
	if (sim_chance(r, 20)) {
		o.rights = rights;
		o.right_count = 1;
	}
	l->pairing = true;
	(void)snprintf(l->typed, sizeof(l->typed), "%s", secret);
	trec_err err = trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &l->end[0].p);

	sim_note(w, a, "pairing", l->serial, (int64_t)err);
	if (err == TREC_OK)
		return l;
	sim_end_close(w, l, 0);
	return NULL;
}

static void wrong_pin(char out[SIM_TEXT], const char *right, struct sim_rng *r)
{
	unsigned n = (unsigned)strlen(right);

	if (n < TREC_PIN_MIN || n > TREC_PIN_MAX) {
		(void)snprintf(out, SIM_TEXT, "%06u", sim_below(r, 1000000));
		return;
	}
	(void)snprintf(out, SIM_TEXT, "%s", right);
	n = sim_below(r, n);
	out[n] = (char)('0' + (out[n] - '0' + 1 + (int)sim_below(r, 9)) % 10);
}

static void pair_somehow(struct sim_world *w, int a, int b, struct sim_rng *r)
{
	const struct sim_device *d = &w->dev[b];
	const struct sim_device *other = &w->dev[(int)sim_below(r, (unsigned)w->devices)];
	char text[SIM_TEXT];
	unsigned at = sim_below(r, 100);

	memcpy(text, d->secret, sizeof(text));
	if (at >= 97)
		memcpy(text, d->older, sizeof(text));
	else if (at >= 94)
		memcpy(text, other->secret, sizeof(text));
	else if (at >= 84)
		wrong_pin(text, d->secret, r);
	(void)sim_pair(w, a, b, text, r);
}

static void guess(struct sim_world *w, int a, int b, struct sim_rng *r)
{
	struct sim_device *d = &w->dev[b];
	struct trec_window_status st;
	char text[SIM_TEXT];

	trec_window_status(d->window, &st);
	if (!st.open || st.method == TREC_METHOD_CODE)
		(void)sim_open_window(d, d->preset[0] != '\0' ? TREC_METHOD_PRESET
							      : TREC_METHOD_PIN, r);
	wrong_pin(text, d->secret, r);
	(void)sim_pair(w, a, b, text, r);
}

static void app_plan(struct sim_app *app, struct sim_rng *r)
{
	app->asks = sim_chance(r, 60);
	app->send = sim_chance(r, 4) ? 40000 + sim_below(r, 40000) : sim_below(r, 600);
}

struct sim_link *sim_session(struct sim_world *w, int a, int b, const struct trec_id *expected,
			     struct sim_rng *r)
{
	struct sim_device *d = &w->dev[a];

	sim_announce(d);
	sim_announce(&w->dev[b]);
	struct sim_link *l = sim_dial(w, a, b);
	char uri[64];
	struct trec_session_options o = { .env = &d->env,
					  .store = &d->store,
					  .peer = expected,
					  .uri = uri,
					  .idle_s = sim_chance(r, 50) ? 30 : 250,
					  .introductions = &d->policy };

	if (l == NULL)
		return NULL;
	uri_of(uri, b, sim_chance(r, 10), w->serial);
	trec_err err = trec_session_new(TREC_SESSION_CLIENT, &o, &l->end[0].s);

	sim_note(w, a, "session", l->serial, (int64_t)err);
	if (err != TREC_OK) {
		sim_end_close(w, l, 0);
		return NULL;
	}
	app_plan(&l->end[0].app, r);
	if (l->end[0].app.asks)
		l->end[0].app.asked = trec_session_open(l->end[0].s, sim_chance(r, 70) ? "lamp"
										      : "door") ==
				      TREC_OK;
	return l;
}

static void session_somehow(struct sim_world *w, int a, int b, struct sim_rng *r)
{
	unsigned at = sim_below(r, 100);
	const struct trec_id *expected = &w->dev[b].id;
	struct trec_id known;

	if (at < 75) {
		sim_known_id(&w->dev[a], b, &known);
		expected = &known;
	}
	if (at >= 95)
		expected = &w->dev[(int)sim_below(r, (unsigned)w->devices)].id;
	else if (at >= 80)
		expected = NULL;
	(void)sim_session(w, a, b, expected, r);
}

/* a introduced b and c to each other: now it may try to be one of them. */
static bool introduces(const struct sim_world *w, int a, int b, int c)
{
	const struct sim_fact *f = sim_fact_find(&w->dev[b], TREC_RECORD_PEER, c);

	return f != NULL && f->introduced && sim_device_of(w, &f->by) == a;
}

/* a shows c's certificate: as the one who dials b, or as the one whom b dials for c. */
static void impostor(struct sim_world *w, int a, int b, struct sim_rng *r)
{
	int c = 3 - a - b;
	struct sim_link *l;

	if (w->devices < 3 || c < 0 || c >= w->devices || c == a || c == b)
		c = b; /* with two it can only claim to be the other itself */
	w->stats.impostors++;
	w->stats.posing += c != b && introduces(w, a, b, c);
	if (sim_chance(r, 50)) {
		w->dev[a].mask = c;
		(void)sim_session(w, a, b, NULL, r);
		w->dev[a].mask = -1;
		return;
	}
	if (!w->dev[b].up || c == b)
		return;
	l = sim_session(w, b, a, &w->dev[c].id, r);
	if (l != NULL)
		l->mask = c;
}

/* ---- fate ------------------------------------------------------------------------------- */

static void clocks(struct sim_device *d, struct sim_rng *r)
{
	static const unsigned days[] = { 2, 5, 8, 31 };

	switch (sim_below(r, 5)) {
	case 0:
		d->wall_trusted = !d->wall_trusted;
		break;
	case 1:
		d->wall_offset += 60 + sim_below(r, 100000);
		break;
	case 2:
		d->wall_offset -= 60 + sim_below(r, 100000);
		break;
	case 3:
		sim_until(d->w, d->w->now + 86400000ULL * days[sim_below(r, 4)]);
		break;
	default:
		sim_until(d->w, d->w->now + 3600000ULL * (1 + sim_below(r, 40)));
		break;
	}
}

/* Somebody puts an old copy of the disk in, and has all that was on it. */
static void restore(struct sim_device *d)
{
	sim_device_crash(d, SIM_POWER);
	if (!sim_disk_restore(d))
		return;
	d->restored = true;
	d->w->stats.restored++;
	sim_note(d->w, d->no, "restored", 0, 0);
}

static void crash(struct sim_device *d, struct sim_rng *r)
{
	enum sim_crash how = sim_chance(r, 50) ? SIM_KILL : SIM_POWER;
	unsigned at = sim_below(r, 100);

	if (at < 25) {
		sim_device_crash(d, how);
	} else if (at < 60) {
		d->crash = how;
		d->crash_in = 1 + sim_below(r, 45);
	} else {
		sim_disk_arm(d, r, true);
	}
}

static void weather(struct sim_world *w, struct sim_rng *r)
{
	w->noise = w->rate = 0;
	if (sim_chance(r, 30))
		return;
	w->noise = 1u << sim_below(r, SIM_NOISES);
	w->rate = 2 + sim_below(r, 30);
}

static void scarce(struct sim_device *d, struct sim_rng *r)
{
	if (sim_chance(r, 70))
		d->fail_alloc = sim_below(r, 40);
	else
		d->fail_random = sim_below(r, 12);
}

/* Trust is passed on, keys change, old ones come back. */
static void pass_on(struct sim_device *d, const struct sim_action *a, struct sim_rng *r)
{
	switch (a->kind) {
	case SIM_GRANT:
		sim_grant(d, a->b, r);
		break;
	case SIM_INTRODUCE:
		sim_introduce(d, a->b, r);
		break;
	case SIM_CARRY:
		sim_carry(d, a->b, r);
		break;
	case SIM_ACCEPT:
		sim_accept(d, r);
		break;
	case SIM_ROTATE:
		sim_rotate(d, r);
		break;
	case SIM_BACKUP:
		sim_disk_backup(d);
		break;
	case SIM_DENOUNCE:
		sim_denounce(d, a->b, r);
		break;
	default:
		restore(d);
		break;
	}
}

/* What only fate does, or what needs a running device. */
static void act(struct sim_world *w, const struct sim_action *a, struct sim_rng *r)
{
	struct sim_device *d = &w->dev[a->a];

	switch (a->kind) {
	case SIM_MEET:
		if (w->dev[a->b].up &&
		    sim_open_window(&w->dev[a->b], draw_method(&w->dev[a->b], r), r))
			pair_somehow(w, a->a, a->b, r);
		break;
	case SIM_OPEN:
		(void)sim_open_window(d, draw_method(d, r), r);
		break;
	case SIM_SHUT:
		trec_window_close(d->window);
		d->window_there = false;
		break;
	case SIM_PRESET:
		set_preset(d, r);
		break;
	case SIM_PAIR:
		pair_somehow(w, a->a, a->b, r);
		break;
	case SIM_GUESS:
		if (w->dev[a->b].up)
			guess(w, a->a, a->b, r);
		break;
	case SIM_SESSION:
		session_somehow(w, a->a, a->b, r);
		break;
	case SIM_IMPOSTOR:
		impostor(w, a->a, a->b, r);
		break;
	case SIM_UNPAIR:
		sim_unpair(d, a->b, r);
		break;
	case SIM_EDIT:
		sim_edit(d, a->b, r);
		break;
	case SIM_CLOCK:
		clocks(d, r);
		break;
	case SIM_CRASH:
		crash(d, r);
		break;
	case SIM_DISK:
		sim_disk_arm(d, r, false);
		break;
	case SIM_SCARCE:
		scarce(d, r);
		break;
	default:
		pass_on(d, a, r);
		break;
	}
}

void sim_act(struct sim_world *w, const struct sim_action *a)
{
	struct sim_rng r = { a->seed };

	if (a->kind == SIM_WEATHER) {
		weather(w, &r);
		return;
	}
	if (!w->dev[a->a].up)
		return;
	act(w, a, &r);
	for (int i = 0; i < w->devices; i++)
		if (w->dev[i].up && sim_disk_down(&w->dev[i]))
			sim_device_crash(&w->dev[i], SIM_POWER);
}
