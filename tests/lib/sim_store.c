/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See sim_store.h. */
#include "tests/lib/sim_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISK_CAP 196608
#define GROW_MAX 48 /* slots above which records are only replaced and removed */

static const uint8_t sim_kek[CRYPTO_KEY_LEN] = { 'k', 'e', 'k' };

static trec_err sim_random(void *ctx, uint8_t *out, size_t n)
{
	struct sim_store *s = ctx;

	for (size_t i = 0; i < n; i += 8) {
		uint64_t x = disksim_random(&s->random_seed);

		memcpy(out + i, &x, n - i < 8 ? n - i : 8);
	}
	return TREC_OK;
}

__attribute__((format(printf, 2, 3))) static bool bad(struct sim_store *s, const char *fmt, ...)
{
	va_list args;

	if (s->wrong[0] == '\0') {
		va_start(args, fmt);
		vsnprintf(s->wrong, sizeof s->wrong, fmt, args);
		va_end(args);
	}
	return false;
}

static trec_err give_kek(void *ctx, const struct ks_header *h, uint8_t kek[CRYPTO_KEY_LEN])
{
	(void)ctx;
	(void)h;
	memcpy(kek, sim_kek, CRYPTO_KEY_LEN);
	return TREC_OK;
}

static const struct ks_unlocker sim_unlocker = { give_kek, NULL };

static void content(const struct sim_record *r, uint8_t *out)
{
	for (uint32_t i = 0; i < r->length; i++)
		out[i] = (uint8_t)(r->fill + i * 7 + (i >> 8));
}

/* Whether the volume holds exactly the state. */
static bool holds(struct sim_store *s, struct ks_volume *v, const struct sim_state *want)
{
	static uint8_t expect[TREC_RECORD_MAX];
	static uint8_t got[TREC_RECORD_MAX];
	size_t present = 0;

	for (size_t i = 0; i < SIM_RECORDS; i++) {
		const struct sim_record *r = &want->r[i];
		size_t n;
		bool found;

		if (!r->present)
			continue;
		present++;
		if (ks_volume_get(v, r->type, r->id, got, sizeof got, &n, &found) != TREC_OK)
			return bad(s, "record %zu does not open", i);
		content(r, expect);
		if (!found || n != r->length || memcmp(got, expect, n) != 0)
			return false;
	}
	return present == v->index.n;
}

static bool no_ghosts(struct sim_store *s, const uint8_t *image, size_t n)
{
	for (size_t i = 0; i < s->ghosts; i++)
		if (s->ghost[i].at + 16 <= n &&
		    memcmp(image + s->ghost[i].at, s->ghost[i].bytes, 16) == 0)
			return bad(s, "deleted bytes are still at offset %llu",
				   (unsigned long long)s->ghost[i].at);
	return true;
}

/* Both copies of one generation and the same table: no other table key is on the disk. */
static bool twins(struct sim_store *s, const uint8_t *image)
{
	struct ks_header a, b;

	if (ks_header_decode(image, &a) != TREC_OK ||
	    ks_header_decode(image + KS_HEADER, &b) != TREC_OK)
		return bad(s, "a header is torn");
	if (a.generation != b.generation || memcmp(a.table_tag, b.table_tag, 16) != 0)
		return bad(s, "an old header is left (%llu and %llu)",
			   (unsigned long long)a.generation, (unsigned long long)b.generation);
	return true;
}

static trec_err open_volume(struct sim_store *s, struct ks_volume *v, const struct disksim *disk)
{
	trec_err err = ks_volume_init(v, &s->env, disksim_fd(disk));

	v->commit_order = s->commit_order;
	v->recover_order = s->recover_order;
	return err == TREC_OK ? ks_volume_open(v, &sim_unlocker) : err;
}

/* A record that no state has: put, read, delete, gone. */
static bool goes_on(struct sim_store *s, struct ks_volume *v)
{
	uint8_t data[700], got[700];
	struct trec_change c = { .type = TREC_RECORD_SEEN, .data = { data, sizeof data } };
	size_t n;
	bool found;

	memset(c.id, 0xee, sizeof c.id);
	memset(data, 0xdd, sizeof data);
	if (ks_volume_commit(v, &c, 1) != TREC_OK ||
	    ks_volume_get(v, c.type, c.id, got, sizeof got, &n, &found) != TREC_OK || !found ||
	    memcmp(got, data, sizeof data) != 0)
		return bad(s, "a put after recovery does not work");
	c.remove = true;
	if (ks_volume_commit(v, &c, 1) != TREC_OK ||
	    ks_volume_get(v, c.type, c.id, got, sizeof got, &n, &found) != TREC_OK || found)
		return bad(s, "a delete after recovery does not work");
	return true;
}

