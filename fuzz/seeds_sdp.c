/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See seeds.h: lists of records as devices have them, and answers that carry them. */
#include <string.h>

#include "fuzz/seeds.h"
#include "proto/base/base.h"
#include "tests/lib/sweep.h"

#define OURS "1c d7b7a4c15f0e4c469b1a7c2f2e1f9d53"
#define CLASSES "09 0001 35 11 " OURS
#define PROTOCOLS(channel) "09 0004 35 0c 35 03 19 0100 35 05 19 0003 08 " channel
#define NAME "09 0100 25 04 74726563"
/* Records of 50, 22 and 24 bytes. */
#define RECORD(channel) "35 30 " CLASSES PROTOCOLS(channel) NAME
#define WITHOUT "35 16 " CLASSES
#define NINE "36 00d8 " WITHOUT WITHOUT WITHOUT WITHOUT WITHOUT WITHOUT WITHOUT WITHOUT WITHOUT
/* Our class and one other attribute of so many bytes. */
#define BESIDE(all, record, more) "35 " all " 35 " record CLASSES more
#define STACK(all, record, n, layers) BESIDE(all, record, "09 0004 35 " n " " layers)

#define A17 "6161616161616161616161616161616161"
#define LIST "28 " /* handed out in pieces of 40 bytes */

static const struct {
	const char *name, *hex;
} seeds[] = {
	{ "one", LIST "35 32 " RECORD("0c") },
	{ "two", LIST "36 0064 " RECORD("01") RECORD("1e") },
	{ "long-length", LIST "37 00000032 " RECORD("02") },
	{ "bytewise", "01 35 00" },
	{ "rounds", "01 35 32 " RECORD("0c") },
	{ "nine", LIST NINE },
	{ "no-list", LIST },
	{ "no-record", LIST "35 00" },
	{ "channel-0", LIST "35 32 " RECORD("00") },
	{ "channel-31", LIST "35 32 " RECORD("1f") },
	{ "no-channel", LIST STACK("24", "22", "07", "35 05 19 0003 19 00") },
	{ "channel-of-16-bits", LIST STACK("25", "23", "08", "35 06 19 0003 09 0005") },
	{ "only-l2cap", LIST STACK("22", "20", "05", "35 03 19 0100") },
	{ "rfcomm-of-32-bits", LIST STACK("26", "24", "09", "35 07 1a 00000003 08 07") },
	{ "rfcomm-of-128-bits",
	  LIST STACK("32", "30", "15", "35 13 1c 00000003 0000 1000 8000 00805f9b34fb 08 07") },
	{ "no-stack", LIST STACK("1f", "1d", "02", "08 03") },
	{ "alternatives", LIST BESIDE("26", "24", "09 0004 3d 09 35 07 35 05 19 0003 08 09") },
	{ "no-alternative", LIST BESIDE("1d", "1b", "09 0004 3d 00") },
	{ "stack-is-a-number", LIST BESIDE("1d", "1b", "09 0004 08 04") },
	{ "name-empty", LIST BESIDE("1d", "1b", "09 0100 25 00") },
	{ "name-utf-8", LIST BESIDE("1f", "1d", "09 0100 25 02 c3a4") },
	{ "name-is-a-number", LIST BESIDE("1d", "1b", "09 0100 08 04") },
	{ "name-long", LIST BESIDE("62", "60", "09 0100 26 0044 " A17 A17 A17 A17) },
	{ "class-of-another", LIST "35 0a 35 08 09 0001 35 03 19 1101" },
	{ "class-is-no-uuid", LIST "35 09 35 07 09 0001 35 02 08 01" },
	{ "class-is-a-number", LIST "35 07 35 05 09 0001 08 01" },
	{ "every-type",
	  LIST BESIDE("3c", "3a", "09 0200 00 09 0201 28 01 09 0202 10 ff "
				  "09 0203 0b 0000000000000000 09 0204 45 01 78 09 0205 20") },
	{ "every-size", LIST BESIDE("39", "37", "09 0200 0a 00000001 09 0201 "
				    "0c 00000000000000000000000000000000 09 0202 0900") },
	{ "deep", LIST BESIDE("2c", "2a", "09 0200 35 0a 35 08 35 06 35 04 35 02 35 00 "
				"09 0201 08 01") },
	{ "too-deep", LIST "35 10 35 0e 35 0c 35 0a 35 08 35 06 35 04 35 02 35 00" },
	{ "descending", LIST "35 0c 35 0a 09 0004 08 01 09 0001 08 01" },
	{ "attribute-twice", LIST "35 0c 35 0a 09 0001 08 01 09 0001 08 01" },
	{ "attribute-alone", LIST "35 05 35 03 09 0001" },
	{ "attribute-of-8-bits", LIST "35 06 35 04 08 01 08 01" },
	{ "record-is-a-number", LIST "35 02 08 01" },
	{ "list-is-a-number", LIST "08 01" },
	{ "list-and-more", LIST "35 00 35 00" },
	{ "cut", LIST "35 05 35 03 09" },
	{ "cut-length", LIST "37 0000" },
	{ "too-long", LIST "37 ffffffff" },
	{ "no-type", LIST "35 02 48 00" },
	{ "uuid-of-8-bits", LIST "35 02 18 00" },
	/* Answers: to request ffff, then 0000. */
	{ "answer", "00 003c 07 ffff 0037 0034 35 32 " RECORD("0c") "00" },
	{ "answer-in-two", "00 0012 07 ffff 000d 0008 35 32 35 30 09 0001 35 02 ab cd "
			   "0034 07 0000 002f 002c 11 " OURS PROTOCOLS("0c") NAME "00" },
	{ "answer-unended", "00 000c 07 ffff 0007 0001 35 03 ab cd ef" },
	{ "answer-endless", "00 000a 07 ffff 0005 0001 35 01 ab 000a 07 0000 0005 0001 00 01 ab" },
	{ "answer-error", "00 0007 01 ffff 0002 0003" },
	{ "answer-error-cut", "00 0006 01 ffff 0001 00" },
	{ "answer-of-another", "00 000a 07 fffe 0005 0002 35 00 00" },
	{ "answer-of-another-kind", "00 000a 05 ffff 0005 0002 35 00 00" },
	{ "answer-length", "00 000a 07 ffff 0006 0002 35 00 00" },
	{ "answer-empty", "00 0008 07 ffff 0003 0000 00" },
	{ "answer-cut", "00 0008 07 ffff 0003 0004 35" },
	{ "answer-head-cut", "00 0004 07 ffff 00" },
	{ "answer-continuation",
	  "00 001b 07 ffff 0016 0002 35 00 11 0000000000000000000000000000000000" },
};

void seeds_sdp(struct seeds *o)
{
	static uint8_t full[1 + 4200];
	uint8_t one[512];

	for (size_t i = 0; i < BASE_COUNT(seeds); i++) {
		size_t n = sweep_unhex(seeds[i].hex, one, sizeof(one));

		seeds_put(o, "sdp", seeds[i].name, trec_bytes(NULL, 0), trec_bytes(one, n));
	}
	/* More than is put together, and just as much: a list with one text in it. */
	memset(full, 'a', sizeof(full));
	full[0] = 0xff;
	seeds_put(o, "sdp", "too-large", trec_bytes(NULL, 0), trec_bytes(full, sizeof(full)));
	memcpy(full + 1, "\x36\x0f\xfd\x35\x00\x36\x0f\xf8\x09\x02\x00\x26\x0f\xf2", 14);
	seeds_put(o, "sdp", "largest", trec_bytes(NULL, 0), trec_bytes(full, 1 + 4096));
}
