/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets in the file system. A path longer than the 107 bytes of sockaddr_un is reached through
 * /proc/self/fd. The socket is made with mode 0600. A socket file whose listener is gone is
 * replaced; that decision, and the removal at the end, are made under a lock on the directory,
 * so that of two processes starting together one wins and none removes the other's.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/sock.h"

#define BACKLOG 128
#define LOCK_TRIES 50
#define LOCK_WAIT_NS 10000000

/* A path as directory and last part, and the address that leads there while dir is open. */
struct place {
	int dir;
	char base[TREC_URI_MAX + 1];
	struct tp_addr addr;
};

struct unix_listener {
	struct tp_sock_listener sock;
	struct place place;
	dev_t dev;
	ino_t ino;
};

static trec_err unix_usable(void)
{
	return TREC_OK;
}

static void unix_peer(const struct tp_addr *addr, const struct trec_listener *l,
		      char out[TREC_URI_MAX + 1])
{
	(void)addr;
	tp_text(out, l != NULL ? l->uri : "unix:");
}

static const struct tp_sock_kind unix_kind = {
	.ops = TP_SOCK_OPS("unix", 65536),
	.peer = unix_peer,
};

static void place_close(struct place *p)
{
	if (p->dir >= 0)
		close(p->dir);
	p->dir = -1;
}

/* 0, or an errno value. flags: O_PATH to connect, O_RDONLY to be able to lock. */
static int place_open(const char *path, int flags, struct place *out)
{
	const char *slash = strrchr(path, '/');
	size_t dir_len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
	struct sockaddr_un *un = (struct sockaddr_un *)&out->addr.ss;
	char dir[TREC_URI_MAX + 1];
	int n;

	memset(out, 0, sizeof(*out));
	tp_text(out->base, slash == NULL ? path : slash + 1);
	memcpy(dir, slash == NULL ? "." : path, dir_len);
	dir[dir_len] = '\0';
	out->dir = open(dir, flags | O_DIRECTORY | O_CLOEXEC);
	if (out->dir < 0)
		return errno;
	un->sun_family = AF_UNIX;
	if (strlen(path) < sizeof(un->sun_path))
		n = snprintf(un->sun_path, sizeof(un->sun_path), "%s", path);
	else
		n = snprintf(un->sun_path, sizeof(un->sun_path), "/proc/self/fd/%d/%s", out->dir,
			     out->base);
	if (n < 0 || (size_t)n >= sizeof(un->sun_path)) {
		place_close(out);
		return ENAMETOOLONG;
	}
	out->addr.len = sizeof(*un);
	return 0;
}

static trec_err unix_connect(const struct trec_env *env, const struct tp_uri *uris, size_t n,
			     struct trec_link **out)
{
	trec_err err = TREC_E_UNREACHABLE;

	/* Each answers at once, so they are tried one after the other. */
	for (size_t i = 0; i < n && err != TREC_OK; i++) {
		char peer[TREC_URI_MAX + 1];
		struct place p;
		int error = place_open(uris[i].path, O_PATH, &p);

		if (error == ENAMETOOLONG)
			return TREC_E_BAD_URI;
		if (error != 0)
			continue;
		tp_uri_print_path(&uris[i], peer);
		err = tp_sock_connect(env, &unix_kind, &p.addr, 1, peer, out);
		place_close(&p);
		if (err == TREC_E_NO_MEMORY)
			break;
	}
	return err;
}

/* Not for ever: any process that can read the directory may hold its lock. */
static bool lock_dir(int dir)
{
	struct timespec pause = { .tv_nsec = LOCK_WAIT_NS };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(dir, LOCK_EX | LOCK_NB) == 0)
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

