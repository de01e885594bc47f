/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the records have in common; for proto/codec alone. */
#ifndef TREC_CODEC_RECORD_UTIL_H
#define TREC_CODEC_RECORD_UTIL_H

#include "proto/codec/record.h"

/** Opens the map and reads key 0; true if the record is whole so far but of another version. */
bool rec_read_version(struct rd *r);
/** Key 0 and its value, into a map that is open. */
void rec_write_version(struct wr *w);

/** [ms, boot] */
void rec_read_moment(struct rd *r, struct rec_moment *out);
void rec_write_moment(struct wr *w, const struct rec_moment *m);

#endif
