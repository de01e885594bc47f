/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See acceptance.h: what devices say, rightly signed or altered afterwards. */
#include "tests/lib/acceptance_priv.h"

struct acc_device acc_devices[KEYS];
struct acc_slot acc_slots[SLOTS];
unsigned acc_newest[PEERS];
unsigned acc_last_slot;
const struct trec_env *acc_env;

unsigned acc_pick(uint8_t a)
{
	unsigned peer = a % PEERS;

	return a & 0x80 ? peer * GENERATIONS + a / 4 % GENERATIONS
			: peer * GENERATIONS + acc_newest[peer];
}

struct trec_bytes acc_slot(uint8_t c)
{
	unsigned k = c & 0x80 ? c % SLOTS : acc_last_slot;

	return trec_bytes(acc_slots[k].bytes, acc_slots[k].n);
}

trec_err acc_op_say_introduction(uint8_t a, uint8_t b, uint8_t c)
{
	static const char *const wish[] = { "service:*", "service:a", "introduce", "service:b" };
	unsigned iss = acc_pick(a), sub = b == 0xff ? ME : acc_pick(b);
	struct msg_rights rights = { 0 };
	struct trust_introduction what = { .aud = acc_devices[(c & 0x40) ? sub : ME].id,
					   .name = "n",
					   .kind = "",
					   .rights = &rights };

	acc_last_slot = c % SLOTS;
	what.cert = trec_bytes(acc_devices[sub].cert, acc_devices[sub].cert_len);
	what.nonce = c & 0x20 ? (const uint8_t *)ACC_NONCE : NULL;
	(void)msg_rights_add(&rights, wish[c / 8 % 4]);
	acc_slots[acc_last_slot].online = what.nonce != NULL;
	return trust_make_introduction(acc_env, &acc_devices[iss].signer, &what,
				       acc_slots[acc_last_slot].bytes, TRUST_STATEMENT_MAX,
				       &acc_slots[acc_last_slot].n, NULL);
}

trec_err acc_op_say_notice(uint8_t a, uint8_t b, uint8_t c)
{
	acc_last_slot = c % SLOTS;
	return trust_make(acc_env, TRUST_TOMBSTONE, &acc_devices[acc_pick(a)].signer,
			  &acc_devices[b == 0xff ? ME : acc_pick(b)].id, NULL,
			  acc_slots[acc_last_slot].bytes, TRUST_STATEMENT_MAX,
			  &acc_slots[acc_last_slot].n, NULL);
}

trec_err acc_op_say_succession(uint8_t a, uint8_t b, uint8_t c)
{
	unsigned old = acc_pick(a), peer = old / GENERATIONS;
	unsigned now =
		b & 0x10 ? acc_pick(b) : peer * GENERATIONS + (old + 1 + b % 2) % GENERATIONS;

	acc_last_slot = c % SLOTS;
	if (!(c & 0x10))
		acc_newest[now / GENERATIONS] = now % GENERATIONS;
	trec_err err =
		trust_make_succession(acc_env, &acc_devices[old].signer, &acc_devices[now].signer,
				      trec_bytes(acc_devices[now].cert, acc_devices[now].cert_len),
				      1u + c / 32, acc_slots[acc_last_slot].bytes,
				      TRUST_STATEMENT_MAX, &acc_slots[acc_last_slot].n, NULL);

	return err == TREC_E_USAGE ? TREC_OK : err; /* to itself */
}

trec_err acc_op_damage(uint8_t a, uint8_t b, uint8_t c)
{
	struct trec_bytes words = acc_slot(c);

	if (words.n > 0)
		acc_slots[c & 0x80 ? c % SLOTS : acc_last_slot].bytes[(a * 256u + b) % words.n] ^=
			c | 1;
	return TREC_OK;
}
