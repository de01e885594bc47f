/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See store_dir.h. */
#include "tests/lib/store_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool ok, const char *what, const char *path)
{
	if (ok)
		return;
	perror(what);
	fprintf(stderr, "store_dir: %s %s\n", what, path);
	abort();
}

void store_dir_begin(struct store_dir *d)
{
	const char *tmp = getenv("TMPDIR");

	memset(d, 0, sizeof *d);
	snprintf(d->path, sizeof d->path, "%.140s/trec-store-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	must(mkdtemp(d->path) != NULL, "mkdtemp", d->path);
	d->options.dir = d->path;
	d->options.why = d->why;
}

void store_dir_clear(struct store_dir *d)
{
	const struct dirent *e;
	DIR *dir = opendir(d->path);

	must(dir != NULL, "opendir", d->path);
	while ((e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
}

void store_dir_end(struct store_dir *d)
{
	store_dir_clear(d);
	must(rmdir(d->path) == 0, "rmdir", d->path);
}

const char *store_dir_file(struct store_dir *d, const char *name)
{
	snprintf(d->file, sizeof d->file, "%s/%s", d->path, name);
	return d->file;
}

void store_dir_write(struct store_dir *d, const char *name, const uint8_t *p, size_t n,
		     unsigned mode)
{
	const char *path = store_dir_file(d, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, p, n) == (ssize_t)n && fchmod(fd, mode) == 0, "write", path);
	close(fd);
}

size_t store_dir_read(struct store_dir *d, const char *name, size_t at, uint8_t *out, size_t n)
{
	const char *path = store_dir_file(d, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0, "open", path);
	ssize_t got = pread(fd, out, n, (off_t)at);

	must(got >= 0, "read", path);
	close(fd);
	return (size_t)got;
}

uint8_t *store_dir_load(struct store_dir *d, const char *name, size_t *n)
{
	struct stat st;
	const char *path = store_dir_file(d, name);

	must(stat(path, &st) == 0, "stat", path);
	uint8_t *p = malloc((size_t)st.st_size + 1);

	must(p != NULL, "malloc", path);
	*n = store_dir_read(d, name, 0, p, (size_t)st.st_size);
	return p;
}

void store_dir_poke(struct store_dir *d, const char *name, size_t at, uint8_t value)
{
	const char *path = store_dir_file(d, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && pwrite(fd, &value, 1, (off_t)at) == 1, "poke", path);
	close(fd);
}
