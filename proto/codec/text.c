/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See text.h. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/message_util.h"
#include "proto/codec/text.h"

struct range {
	uint32_t first;
	uint32_t last;
};

/* Unicode: what moves the cursor, reorders or hides text instead of showing. */
static const struct range unprintable[] = {
	{ 0x0000, 0x001f },   { 0x007f, 0x009f }, /* C0, DEL, C1 */
	{ 0x00ad, 0x00ad },   { 0x061c, 0x061c }, /* soft hyphen, Arabic letter mark */
	{ 0x200b, 0x200b },   { 0x200e, 0x200f }, /* zero width space, direction marks */
	{ 0x2028, 0x202e },   { 0x2060, 0x206f }, /* separators, embeddings, invisible */
	{ 0xfdd0, 0xfdef },   { 0xfeff, 0xfeff }, /* noncharacters, byte order mark */
	{ 0xfff9, 0xfffb },   { 0xe0000, 0xe0fff }, /* annotations, tags and selectors */
};

static bool unprintable_char(uint32_t c)
{
	if ((c & 0xfffe) == 0xfffe)
		return true;
	for (size_t i = 0; i < BASE_COUNT(unprintable); i++)
		if (c >= unprintable[i].first && c <= unprintable[i].last)
			return true;
	return false;
}

bool msg_printable_ok(struct trec_bytes text)
{
	uint32_t c;

	if (text.n > 0 && (text.p[0] == ' ' || text.p[text.n - 1] == ' '))
		return false;
	while (text.n > 0)
		if (!cbor_utf8_next(&text, &c) || unprintable_char(c))
			return false;
	return true;
}

bool msg_name_ok(struct trec_bytes text)
{
	return text.n >= 1 && text.n <= TREC_NAME_MAX && msg_printable_ok(text);
}

bool msg_kind_ok(struct trec_bytes text)
{
	return text.n <= MSG_KIND_MAX && msg_printable_ok(text);
}

static bool alnum(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool msg_service_ok(struct trec_bytes text)
{
	if (text.n < 1 || text.n > MSG_SERVICE_MAX || !alnum(text.p[0]))
		return false;
	for (size_t i = 1; i < text.n; i++)
		if (!alnum(text.p[i]) && text.p[i] != '.' && text.p[i] != '_' && text.p[i] != '-')
			return false;
	return true;
}

static bool starts(struct trec_bytes text, const char *with)
{
	size_t n = strlen(with);

	return text.n >= n && memcmp(text.p, with, n) == 0;
}

static bool same(struct trec_bytes text, const char *as)
{
	return text.n == strlen(as) && starts(text, as);
}

bool msg_right_ok(struct trec_bytes text)
{
	static const char service[] = "service:";
	size_t n = sizeof service - 1;

	if (same(text, MSG_RIGHT_INTRODUCE) || same(text, MSG_RIGHT_ANY_SERVICE))
		return true;
	return starts(text, service) && msg_service_ok(trec_bytes(text.p + n, text.n - n));
}

/* RFC 3986 3.1 for the scheme, in lower case; the rest is the transport's to judge. */
bool msg_hint_ok(struct trec_bytes text)
{
	size_t i = 0;

	if (text.n > MSG_HINT_MAX)
		return false;
	while (i < text.n && ((text.p[i] >= 'a' && text.p[i] <= 'z') ||
			      (i > 0 && text.p[i] >= '0' && text.p[i] <= '9') ||
			      (i > 0 && text.p[i] != '\0' && strchr("+-.", text.p[i]) != NULL)))
		i++;
	if (i == 0 || i == text.n || text.p[i] != ':')
		return false;
	for (; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return false;
	return true;
}

bool msg_rights_add(struct msg_rights *set, const char *right)
{
	size_t at = 0;

	if (set->count > MSG_RIGHTS_MAX || !msg_right_ok(msg_text(right, MSG_RIGHT_MAX)))
		return false;
	while (at < set->count && strcmp(set->name[at], right) < 0)
		at++;
	if (at < set->count && strcmp(set->name[at], right) == 0)
		return true;
	if (set->count == MSG_RIGHTS_MAX)
		return false;
	memmove(set->name[at + 1], set->name[at], (set->count - at) * sizeof set->name[0]);
	memset(set->name[at], 0, sizeof set->name[at]);
	memcpy(set->name[at], right, strlen(right));
	set->count++;
	return true;
}

void msg_rights_remove(struct msg_rights *set, const char *right)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->name[i], right) != 0)
			continue;
		set->count--;
		memmove(set->name[i], set->name[i + 1], (set->count - i) * sizeof set->name[0]);
		memset(set->name[set->count], 0, sizeof set->name[0]);
		return;
	}
}