/* What must be true of the store that `after` holds. */
static bool judge(struct sim_store *s, bool further)
{
	struct ks_volume v;
	size_t n;
	trec_err err = open_volume(s, &v, s->after);
	bool is_new = false;
	bool ok = true;

	if (err != TREC_OK) {
		ok = bad(s, "the store does not open: %s", trec_err_name(err));
		goto out;
	}
	is_new = holds(s, &v, &s->now);
	ok = s->wrong[0] == '\0';
	if (ok && !is_new && (s->acknowledged || !holds(s, &v, &s->old)))
		ok = bad(s, s->acknowledged ? "an acknowledged commit is lost" :
					      "neither the old nor the new state");
	const uint8_t *image = disksim_image(s->after, &n);

	ok = ok && twins(s, image) && (!is_new || no_ghosts(s, image, n));
	if (ok && further)
		ok = goes_on(s, &v) && (holds(s, &v, is_new ? &s->now : &s->old) ||
					bad(s, "a further commit changed other records"));
out:
	ks_volume_done(&v);
	return ok;
}

struct nested {
	struct sim_store *s;
	struct disksim *scratch;
};

static bool look_nested(void *ctx, const uint8_t *image, size_t n)
{
	struct nested *nest = ctx;
	struct sim_store *s = nest->s;

	disksim_load(s->after, image, n);
	s->states++;
	return judge(s, false);
}

static void sync_nested(void *ctx, struct disksim *d)
{
	struct nested *nest = ctx;
	struct disksim *keep = nest->s->after;

	/* The recovery under way runs on `keep`; its power cuts are judged on the scratch disk. */
	nest->s->after = nest->scratch;
	disksim_crash(d, 24, &nest->s->choice_seed, look_nested, nest);
	nest->s->after = keep;
}

/* Power fails again while the first recovery runs. */
static bool cut_recovery(struct sim_store *s, const uint8_t *image, size_t n)
{
	static struct disksim *scratch;
	struct nested nest = { s, NULL };
	struct ks_volume v;

	if (scratch == NULL)
		scratch = disksim_new(DISK_CAP);
	nest.scratch = scratch;
	disksim_load(s->after, image, n);
	disksim_on_sync(s->after, sync_nested, &nest);
	trec_err err = open_volume(s, &v, s->after);

	ks_volume_done(&v);
	disksim_on_sync(s->after, NULL, NULL);
	return err == TREC_OK && s->wrong[0] == '\0';
}

static bool look(void *ctx, const uint8_t *image, size_t n)
{
	struct sim_store *s = ctx;
	bool further = s->further != 0 && s->states % s->further == 0;

	s->states++;
	if (s->acknowledged && (!twins(s, image) || !no_ghosts(s, image, n)))
		return false;
	disksim_load(s->after, image, n);
	if (!judge(s, further))
		return false;
	return !further || cut_recovery(s, image, n);
}

static void at_sync(void *ctx, struct disksim *d)
{
	struct sim_store *s = ctx;

	if (s->wrong[0] == '\0')
		disksim_crash(d, s->limit, &s->choice_seed, look, s);
}

static void ghost_add(struct sim_store *s, const uint8_t *image, uint64_t at)
{
	if (s->ghosts == SIM_GHOSTS)
		abort();
	s->ghost[s->ghosts].at = at;
	memcpy(s->ghost[s->ghosts++].bytes, image + at, 16);
}

static bool stays(const struct sim_store *s, const struct ks_entry *e)
{
	for (size_t i = 0; i < SIM_RECORDS; i++)
		if (s->old.r[i].present && s->old.r[i].type == e->type &&
		    memcmp(s->old.r[i].id, e->id, TREC_ID_LEN) == 0)
			return memcmp(&s->old.r[i], &s->now.r[i], sizeof s->old.r[i]) == 0;
	return false;
}

/* Slots of records that the commit ends, both tables, both wrapped keys. */
static void collect_ghosts(struct sim_store *s)
{
	size_t n;
	const uint8_t *image = disksim_image(s->disk, &n);

	s->ghosts = 0;
	for (size_t i = 0; i < s->v.index.n; i++) {
		const struct ks_entry *e = &s->v.index.e[i];

		for (uint32_t k = 0; k < e->slot_count && !stays(s, e); k++) {
			ghost_add(s, image, ks_slot_at(e->slot[k]));
			ghost_add(s, image, ks_slot_at(e->slot[k]) + DISKSIM_SECTOR);
		}
	}
	for (unsigned c = 0; c < KS_COPIES; c++) {
		uint64_t at = ks_table_at(s->v.head.slots, c);

		for (uint32_t k = 0; k < s->v.head.table_bytes; k += DISKSIM_SECTOR)
			ghost_add(s, image, at + k);
		ghost_add(s, image, (uint64_t)c * KS_HEADER + KS_HEADER_USED - KS_WRAP_LEN);
	}
}

static uint32_t random_length(struct sim_store *s)
{
	uint64_t x = disksim_random(&s->choice_seed);

	if (x % 8 == 0)
		return 0;
	return (uint32_t)(x % 8 == 1 ? 1025 + (x >> 8) % 2000 : 1 + (x >> 8) % 1024);
}

