/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses: what is accepted, what is not, and that the canonical form means the same. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"
#include "transports/tp.h"

struct good {
	const char *text, *canonical;
};

static const struct good good[] = {
	{ "tcp://127.0.0.1:4711", "tcp://127.0.0.1:4711" },
	{ "tcp://192.0.2.7", "tcp://192.0.2.7:7443" },
	{ "tcp://[::1]:65535", "tcp://[::1]:65535" },
	{ "tcp://[2001:DB8:0:0::7]", "tcp://[2001:db8::7]:7443" },
	{ "tcp://[::ffff:192.0.2.7]:1", "tcp://[::ffff:192.0.2.7]:1" },
	{ "tcp://[fe80::1%25eth0]:7443", "tcp://[fe80::1%25eth0]:7443" },
	{ "TCP://127.0.0.1:1", "tcp://127.0.0.1:1" },
	{ "unix:/run/trec/socket", "unix:/run/trec/socket" },
	{ "unix:socket", "unix:socket" },
	{ "unix:/tmp/with space", "unix:/tmp/with space" },
	{ "unix:/tmp/@:?#%", "unix:/tmp/@:?#%" },
	{ "unix:/tmp/\xc3\xa4", "unix:/tmp/\xc3\xa4" },
	{ "mem:a", "mem:a" },
	{ "mem:A-z_0.9", "mem:A-z_0.9" },
#ifdef HAVE_BLUETOOTH
	{ "rfcomm://00:11:22:33:44:55", "rfcomm://00:11:22:33:44:55" },
	{ "rfcomm://aa:bB:Cc:dd:ee:0f/1", "rfcomm://AA:BB:CC:DD:EE:0F/1" },
	{ "RFCOMM://00:00:00:00:00:01/30", "rfcomm://00:00:00:00:00:01/30" },
	{ "rfcomm://FF:FF:FF:FF:FF:FE?adapter=hci0", "rfcomm://FF:FF:FF:FF:FF:FE?adapter=hci0" },
	{ "rfcomm://00:11:22:33:44:55/9?adapter=hci15",
	  "rfcomm://00:11:22:33:44:55/9?adapter=hci15" },
#endif
};

/* Bad where rfcomm is built; elsewhere nobody looks. */
static const char *const bad_rfcomm[] = {
	"rfcomm:x", "rfcomm://", "rfcomm:///1", "rfcomm://00:11:22:33:44", "rfcomm:/",
	"rfcomm://00:11:22:33:44:5", "rfcomm://00:11:22:33:44:555", "rfcomm://00:11:22:33:44:5g",
	"rfcomm://00-11-22-33-44-55", "rfcomm://001122334455", "rfcomm://00:11:22:33:44:55:",
	"rfcomm://00:11:22:33:44:55:66", "rfcomm://0:11:22:33:44:55:6",
	"rfcomm://0x:11:22:33:44:55",
	"rfcomm://00:00:00:00:00:00", "rfcomm://ff:ff:ff:ff:ff:FF", "rfcomm://00:11:22:33:44:55/",
	"rfcomm://00:11:22:33:44:55/0", "rfcomm://00:11:22:33:44:55/31",
	"rfcomm://00:11:22:33:44:55/01", "rfcomm://00:11:22:33:44:55/+1",
	"rfcomm://00:11:22:33:44:55/1/", "rfcomm://00:11:22:33:44:55/100",
	"rfcomm://00:11:22:33:44:55?", "rfcomm://00:11:22:33:44:55?adapter=",
	"rfcomm://00:11:22:33:44:55?adapter=hci", "rfcomm://00:11:22:33:44:55?adapter=hci16",
	"rfcomm://00:11:22:33:44:55?adapter=hci01", "rfcomm://00:11:22:33:44:55?adapter=HCI1",
	"rfcomm://00:11:22:33:44:55?adapter=eth0", "rfcomm://00:11:22:33:44:55?Adapter=hci1",
	"rfcomm://00:11:22:33:44:55?adapter=hci1&x=1", "rfcomm://00:11:22:33:44:55?adapter=hci1 ",
	"rfcomm://00:11:22:33:44:55?adapter=hci1?adapter=hci1", "rfcomm://[::1]", "rfcomm:?",
	"rfcomm://00:11:22:33:44:55?adapter=hci1/3", "rfcomm:/31", "rfcomm:/0", "rfcomm:/x",
	"rfcomm:?adapter=hci-1", "rfcomm:?adapter=hci16", "rfcomm:/1/2", "rfcomm://localhost",
};

