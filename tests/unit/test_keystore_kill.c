/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about the store in a real process: killed before every single system call of making,
 * changing and opening a store, and with every call on a file failing in turn. Each run is this
 * program again, under strace. `soak` takes other records each round until TREC_SOAK_SECONDS are
 * over, and every call from the program's start on; a failure prints how to see it again.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/killed_store.h"
#include "tests/lib/strace_rig.h"
#include "tests/lib/suite.h"

static const char *program; /* argv[0] */
static bool soaking;
static unsigned long seed;
static struct strace_list list; /* too large for the stack */

struct tally {
	unsigned long runs, before, after, acknowledged;
};

static struct tally tally;

/* Runs op with `how` at one call and judges what is left. */
static bool once(const struct killed_op *op, struct killed_store *s, const struct strace_call *call,
		 const char *how, bool must_work)
{
	char number[24];
	char *argv[] = { (char *)(size_t)program, (char *)(size_t)"op", (char *)(size_t)op->name,
			 number, s->d.path, NULL };
	struct strace_end end;

	snprintf(number, sizeof number, "%lu", seed);
	killed_store_restore(s);
	strace_rig_run(argv, call, how, &end);
	bool acknowledged = strcmp(end.said, "done\n") == 0;

	/* A newest copy that cannot be read: the one before it, whose commit was acknowledged. */
	s->may_be_old = !end.killed;
	const char *wrong = killed_store_judge(s, acknowledged);

	if (wrong == NULL && !end.killed && end.status != 0 && end.status != 1)
		wrong = "it ended badly";
	if (wrong == NULL && must_work && !acknowledged)
		wrong = "it was not carried on";
	if (wrong == NULL && end.status == 1 && acknowledged)
		wrong = "it said done and failed";
	tally.runs++;
	tally.acknowledged += acknowledged;
	tally.after += s->is_new;
	tally.before += !s->is_new;
	if (wrong != NULL)
		printf("kill: %s, seed %lu, %s at %s number %u: %s\n"
		       "replay: tests/unit/test_keystore_kill replay %lu %s %s %u %s\n",
		       op->name, seed, how, call->name, call->nth, wrong, seed, op->name,
		       call->name, call->nth, how);
	return wrong == NULL;
}

/* A sanitizer makes each run many times as long; what it can find, it finds in some of them. */
static size_t stride(void)
{
	return suite_shadowed() && !soaking && list.n > 50 ? 5 : 1;
}

static void calls_of(const struct killed_op *op, struct killed_store *s, bool from_start)
{
	char number[24];
	char *argv[] = { (char *)(size_t)program, (char *)(size_t)"op", (char *)(size_t)op->name,
			 number, s->d.path, NULL };

	snprintf(number, sizeof number, "%lu", seed);
	killed_store_restore(s);
	strace_rig_list(argv, from_start, &list);
}

static void killed_before_every_call(const char *name)
{
	const struct killed_op *op = killed_op_find(name);
	struct killed_store s;
	unsigned bad = 0;

	tally = (struct tally){ 0 };
	killed_store_begin(&s, op, seed);
	calls_of(op, &s, soaking);
	for (size_t i = 0; i < list.n; i += stride())
		bad += !once(op, &s, &list.call[i], "signal=KILL", false);
	killed_store_end(&s);
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_TRUE(tally.runs > 5);
	printf("kill: %s: killed before %lu calls; as before %lu, as after %lu\n", op->name,
	       tally.runs, tally.before, tally.after);
	/* Opening what was cut short changes nothing that can be asked for. */
	if (strcmp(op->name, "recover") != 0)
		CU_ASSERT_TRUE(tally.before > 0);
	CU_ASSERT_TRUE(tally.after > 0);
}

