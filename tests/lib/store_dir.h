/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: a directory under $TMPDIR that a test keeps a store in, pokes at and drops. */
#ifndef TREC_TESTS_STORE_DIR_H
#define TREC_TESTS_STORE_DIR_H

#include <trec/keystore.h>

struct store_dir {
	char path[200]; /* of at most 160 characters */
	char file[300];
	char why[TREC_WHY_LEN];
	struct trec_keystore_options options; /* dir and why are set */
};

/* Makes an empty directory of mode 0700. Aborts the program on failure, as all of these do. */
void store_dir_begin(struct store_dir *d);
/* Removes what is in it. */
void store_dir_clear(struct store_dir *d);
void store_dir_end(struct store_dir *d);
/* Path of a file in it; valid until the next call. */
const char *store_dir_file(struct store_dir *d, const char *name);
void store_dir_write(struct store_dir *d, const char *name, const uint8_t *p, size_t n,
		     unsigned mode);
/* Reads up to n bytes at an offset; how many there were. */
size_t store_dir_read(struct store_dir *d, const char *name, size_t at, uint8_t *out, size_t n);
/* The whole file, malloc'ed. */
uint8_t *store_dir_load(struct store_dir *d, const char *name, size_t *n);
/* Sets one byte. */
void store_dir_poke(struct store_dir *d, const char *name, size_t at, uint8_t value);

#endif
