/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about who may use a store: every refusal names the path and what to do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/store_dir.h"
#include "tests/lib/suite.h"

#define NOBODY 65534

static const struct trec_env *env;
static const char *program; /* argv[0] */

static void make(struct store_dir *d)
{
	struct trec_keystore *ks;

	if (trec_keystore_create(env, &d->options, "a", TREC_KEY_ED25519, &ks) != TREC_OK) {
		fprintf(stderr, "create: %s\n", d->why);
		abort();
	}
	trec_keystore_close(&ks);
}

/* Opening is refused as `err`, and the explanation holds both texts. */
static void refused(struct store_dir *d, trec_err err, const char *path, const char *command)
{
	struct trec_keystore *ks;
	trec_err got = trec_keystore_open(env, &d->options, &ks);

	CU_ASSERT_EQUAL(got, err);
	CU_ASSERT_PTR_NULL(ks);
	bool named = strstr(d->why, path) != NULL && strstr(d->why, command) != NULL;

	if (!named)
		printf("access: \"%s\" lacks \"%s\" or \"%s\"\n", d->why, path, command);
	CU_ASSERT_TRUE(named);
	if (got == TREC_OK)
		trec_keystore_close(&ks);
}

static void opens(struct store_dir *d)
{
	struct trec_keystore *ks;

	CU_ASSERT_EQUAL(trec_keystore_open(env, &d->options, &ks), TREC_OK);
	CU_ASSERT_STRING_EQUAL(d->why, "");
	trec_keystore_close(&ks);
}

static void c631_b_loose_modes_are_refused_with_the_chmod_to_run(void)
{
	static const char *const files[] = { "store", "key", "lock" };
	struct store_dir d;

	store_dir_begin(&d);
	make(&d);
	for (size_t i = 0; i < 3; i++) {
		const char *path = store_dir_file(&d, files[i]);
		struct stat st;

		CU_ASSERT_EQUAL(stat(path, &st), 0);
		CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
		for (mode_t bit = 1; bit <= 040; bit <<= 1) {
			char command[320];

			CU_ASSERT_EQUAL(chmod(path, 0600 | bit), 0);
			snprintf(command, sizeof command, "chmod 600 %s", path);
			refused(&d, TREC_E_STORE_MODE, path, command);
		}
		CU_ASSERT_EQUAL(chmod(path, 0600), 0);
	}
	CU_ASSERT_EQUAL(chmod(d.path, 0750), 0);
	refused(&d, TREC_E_STORE_MODE, d.path, "chmod 700 ");
	CU_ASSERT_EQUAL(chmod(d.path, 0700), 0);
	opens(&d);
	store_dir_end(&d);
}

static void c631_b_symbolic_and_hard_links_are_refused(void)
{
	static const char *const files[] = { "store", "key", "lock" };
	struct store_dir d, e;
	char moved[300], link_path[300];

	store_dir_begin(&d);
	store_dir_begin(&e);
	make(&d);
	snprintf(moved, sizeof moved, "%s/moved", e.path);
	for (size_t i = 0; i < 3; i++) {
		const char *path = store_dir_file(&d, files[i]);

		CU_ASSERT_EQUAL(link(path, moved), 0);
		refused(&d, TREC_E_STORE_MODE, path, "hard links");
		CU_ASSERT_EQUAL(unlink(path), 0);
		CU_ASSERT_EQUAL(symlink(moved, path), 0);
		refused(&d, TREC_E_STORE_MODE, path, "symbolic link");
		CU_ASSERT_EQUAL(rename(moved, path), 0);
		opens(&d);
	}
	snprintf(link_path, sizeof link_path, "%s/link", e.path);
	CU_ASSERT_EQUAL(symlink(d.path, link_path), 0);
	e.options.dir = link_path;
	refused(&e, TREC_E_STORE_MODE, link_path, "symbolic link");
	store_dir_end(&e);
	store_dir_end(&d);
}

static void things_that_are_no_regular_files_are_refused(void)
{
	struct store_dir d;
	const char *path;

	store_dir_begin(&d);
	make(&d);
	path = store_dir_file(&d, "store");
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	refused(&d, TREC_E_STORE_MODE, path, "not a regular file");
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	refused(&d, TREC_E_STORE_MODE, path, "not a regular file");
	CU_ASSERT_EQUAL(rmdir(path), 0);
	refused(&d, TREC_E_NO_STORE, d.path, "trec init");
	store_dir_end(&d);
}

