/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record gate by itself: literal records and hellos, good ones and each with one fault. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/tls/gate.h"
#include "proto/tls/internal.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"
#include "tests/unit/tls_rig.h"

/* ---- headers ----------------------------------------------------------------------------- */

enum stage { FRESH, GREETED, ENCRYPTED, OPEN };

static struct gate gate_at(enum chan_role role, enum stage stage)
{
	struct gate g = { .role = role };

	g.hello = stage >= GREETED;
	g.retried = stage >= GREETED && role == CHAN_SERVER;
	g.secret = stage >= ENCRYPTED;
	g.open = stage == OPEN;
	return g;
}

static bool header_passes(enum chan_role role, enum stage stage, const char *hex)
{
	struct gate g = gate_at(role, stage);
	uint8_t header[GATE_HEADER_LEN];
	size_t body;

	sweep_unhex(hex, header, sizeof header);
	bool ok = chan_gate_header(&g, header, &body);

	return ok && body == base_get16(header + 3);
}

static void each_stage_has_its_record_types(void)
{
	/* per stage: change_cipher_spec, alert, handshake, application_data */
	static const char *const header[] = { "1403030001", "1503030002", "1603030040",
					      "1703030040" };
	static const bool client[][4] = {
		{ 0, 1, 1, 0 }, { 1, 1, 0, 1 }, { 1, 0, 0, 1 }, { 0, 0, 0, 1 }
	};

	for (size_t stage = 0; stage < 4; stage++)
		for (size_t type = 0; type < 4; type++)
			for (int role = 0; role < 2; role++)
				CU_ASSERT_EQUAL(header_passes((enum chan_role)role,
							      (enum stage)stage, header[type]),
						client[stage][type]);
	CU_ASSERT_FALSE(header_passes(CHAN_CLIENT, FRESH, "1803030003")); /* heartbeat */
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, OPEN, "0003030003"));
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, FRESH, "8003030003")); /* SSL 2 */
}

static void c631_c2_record_without_room_for_a_type_is_refused(void)
{
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, GREETED, "1703030000"));
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, GREETED, "1703030010")); /* CVE-2024-0901 */
	CU_ASSERT_TRUE(header_passes(CHAN_SERVER, GREETED, "1703030011"));
	CU_ASSERT_TRUE(header_passes(CHAN_SERVER, OPEN, "1703034100"));
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, OPEN, "1703034101"));
	CU_ASSERT_TRUE(header_passes(CHAN_SERVER, FRESH, "1603014000"));
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, FRESH, "1603014001"));
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, FRESH, "1603010000"));
}

static void record_versions_are_those_of_tls13(void)
{
	CU_ASSERT_TRUE(header_passes(CHAN_SERVER, FRESH, "1603010040"));
	CU_ASSERT_TRUE(header_passes(CHAN_SERVER, FRESH, "1603030040"));
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, FRESH, "1603040040"));
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, FRESH, "1603000040"));
	CU_ASSERT_FALSE(header_passes(CHAN_CLIENT, FRESH, "1603010040"));
	CU_ASSERT_FALSE(header_passes(CHAN_SERVER, GREETED, "1703010040"));
}

static void change_cipher_spec_comes_twice_at_most(void)
{
	struct gate g = gate_at(CHAN_SERVER, GREETED);
	static const uint8_t header[] = { 20, 3, 3, 0, 1 }, one = 1, two = 2;
	size_t body;

	CU_ASSERT_FALSE(chan_gate_body(&g, 20, trec_bytes(&two, 1)));
	g.ccs = 0;
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(chan_gate_header(&g, header, &body));
		CU_ASSERT_TRUE(chan_gate_body(&g, 20, trec_bytes(&one, 1)));
	}
	CU_ASSERT_FALSE(chan_gate_header(&g, header, &body));
}

/* ---- hellos ------------------------------------------------------------------------------ */

/* A hello under construction. */
struct hello {
	uint8_t b[1024];
	size_t n;
};

static void add(struct hello *h, const char *hex)
{
	h->n += sweep_unhex(hex, h->b + h->n, sizeof h->b - h->n);
}

static void fill(struct hello *h, size_t n)
{
	memset(h->b + h->n, 0x77, n);
	h->n += n;
}

/* Parts of a hello, as hex; NULL means the good one. */
struct client_parts {
	const char *version, *suites, *compression, *versions, *modes, *key_share, *psk, *last;
};

#define VERSIONS "002b0003020304"
#define MODES "002d00020101"
#define KEY_SHARE "0033 0026 0024 001d 0020" /* and 32 bytes */
/* One identity "trec1.x", its age, one binder of 32 bytes. */
#define PSK "0029 0032 000d 0007 74726563312e78 00000000 0021 20" /* and 32 bytes */

static const char * or (const char *mine, const char *good)
{
	return mine != NULL ? mine : good;
}

