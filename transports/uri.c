/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses, taken apart strictly. The subset of RFC 3986 that is accepted is stated in
 * trec/transport.h: no user information, path, query or fragment after an authority, no
 * percent-encoding but the "%25" before an interface (RFC 6874 2), and a last label that looks
 * like a number only in a valid IPv4 address, so that no resolver reads "1.2.3" its own way.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "transports/tp.h"

#define MEM_NAME_MAX 64

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t tp_printable_at(const unsigned char *p)
{
	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f ? 1 : 0;
	size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	bool bad = (p[0] == 0xc2 && p[1] < 0xa0) || /* C1 controls */
		   (p[0] == 0xe0 && p[1] < 0xa0) || /* overlong */
		   (p[0] == 0xed && p[1] > 0x9f) || /* surrogates */
		   (p[0] == 0xf0 && p[1] < 0x90) || /* overlong */
		   (p[0] == 0xf4 && p[1] > 0x8f);   /* past U+10FFFF */
	return bad ? 0 : n;
}

static bool text_is_clean(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = strnlen(text, TREC_URI_MAX + 1);

	if (len == 0 || len > TREC_URI_MAX)
		return false;
	for (size_t at = 0, n; at < len; at += n) {
		n = tp_printable_at(p + at);
		if (n == 0)
			return false;
	}
	return true;
}

/* ":" and 1 to 5 digits without a leading zero, or nothing at all. */
static bool parse_port(const char *s, uint16_t *port)
{
	unsigned v = 0;
	size_t n = 0;

	*port = TREC_TCP_PORT;
	if (s[0] == '\0')
		return true;
	if (s[0] != ':')
		return false;
	for (s++; is_digit(s[n]) && n < 6; n++)
		v = v * 10 + (unsigned)(s[n] - '0');
	if (n == 0 || n > 5 || s[n] != '\0' || v > UINT16_MAX || (s[0] == '0' && n > 1))
		return false;
	*port = (uint16_t)v;
	return true;
}

static bool label_ok(const char *s, size_t n)
{
	if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(s[i]) && s[i] != '-' && s[i] != '_')
			return false;
	return true;
}

