/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the most memory a process had at a time, as the kernel counts it for the
 * program itself (what getrusage says starts with the shell that ran it).
 */
#ifndef TREC_BENCH_PEAK_H
#define TREC_BENCH_PEAK_H

#include <stdio.h>

/* Kilobytes; 0: this system does not say. */
static inline double bench_peak_kb(void)
{
	char line[256];
	double kb = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmHWM: %lf", &kb) == 1)
			break;
	if (f != NULL)
		(void)fclose(f);
	return kb;
}

#endif
