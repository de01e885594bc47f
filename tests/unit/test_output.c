/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the command prints, and what it takes for a date, a PIN, an address, a picture. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/suite.h"
#include "tools/trec/out.h"
#include "tools/trec/qr.h"
#include "tools/trec/refusal.h"
#include "tools/trec/render.h"
#include "tools/trec/syntax.h"

static struct failure f;

static void times_are_rfc_3339_in_utc(void)
{
	char text[SYNTAX_TIME_LEN + 1];

	CU_ASSERT_TRUE(syntax_format_time(0, text));
	CU_ASSERT_STRING_EQUAL(text, "1970-01-01T00:00:00Z");
	CU_ASSERT_TRUE(syntax_format_time(1709210096, text));
	CU_ASSERT_STRING_EQUAL(text, "2024-02-29T12:34:56Z");
	CU_ASSERT_FALSE(syntax_format_time(INT64_MAX, text));
	CU_ASSERT_FALSE(syntax_format_time(INT64_MIN, text));
}

static void dates_are_read_as_utc(void)
{
	int64_t t = 0;

	CU_ASSERT_EQUAL(syntax_date("2024-02-29T12:34:56Z", &t, &f), TREC_OK);
	CU_ASSERT_EQUAL(t, 1709210096);
	CU_ASSERT_EQUAL(syntax_date("2024-02-29", &t, &f), TREC_OK);
	CU_ASSERT_EQUAL(t, 1709251200); /* the day's end */
}

static void what_is_no_date_is_refused(void)
{
	static const char *const bad[] = { "",
					   "2023-02-29",
					   "2024-13-01",
					   "2024-2-1",
					   "24-02-01",
					   "2024-02-01 ",
					   "2024-02-01T",
					   "2024-02-01T25:00:00Z",
					   "2024-02-01T12:00:00+01:00",
					   "1960-01-01",
					   "tomorrow",
					   "2024-00-10" };
	int64_t t = 1;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		CU_ASSERT_EQUAL(syntax_date(bad[i], &t, &f), TREC_E_USAGE);
		CU_ASSERT_EQUAL(t, 0);
	}
}

static void a_bad_secret_is_never_repeated(void)
{
	CU_ASSERT_EQUAL(syntax_pin("123x56", &f), TREC_E_BAD_PIN);
	CU_ASSERT_PTR_NULL(strstr(f.message, "123x56"));
	CU_ASSERT_EQUAL(syntax_code("TREC:NONSENSE", &f), TREC_E_BAD_CODE);
	CU_ASSERT_PTR_NULL(strstr(f.message, "NONSENSE"));
	CU_ASSERT_EQUAL(syntax_pin("123456", &f), TREC_OK);
}

