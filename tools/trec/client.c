/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request's road: the daemon's control socket, or a device of our own; see cli.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tools/trec/cli.h"

#define BUSY_TRIES 100 /* another short command has the store: wait 5 s for it at most */
#define BUSY_NS 50000000L
#define LINE_MAX_BYTES (256 * 1024)

/* ---- the daemon's socket ----------------------------------------------------------------- */

/* *fd -1 without an error: nobody listens there. */
static trec_err reach(const char *dir, int *fd, struct failure *f)
{
	char why[TREC_WHY_LEN] = "";
	struct trec_keystore_options o = { .dir = dir, .why = why };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char path[TREC_CONTROL_PATH_LEN];
	int dirfd = -1;
	trec_err err = trec_keystore_directory(&o, &dirfd);

	*fd = -1;
	if (err)
		return place_failure(f, err, dir, why);
	trec_keystore_control_path(dirfd, path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd >= 0 && connect(*fd, (struct sockaddr *)&a, sizeof a) < 0) {
		close(*fd);
		*fd = -1;
	}
	close(dirfd);
	return TREC_OK;
}

/* The request's line; `connect` hands stdin and stdout over with its first byte. */
static bool send_request(int fd, const json_t *request, bool stream)
{
	size_t n = json_dumpb(request, NULL, 0, JSON_COMPACT);
	char *text = malloc(n + 1);
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	int fds[2] = { STDIN_FILENO, STDOUT_FILENO };
	struct iovec v = { text, n + 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	bool sent;

	if (!text)
		return false;
	(void)json_dumpb(request, text, n, JSON_COMPACT);
	text[n] = '\n';
	if (stream) {
		m.msg_control = &control;
		m.msg_controllen = sizeof control;
		CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(sizeof fds);
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fds, sizeof fds);
	}
	sent = sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)(n + 1);
	trec_wipe(text, n + 1);
	free(text);
	secret_burn_stack();
	return sent;
}

struct answers {
	struct cli *cli;
	const char *dir;
	int fd;
	size_t n;
	char line[LINE_MAX_BYTES];
};

/* The next line as an object; NULL: the daemon went away. */
static json_t *next_line(struct answers *a)
{
	for (;;) {
		char *end = memchr(a->line, '\n', a->n);
		json_t *object;
		ssize_t got;

		if (end) {
			size_t used = (size_t)(end - a->line) + 1;

			object = json_loadb(a->line, used - 1, JSON_REJECT_DUPLICATES, NULL);
			memmove(a->line, a->line + used, a->n - used);
			trec_wipe(a->line + a->n - used, used);
			a->n -= used;
			return object;
		}
		if (a->n == sizeof a->line)
			return NULL;
		got = read(a->fd, a->line + a->n, sizeof a->line - a->n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return NULL;
		a->n += (size_t)got;
	}
}

/* A consent that this pairing waits for: asks here, answers on a connection of its own. */
static void consent(struct answers *a, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "name"));
	const char *id = json_string_value(json_object_get(event, "peer"));
	const char *digits = json_string_value(json_object_get(event, "digits"));
	json_int_t number = json_integer_value(json_object_get(event, "number"));
	json_int_t seconds = json_integer_value(json_object_get(event, "expires_in"));
	int yes = args_has(&a->cli->args, "--yes")
			  ? 1
			  : prompt_consent(name ? name : "", id ? id : "", digits ? digits : "",
					   (unsigned)seconds);
	struct failure f = { 0 };
	char text[160];
	json_t *request;
	int fd = -1;

	if (yes)
		note_digits(&a->cli->out, digits ? digits : "");
	request = json_pack("{s:s, s:I, s:b}", "op", "answer", "number", number, "yes", yes != 0);
	if (!reach(a->dir, &fd, &f) && fd >= 0) {
		/* Its answer is of no interest: the pairing itself tells how it went on. */
		while (send_request(fd, request, false) && read(fd, text, sizeof text) > 0)
			break;
		close(fd);
	}
	json_decref(request);
}