/* Changes row i of s->now at random and says how in *c. */
static void change_row(struct sim_store *s, size_t i, struct trec_change *c, uint8_t *data)
{
	struct sim_record *r = &s->now.r[i];
	uint64_t x = disksim_random(&s->choice_seed);
	bool crowded = s->v.head.slots > GROW_MAX;

	memcpy(c->id, r->id, TREC_ID_LEN);
	c->type = r->type;
	c->remove = r->present ? x % 2 == 0 || crowded : crowded;
	r->present = !c->remove;
	if (c->remove)
		return;
	r->length = random_length(s);
	/* An empty record is like any other empty one, or old and new could not be told apart. */
	r->fill = r->length == 0 ? 0 : (uint8_t)(x >> 32);
	content(r, data);
	c->data = trec_bytes(data, r->length);
}

/* One of the states that a power cut may leave, drawn evenly as they go by. */
struct drawn {
	struct sim_store *s;
	uint8_t *image;
	size_t n;
	uint64_t met;
};

static bool look_and_draw(void *ctx, const uint8_t *image, size_t n)
{
	struct drawn *d = ctx;

	if (disksim_random(&d->s->choice_seed) % ++d->met == 0) {
		memcpy(d->image, image, n);
		d->n = n;
	}
	return look(d->s, image, n);
}

/* The commit was cut short: the store goes on from one of the states this may have left. */
static bool live_on(struct sim_store *s)
{
	struct drawn d = { .s = s, .image = malloc(DISK_CAP) };
	bool ok = false;

	if (d.image == NULL)
		abort();
	disksim_crash(s->disk, s->limit / 8 + 1, &s->choice_seed, look_and_draw, &d);
	ks_volume_done(&s->v);
	disksim_load(s->disk, d.image, d.n);
	free(d.image);
	disksim_on_sync(s->disk, NULL, NULL);
	trec_err err = open_volume(s, &s->v, s->disk);

	disksim_on_sync(s->disk, at_sync, s);
	if (s->wrong[0] != '\0')
		return false;
	if (err != TREC_OK)
		return bad(s, "the store does not open again: %s", trec_err_name(err));
	ok = holds(s, &s->v, &s->now);
	if (!ok) {
		s->now = s->old;
		ok = holds(s, &s->v, &s->now);
	}
	s->crashes++;
	return ok || bad(s, "neither state after a power cut");
}

bool sim_store_step(struct sim_store *s)
{
	static uint8_t data[3][TREC_RECORD_MAX];
	struct trec_change c[3] = { 0 };
	size_t first = (size_t)(disksim_random(&s->choice_seed) % SIM_RECORDS);
	size_t changes = 1 + (size_t)(disksim_random(&s->choice_seed) % 3);

	s->old = s->now;
	for (size_t i = 0; i < changes; i++)
		change_row(s, (first + 7 * i) % SIM_RECORDS, &c[i], data[i]);
	collect_ghosts(s);
	if (memcmp(&s->old, &s->now, sizeof s->old) == 0)
		s->ghosts = 0;
	s->acknowledged = false;
	if (s->live_on != 0 && disksim_random(&s->choice_seed) % s->live_on == 0)
		disksim_fault(s->disk, disksim_random(&s->choice_seed) % 24, DISKSIM_HALT);
	trec_err err = ks_volume_commit(&s->v, c, changes);

	if (s->wrong[0] != '\0')
		return false;
	if (err != TREC_OK && disksim_fired(s->disk))
		return live_on(s);
	disksim_fault(s->disk, 0, DISKSIM_NONE);
	if (err != TREC_OK)
		return bad(s, "a commit failed without a fault: %s", trec_err_name(err));
	s->acknowledged = true;
	disksim_crash(s->disk, s->limit, &s->choice_seed, look, s);
	return s->wrong[0] == '\0';
}

void sim_store_begin(struct sim_store *s, uint64_t seed, uint32_t slots)
{
	struct ks_header h = { .slots = slots, .provider = 1, .uuid = { 'u', 'u', 'i', 'd' } };

	memset(s, 0, sizeof *s);
	s->env = *trec_env_default();
	s->env.ctx = s;
	s->env.random = sim_random;
	s->env.io = disksim_io;
	s->random_seed = seed * 2 + 1;
	s->choice_seed = seed * 0x9e3779b97f4a7c15ULL | 1;
	s->commit_order = ks_commit_order;
	s->recover_order = ks_recover_order;
	s->limit = 600;
	s->further = 64;
	s->live_on = 3;
	for (size_t i = 0; i < SIM_RECORDS; i++) {
		s->now.r[i].type = (trec_record)(TREC_RECORD_PEER + i % 4);
		memset(s->now.r[i].id, (int)(i * 11), TREC_ID_LEN);
	}
	s->disk = disksim_new(DISK_CAP);
	s->after = disksim_new(DISK_CAP);
	if (ks_volume_init(&s->v, &s->env, disksim_fd(s->disk)) != TREC_OK ||
	    ks_volume_create(&s->v, &h, sim_kek) != TREC_OK)
		abort();
	disksim_on_sync(s->disk, at_sync, s);
}

void sim_store_end(struct sim_store *s)
{
	ks_volume_done(&s->v);
	disksim_free(&s->disk);
	disksim_free(&s->after);
}
