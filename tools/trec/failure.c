/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What went wrong, in words for the user; see failure.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/trec/failure.h"

trec_err fail(struct failure *f, trec_err err, const char *fmt, ...)
{
	va_list ap;

	*f = (struct failure){ .err = err };
	va_start(ap, fmt);
	(void)vsnprintf(f->message, sizeof f->message, fmt, ap);
	va_end(ap);
	(void)snprintf(f->hint, sizeof f->hint, "%s", trec_err_hint(err));
	return err;
}

trec_err fail_plain(struct failure *f, trec_err err)
{
	if (f->err == err && f->message[0])
		return err;
	return fail(f, err, "%s", trec_err_text(err));
}

void fail_hint(struct failure *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(f->hint, sizeof f->hint, fmt, ap);
	va_end(ap);
}
