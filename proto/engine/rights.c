/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the arithmetic of rights; see introduction.h. */
#include "proto/engine/introduction.h"
#include "proto/base/base.h"

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

static bool holds(const struct rec_peer *by, const char *right, uint64_t now_s)
{
	return rec_peer_may(by, right, now_s) || rec_peer_may(by, MSG_RIGHT_ANY_SERVICE, now_s);
}

bool eng_rights_grant(struct rec_peer *p, const struct msg_rights *wish, const struct rec_peer *by,
		      const struct trec_introduction_policy *policy, uint64_t now_s)
{
	struct rec_peer most = { 0 };
	bool exceeds = false;

	p->rights_count = 0;
	for (size_t i = 0; i < wish->count; i++) {
		const char *right = wish->name[i];

		/* "service:*" is the wish for whatever there is to give. */
		if (!is_any(right) && (!is_service(right) || !holds(by, right, now_s)))
			exceeds = true;
		add(p, right, 0);
	}
	for (size_t i = 0; i < policy->right_count && i < TREC_RIGHTS_MAX; i++)
		add(&most, policy->rights[i], 0);
	eng_rights_cut(p, by);
	eng_rights_cut(p, &most);
	return exceeds;
}
