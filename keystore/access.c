/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See access.h: the files of the store's directory. The way to it is in path.c. */
#include "keystore/access.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/base.h"

void ks_why(char *why, const char *fmt, ...)
{
	va_list args;

	if (why == NULL || why[0] != '\0')
		return;
	va_start(args, fmt);
	(void)vsnprintf(why, TREC_WHY_LEN, fmt, args);
	va_end(args);
}

bool ks_dir_has(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

trec_err ks_dir_sync(int dirfd)
{
	return ks_sys_sync(dirfd) == 0 ? TREC_OK : TREC_E_IO;
}

static bool left_by_create(const char *name)
{
	static const char *const known[] = { ".",	 "..",	     KS_LOCK,	KS_KEY,
					     KS_KEY_NEW, KS_STORE_NEW, KS_CONTROL };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return false;
}

trec_err ks_dir_vacant(int dirfd, const char *dir, char *why)
{
	const struct dirent *e;
	trec_err err = TREC_OK;
	int fd = ks_sys_open(dirfd, ".", O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return TREC_E_IO;
	}
	while (err == TREC_OK && (e = readdir(d)) != NULL) {
		if (left_by_create(e->d_name))
			continue;
		err = TREC_E_EXISTS;
		if (strcmp(e->d_name, KS_STORE) == 0)
			ks_why(why, "%s holds a store already; nothing was changed", dir);
		else
			ks_why(why, "%s holds \"%.64s\", which is no part of a store: choose an "
			       "empty directory or one that is not there yet", dir, e->d_name);
	}
	closedir(d);
	return err;
}

/* What the kernel said to open, in our terms. */
static trec_err refused(const char *dir, const char *name, int e, char *why)
{
	char reason[BASE_ERRNO_TEXT];

	switch (e) {
	case ENOENT:
		return TREC_E_NO_STORE;
	case EEXIST:
		return TREC_E_EXISTS;
	case EROFS:
		return TREC_E_READ_ONLY;
	case ENOSPC:
	case EDQUOT:
		ks_why(why, "no room for %s/%s", dir, name);
		return TREC_E_NO_SPACE;
	case ELOOP:
		ks_why(why, "%s/%s is a symbolic link, which is never followed: put the file "
		       "itself there", dir, name);
		return TREC_E_STORE_MODE;
	case EACCES:
	case EPERM:
		ks_why(why, "%s/%s cannot be opened: permission denied; it must belong to uid %u: "
		       "chown %u %s/%s && chmod 600 %s/%s", dir, name, (unsigned)geteuid(),
		       (unsigned)geteuid(), dir, name, dir, name);
		return TREC_E_STORE_MODE;
	case EISDIR:
	case ENXIO:
		ks_why(why, "%s/%s is not a regular file: remove it", dir, name);
		return TREC_E_STORE_MODE;
	default:
		break;
	}
	ks_why(why, "%s/%s cannot be opened: %s", dir, name,
	       base_errno_text(e, reason));
	return TREC_E_IO;
}

static trec_err check_kind(const struct stat *st, const char *dir, const char *name, char *why)
{
	if (!S_ISREG(st->st_mode)) {
		ks_why(why, "%s/%s is not a regular file: remove it", dir, name);
		return TREC_E_STORE_MODE;
	}
	if (st->st_nlink != 1) {
		ks_why(why, "%s/%s has %lu names (hard links), and deletions here would not reach "
		       "what is done through the others: find them with find / -xdev -inum %llu "
		       "and remove them", dir, name, (unsigned long)st->st_nlink,
		       (unsigned long long)st->st_ino);
		return TREC_E_STORE_MODE;
	}
	return TREC_OK;
}

static trec_err check_file(int fd, const char *dir, const char *name, char *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return TREC_E_IO;
	trec_err err = check_kind(&st, dir, name, why);

	if (err != TREC_OK)
		return err;
	if (st.st_uid != geteuid()) {
		ks_why(why, "%s/%s belongs to uid %u, not to uid %u: chown %u %s/%s", dir, name,
		       (unsigned)st.st_uid, (unsigned)geteuid(), (unsigned)geteuid(), dir, name);
		return TREC_E_STORE_MODE;
	}
	if ((st.st_mode & 077) != 0) {
		ks_why(why, "%s/%s has mode %04o, so others may use it: chmod 600 %s/%s", dir, name,
		       (unsigned)(st.st_mode & 07777), dir, name);
		return TREC_E_STORE_MODE;
	}
	return TREC_OK;
}

trec_err ks_file_open(int dirfd, const char *dir, const char *name, int flags, char *why, int *fd)
{
	*fd = ks_sys_open(dirfd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return refused(dir, name, errno, why);
	trec_err err = check_file(*fd, dir, name, why);

	if (err != TREC_OK) {
		close(*fd);
		*fd = -1;
	}
	return err;
}

static trec_err check_credential(int fd, const char *path, char *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return TREC_E_IO;
	if (!S_ISREG(st.st_mode)) {
		ks_why(why, "%s is not a regular file", path);
		return TREC_E_STORE_MODE;
	}
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 027) != 0) {
		ks_why(why, "%s (uid %u, mode %04o) may be read or changed by others: it must "
		       "belong to root or uid %u, with nothing for others: chmod 400 %s", path,
		       (unsigned)st.st_uid, (unsigned)(st.st_mode & 07777), (unsigned)geteuid(),
		       path);
		return TREC_E_STORE_MODE;
	}
	return TREC_OK;
}

trec_err ks_key_open(const char *path, bool credential, char *why, int *fd)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	char reason[BASE_ERRNO_TEXT];
	char dir[512];

	if (!credential) {
		size_t n = slash == NULL ? 1 : (size_t)(slash - path);

		if (n >= sizeof dir || *name == '\0')
			return TREC_E_USAGE;
		(void)snprintf(dir, sizeof dir, "%.*s", (int)n, slash == NULL ? "." : path);
		*fd = ks_sys_open(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
		if (*fd < 0)
			return refused(dir, name, errno, why);
	} else {
		*fd = ks_sys_open(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
		if (*fd < 0 && errno == ENOENT)
			return TREC_E_NO_STORE;
		if (*fd < 0) {
			ks_why(why, "the credential %s cannot be opened: %s", path,
			       base_errno_text(errno, reason));
			return TREC_E_STORE_MODE;
		}
	}
	trec_err err = credential ? check_credential(*fd, path, why) :
				    check_file(*fd, dir, name, why);

	if (err != TREC_OK) {
		close(*fd);
		*fd = -1;
	}
	return err;
}