bool msg_rights_has(const struct msg_rights *set, const char *right)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->name[i], right) == 0)
			return true;
	return false;
}

bool msg_rights_allow_service(const struct msg_rights *set, const char *service)
{
	static const char prefix[] = "service:";
	size_t n = sizeof prefix - 1;

	if (!msg_service_ok(msg_text(service, MSG_SERVICE_MAX)))
		return false;
	if (msg_rights_has(set, MSG_RIGHT_ANY_SERVICE))
		return true;
	for (size_t i = 0; i < set->count; i++)
		if (strncmp(set->name[i], prefix, n) == 0 && strcmp(set->name[i] + n, service) == 0)
			return true;
	return false;
}

bool msg_hints_add(struct msg_hints *list, const char *uri)
{
	struct trec_bytes text = msg_text(uri, MSG_HINT_MAX);

	if (!msg_hint_ok(text))
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->uri[i], uri) == 0)
			return true;
	if (list->count >= MSG_HINTS_MAX)
		return false;
	memset(list->uri[list->count], 0, sizeof list->uri[0]);
	memcpy(list->uri[list->count], text.p, text.n);
	list->count++;
	return true;
}

/* A text by one of the rules above, or the reader's error and an empty string. */
static void read_by(struct rd *r, bool (*rule)(struct trec_bytes), char *out, size_t max)
{
	rd_text(r, out, 0, max);
	if (rd_ok(r) && rule(msg_text(out, max)))
		return;
	rd_refuse(r);
	memset(out, 0, max + 1);
}

void msg_read_name(struct rd *r, char out[TREC_NAME_MAX + 1])
{
	read_by(r, msg_name_ok, out, TREC_NAME_MAX);
}

void msg_read_kind(struct rd *r, char out[MSG_KIND_MAX + 1])
{
	read_by(r, msg_kind_ok, out, MSG_KIND_MAX);
}

void msg_read_service(struct rd *r, char out[MSG_SERVICE_MAX + 1])
{
	read_by(r, msg_service_ok, out, MSG_SERVICE_MAX);
}

void msg_read_right(struct rd *r, char out[MSG_RIGHT_MAX + 1])
{
	read_by(r, msg_right_ok, out, MSG_RIGHT_MAX);
}

bool msg_rights_ok(const struct msg_rights *set)
{
	if (set->count > MSG_RIGHTS_MAX)
		return false;
	for (size_t i = 0; i < set->count; i++)
		if (!msg_right_ok(msg_text(set->name[i], MSG_RIGHT_MAX)) ||
		    (i > 0 && strcmp(set->name[i - 1], set->name[i]) >= 0))
			return false;
	return true;
}

bool msg_hints_ok(const struct msg_hints *list)
{
	if (list->count > MSG_HINTS_MAX)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		if (!msg_hint_ok(msg_text(list->uri[i], MSG_HINT_MAX)))
			return false;
		for (size_t k = 0; k < i; k++)
			if (strcmp(list->uri[k], list->uri[i]) == 0)
				return false;
	}
	return true;
}

void msg_read_rights(struct rd *r, struct msg_rights *out)
{
	size_t n = rd_array(r, 0, MSG_RIGHTS_MAX);

	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < n; i++)
		msg_read_right(r, out->name[i]);
	out->count = n;
	if (!rd_ok(r) || !msg_rights_ok(out)) {
		rd_refuse(r);
		memset(out, 0, sizeof *out);
	}
}

void msg_read_hints(struct rd *r, struct msg_hints *out)
{
	size_t n = rd_array(r, 0, MSG_HINTS_MAX);

	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < n; i++)
		read_by(r, msg_hint_ok, out->uri[i], MSG_HINT_MAX);
	out->count = n;
	if (!rd_ok(r) || !msg_hints_ok(out)) {
		rd_refuse(r);
		memset(out, 0, sizeof *out);
	}
}

void msg_write_rights(struct wr *w, const struct msg_rights *set)
{
	wr_array(w, set->count);
	for (size_t i = 0; i < set->count; i++)
		wr_text(w, set->name[i]);
}

void msg_write_hints(struct wr *w, const struct msg_hints *list)
{
	wr_array(w, list->count);
	for (size_t i = 0; i < list->count; i++)
		wr_text(w, list->uri[i]);
}
