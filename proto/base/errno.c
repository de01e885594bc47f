/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: strerror may share one buffer between threads, and there are two functions by
 * the name of strerror_r: without _GNU_SOURCE it is POSIX's, whatever the compiler was told.
 */
#undef _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "proto/base/base.h"

const char *base_errno_text(int e, char buf[BASE_ERRNO_TEXT])
{
	if (strerror_r(e, buf, BASE_ERRNO_TEXT) != 0)
		(void)snprintf(buf, BASE_ERRNO_TEXT, "error %d", e);
	return buf;
}
