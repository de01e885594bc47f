/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window, preset, pair, pending, answer: how trust begins. */
#include <stdlib.h>
#include <string.h>

#include <trec/window.h>

#include "tools/trec/cli.h"
#include "tools/trec/qr.h"
#include "tools/trec/syntax.h"

/* ---- window ------------------------------------------------------------------------------ */

static trec_err window_method(const struct args *a, const char **out, struct failure *f)
{
	static const char *const methods[] = { "--pin", "--preset", "--code", NULL };
	trec_err err = args_exclusive(a, methods, f);

	*out = NULL;
	for (size_t i = 0; !err && methods[i]; i++)
		if (args_has(a, methods[i]))
			*out = methods[i] + 2;
	if (err || *out)
		return err;
	fail(f, TREC_E_USAGE, "say how to pair: --pin, --preset or --code");
	fail_hint(f, "--pin shows a PIN, --code a code or QR, --preset uses the preset PIN");
	return TREC_E_USAGE;
}

static trec_err window_options(struct cli *cli, const char *method, struct failure *f)
{
	const struct args *a = &cli->args;
	const char *qr = args_value(a, "--qr");
	trec_err err = TREC_OK;

	if (args_has(a, "--digits") && strcmp(method, "pin") != 0)
		err = fail(f, TREC_E_USAGE, "--digits goes with --pin");
	else if (args_has(a, "--multi") && strcmp(method, "code") != 0)
		err = fail(f, TREC_E_USAGE, "--multi goes with --code");
	else if (qr && strcmp(method, "code") != 0)
		err = fail(f, TREC_E_USAGE, "--qr goes with --code");
	else if (qr && !strcmp(qr, "terminal") && cli->out.json)
		err = fail(f, TREC_E_USAGE, "--qr terminal draws text and does not go with --json");
	else if (qr)
		err = qr_check(qr, f);
	cli->out.qr = qr;
	return err;
}

trec_err cmd_window(struct cli *cli, struct failure *f)
{
	const struct args *a = &cli->args;
	unsigned digits = 0, seconds = 0;
	const char *method;
	trec_err err = window_method(a, &method, f);

	if (!err)
		err = window_options(cli, method, f);
	if (!err)
		err = args_number(a, "--digits", TREC_PIN_MIN, TREC_PIN_MAX, 0, &digits, f);
	if (!err)
		err = args_number(a, "--seconds", 1, TREC_WINDOW_SECONDS, 0, &seconds, f);
	if (err)
		return err;
	err = client_run(cli,
			 json_pack("{s:s, s:s, s:i, s:i, s:b, s:b, s:b}", "op", "window", "method",
				   method, "digits", digits, "seconds", seconds, "multi",
				   args_has(a, "--multi"), "wait", args_has(a, "--wait"),
				   "symmetric", args_has(a, "--symmetric")),
			 true, f);
	if (!err && cli->out.failure.err) {
		*f = cli->out.failure;
		err = f->err;
	}
	return err;
}

/* ---- preset ------------------------------------------------------------------------------ */

static const char pin_usage[] = "give --pin-file FILE, or --pin - to read it from stdin";

trec_err cmd_preset(struct cli *cli, struct failure *f)
{
	struct secret pin = { .n = 0 };
	trec_err err = secret_from_options(&pin, &cli->args, "--pin", "PIN", TREC_E_BAD_PIN, f);

	if (!err && pin.n == 0)
		err = secret_from_prompt(&pin, "preset PIN", pin_usage, f);
	if (!err)
		err = syntax_pin(pin.text, f);
	json_t *request = err ? NULL
			      : json_pack("{s:s, s:s}", "op", "preset", "pin", pin.text);

	secret_wipe(&pin);
	secret_burn_stack();
	return err ? err : client_run(cli, request, false, f);
}

/* ---- pair -------------------------------------------------------------------------------- */