static void client_hello(struct hello *h, const struct client_parts *p, bool psk)
{
	h->n = 0;
	add(h, "01000000");
	add(h, or (p->version, "0303"));
	fill(h, 32);
	add(h, "00");
	add(h, or (p->suites, "00021303"));
	add(h, or (p->compression, "0100"));
	size_t at = h->n;

	add(h, "0000");
	add(h, or (p->versions, VERSIONS));
	if (p->key_share == NULL) {
		add(h, KEY_SHARE);
		fill(h, 32);
	} else {
		add(h, p->key_share);
	}
	if (psk)
		add(h, or (p->modes, MODES));
	if (psk && p->psk == NULL) {
		add(h, PSK);
		fill(h, 32);
	} else if (psk || p->psk != NULL) {
		add(h, p->psk);
	}
	if (p->last != NULL)
		add(h, p->last);
	base_put16(h->b + at, (uint32_t)(h->n - at - 2));
	base_put16(h->b + 2, (uint32_t)(h->n - 4));
}

static struct gate server_gate(bool psk)
{
	static const char identity[] = "trec1.x";

	return (struct gate){ .role = CHAN_SERVER,
			      .psk = psk,
			      .identity = trec_bytes(identity, sizeof identity - 1) };
}

static bool passes(struct gate *g, const struct hello *h)
{
	return chan_gate_body(g, 22, trec_bytes(h->b, h->n));
}

static bool client_passes(const struct client_parts *p, bool psk)
{
	struct gate g = server_gate(psk);
	struct hello h;

	client_hello(&h, p, psk);
	return passes(&g, &h);
}

static void good_client_hellos_pass(void)
{
	static const struct client_parts good = { 0 }, more = {
		.suites = "000a 1302 1301 1303 00ff 0035",
		.versions = "002b0007060303 0304 7a7a",
		.modes = "002d0003020001",
	};

	for (int psk = 0; psk < 2; psk++) {
		CU_ASSERT_TRUE(client_passes(&good, psk));
		CU_ASSERT_TRUE(client_passes(&more, psk));
	}
}

static void c631_c2_client_hellos_with_one_fault_are_refused(void)
{
	static const struct client_parts both[] = {
		{ .version = "0302" },
		{ .version = "0304" },
		{ .suites = "00021301" },    /* a suite that is not ours */
		{ .suites = "0003130313" },  /* half a suite */
		{ .suites = "0000" },	     /* none */
		{ .compression = "020001" }, /* compression offered */
		{ .compression = "0101" },
		{ .versions = "002b0003020303" }, /* TLS 1.2 */
		{ .versions = "002b000403030400" },
		{ .versions = "" },		   /* no versions: TLS 1.2 */
		{ .key_share = "" },		   /* no key share */
		{ .versions = VERSIONS VERSIONS }, /* an extension twice */
		{ .versions = "002b000002" },	   /* empty */
	};
	static const struct client_parts psk[] = {
		{ .modes = "" },
		{ .modes = "002d00020100" },	     /* psk_ke only */
		{ .modes = "002d000100" },	     /* no mode */
		{ .psk = "" },			     /* no pre-shared key */
		{ .psk = "00290002 0000" },	     /* no identity */
		{ .last = "ff010000" },		     /* not the last extension */
		{ .versions = VERSIONS "002a0000" }, /* early data */
	};
	static const struct client_parts session[] = {
		{ .psk = "0029 0000" }, /* any pre-shared key is a ticket */
		{ .versions = VERSIONS "002a0000" },
	};

	for (size_t i = 0; i < BASE_COUNT(both); i++) {
		CU_ASSERT_FALSE(client_passes(&both[i], true));
		CU_ASSERT_FALSE(client_passes(&both[i], false));
	}
	for (size_t i = 0; i < BASE_COUNT(psk); i++)
		CU_ASSERT_FALSE(client_passes(&psk[i], true));
	for (size_t i = 0; i < BASE_COUNT(session); i++)
		CU_ASSERT_FALSE(client_passes(&session[i], false));
}

