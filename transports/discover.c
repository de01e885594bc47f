/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding devices and being found: the public calls, the name that carries a beacon, and the
 * table of what was found. Rows without functions are transports that this build cannot look
 * for devices with.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "proto/base/base.h"
#include "transports/discover.h"

#define NAME_PREFIX "trec-"

#ifndef HAVE_DBUS
static const struct tp_finder tp_finder_avahi = { .name = "tcp" };
#endif
#if !defined(HAVE_DBUS) || !defined(HAVE_BLUETOOTH)
static const struct tp_finder tp_finder_bluez = { .name = "rfcomm" };
#endif

static const struct tp_finder *const rows[] = { &tp_finder_avahi, &tp_finder_bluez };

static const struct tp_finder *finder(const char *name, size_t n)
{
	for (size_t i = 0; i < BASE_COUNT(rows); i++)
		if (strlen(rows[i]->name) == n && strncasecmp(rows[i]->name, name, n) == 0)
			return rows[i];
	return NULL;
}

/* ---- names ------------------------------------------------------------------------------- */

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 6, lower case */

/* Five bits from the 130 that 26 characters hold; the last two are zero. */
static unsigned five_at(const uint8_t beacon[TREC_BEACON_LEN], size_t i)
{
	size_t bit = i * 5;
	unsigned high = beacon[bit / 8];
	unsigned low = bit / 8 + 1 < TREC_BEACON_LEN ? beacon[bit / 8 + 1] : 0;

	return ((high << 8 | low) >> (11 - bit % 8)) & 31;
}

void tp_beacon_text(const uint8_t beacon[TREC_BEACON_LEN], char out[TP_BEACON_TEXT + 1])
{
	size_t at = strlen(NAME_PREFIX);

	memcpy(out, NAME_PREFIX, at);
	for (size_t i = 0; at < TP_BEACON_TEXT; i++)
		out[at++] = digits[five_at(beacon, i)];
	out[at] = '\0';
}

/* Value of a character, or 32. */
static unsigned digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (unsigned)(at - digits) : 32;
}

bool tp_beacon_parse(const char *text, uint8_t out[TREC_BEACON_LEN])
{
	size_t skip = strlen(NAME_PREFIX);
	unsigned bits = 0, held = 0;
	size_t n = 0;

	memset(out, 0, TREC_BEACON_LEN);
	if (strnlen(text, TP_BEACON_TEXT + 1) != TP_BEACON_TEXT ||
	    strncasecmp(text, NAME_PREFIX, skip) != 0)
		return false;
	for (const char *p = text + skip; *p != '\0'; p++) {
		unsigned v = digit_of(*p);

		if (v > 31) {
			memset(out, 0, TREC_BEACON_LEN);
			return false;
		}
		bits = (bits << 5 | v) & 0xfff;
		held += 5;
		if (held >= 8 && n < TREC_BEACON_LEN) {
			held -= 8;
			out[n++] = (uint8_t)(bits >> held);
		}
	}
	if ((bits & 3) == 0)
		return true;
	memset(out, 0, TREC_BEACON_LEN); /* another text of the same beacon */
	return false;
}

/* Whether the n bytes are a character that changes the direction of text: U+200E, U+200F,
 * U+202A to U+202E, U+2066 to U+2069, U+061C. */
static bool turns_text(const unsigned char *p, size_t n)
{
	if (n == 2)
		return p[0] == 0xd8 && p[1] == 0x9c;
	if (n != 3 || p[0] != 0xe2)
		return false;
	if (p[1] == 0x80)
		return p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xaa && p[2] <= 0xae);
	return p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9;
}

void tp_label(const char *text, char out[TREC_LABEL_MAX + 1])
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0;

	while (*p != '\0') {
		size_t n = tp_printable_at(p);
		size_t room = n > 0 ? n : 1;

		if (at + room > TREC_LABEL_MAX)
			break;
		if (n == 0 || turns_text(p, n))
			out[at++] = '?';
		else
			memcpy(out + at, p, n);
		at += n == 0 || turns_text(p, n) ? 0 : n;
		p += room;
	}
	out[at] = '\0';
}

/* ---- scans ------------------------------------------------------------------------------- */

trec_err tp_scan_init(struct trec_scan *s, const struct tp_scan_ops *ops,
		      const struct trec_env *env)
{
	s->ops = ops;
	s->env = env;
	s->table = base_alloc(env, TREC_FOUND_MAX * sizeof(s->table[0]));
	return s->table != NULL ? TREC_OK : TREC_E_NO_MEMORY;
}