static trec_err pair_secret(const struct args *a, struct secret *s, bool *is_code,
			    struct failure *f)
{
	static const char *const ways[] = { "--pin",       "--pin-file", "--code",
					    "--code-file", "--qr-image", NULL };
	const char *picture = args_value(a, "--qr-image");
	trec_err err = args_exclusive(a, ways, f);

	if (err)
		return err;
	*is_code = args_has(a, "--code") || args_has(a, "--code-file") || picture;
	if (args_has(a, "--nfc-tag")) {
		fail(f, TREC_E_UNSUPPORTED, "this build has no transport that reads NFC tags");
		fail_hint(f, "use --pin-file or --code-file");
		return f->err;
	}
	if (picture)
		return qr_read(picture, "TREC:", s, f);
	if (*is_code)
		return secret_from_options(s, a, "--code", "code", TREC_E_BAD_CODE, f);
	err = secret_from_options(s, a, "--pin", "PIN", TREC_E_BAD_PIN, f);
	if (!err && s->n == 0) {
		err = secret_from_prompt(s, "PIN or code", pin_usage, f);
		*is_code = !err && !strncmp(s->text, "TREC:", 5);
	}
	return err;
}

/* A code that names no address, and none given: nothing to dial. */
static trec_err pair_address(const struct args *a, const struct secret *s, bool is_code,
			     struct failure *f)
{
	struct trec_code_info info;

	if (a->operands_count)
		return syntax_uri(a->operands[0], f);
	if (is_code && trec_code_check(s->text, &info) == TREC_OK && info.hint_count > 0)
		return TREC_OK;
	fail(f, TREC_E_USAGE, is_code ? "the code carries no address" : "no address is given");
	fail_hint(f, "name the other device's address: trec pair tcp://HOST:PORT");
	return f->err;
}

trec_err cmd_pair(struct cli *cli, struct failure *f)
{
	const struct args *a = &cli->args;
	struct secret s = { .n = 0 };
	bool is_code = false;
	json_t *request;
	trec_err err = TREC_OK;

	if (a->operands_count)
		err = syntax_uri(a->operands[0], f);
	if (!err)
		err = pair_secret(a, &s, &is_code, f);
	if (!err)
		err = is_code ? syntax_code(s.text, f) : syntax_pin(s.text, f);
	if (!err)
		err = pair_address(a, &s, is_code, f);
	if (!err) {
		request = json_pack("{s:s, s:s, s:b, s:b}", "op", "pair", "secret", s.text, "new",
				    args_has(a, "--new"), "symmetric",
				    args_has(a, "--symmetric"));
		if (a->operands_count)
			(void)json_object_set_new(request, "uri", json_string(a->operands[0]));
		secret_wipe(&s);
		secret_burn_stack();
		err = client_run(cli, request, false, f);
	}
	secret_wipe(&s);
	return err;
}

/* ---- consents ---------------------------------------------------------------------------- */

trec_err cmd_pending(struct cli *cli, struct failure *f)
{
	return client_run(cli, json_pack("{s:s}", "op", "pending"), true, f);
}

trec_err cmd_answer(struct cli *cli, struct failure *f)
{
	const char *text = cli->args.operands[0], *word = cli->args.operands[1];
	bool yes = !strcmp(word, "yes");
	char *end = NULL;
	long number = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || number < 1 || number > 1000000000) {
		fail(f, TREC_E_USAGE, "%.32s is not the number of a question", text);
		fail_hint(f, "see `trec pending`");
		return f->err;
	}
	if (!yes && strcmp(word, "no") != 0) {
		fail(f, TREC_E_USAGE, "the answer %.32s is neither yes nor no", word);
		fail_hint(f, "write: trec answer %ld yes", number);
		return f->err;
	}
	return client_run(cli,
			  json_pack("{s:s, s:I, s:b}", "op", "answer", "number", (json_int_t)number,
				    "yes", yes),
			  true, f);
}
