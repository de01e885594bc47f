/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: with real cryptography the world ends at wolfSSL, which opens /dev/urandom by
 * itself and asks what time it is. The program is linked with wolfSSL's static library, whose
 * calls of libc the linker turns to the functions here (--wrap): the random bytes come from the
 * run's seed, the time stands still. Everything else goes on to libc.
 */
#include "tests/sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define URANDOM_FD 0x5eed0000 /* no descriptor of this process */
#define THEN 1767225600

const bool sim_form_real = true;

static struct sim_rng entropy;

void sim_form_begin(uint64_t seed)
{
	entropy.s = seed ^ 0x656e74726f7079ULL;
}

static void fill(void *p, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t x = sim_next(&entropy);

		memcpy((uint8_t *)p + i, &x, n - i < 8 ? n - i : 8);
	}
}

static bool is_generator(const char *path)
{
	return strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __real___read_chk(int fd, void *p, size_t n, size_t room);
ssize_t __wrap___read_chk(int fd, void *p, size_t n, size_t room);
int __real_close(int fd);
int __wrap_close(int fd);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);
time_t __wrap_time(time_t *out);
int __wrap_gettimeofday(struct timeval *out, void *zone);

int __wrap_open(const char *path, int flags, ...)
{
	va_list ap;

	if (is_generator(path))
		return URANDOM_FD;
	va_start(ap, flags);
	int mode = (flags & O_CREAT) != 0 ? va_arg(ap, int) : 0;

	va_end(ap);
	return __real_open(path, flags, mode);
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list ap;

	if (is_generator(path))
		return URANDOM_FD;
	va_start(ap, flags);
	int mode = (flags & O_CREAT) != 0 ? va_arg(ap, int) : 0;

	va_end(ap);
	return __real_open64(path, flags, mode);
}

ssize_t __wrap_read(int fd, void *p, size_t n)
{
	if (fd != URANDOM_FD)
		return __real_read(fd, p, n);
	fill(p, n);
	return (ssize_t)n;
}

ssize_t __wrap___read_chk(int fd, void *p, size_t n, size_t room)
{
	if (fd != URANDOM_FD)
		return __real___read_chk(fd, p, n, room);
	fill(p, n < room ? n : room);
	return (ssize_t)n;
}

int __wrap_close(int fd)
{
	return fd == URANDOM_FD ? 0 : __real_close(fd);
}

ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags)
{
	(void)flags;
	fill(p, n);
	return (ssize_t)n;
}

time_t __wrap_time(time_t *out)
{
	if (out != NULL)
		*out = THEN;
	return THEN;
}

int __wrap_gettimeofday(struct timeval *out, void *zone)
{
	(void)zone;
	*out = (struct timeval){ .tv_sec = THEN };
	return 0;
}
