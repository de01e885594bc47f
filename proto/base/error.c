/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names, texts and classes of results, all from the one list in trec/error.h. */
#include <trec/error.h>

struct err_row {
	const char *name;
	const char *text;
	const char *hint;
	enum trec_class cls;
};

static const struct err_row rows[TREC_E_COUNT] = {
#define ROW(id, name, cls, text, hint) [TREC_E_##id] = { name, text, hint, TREC_CLASS_##cls },
	TREC_ERROR_LIST(ROW)
#undef ROW
};

static const struct err_row *row_of(trec_err err)
{
	if ((unsigned)err >= TREC_E_COUNT)
		err = TREC_E_INTERNAL;
	return &rows[err];
}

const char *trec_err_name(trec_err err)
{
	return row_of(err)->name;
}

const char *trec_err_text(trec_err err)
{
	return row_of(err)->text;
}

const char *trec_err_hint(trec_err err)
{
	return row_of(err)->hint;
}

enum trec_class trec_err_class(trec_err err)
{
	return row_of(err)->cls;
}
