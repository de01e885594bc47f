/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: time that passes in the real command without anybody waiting. Preloaded
 * (LD_PRELOAD), it adds the seconds that stand in the file TREC_LATER to the clocks that count from
 * the start of the machine. A program that sleeps notices when something else wakes it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int file = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("TREC_LATER");

	if (name != NULL)
		file = open(name, O_RDONLY | O_CLOEXEC);
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *out)
{
	int result = (int)syscall(SYS_clock_gettime, clock, out);
	char text[16];

	if (result != 0 || file < 0 ||
	    (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE &&
	     clock != CLOCK_BOOTTIME))
		return result;
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);

	if (n > 0) {
		text[n] = '\0';
		out->tv_sec += strtol(text, NULL, 10);
	}
	return result;
}
