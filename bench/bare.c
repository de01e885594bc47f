/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the floor. What a program costs that uses wolfSSL and nothing else for the
 * same handshake over memory, with contexts made once as such programs do: a PSK handshake
 * (psk), mutual certificates, pinned (cert), and the single primitives that a pairing cannot do
 * without. No line of libtrec is in it.
 *
 *	bare NAME COUNT WARM [DIR]
 */
#include "bench/bare.h"
#include "bench/peak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t spent;

_Noreturn void bare_die(const char *what)
{
	(void)fprintf(stderr, "bare: %s\n", what);
	exit(1);
}

void bare_must(bool ok, const char *what)
{
	if (!ok)
		bare_die(what);
}

static uint64_t processor_ns(void)
{
	struct timespec t;

	bare_must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0, "a clock");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

__attribute__((noinline)) void bench_measured(void (*f)(void *ctx), void *ctx)
{
	uint64_t from = processor_ns();

	f(ctx);
	spent += processor_ns() - from;
}

static const struct {
	const char *name;
	void (*run)(const struct bare_plan *plan);
} workloads[] = {
	{ "psk", bare_psk },
	{ "cert", bare_cert },
	{ "stream", bare_stream }, /* MIB WRITE DIR */
	{ "idle", bare_idle },     /* SESSIONS 0 DIR */
	{ "ecc-new", bare_ecc_new },
	{ "ecc-fixed", bare_ecc_fixed },
	{ "ed25519-sign", bare_sign },
	{ "ed25519-verify", bare_verify },
};

int main(int argc, char **argv)
{
	struct bare_plan plan = { .name = argc > 1 ? argv[1] : "",
				  .count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1,
				  .warm = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0,
				  .dir = argc > 4 ? argv[4] : "." };

	bare_must(wolfSSL_Init() == WOLFSSL_SUCCESS, "wolfSSL starts");
	for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
		if (strcmp(workloads[i].name, plan.name) != 0)
			continue;
		workloads[i].run(&plan);
		if (spent > 0)
			(void)printf("ns %.0f\n", (double)spent / plan.count);
		(void)printf("peak_kb %.0f\n", bench_peak_kb());
		(void)wolfSSL_Cleanup();
		return 0;
	}
	(void)fprintf(stderr, "usage: bare NAME [COUNT [WARM [DIR]]]\n");
	return 2;
}
