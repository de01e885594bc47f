/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws QR symbols: libqrencode computes the modules, the rest is ours; see qr.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <trec/bytes.h>

#ifdef HAVE_PNG
#include <png.h>
#endif
#ifdef HAVE_QRENCODE
#include <qrencode.h>
#endif

#include "tools/trec/qr.h"

#define QUIET 4 /* light modules around the symbol, ISO/IEC 18004 */
#define SCALE 8 /* pixels of a module */

/* What this build lacks is said before a window opens, not after. */
static trec_err qr_built(const char *how, struct failure *f)
{
#ifndef HAVE_QRENCODE
	return fail(f, TREC_E_UNSUPPORTED, "this build lacks libqrencode: --qr %.64s cannot draw",
		    how);
#elif !defined(HAVE_PNG)
	if (how[0] == 'p')
		return fail(f, TREC_E_UNSUPPORTED, "this build lacks libpng: use --qr svg:FILE");
#endif
	(void)how;
	(void)f;
	return TREC_OK;
}

trec_err qr_check(const char *how, struct failure *f)
{
	if (!strcmp(how, "terminal") || (!strncmp(how, "png:", 4) && how[4]) ||
	    (!strncmp(how, "svg:", 4) && how[4]))
		return qr_built(how, f);
	fail(f, TREC_E_USAGE, "--qr %.64s is not a way to draw", how);
	fail_hint(f, "write terminal, png:FILE or svg:FILE");
	return f->err;
}

#ifdef HAVE_QRENCODE
static bool dark(const QRcode *qr, int x, int y)
{
	if (x < 0 || y < 0 || x >= qr->width || y >= qr->width)
		return false;
	return qr->data[y * qr->width + x] & 1;
}

/* Two rows of modules in a line of half blocks, black on white whatever the terminal's colours. */
static void draw_terminal(const QRcode *qr, FILE *to)
{
	for (int y = -QUIET; y < qr->width + QUIET; y += 2) {
		fputs("\033[38;5;16;48;5;231m", to);
		for (int x = -QUIET; x < qr->width + QUIET; x++) {
			bool up = dark(qr, x, y), down = dark(qr, x, y + 1);

			fputs(up && down ? "\u2588" : up ? "\u2580" : down ? "\u2584" : " ", to);
		}
		fputs("\033[0m\n", to);
	}
}

static bool draw_svg(const QRcode *qr, FILE *to)
{
	int side = qr->width + 2 * QUIET;

	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n<path fill=\"#000\" d=\"",
		side * SCALE, side * SCALE, side, side, side, side);
	for (int y = 0; y < qr->width; y++) {
		for (int x = 0; x < qr->width; x++) {
			int from = x;

			while (x < qr->width && dark(qr, x, y))
				x++;
			if (x > from)
				fprintf(to, "M%d %dh%dv1h-%dz", from + QUIET, y + QUIET, x - from,
					x - from);
		}
	}
	fputs("\"/>\n</svg>\n", to);
	return !ferror(to);
}

#ifdef HAVE_PNG
static bool draw_png(const QRcode *qr, FILE *to)
{
	size_t side = (size_t)(qr->width + 2 * QUIET) * SCALE;
	png_image image = { .version = PNG_IMAGE_VERSION,
			    .width = (png_uint_32)side,
			    .height = (png_uint_32)side,
			    .format = PNG_FORMAT_GRAY };
	uint8_t *pixels = malloc(side * side);
	bool done;

	if (!pixels)
		return false;
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			pixels[y * side + x] =
				dark(qr, (int)(x / SCALE) - QUIET, (int)(y / SCALE) - QUIET) ? 0
											     : 255;
	done = png_image_write_to_stdio(&image, to, 0, pixels, 0, NULL) != 0;
	png_image_free(&image);
	trec_wipe(pixels, side * side);
	free(pixels);
	return done;
}
#else
static bool draw_png(const QRcode *qr, FILE *to)
{
	(void)qr;
	(void)to;
	return false;
}
#endif

/* The picture is the secret: nobody else may read the file, and an old one is not kept open. */
static trec_err draw_file(const QRcode *qr, const char *how, struct failure *f)
{
	const char *path = how + 4;
	bool done;
	FILE *to;
	int fd;

	if (unlink(path) < 0 && errno != ENOENT)
		return fail(f, TREC_E_IO, "cannot replace %.200s: %m", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	to = fd < 0 ? NULL : fdopen(fd, "wb");
	if (!to) {
		fail(f, TREC_E_IO, "cannot make the file %.200s: %m", path);
		if (fd >= 0)
			close(fd);
		return f->err;
	}
	done = how[0] == 'p' ? draw_png(qr, to) : draw_svg(qr, to);
	if (fclose(to) != 0 || !done)
		return fail(f, TREC_E_IO, "cannot write the file %.200s", path);
	return TREC_OK;
}

trec_err qr_draw(const char *how, const char *text, FILE *to, struct failure *f)
{
	QRcode *qr = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	trec_err err = TREC_OK;

	if (!qr) /* a long one: less of it may be smudged */
		qr = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	if (!qr)
		return fail(f, TREC_E_TOO_LARGE, "the text does not fit into a QR symbol");
	if (!strcmp(how, "terminal"))
		draw_terminal(qr, to);
	else
		err = draw_file(qr, how, f);
	trec_wipe(qr->data, (size_t)qr->width * (size_t)qr->width);
	QRcode_free(qr);
	return err;
}
#else
trec_err qr_draw(const char *how, const char *text, FILE *to, struct failure *f)
{
	(void)how;
	(void)text;
	(void)to;
	return fail_plain(f, TREC_E_UNSUPPORTED);
}
#endif
