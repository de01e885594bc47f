/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is the socket file's own: its mode, what is left behind by the dead, long paths, races. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "transports/tp.h"

#define RACERS 12

static char dir[] = "/tmp/trec-unix-XXXXXX";

static void environment(struct fault_env *f)
{
	fault_env_init(f, 1);
	f->env.now_ms = trec_env_default()->now_ms;
}

static void at(char uri[TREC_URI_MAX + 1], const char *name)
{
	snprintf(uri, TREC_URI_MAX + 1, "unix:%s/%s", dir, name);
}

static trec_err try_connect(struct fault_env *f, const char *uri)
{
	struct trec_link *l = NULL;
	uint8_t b = 0;
	size_t n;
	trec_err err = trec_link_connect(&f->env, uri, &l);

	if (err == TREC_OK)
		err = trec_link_send(l, &b, 1, &n);
	trec_link_free(&l);
	return err;
}

/* A socket file without a listener, as a killed process leaves it. */
static void leave_stale(const char *uri)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", uri + 5);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
	CU_ASSERT_EQUAL(access(un.sun_path, F_OK), 0);
}

static void the_file_is_the_owners_whatever_the_umask(void)
{
	struct fault_env f;
	struct trec_listener *l;
	struct stat st;
	char uri[TREC_URI_MAX + 1];
	mode_t old = umask(0);

	environment(&f);
	at(uri, "mode");
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, uri, &l), TREC_OK);
	(void)umask(old);
	CU_ASSERT_EQUAL(stat(uri + 5, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	CU_ASSERT(S_ISSOCK(st.st_mode));
	trec_listener_free(&l);
	CU_ASSERT_NOT_EQUAL(access(uri + 5, F_OK), 0);
	CU_ASSERT(fault_env_clean(&f));
}

static void what_a_killed_process_left_is_replaced(void)
{
	struct fault_env f;
	struct trec_listener *l;
	char uri[TREC_URI_MAX + 1];

	environment(&f);
	at(uri, "stale");
	leave_stale(uri);
	CU_ASSERT_EQUAL(try_connect(&f, uri), TREC_E_UNREACHABLE);
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, uri, &l), TREC_OK);
	CU_ASSERT_EQUAL(try_connect(&f, uri), TREC_OK);
	trec_listener_free(&l);
	CU_ASSERT(fault_env_clean(&f));
}

static void a_live_listener_is_never_removed(void)
{
	struct fault_env f;
	struct trec_listener *first, *second = NULL;
	char uri[TREC_URI_MAX + 1];

	environment(&f);
	at(uri, "live");
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, uri, &first), TREC_OK);
	CU_ASSERT_EQUAL(trec_listen(&f.env, uri, &second), TREC_E_EXISTS);
	CU_ASSERT_EQUAL(try_connect(&f, uri), TREC_OK);
	trec_listener_free(&first);
	CU_ASSERT(fault_env_clean(&f));
}

static void a_file_that_is_no_socket_is_never_removed(void)
{
	struct fault_env f;
	struct trec_listener *l = NULL;
	char uri[TREC_URI_MAX + 1], target[TREC_URI_MAX + 1];

	environment(&f);
	at(uri, "file");
	int fd = open(uri + 5, O_CREAT | O_WRONLY, 0600);

	close(fd);
	CU_ASSERT_EQUAL(trec_listen(&f.env, uri, &l), TREC_E_EXISTS);
	CU_ASSERT_EQUAL(access(uri + 5, F_OK), 0);
	(void)unlink(uri + 5);

	at(target, "target");
	leave_stale(target);
	CU_ASSERT_EQUAL(symlink(target + 5, uri + 5), 0);
	CU_ASSERT_EQUAL(trec_listen(&f.env, uri, &l), TREC_E_EXISTS);
	CU_ASSERT_EQUAL(access(target + 5, F_OK), 0);
	(void)unlink(uri + 5);
	(void)unlink(target + 5);
	CU_ASSERT_PTR_NULL(l);
	CU_ASSERT(fault_env_clean(&f));
}

static void a_listener_removes_its_own_file_only(void)
{
	struct fault_env f;
	struct trec_listener *l, *other;
	char uri[TREC_URI_MAX + 1];

	environment(&f);
	at(uri, "own");
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, uri, &l), TREC_OK);
	CU_ASSERT_EQUAL(unlink(uri + 5), 0);
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, uri, &other), TREC_OK);
	trec_listener_free(&l);
	CU_ASSERT_EQUAL(try_connect(&f, uri), TREC_OK);
	trec_listener_free(&other);
	CU_ASSERT_NOT_EQUAL(access(uri + 5, F_OK), 0);
	CU_ASSERT(fault_env_clean(&f));
}

