/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operating system behind struct trec_env: Linux clocks, getrandom, malloc, files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/base.h"

/* A clock before this day (2024-01-01) was never set: boards without a battery start in 1970. */
#define WALL_PLAUSIBLE_S 1704067200

static uint64_t os_now_ms(void *ctx)
{
	struct timespec t = { 0 };

	(void)ctx;
	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int64_t os_wall_s(void *ctx, bool *trusted)
{
	struct timespec t = { 0 };

	(void)ctx;
	*trusted = clock_gettime(CLOCK_REALTIME, &t) == 0 && t.tv_sec >= WALL_PLAUSIBLE_S;
	return t.tv_sec;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Zeros where the kernel tells none: then every start counts as the same boot. */
static void os_boot_id(void *ctx, uint8_t out[16])
{
	char text[64];
	size_t digits = 0;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	(void)ctx;
	memset(out, 0, 16);
	if (fd < 0)
		return;
	ssize_t n = read(fd, text, sizeof text);
	close(fd);
	for (ssize_t i = 0; i < n && digits < 32; i++) {
		int d = hex_digit(text[i]);

		if (d < 0)
			continue;
		out[digits / 2] = (uint8_t)(out[digits / 2] << 4 | d);
		digits++;
	}
}

static trec_err os_random(void *ctx, uint8_t *out, size_t n)
{
	size_t done = 0;

	(void)ctx;
	while (done < n) {
		ssize_t got = getrandom(out + done, n - done, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			trec_wipe(out, n);
			return TREC_E_RANDOM;
		}
		done += (size_t)got;
	}
	return TREC_OK;
}

static void *os_alloc(void *ctx, size_t n)
{
	(void)ctx;
	return malloc(n);
}

static void os_free(void *ctx, void *p, size_t n)
{
	(void)ctx;
	(void)n;
	free(p);
}

static ssize_t os_pread(void *ctx, int fd, void *buf, size_t n, off_t at)
{
	(void)ctx;
	return pread(fd, buf, n, at);
}

static ssize_t os_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	(void)ctx;
	return pwrite(fd, buf, n, at);
}

static int os_sync(void *ctx, int fd)
{
	(void)ctx;
	return fdatasync(fd);
}

/* On a full disk the kernel keeps the part it could get: that goes back, never more. */
static int os_extend(void *ctx, int fd, off_t size)
{
	struct stat st;

	(void)ctx;
	if (fstat(fd, &st) != 0)
		return -1;
	int e = posix_fallocate(fd, 0, size);

	if (e == 0)
		return 0;
	if (size > st.st_size && ftruncate(fd, st.st_size) != 0)
		e = errno;
	errno = e;
	return -1;
}

static off_t os_size(void *ctx, int fd)
{
	struct stat st;

	(void)ctx;
	return fstat(fd, &st) == 0 ? st.st_size : -1;
}

static void os_log(void *ctx, enum trec_level level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

static const struct trec_env os_env = {
	.now_ms = os_now_ms,
	.wall_s = os_wall_s,
	.boot_id = os_boot_id,
	.random = os_random,
	.alloc = os_alloc,
	.free = os_free,
	.io = { os_pread, os_pwrite, os_sync, os_extend, os_size },
	.log = os_log,
};

const struct trec_env *trec_env_default(void)
{
	return &os_env;
}