static void identity_fits_only_when_equal_and_alone(void)
{
	struct client_parts good = { 0 };
	struct gate g = server_gate(true);
	struct hello h;

	client_hello(&h, &good, true);
	CU_ASSERT_TRUE(passes(&g, &h));
	CU_ASSERT_TRUE(g.identity_fits);
	for (size_t i = 0; i < 7; i++) { /* also with a NUL, where a C string would end */
		struct hello other = h;

		other.b[h.n - 39 - 7 + i] = 0;
		CU_ASSERT_TRUE(memcmp(h.b + h.n - 39 - 7, "trec1.x", 7) == 0);
		g = server_gate(true);
		CU_ASSERT_TRUE(passes(&g, &other));
		CU_ASSERT_FALSE(g.identity_fits);
	}
	struct client_parts part = { .psk = "0029 0031 000c 0006 74726563312e 00000000 0021 20 "
					    "000000000000000000000000000000000000000000000000"
					    "0000000000000000" };

	client_hello(&h, &part, true); /* a beginning of it */
	g = server_gate(true);
	CU_ASSERT_TRUE(passes(&g, &h));
	CU_ASSERT_FALSE(g.identity_fits);
	/* Twice the same identity, two binders. */
	struct client_parts twice = {
		.psk = "0029 0060 001a 0007 74726563312e78 00000000 0007 74726563312e78 00000000 "
		       "0042 20 0000000000000000000000000000000000000000000000000000000000000000 "
		       "20 0000000000000000000000000000000000000000000000000000000000000000",
	};

	CU_ASSERT_FALSE(client_passes(&twice, true));
}

static bool cut_is_refused(struct trec_bytes variant, void *ctx)
{
	struct gate g = server_gate(true);

	(void)ctx;
	return !chan_gate_body(&g, 22, variant);
}

static void cut_or_followed_client_hellos_are_refused(void)
{
	struct client_parts good = { 0 };
	struct hello h;

	client_hello(&h, &good, true);
	CU_ASSERT_TRUE(sweep_truncations(trec_bytes(h.b, h.n), cut_is_refused, NULL));
	CU_ASSERT_TRUE(sweep_trailing(trec_bytes(h.b, h.n), cut_is_refused, NULL));
}

struct server_parts {
	const char *version, *random, *suite, *versions, *key_share, *psk, *other;
};

#define RETRY "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

static void server_hello(struct hello *h, const struct server_parts *p, bool psk)
{
	h->n = 0;
	add(h, "02000000");
	add(h, or (p->version, "0303"));
	if (p->random != NULL)
		add(h, p->random);
	else
		fill(h, 32);
	add(h, "00");
	add(h, or (p->suite, "130300"));
	size_t at = h->n;

	add(h, "0000");
	add(h, or (p->versions, "002b00020304"));
	if (p->key_share == NULL) {
		add(h, "0033 0024 001d 0020");
		fill(h, 32);
	} else {
		add(h, p->key_share);
	}
	if (psk)
		add(h, or (p->psk, "0029 0002 0000"));
	add(h, or (p->other, ""));
	base_put16(h->b + at, (uint32_t)(h->n - at - 2));
	base_put16(h->b + 2, (uint32_t)(h->n - 4));
}

static bool server_passes(const struct server_parts *p, bool gate_psk, bool hello_psk)
{
	struct gate g = { .role = CHAN_CLIENT, .psk = gate_psk };
	struct hello h;

	server_hello(&h, p, hello_psk);
	return passes(&g, &h);
}

static void c631_c2_server_hello_must_take_the_psk_with_dhe(void)
{
	static const struct server_parts good = { 0 }, second = { .psk = "0029 0002 0001" };

	CU_ASSERT_TRUE(server_passes(&good, true, true));
	CU_ASSERT_TRUE(server_passes(&good, false, false));
	CU_ASSERT_FALSE(server_passes(&good, true, false));  /* certificates instead */
	CU_ASSERT_FALSE(server_passes(&good, false, true));  /* resumption */
	CU_ASSERT_FALSE(server_passes(&second, true, true)); /* an identity we did not offer */
}

static void c631_c2_server_hellos_with_one_fault_are_refused(void)
{
	static const struct server_parts bad[] = {
		{ .version = "0302" },
		{ .suite = "130100" },
		{ .suite = "130200" },
		{ .suite = "c02b00" },
		{ .suite = "130301" }, /* compression */
		{ .versions = "002b00020303" },
		{ .versions = "" },
		{ .versions = "002b000403040304" },
		{ .key_share = "" }, /* psk_ke */
		{ .key_share = "0033 0004 001d 0000" },
		{ .key_share = "0033 0006 0018 0002 0000" },
		{ .other = "0000 0000" }, /* an extension that has no place here */
		{ .other = "002a 0000" },
		{ .other = "002c 0003 0001 00" }, /* a cookie, but no retry */
	};

	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		CU_ASSERT_FALSE(server_passes(&bad[i], true, true));
		CU_ASSERT_FALSE(server_passes(&bad[i], false, false));
	}
}

static void hellos_of_the_wrong_kind_or_group_are_refused(void)
{
	struct client_parts client = { 0 };
	struct server_parts server = { 0 };
	struct gate g = server_gate(true);
	struct hello h;

	client_hello(&h, &client, true);
	h.b[0] = 2;
	CU_ASSERT_FALSE(passes(&g, &h));
	g = (struct gate){ .role = CHAN_CLIENT, .psk = true };
	server_hello(&h, &server, true);
	h.b[0] = 1;
	CU_ASSERT_FALSE(passes(&g, &h));
	server.key_share = "0033 0045 0018 0041 04 "
			   "0000000000000000000000000000000000000000000000000000000000000000"
			   "0000000000000000000000000000000000000000000000000000000000000000";
	CU_ASSERT_FALSE(server_passes(&server, true, true));
	server.key_share = "0033 0045 0017 0041 04 "
			   "0000000000000000000000000000000000000000000000000000000000000000"
			   "0000000000000000000000000000000000000000000000000000000000000000";
	CU_ASSERT_TRUE(server_passes(&server, true, true));
}

