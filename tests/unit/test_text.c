/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about proto/codec/text: what names, rights and addresses may look like. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/text.h"
#include "tests/lib/suite.h"

static struct trec_bytes str(const char *s)
{
	return trec_bytes(s, strlen(s));
}

static const char *repeat(char c, size_t n)
{
	static char buf[512];

	memset(buf, c, n);
	buf[n] = '\0';
	return buf;
}

static void names_are_one_to_64_bytes_of_printable_utf8(void)
{
	static const char *const bad[] = {
		"",		  " a",		     "a ",	       "a\nb",
		"a\tb",		  "\x1b[31mred",     "a\x7f",	       "\xc2\x85",
		"\xc2\x9b" "31m", "\xe2\x80\xae" "x", "x\xe2\x80\xa8", "\xef\xbb\xbf" "x",
		"x\xff",	  "\xe2\x81\xa6" "x", "\xef\xbf\xbf",   "a\xe2\x80\x8b" "b",
		"\xed\xa0\x80",	  "\xf0\x9f\xbf\xbe", "\xf3\xa0\x81\x81",
	};

	CU_ASSERT_TRUE(msg_name_ok(str("x")));
	CU_ASSERT_TRUE(msg_name_ok(str("Anna's phone; \"two\" \xc3\xa4\xe7\x81\xaf")));
	CU_ASSERT_TRUE(msg_name_ok(str("\xf0\x9f\x92\xa1")));
	CU_ASSERT_TRUE(msg_name_ok(str(repeat('a', TREC_NAME_MAX))));
	CU_ASSERT_FALSE(msg_name_ok(str(repeat('a', TREC_NAME_MAX + 1))));
	CU_ASSERT_FALSE(msg_name_ok(trec_bytes("a\0b", 3)));
	for (size_t i = 0; i < BASE_COUNT(bad); i++)
		CU_ASSERT_FALSE(msg_name_ok(str(bad[i])));
}

static void kinds_may_be_empty(void)
{
	CU_ASSERT_TRUE(msg_kind_ok(str("")));
	CU_ASSERT_TRUE(msg_kind_ok(str(repeat('k', MSG_KIND_MAX))));
	CU_ASSERT_FALSE(msg_kind_ok(str(repeat('k', MSG_KIND_MAX + 1))));
	CU_ASSERT_FALSE(msg_kind_ok(str("a\rb")));
}

static void service_names_are_plain_ascii(void)
{
	unsigned first = 0, later = 0;

	for (unsigned c = 0; c < 256; c++) {
		uint8_t one = (uint8_t)c, two[2] = { 'a', (uint8_t)c };

		first += msg_service_ok(trec_bytes(&one, 1));
		later += msg_service_ok(trec_bytes(two, 2));
	}
	CU_ASSERT_EQUAL(first, 62);
	CU_ASSERT_EQUAL(later, 65);
	CU_ASSERT_FALSE(msg_service_ok(str("")));
	CU_ASSERT_TRUE(msg_service_ok(str(repeat('s', MSG_SERVICE_MAX))));
	CU_ASSERT_FALSE(msg_service_ok(str(repeat('s', MSG_SERVICE_MAX + 1))));
}

static void rights_follow_a_strict_grammar(void)
{
	static const char *const good[] = { "introduce", "service:*", "service:default",
					    "service:a", "service:Music-2.x_y" };
	static const char *const bad[] = {
		"",		"introduce ",	"Introduce",	 "introduc",	   "introducer",
		"service",	"service:",	"service:**",	 "service:a*",	   "service:*a",
		"service:.a",	"service:-a",	"service:a b",	 "service:a/b",	   "Service:a",
		"service:a\n",	"service:\xc3\xa4", "admin",	 "*",		   "service::a",
	};

	for (size_t i = 0; i < BASE_COUNT(good); i++)
		CU_ASSERT_TRUE(msg_right_ok(str(good[i])));
	for (size_t i = 0; i < BASE_COUNT(bad); i++)
		CU_ASSERT_FALSE(msg_right_ok(str(bad[i])));
}

static void hints_are_printable_ascii_with_a_scheme(void)
{
	static const char *const good[] = { "tcp://192.0.2.7:7443", "nfc:", "mem:x", "a:",
					    "rfcomm://00:11:22:33:44:55", "x+y-1.z:~" };
	static const char *const bad[] = { "",	    "tcp",	 ":x",	  "1tcp:x",
					   "TCP:x", "tcp:a b",	 "t\xc3\xa4:x", "tcp:\xc3\xa4",
					   "tcp:x\n", "tcp:\x7f", "-t:x",  "t p:x" };
	char uri[MSG_HINT_MAX + 2];

	for (size_t i = 0; i < BASE_COUNT(good); i++)
		CU_ASSERT_TRUE(msg_hint_ok(str(good[i])));
	for (size_t i = 0; i < BASE_COUNT(bad); i++)
		CU_ASSERT_FALSE(msg_hint_ok(str(bad[i])));
	memset(uri, 'x', sizeof uri);
	uri[1] = ':';
	CU_ASSERT_TRUE(msg_hint_ok(trec_bytes(uri, MSG_HINT_MAX)));
	CU_ASSERT_FALSE(msg_hint_ok(trec_bytes(uri, MSG_HINT_MAX + 1)));
}

