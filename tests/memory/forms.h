/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a secret stays in memory not only as it is. Number arithmetic holds it
 * backwards, HMAC xored with its pads or as the hash of them, SHA-2 with the bytes of its words
 * swapped, a text as digits or as a number. This makes every such form that the code below the
 * daemon uses, cut into pieces so that half of a secret is found too.
 */
#ifndef TREC_TESTS_FORMS_H
#define TREC_TESTS_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMS_NAME 32
#define FORMS_PIECE 32
#define FORMS_MAX 4096

struct piece {
	char name[FORMS_NAME]; /* of the secret */
	const char *form;
	uint8_t b[FORMS_PIECE];
	size_t n;
	bool seen;
};

struct forms {
	struct piece piece[FORMS_MAX];
	size_t count;
	size_t secrets;
};

/*
 * Adds what tests/memory/observer wrote: lines "text NAME HEX" and "key NAME HEX"; others are
 * passed over. False: it cannot be read, a secret is too short to be told from chance, or there
 * are too many.
 */
bool forms_read(struct forms *f, const char *path);
/* Calls found for every piece at every place of n bytes; base is the address of the first. */
void forms_search(const struct forms *f, const uint8_t *p, size_t n, uint64_t base,
		  void (*found)(void *ctx, size_t piece, uint64_t at), void *ctx);

#endif