static void c631_b_parent_that_others_may_write_is_refused_unless_sticky(void)
{
	struct store_dir d, inner;
	char sub[300];

	store_dir_begin(&d);
	memset(&inner, 0, sizeof inner);
	snprintf(sub, sizeof sub, "%s/sub", d.path);
	inner.options.dir = sub;
	inner.options.why = inner.why;
	memcpy(inner.path, d.path, sizeof inner.path);
	make(&inner);
	CU_ASSERT_EQUAL(chmod(d.path, 0777), 0);
	refused(&inner, TREC_E_STORE_MODE, d.path, "chmod go-w ");
	CU_ASSERT_EQUAL(chmod(d.path, 0770), 0);
	refused(&inner, TREC_E_STORE_MODE, d.path, "chmod go-w ");
	CU_ASSERT_EQUAL(chmod(d.path, 01777), 0);
	opens(&inner);
	CU_ASSERT_EQUAL(chmod(d.path, 0755), 0);
	opens(&inner);
	snprintf(inner.path, sizeof inner.path, "%.160s/sub", d.path);
	store_dir_end(&inner);
	store_dir_end(&d);
}

static void c631_b_another_owner_is_refused_with_the_chown_to_run(void)
{
	static const char *const files[] = { "store", "key", "lock" };
	struct store_dir d, inner;
	char sub[300];

	if (geteuid() != 0) {
		printf("access: other owners not tried: not root\n");
		CU_PASS("not root");
		return;
	}
	store_dir_begin(&d);
	memset(&inner, 0, sizeof inner);
	snprintf(inner.path, sizeof inner.path, "%.160s/sub", d.path);
	snprintf(sub, sizeof sub, "%s/sub", d.path);
	inner.options.dir = sub;
	inner.options.why = inner.why;
	make(&inner);
	for (size_t i = 0; i < 3; i++) {
		const char *path = store_dir_file(&inner, files[i]);

		CU_ASSERT_EQUAL(chown(path, NOBODY, NOBODY), 0);
		refused(&inner, TREC_E_STORE_MODE, path, "chown 0 ");
		CU_ASSERT_EQUAL(chown(path, 0, 0), 0);
	}
	CU_ASSERT_EQUAL(chown(inner.path, NOBODY, NOBODY), 0);
	refused(&inner, TREC_E_STORE_MODE, inner.path, "chown -R 0 ");
	CU_ASSERT_EQUAL(chown(inner.path, 0, 0), 0);
	CU_ASSERT_EQUAL(chown(d.path, NOBODY, NOBODY), 0);
	refused(&inner, TREC_E_STORE_MODE, d.path, "chown 0 ");
	CU_ASSERT_EQUAL(chown(d.path, 0, 0), 0);
	opens(&inner);
	store_dir_end(&inner);
	store_dir_end(&d);
}

