/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the worked examples as first inputs of the codec's fuzz targets. */
#ifndef TREC_FUZZ_SEEDS_H
#define TREC_FUZZ_SEEDS_H

#include <stdbool.h>

/* Into folder/{cbor,frame,message,record,code,idtext}/, made if missing. */
bool seeds_write(const char *folder);

#endif
