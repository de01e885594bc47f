/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests that only a daemon can answer: events and consents. */
#include "tools/trec/daemon.h"

void op_watch(struct op *op)
{
	daemon_watch(op);
}

void op_watch_cancel(struct op *op)
{
	op_end(op);
}

void op_log(struct op *op)
{
	json_t *event;
	size_t i;

	json_array_foreach(op->daemon->events, i, event) op_result(op, "event", json_incref(event));
	op_end(op);
}

json_t *subjects_json(const struct trec_subject *list, size_t n)
{
	json_t *subjects = n ? json_array() : NULL;

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(subjects, json_pack("{s:o, s:s, s:s}", "id",
								id_json(&list[i].id), "name",
								list[i].name, "kind",
								list[i].kind));
	return subjects;
}

void op_pending(struct op *op)
{
	struct device_consent c;

	for (size_t i = 0; device_pending(op->dev, i, &c); i++)
		op_result(op, "pending",
			  json_pack("{s:i, s:s, s:o, s:s, s:s, s:s*, s:o*, s:i}", "number",
				    c.number, "asks", c.asks, "peer", id_json(&c.peer), "name",
				    c.name, "kind", c.kind, "digits", *c.digits ? c.digits : NULL,
				    "subjects",
				    subjects_json(c.subject, c.subject_count), "expires_in",
				    c.seconds));
	op_end(op);
}

void op_answer(struct op *op)
{
	(void)device_answer(op->dev, op_number(op, "number"), op_flag(op, "yes"), &op->f);
	op_end(op);
}
