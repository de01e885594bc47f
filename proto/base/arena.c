/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The secret arena. One mapping of fixed size, cut into 64-byte cells with a bitmap: secrets are
 * few and small, and a fixed size means the locked-memory limit is met once, at the start.
 * memfd_secret(2) keeps the pages out of the kernel's own map; where the kernel has it switched
 * off, mlock(2) and MADV_DONTDUMP keep them out of swap and core dumps.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/base/base.h"

#define CELL 64
/* 128 KiB: well under the usual 8 MiB of RLIMIT_MEMLOCK. */
#define CELLS 2048
#define ARENA_BYTES ((size_t)CELL * CELLS)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t *base;
static uint8_t used[CELLS];
static enum base_arena_kind kind = BASE_ARENA_PLAIN;

static void *map_secretmem(void)
{
#ifdef SYS_memfd_secret
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);

	if (fd < 0)
		return NULL;
	void *p = MAP_FAILED;

	if (ftruncate(fd, (off_t)ARENA_BYTES) == 0)
		p = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
#else
	return NULL;
#endif
}

static void map_once(void)
{
	if (base != NULL)
		return;
	base = map_secretmem();
	if (base != NULL) {
		kind = BASE_ARENA_SECRETMEM;
		(void)madvise(base, ARENA_BYTES, MADV_DONTFORK);
		return;
	}
	void *p = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED)
		return;
	base = p;
	bool kept = mlock(p, ARENA_BYTES) == 0;

	kept = madvise(p, ARENA_BYTES, MADV_DONTDUMP) == 0 && kept;
	kept = madvise(p, ARENA_BYTES, MADV_DONTFORK) == 0 && kept;
	kind = kept ? BASE_ARENA_LOCKED : BASE_ARENA_PLAIN;
}

/* First run of n free cells, or CELLS. */
static size_t find_run(size_t n)
{
	size_t run = 0;

	for (size_t i = 0; i < CELLS; i++) {
		run = used[i] ? 0 : run + 1;
		if (run == n)
			return i + 1 - n;
	}
	return CELLS;
}

void *base_secret_alloc(size_t n)
{
	size_t cells = (n + CELL - 1) / CELL;
	void *p = NULL;

	if (cells == 0 || cells > CELLS)
		return NULL;
	pthread_mutex_lock(&lock);
	map_once();
	if (base != NULL) {
		size_t at = find_run(cells);

		if (at < CELLS) {
			memset(used + at, 1, cells);
			p = base + at * CELL;
			memset(p, 0, cells * CELL);
		}
	}
	pthread_mutex_unlock(&lock);
	return p;
}

void base_secret_free(void *p, size_t n)
{
	if (p == NULL)
		return;
	size_t cells = (n + CELL - 1) / CELL;
	size_t at = (size_t)((uint8_t *)p - base) / CELL;

	trec_wipe(p, cells * CELL);
	pthread_mutex_lock(&lock);
	memset(used + at, 0, cells);
	pthread_mutex_unlock(&lock);
}

void *trec_secret_alloc(size_t n)
{
	return base_secret_alloc(n);
}

void trec_secret_free(void *p, size_t n)
{
	base_secret_free(p, n);
}

const char *trec_secret_arena(void)
{
	static const char *const names[] = { [BASE_ARENA_SECRETMEM] = "secretmem",
					     [BASE_ARENA_LOCKED] = "locked",
					     [BASE_ARENA_PLAIN] = "plain" };

	return names[base_arena_kind()];
}

enum base_arena_kind base_arena_kind(void)
{
	pthread_mutex_lock(&lock);
	map_once();
	enum base_arena_kind k = kind;

	pthread_mutex_unlock(&lock);
	return k;
}
