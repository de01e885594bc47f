/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: proto/tls on a TCP socket and nothing else, so that a foreign TLS program can
 * be its peer. The roles of a pairing or a session are not played, only their channels:
 *
 *   tls_peer listen|PORT psk IDENTITY HEX     pairing channel
 *   tls_peer listen|PORT session KEYS         session channel; KEYS: ed25519 or p256
 *   tls_peer listen|PORT session-aes KEYS     that also takes TLS_AES_128_GCM_SHA256
 *
 * One connection on 127.0.0.1. Prints `ready PORT` when it listens, then a line for each thing
 * that happens: `open`, `exporter HEX` (tls-exporter), `own HEX` and `peer HEX` (certificates),
 * `got TEXT`, `closed` or `failed NAME`. A server answers the first line it gets and closes; a
 * client speaks first and closes when it got a line. Both give up after 10 s. Exit 0: closed in
 * good order after a line came.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/crypto/crypto.h"
#include "proto/tls/channel.h"

#define LINE "trec says hello\n"

struct peer {
	struct chan *c;
	enum chan_role role;
	struct crypto_key *key;
	struct trec_signer signer;
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
	int fd;
	bool open, spoke, heard, over;
	char line[256];
	size_t line_len;
};

static void print_hex(const char *what, const uint8_t *p, size_t n)
{
	printf("%s ", what);
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
	printf("\n");
}

static _Noreturn void failed(const char *name)
{
	printf("failed %s\n", name);
	exit(1);
}

static void must(trec_err err)
{
	if (err != TREC_OK)
		failed(trec_err_name(err));
}

static void make_psk(struct peer *p, const char *identity, const char *hex)
{
	uint8_t key[CHAN_PSK_LEN];
	struct chan_psk conf = { p->role, trec_bytes(key, sizeof(key)), identity, false };

	if (strlen(hex) != 2 * sizeof(key))
		failed("usage");
	for (size_t i = 0; i < sizeof(key); i++) {
		char byte[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		key[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	must(chan_new_psk(trec_env_default(), &conf, &p->c));
}

static void make_session(struct peer *p, bool aes, const char *keys)
{
	trec_key_alg alg = strcmp(keys, "p256") == 0 ? TREC_KEY_P256 : TREC_KEY_ED25519;
	struct chan_session conf = { .role = p->role, .signer = &p->signer, .aes_gcm = aes };

	must(crypto_key_generate(trec_env_default(), alg, &p->key));
	crypto_key_signer(p->key, &p->signer);
	must(crypto_cert_make(trec_env_default(), &p->signer, NULL, p->cert, sizeof(p->cert),
			      &p->cert_len));
	conf.cert = trec_bytes(p->cert, p->cert_len);
	print_hex("own", p->cert, p->cert_len);
	must(chan_new_session(trec_env_default(), &conf, &p->c));
}

static void dial(struct peer *p, const char *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (p->role == CHAN_CLIENT) {
		sa.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
		p->fd = listener;
		if (connect(p->fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
			failed("connect");
		return;
	}
	if (bind(listener, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&sa, &len) != 0)
		failed("listen");
	printf("ready %u\n", ntohs(sa.sin_port));
	p->fd = accept(listener, NULL, NULL);
	close(listener);
	if (p->fd < 0)
		failed("accept");
}

static void send_all(struct peer *p)
{
	uint8_t buf[4096];
	size_t n;

	while ((n = chan_drain(p->c, buf, sizeof(buf))) > 0)
		for (size_t at = 0; at < n;) {
			ssize_t sent = send(p->fd, buf + at, n - at, MSG_NOSIGNAL);

			if (sent <= 0)
				return; /* it went; what came from it before still counts */
			at += (size_t)sent;
		}
}

static void say(struct peer *p)
{
	size_t used = 0;

	must(chan_write(p->c, trec_bytes((const uint8_t *)LINE, sizeof(LINE) - 1), &used));
	p->spoke = true;
}

static void now_open(struct peer *p)
{
	uint8_t binding[CHAN_BINDING_LEN];
	struct trec_bytes cert = chan_peer_cert(p->c);

	p->open = true;
	printf("open\n");
	must(chan_binding(p->c, binding));
	print_hex("exporter", binding, sizeof(binding));
	if (cert.n > 0)
		print_hex("peer", cert.p, cert.n);
	if (p->role == CHAN_CLIENT)
		say(p);
}

/* A whole line came. */
static void heard(struct peer *p)
{
	p->line[p->line_len - 1] = '\0';
	printf("got %s\n", p->line);
	p->heard = true;
	if (!p->spoke)
		say(p);
	must(chan_close(p->c));
}

static void take(struct peer *p)
{
	uint8_t buf[256];
	size_t n = 0;
	trec_err err;

	while ((err = chan_read(p->c, buf, sizeof(buf), &n)) == TREC_OK && n > 0)
		for (size_t i = 0; i < n; i++) {
			if (p->heard || buf[i] == '\r' || p->line_len == sizeof(p->line))
				continue;
			p->line[p->line_len++] = (char)buf[i];
			if (buf[i] == '\n')
				heard(p);
		}
	p->over |= err == TREC_OK; /* close_notify */
	if (err != TREC_OK && err != TREC_E_AGAIN) {
		send_all(p);
		failed(trec_err_name(err));
	}
}

static void feed(struct peer *p, const uint8_t *buf, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t used = 0;
		trec_err err = chan_feed(p->c, trec_bytes(buf + at, n - at), &used);

		if (err != TREC_OK) {
			send_all(p);
			failed(trec_err_name(err));
		}
		at += used;
		if (!p->open && chan_state(p->c) == CHAN_OPEN)
			now_open(p);
		if (p->open)
			take(p);
		if (used == 0 && chan_state(p->c) != CHAN_OPEN)
			return;
	}
}

static void talk(struct peer *p)
{
	uint8_t buf[4096];

	while (!p->over) {
		struct pollfd wait = { .fd = p->fd, .events = POLLIN };
		ssize_t n;

		send_all(p);
		if (poll(&wait, 1, 10000) <= 0)
			failed("timeout");
		n = recv(p->fd, buf, sizeof(buf), 0);
		if (n <= 0)
			break;
		feed(p, buf, (size_t)n);
	}
	send_all(p);
	if (!p->heard)
		failed("lost");
	printf("closed\n");
}

int main(int argc, char **argv)
{
	struct peer p = { .fd = -1 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4)
		failed("usage");
	must(crypto_init());
	p.role = strcmp(argv[1], "listen") == 0 ? CHAN_SERVER : CHAN_CLIENT;
	if (strcmp(argv[2], "psk") == 0 && argc == 5)
		make_psk(&p, argv[3], argv[4]);
	else
		make_session(&p, strcmp(argv[2], "session-aes") == 0, argv[3]);
	dial(&p, argv[1]);
	talk(&p);
	chan_free(&p.c);
	crypto_key_free(&p.key);
	crypto_done();
	close(p.fd);
	return 0;
}
