/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads a pairing code from a picture: libpng decodes, zbar finds the symbol. A picture comes
 * from anywhere, so its size is bounded before anything is allocated for it. Without zbar the
 * command says so.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "tools/trec/qr.h"

#ifdef HAVE_ZBAR
#include <png.h>
#include <stdlib.h>
#include <zbar.h>

#include <trec/bytes.h>

#define PIXELS_MAX (32u * 1024 * 1024)

/* Grey pixels, owned by the caller. */
static trec_err load(const char *path, uint8_t **pixels, unsigned *width, unsigned *height,
		     struct failure *f)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	png_color white = { 255, 255, 255 };
	trec_err err = TREC_OK;

	*pixels = NULL;
	if (!png_image_begin_read_from_file(&image, path)) {
		fail(f, TREC_E_USAGE, "cannot read %.200s as a PNG picture: %s", path,
		     image.message);
		fail_hint(f, "give a PNG file that shows the code");
		return f->err;
	}
	image.format = PNG_FORMAT_GRAY;
	if (image.width > 0 && image.height <= PIXELS_MAX / image.width)
		*pixels = malloc((size_t)image.width * image.height);
	if (image.width == 0 || image.height > PIXELS_MAX / image.width)
		err = fail(f, TREC_E_TOO_LARGE, "the picture %.200s is too large", path);
	else if (!*pixels)
		err = fail_plain(f, TREC_E_NO_MEMORY);
	else if (!png_image_finish_read(&image, &white, *pixels, 0, NULL))
		err = fail(f, TREC_E_USAGE, "the picture %.200s is damaged: %s", path,
			   image.message);
	*width = image.width;
	*height = image.height;
	png_image_free(&image);
	if (err) {
		free(*pixels);
		*pixels = NULL;
	}
	return err;
}

/* The first QR symbol that begins as what is looked for. */
static bool take_symbol(const zbar_image_t *image, const char *begins, struct secret *out)
{
	const zbar_symbol_t *s = zbar_image_first_symbol(image);

	for (; s; s = zbar_symbol_next(s)) {
		unsigned n = zbar_symbol_get_data_length(s);

		if (zbar_symbol_get_type(s) != ZBAR_QRCODE || n >= SECRET_MAX)
			continue;
		memcpy(out->text, zbar_symbol_get_data(s), n);
		out->text[n] = 0;
		out->n = n;
		if (!strncmp(out->text, begins, strlen(begins)))
			return true;
	}
	return false;
}

trec_err qr_read(const char *path, const char *begins, struct secret *out, struct failure *f)
{
	unsigned width = 0, height = 0;
	uint8_t *pixels;
	zbar_image_scanner_t *scanner;
	zbar_image_t *image;
	trec_err err = load(path, &pixels, &width, &height, f);

	if (err)
		return err;
	if (secret_room(out, f) != TREC_OK) {
		free(pixels);
		return f->err;
	}
	scanner = zbar_image_scanner_create();
	image = zbar_image_create();
	(void)zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	(void)zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, width, height);
	zbar_image_set_data(image, pixels, (unsigned long)width * height, NULL);
	if (zbar_scan_image(scanner, image) < 0 || !take_symbol(image, begins, out)) {
		secret_wipe(out);
		err = fail(f, TREC_E_BAD_CODE,
			   "the picture %.200s shows no code that begins with %s", path, begins);
		fail_hint(f, "take the picture again: whole, sharp and with a light border");
	}
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
	trec_wipe(pixels, (size_t)width * height);
	free(pixels);
	return err;
}
#else
trec_err qr_read(const char *path, const char *begins, struct secret *out, struct failure *f)
{
	(void)begins;
	secret_wipe(out);
	fail(f, TREC_E_UNSUPPORTED, "this build cannot read pictures such as %.200s: it lacks zbar",
	     path);
	fail_hint(f, "install zbar's development files and build again, or use --code -");
	return f->err;
}
#endif
