/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A main for a fuzz target: replays files, folders of files, or without arguments the target's
 * own corpus, so that make check runs every known input with any compiler. The target's name is
 * what stands behind "replay_" in the program's. Each input is also
 * tried with its tail cut off and with bytes changed, from a fixed seed: FUZZ_REPLAY_MUTANTS
 * (environment) says how many changed forms per input, else FUZZ_MUTANTS.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

#define INPUT_MAX (1u << 20)
#define PATH_LEN 4096

static uint64_t state = 0x7265706c6179u;
static unsigned long files, runs;
#ifndef FUZZ_MUTANTS
#define FUZZ_MUTANTS 64 /* a target with slow runs asks for fewer */
#endif
static unsigned long mutants = FUZZ_MUTANTS;

static uint32_t number(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % below);
}

/* On a heap block of the exact length, for the sanitizers. */
static void run(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	runs++;
}

static void run_mutants(uint8_t *p, size_t n)
{
	static uint8_t kept[INPUT_MAX];

	memcpy(kept, p, n);
	for (unsigned long i = 0; n > 0 && i < mutants; i++) {
		size_t len = number(4) == 0 ? number((uint32_t)n) : n;

		for (uint32_t k = 1 + number(3); k > 0; k--)
			p[number((uint32_t)n)] = (uint8_t)number(256);
		run(p, len);
		memcpy(p, kept, n);
	}
}

static bool replay_file(const char *path)
{
	static uint8_t input[INPUT_MAX];
	FILE *f = fopen(path, "rb");

	if (f == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	size_t n = fread(input, 1, sizeof input, f);

	fclose(f);
	run(input, n);
	run_mutants(input, n);
	files++;
	return true;
}

static bool replay_folder(const char *path)
{
	struct dirent **entry;
	int n = scandir(path, &entry, NULL, alphasort);
	bool ok = n >= 0;

	if (!ok)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		char file[PATH_LEN];

		if (entry[i]->d_name[0] != '.' &&
		    (size_t)snprintf(file, sizeof file, "%s/%s", path, entry[i]->d_name) <
			    sizeof file)
			ok = replay_file(file) && ok;
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return ok;
}

static bool replay(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return replay_folder(path);
	return replay_file(path);
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	const char *count = getenv("FUZZ_REPLAY_MUTANTS");
	const char *name = strstr(argv[0], "replay_");
	char own[PATH_LEN];
	bool ok = true;

	for (const char *next = name; next != NULL; next = strstr(next + 1, "replay_"))
		name = next;
	name = name != NULL ? name + strlen("replay_") : argv[0];

	if (count != NULL)
		mutants = strtoul(count, NULL, 10);
	for (int i = 1; i < argc; i++)
		ok = replay(argv[i]) && ok;
	if (argc == 1) {
		snprintf(own, sizeof own, "%s/fuzz/corpus/%s", srcdir ? srcdir : ".", name);
		ok = replay(own);
	}
	printf("%s: %lu inputs, %lu runs\n", name, files, runs);
	return ok && files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
