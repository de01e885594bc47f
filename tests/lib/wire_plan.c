/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans of wire_faults.h as text and as bytes. */
#include "tests/lib/wire_faults.h"

#include <stdio.h>
#include <string.h>

#define WIRE_KIND_NAME(id, name) name,
static const char *const names[WIRE_KINDS] = { WIRE_KIND_LIST(WIRE_KIND_NAME) };
#undef WIRE_KIND_NAME

const char *wire_kind_name(enum wire_kind kind)
{
	return names[kind];
}

void wire_plan_print(const struct wire_plan *plan, char out[WIRE_TEXT_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < plan->n; i++) {
		const struct wire_fault *f = &plan->fault[i];

		n += (size_t)snprintf(out + n, WIRE_TEXT_MAX - n, "%s%u%c%u:%s:%u",
				      i == 0 ? "" : " ", f->from, f->piece ? 'p' : 'b', f->at,
				      names[f->kind], f->arg);
	}
}

static bool parse_one(const char *text, struct wire_fault *f, int *used)
{
	char kind[16];
	char unit;
	unsigned from;

	if (sscanf(text, " %u%c%u:%15[a-z-]:%u%n", &from, &unit, &f->at, kind, &f->arg, used) != 5)
		return false;
	f->from = (uint8_t)from;
	f->piece = unit == 'p';
	for (unsigned k = 0; k < WIRE_KINDS; k++) {
		f->kind = (enum wire_kind)k;
		if (strcmp(kind, names[k]) == 0)
			return from < 2 && (unit == 'p' || unit == 'b');
	}
	return false;
}

bool wire_plan_parse(const char *text, struct wire_plan *plan)
{
	int used = 0;

	for (plan->n = 0; text[strspn(text, " ")] != '\0'; plan->n++, text += used)
		if (plan->n == WIRE_FAULTS_MAX || !parse_one(text, &plan->fault[plan->n], &used))
			return false;
	return true;
}

size_t wire_plan_read(struct trec_bytes in, size_t max, struct wire_plan *plan)
{
	size_t at = 0;

	plan->n = 0;
	while (in.n - at >= WIRE_FAULT_BYTES && plan->n < max && plan->n < WIRE_FAULTS_MAX) {
		const uint8_t *b = in.p + at;

		plan->fault[plan->n++] = (struct wire_fault){
			.from = b[0] & 1,
			.piece = (b[0] & 2) != 0,
			.kind = (enum wire_kind)((b[0] >> 4) % WIRE_KINDS),
			.at = (uint32_t)b[1] << 8 | b[2],
			.arg = (uint32_t)b[3] << 8 | b[4],
		};
		at += WIRE_FAULT_BYTES;
	}
	return at;
}