static void a_set_of_rights_is_ordered_and_bounded(void)
{
	struct msg_rights set = { 0 };
	char right[] = "service:0";

	for (int i = MSG_RIGHTS_MAX - 1; i >= 0; i--) {
		right[8] = (char)('0' + i);
		CU_ASSERT_TRUE(msg_rights_add(&set, right));
		CU_ASSERT_TRUE(msg_rights_ok(&set));
	}
	CU_ASSERT_EQUAL(set.count, MSG_RIGHTS_MAX);
	CU_ASSERT_STRING_EQUAL(set.name[0], "service:0");
	CU_ASSERT_TRUE(msg_rights_add(&set, "service:3"));
	CU_ASSERT_EQUAL(set.count, MSG_RIGHTS_MAX);
	CU_ASSERT_FALSE(msg_rights_add(&set, "introduce"));
	CU_ASSERT_FALSE(msg_rights_add(&set, "nonsense"));
	msg_rights_remove(&set, "service:3");
	CU_ASSERT_FALSE(msg_rights_has(&set, "service:3"));
	CU_ASSERT_TRUE(msg_rights_has(&set, "service:7"));
	msg_rights_remove(&set, "service:3");
	CU_ASSERT_EQUAL(set.count, MSG_RIGHTS_MAX - 1);
	CU_ASSERT_TRUE(msg_rights_ok(&set));
}

static void a_service_is_allowed_by_name_or_by_star(void)
{
	struct msg_rights set = { 0 };

	CU_ASSERT_FALSE(msg_rights_allow_service(&set, "music"));
	CU_ASSERT_TRUE(msg_rights_add(&set, "service:music"));
	CU_ASSERT_TRUE(msg_rights_allow_service(&set, "music"));
	CU_ASSERT_FALSE(msg_rights_allow_service(&set, "musi"));
	CU_ASSERT_FALSE(msg_rights_allow_service(&set, "musics"));
	CU_ASSERT_FALSE(msg_rights_allow_service(&set, "*"));
	CU_ASSERT_TRUE(msg_rights_add(&set, MSG_RIGHT_ANY_SERVICE));
	CU_ASSERT_TRUE(msg_rights_allow_service(&set, "anything"));
	CU_ASSERT_FALSE(msg_rights_allow_service(&set, "*"));
	CU_ASSERT_FALSE(msg_rights_allow_service(&set, ""));
	msg_rights_remove(&set, MSG_RIGHT_ANY_SERVICE);
	CU_ASSERT_TRUE(msg_rights_add(&set, MSG_RIGHT_INTRODUCE));
	CU_ASSERT_FALSE(msg_rights_allow_service(&set, "introduce"));
}

static void hints_keep_their_order_and_come_once(void)
{
	struct msg_hints list = { 0 };

	CU_ASSERT_TRUE(msg_hints_add(&list, "tcp://b:1"));
	CU_ASSERT_TRUE(msg_hints_add(&list, "tcp://a:1"));
	CU_ASSERT_TRUE(msg_hints_add(&list, "tcp://b:1"));
	CU_ASSERT_EQUAL(list.count, 2);
	CU_ASSERT_STRING_EQUAL(list.uri[0], "tcp://b:1");
	CU_ASSERT_FALSE(msg_hints_add(&list, "no address"));
	CU_ASSERT_TRUE(msg_hints_add(&list, "c:") && msg_hints_add(&list, "d:"));
	CU_ASSERT_FALSE(msg_hints_add(&list, "e:"));
	CU_ASSERT_TRUE(msg_hints_ok(&list));
	memcpy(list.uri[3], "c:", 3);
	CU_ASSERT_FALSE(msg_hints_ok(&list));
}

static const struct suite_case cases[] = {
	SUITE_CASE(names_are_one_to_64_bytes_of_printable_utf8),
	SUITE_CASE(kinds_may_be_empty),
	SUITE_CASE(service_names_are_plain_ascii),
	SUITE_CASE(rights_follow_a_strict_grammar),
	SUITE_CASE(hints_are_printable_ascii_with_a_scheme),
	SUITE_CASE(a_set_of_rights_is_ordered_and_bounded),
	SUITE_CASE(a_service_is_allowed_by_name_or_by_star),
	SUITE_CASE(hints_keep_their_order_and_come_once),
};

SUITE_MAIN("text", cases)
