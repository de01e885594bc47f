/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See access.h: system calls on names and locks that a signal may interrupt on network and FUSE
 * file systems. Tried again a bounded number of times; reads, writes and syncs are in blockio.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keystore/access.h"

#define TRIES_MAX 64

/* Whether a call that answered `result` is to be tried again. */
static bool again(int result, unsigned *tries)
{
	return result < 0 && errno == EINTR && ++*tries < TRIES_MAX;
}

int ks_sys_open(int dirfd, const char *name, int flags)
{
	unsigned tries = 0;
	int fd;

	do
		fd = openat(dirfd, name, flags | O_CLOEXEC, 0600);
	while (again(fd, &tries));
	return fd;
}

int ks_sys_mkdir(int dirfd, const char *name)
{
	unsigned tries = 0;
	int r;

	do
		r = mkdirat(dirfd, name, 0700);
	while (again(r, &tries));
	return r;
}

int ks_sys_rename(int dirfd, const char *from, const char *to)
{
	unsigned tries = 0;
	int r;

	do
		r = renameat(dirfd, from, dirfd, to);
	while (again(r, &tries));
	return r;
}

int ks_sys_unlink(int dirfd, const char *name)
{
	unsigned tries = 0;
	int r;

	do
		r = unlinkat(dirfd, name, 0);
	while (again(r, &tries));
	return r;
}

int ks_sys_sync(int fd)
{
	unsigned tries = 0;
	int r;

	do
		r = fsync(fd);
	while (again(r, &tries));
	return r;
}

int ks_sys_lock(int fd)
{
	unsigned tries = 0;
	int r;

	do
		r = flock(fd, LOCK_EX | LOCK_NB);
	while (again(r, &tries));
	return r;
}