static void c631_b_another_user_cannot_open_the_store(void)
{
	struct store_dir d;
	int status = 0;

	if (geteuid() != 0) {
		printf("access: another user not tried: not root\n");
		CU_PASS("not root");
		return;
	}
	store_dir_begin(&d);
	make(&d);
	pid_t child = fork();

	if (child == 0) {
		/* A fresh program: the arena is not handed on by fork. */
		execl(program, program, d.path, (char *)NULL);
		_exit(3);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	store_dir_end(&d);
}

static void init_makes_directory_and_parents_for_the_owner_only(void)
{
	struct store_dir d, inner;
	char deep[300], parent[300];
	struct stat st;
	mode_t mask = umask(0);

	store_dir_begin(&d);
	memset(&inner, 0, sizeof inner);
	snprintf(parent, sizeof parent, "%s/x", d.path);
	snprintf(deep, sizeof deep, "%s/x//./y/", d.path);
	snprintf(inner.path, sizeof inner.path, "%.160s/x/y", d.path);
	inner.options.dir = deep;
	inner.options.why = inner.why;
	make(&inner);
	umask(mask);
	opens(&inner);
	CU_ASSERT_EQUAL(stat(parent, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0700);
	CU_ASSERT_EQUAL(stat(inner.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0700);
	CU_ASSERT_EQUAL(stat(store_dir_file(&inner, "store"), &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	store_dir_end(&inner);
	CU_ASSERT_EQUAL(rmdir(parent), 0);
	store_dir_end(&d);
}

static void init_refuses_a_loose_or_foreign_directory(void)
{
	struct store_dir d;
	struct trec_keystore *ks;

	store_dir_begin(&d);
	CU_ASSERT_EQUAL(chmod(d.path, 0755), 0);
	CU_ASSERT_EQUAL(trec_keystore_create(env, &d.options, "a", TREC_KEY_P256, &ks),
			TREC_E_STORE_MODE);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.why, "chmod 700 "));
	CU_ASSERT_EQUAL(chmod(d.path, 0700), 0);
	store_dir_write(&d, "letter.txt", (const uint8_t *)"hello", 5, 0600);
	CU_ASSERT_EQUAL(trec_keystore_create(env, &d.options, "a", TREC_KEY_P256, &ks),
			TREC_E_EXISTS);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.why, "letter.txt"));
	CU_ASSERT_EQUAL(access(store_dir_file(&d, "store"), F_OK), -1);
	d.options.dir = "";
	CU_ASSERT_EQUAL(trec_keystore_create(env, &d.options, "a", TREC_KEY_P256, &ks),
			TREC_E_USAGE);
	d.options.dir = "/";
	CU_ASSERT_EQUAL(trec_keystore_create(env, &d.options, "a", TREC_KEY_P256, &ks),
			TREC_E_USAGE);
	d.options.dir = d.path;
	store_dir_end(&d);
}

static void link_on_the_way_is_followed_only_if_root_or_the_owner_laid_it(void)
{
	struct store_dir d, e;
	char through[300];
	const char *link_path;

	store_dir_begin(&d);
	store_dir_begin(&e);
	link_path = store_dir_file(&e, "way");
	CU_ASSERT_EQUAL(symlink(d.path, link_path), 0);
	snprintf(through, sizeof through, "%s/s", link_path);
	e.options.dir = through;
	make(&e);
	opens(&e);
	if (geteuid() == 0) {
		CU_ASSERT_EQUAL(lchown(link_path, NOBODY, NOBODY), 0);
		refused(&e, TREC_E_STORE_MODE, "way", "not followed");
		CU_ASSERT_EQUAL(lchown(link_path, 0, 0), 0);
	}
	snprintf(through, sizeof through, "%s/loop/s", e.path);
	CU_ASSERT_EQUAL(symlink("loop", store_dir_file(&e, "loop")), 0);
	struct trec_keystore *ks;

	CU_ASSERT_NOT_EQUAL(trec_keystore_open(env, &e.options, &ks), TREC_OK);
	store_dir_end(&e);
	snprintf(e.path, sizeof e.path, "%.160s/s", d.path);
	store_dir_end(&e);
	store_dir_end(&d);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_b_loose_modes_are_refused_with_the_chmod_to_run),
	SUITE_CASE(c631_b_symbolic_and_hard_links_are_refused),
	SUITE_CASE(things_that_are_no_regular_files_are_refused),
	SUITE_CASE(c631_b_parent_that_others_may_write_is_refused_unless_sticky),
	SUITE_CASE(c631_b_another_owner_is_refused_with_the_chown_to_run),
	SUITE_CASE(c631_b_another_user_cannot_open_the_store),
	SUITE_CASE(init_makes_directory_and_parents_for_the_owner_only),
	SUITE_CASE(init_refuses_a_loose_or_foreign_directory),
	SUITE_CASE(link_on_the_way_is_followed_only_if_root_or_the_owner_laid_it),
};

/* As another user: is the store refused? */
static int intrude(const char *path)
{
	char why[TREC_WHY_LEN];
	struct trec_keystore_options options = { .dir = path, .why = why };
	struct trec_keystore *ks;

	if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
		return 2;
	return trec_keystore_open(env, &options, &ks) == TREC_E_STORE_MODE ? 0 : 1;
}

int main(int argc, char **argv)
{
	program = argv[0];
	env = trec_env_default();
	if (argc > 1)
		return intrude(argv[1]);
	unsetenv("CREDENTIALS_DIRECTORY");
	return suite_main("keystore access", cases, sizeof cases / sizeof cases[0]);
}