/* Labels with dots between, the last of them not a number in any notation. */
static bool name_ok(const char *host)
{
	const char *label = host;

	if (strlen(host) > TP_NAME_MAX)
		return false;
	for (;;) {
		size_t n = strcspn(label, ".");

		if (!label_ok(label, n))
			return false;
		if (label[n] == '\0')
			break;
		label += n + 1;
	}
	if (label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
		return false;
	return strspn(label, "0123456789") != strlen(label);
}

static bool copy(char *out, size_t cap, const char *p, size_t n)
{
	if (n == 0 || n >= cap)
		return false;
	memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

/* "fe80::1%25eth0" between the brackets: address, and interface of a link-local one. */
static bool parse_ip6(const char *p, size_t n, struct tp_uri *out)
{
	const char *percent = memchr(p, '%', n);
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a;

	if (percent != NULL) {
		size_t zone = n - (size_t)(percent - p);

		if (zone < 4 || memcmp(percent, "%25", 3) != 0 ||
		    !copy(out->zone, sizeof(out->zone), percent + 3, zone - 3))
			return false;
		for (const char *z = out->zone; *z != '\0'; z++)
			if (!is_alnum(*z) && strchr("._-", *z) == NULL)
				return false;
		n = (size_t)(percent - p);
	}
	if (!copy(text, sizeof(text), p, n) || inet_pton(AF_INET6, text, &a) != 1)
		return false;
	if (percent != NULL && !IN6_IS_ADDR_LINKLOCAL(&a))
		return false;
	inet_ntop(AF_INET6, &a, out->host, sizeof(out->host));
	out->host_type = TP_HOST_IP6;
	return true;
}

static bool parse_host(const char *p, size_t n, struct tp_uri *out)
{
	struct in_addr a;

	if (!copy(out->host, sizeof(out->host), p, n))
		return false;
	if (inet_pton(AF_INET, out->host, &a) == 1) {
		out->host_type = TP_HOST_IP4;
		return true;
	}
	out->host_type = TP_HOST_NAME;
	return name_ok(out->host);
}

trec_err tp_uri_parse_tcp(const char *rest, struct tp_uri *out)
{
	bool ok;

	if (rest[0] == '[') {
		size_t n = strcspn(rest, "]");

		ok = rest[n] == ']' && parse_ip6(rest + 1, n - 1, out) &&
		     parse_port(rest + n + 1, &out->port);
	} else {
		size_t n = strcspn(rest, ":");

		ok = parse_host(rest, n, out) && parse_port(rest + n, &out->port);
	}
	out->listen_only = out->port == 0;
	return ok ? TREC_OK : TREC_E_BAD_URI;
}

trec_err tp_uri_parse_path(const char *rest, struct tp_uri *out)
{
	size_t n = strlen(rest);

	if (n == 0 || rest[n - 1] == '/' || !copy(out->path, sizeof(out->path), rest, n))
		return TREC_E_BAD_URI;
	return TREC_OK;
}

trec_err tp_uri_parse_name(const char *rest, struct tp_uri *out)
{
	size_t n = strlen(rest);

	if (n > MEM_NAME_MAX || !copy(out->path, sizeof(out->path), rest, n))
		return TREC_E_BAD_URI;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(rest[i]) && strchr("._-", rest[i]) == NULL)
			return TREC_E_BAD_URI;
	return TREC_OK;
}

void tp_uri_print_tcp(const struct tp_uri *uri, char out[TREC_URI_MAX + 1])
{
	if (uri->host_type == TP_HOST_IP6)
		(void)snprintf(out, TREC_URI_MAX + 1, "tcp://[%.64s%s%s]:%u", uri->host,
			 uri->zone[0] != '\0' ? "%25" : "", uri->zone, uri->port);
	else
		(void)snprintf(out, TREC_URI_MAX + 1, "tcp://%.*s:%u", TREC_URI_MAX - 12, uri->host,
			 uri->port);
}

void tp_uri_print_path(const struct tp_uri *uri, char out[TREC_URI_MAX + 1])
{
	(void)snprintf(out, TREC_URI_MAX + 1, "unix:%.*s", TREC_URI_MAX - 5, uri->path);
}

void tp_uri_print_name(const struct tp_uri *uri, char out[TREC_URI_MAX + 1])
{
	(void)snprintf(out, TREC_URI_MAX + 1, "mem:%.*s", TREC_URI_MAX - 4, uri->path);
}

trec_err tp_uri_parse(const char *text, bool for_listen, struct tp_uri *out)
{
	struct tp_uri u = { 0 };
	const struct tp_kind *k = NULL;

	memset(out, 0, sizeof(*out));
	if (text == NULL || !text_is_clean(text))
		return TREC_E_BAD_URI;
	for (size_t i = 0; (k = tp_registry_row(i)) != NULL; i++)
		if (strncasecmp(text, k->prefix, strlen(k->prefix)) == 0)
			break;
	if (k == NULL)
		return TREC_E_BAD_URI;
	if (k->connect == NULL)
		return TREC_E_UNSUPPORTED;
	u.kind = k;
	trec_err err = k->parse(text + strlen(k->prefix), &u);

	if (err == TREC_OK && u.listen_only && !for_listen)
		err = TREC_E_BAD_URI;
	if (err == TREC_OK)
		*out = u;
	return err;
}

trec_err trec_uri_check(const char *uri)
{
	struct tp_uri u;

	return tp_uri_parse(uri, false, &u);
}

trec_err trec_uri_check_listen(const char *uri)
{
	struct tp_uri u;

	return tp_uri_parse(uri, true, &u);
}

bool trec_uri_is_name(const char *uri)
{
	struct tp_uri u;

	return tp_uri_parse(uri, true, &u) == TREC_OK && u.host_type == TP_HOST_NAME;
}

trec_err trec_uri_resolve(const struct trec_env *env, const char *uri, struct trec_uri_list *out)
{
	struct tp_uri u;

	memset(out, 0, sizeof(*out));
	trec_err err = tp_uri_parse(uri, true, &u);

	if (err != TREC_OK)
		return err;
	if (u.host_type == TP_HOST_NAME)
		return u.kind->resolve(env, &u, out);
	u.kind->print(&u, out->uri[0]);
	out->n = 1;
	return TREC_OK;
}
