/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: the first input byte chooses before TLS, pairing or session; the rest is a stream.
 * Frame by frame, what is taken is made again to the same bytes; a frame is never whole before
 * `need` bytes are there; a prefix never says something else than "more" or what the whole says.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/codec/frame.h"

static enum frame_step take(uint8_t place, struct trec_bytes in, struct frame *f, size_t *need)
{
	if (place % 3 == 0)
		return frame_pre_take(in, f, need);
	return frame_chan_take(place % 3 == 1 ? FRAME_CONTEXT_PAIRING : FRAME_CONTEXT_SESSION, in,
			       f, need);
}

/* The same answer comes when bytes arrive a few at a time. */
static void in_pieces(uint8_t place, struct trec_bytes in, enum frame_step step, size_t need)
{
	struct frame f;
	size_t piece_need;
	size_t end = in.n < 8 ? in.n : 8;

	for (size_t n = 0; n < end; n++) {
		enum frame_step s = take(place, trec_bytes(in.p, n), &f, &piece_need);

		if (s == FRAME_MORE)
			fuzz_must(piece_need > n, "more is needed than is there");
		else if (s == FRAME_REFUSED)
			fuzz_must(step == FRAME_REFUSED, "refused early is refused");
		else
			fuzz_must(step == FRAME_WHOLE && n >= need, "not whole before it is");
	}
}

/* Any bytes as a frame of that type: made where the type and the length allow, and taken again. */
static void made_if_allowed(uint8_t type, struct trec_bytes in)
{
	static uint8_t out[FRAME_CHAN_HEADER + FRAME_CHAN_BODY_MAX];
	struct frame f;
	size_t n = 0, need;

	(void)frame_pre_name(type);
	(void)frame_chan_name(type);
	if (frame_pre_make(type, in, out, sizeof out, &n) == TREC_OK)
		fuzz_must(frame_pre_take(trec_bytes(out, n), &f, &need) == FRAME_WHOLE &&
				  f.type == type && trec_bytes_equal(f.body, in),
			  "what is made is taken");
	if (in.n > 0)
		fuzz_must(frame_pre_make(type, in, out, in.n - 1, &n) != TREC_OK && n == 0,
			  "there must be room");
	(void)!frame_chan_make(type, in, out, in.n, &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t out[FRAME_CHAN_HEADER + FRAME_CHAN_BODY_MAX];

	if (n == 0)
		return 0;
	uint8_t place = data[0];
	struct trec_bytes in = trec_bytes(data + 1, n - 1);
	struct frame f;
	size_t need, made;

	(void)frame_first_byte(place);
	made_if_allowed(place, in);
	for (;;) {
		enum frame_step step = take(place, in, &f, &need);

		in_pieces(place, in, step, need);
		if (step == FRAME_MORE)
			fuzz_must(need > in.n && need <= sizeof out && f.body.n == 0, "more");
		if (step == FRAME_REFUSED)
			fuzz_must(need == 0 && f.type == 0 && f.whole.n == 0, "refused is empty");
		if (step != FRAME_WHOLE)
			return 0;
		trec_err err = place % 3 == 0 ?
				       frame_pre_make(f.type, f.body, out, sizeof out, &made) :
				       frame_chan_make(f.type, f.body, out, sizeof out, &made);

		fuzz_must(err == TREC_OK && made == need && f.whole.n == need &&
				  memcmp(out, in.p, made) == 0,
			  "made again, the same bytes");
		in = trec_bytes(in.p + need, in.n - need);
	}
}
