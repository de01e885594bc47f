/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: an attacker who guesses PINs as fast as it can, many at a time, and keeps to
 * no limit of its own. Every guess is a pair_request and a pake_share that is a valid point, so
 * it costs the device an attempt or is turned away.
 *
 *   guesser [--at-once N] URI pin|preset COUNT
 *
 * opens COUNT connections, all at once or N at a time (where one address takes only so many), and
 * prints one JSON object: how many were answered with pair_params and then pake_reply, how many
 * were refused for which reason at either step, and how many just ended. The bytes are those of
 * docs/PROTOCOL.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/links.h"

#define GUESSES_MAX 1000
#define PATIENCE_MS 20000

enum { PAIR_REQUEST = 0x41, PAIR_PARAMS, PAIR_REFUSE, PAKE_SHARE, PAKE_REPLY };

/* The generator of P-256, uncompressed: a point like any other. */
static const uint8_t point[65] = {
	0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63,
	0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39,
	0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e,
	0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e,
	0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
};

static unsigned params, replies, ended, refused[7];

static void drop(struct trec_link **l)
{
	trec_link_free(l);
}

static void put_frame(struct trec_link **l, uint8_t type, const uint8_t *body, size_t n)
{
	uint8_t frame[128] = { type, (uint8_t)(n >> 8), (uint8_t)n };

	memcpy(frame + 3, body, n);
	if (*l != NULL && links_send(*l, frame, n + 3, PATIENCE_MS) != TREC_OK) {
		ended++;
		drop(l);
	}
}

static bool get(struct trec_link *l, uint8_t *out, size_t n)
{
	size_t got = 0;

	for (size_t at = 0; at < n; at += got)
		if (links_recv(l, out + at, n - at, &got, PATIENCE_MS) != TREC_OK || got == 0)
			return false;
	return true;
}

/* Takes one frame; a refusal or an end closes the connection. True if it is of that type. */
static bool take_frame(struct trec_link **l, uint8_t type)
{
	uint8_t head[3], body[256];

	if (*l == NULL)
		return false;
	size_t n = get(*l, head, 3) ? (size_t)head[1] << 8 | head[2] : SIZE_MAX;

	if (n > sizeof(body) || !get(*l, body, n)) {
		ended++;
	} else if (head[0] == type) {
		return true;
	} else if (head[0] == PAIR_REFUSE && n >= 3 && body[1] == 0 && body[2] < 7) {
		refused[body[2]]++; /* {0: reason, ...} */
	} else {
		fprintf(stderr, "guesser: frame of type 0x%02x\n", head[0]);
		ended++;
	}
	drop(l);
	return false;
}

static void guess_all(const char *uri, uint8_t method, unsigned count)
{
	static struct trec_link *l[GUESSES_MAX];
	uint8_t request[43] = {
		0xa4, 0x00, 0x01, 0x01, method, 0x02, 0x81, 0x01, 0x03, 0x58, 0x20
	};
	uint8_t share[4 + sizeof(point)] = { 0xa1, 0x00, 0x58, sizeof(point) };

	memcpy(share + 4, point, sizeof(point));
	for (unsigned i = 0; i < count; i++) {
		if (trec_link_connect(trec_env_default(), uri, &l[i]) != TREC_OK)
			ended++;
		memset(request + 11, (int)(i % 251) + 1, 32);
		put_frame(&l[i], PAIR_REQUEST, request, sizeof(request));
	}
	for (unsigned i = 0; i < count; i++)
		params += take_frame(&l[i], PAIR_PARAMS);
	for (unsigned i = 0; i < count; i++)
		put_frame(&l[i], PAKE_SHARE, share, sizeof(share));
	for (unsigned i = 0; i < count; i++) {
		replies += take_frame(&l[i], PAKE_REPLY);
		drop(&l[i]);
	}
}

static unsigned long number(const char *text)
{
	unsigned long n = strtoul(text, NULL, 10);

	return n <= GUESSES_MAX ? n : 0;
}

int main(int argc, char **argv)
{
	unsigned long wide = GUESSES_MAX, count;

	if (argc > 2 && strcmp(argv[1], "--at-once") == 0) {
		wide = number(argv[2]);
		argc -= 2;
		argv += 2;
	}
	count = argc == 4 ? number(argv[3]) : 0;
	if (wide == 0 || count == 0 || trec_uri_check(argv[1]) != TREC_OK) {
		fprintf(stderr, "usage: guesser [--at-once N] URI pin|preset COUNT\n");
		return 2;
	}
	for (unsigned long left = count; left > 0; left -= left < wide ? left : wide)
		guess_all(argv[1], strcmp(argv[2], "preset") == 0,
			  (unsigned)(left < wide ? left : wide));
	printf("{\"guesses\":%lu,\"params\":%u,\"replies\":%u,\"ended\":%u,\"version\":%u,"
	       "\"window_closed\":%u,\"busy\":%u,\"locked_out\":%u,\"method\":%u,"
	       "\"malformed\":%u}\n",
	       count, params, replies, ended, refused[1], refused[2], refused[3], refused[4],
	       refused[5], refused[6]);
	return 0;
}
