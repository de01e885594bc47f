/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: text that decodes is, but for case, dashes and white space, the text that its bytes
 * encode to; any bytes encode to text that decodes to them; an id that reads from text is a
 * prefix match of itself.
 */
#include <ctype.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/codec/idtext.h"

#define MAX 256 /* longer ones add nothing but time */

static void text_holds(const char *text, size_t n)
{
	static uint8_t bytes[MAX];
	static char again[IDTEXT_CHARS(MAX) + IDTEXT_CHECK_LEN];
	size_t len = 0, k = 0;

	if (!idtext_decode(text, n, bytes, sizeof bytes, &len))
		return;
	idtext_encode(trec_bytes(bytes, len), again);
	for (size_t i = 0; i < n; i++)
		if (text[i] != '-' && !isspace((unsigned char)text[i]))
			fuzz_must(again[k++] == toupper((unsigned char)text[i]), "same text");
	fuzz_must(k == IDTEXT_CHARS(len) + IDTEXT_CHECK_LEN, "same length");
}

static void id_holds(const char *text)
{
	struct trec_id id, back;
	char grouped[TREC_ID_GROUPED_LEN + 1];

	if (trec_id_from_text(text, &id) != TREC_OK) {
		(void)idtext_has_prefix(&id, text);
		return;
	}
	trec_id_to_grouped(&id, grouped);
	fuzz_must(trec_id_from_text(grouped, &back) == TREC_OK &&
			  memcmp(&id, &back, sizeof id) == 0,
		  "grouped text is the same id");
	fuzz_must(idtext_has_prefix(&id, text) && idtext_has_prefix(&id, grouped), "prefix");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char text[IDTEXT_CHARS(MAX) + IDTEXT_CHECK_LEN + 1];
	static uint8_t back[MAX];
	size_t len = 0;

	if (n > MAX)
		return 0;
	text_holds((const char *)data, n);
	idtext_encode(trec_bytes(data, n), text);
	fuzz_must(idtext_decode(text, IDTEXT_CHARS(n) + IDTEXT_CHECK_LEN, back, sizeof back,
				&len) &&
			  len == n && (n == 0 || memcmp(back, data, n) == 0),
		  "any bytes come back");
	memcpy(text, data, n);
	text[n] = '\0';
	id_holds(text);
	return 0;
}