/* For listening only, and as they are already. */
static const char *const listening[] = {
	"rfcomm:", "rfcomm:/1", "rfcomm:/30", "rfcomm:?adapter=hci0", "rfcomm:/7?adapter=hci15",
};

static const char *const names[] = {
	"tcp://localhost", "tcp://trec.example:7443", "tcp://a-b.c_d.example", "tcp://x1.2y:1",
	"tcp://1.2.3.a",
};

static const char *const bad[] = {
	"", "tcp", "tcp:", "tcp:/", "tcp://", "tcp://:7443", "tcp:127.0.0.1", "tcp:/127.0.0.1",
	"tcp:///127.0.0.1", " tcp://127.0.0.1", "tcp://127.0.0.1 ", "tcp://127.0.0.1:",
	"tcp://127.0.0.1:0", "tcp://127.0.0.1:00", "tcp://127.0.0.1:01", "tcp://127.0.0.1:65536",
	"tcp://127.0.0.1:100000", "tcp://127.0.0.1:+1", "tcp://127.0.0.1:-1", "tcp://127.0.0.1:1 ",
	"tcp://127.0.0.1:0x50", "tcp://127.0.0.1:1/", "tcp://127.0.0.1/", "tcp://127.0.0.1:1?x",
	"tcp://127.0.0.1:1#x", "tcp://user@127.0.0.1:1", "tcp://user:pw@127.0.0.1:1",
	"tcp://127.0.0.1:1:2", "tcp://1.2.3", "tcp://1.2.3.4.5", "tcp://256.1.1.1",
	"tcp://01.2.3.4", "tcp://0x7f000001", "tcp://0X7f.1", "tcp://2130706433", "tcp://127.1",
	"tcp://host.", "tcp://.host", "tcp://a..b", "tcp://-a", "tcp://a-", "tcp://a-.b",
	"tcp://a.-b", "tcp://h%61st", "tcp://a/b", "tcp://a\\b", "tcp://a,b", "tcp://*",
	"tcp://\xc3\xa4.example", "tcp://[", "tcp://[]", "tcp://[]:1", "tcp://[::1", "tcp://::1",
	"tcp://::1:7443", "tcp://[::1]7443", "tcp://[::1]:", "tcp://[::1]:0", "tcp://[::1]x",
	"tcp://[127.0.0.1]", "tcp://[host]", "tcp://[::1%25lo]", "tcp://[fe80::1%25]",
	"tcp://[fe80::1%eth0]", "tcp://[fe80::1%]", "tcp://[fe80::1%25a/b]",
	"tcp://[fe80::1%25a%25b]", "tcp://[fe80::1%25abcdefghijklmnop]", "tcp://[[::1]]",
	"tcp://[::1]]", "tcp://[:::1]", "tcp://[12345::]", "unix:", "unix:/", "unix:/tmp/",
	"unix:a\tb", "unix:a\nb", "unix:a\x7f", "unix:a\x1b[2J", "unix:\xc3", "unix:\xff",
	"unix:\xc0\xaf", "unix:\xed\xa0\x80", "unix:\xc2\x85", "unix:\xf4\x90\x80\x80", "mem:",
	"mem:a b", "mem:a/b", "mem:a:b", "mem:\xc3\xa4", "http://127.0.0.1", "file:/etc/passwd",
	"127.0.0.1:7443", "//127.0.0.1", "tcp6://[::1]", "nfc", "rfcomm",
};

static void good_addresses_have_a_canonical_form(void)
{
	struct trec_uri_list list;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT_EQUAL(trec_uri_check(good[i].text), TREC_OK);
		CU_ASSERT_EQUAL(trec_uri_check_listen(good[i].text), TREC_OK);
		CU_ASSERT_FALSE(trec_uri_is_name(good[i].text));
		CU_ASSERT_EQUAL(trec_uri_resolve(trec_env_default(), good[i].text, &list), TREC_OK);
		CU_ASSERT_EQUAL_FATAL(list.n, 1);
		CU_ASSERT_STRING_EQUAL(list.uri[0], good[i].canonical);
	}
}

static void names_are_told_from_addresses(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CU_ASSERT_EQUAL(trec_uri_check(names[i]), TREC_OK);
		CU_ASSERT(trec_uri_is_name(names[i]));
	}
}