#define KILLED(op)                                                                                \
	static void c631_f_##op##_killed_before_every_system_call_is_done_or_not_begun(void)      \
	{                                                                                         \
		killed_before_every_call(#op);                                                    \
	}

KILLED(init)
KILLED(init_with_passphrase)
KILLED(put)
KILLED(replace)
KILLED(delete)
KILLED(part)
KILLED(grow)
KILLED(rename)
KILLED(renew)
KILLED(recover)

/* Calls on files, and whether being interrupted is something they must carry on after. */
static const struct file_call {
	const char *name;
	bool carries_on;
} file_calls[] = {
	{ "openat", true },    { "pread64", true },    { "pwrite64", true },  { "fdatasync", true },
	{ "fsync", true },     { "fallocate", true },  { "flock", true },     { "renameat", true },
	{ "unlinkat", true },  { "mkdirat", true },    { "newfstatat", false }, { "fstat", false },
	{ "ftruncate", false }, { "getdents64", false }, { "ioctl", false },   { "fstatfs", false },
	{ "statx", false },    { "readlinkat", false },
};

static const struct file_call *file_call_find(const char *name)
{
	for (size_t i = 0; i < sizeof file_calls / sizeof file_calls[0]; i++)
		if (strcmp(file_calls[i].name, name) == 0)
			return &file_calls[i];
	return NULL;
}

static void failing(const char *error)
{
	static const char *const names[] = { "init", "part", "grow", "renew", "recover" };
	bool interrupted = strcmp(error, "error=EINTR") == 0;
	unsigned bad = 0;

	for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
		const struct killed_op *op = killed_op_find(names[k]);
		struct killed_store s;

		tally = (struct tally){ 0 };
		killed_store_begin(&s, op, seed);
		calls_of(op, &s, false);
		for (size_t i = 0; i < list.n; i += stride()) {
			const struct file_call *f = file_call_find(list.call[i].name);

			if (f != NULL)
				bad += !once(op, &s, &list.call[i], error,
					     interrupted && f->carries_on);
		}
		killed_store_end(&s);
		CU_ASSERT_TRUE(tally.runs > 3);
	}
	CU_ASSERT_EQUAL(bad, 0);
}

static void c631_f_every_call_on_a_file_fails_with_eio_and_nothing_is_half(void)
{
	failing("error=EIO");
}

static void c631_f_every_call_on_a_file_fails_with_enospc_and_nothing_is_half(void)
{
	failing("error=ENOSPC");
}

static void c631_f_every_call_on_a_file_that_is_interrupted_is_carried_on(void)
{
	failing("error=EINTR");
}

static void a_call_that_is_interrupted_for_ever_ends_as_an_error(void)
{
	static const char *const names[] = { "openat", "flock",    "pread64",
					     "pwrite64", "fdatasync" };
	const struct killed_op *op = killed_op_find("part");
	struct killed_store s;
	char number[24];
	char *argv[] = { (char *)(size_t)program, (char *)(size_t)"op", (char *)(size_t)op->name,
			 number, NULL, NULL };

	snprintf(number, sizeof number, "%lu", seed);
	killed_store_begin(&s, op, seed);
	argv[4] = s.d.path;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct strace_call call = { .nth = 1 };
		struct strace_end end;
		size_t first = 0;

		calls_of(op, &s, false);
		while (first < list.n && strcmp(list.call[first].name, names[i]) != 0)
			first++;
		CU_ASSERT_TRUE_FATAL(first < list.n);
		call = list.call[first];
		killed_store_restore(&s);
		strace_rig_run_from(argv, &call, "error=EINTR", &end);
		CU_ASSERT_EQUAL(end.status, 1);
		CU_ASSERT_PTR_NULL(killed_store_judge(&s, false));
	}
	killed_store_end(&s);
}

