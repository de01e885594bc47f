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

void op_pending(struct op *op)
{
	struct device_consent c;

	for (size_t i = 0; device_pending(op->dev, i, &c); i++)
		op_result(op, "pending",
			  json_pack("{s:i, s:o, s:s, s:s, s:s, s:i}", "number", c.number, "peer",
				    id_json(&c.what.peer), "name", c.what.name, "kind", c.what.kind,
				    "digits", c.what.digits, "expires_in", c.seconds));
	op_end(op);
}

void op_answer(struct op *op)
{
	(void)device_answer(op->dev, op_number(op, "number"), op_flag(op, "yes"), &op->f);
	op_end(op);
}
