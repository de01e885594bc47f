/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: everything that a wire can do to two devices, as data. A plan is a list of
 * faults, each at a byte or a piece of one direction; a struct wire carries out the plan on what
 * the two put in, and keeps what they sent, so that a later run can be fed with it. Plans have a
 * text form, which a failing test prints and takes back, and a form of a few bytes, for fuzzers.
 *
 * A piece is what a device hands over at a time (wire_put). Positions count from 0, over what
 * the device sends, not over what arrives. A fault hits its target: the piece, or the byte and
 * those behind it in the same piece, as many as the fault says.
 */
#ifndef TREC_TESTS_WIRE_FAULTS_H
#define TREC_TESTS_WIRE_FAULTS_H

#include <trec/bytes.h>

#define WIRE_FAULTS_MAX 8
#ifndef WIRE_ROOM
#define WIRE_ROOM 65536      /* bytes of one direction that are kept */
#endif
#define WIRE_PIECES_MAX 512  /* pieces of one direction that are told apart */
#define WIRE_TEXT_MAX (WIRE_FAULTS_MAX * 40)
#define WIRE_FAULT_BYTES 5   /* of one fault in wire_plan_read */

/* X(id, name): what is done to the target. `arg` where it means something. */
#define WIRE_KIND_LIST(X)                                                                          \
	X(DROP, "drop")           /* it vanishes; at a byte: arg bytes (0: one) */                 \
	X(DELAY, "delay")         /* it and all behind it come arg ms later */                     \
	X(DUPLICATE, "duplicate") /* it comes twice; at a byte: arg bytes (0: one) */              \
	X(REORDER, "reorder")     /* it comes behind what follows; at a byte: arg bytes */         \
	X(TRUNCATE, "truncate")   /* the connection ends there, for both */                        \
	X(FLIP, "flip")           /* byte xor arg & 0xff (0: 1); of a piece its byte arg >> 8 */   \
	X(STALL, "stall")         /* nothing comes from there on, nor an end; arg 1: both ways */  \
	X(HALF_CLOSE, "half-close") /* this direction ends there, the other goes on */             \
	X(REFLECT, "reflect")     /* it also comes back to its sender */                           \
	X(INSERT, "insert")       /* piece arg of the record comes before it */                    \
	X(REPLACE, "replace")     /* piece arg of the record comes in its place */                 \
	X(REPLAY, "replay")       /* from there on only the record comes, from its piece arg on */

#define WIRE_KIND_ENUM(id, name) WIRE_##id,
enum wire_kind { WIRE_KIND_LIST(WIRE_KIND_ENUM) WIRE_KINDS };
#undef WIRE_KIND_ENUM

struct wire_fault {
	uint8_t from;        /* whose bytes: 0 or 1 */
	bool piece;          /* `at` counts pieces; else bytes */
	uint32_t at;
	enum wire_kind kind;
	uint32_t arg;
};

/* What went over a wire in one run, by sender, in pieces. */
struct wire_record {
	uint8_t bytes[2][WIRE_ROOM];
	size_t n[2];
	uint32_t end[2][WIRE_PIECES_MAX]; /* offset behind each piece */
	unsigned pieces[2];
};

/* Faults in order of their positions in each direction; one that lies before another ended is
 * passed over. */
struct wire_plan {
	struct wire_fault fault[WIRE_FAULTS_MAX];
	size_t n;
	const struct wire_record *record; /* of INSERT, REPLACE, REPLAY; borrowed; may be NULL */
};

struct wire;

/* The plan is copied. Never NULL: the program ends where memory does. */
struct wire *wire_new(const struct wire_plan *plan);
void wire_free(struct wire **w);

/* A device hands over one piece. */
void wire_put(struct wire *w, int from, struct trec_bytes piece);
/* Moves what arrives at `to` now to out; how many bytes. */
size_t wire_take(struct wire *w, int to, uint8_t *out, size_t cap);
/* `to` has taken all that ever comes, and sees the end. */
bool wire_ended(const struct wire *w, int to);
/* Nothing more comes to `to`, and it is not told. */
bool wire_stalled(const struct wire *w, int to);
/*
 * To be called when neither device can do anything: lets come what was held back. *wait_ms is
 * the time that passes before. False: nothing was held back.
 */
bool wire_idle(struct wire *w, uint64_t *wait_ms);

/* Faults of the plan that were met. */
unsigned wire_fired(const struct wire *w);
/* Bytes that came from that direction's wire so far. */
size_t wire_arrived(const struct wire *w, int from);
/* Bytes from that device that came as it sent them, up to the first that did not. */
size_t wire_intact(const struct wire *w, int from);
/* What the devices sent, before any fault. */
const struct wire_record *wire_sent(const struct wire *w);

const char *wire_kind_name(enum wire_kind kind);
/* "0b123:flip:4 1p2:drop:0" and back. Print: out has WIRE_TEXT_MAX bytes. */
void wire_plan_print(const struct wire_plan *plan, char out[WIRE_TEXT_MAX]);
bool wire_plan_parse(const char *text, struct wire_plan *plan);
/*
 * Any bytes are a plan, WIRE_FAULT_BYTES a fault: first byte: bit 0 from, bit 1 piece, bits 4 to
 * 7 kind; then `at` and `arg`, 2 bytes each, big endian. Answers how many bytes it used; there
 * are at most max faults (and WIRE_FAULTS_MAX). The record is left as it is.
 */
size_t wire_plan_read(struct trec_bytes in, size_t max, struct wire_plan *plan);

#endif
