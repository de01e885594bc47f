/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See access.h: the way to the store's directory, walked one name at a time from the root so
 * that what was checked is what is opened. A symbolic link on the way is followed by hand, and
 * only if root or this user laid it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_PATH */
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keystore/access.h"
#include "proto/base/base.h"

#define LINKS_MAX 16

struct walk {
	bool make;
	char *why;
	int fd;                 /* of the directory reached so far */
	char at[PATH_MAX];      /* its path, for messages */
	char todo[2 * PATH_MAX]; /* names to go, from `pos` on */
	size_t pos;
	unsigned links;
};

/* A directory on the way: nobody but root and this user may swap what is in it. */
static trec_err check_parent(struct walk *w)
{
	struct stat st;
	const char *at = w->at[0] == '\0' ? "/" : w->at;

	if (fstat(w->fd, &st) != 0)
		return TREC_E_IO;
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		ks_why(w->why, "%s belongs to uid %u, who could swap the store beneath it: keep "
		       "the store elsewhere, or chown %u %s", at, (unsigned)st.st_uid,
		       (unsigned)geteuid(), at);
		return TREC_E_STORE_MODE;
	}
	if ((st.st_mode & 022) != 0 && (st.st_mode & S_ISVTX) == 0) {
		ks_why(w->why, "%s has mode %04o, so others could swap the store beneath it: chmod "
		       "go-w %s", at, (unsigned)(st.st_mode & 07777), at);
		return TREC_E_STORE_MODE;
	}
	return TREC_OK;
}

static trec_err check_store_dir(struct walk *w)
{
	struct stat st;

	if (fstat(w->fd, &st) != 0)
		return TREC_E_IO;
	if (st.st_uid != geteuid()) {
		ks_why(w->why, "%s belongs to uid %u, not to uid %u: run as its owner, or chown -R "
		       "%u %s", w->at, (unsigned)st.st_uid, (unsigned)geteuid(),
		       (unsigned)geteuid(), w->at);
		return TREC_E_STORE_MODE;
	}
	if ((st.st_mode & 077) != 0) {
		ks_why(w->why, "%s has mode %04o, so others may use it: chmod 700 %s", w->at,
		       (unsigned)(st.st_mode & 07777), w->at);
		return TREC_E_STORE_MODE;
	}
	return TREC_OK;
}

/* Takes the next name off todo; false when none is left. */
static bool next_name(struct walk *w, char name[NAME_MAX + 1], bool *last, trec_err *err)
{
	const char *p = w->todo + w->pos + strspn(w->todo + w->pos, "/");
	size_t n = strcspn(p, "/");

	*err = TREC_OK;
	if (n == 0)
		return false;
	if (n > NAME_MAX || strlen(w->at) + n + 2 > sizeof w->at) {
		ks_why(w->why, "the path %s is too long", w->todo);
		*err = TREC_E_USAGE;
		return true;
	}
	memcpy(name, p, n);
	name[n] = '\0';
	p += n;
	p += strspn(p, "/");
	*last = *p == '\0';
	w->pos = (size_t)(p - w->todo);
	return true;
}

static trec_err follow(struct walk *w, const char *name, const struct stat *st)
{
	char target[PATH_MAX];
	char rest[2 * PATH_MAX];

	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		ks_why(w->why, "%s/%s is a symbolic link of uid %u: it is not followed", w->at,
		       name, (unsigned)st->st_uid);
		return TREC_E_STORE_MODE;
	}
	ssize_t n = readlinkat(w->fd, name, target, sizeof target - 1);

	if (n <= 0 || ++w->links > LINKS_MAX)
		return TREC_E_IO;
	target[n] = '\0';
	(void)snprintf(rest, sizeof rest, "%s", w->todo + w->pos);
	w->pos = 0;
	if ((size_t)snprintf(w->todo, sizeof w->todo, "%s/%s", target, rest) >= sizeof w->todo)
		return TREC_E_USAGE;
	if (target[0] != '/')
		return TREC_OK;
	int root = ks_sys_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);

	if (root < 0)
		return TREC_E_IO;
	close(w->fd);
	w->fd = root;
	w->at[0] = '\0';
	return TREC_OK;
}

/* Best effort: a directory that cannot be read cannot be synced, and need not be. */
static void sync_parent(int fd)
{
	int readable = ks_sys_open(fd, ".", O_RDONLY | O_DIRECTORY);

	if (readable >= 0) {
		(void)ks_sys_sync(readable);
		close(readable);
	}
}

