/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: the first input byte is a frame type, the rest that message's body. What decodes is
 * encoded to the same bytes but for unknown negative keys; what does not leaves nothing.
 */
#include "fuzz/fuzz.h"
#include "tests/lib/codec_cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0 || n > CODEC_CASE_MAX || data[0] >= 0x80)
		return 0;
	const struct codec_case *c = codec_case_of_tag(data[0]);

	if (c != NULL)
		fuzz_must(codec_case_holds(c, trec_bytes(data + 1, n - 1), NULL), c->name);
	return 0;
}
