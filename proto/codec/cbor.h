/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: every message, record and statement of the project is CBOR in the one form
 * that RFC 8949 4.2.1 (core deterministic encoding) leaves, so that equal content is equal
 * bytes and hostile bytes have nowhere to hide. The reader walks a borrowed view, allocates
 * nothing, never recurses, and keeps a sticky error that is looked at once, at the end; the
 * writer fills the caller's memory and cannot produce anything else than the reader accepts.
 *
 * Refused: longer forms than needed, indefinite lengths, map keys that are not strictly
 * ascending (so no duplicates), floats, undefined and other simple values, tags that were not
 * asked for, text that is not UTF-8 (RFC 3629), more than CBOR_DEPTH_MAX open arrays and maps.
 *
 * How a message is read:
 *
 *	struct rd r = rd_from(body);
 *
 *	rd_map(&r);
 *	rd_key(&r, 0);
 *	m.version = rd_uint(&r, 1, 255);
 *	if (rd_key_opt(&r, 1))
 *		m.salt = rd_bstr(&r, 16, 16);
 *	rd_map_end(&r);
 *	if (!rd_done(&r))
 *		return TREC_E_MALFORMED;
 *
 * After an error every call answers zero, false or an empty view; nothing that was read counts
 * before rd_done() said true. Views point into the input.
 */
#ifndef TREC_CODEC_CBOR_H
#define TREC_CODEC_CBOR_H

#include <trec/bytes.h>

#define CBOR_DEPTH_MAX 4      /**< arrays and maps open at the same time */
#define CBOR_ITEMS_MAX 16384  /**< items of one array, pairs of one map */

/** An array or map that is open, in the reader or the writer. */
struct cbor_level {
	uint32_t left;    /**< items (array) or pairs (map) still to come */
	bool map;
	bool value_next;  /**< map: a key was taken, its value is due */
	size_t key_at;    /**< map: where the last key's encoding lies, for the order check */
	size_t key_n;     /**< and how long it is; 0 before the first */
};

/** A reader. Made by rd_from; members are its own business. */
struct rd {
	struct trec_bytes in;
	size_t at;
	bool bad;
	bool top_read;    /**< the one item at the top was begun */
	uint8_t depth;
	struct cbor_level level[CBOR_DEPTH_MAX];
};

/** A reader over exactly one item that must fill the view. */
struct rd rd_from(struct trec_bytes in);

/** Opens a map. Keys are then asked for in ascending order of their encodings: 0, 1, ... -1, -2. */
void rd_map(struct rd *r);
/** The next key must be k; its value is read next. Unknown negative keys before it are skipped. */
void rd_key(struct rd *r, int64_t k);
/** Whether key k is there; if so its value must be read next. */
bool rd_key_opt(struct rd *r, int64_t k);
/**
 * Closes the map. Unknown negative integer keys are skipped with their values (which are held to
 * all rules); any other key still there is an error.
 */
void rd_map_end(struct rd *r);

/**
 * Opens an array of at least min and at most max items and gives their number. The array closes
 * by itself after its last item.
 */
size_t rd_array(struct rd *r, size_t min, size_t max);

/** An unsigned integer in [min, max]. */
uint64_t rd_uint(struct rd *r, uint64_t min, uint64_t max);
/** An integer in [min, max]. */
int64_t rd_int(struct rd *r, int64_t min, int64_t max);
/** A byte string of min to max bytes. */
struct trec_bytes rd_bstr(struct rd *r, size_t min, size_t max);
/** A byte string of exactly n bytes, copied to out; zeros after an error. */
void rd_bytes(struct rd *r, uint8_t *out, size_t n);
/** A text string of min to max bytes, strict UTF-8; not NUL-ended. */
struct trec_bytes rd_tstr(struct rd *r, size_t min, size_t max);
/**
 * A text string of min to max bytes without NUL, copied to out with a NUL behind it (out holds
 * max + 1 bytes); the empty string after an error.
 */
void rd_text(struct rd *r, char *out, size_t min, size_t max);
bool rd_bool(struct rd *r);
/** This very tag; the tagged item is read next. Tags anywhere else are errors. */
void rd_tag(struct rd *r, uint64_t tag);
/** One item of any kind and its raw encoding, held to all rules; tags inside are errors. */
struct trec_bytes rd_raw(struct rd *r);
/** For decoders: what was read breaks a rule of the message. */
void rd_refuse(struct rd *r);
/** No error so far. To leave loops early; rd_done is what decides. */
bool rd_ok(const struct rd *r);
/** The one item was read whole, all of the view was used, and no rule was broken. */
bool rd_done(const struct rd *r);

/** A writer over the caller's memory. Made by wr_to; members are its own business. */
struct wr {
	uint8_t *p;
	size_t cap;
	size_t at;
	bool bad;
	uint8_t depth;
	struct cbor_level level[CBOR_DEPTH_MAX];
};

/**
 * A writer of one item into cap bytes at p. What does not fit, and text that is not UTF-8, sets a
 * sticky error; wrong key order or count is a bug of the caller and asserted.
 */
struct wr wr_to(uint8_t *p, size_t cap);
/** Opens a map of exactly n pairs; it closes by itself after the last value. */
void wr_map(struct wr *w, size_t n);
/** A key, greater (as an encoding) than the one before; its value is written next. */
void wr_key(struct wr *w, int64_t k);
/** Opens an array of exactly n items; it closes by itself after the last. */
void wr_array(struct wr *w, size_t n);
void wr_uint(struct wr *w, uint64_t v);
void wr_int(struct wr *w, int64_t v);
void wr_bstr(struct wr *w, struct trec_bytes v);
/** n bytes at p as a byte string. */
void wr_bytes(struct wr *w, const uint8_t *p, size_t n);
void wr_tstr(struct wr *w, struct trec_bytes v);
/** A NUL-ended string as a text string. */
void wr_text(struct wr *w, const char *s);
void wr_bool(struct wr *w, bool v);
/** A tag; the tagged item is written next. */
void wr_tag(struct wr *w, uint64_t tag);
/** One item that is already encoded; bytes that rd_raw would refuse set the error. */
void wr_raw(struct wr *w, struct trec_bytes item);
/** True and the length if the item is whole and everything fitted; else false and 0. */
bool wr_done(const struct wr *w, size_t *n);

/** Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
bool cbor_utf8_ok(struct trec_bytes text);
/**
 * Takes one character off the front of *text, which must be strict UTF-8 (else false and
 * *text unchanged).
 */
bool cbor_utf8_next(struct trec_bytes *text, uint32_t *out);

#endif
