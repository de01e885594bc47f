/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first byte says what the others are. 0: answers of a device, each behind its length in two
 * bytes. Otherwise: the list of its records, which it hands out in pieces of so many bytes.
 *
 * Property: a request is whole, asks for the service and returns the continuation it was given. An
 * answer is taken on only if it answers this question, and then adds just its bytes; a refused one
 * adds none. A list that fits is taken in any pieces and gives the same records as in the fewest;
 * a byte less or more is no list. Each record is of our service and names a channel of 1 to 30 or
 * none; records written down anew are the same.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/base/base.h"
#include "transports/sdp.h"
#include "transports/tp.h"

#define TID 0xffff /* of the first request; the next is 0 */
#define HEAD 5
#define FEWEST 640 /* bytes in one answer: what a request allows */
#define UUID_LEN 16
#define RECORD_MAX (22 + 17 + 5 + TP_SDP_NAME_MAX)

struct result {
	trec_err err;
	size_t n;
	struct tp_sdp_found found[TP_SDP_FOUND_MAX];
};

/* The UUID from its text. */
static const uint8_t *uuid(void)
{
	static uint8_t out[UUID_LEN];
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (const char *s = SDP_TREC_UUID; *s != '\0'; s++)
		if (*s != '-') {
			size_t digit = (size_t)(strchr(digits, *s) - digits);

			out[n / 2] = (uint8_t)(n % 2 == 0 ? digit << 4 : out[n / 2] | digit);
			n++;
		}
	return out;
}

static void check_request(const struct tp_sdp *q, uint16_t tid, struct trec_bytes more)
{
	static const uint8_t pattern[] = { 0x35, 0x11, 0x1c };
	static const uint8_t rest[] = { FEWEST >> 8, FEWEST & 0xff, 0x35, 0x09, 0x09, 0, 1, 0x09,
					0, 4, 0x09, 1, 0 };
	const size_t fixed = HEAD + sizeof(pattern) + UUID_LEN + sizeof(rest);
	uint8_t r[TP_SDP_REQUEST_MAX];
	size_t n = tp_sdp_request(q, r);

	fuzz_must(n <= sizeof(r), "a request is bounded");
	fuzz_must(r[0] == 6 && base_get16(r + 1) == tid && base_get16(r + 3) == n - HEAD,
		  "a request is whole");
	fuzz_must(memcmp(r + HEAD, pattern, sizeof(pattern)) == 0 &&
			  memcmp(r + HEAD + sizeof(pattern), uuid(), UUID_LEN) == 0 &&
			  memcmp(r + fixed - sizeof(rest), rest, sizeof(rest)) == 0,
		  "a request is for our service");
	fuzz_must(n == fixed + 1 + more.n && r[fixed] == more.n &&
			  (more.n == 0 || memcmp(r + fixed + 1, more.p, more.n) == 0),
		  "it asks on with what it was given");
}

/* ---- records ----------------------------------------------------------------------------- */

static size_t copies_of_uuid(struct trec_bytes in)
{
	const uint8_t *want = uuid();
	size_t n = 0;

	for (size_t i = 0; i + UUID_LEN <= in.n; i++)
		n += in.p[i] == want[0] && memcmp(in.p + i, want, UUID_LEN) == 0;
	return n;
}

static void check_record(const struct tp_sdp_found *r)
{
	size_t len = strnlen(r->name, sizeof(r->name));

	fuzz_must(r->channel <= TP_CHANNEL_MAX, "a channel is one");
	fuzz_must(len <= TP_SDP_NAME_MAX && fuzz_is_zero(r->name + len, sizeof(r->name) - len),
		  "a name ends");
	for (size_t i = 0; i < len; i++)
		fuzz_must(r->name[i] >= ' ' && r->name[i] <= '~', "a name is printable");
}

static struct result records(const struct tp_sdp *q)
{
	struct result r;

