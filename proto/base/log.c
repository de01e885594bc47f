/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One bounded line to the environment's log. */
#include "proto/base/base.h"

#include <stdarg.h>
#include <stdio.h>

void base_log(const struct trec_env *env, enum trec_level level, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n >= 0)
		env->log(env->ctx, level, line);
}
