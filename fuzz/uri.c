/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: text that is no address leaves nothing behind; an address has a canonical form of at
 * most TREC_URI_MAX bytes without control characters that means the same and is its own
 * canonical form. What may be connected to may also be listened on. No name is ever looked up.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "transports/tp.h"

static void check_canonical(const struct tp_uri *u)
{
	char printed[TREC_URI_MAX + 1], again[TREC_URI_MAX + 1];
	struct tp_uri v;

	memset(printed, 'x', sizeof(printed));
	u->kind->print(u, printed);
	fuzz_must(memchr(printed, '\0', sizeof(printed)) != NULL, "the canonical form ends");
	for (const char *p = printed; *p != '\0'; p++)
		fuzz_must((unsigned char)*p >= 0x20 && *p != 0x7f, "no control characters");
	/* A long name with the default port spelt out may not fit; it is never printed. */
	if (u->host_type == TP_HOST_NAME)
		return;
	fuzz_must(tp_uri_parse(printed, true, &v) == TREC_OK, "the canonical form is accepted");
	fuzz_must(memcmp(u, &v, sizeof(v)) == 0, "the canonical form means the same");
	v.kind->print(&v, again);
	fuzz_must(strcmp(printed, again) == 0, "the canonical form is its own");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct tp_uri empty;
	char *text = malloc(n + 1);
	struct tp_uri u;

	if (text == NULL)
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	trec_err err = tp_uri_parse(text, true, &u);

	fuzz_must(err == TREC_OK || err == TREC_E_BAD_URI || err == TREC_E_UNSUPPORTED,
		  "an address is good, bad or unsupported");
	fuzz_must(trec_uri_check_listen(text) == err, "both ways of asking agree");
	fuzz_must(trec_uri_check(text) == err ||
			  (trec_uri_check(text) == TREC_E_BAD_URI && u.listen_only),
		  "for listening alone is what names nobody");
	fuzz_must(err != TREC_OK || (u.channel <= TP_CHANNEL_MAX && u.adapter <= TP_ADAPTERS_MAX),
		  "channel and adapter are such");
	struct trec_uri_list list;
	bool name = err == TREC_OK && u.host_type == TP_HOST_NAME;

	fuzz_must(trec_uri_is_name(text) == name, "a name is one");
	if (!name) {
		fuzz_must(trec_uri_resolve(trec_env_default(), text, &list) == err, "it agrees");
		fuzz_must(list.n == (err == TREC_OK), "an address stands for itself");
	}
	if (err == TREC_OK)
		check_canonical(&u);
	else
		fuzz_must(memcmp(&u, &empty, sizeof(u)) == 0, "a refused address leaves nothing");
	free(text);
	return 0;
}