/* Removes the socket file if nobody listens there. Called under the lock. */
static bool remove_stale(const struct place *p)
{
	struct stat before, after;

	if (fstatat(p->dir, p->base, &before, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT;
	if (!S_ISSOCK(before.st_mode))
		return false;
	int fd = tp_sock_open(AF_UNIX, 0);

	if (fd < 0)
		return false;
	int r = connect(fd, (const struct sockaddr *)&p->addr.ss, p->addr.len);
	int error = r == 0 ? 0 : errno;

	close(fd);
	if (error != ECONNREFUSED || fstatat(p->dir, p->base, &after, AT_SYMLINK_NOFOLLOW) != 0)
		return error == ENOENT;
	if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		return false;
	return unlinkat(p->dir, p->base, 0) == 0;
}

/* 0, or an errno value. Called under the lock. */
static int bind_here(int fd, const struct place *p)
{
	const struct sockaddr *sa = (const struct sockaddr *)&p->addr.ss;

	/* The file gets the mode of the socket's inode, whatever the umask allows. */
	if (fchmod(fd, S_IRUSR | S_IWUSR) != 0)
		return errno;
	if (bind(fd, sa, p->addr.len) != 0) {
		if (errno != EADDRINUSE)
			return errno;
		if (!remove_stale(p))
			return EADDRINUSE;
		if (bind(fd, sa, p->addr.len) != 0)
			return errno;
	}
	return listen(fd, BACKLOG) == 0 ? 0 : errno;
}

static void unix_listener_free(struct trec_listener *l)
{
	struct unix_listener *ul = (struct unix_listener *)l;
	struct stat st;

	if (ul->place.dir >= 0) {
		bool locked = lock_dir(ul->place.dir);

		if (locked &&
		    fstatat(ul->place.dir, ul->place.base, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_dev == ul->dev && st.st_ino == ul->ino)
			(void)unlinkat(ul->place.dir, ul->place.base, 0);
		close(ul->sock.fd);
		place_close(&ul->place); /* and with it the lock */
	}
	base_free(l->env, ul, sizeof(*ul));
}

static const struct trec_listener_ops unix_listener_ops = {
	.accept = tp_sock_accept,
	.poll = tp_sock_listener_poll,
	.free = unix_listener_free,
};

/* 0, or an errno value. */
static int open_listening(struct unix_listener *ul)
{
	struct stat st;

	if (!lock_dir(ul->place.dir))
		return EBUSY;
	ul->sock.fd = tp_sock_open(AF_UNIX, 0);
	if (ul->sock.fd < 0)
		return errno;
	int error = bind_here(ul->sock.fd, &ul->place);

	if (error == 0 && fstatat(ul->place.dir, ul->place.base, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		ul->dev = st.st_dev;
		ul->ino = st.st_ino;
	}
	(void)flock(ul->place.dir, LOCK_UN);
	if (error != 0)
		close(ul->sock.fd);
	return error;
}

static trec_err unix_listen(const struct trec_env *env, const struct tp_uri *u,
			    struct trec_listener **out)
{
	struct unix_listener *ul = base_alloc(env, sizeof(*ul));

	if (ul == NULL)
		return TREC_E_NO_MEMORY;
	ul->sock.listener.ops = &unix_listener_ops;
	ul->sock.listener.env = env;
	ul->sock.kind = &unix_kind;
	tp_uri_print_path(u, ul->sock.listener.uri);
	int error = place_open(u->path, O_RDONLY, &ul->place);

	if (error == 0)
		error = open_listening(ul);
	if (error == 0) {
		*out = &ul->sock.listener;
		return TREC_OK;
	}
	trec_err err = tp_sock_listen_error(env, ul->sock.listener.uri, error);

	if (error == EBUSY)
		err = TREC_E_BUSY;
	else if (error == ENAMETOOLONG)
		err = TREC_E_BAD_URI;
	place_close(&ul->place);
	base_free(env, ul, sizeof(*ul));
	return err;
}

const struct tp_kind tp_unix = {
	.name = "unix",
	.prefix = "unix:",
	.parse = tp_uri_parse_path,
	.print = tp_uri_print_path,
	.usable = unix_usable,
	.connect = unix_connect,
	.listen = unix_listen,
};
