/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a channel's exporter gives, and what is left in memory of the key it was made with. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "tests/lib/suite.h"
#include "tests/unit/tls_rig.h"

/* ---- exporter
 * ----------------------------------------------------------------------------
 */

static void exporter_agrees_and_differs_between_channels(void)
{
	uint8_t a[32], b[32], before[32] = { 0 };

	for (int run = 0; run < 3; run++) {
		struct rig r;

		if (run < 2)
			rig_psk_pair(&r);
		else
			rig_session_pair(&r, rig_ident(TREC_KEY_P256, 0),
					 rig_ident(TREC_KEY_P256, 1));
		rig_pump(&r);
		CU_ASSERT_EQUAL(chan_binding(r.c[0], a), TREC_OK);
		CU_ASSERT_EQUAL(chan_binding(r.c[1], b), TREC_OK);
		CU_ASSERT_EQUAL(memcmp(a, b, 32), 0);
		CU_ASSERT_NOT_EQUAL(memcmp(a, before, 32), 0);
		memcpy(before, a, 32);
		CU_ASSERT_EQUAL(chan_export(r.c[0], "EXPORTER-Channel-Binding", b, 32), TREC_OK);
		CU_ASSERT_EQUAL(memcmp(a, b, 32), 0);
		CU_ASSERT_EQUAL(chan_export(r.c[0], "EXPORTER-other", b, 32), TREC_OK);
		CU_ASSERT_NOT_EQUAL(memcmp(a, b, 32), 0);
		rig_end(&r);
	}
}

static void exporter_ends_and_the_channel_goes_on(void)
{
	uint8_t out[32];
	struct rig r;

	rig_psk_pair(&r);
	rig_pump(&r);
	for (int i = 0; i < 2; i++) {
		chan_export_end(r.c[i]);
		CU_ASSERT_EQUAL(chan_binding(r.c[i], out), TREC_E_STATE);
	}
	CU_ASSERT_TRUE(rig_say(&r, CHAN_CLIENT, trec_bytes("ping", 4)));
	CU_ASSERT_TRUE(rig_say(&r, CHAN_SERVER, trec_bytes("pong", 4)));
	CU_ASSERT_EQUAL(chan_close(r.c[0]), TREC_OK);
	rig_end(&r);
}

/* How often the masked needle stands in this process's writable memory. */
static unsigned memory_holds(const uint8_t masked[CHAN_PSK_LEN])
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	unsigned hits = 0;
	char line[512], mode[8], name[256];

	if (maps == NULL)
		return 0;
	while (fgets(line, sizeof line, maps) != NULL) {
		name[0] = 0;
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &to, mode, name) < 3 ||
		    strncmp(mode, "rw", 2) != 0 || strcmp(name, "[vvar]") == 0)
			continue;
		for (const uint8_t *p = (const uint8_t *)from;
		     p + CHAN_PSK_LEN <= (const uint8_t *)to; p++) {
			size_t i = 0;

			while (i < CHAN_PSK_LEN && (p[i] ^ 0xa5) == masked[i])
				i++;
			hits += i == CHAN_PSK_LEN;
		}
	}
	fclose(maps);
	return hits;
}

/* Two channels over a key that then stands in this process's memory nowhere else. */
static void secret_pair(struct rig *r, uint8_t masked[CHAN_PSK_LEN], uint8_t twist)
{
	uint8_t psk[CHAN_PSK_LEN];

	*r = (struct rig){ 0 };
	for (size_t i = 0; i < sizeof psk; i++) {
		psk[i] = (uint8_t)(0x31 + i * 5);
		masked[i] = psk[i] ^ 0xa5;
	}
	for (int role = 0; role < 2; role++) {
		struct chan_psk conf = { .role = (enum chan_role)role,
					 .psk = trec_bytes(psk, sizeof psk),
					 .identity = RIG_IDENTITY };

		r->err[role] = chan_new_psk(trec_env_default(), &conf, &r->c[role]);
		psk[0] ^= twist;
	}
	trec_wipe(psk, sizeof psk);
}

static bool cannot_scan(const char *claim)
{
	if (!suite_shadowed() && access("/proc/self/maps", R_OK) == 0)
		return false;
	suite_skip_claim(claim, "this process's memory cannot be scanned");
	return true;
}

static void c631_i_psk_leaves_no_copy_after_the_last_export(void)
{
	uint8_t masked[CHAN_PSK_LEN], out[32];
	struct rig r;

	if (cannot_scan(__func__))
		return;
	secret_pair(&r, masked, 0);
	CU_ASSERT_TRUE(memory_holds(masked) > 0); /* the scan does find it */
	rig_pump(&r);
	CU_ASSERT_TRUE(rig_open(&r));
	CU_ASSERT_EQUAL(chan_binding(r.c[0], out), TREC_OK);
	chan_export_end(r.c[0]);
	chan_export_end(r.c[1]);
	CU_ASSERT_EQUAL(memory_holds(masked), 0);
	CU_ASSERT_TRUE(rig_say(&r, CHAN_CLIENT, trec_bytes("ping", 4)));
	rig_end(&r);
	CU_ASSERT_EQUAL(memory_holds(masked), 0);
}

static void c631_i_psk_leaves_no_copy_after_a_failure(void)
{
	uint8_t masked[CHAN_PSK_LEN];
	struct rig r;

	if (cannot_scan(__func__))
		return;
	secret_pair(&r, masked, 1); /* two keys: the handshake fails */
	CU_ASSERT_TRUE(memory_holds(masked) > 0);
	rig_pump(&r);
	CU_ASSERT_EQUAL(chan_state(r.c[0]), CHAN_FAILED);
	CU_ASSERT_EQUAL(chan_state(r.c[1]), CHAN_FAILED);
	CU_ASSERT_EQUAL(memory_holds(masked), 0);
	rig_end(&r);
	secret_pair(&r, masked, 0);
	CU_ASSERT_TRUE(memory_holds(masked) > 0);
	rig_end(&r); /* before it began */
	CU_ASSERT_EQUAL(memory_holds(masked), 0);
}

static const struct suite_case cases[] = {
	SUITE_CASE(exporter_agrees_and_differs_between_channels),
	SUITE_CASE(exporter_ends_and_the_channel_goes_on),
	SUITE_CASE(c631_i_psk_leaves_no_copy_after_the_last_export),
	SUITE_CASE(c631_i_psk_leaves_no_copy_after_a_failure),
};

int main(void)
{
	rig_start();
	int status = suite_main("channel secrets", cases, BASE_COUNT(cases));

	rig_stop();
	return status;
}
