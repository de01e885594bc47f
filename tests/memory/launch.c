/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: how well a process can keep its secrets depends on its kernel and limits. This
 * runs a command on a lesser machine than the one at hand, by a system call filter:
 *
 *   launch [no-secretmem] [no-mlock] [dumpable] -- COMMAND...
 *
 * no-secretmem: memfd_secret does not exist. no-mlock: no memory may be locked. dumpable: the
 * command cannot turn its core dumps off. `launch has-secretmem` exits 0 where the kernel has it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

#define RULES_MAX 48

static struct sock_filter rules[RULES_MAX];
static unsigned short count;

static void rule(uint16_t code, uint8_t yes, uint8_t no, uint32_t k)
{
	rules[count++] = (struct sock_filter){ code, yes, no, k };
}

/* What the accumulator is loaded with: a field of struct seccomp_data. */
static void load(size_t offset)
{
	rule(BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void refuse(long number, int error)
{
	rule(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)number);
	rule(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | (uint32_t)error);
}

/* Only where the argument has that value (its low half; the values are small). */
static void refuse_with(long number, unsigned argument, uint32_t value)
{
	size_t at = offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t);

	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		at += 4;
	rule(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)number);
	load(at);
	rule(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
	rule(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM);
	load(offsetof(struct seccomp_data, nr));
}

static bool apply(void)
{
	struct sock_fprog program = { 0, rules };

	rule(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	program.len = count;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool dumpable(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	refuse_with(SYS_prctl, 0, PR_SET_DUMPABLE);
	refuse_with(SYS_prlimit64, 1, RLIMIT_CORE);
#ifdef SYS_setrlimit
	refuse_with(SYS_setrlimit, 0, RLIMIT_CORE);
#endif
	return setrlimit(RLIMIT_CORE, &all) == 0;
}

int main(int argc, char **argv)
{
	int i = 1;
	bool ok = true;

	if (argc == 2 && strcmp(argv[1], "has-secretmem") == 0)
		return syscall(SYS_memfd_secret, 0) >= 0 ? 0 : 1;
	load(offsetof(struct seccomp_data, nr));
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "no-secretmem") == 0)
			refuse(SYS_memfd_secret, ENOSYS);
		else if (strcmp(argv[i], "no-mlock") == 0)
			refuse(SYS_mlock, EPERM);
		else if (strcmp(argv[i], "dumpable") == 0)
			ok = dumpable() && ok;
		else
			ok = false;
	}
	if (!ok || i + 1 >= argc || !apply()) {
		fprintf(stderr, "launch: %s\n", errno ? strerror(errno) : "usage");
		return 77;
	}
	execvp(argv[i + 1], argv + i + 1);
	fprintf(stderr, "launch: %s: %s\n", argv[i + 1], strerror(errno));
	return 127;
}
