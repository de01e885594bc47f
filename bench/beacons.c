/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a beacon that was seen is tried with the key of each peer, and before one is
 * made each is asked about who may know its key: what that takes with many peers.
 */
#include "bench/bench.h"
#include "bench/device.h"
#include "bench/disk.h"
#include "proto/base/base.h"
#include "proto/codec/record.h"

#include <stdio.h>
#include <string.h>
#include <trec/discovery.h>
#include <trec/keystore.h>

#define BATCH 250
#define ROUNDS 9

struct scene {
	struct trec_env env;
	struct trec_store *s;
	uint8_t peer[REC_PEER_MAX];
	size_t peer_len;
	uint8_t told[REC_SMALL_MAX];
	size_t told_len;
};

/* A peer in force; what each told, and that each was told the own key. */
static void fill_records(struct scene *t)
{
	static const uint8_t own[TREC_ID_LEN];
	struct rec_peer p = { .state = REC_STATE_ACTIVE,
			      .origin = REC_ORIGIN_CODE,
			      .name = "lamp",
			      .cert_len = 320,
			      .since_s = BENCH_NOW };
	struct rec_recognition r = { .has_key = true };
	uint8_t beacon[TREC_BEACON_LEN];
	bool found = false;

	duo_must(rec_peer_encode(&p, t->peer, sizeof(t->peer), &t->peer_len) == TREC_OK, "peer");
	duo_must(trec_beacon_make(&t->env, t->s, beacon) == TREC_OK &&
			 t->s->ops->get(t->s, TREC_RECORD_RECOGNITION, own, t->told,
					sizeof(t->told), &t->told_len, &found) == TREC_OK &&
			 found &&
			 rec_recognition_decode(trec_bytes(t->told, t->told_len), &r) == TREC_OK,
		 "an own key");
	memset(r.key, 0x5a, sizeof(r.key));
	r.heard = true;
	duo_must(rec_recognition_encode(&r, t->told, sizeof(t->told), &t->told_len) == TREC_OK,
		 "what was told");
}

static void fill(struct scene *t, unsigned peers)
{
	static struct trec_change batch[2 * BATCH];

	for (unsigned i = 1; i <= peers;) {
		size_t n = 0;

		for (; n < (size_t)2 * BATCH && i <= peers; i++, n += 2) {
			memset(&batch[n], 0, 2 * sizeof(batch[n]));
			base_put32(batch[n].id, i * 2654435761u); /* spread, none twice */
			batch[n].type = TREC_RECORD_PEER;
			batch[n].data = trec_bytes(t->peer, t->peer_len);
			batch[n + 1] = batch[n];
			batch[n + 1].type = TREC_RECORD_RECOGNITION;
			batch[n + 1].data = trec_bytes(t->told, t->told_len);
		}
		duo_must(t->s->ops->commit(t->s, batch, n) == TREC_OK, "a commit");
	}
}

void bench_beacons(unsigned peers, const char *dir)
{
	struct scene t = { .env = *trec_env_default() };
	char path[400];
	struct trec_keystore_options o = { .dir = path };
	struct trec_keystore *ks = NULL;
	double finds[ROUNDS], makes[ROUNDS];
	uint8_t beacon[TREC_BEACON_LEN] = { 1 };
	struct trec_peer p;

	(void)snprintf(path, sizeof(path), "%s/beacons-%u", dir, peers);
	duo_must(trec_keystore_create(&t.env, &o, "bench", TREC_KEY_ED25519, &ks) == TREC_OK,
		 "a store is made");
	t.s = trec_keystore_store(ks);
	fill_records(&t);
	fill(&t, peers);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t from = bench_processor_ns();

		duo_must(trec_beacon_find(&t.env, t.s, beacon, &p) == TREC_E_NO_PEER, "nobody's");
		finds[i] = (double)(bench_processor_ns() - from) / 1000.0;
		from = bench_processor_ns();
		duo_must(trec_beacon_make(&t.env, t.s, beacon) == TREC_OK, "a beacon");
		makes[i] = (double)(bench_processor_ns() - from) / 1000.0;
	}
	(void)printf("find-us %.4g\nmake-us %.4g\n", bench_median(finds, ROUNDS),
		     bench_median(makes, ROUNDS));
	trec_keystore_close(&ks);
}