static void show(struct answers *a, const json_t *line)
{
	const char *kind = json_string_value(json_object_get(line, "kind"));
	const json_t *result = json_object_get(line, "result");
	const char *event = json_string_value(json_object_get(result, "event"));

	if (!kind || !result)
		return;
	if (!strcmp(kind, "ask") && event)
		consent(a, result);
	else
		out_result(&a->cli->out, kind, result);
}

static trec_err converse(struct answers *a, struct failure *f)
{
	json_t *line;

	while ((line = next_line(a))) {
		const json_t *failure = json_object_get(line, "failure");
		bool done = json_is_true(json_object_get(line, "done"));

		if (failure)
			out_failure_from_json(failure, f);
		else if (!done)
			show(a, line);
		json_decref(line);
		if (failure || done)
			return f->err;
	}
	fail(f, TREC_E_LOST, "the daemon ended before it had answered");
	fail_hint(f, "see the daemon's messages, and start it again with `trec serve`");
	return f->err;
}

/* Polling made stdin and stdout non-blocking for everybody who shares them: undo that. */
struct flags {
	int in, out;
};

static struct flags flags_now(void)
{
	struct flags s = { fcntl(STDIN_FILENO, F_GETFL), fcntl(STDOUT_FILENO, F_GETFL) };

	return s;
}

static void flags_restore(const struct flags *s)
{
	if (s->in >= 0)
		(void)fcntl(STDIN_FILENO, F_SETFL, s->in);
	if (s->out >= 0)
		(void)fcntl(STDOUT_FILENO, F_SETFL, s->out);
}

static trec_err ask_daemon(struct cli *cli, const char *dir, int fd, json_t *request,
			   struct failure *f)
{
	const char *op = json_string_value(json_object_get(request, "op"));
	struct answers *a = calloc(1, sizeof *a);
	trec_err err;

	if (!a)
		return fail_plain(f, TREC_E_NO_MEMORY);
	a->cli = cli;
	a->dir = dir;
	a->fd = fd;
	bool sent = send_request(fd, request, !strcmp(op, "connect"));

	(void)json_object_del(request, "secret"); /* the daemon has it now */
	(void)json_object_del(request, "pin");
	if (sent)
		err = converse(a, f);
	else
		err = fail(f, TREC_E_LOST, "the daemon does not take requests: %m");
	trec_wipe(a, sizeof *a);
	free(a);
	return err;
}

static trec_err try_once(struct cli *cli, const char *dir, json_t *request, bool daemon_only,
			 struct failure *f)
{
	struct trec_keystore *keys = NULL;
	int fd = -1;
	trec_err err = reach(dir, &fd, f);

	if (err)
		return err;
	if (fd >= 0) {
		err = ask_daemon(cli, dir, fd, request, f);
		close(fd);
		return err;
	}
	if (daemon_only)
		return fail(f, TREC_E_NO_DAEMON, "no daemon serves the store %s", dir);
	err = place_open(cli->env, dir, &keys, f);
	if (err)
		return err;
	return client_run_here(cli, keys, json_incref(request), f);
}

trec_err client_run(struct cli *cli, json_t *request, bool daemon_only, struct failure *f)
{
	const struct timespec nap = { 0, BUSY_NS };
	struct flags flags = flags_now();
	char dir[PLACE_PATH_MAX];
	trec_err err = request ? place_find(cli->args.store, dir, f)
			       : fail_plain(f, TREC_E_NO_MEMORY);

	for (int i = 0; !err && i < BUSY_TRIES; i++) {
		err = try_once(cli, dir, request, daemon_only, f);
		if (err != TREC_E_STORE_BUSY)
			break;
		(void)nanosleep(&nap, NULL);
		if (i + 1 < BUSY_TRIES)
			err = TREC_OK;
	}
	json_decref(request);
	flags_restore(&flags);
	return err;
}
