/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests about this device and its list: all of them are one job on the store. */
#include <stdio.h>
#include <string.h>

#include "tools/trec/ops.h"

static json_t *pem(struct trec_bytes der)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[64 + (TREC_CERT_MAX + 2) / 3 * 4 * 65 / 64 + 64];
	size_t n = (size_t)snprintf(text, sizeof text, "-----BEGIN CERTIFICATE-----\n");
	size_t column = 0;

	for (size_t i = 0; i < der.n && der.n <= TREC_CERT_MAX; i += 3) {
		uint32_t v = (uint32_t)der.p[i] << 16 |
			     (i + 1 < der.n ? (uint32_t)der.p[i + 1] << 8 : 0) |
			     (i + 2 < der.n ? der.p[i + 2] : 0);

		text[n++] = set[v >> 18];
		text[n++] = set[v >> 12 & 63];
		text[n++] = (char)(i + 1 < der.n ? set[v >> 6 & 63] : '=');
		text[n++] = (char)(i + 2 < der.n ? set[v & 63] : '=');
		column += 4;
		if (column % 64 == 0)
			text[n++] = '\n';
	}
	if (column % 64)
		text[n++] = '\n';
	(void)snprintf(text + n, sizeof text - n, "-----END CERTIFICATE-----\n");
	return json_string(text);
}

const char *key_name(trec_key_alg alg)
{
	return alg == TREC_KEY_P256 ? "p256" : "ed25519";
}

static void work_id(struct op *op)
{
	struct trec_own own;
	trec_err err = op_records(op)->ops->own(op_records(op), &own);

	if (err) {
		fail_plain(&op->f, err);
		return;
	}
	op_add(op, "id",
	       json_pack("{s:o, s:s, s:s, s:o*}", "id", id_json(&own.id), "name", own.name, "key",
			 key_name(own.signer->alg), "pem",
			 op_flag(op, "pem") ? pem(own.cert) : NULL));
}

void op_id(struct op *op)
{
	op_store(op, work_id, NULL);
}

json_t *rights_json(const struct trec_peer *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->right_count; i++)
		(void)json_array_append_new(list, json_string(p->rights[i].name));
	return list;
}

/* Newest first. */
static json_t *previous_json(const struct trec_peer *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->previous_count; i++)
		(void)json_array_append_new(list, id_json(&p->previous[i].id));
	return list;
}

/* When single rights end; not in the object where none does. */
static json_t *ends_json(const struct trec_peer *p)
{
	json_t *ends = NULL;

	for (size_t i = 0; i < p->right_count; i++) {
		if (!p->rights[i].until_s)
			continue;
		if (!ends)
			ends = json_object();
		(void)json_object_set_new(ends, p->rights[i].name, time_json(p->rights[i].until_s));
	}
	return ends;
}

static json_t *peer_json(const struct trec_peer *p)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o*}", "id",
			 id_json(&p->id), "name", p->name, "state", trec_peer_state_name(p->state),
			 "origin", trec_origin_name(p->origin), "key",
			 p->symmetric ? "symmetric" : "certificate", "introduced_by",
			 p->has_introducer ? id_json(&p->introduced_by) : json_null(), "since",
			 time_json(p->since_s), "last_seen", time_json(p->last_seen_s), "rights",
			 rights_json(p), "expires", time_json(p->expires_s), "previous_ids",
			 previous_json(p), "rights_until", ends_json(p));
}

static void work_list(struct op *op)
{
	struct trec_peer_cursor cursor = { 0 };
	bool found = true;

	while (found) {
		trec_err err = trec_peer_next(device_env(op->dev), op_records(op), &cursor,
					      &op->peer, &found);

		if (err) {
			fail_plain(&op->f, err);
			return;
		}
		if (found && (op->peer.state != TREC_PEER_UNCONFIRMED || op_flag(op, "all")))
			op_add(op, "peer", peer_json(&op->peer));
	}
}

void op_list(struct op *op)
{
	op_store(op, work_list, NULL);
}

/* What `show` adds to a row of the list. */
static void add_details(json_t *object, const struct trec_peer *p)
{
	json_t *hints = json_array();

	for (size_t i = 0; i < p->hint_count; i++)
		(void)json_array_append_new(hints, json_string(p->hints[i]));
	(void)json_object_set_new(object, "kind", json_string(p->kind));
	(void)json_object_set_new(object, "addresses", hints);
	(void)json_object_set_new(object, "forgotten", json_boolean(p->forgotten));
}

static void work_show(struct op *op)
{
	json_t *object;

	if (!op_find_peer(op))
		return;
	object = peer_json(&op->peer);
	add_details(object, &op->peer);
	op_add(op, "show", object);
}

void op_show(struct op *op)
{
	op_store(op, work_show, NULL);
}

static void work_cert(struct op *op)
{
	if (!op_find_peer(op))
		return;
	if (op->peer.symmetric) {
		fail(&op->f, TREC_E_UNSUPPORTED,
		     "%s is known by a shared key: it has no certificate", op->peer.name);
		fail_hint(&op->f, "see `trec show`");
		return;
	}
	op_add(op, "cert",
	       json_pack("{s:o, s:s, s:o}", "id", id_json(&op->peer.id), "name", op->peer.name,
			 "pem", pem(trec_bytes(op->peer.cert, op->peer.cert_len))));
}

void op_cert(struct op *op)
{
	op_store(op, work_cert, NULL);
}

static void list_changed(struct op *op)
{
	device_list_changed(op->dev);
	op_end(op);
}

void op_add_changed(struct op *op, trec_err err)
{
	const struct trec_id id = op->peer.id; /* what receives the record is cleared first */

	if (!err)
		err = trec_peer_get(device_env(op->dev), op_records(op), &id, &op->peer);
	if (err)
		fail_plain(&op->f, err);
	else
		op_add(op, "changed", peer_json(&op->peer));
}

static void work_rename(struct op *op)
{
	const char *name = op_text(op, "name");
	trec_err err;

	if (!op_find_peer(op))
		return;
	err = trec_peer_rename(device_env(op->dev), op_records(op), &op->peer.id, name);
	if (err == TREC_E_EXISTS) {
		fail(&op->f, err, "another peer is called %.64s", name);
		fail_hint(&op->f, "choose another name");
	}
	op_add_changed(op, err);
}

void op_rename(struct op *op)
{
	op_store(op, work_rename, NULL);
}

static void work_allow(struct op *op)
{
	const json_t *until = json_object_get(op->request, "until");

	if (!op_find_peer(op))
		return;
	if (op->peer.symmetric && strcmp(op_text(op, "right"), "introduce") == 0) {
		fail(&op->f, TREC_E_UNSUPPORTED,
		     "%s is known by a shared key: it cannot introduce anybody", op->peer.name);
		fail_hint(&op->f, "pair with it by certificates, that is without --symmetric");
		return;
	}
	op_add_changed(op, trec_peer_allow(device_env(op->dev), op_records(op), &op->peer.id,
					op_text(op, "right"), json_integer_value(until)));
}

void op_allow(struct op *op)
{
	op_store(op, work_allow, list_changed);
}

static void work_deny(struct op *op)
{
	if (op_find_peer(op))
		op_add_changed(op, trec_peer_deny(device_env(op->dev), op_records(op), &op->peer.id,
					       op_text(op, "right")));
}

void op_deny(struct op *op)
{
	op_store(op, work_deny, list_changed);
}