static trec_err make_dir(struct walk *w, const char *name)
{
	if (ks_sys_mkdir(w->fd, name) == 0) {
		sync_parent(w->fd);
		return TREC_OK;
	}
	if (errno == EEXIST)
		return TREC_OK;
	char reason[BASE_ERRNO_TEXT];
	int e = errno;

	if (e == EROFS) {
		ks_why(w->why, "%s/%s cannot be made: %s is mounted read-only: mount it for "
		       "writing, or choose another directory", w->at, name, w->at);
		return TREC_E_READ_ONLY;
	}
	if (e == ENOSPC || e == EDQUOT) {
		ks_why(w->why, "%s/%s cannot be made: the file system is full: make room and run "
		       "it again", w->at, name);
		return TREC_E_NO_SPACE;
	}
	ks_why(w->why, "%s/%s cannot be made: %s", w->at, name,
	       base_errno_text(e, reason));
	return e == EACCES || e == EPERM ? TREC_E_STORE_MODE : TREC_E_IO;
}

static trec_err cannot_enter(struct walk *w, const char *name, bool last, int e)
{
	char reason[BASE_ERRNO_TEXT];

	if (e == ENOENT) {
		ks_why(w->why, "there is no %s/%s: run `trec init`", w->at, name);
		return TREC_E_NO_STORE;
	}
	if (last && (e == ELOOP || e == ENOTDIR)) {
		ks_why(w->why, "%s/%s is not a directory, or a symbolic link, which is not "
		       "followed here: name the directory itself", w->at, name);
		return TREC_E_STORE_MODE;
	}
	ks_why(w->why, "%s/%s cannot be entered: %s", w->at, name, base_errno_text(e, reason));
	return e == EACCES || e == ENOTDIR ? TREC_E_STORE_MODE : TREC_E_IO;
}

static trec_err enter(struct walk *w, const char *name, bool last)
{
	struct stat st;
	bool there = fstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	trec_err err = TREC_OK;

	if (there && !last && S_ISLNK(st.st_mode))
		return follow(w, name, &st);
	if (!there && errno == ENOENT && w->make)
		err = make_dir(w, name);
	if (err != TREC_OK)
		return err;
	int flags = O_DIRECTORY | O_NOFOLLOW | (last ? O_RDONLY : O_PATH);
	int fd = ks_sys_open(w->fd, name, flags);

	if (fd < 0)
		return cannot_enter(w, name, last, errno);
	close(w->fd);
	w->fd = fd;
	size_t used = strlen(w->at);

	(void)snprintf(w->at + used, sizeof w->at - used, "/%s", name);
	return last ? check_store_dir(w) : check_parent(w);
}

static trec_err walk(struct walk *w)
{
	char name[NAME_MAX + 1];
	bool last = false;
	bool any = false;
	trec_err err = check_parent(w);
	trec_err bad;

	while (err == TREC_OK && next_name(w, name, &last, &bad)) {
		if (bad != TREC_OK)
			return bad;
		if (strcmp(name, ".") == 0 && !last)
			continue;
		err = enter(w, name, last);
		any = true;
	}
	if (err == TREC_OK && (!any || !last)) {
		ks_why(w->why, "name a directory for the store");
		err = TREC_E_USAGE;
	}
	return err;
}

/* The whole way as one absolute path. */
static trec_err spell(const char *dir, struct walk *w)
{
	char cwd[PATH_MAX] = "";

	if (dir == NULL || dir[0] == '\0')
		return TREC_E_USAGE;
	if (dir[0] != '/' && getcwd(cwd, sizeof cwd) == NULL)
		return TREC_E_IO;
	int n = snprintf(w->todo, sizeof w->todo, "%s/%s", cwd, dir);

	return n < 0 || (size_t)n >= PATH_MAX ? TREC_E_USAGE : TREC_OK;
}

trec_err ks_dir_open(const char *dir, bool make, char *why, int *fd)
{
	struct walk w = { .make = make, .why = why, .fd = -1 };
	trec_err err = spell(dir, &w);

	*fd = -1;
	if (err != TREC_OK) {
		ks_why(why, "name a directory for the store, of less than %d bytes", PATH_MAX);
		return err;
	}
	w.fd = ks_sys_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	if (w.fd < 0)
		return TREC_E_IO;
	err = walk(&w);
	if (err == TREC_OK)
		*fd = w.fd;
	else
		close(w.fd);
	return err;
}