/* The judge is no yes-man: it names what is wrong with stores that no kill may leave. */
static void the_judge_notices_a_lost_a_half_and_a_remembered_change(void)
{
	const struct killed_op *op = killed_op_find("part");
	struct killed_store s;
	const char *wrong;

	killed_store_begin(&s, op, seed);
	killed_store_restore(&s);
	wrong = killed_store_judge(&s, true); /* acknowledged, but nothing happened */
	CU_ASSERT_PTR_NOT_NULL(wrong);
	killed_store_restore(&s);
	killed_store_spoil(&s); /* one of its changes alone */
	wrong = killed_store_judge(&s, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(wrong);
	CU_ASSERT_PTR_NOT_NULL(strstr(wrong, "neither"));
	killed_store_restore(&s);
	CU_ASSERT_EQUAL(killed_op_run(op, seed, s.d.path), 0);
	CU_ASSERT_PTR_NULL(killed_store_judge(&s, true));
	killed_store_haunt(&s); /* a byte string of the deleted record behind the store's end */
	wrong = killed_store_judge(&s, true);
	CU_ASSERT_PTR_NOT_NULL_FATAL(wrong);
	CU_ASSERT_PTR_NOT_NULL(strstr(wrong, "is still"));
	killed_store_end(&s);
}

#define CASE(op) SUITE_CASE(c631_f_##op##_killed_before_every_system_call_is_done_or_not_begun)

static const struct suite_case cases[] = {
	CASE(init),
	CASE(init_with_passphrase),
	CASE(put),
	CASE(replace),
	CASE(delete),
	CASE(part),
	CASE(grow),
	CASE(rename),
	CASE(renew),
	CASE(recover),
	SUITE_CASE(c631_f_every_call_on_a_file_fails_with_eio_and_nothing_is_half),
	SUITE_CASE(c631_f_every_call_on_a_file_fails_with_enospc_and_nothing_is_half),
	SUITE_CASE(c631_f_every_call_on_a_file_that_is_interrupted_is_carried_on),
	SUITE_CASE(a_call_that_is_interrupted_for_ever_ends_as_an_error),
	SUITE_CASE(the_judge_notices_a_lost_a_half_and_a_remembered_change),
};

/* replay SEED OP CALL NTH HOW */
static int replay(char **argv)
{
	const struct killed_op *op = killed_op_find(argv[1]);
	struct strace_call call = { .nth = (unsigned)strtoul(argv[3], NULL, 10) };
	struct killed_store s;

	seed = strtoul(argv[0], NULL, 10);
	snprintf(call.name, sizeof call.name, "%s", argv[2]);
	if (op == NULL)
		return EXIT_FAILURE;
	killed_store_begin(&s, op, seed);
	const struct file_call *f = file_call_find(call.name);
	bool interrupted = strcmp(argv[4], "error=EINTR") == 0;
	bool ok = once(op, &s, &call, argv[4], interrupted && f != NULL && f->carries_on);

	killed_store_end(&s);
	puts(ok ? "well" : "bad");
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const char *limit = getenv("TREC_SOAK_SECONDS");
	time_t start = time(NULL);
	int status;

	program = argv[0];
	unsetenv("CREDENTIALS_DIRECTORY");
	/* A kill leaves what was written on any file system: one where syncs take no time. */
	if (getenv("TMPDIR") == NULL && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	if (argc == 5 && strcmp(argv[1], "op") == 0) {
		const struct killed_op *op = killed_op_find(argv[2]);

		strace_rig_begin();
		return killed_op_run(op, strtoul(argv[3], NULL, 10), argv[4]);
	}
	const char *cannot = strace_rig_cannot();

	if (cannot != NULL)
		suite_skip("keystore kill", cannot);
	if (argc == 7 && strcmp(argv[1], "replay") == 0)
		return replay(argv + 2);
	soaking = argc > 1 && strcmp(argv[1], "soak") == 0;
	do {
		seed = soaking ? (unsigned long)time(NULL) * 10 + seed % 10 + 1 : 0;
		status = suite_main("keystore kill", cases, sizeof cases / sizeof cases[0]);
	} while (soaking && status == EXIT_SUCCESS && limit != NULL &&
		 time(NULL) - start < strtol(limit, NULL, 10));
	return status;
}