void tp_scan_over(struct trec_scan *s)
{
	base_free(s->env, s->table, TREC_FOUND_MAX * sizeof(s->table[0]));
	s->table = NULL;
}

void tp_scan_found(struct trec_scan *s, const char *uri, const char *name)
{
	struct trec_sighting one = { .has_beacon = false };

	one.has_beacon = tp_beacon_parse(name, one.beacon);
	tp_text(one.uri, uri);
	tp_label(name, one.label);
	for (size_t i = 0; i < s->found; i++)
		if (strcmp(s->table[i].uri, one.uri) == 0 &&
		    strcmp(s->table[i].label, one.label) == 0)
			return;
	if (s->found < TREC_FOUND_MAX)
		s->table[s->found++] = one;
	else
		base_log(s->env, TREC_LEVEL_INFO, "more devices than a scan holds: one left out");
}

trec_err trec_scan_start(const struct trec_env *env, const char *where, struct trec_scan **out)
{
	const char *colon = where != NULL ? strchr(where, ':') : NULL;
	const struct tp_finder *f;
	struct tp_uri uri;

	*out = NULL;
	if (colon == NULL)
		return TREC_E_BAD_URI;
	f = finder(where, (size_t)(colon - where));
	if (f == NULL) /* addresses of other transports are addresses all the same */
		return tp_uri_parse(where, true, &uri) == TREC_E_BAD_URI ? TREC_E_BAD_URI
									  : TREC_E_UNSUPPORTED;
	return f->scan != NULL ? f->scan(env, colon + 1, out) : TREC_E_UNSUPPORTED;
}

/* What comes back by itself is no end. */
static bool is_end(trec_err err)
{
	return err != TREC_OK && err != TREC_E_AGAIN && err != TREC_E_UNREACHABLE &&
	       err != TREC_E_EXISTS;
}

trec_err trec_scan_next(struct trec_scan *s, struct trec_sighting *out)
{
	trec_err err = TREC_OK;

	memset(out, 0, sizeof(*out));
	if (s->told == s->found && s->dead == TREC_OK) {
		err = s->ops->step(s);
		if (is_end(err))
			s->dead = err;
	}
	if (s->told < s->found) {
		*out = s->table[s->told++];
		return TREC_OK;
	}
	if (s->dead != TREC_OK)
		return s->dead;
	return err != TREC_OK ? err : TREC_E_AGAIN;
}

void trec_scan_poll(const struct trec_scan *s, struct trec_poll *out)
{
	*out = (struct trec_poll){ .fd = -1, .next_ms = UINT64_MAX };
	if (s->dead == TREC_OK)
		s->ops->poll(s, out);
	if (s->told < s->found)
		out->next_ms = 0;
}

void trec_scan_free(struct trec_scan **s)
{
	if (*s != NULL)
		(*s)->ops->free(*s);
	*s = NULL;
}

/* ---- adverts ----------------------------------------------------------------------------- */

trec_err trec_advert_start(const struct trec_env *env, const char *listener_uri,
			   const uint8_t beacon[TREC_BEACON_LEN], struct trec_advert **out)
{
	const struct tp_finder *f;
	struct tp_uri uri;
	trec_err err = tp_uri_parse(listener_uri, true, &uri);

	*out = NULL;
	if (err != TREC_OK)
		return err;
	f = finder(uri.kind->name, strlen(uri.kind->name));
	if (f == NULL || f->advert == NULL)
		return TREC_E_UNSUPPORTED;
	if (uri.host_type == TP_HOST_NAME)
		return TREC_E_BAD_URI;
	err = f->advert(env, &uri, out);
	if (err != TREC_OK)
		return err;
	(*out)->env = env;
	(*out)->uri = uri;
	tp_beacon_text(beacon, (*out)->name);
	return TREC_OK;
}

trec_err trec_advert_step(struct trec_advert *a)
{
	if (a->dead != TREC_OK)
		return a->dead;
	trec_err err = a->ops->step(a);

	if (is_end(err))
		a->dead = err;
	return err;
}

void trec_advert_poll(const struct trec_advert *a, struct trec_poll *out)
{
	*out = (struct trec_poll){ .fd = -1, .next_ms = UINT64_MAX };
	if (a->dead == TREC_OK)
		a->ops->poll(a, out);
}

trec_err trec_advert_change(struct trec_advert *a, const uint8_t beacon[TREC_BEACON_LEN])
{
	if (a->dead != TREC_OK)
		return a->dead;
	tp_beacon_text(beacon, a->name);
	a->ops->change(a);
	return trec_advert_step(a);
}

void trec_advert_free(struct trec_advert **a)
{
	if (*a != NULL)
		(*a)->ops->free(*a);
	*a = NULL;
}