static void bad_addresses_are_refused(void)
{
	struct trec_uri_list list;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		trec_err err = trec_uri_check(bad[i]);

		if (err != TREC_E_BAD_URI)
			printf("accepted: %s\n", bad[i]);
		CU_ASSERT_EQUAL(err, TREC_E_BAD_URI);
		if (trec_uri_check_listen(bad[i]) == TREC_OK) {
			const char *port = strrchr(bad[i], ':');

			CU_ASSERT_STRING_EQUAL(port, ":0");
			continue;
		}
		err = trec_uri_resolve(trec_env_default(), bad[i], &list);
		CU_ASSERT_EQUAL(err, TREC_E_BAD_URI);
		CU_ASSERT_EQUAL(list.n, 0);
	}
	CU_ASSERT_EQUAL(trec_uri_check(NULL), TREC_E_BAD_URI);
}

static void port_0_is_for_listening_only(void)
{
	CU_ASSERT_EQUAL(trec_uri_check("tcp://127.0.0.1:0"), TREC_E_BAD_URI);
	CU_ASSERT_EQUAL(trec_uri_check_listen("tcp://127.0.0.1:0"), TREC_OK);
	CU_ASSERT_EQUAL(trec_uri_check_listen("tcp://[::]:0"), TREC_OK);
}

static void schemes_this_build_lacks_are_known(void)
{
	static const char *const known[] = {
#ifndef HAVE_BLUETOOTH
		"rfcomm:", "rfcomm://00:11:22:33:44:55", "rfcomm://00:11:22:33:44:55/3",
#endif
		"nfc:", "nfc:pn532_uart:/dev/ttyS1", "NFC:",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CU_ASSERT_EQUAL(trec_uri_check(known[i]), TREC_E_UNSUPPORTED);
		CU_ASSERT_EQUAL(trec_uri_check_listen(known[i]), TREC_E_UNSUPPORTED);
	}
}

static void an_rfcomm_address_has_one_spelling(void)
{
	struct trec_uri_list list;

	for (size_t i = 0; i < sizeof(bad_rfcomm) / sizeof(bad_rfcomm[0]); i++) {
		trec_err err = trec_uri_check(bad_rfcomm[i]);

#ifdef HAVE_BLUETOOTH
		CU_ASSERT_EQUAL(trec_uri_check_listen(bad_rfcomm[i]), TREC_E_BAD_URI);
		if (err != TREC_E_BAD_URI)
			printf("accepted: %s\n", bad_rfcomm[i]);
		CU_ASSERT_EQUAL(err, TREC_E_BAD_URI);
#else
		CU_ASSERT_EQUAL(err, TREC_E_UNSUPPORTED);
#endif
	}
	for (size_t i = 0; i < sizeof(listening) / sizeof(listening[0]); i++) {
#ifdef HAVE_BLUETOOTH
		CU_ASSERT_EQUAL(trec_uri_check(listening[i]), TREC_E_BAD_URI);
		CU_ASSERT_EQUAL(trec_uri_check_listen(listening[i]), TREC_OK);
		CU_ASSERT_EQUAL(trec_uri_resolve(trec_env_default(), listening[i], &list), TREC_OK);
		CU_ASSERT_STRING_EQUAL(list.uri[0], listening[i]);
#else
		CU_ASSERT_EQUAL(trec_uri_resolve(trec_env_default(), listening[i], &list),
				TREC_E_UNSUPPORTED);
#endif
	}
}

/* prefix and as many characters as make n bytes in all, in labels of 50. */
static void long_text(char out[400], const char *prefix, size_t n)
{
	size_t at = strlen(prefix);

	memcpy(out, prefix, at);
	for (size_t i = 0; at < n; i++, at++)
		out[at] = i % 51 == 50 && at + 1 < n ? '.' : 'a';
	out[n] = '\0';
}