/* Paths around the 107 bytes of sockaddr_un, and up to the longest address. */
static void long_paths_work(void)
{
	struct fault_env f;
	char deep[TREC_URI_MAX + 1], uri[TREC_URI_MAX + 1];
	static const size_t lengths[] = { 105, 106, 107, 108, 109, 150, TREC_URI_MAX - 5 };

	environment(&f);
	snprintf(deep, sizeof(deep), "%s/%080d", dir, 1);
	CU_ASSERT_EQUAL(mkdir(deep, 0700), 0);
	size_t n = strlen(deep);

	snprintf(deep + n, sizeof(deep) - n, "/%080d", 2);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct trec_listener *l = NULL;
		bool deeper = lengths[i] >= 200;

		if (deeper)
			CU_ASSERT_EQUAL(mkdir(deep, 0700), 0);
		snprintf(uri, sizeof(uri), "unix:%.*s/%0*d", deeper ? 200 : (int)n, deep,
			 (int)(lengths[i] - (deeper ? strlen(deep) : n) - 1), 3);
		CU_ASSERT_EQUAL(strlen(uri), lengths[i] + 5);
		CU_ASSERT_EQUAL(trec_listen(&f.env, uri, &l), TREC_OK);
		CU_ASSERT_EQUAL(try_connect(&f, uri), TREC_OK);
		trec_listener_free(&l);
		CU_ASSERT_NOT_EQUAL(access(uri + 5, F_OK), 0);
		if (deeper)
			CU_ASSERT_EQUAL(rmdir(deep), 0);
	}
	deep[n] = '\0';
	CU_ASSERT_EQUAL(rmdir(deep), 0);
	CU_ASSERT(fault_env_clean(&f));
}

static void a_last_part_too_long_for_a_socket_is_a_bad_address(void)
{
	struct fault_env f;
	struct trec_listener *l = NULL;
	struct trec_link *link = NULL;
	char uri[TREC_URI_MAX + 1];

	environment(&f);
	snprintf(uri, sizeof(uri), "unix:%s/%0120d", dir, 1);
	CU_ASSERT_EQUAL(trec_listen(&f.env, uri, &l), TREC_E_BAD_URI);
	CU_ASSERT_EQUAL(trec_link_connect(&f.env, uri, &link), TREC_E_BAD_URI);
	CU_ASSERT(fault_env_clean(&f));
}

static void a_missing_directory_is_unreachable(void)
{
	struct fault_env f;
	struct trec_listener *l = NULL;
	char uri[TREC_URI_MAX + 1];

	environment(&f);
	at(uri, "no/such");
	CU_ASSERT_EQUAL(trec_listen(&f.env, uri, &l), TREC_E_UNREACHABLE);
	CU_ASSERT_EQUAL(try_connect(&f, uri), TREC_E_UNREACHABLE);
	CU_ASSERT(fault_env_clean(&f));
}

static void a_relative_path_survives_a_change_of_directory(void)
{
	struct fault_env f;
	struct trec_listener *l;
	char here[4096], uri[TREC_URI_MAX + 1];

	environment(&f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof(here)));
	CU_ASSERT_EQUAL_FATAL(chdir(dir), 0);
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, "unix:relative", &l), TREC_OK);
	CU_ASSERT_EQUAL(chdir(here), 0);
	at(uri, "relative");
	CU_ASSERT_EQUAL(try_connect(&f, uri), TREC_OK);
	trec_listener_free(&l);
	CU_ASSERT_NOT_EQUAL(access(uri + 5, F_OK), 0);
	CU_ASSERT(fault_env_clean(&f));
}

static void a_directory_locked_by_another_is_busy(void)
{
	struct fault_env f;
	struct trec_listener *l = NULL;
	char uri[TREC_URI_MAX + 1];
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	environment(&f);
	at(uri, "busy");
	CU_ASSERT_EQUAL(flock(fd, LOCK_EX), 0);
	CU_ASSERT_EQUAL(trec_listen(&f.env, uri, &l), TREC_E_BUSY);
	close(fd);
	CU_ASSERT_EQUAL(trec_listen(&f.env, uri, &l), TREC_OK);
	trec_listener_free(&l);
	CU_ASSERT(fault_env_clean(&f));
}

