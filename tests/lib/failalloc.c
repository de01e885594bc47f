/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: memory that runs out in the real command, at a chosen allocation. Preloaded
 * (LD_PRELOAD) into a program named trec, it makes one of its malloc, calloc, realloc and
 * aligned allocations fail, and leaves all other programs alone:
 *
 *   TREC_FAIL_ALLOC=N   the N-th fails, counted from 0 after the start of main
 *   TREC_FAIL_ON=1      all that follow fail, too
 *   TREC_FAIL_SAYS=FILE is appended `failed` when it happens, and `count N` at the end
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The allocator's own names of what is replaced here; glibc exports them for this purpose. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

#define REPLACES __attribute__((visibility("default")))

static bool active;
static bool on;
static unsigned long fail_at;
static atomic_ulong count;
static const char *says;

static void tell(const char *line)
{
	int saved = errno;
	int fd = says != NULL ? open(says, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (fd >= 0) {
		if (write(fd, line, strlen(line)) < 0)
			abort();
		close(fd);
	}
	errno = saved;
}

static bool fails(void)
{
	unsigned long nth;

	if (!active)
		return false;
	nth = atomic_fetch_add(&count, 1);
	if (nth == fail_at)
		tell("failed\n");
	if (nth != fail_at && !(on && nth > fail_at))
		return false;
	errno = ENOMEM;
	return true;
}

REPLACES void *malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

REPLACES void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

REPLACES void *realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

REPLACES void *aligned_alloc(size_t align, size_t n)
{
	return fails() ? NULL : __libc_memalign(align, n);
}

REPLACES int posix_memalign(void **out, size_t align, size_t n)
{
	void *p = fails() ? NULL : __libc_memalign(align, n);

	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *name = program_invocation_short_name;
	const char *at = getenv("TREC_FAIL_ALLOC");

	if (at == NULL || (strcmp(name, "trec") != 0 && strcmp(name, "lt-trec") != 0))
		return;
	fail_at = strtoul(at, NULL, 10);
	on = getenv("TREC_FAIL_ON") != NULL;
	says = getenv("TREC_FAIL_SAYS");
	active = true;
}

__attribute__((destructor)) static void end(void)
{
	char line[40];
	bool was = active;

	active = false;
	(void)snprintf(line, sizeof(line), "count %lu\n", atomic_load(&count));
	if (was)
		tell(line);
}
