/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a device shows to be found says who it is only to those that it told its
 * recognition key (docs/PROTOCOL.md, Recognition): a nonce and a piece of its HMAC. To anybody
 * else two beacons of one device are as unlike as those of two.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/trust/trust.h"

#define NONCE_LEN 8
#define MARK_LEN (TRUST_BEACON_LEN - NONCE_LEN)

static trec_err mark(const uint8_t key[MSG_RECOGNITION_LEN], const uint8_t nonce[NONCE_LEN],
		     uint8_t out[MARK_LEN])
{
	static const char label[] = "trec beacon";
	struct trec_bytes parts[] = { trec_bytes(label, sizeof(label) - 1),
				      trec_bytes(nonce, NONCE_LEN) };
	uint8_t mac[CRYPTO_SHA256_LEN] = { 0 };
	trec_err err = crypto_hmac(trec_bytes(key, MSG_RECOGNITION_LEN), parts, BASE_COUNT(parts),
				   mac);

	memcpy(out, mac, MARK_LEN);
	trec_wipe(mac, sizeof(mac));
	return err;
}

trec_err trust_beacon_make(const struct trec_env *env, const uint8_t key[MSG_RECOGNITION_LEN],
			   uint8_t out[TRUST_BEACON_LEN])
{
	trec_err err = crypto_random(env, out, NONCE_LEN);

	if (err == TREC_OK)
		err = mark(key, out, out + NONCE_LEN);
	if (err != TREC_OK)
		memset(out, 0, TRUST_BEACON_LEN);
	return err;
}

trec_err trust_beacon_is(const uint8_t key[MSG_RECOGNITION_LEN],
			 const uint8_t beacon[TRUST_BEACON_LEN], bool *yes)
{
	uint8_t want[MARK_LEN];
	trec_err err = mark(key, beacon, want);

	*yes = err == TREC_OK && base_equal_ct(want, beacon + NONCE_LEN, MARK_LEN);
	base_declassify(yes, sizeof(*yes));
	trec_wipe(want, sizeof(want));
	return err;
}
