/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: the input is text. What decodes as a pairing code is encoded to the same text but
 * for case, dashes and white space (and unknown negative keys); what does not leaves nothing.
 * Text with wrong check characters is also tried with right ones, so that a fuzzer gets behind
 * them.
 */
#include <ctype.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/codec/code.h"
#include "proto/codec/idtext.h"
#include "tests/lib/codec_cases.h"

#define INPUT_MAX 512 /* longer ones add nothing but time */

static size_t canonical(const char *text, size_t n, char *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (text[i] != '-' && !isspace((unsigned char)text[i]))
			out[k++] = (char)toupper((unsigned char)text[i]);
	return k;
}

static void holds(const char *text, size_t n)
{
	static char clean[CODE_INPUT_MAX], again[CODE_TEXT_MAX + 1];
	static uint8_t map[CODE_CBOR_MAX], stripped[CODE_CBOR_MAX];
	struct code c;
	size_t len = 0, map_len = 0;

	memset(&c, 0x77, sizeof c);
	trec_err err = code_decode(text, n, &c);

	if (err != TREC_OK) {
		fuzz_must(err == TREC_E_BAD_CODE || err == TREC_E_VERSION, "its errors");
		fuzz_must(fuzz_is_zero(&c, sizeof c), "nothing is left");
		return;
	}
	fuzz_must(code_encode(&c, again, sizeof again, &len) == TREC_OK, "encodes again");
	size_t k = canonical(text, n, clean);

	fuzz_must(idtext_decode(clean + 5, k - 5, map, sizeof map, &map_len), "base32 inside");
	size_t kept = codec_strip_negative(trec_bytes(map, map_len), stripped, sizeof stripped);

	idtext_encode(trec_bytes(stripped, kept), clean + 5);
	k = 5 + IDTEXT_CHARS(kept) + IDTEXT_CHECK_LEN;
	fuzz_must(len == k && memcmp(clean, again, k) == 0, "encoded again, the same text");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char text[CODE_TEXT_MAX];

	if (n > INPUT_MAX)
		return 0;
	holds((const char *)data, n);
	memcpy(text, "TREC:", 5);
	idtext_encode(trec_bytes(data, n), text + 5);
	holds(text, 5 + IDTEXT_CHARS(n) + IDTEXT_CHECK_LEN);
	return 0;
}
