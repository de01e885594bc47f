/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the arithmetic of rights; see introduction.h. */
#include "proto/engine/introduction.h"

#include <string.h>

#define SERVICE "service:"

static bool is_service(const char *right)
{
	return strncmp(right, SERVICE, sizeof(SERVICE) - 1) == 0;
}

static bool is_any(const char *right)
{
	return strcmp(right, MSG_RIGHT_ANY_SERVICE) == 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a == 0 || b == 0 ? 0 : a > b ? a : b;
}

/* Grants; where it is granted already, until the later end. */
static void add(struct rec_peer *p, const char *right, uint64_t until_s)
{
	for (size_t i = 0; i < p->rights_count; i++)
		if (strcmp(p->rights[i].name, right) == 0)
			until_s = later(until_s, p->rights[i].until_s);
	(void)rec_peer_allow(p, right, until_s); /* without room less is granted */
}

void eng_rights_cut(struct rec_peer *have, const struct rec_peer *other)
{
	struct rec_peer left = { 0 };

	for (size_t i = 0; i < have->rights_count; i++) {
		const struct rec_right *a = &have->rights[i];

		for (size_t k = 0; is_service(a->name) && k < other->rights_count; k++) {
			const struct rec_right *b = &other->rights[k];

			if (!is_service(b->name))
				continue;
			if (strcmp(a->name, b->name) == 0 || is_any(b->name))
				add(&left, a->name, earlier(a->until_s, b->until_s));
			else if (is_any(a->name))
				add(&left, b->name, earlier(a->until_s, b->until_s));
		}
	}
	memcpy(have->rights, left.rights, sizeof(have->rights));
	have->rights_count = left.rights_count;
}