/*
 * Exit status of a racer: 0 it listens, 1 the address is in use or just being taken, 2 anything
 * else. Who listens lives until all others have tried, and dies without cleaning up.
 */
static void race(const char *uri, int go, int done)
{
	struct trec_listener *l = NULL;
	char b;

	(void)alarm(30);
	if (read(go, &b, 1) < 0)
		_exit(2);
	trec_err err = trec_listen(trec_env_default(), uri, &l);

	if (err == TREC_OK && read(done, &b, 1) < 0)
		_exit(2);
	_exit(err == TREC_OK ? 0 : err == TREC_E_EXISTS || err == TREC_E_BUSY ? 1 : 2);
}

static void of_many_starting_together_exactly_one_listens(void)
{
	char uri[TREC_URI_MAX + 1];
	int go[2], done[2], won = 0, in_use = 0;

	at(uri, "race");
	leave_stale(uri);
	CU_ASSERT_EQUAL_FATAL(pipe(go), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(done), 0);
	for (int i = 0; i < RACERS; i++) {
		if (fork() == 0) {
			close(go[1]);
			close(done[1]);
			race(uri, go[0], done[0]);
		}
	}
	close(go[0]);
	close(go[1]);
	close(done[0]);
	for (int i = 0; i < RACERS; i++) {
		int status = 0;

		if (i == RACERS - 1)
			close(done[1]);
		CU_ASSERT(waitpid(-1, &status, 0) > 0);
		won += WIFEXITED(status) && WEXITSTATUS(status) == 0;
		in_use += WIFEXITED(status) && WEXITSTATUS(status) == 1;
	}
	CU_ASSERT_EQUAL(won, 1);
	CU_ASSERT_EQUAL(in_use, RACERS - 1);
	(void)unlink(uri + 5);
}

/* More connections than the queue holds: the rest wait by time and come through. */
static void a_full_queue_is_waited_for(void)
{
	struct fault_env f;
	struct trec_listener *l;
	struct trec_link *link[200] = { NULL }, *b = NULL;
	struct trec_poll p;
	char uri[TREC_URI_MAX + 1];
	size_t waiting = 0, n;

	environment(&f);
	at(uri, "queue");
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, uri, &l), TREC_OK);
	for (int i = 0; i < 200; i++)
		CU_ASSERT_EQUAL_FATAL(trec_link_connect(&f.env, uri, &link[i]), TREC_OK);
	for (int i = 0; i < 200; i++) {
		trec_link_poll(link[i], false, &p);
		waiting += p.fd < 0 && p.next_ms != UINT64_MAX;
	}
	CU_ASSERT(waiting >= 50);
	for (int i = 0; i < 200; i++) {
		while (trec_listener_accept(l, &b) == TREC_OK)
			trec_link_free(&b);
		trec_link_poll(link[i], false, &p);
		if (p.fd < 0)
			(void)usleep(25000);
		trec_err err = trec_link_send(link[i], (const uint8_t *)"x", 1, &n);

		CU_ASSERT(err == TREC_OK || err == TREC_E_LOST);
		trec_link_free(&link[i]);
	}
	trec_listener_free(&l);
	CU_ASSERT(fault_env_clean(&f));
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_file_is_the_owners_whatever_the_umask),
	SUITE_CASE(what_a_killed_process_left_is_replaced),
	SUITE_CASE(a_live_listener_is_never_removed),
	SUITE_CASE(a_file_that_is_no_socket_is_never_removed),
	SUITE_CASE(a_listener_removes_its_own_file_only),
	SUITE_CASE(long_paths_work),
	SUITE_CASE(a_last_part_too_long_for_a_socket_is_a_bad_address),
	SUITE_CASE(a_missing_directory_is_unreachable),
	SUITE_CASE(a_relative_path_survives_a_change_of_directory),
	SUITE_CASE(a_directory_locked_by_another_is_busy),
	SUITE_CASE(of_many_starting_together_exactly_one_listens),
	SUITE_CASE(a_full_queue_is_waited_for),
};

int main(void)
{
	if (mkdtemp(dir) == NULL)
		return EXIT_FAILURE;
	int status = suite_main("unix", cases, sizeof(cases) / sizeof(cases[0]));

	return rmdir(dir) == 0 ? status : EXIT_FAILURE;
}
