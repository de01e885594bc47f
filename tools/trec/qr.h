/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: a pairing code or introduction as a picture to scan, and back. */
#ifndef TREC_TOOL_QR_H
#define TREC_TOOL_QR_H

#include <stdio.h>

#include "tools/trec/secret.h"

/* Refuses what is not "terminal", "png:FILE" or "svg:FILE". */
trec_err qr_check(const char *how, struct failure *f);
/* Draws text. For the terminal into to, else into a new file of mode 0600. */
trec_err qr_draw(const char *how, const char *text, FILE *to, struct failure *f);
/*
 * Finds the QR symbol in a PNG picture whose text begins so ("TREC:", "TRECI:").
 * TREC_E_UNSUPPORTED where it was built without zbar.
 */
trec_err qr_read(const char *path, const char *begins, struct secret *out, struct failure *f);

#endif