static void names_of_services_are_those_a_right_can_name(void)
{
	CU_ASSERT_EQUAL(syntax_service("a.B-9_", &f), TREC_OK);
	CU_ASSERT_EQUAL(syntax_service("", &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(syntax_service("a b", &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(syntax_service("*", &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(syntax_service("123456789012345678901234567890123", &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(syntax_service("-", &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(syntax_service("_a", &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(syntax_service("9-", &f), TREC_OK);
}

static void an_offer_is_a_command_or_a_whole_address(void)
{
	struct syntax_offer o;
	char text[600] = "a=tcp:";

	CU_ASSERT_EQUAL(syntax_offer("files=cat /etc/motd", &o, &f), TREC_OK);
	CU_ASSERT_STRING_EQUAL(o.name, "files");
	CU_ASSERT_STRING_EQUAL(o.command, "cat /etc/motd");
	CU_ASSERT_EQUAL(syntax_offer("web=tcp:127.0.0.1:80", &o, &f), TREC_OK);
	CU_ASSERT_PTR_NULL(o.command);
	CU_ASSERT_STRING_EQUAL(o.tcp, "tcp://127.0.0.1:80");
	CU_ASSERT_EQUAL(syntax_offer("web=", &o, &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(syntax_offer("=cat", &o, &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(syntax_offer("*=cat", &o, &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(syntax_offer("web=tcp:a b", &o, &f), TREC_E_USAGE);
	/* An address that is too long is not one of its beginnings. */
	memset(text + 6, '0', 300);
	memcpy(text + 6, "[::1]:1", 7);
	CU_ASSERT_EQUAL(syntax_offer(text, &o, &f), TREC_E_USAGE);
	memset(text + 6, 'a', 300);
	for (size_t i = 62; i < 250; i += 63)
		text[6 + i] = '.';
	CU_ASSERT_EQUAL(syntax_offer(text, &o, &f), TREC_E_USAGE);
}

static void a_failure_survives_the_control_socket(void)
{
	struct failure back;
	json_t *line;

	fail(&f, TREC_E_LOCKED_OUT, "too many wrong PINs");
	f.retry_after_s = 60;
	line = out_failure_json(&f);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(line, "error")), "locked-out");
	out_failure_from_json(line, &back);
	json_decref(line);
	CU_ASSERT_EQUAL(back.err, TREC_E_LOCKED_OUT);
	CU_ASSERT_STRING_EQUAL(back.message, "too many wrong PINs");
	CU_ASSERT_STRING_EQUAL(back.hint, f.hint);
	CU_ASSERT_EQUAL(back.retry_after_s, 60);
}

static void every_refusal_has_an_error_a_reason_and_a_hint(void)
{
	struct failure back;

	for (int i = 1; i < TREC_REFUSAL_COUNT; i++) {
		json_t *line;

		f = (struct failure){ 0 };
		CU_ASSERT_NOT_EQUAL(fail_refusal(&f, (enum trec_refusal)i), TREC_OK);
		CU_ASSERT_EQUAL(trec_err_class(f.err), TREC_CLASS_RUNTIME);
		CU_ASSERT_STRING_EQUAL(f.refusal, trec_refusal_name((enum trec_refusal)i));
		CU_ASSERT(f.message[0] != 0 && f.hint[0] != 0);
		line = out_failure_json(&f);
		out_failure_from_json(line, &back);
		json_decref(line);
		CU_ASSERT_STRING_EQUAL(back.refusal, f.refusal);
		CU_ASSERT_EQUAL(back.err, f.err);
	}
	(void)fail_refusal(&f, TREC_REFUSAL_WRONG_AUDIENCE);
	CU_ASSERT_EQUAL(f.err, TREC_E_WRONG_AUDIENCE);
	(void)fail_refusal(&f, TREC_REFUSAL_CONSENT_TIMEOUT);
	CU_ASSERT_EQUAL(f.err, TREC_E_CONSENT_TIMEOUT);
	(void)fail_refusal(&f, (enum trec_refusal)255); /* of a later version */
	CU_ASSERT_EQUAL(f.err, TREC_E_REFUSED);
}

static void a_failure_of_an_unknown_name_is_still_one(void)
{
	struct failure back;
	json_t *line = json_pack("{s:s}", "error", "no-such-error");

	out_failure_from_json(line, &back);
	json_decref(line);
	CU_ASSERT_EQUAL(back.err, TREC_E_INTERNAL);
}

static void every_kind_of_result_has_a_text(void)
{
	static const char *const kinds[] = { "ready",   "window",   "paired",   "pong",
					     "id",      "init",     "unpaired", "peer",
					     "cert",    "changed",  "preset",   "pending",
					     "event",   "info",     "show",     "introduced",
					     "carried", "accepted", "other" };
	json_t *object =
		json_pack("{s:s, s:s, s:[s], s:i, s:f, s:b}", "name", "lamp", "peer", "ABCDEFGH",
			  "rights", "service:*", "expires_in", 120, "ms", 1.5, "told", 1);

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		char *text = NULL;
		size_t n = 0;
		FILE *to = open_memstream(&text, &n);

		render(to, kinds[i], object);
		CU_ASSERT_EQUAL(fclose(to), 0);
		/* Two kinds are a text that this object does not have. */
		CU_ASSERT(n > 1 || !strcmp(kinds[i], "cert") || !strcmp(kinds[i], "carried"));
		CU_ASSERT(n == 0 || text[n - 1] == '\n');
		free(text);
	}
	json_decref(object);
}

static void results_that_are_kept_are_not_written(void)
{
	struct out o = { .kept = json_array(), .keep = "carried" };
	json_t *object = json_pack("{s:s}", "text", "TRECI:AA");

	out_result(&o, "carried", object);
	json_decref(object);
	CU_ASSERT_EQUAL(json_array_size(o.kept), 1);
	CU_ASSERT_STRING_EQUAL(
		json_string_value(json_object_get(json_array_get(o.kept, 0), "text")), "TRECI:AA");
	json_decref(o.kept);
}

static void an_introduction_has_the_form_of_one_or_two_names(void)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:[s,s]}", "audience_name", "tv",
				   "subject_name", "lamp", "failed_at_name", "tv", "message",
				   "no answer", "names", "lamp", "tv");
	static const struct {
		const char *kind, *key, *value, *text;
	} rows[] = {
		{ "introduced", "event", "introduced", "tv now knows lamp\n" },
		{ "introduced", "error", "refused",
		  "lamp was not introduced to tv. tv: no answer\n" },
		{ "carried", "text", "TRECI:AA", "TRECI:AA\n" },
		{ "carried", "file", "f",
		  "f introduces lamp and tv to each other: on both, "
		  "`trec accept` it\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *text = NULL;
		size_t n = 0;
		FILE *to = open_memstream(&text, &n);

		(void)json_object_set_new(object, rows[i].key, json_string(rows[i].value));
		render(to, rows[i].kind, object);
		CU_ASSERT_EQUAL(fclose(to), 0);
		CU_ASSERT_STRING_EQUAL(text, rows[i].text);
		free(text);
	}
	json_decref(object);
}

static void pictures_are_asked_for_by_form_and_file(void)
{
#ifdef HAVE_QRENCODE
	CU_ASSERT_EQUAL(qr_check("terminal", &f), TREC_OK);
	CU_ASSERT_EQUAL(qr_check("svg:x", &f), TREC_OK);
#endif
	CU_ASSERT_EQUAL(qr_check("png:", &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(qr_check("gif:x", &f), TREC_E_USAGE);
	CU_ASSERT_EQUAL(qr_check("", &f), TREC_E_USAGE);
}

static void a_code_drawn_as_png_is_read_back(void)
{
#if defined(HAVE_QRENCODE) && defined(HAVE_PNG) && defined(HAVE_ZBAR)
	static const char code[] = "TREC:UYAACAKQSXLPPCW2AUSJCMTWVEZKKHTOSEBFBZXHD62BV35ESPMN";
	char how[] = "png:/tmp/trec-test-qr-XXXXXX";
	struct secret s = { .n = 0 };
	int fd = mkstemp(how + 4);

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	CU_ASSERT_EQUAL(qr_draw(how, code, stdout, &f), TREC_OK);
	CU_ASSERT_EQUAL(qr_read(how + 4, "TREC:", &s, &f), TREC_OK);
	CU_ASSERT_STRING_EQUAL_FATAL(s.text, code);
	secret_wipe(&s);
	char *longer = calloc(1, 3501);

	memset(longer, 'A', 3500);
	memcpy(longer, "TRECI:", 6);
	CU_ASSERT_EQUAL(qr_draw(how, longer, stdout, &f), TREC_OK);
	CU_ASSERT_NOT_EQUAL(qr_read(how + 4, "TREC:", &s, &f), TREC_OK);
	CU_ASSERT_EQUAL(qr_read(how + 4, "TRECI:", &s, &f), TREC_OK);
	CU_ASSERT_STRING_EQUAL_FATAL(s.text, longer);
	free(longer);
	secret_wipe(&s);
	unlink(how + 4);
#else
	struct secret s = { .n = 0 };

	CU_ASSERT_EQUAL(qr_read("x", "TREC:", &s, &f), TREC_E_UNSUPPORTED);
#endif
}

static void what_is_no_picture_is_refused(void)
{
	struct secret s = { .n = 0 };

	CU_ASSERT_NOT_EQUAL(qr_read("/dev/null", "TREC:", &s, &f), TREC_OK);
	CU_ASSERT_NOT_EQUAL(qr_read("/nowhere/picture.png", "TREC:", &s, &f), TREC_OK);
	CU_ASSERT_EQUAL(s.n, 0);
}

static const struct suite_case cases[] = {
	SUITE_CASE(times_are_rfc_3339_in_utc),
	SUITE_CASE(dates_are_read_as_utc),
	SUITE_CASE(what_is_no_date_is_refused),
	SUITE_CASE(a_bad_secret_is_never_repeated),
	SUITE_CASE(names_of_services_are_those_a_right_can_name),
	SUITE_CASE(an_offer_is_a_command_or_a_whole_address),
	SUITE_CASE(a_failure_survives_the_control_socket),
	SUITE_CASE(a_failure_of_an_unknown_name_is_still_one),
	SUITE_CASE(every_kind_of_result_has_a_text),
	SUITE_CASE(pictures_are_asked_for_by_form_and_file),
	SUITE_CASE(every_refusal_has_an_error_a_reason_and_a_hint),
	SUITE_CASE(results_that_are_kept_are_not_written),
	SUITE_CASE(an_introduction_has_the_form_of_one_or_two_names),
	SUITE_CASE(a_code_drawn_as_png_is_read_back),
	SUITE_CASE(what_is_no_picture_is_refused),
};
SUITE_MAIN("output", cases)
