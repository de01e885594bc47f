/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: shows that a process keeps no secret where it could leak from (requirement
 * 6.3.1 i). It searches all readable memory of a live process, or a core file, for the secrets
 * that tests/memory/observer wrote down, in every form of forms.h.
 *
 *   memscan live PID SECRETS [NAME...]   exits 0 if none is there; the named ones may stand in
 *                                        memory that is locked and kept out of core dumps
 *   memscan core FILE SECRETS            the same for a file
 *   memscan plant PID SECRETS            writes every form into unused heap of the process, and
 *                                        exits 0 only if the search finds each one; wiped again
 *
 * Exit 1: something was found, or a planted form was not. 77: this user may not read PID's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/memory/forms.h"

#define CHUNK ((size_t)1 << 20)
#define OVERLAP 64
#define REGIONS_MAX 2048
#define SHOWN_MAX 200

struct region {
	uint64_t from, to;
	char path[128];
	bool locked, undumped;
};

static struct forms forms;
static struct region regions[REGIONS_MAX];
static size_t region_count;
static char **allowed; /* names that may stand in the arena; ends with NULL */
static const struct region *here;
static uint64_t searched;
static unsigned mappings, hidden, found_count;
static bool planting;

static int usage(void)
{
	fprintf(stderr, "usage: memscan live|plant PID SECRETS [NAME...] | core FILE SECRETS\n");
	return 2;
}

static bool in_arena(const struct region *r, const char *name)
{
	if (r == NULL || !r->locked || !r->undumped)
		return false;
	for (char **a = allowed; *a != NULL; a++)
		if (strcmp(*a, name) == 0)
			return true;
	return false;
}

static void found(void *ctx, size_t index, uint64_t at)
{
	struct piece *piece = &forms.piece[index];

	(void)ctx;
	if (planting) {
		piece->seen = true;
	} else if (in_arena(here, piece->name)) {
		if (!piece->seen)
			printf("kept %s (%s) in the arena\n", piece->name, piece->form);
		piece->seen = true;
	} else if (found_count++ < SHOWN_MAX) {
		printf("found %s (%s) at %" PRIx64 " in %s\n", piece->name, piece->form, at,
		       here != NULL && here->path[0] != '\0' ? here->path : "no file");
	}
}

/* How many bytes from the start could be searched. */
static uint64_t search(int fd, uint64_t from, uint64_t to)
{
	static uint8_t chunk[CHUNK + OVERLAP];
	uint64_t at = from;

	while (at < to) {
		size_t want = to - at < sizeof chunk ? (size_t)(to - at) : sizeof chunk;
		ssize_t got = pread(fd, chunk, want, (off_t)at);

		if (got <= 0)
			break;
		forms_search(&forms, chunk, (size_t)got, at, found, NULL);
		at += (size_t)got > CHUNK ? CHUNK : (size_t)got;
	}
	searched += at - from;
	return at - from;
}

/* Readable mappings with the flags that matter; not what the kernel lends (vvar, vsyscall). */
static bool read_regions(const char *pid)
{
	char path[64], line[512], mode[8];
	struct region *r = NULL;
	uint64_t from, to;
	int at = 0;

	snprintf(path, sizeof path, "/proc/%s/smaps", pid);
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return false;
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "VmFlags:", 8) == 0 && r != NULL) {
			r->locked = strstr(line, " lo") != NULL;
			r->undumped = strstr(line, " dd") != NULL;
		} else if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %n", &from, &to,
				  mode, &at) == 3) {
			r = NULL;
			if (mode[0] != 'r' || strncmp(line + at, "[v", 2) == 0 ||
			    region_count == REGIONS_MAX)
				continue;
			r = &regions[region_count++];
			r->from = from;
			r->to = to;
			snprintf(r->path, sizeof r->path, "%s", line + at);
		}
	}
	fclose(f);
	return region_count > 0 && region_count < REGIONS_MAX;
}

/* False: memory could not be read that is neither secret nor beyond the end of a mapped file. */
static bool search_all(int mem)
{
	bool whole = true;

	for (size_t i = 0; i < region_count; i++) {
		here = &regions[i];
		uint64_t n = search(mem, here->from, here->to);

		mappings++;
		if (n == 0 && strncmp(here->path, "/secretmem", 10) == 0) {
			hidden++;
		} else if (n < here->to - here->from && (n == 0 || here->path[0] != '/')) {
			printf("cannot read %s at %" PRIx64 "\n", here->path, here->from + n);
			whole = false;
		}
	}
	return whole;
}