static void nothing_over_255_bytes_is_accepted(void)
{
	static const char *const prefixes[] = { "tcp://", "unix:", "unix:/" };
	char text[400];

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		for (size_t n = strlen(prefixes[i]) + 1; n < 399; n++) {
			long_text(text, prefixes[i], n);
			trec_err want = n <= TREC_URI_MAX ? TREC_OK : TREC_E_BAD_URI;

			CU_ASSERT_EQUAL(trec_uri_check(text), want);
		}
	}
	long_text(text, "mem:", 4 + 64);
	text[4 + 50] = 'a';
	CU_ASSERT_EQUAL(trec_uri_check(text), TREC_OK);
	long_text(text, "mem:", 4 + 65);
	CU_ASSERT_EQUAL(trec_uri_check(text), TREC_E_BAD_URI);
	memset(text, 0, sizeof(text));
	memcpy(text, "tcp://", 6);
	memset(text + 6, 'a', 63);
	CU_ASSERT_EQUAL(trec_uri_check(text), TREC_OK);
	text[6 + 63] = 'a';
	CU_ASSERT_EQUAL(trec_uri_check(text), TREC_E_BAD_URI);
}

/* Either refused with nothing filled in, or its canonical form means the same. */
static bool parses_or_stays_empty(struct trec_bytes v, void *ctx)
{
	static const struct tp_uri empty;
	struct tp_uri u, again;
	char text[512] = "", printed[TREC_URI_MAX + 1];

	(void)ctx;
	if (v.n >= sizeof(text) || memchr(v.p, 0, v.n) != NULL)
		return true;
	memcpy(text, v.p, v.n);
	if (tp_uri_parse(text, true, &u) != TREC_OK)
		return memcmp(&u, &empty, sizeof(u)) == 0;
	u.kind->print(&u, printed);
	return tp_uri_parse(printed, true, &again) == TREC_OK && memcmp(&u, &again, sizeof(u)) == 0;
}

static void every_damaged_address_is_refused_or_consistent(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct trec_bytes b = trec_bytes(good[i].text, strlen(good[i].text));

		CU_ASSERT(sweep_truncations(b, parses_or_stays_empty, NULL));
		CU_ASSERT(sweep_bytes(b, parses_or_stays_empty, NULL));
		CU_ASSERT(sweep_trailing(b, parses_or_stays_empty, NULL));
	}
}

static void no_control_character_gets_through_anywhere(void)
{
	static const char *const at[] = { "tcp://127.0.0.%c1:1", "unix:/tmp/%c", "mem:a%c",
					  "%cmem:a" };
	char text[64];

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		for (int c = 1; c < 0x20; c++) {
			int n = 0;

			for (const char *p = at[i]; *p != '\0'; p++)
				if (p[0] == '%' && p[1] == 'c') {
					text[n++] = (char)c;
					p++;
				} else {
					text[n++] = *p;
				}
			text[n] = '\0';
			CU_ASSERT_EQUAL(trec_uri_check(text), TREC_E_BAD_URI);
		}
}

static void usable_transports_are_listed(void)
{
	const char *list[8];

	struct trec_transport_status all[TREC_TRANSPORTS_MAX];
	size_t n = trec_transport_status(all, TREC_TRANSPORTS_MAX), usable = 0;

	CU_ASSERT(n >= 5);
	for (size_t i = 0; i < n; i++)
		if (all[i].err == TREC_OK)
			usable++;
		else
			CU_ASSERT(all[i].err == TREC_E_UNSUPPORTED ||
				  trec_err_class(all[i].err) == TREC_CLASS_NETWORK);
	CU_ASSERT_EQUAL(trec_transport_names(list, 8), usable);
	CU_ASSERT(usable >= 3);
	CU_ASSERT_EQUAL(trec_transport_status(all, 2), 2);
	CU_ASSERT_STRING_EQUAL(list[0], "tcp");
	CU_ASSERT_STRING_EQUAL(list[1], "unix");
	CU_ASSERT_STRING_EQUAL(list[2], "mem");
	CU_ASSERT_EQUAL(trec_transport_names(list, 1), 1);
}

static const struct suite_case cases[] = {
	SUITE_CASE(good_addresses_have_a_canonical_form),
	SUITE_CASE(names_are_told_from_addresses),
	SUITE_CASE(bad_addresses_are_refused),
	SUITE_CASE(port_0_is_for_listening_only),
	SUITE_CASE(schemes_this_build_lacks_are_known),
	SUITE_CASE(an_rfcomm_address_has_one_spelling),
	SUITE_CASE(nothing_over_255_bytes_is_accepted),
	SUITE_CASE(every_damaged_address_is_refused_or_consistent),
	SUITE_CASE(no_control_character_gets_through_anywhere),
	SUITE_CASE(usable_transports_are_listed),
};

SUITE_MAIN("uri", cases)