	memset(&r, 0xa5, sizeof(r));
	r.err = tp_sdp_found(q, r.found, &r.n);
	fuzz_must(r.err == TREC_OK || r.err == TREC_E_MALFORMED, "a list is one or is not");
	fuzz_must(r.err == TREC_OK ? r.n <= TP_SDP_FOUND_MAX : r.n == 0, "so many are kept");
	fuzz_must(fuzz_is_zero(r.found + r.n, sizeof(r.found) - r.n * sizeof(r.found[0])),
		  "nothing stands behind them");
	for (size_t i = 0; i < r.n; i++)
		check_record(&r.found[i]);
	fuzz_must(copies_of_uuid(trec_bytes(q->answer, q->n)) >= r.n, "a record is of our service");
	return r;
}

static bool same(const struct result *a, const struct result *b)
{
	return a->err == b->err && a->n == b->n &&
	       memcmp(a->found, b->found, sizeof(a->found)) == 0;
}

/* A record that says what was found and no more. */
static size_t put_record(uint8_t *out, const struct tp_sdp_found *r)
{
	static const uint8_t class[] = { 0x09, 0, 1, 0x35, 0x11, 0x1c };
	static const uint8_t stack[] = { 0x09, 0, 4, 0x35, 0x0c, 0x35, 0x03, 0x19, 1, 0, 0x35,
					 0x05, 0x19, 0, 3, 0x08 };
	static const uint8_t name[] = { 0x09, 1, 0, 0x25 };
	size_t n = 2, len = strlen(r->name);

	memcpy(out + n, class, sizeof(class));
	n += sizeof(class);
	memcpy(out + n, uuid(), UUID_LEN);
	n += UUID_LEN;
	memcpy(out + n, stack, sizeof(stack));
	n += sizeof(stack);
	out[n++] = r->channel;
	memcpy(out + n, name, sizeof(name));
	n += sizeof(name);
	out[n++] = (uint8_t)len;
	memcpy(out + n, r->name, len);
	n += len;
	out[0] = 0x35;
	out[1] = (uint8_t)(n - 2);
	return n;
}

/* ---- a device ---------------------------------------------------------------------------- */

static size_t put_answer(uint8_t *out, uint16_t tid, struct trec_bytes part, struct trec_bytes more)
{
	size_t n = HEAD + 2 + part.n + 1 + more.n;

	out[0] = 7;
	base_put16(out + 1, tid);
	base_put16(out + 3, (uint32_t)(n - HEAD));
	base_put16(out + HEAD, (uint32_t)part.n);
	if (part.n > 0)
		memcpy(out + HEAD + 2, part.p, part.n);
	out[HEAD + 2 + part.n] = (uint8_t)more.n;
	if (more.n > 0)
		memcpy(out + HEAD + 3 + part.n, more.p, more.n);
	return n;
}

/* It hands its list out in such pieces. */
static trec_err deliver(struct trec_bytes list, size_t piece, struct tp_sdp *q)
{
	bool fits = list.n > 0 && list.n <= TP_SDP_TOTAL_MAX &&
		    (list.n + piece - 1) / piece <= TP_SDP_ROUNDS;
	uint8_t pdu[TP_SDP_PDU_MAX], given[TP_SDP_CONTINUATION_MAX];
	struct trec_bytes more = trec_bytes(given, 0);
	uint16_t tid = TID;
	size_t at = 0, len;
	trec_err err;

	tp_sdp_begin(q, TID);
	do {
		check_request(q, tid, more);
		len = list.n - at < piece ? list.n - at : piece;
		memset(given, (int)(at & 0xff), sizeof(given));
		given[0] = (uint8_t)(at >> 8);
		more.n = at + len < list.n ? 1 + at % sizeof(given) : 0;
		size_t n = put_answer(pdu, tid++, trec_bytes(list.p + at, len), more);

		at += len;
		err = tp_sdp_take(q, trec_bytes(pdu, n));
	} while (err == TREC_E_AGAIN && at < list.n);
	fuzz_must(fits ? err == TREC_OK && q->n == list.n && memcmp(q->answer, list.p, list.n) == 0
		       : err == (list.n == 0 ? TREC_E_MALFORMED : TREC_E_TOO_LARGE),
		  "a list that fits is taken");
	return err;
}

