/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see entropy.h. What is no matter of chance or time goes on to libc. */
#include "tests/lib/entropy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define URANDOM_FD 0x5eed0000 /* no descriptor of this process */
#define THEN 1767225600

static _Thread_local uint64_t state;

void entropy_begin(uint64_t seed)
{
	state = seed;
}

/* splitmix64 */
static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static void fill(void *p, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t x = next();

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
