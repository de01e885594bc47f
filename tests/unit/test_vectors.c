/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about every message and record at once, and about the published vectors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"
#include "tests/vectors/samples.h"

static struct sample samples[SAMPLES_MAX];
static size_t samples_n;

static struct trec_bytes body_of(const struct sample *s)
{
	if (samples_n == 0)
		samples_n = samples_make(samples);
	return trec_bytes(s->body, s->n);
}

#define EACH(s)                                                                                    \
	(void)body_of(samples);                                                                    \
	for (const struct sample *s = samples; s < samples + samples_n; s++)

static bool refused(struct trec_bytes in, void *ctx)
{
	bool accepted;

	return codec_case_holds(ctx, in, &accepted) && !accepted;
}

static bool holds(struct trec_bytes in, void *ctx)
{
	return codec_case_holds(ctx, in, NULL);
}

static void every_sample_decodes_and_encodes_to_itself(void)
{
	bool accepted;

	EACH(s)
	{
		CU_ASSERT_TRUE(codec_case_holds(s->c, body_of(s), &accepted));
		CU_ASSERT_TRUE(accepted);
	}
	CU_ASSERT_TRUE(samples_n > 30);
}

static void every_truncation_is_refused(void)
{
	EACH(s)
		CU_ASSERT_TRUE(sweep_truncations(body_of(s), refused, (void *)s->c));
}

static void a_trailing_byte_is_refused(void)
{
	EACH(s)
		CU_ASSERT_TRUE(sweep_trailing(body_of(s), refused, (void *)s->c));
}

static void every_changed_byte_is_refused_or_comes_back(void)
{
	EACH(s)
		CU_ASSERT_TRUE(sweep_bytes(body_of(s), holds, (void *)s->c));
}

/* body with one more pair at its end */
static struct trec_bytes with_pair(const struct sample *s, const char *hex, uint8_t *out)
{
	struct trec_bytes b = body_of(s);

	memcpy(out, b.p, b.n);
	out[0]++;
	return trec_bytes(out, b.n + sweep_unhex(hex, out + b.n, 64));
}

static void unknown_negative_keys_are_ignored_everywhere(void)
{
	static uint8_t out[CODEC_CASE_MAX];
	bool accepted;

	EACH(s)
	{
		CU_ASSERT_TRUE(codec_case_holds(s->c, with_pair(s, "20 05", out), &accepted));
		CU_ASSERT_TRUE(accepted);
		CU_ASSERT_TRUE(codec_case_holds(s->c, with_pair(s, "3903e7 8261616162", out),
						&accepted));
		CU_ASSERT_TRUE(accepted);
	}
}

static void any_other_unknown_key_is_refused_everywhere(void)
{
	static const char *const pair[] = { "17 05", "1864 05", "6161 05", "41ff 05", "f4 05",
					    "20 a200010002", "20 c000", "20 8181818100" };
	static uint8_t out[CODEC_CASE_MAX];

	EACH(s)
		for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++)
			CU_ASSERT_TRUE(refused(with_pair(s, pair[i], out), (void *)s->c));
}

static void every_type_byte_finds_its_message(void)
{
	uint8_t tag;

	EACH(s)
	{
		tag = (uint8_t)(s->frame >= SAMPLE_RECORD ? 0x80 + (s->frame & 0xff) : s->frame);
		CU_ASSERT_PTR_EQUAL(codec_case_of_tag(tag), s->c);
	}
	CU_ASSERT_PTR_NULL(codec_case_of_tag(0));
}

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);

	if (f != NULL && text != NULL && fread(text, 1, (1 << 20) - 1, f) == 0)
		text[0] = '\0';
	if (f != NULL)
		fclose(f);
	return text;
}

static void the_published_vectors_are_what_this_code_makes(void)
{
	const char *srcdir = getenv("srcdir");
	char path[1024], *made = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&made, &n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	samples_print(to);
	fclose(to);
	snprintf(path, sizeof path, "%s/tests/vectors/messages.txt", srcdir ? srcdir : ".");
	char *published = slurp(path);

	CU_ASSERT_PTR_NOT_NULL_FATAL(published);
	CU_ASSERT_STRING_EQUAL(published, made);
	free(published);
	free(made);
}

static const struct suite_case cases[] = {
	SUITE_CASE(every_sample_decodes_and_encodes_to_itself),
	SUITE_CASE(every_truncation_is_refused),
	SUITE_CASE(a_trailing_byte_is_refused),
	SUITE_CASE(every_changed_byte_is_refused_or_comes_back),
	SUITE_CASE(unknown_negative_keys_are_ignored_everywhere),
	SUITE_CASE(any_other_unknown_key_is_refused_everywhere),
	SUITE_CASE(every_type_byte_finds_its_message),
	SUITE_CASE(the_published_vectors_are_what_this_code_makes),
};

SUITE_MAIN("vectors", cases)