static void check_written_again(const struct result *r)
{
	uint8_t list[3 + TP_SDP_FOUND_MAX * (2 + RECORD_MAX)];
	struct tp_sdp q;
	size_t n = 3;

	for (size_t i = 0; i < r->n; i++)
		n += put_record(list + n, &r->found[i]);
	list[0] = 0x36;
	base_put16(list + 1, (uint32_t)(n - 3));
	fuzz_must(deliver(trec_bytes(list, n), FEWEST, &q) == TREC_OK, "what is written is taken");
	struct result again = records(&q);

	fuzz_must(same(r, &again), "records written down are the same");
}

static void check_list(struct trec_bytes list, size_t piece)
{
	struct tp_sdp q;

	if (deliver(list, FEWEST, &q) != TREC_OK) {
		(void)deliver(list, piece, &q);
		return;
	}
	struct result whole = records(&q), other;

	if (whole.err == TREC_OK) {
		check_written_again(&whole);
		q.n--;
		other = records(&q);
		fuzz_must(other.err == TREC_E_MALFORMED, "a byte less is no list");
		q.n += q.n + 2 <= sizeof(q.answer) ? 2 : 0;
		other = records(&q);
		fuzz_must(other.err == TREC_E_MALFORMED, "a byte more is no list");
	}
	if (deliver(list, piece, &q) != TREC_OK)
		return;
	other = records(&q);
	fuzz_must(same(&whole, &other), "in pieces it says the same");
}

/* ---- answers as they come ---------------------------------------------------------------- */

/* The continuation that an answer gives, if what was taken on is one. */
static struct trec_bytes check_taken(const struct tp_sdp *before, const struct tp_sdp *q,
				     struct trec_bytes pdu)
{
	fuzz_must(pdu.n >= HEAD + 4 && pdu.n <= TP_SDP_PDU_MAX && pdu.p[0] == 7 &&
			  base_get16(pdu.p + 1) == before->tid &&
			  base_get16(pdu.p + 3) == pdu.n - HEAD,
		  "an answer is to the question");
	size_t len = base_get16(pdu.p + HEAD), end = HEAD + 2 + len;

	fuzz_must(len > 0 && len <= FEWEST && end < pdu.n && pdu.n == end + 1 + pdu.p[end] &&
			  pdu.p[end] <= TP_SDP_CONTINUATION_MAX,
		  "an answer is whole");
	fuzz_must(q->n == before->n + len && q->n <= TP_SDP_TOTAL_MAX &&
			  q->rounds <= TP_SDP_ROUNDS &&
			  memcmp(q->answer, before->answer, before->n) == 0 &&
			  memcmp(q->answer + before->n, pdu.p + HEAD + 2, len) == 0,
		  "an answer adds its bytes");
	return trec_bytes(pdu.p + end + 1, pdu.p[end]);
}

static void check_answers(const uint8_t *p, size_t n)
{
	struct tp_sdp q, before;
	struct trec_bytes more = trec_bytes(NULL, 0);
	trec_err err = TREC_E_AGAIN;
	uint16_t tid = TID;

	tp_sdp_begin(&q, TID);
	while (err == TREC_E_AGAIN && n >= 2) {
		size_t len = base_get16(p) < n - 2 ? base_get16(p) : n - 2;

		check_request(&q, tid++, more);
		before = q;
		err = tp_sdp_take(&q, trec_bytes(p + 2, len));
		if (err == TREC_OK || err == TREC_E_AGAIN) {
			more = check_taken(&before, &q, trec_bytes(p + 2, len));
			fuzz_must((more.n > 0) == (err == TREC_E_AGAIN), "it goes on if told so");
		} else {
			fuzz_must(err == TREC_E_MALFORMED || err == TREC_E_REFUSED ||
					  err == TREC_E_TOO_LARGE,
				  "an answer is good, bad, too much or a refusal");
			fuzz_must(q.n == before.n, "a refused answer adds nothing");
		}
		p += 2 + len;
		n -= 2 + len;
	}
	if (err == TREC_OK) {
		before = q;
		check_list(trec_bytes(before.answer, before.n), 200);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	if (data[0] == 0)
		check_answers(data + 1, n - 1);
	else
		check_list(trec_bytes(data + 1, n - 1), data[0]);
	return 0;
}
