/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: names, rights and addresses come from peers and go to terminals, logs and
 * shell hooks. One place says what they may look like (docs/PROTOCOL.md, Text); messages and
 * records hold them as NUL-ended copies that passed it.
 */
#ifndef TREC_CODEC_TEXT_H
#define TREC_CODEC_TEXT_H

#include "proto/codec/cbor.h"
#include <trec/identity.h>

#define MSG_KIND_MAX 32    /**< bytes of a device kind; may be empty */
#define MSG_SERVICE_MAX 32 /**< bytes of a service name */
#define MSG_RIGHT_MAX (8 + MSG_SERVICE_MAX) /**< bytes of a right: "service:" and a name */
#define MSG_RIGHTS_MAX 8   /**< rights in one message or record */
#define MSG_HINT_MAX 255   /**< bytes of a transport hint */
#define MSG_HINTS_MAX 4    /**< hints in one message, code or record */

#define MSG_RIGHT_INTRODUCE "introduce"
#define MSG_RIGHT_ANY_SERVICE "service:*"

/** A set of rights, ascending, no right twice. */
struct msg_rights {
	size_t count;
	char name[MSG_RIGHTS_MAX][MSG_RIGHT_MAX + 1];
};

/** Addresses at which a device may be reached, best first. */
struct msg_hints {
	size_t count;
	char uri[MSG_HINTS_MAX][MSG_HINT_MAX + 1];
};

/**
 * UTF-8 that shows as one line as written: no control characters (C0, DEL, C1), no line or
 * paragraph separators, no bidirectional controls, nothing that is invisible by design but the
 * joiners, no noncharacters, no space at either end.
 */
bool msg_printable_ok(struct trec_bytes text);
/** 1 to TREC_NAME_MAX bytes of that. */
bool msg_name_ok(struct trec_bytes text);
/** 0 to MSG_KIND_MAX bytes of that. */
bool msg_kind_ok(struct trec_bytes text);
/** 1 to MSG_SERVICE_MAX of A-Z a-z 0-9 . _ -, the first a letter or digit. */
bool msg_service_ok(struct trec_bytes text);
/** "introduce", "service:*", or "service:" and a service name. */
bool msg_right_ok(struct trec_bytes text);
/** A URI by looks: scheme, colon, then printable ASCII without spaces; ≤ MSG_HINT_MAX bytes. */
bool msg_hint_ok(struct trec_bytes text);

/** Adds a right in its place; true also if it was there. False: not a right, or no room. */
bool msg_rights_add(struct msg_rights *set, const char *right);
/** Takes a right out; no effect if it was not there. */
void msg_rights_remove(struct msg_rights *set, const char *right);
/** Whether this very right is in the set. */
bool msg_rights_has(const struct msg_rights *set, const char *right);
/** Whether the set lets its holder open the service: by name or by "service:*". */
bool msg_rights_allow_service(const struct msg_rights *set, const char *service);
/** Appends an address; true also if it was there. False: not an address, or no room. */
bool msg_hints_add(struct msg_hints *list, const char *uri);

/* Readers of the above; text out of rule is the reader's error. */
void msg_read_name(struct rd *r, char out[TREC_NAME_MAX + 1]);
void msg_read_kind(struct rd *r, char out[MSG_KIND_MAX + 1]);
void msg_read_service(struct rd *r, char out[MSG_SERVICE_MAX + 1]);
void msg_read_right(struct rd *r, char out[MSG_RIGHT_MAX + 1]);
void msg_read_rights(struct rd *r, struct msg_rights *out);
void msg_read_hints(struct rd *r, struct msg_hints *out);
/* Writers, and what their callers check first. */
bool msg_rights_ok(const struct msg_rights *set);
bool msg_hints_ok(const struct msg_hints *list);
void msg_write_rights(struct wr *w, const struct msg_rights *set);
void msg_write_hints(struct wr *w, const struct msg_hints *list);

#endif
