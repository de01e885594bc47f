/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what measuring a keystore needs: every write and sync of it written down, and
 * both clocks. Only one store at a time is looked at.
 */
#ifndef TREC_BENCH_DISK_H
#define TREC_BENCH_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <trec/env.h>

/* env's writes and syncs pass through here from now on. */
void bench_disk_watch(struct trec_env *env);
/* Begins anew to write down; until bench_disk_end(). */
void bench_disk_begin(void);
void bench_disk_end(void);
/* What was written down. */
unsigned bench_disk_syncs(void);
size_t bench_disk_written(void);
/* The same writes and syncs to a plain file; nanoseconds. */
uint64_t bench_disk_again(int fd);

uint64_t bench_wall_ns(void);
/* For what waits for nothing: others on the machine then do not count. */
uint64_t bench_processor_ns(void);
/* Sorts. */
double bench_median(double *v, size_t n);

#endif