/* Nothing may change while it is looked at. */
static void stop(const char *pid)
{
	const struct timespec nap = { 0, 1000000 };
	char path[64], line[128], state = 0;

	(void)kill((pid_t)atol(pid), SIGSTOP);
	snprintf(path, sizeof path, "/proc/%s/status", pid);
	for (int i = 0; i < 1000 && state != 'T'; i++) {
		FILE *f = fopen(path, "r");

		while (f != NULL && fgets(line, sizeof line, f) != NULL)
			(void)sscanf(line, "State: %c", &state);
		if (f != NULL)
			fclose(f);
		(void)nanosleep(&nap, NULL);
	}
}

static void go_on(const char *pid)
{
	(void)kill((pid_t)atol(pid), SIGCONT);
}

static int open_memory(const char *pid, int flags)
{
	char path[64];
	int fd;

	stop(pid);
	snprintf(path, sizeof path, "/proc/%s/mem", pid);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 || !read_regions(pid)) {
		printf("may not read the memory of process %s: %s\n", pid, strerror(errno));
		go_on(pid);
		exit(77);
	}
	return fd;
}

static int report(bool whole)
{
	printf("searched %" PRIu64 " bytes in %u mappings (%u hidden) "
	       "for %zu secrets in %zu pieces: %u found\n",
	       searched, mappings, hidden, forms.secrets, forms.count, found_count);
	return whole && found_count == 0 && searched > 65536 ? 0 : 1;
}

static int live(const char *pid)
{
	int mem = open_memory(pid, O_RDONLY);
	bool whole = search_all(mem);

	go_on(pid);
	close(mem);
	return report(whole);
}

static int core(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return 2;
	bool whole = search(fd, 0, (uint64_t)st.st_size) == (uint64_t)st.st_size;

	close(fd);
	return report(whole);
}

/* ---- planting ---------------------------------------------------------------------------- */

#define ROUND ((size_t)64) /* pieces at a time: little room is enough */
#define ROOM (ROUND * FORMS_PIECE)
#define STEP 256

/*
 * The last place in the heap with that many zeros, or 0: whoever owns it stands still meanwhile,
 * and finds zeros again.
 */
static uint64_t room_in(int mem, const struct region *heap)
{
	static const uint8_t zeros[ROOM];
	uint8_t there[ROOM];

	for (uint64_t at = heap->to - ROOM; at > heap->from; at -= STEP)
		if (pread(mem, there, ROOM, (off_t)at) == (ssize_t)ROOM &&
		    memcmp(there, zeros, ROOM) == 0)
			return at;
	return 0;
}

static const struct region *find_heap(void)
{
	for (size_t i = 0; i < region_count; i++)
		if (strcmp(regions[i].path, "[heap]") == 0 &&
		    regions[i].to - regions[i].from > 4 * ROOM)
			return &regions[i];
	return NULL;
}

/* Pieces from `first` on are written, searched for and wiped. */
static bool plant_round(int mem, const struct region *heap, uint64_t at, size_t first)
{
	uint8_t room[ROOM] = { 0 };
	bool ok;

	for (size_t i = 0; i < ROUND && first + i < forms.count; i++)
		memcpy(room + i * FORMS_PIECE, forms.piece[first + i].b, forms.piece[first + i].n);
	ok = pwrite(mem, room, ROOM, (off_t)at) == (ssize_t)ROOM &&
	     search(mem, heap->from, heap->to) == heap->to - heap->from;
	memset(room, 0, sizeof room);
	return pwrite(mem, room, ROOM, (off_t)at) == (ssize_t)ROOM && ok;
}

static int plant(const char *pid)
{
	int mem = open_memory(pid, O_RDWR);
	size_t missed = 0;
	const struct region *heap = find_heap();
	uint64_t at = heap != NULL ? room_in(mem, heap) : 0;
	bool whole = at != 0;

	planting = true;
	for (size_t i = 0; whole && i < forms.count; i += ROUND)
		whole = plant_round(mem, heap, at, i);
	go_on(pid);
	close(mem);
	for (size_t i = 0; whole && i < forms.count; i++)
		if (!forms.piece[i].seen) {
			printf("not found: %s (%s)\n", forms.piece[i].name, forms.piece[i].form);
			missed++;
		}
	printf("planted %zu pieces of %zu secrets: %zu not found%s\n", forms.count, forms.secrets,
	       missed, whole ? "" : ", not all could be written");
	return whole && missed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return usage();
	allowed = argv + 4;
	if (!forms_read(&forms, argv[3])) {
		printf("no usable secrets in %s\n", argv[3]);
		return 2;
	}
	if (strcmp(argv[1], "live") == 0)
		return live(argv[2]);
	if (strcmp(argv[1], "core") == 0)
		return core(argv[2]);
	return strcmp(argv[1], "plant") == 0 ? plant(argv[2]) : usage();
}