static void one_retry_is_followed(void)
{
	static const struct server_parts retry = { .random = RETRY,
						   .key_share = "0033 0002 0017",
						   .other = "002c 0003 0001 00" },
					 hello = { 0 };
	struct gate g = { .role = CHAN_CLIENT, .psk = true };
	struct hello h;

	server_hello(&h, &retry, false);
	CU_ASSERT_TRUE(passes(&g, &h));
	CU_ASSERT_FALSE(g.hello);
	CU_ASSERT_FALSE(passes(&g, &h));
	g.retried = true;
	server_hello(&h, &hello, true);
	CU_ASSERT_TRUE(passes(&g, &h));
	CU_ASSERT_TRUE(g.hello);
}

/* ---- in a channel ------------------------------------------------------------------------ */

static void a_flood_before_authentication_is_cut_off(void)
{
	uint8_t hello[1024], out[16];
	size_t n, used;
	struct rig r;

	rig_psk_pair(&r);
	n = chan_drain(r.c[CHAN_CLIENT], hello, sizeof hello);
	r.c[CHAN_SERVER]->unauth = CHAN_UNAUTH_MAX - n;
	CU_ASSERT_EQUAL(chan_feed(r.c[CHAN_SERVER], trec_bytes(hello, n), &used), TREC_E_TOO_LARGE);
	CU_ASSERT_EQUAL(chan_state(r.c[CHAN_SERVER]), CHAN_FAILED);
	CU_ASSERT_EQUAL(chan_read(r.c[CHAN_SERVER], out, sizeof out, &used), TREC_E_STATE);
	rig_end(&r);
}

static void refused_bytes_get_one_coarse_alert(void)
{
	static const char *const first[] = { "474554202f", "1603030000", "1403030001", "1703030011",
					     "8080010301" };
	uint8_t bytes[5], out[16];
	size_t used;

	for (size_t i = 0; i < BASE_COUNT(first); i++) {
		struct rig r = { 0 };

		rig_psk_end(&r, trec_env_default(), CHAN_SERVER);
		sweep_unhex(first[i], bytes, sizeof bytes);
		CU_ASSERT_EQUAL(chan_feed(r.c[CHAN_SERVER], trec_bytes(bytes, 5), &used),
				TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(chan_drain(r.c[CHAN_SERVER], out, sizeof out), 7);
		CU_ASSERT_EQUAL(memcmp(out, "\x15\x03\x03\x00\x02\x02\x28", 7), 0);
		rig_end(&r);
	}
}

static void c631_c2_the_first_hello_decides_about_the_key(void)
{
	static const struct client_parts good = { 0 };

	for (int k = 0; k < 4; k++) { /* the first with a key, the second with one */
		struct gate g = { .role = CHAN_SERVER, .either = true };
		struct hello h;

		client_hello(&h, &good, k & 1);
		CU_ASSERT_TRUE(passes(&g, &h));
		client_hello(&h, &good, k >> 1);
		CU_ASSERT_EQUAL(passes(&g, &h), (k & 1) == k >> 1);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_c2_the_first_hello_decides_about_the_key),
	SUITE_CASE(each_stage_has_its_record_types),
	SUITE_CASE(c631_c2_record_without_room_for_a_type_is_refused),
	SUITE_CASE(record_versions_are_those_of_tls13),
	SUITE_CASE(change_cipher_spec_comes_twice_at_most),
	SUITE_CASE(good_client_hellos_pass),
	SUITE_CASE(c631_c2_client_hellos_with_one_fault_are_refused),
	SUITE_CASE(identity_fits_only_when_equal_and_alone),
	SUITE_CASE(cut_or_followed_client_hellos_are_refused),
	SUITE_CASE(c631_c2_server_hello_must_take_the_psk_with_dhe),
	SUITE_CASE(c631_c2_server_hellos_with_one_fault_are_refused),
	SUITE_CASE(hellos_of_the_wrong_kind_or_group_are_refused),
	SUITE_CASE(one_retry_is_followed),
	SUITE_CASE(a_flood_before_authentication_is_cut_off),
	SUITE_CASE(refused_bytes_get_one_coarse_alert),
};

int main(void)
{
	rig_start();
	int status = suite_main("gate", cases, BASE_COUNT(cases));

	rig_stop();
	return status;
}
