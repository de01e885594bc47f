/* SPDX-License-Identifier: GPL-3.0-or-later */
/* introduce, accept: trust passed on by a device that both sides trust. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/trec/cli.h"
#include "tools/trec/qr.h"
#include "tools/trec/refusal.h"
#include "tools/trec/syntax.h"

#define CARRIED_MAX 61440   /* bytes of a file with introductions */
#define OFFLINE_PEERS_MAX 6 /* their pairs fit into such a file */

/* ---- introduce --------------------------------------------------------------------------- */

static trec_err check_introduce(struct cli *cli, struct failure *f)
{
	const struct args *a = &cli->args;
	const char *qr = args_value(a, "--qr");
	bool offline = args_has(a, "--offline");

	for (size_t i = 0; i < a->operands_count; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(a->operands[i], a->operands[k]))
				return fail(f, TREC_E_USAGE, "%.120s is named twice",
					    a->operands[i]);
	if (offline && a->operands_count > OFFLINE_PEERS_MAX)
		return fail(f, TREC_E_USAGE, "--offline takes at most %d devices",
			    OFFLINE_PEERS_MAX);
	if (!qr)
		return TREC_OK;
	if (!offline && a->operands_count)
		return fail(f, TREC_E_USAGE, "--qr goes with --offline");
	if (a->operands_count != 2)
		return fail(f, TREC_E_USAGE, "--qr shows the introduction of two devices");
	if (!strcmp(qr, "terminal") && cli->out.json)
		return fail(f, TREC_E_USAGE,
			    "--qr terminal draws text and does not go with --json");
	return qr_check(qr, f);
}

/* One line for each pair. */
static bool write_lines(int fd, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *text = json_string_value(json_object_get(one, "text"));

		if (!text || dprintf(fd, "%s\n", text) < 0)
			return false;
	}
	return fsync(fd) == 0 || errno == EINVAL || errno == EROFS;
}

/* The file is there whole or as it was before. */
static trec_err write_file(const char *path, const json_t *list, struct failure *f)
{
	char part[PLACE_PATH_MAX];
	int n = snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
	int fd;

	if (n < 0 || (size_t)n >= sizeof part)
		return fail(f, TREC_E_USAGE, "the file's name is too long");
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		fail(f, TREC_E_IO, "cannot write the file %.200s: %m", path);
		fail_hint(f, "name a file in a folder that may be written");
		return f->err;
	}
	bool good = write_lines(fd, list);

	good = close(fd) == 0 && good && rename(part, path) == 0;
	if (good)
		return TREC_OK;
	fail(f, errno == ENOSPC ? TREC_E_NO_SPACE : TREC_E_IO, "cannot write the file %.200s: %m",
	     path);
	(void)unlink(part);
	return f->err;
}

static trec_err keep_carried(struct cli *cli, const char *path, json_t *list, struct failure *f)
{
	bool shown = !strcmp(path, "-");
	trec_err err = shown ? TREC_OK : write_file(path, list, f);
	json_t *one;
	size_t i;

	cli->out.qr = args_value(&cli->args, "--qr");
	for (i = 0; !err && i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		if (!shown)
			(void)json_object_set_new(one, "file", json_string(path));
		out_result(&cli->out, "carried", one);
	}
	if (!err && cli->out.failure.err) {
		*f = cli->out.failure;
		err = f->err;
	}
	return err;
}

trec_err cmd_introduce(struct cli *cli, struct failure *f)
{
	const struct args *a = &cli->args;
	const char *path = args_value(a, "--offline");
	json_t *peers = json_array(), *list = json_array();
	trec_err err = words_check(a, f);

	if (!err)
		err = check_introduce(cli, f);
	for (size_t i = 0; i < a->operands_count; i++)
		(void)json_array_append_new(peers, json_string(a->operands[i]));
	if (path) {
		cli->out.kept = list;
		cli->out.keep = "carried";
	}
	if (!err)
		err = client_run(cli,
				 json_pack("{s:s, s:O, s:b}", "op", "introduce", "peers", peers,
					   "offline", path != NULL),
				 false, f);
	cli->out.kept = NULL;
	if (!err && path)
		err = keep_carried(cli, path, list, f);
	json_decref(peers);
	json_decref(list);
	return err;
}

