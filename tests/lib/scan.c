/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see scan.h. */
#include "tests/lib/scan.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "tests/lib/suite.h"

#define MASK 0xa7
#define STACK ((size_t)1 << 20)
#define CHUNK ((size_t)1 << 16)
#define NEEDLES_MAX 16
#define FRAGMENT 16

/* Half of a secret at most, masked, and what it is part of. */
struct needle {
	const char *what;
	uint8_t masked[FRAGMENT];
	size_t n;
	bool reversed; /* as number arithmetic holds it */
};

static struct needle needles[NEEDLES_MAX * 4];
static size_t needle_count;

void scan_or_skip(const char *module)
{
	if (suite_shadowed()) /* freed memory is kept, frames may live on the heap */
		suite_skip(module, "a sanitizer keeps copies of its own");
	if (access("/proc/self/mem", R_OK) != 0)
		suite_skip(module, "/proc is not mounted, so memory cannot be searched");
}
static uint8_t window[CHUNK + FRAGMENT]; /* wiped after each use */

static void add_fragment(const char *what, const uint8_t *secret, size_t n, bool reversed)
{
	struct needle *needle = &needles[needle_count++];

	needle->what = what;
	needle->n = n;
	needle->reversed = reversed;
	for (size_t i = 0; i < n; i++)
		needle->masked[i] = secret[reversed ? n - 1 - i : i] ^ MASK;
}

/* Remembers a secret to look for; both halves, forwards and backwards. */
void scan_look_for(const char *what, const uint8_t *secret, size_t n)
{
	for (int reversed = 0; reversed < 2; reversed++)
		for (size_t at = 0; at < n && at < 2 * FRAGMENT; at += FRAGMENT)
			add_fragment(what, secret + at, n - at < FRAGMENT ? n - at : FRAGMENT,
				     reversed != 0);
}

static bool found_in(const uint8_t *p, size_t n, const struct needle *needle)
{
	const uint8_t first = needle->masked[0] ^ MASK;

	for (size_t i = 0; i + needle->n <= n; i++) {
		if (p[i] != first)
			continue;
		size_t k = 1;

		while (k < needle->n && p[i + k] == (needle->masked[k] ^ MASK))
			k++;
		if (k == needle->n)
			return true;
	}
	return false;
}

static bool region_is_clean(int mem, uint64_t from, uint64_t to)
{
	bool clean = true;
	ssize_t got;

	for (uint64_t at = from; at < to && clean; at += CHUNK) {
		size_t want = to - at < sizeof window ? (size_t)(to - at) : sizeof window;

		got = pread(mem, window, want, (off_t)at);
		if (got <= 0)
			break; /* not readable even for us: the arena in secret memory */
		for (size_t i = 0; i < needle_count; i++)
			if (found_in(window, (size_t)got, &needles[i])) {
				printf("found %s at %llx%s\n", needles[i].what,
				       (unsigned long long)at,
				       needles[i].reversed ? ", reversed" : "");
				clean = false;
			}
		trec_wipe(window, sizeof window);
	}
	return clean;
}

/* Every writable region but the one that holds `except`. */
bool scan_is_clean(const void *except)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	unsigned long long from, to;
	char line[512], mode[8];
	bool clean = true;
	unsigned regions = 0;

	if (maps == NULL || mem < 0)
		return false;
	while (fgets(line, sizeof line, maps) != NULL) {
		if (sscanf(line, "%llx-%llx %7s", &from, &to, mode) != 3 || mode[1] != 'w')
			continue;
		if ((uintptr_t)except >= from && (uintptr_t)except < to)
			continue;
		if ((uintptr_t)window >= from && (uintptr_t)window < to)
			continue; /* our own data; the libraries' is elsewhere */
		regions++;
		clean = region_is_clean(mem, from, to) && clean;
	}
	fclose(maps);
	close(mem);
	return clean && regions > 3;
}

/* Runs work on a stack that is still there afterwards. */
void scan_on_kept_stack(void *(*work)(void *), void *stack)
{
	pthread_attr_t attr;
	pthread_t thread;

	CU_ASSERT_EQUAL_FATAL(pthread_attr_init(&attr), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_attr_setstack(&attr, stack, STACK), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, &attr, work, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_join(thread, NULL), 0);
	(void)pthread_attr_destroy(&attr);
}

void *scan_new_stack(void)
{
	needle_count = 0;
	return mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void scan_free_stack(void *stack)
{
	(void)munmap(stack, STACK);
}

size_t scan_count(void)
{
	return needle_count;
}
