/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks of what users type; see syntax.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <trec/peer.h>
#include <trec/transport.h>
#include <trec/window.h>

#include "tools/trec/syntax.h"

trec_err syntax_pin(const char *text, struct failure *f)
{
	if (trec_pin_check(text) == TREC_OK)
		return TREC_OK;
	return fail(f, TREC_E_BAD_PIN,
		    "the PIN given is not 6 to 12 digits (it has %zu characters)", strlen(text));
}

trec_err syntax_code(const char *text, struct failure *f)
{
	struct trec_code_info info;
	trec_err err = trec_code_check(text, &info);

	if (err == TREC_OK)
		return TREC_OK;
	if (err != TREC_E_BAD_CODE)
		return fail_plain(f, err);
	if (strncmp(text, "TREC:", 5) != 0)
		return fail(f, err, "a pairing code begins with TREC: and this does not");
	return fail(f, err, "the pairing code is damaged or mistyped");
}

static trec_err uri_failure(const char *text, trec_err err, struct failure *f)
{
	if (err == TREC_OK)
		return TREC_OK;
	if (err == TREC_E_UNSUPPORTED)
		return fail(f, err, "this build has no transport for the address %.255s", text);
	return fail(f, err, "the address %.255s is not understood", text);
}

trec_err syntax_uri(const char *text, struct failure *f)
{
	return uri_failure(text, trec_uri_check(text), f);
}

trec_err syntax_listen_uri(const char *text, struct failure *f)
{
	return uri_failure(text, trec_uri_check_listen(text), f);
}

trec_err syntax_right(const char *text, struct failure *f)
{
	if (trec_right_check(text) == TREC_OK)
		return TREC_OK;
	fail(f, TREC_E_USAGE, "there is no right %.64s", text);
	fail_hint(f, "write service:NAME, service:* or introduce");
	return f->err;
}

/* What a right can name, but for the star that means all of them. */
static bool is_service(const char *name)
{
	char right[TREC_RIGHT_MAX + 1];
	int n = snprintf(right, sizeof right, "service:%s", name);

	return n > 0 && n < (int)sizeof right && trec_right_check(right) == TREC_OK &&
	       strcmp(name, "*") != 0;
}

trec_err syntax_service(const char *text, struct failure *f)
{
	if (is_service(text))
		return TREC_OK;
	fail(f, TREC_E_USAGE, "%.64s is no service name", text);
	fail_hint(f, "use 1 to %d letters, digits, dots, dashes and underlines, the first a letter "
		     "or digit",
		  TREC_SERVICE_MAX);
	return f->err;
}

trec_err syntax_offer(const char *text, struct syntax_offer *out, struct failure *f)
{
	const char *sign = strchr(text, '=');
	size_t n = sign ? (size_t)(sign - text) : 0;

	memset(out, 0, sizeof *out);
	if (n == 0 || n > TREC_SERVICE_MAX || !sign[1])
		return fail(f, TREC_E_USAGE,
			    "--service: '%s' is not NAME=COMMAND or NAME=tcp:HOST:PORT", text);
	memcpy(out->name, text, n);
	if (!is_service(out->name))
		return fail(f, TREC_E_USAGE, "--service: '%s' is no name of a service", out->name);
	if (strncmp(sign + 1, "tcp:", 4) != 0) {
		out->command = sign + 1;
		return TREC_OK;
	}
	if (snprintf(out->tcp, sizeof out->tcp, "tcp://%s", sign + 5) >= (int)sizeof out->tcp ||
	    trec_uri_check(out->tcp) != TREC_OK)
		return fail(f, TREC_E_USAGE, "--service: '%s' is not tcp:HOST:PORT", sign + 1);
	return TREC_OK;
}

/* The shape of a date: every d a digit, all else itself. */
static bool has_shape(const char *text, const char *shape)
{
	for (; *text && *shape; text++, shape++) {
		if (*shape == 'd' ? *text < '0' || *text > '9' : *text != *shape)
			return false;
	}
	return !*text && !*shape;
}

static int two(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

trec_err syntax_date(const char *text, int64_t *out, struct failure *f)
{
	bool day_only = has_shape(text, "dddd-dd-dd");
	struct tm tm = { 0 };
	struct tm back;
	time_t t;

	*out = 0;
	if (!day_only && !has_shape(text, "dddd-dd-ddTdd:dd:ddZ"))
		goto bad;
	tm.tm_year = two(text) * 100 + two(text + 2) - 1900;
	tm.tm_mon = two(text + 5) - 1;
	tm.tm_mday = two(text + 8);
	if (!day_only) {
		tm.tm_hour = two(text + 11);
		tm.tm_min = two(text + 14);
		tm.tm_sec = two(text + 17);
	}
	back = tm;
	t = timegm(&back);
	/* timegm turns February 30 into March: such a date is no date. */
	if (back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday || back.tm_hour != tm.tm_hour ||
	    back.tm_min != tm.tm_min || back.tm_sec != tm.tm_sec || t <= 0)
		goto bad;
	*out = (int64_t)t + (day_only ? 24 * 60 * 60 : 0);
	return TREC_OK;
bad:
	fail(f, TREC_E_USAGE, "%.64s is no date", text);
	fail_hint(f, "write 2027-01-31 or 2027-01-31T18:00:00Z (UTC)");
	return f->err;
}

bool syntax_format_time(int64_t seconds, char out[SYNTAX_TIME_LEN + 1])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	out[0] = 0;
	if (!gmtime_r(&t, &tm) || tm.tm_year < -1899 || tm.tm_year > 8099)
		return false;
	return strftime(out, SYNTAX_TIME_LEN + 1, "%Y-%m-%dT%H:%M:%SZ", &tm) == SYNTAX_TIME_LEN;
}