/* ---- rights ------------------------------------------------------------------------------ */

trec_err granted_check(const struct args *a, const char *option, struct failure *f)
{
	const char *right;
	trec_err err = TREC_OK;

	for (size_t i = 0; !err && (right = args_value_at(a, option, i)); i++) {
		err = syntax_right(right, f);
		if (err)
			fail_hint(f, "write service:NAME or service:*");
		else if (i == TREC_RIGHTS_MAX)
			err = fail(f, TREC_E_USAGE, "%s is given more than %d times", option,
				   TREC_RIGHTS_MAX);
		else if (!strcmp(right, "introduce"))
			err = fail(f, TREC_E_USAGE,
				   "%s introduce: who was introduced may not introduce", option);
	}
	return err;
}

/* ---- accept ------------------------------------------------------------------------------ */

static trec_err read_all(int fd, const char *path, char out[CARRIED_MAX + 1], struct failure *f)
{
	size_t n = 0;
	ssize_t got = 1;

	while (n < CARRIED_MAX + 1 && got != 0) {
		got = read(fd, out + n, CARRIED_MAX + 1 - n);
		if (got < 0 && errno != EINTR)
			return fail(f, TREC_E_IO, "cannot read %.200s: %m", path);
		n += got > 0 ? (size_t)got : 0;
	}
	if (n > CARRIED_MAX)
		return fail_no_introduction(f, path, "is too large for introductions");
	out[n] = 0;
	if (strlen(out) == n && n > 0)
		return TREC_OK;
	return fail_no_introduction(f, path, "holds no introduction");
}

static trec_err read_carried(const struct args *a, char out[CARRIED_MAX + 1], struct failure *f)
{
	const char *picture = args_value(a, "--qr-image");
	const char *path = a->operands_count ? a->operands[0] : NULL;
	struct secret s = { .n = 0 };
	trec_err err;
	int fd;

	if (picture && !path) {
		err = qr_read(picture, "TRECI:", &s, f);
		if (!err)
			(void)snprintf(out, CARRIED_MAX + 1, "%s", s.text);
		secret_wipe(&s);
		return err;
	}
	if (picture || !path)
		return fail(f, TREC_E_USAGE, "give FILE, - for stdin, or --qr-image FILE");
	if (!strcmp(path, "-"))
		return read_all(STDIN_FILENO, "stdin", out, f);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail(f, TREC_E_USAGE, "cannot open %.200s: %m", path);
	err = read_all(fd, path, out, f);
	close(fd);
	return err;
}

trec_err cmd_accept(struct cli *cli, struct failure *f)
{
	const struct args *a = &cli->args;
	char *text = malloc(CARRIED_MAX + 1);
	json_t *rights = json_array(), *request = NULL;
	trec_err err = granted_check(a, "--allow", f);
	const char *right;

	if (!text || !rights) {
		free(text);
		json_decref(rights);
		return fail_plain(f, TREC_E_NO_MEMORY);
	}
	if (!err)
		err = read_carried(a, text, f);
	for (size_t i = 0; !err && (right = args_value_at(a, "--allow", i)); i++)
		(void)json_array_append_new(rights, json_string(right));
	if (!err) {
		request = json_pack("{s:s, s:s, s:O*}", "op", "accept", "text", text, "rights",
				    json_array_size(rights) ? rights : NULL);
		if (!request)
			err = fail_no_introduction(f, "this", "is no introduction");
	}
	free(text);
	json_decref(rights);
	return err ? err : client_run(cli, request, false, f);
}
