/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joining and parting pairs of links, and waiting for them with a limit. See contract.h. */
#include "config.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "tests/contract/contract.h"

static const struct contract_subject *const subject = &contract_subject;

uint64_t contract_now_ms(void)
{
	return trec_env_default()->now_ms(NULL);
}

void contract_rest(const struct trec_poll *p)
{
	struct pollfd fd = { .fd = p->fd };
	uint64_t now = contract_now_ms();
	int ms = 100;

	fd.events = (short)((p->readable ? POLLIN : 0) | (p->writable ? POLLOUT : 0));
	if (p->next_ms <= now)
		ms = 0;
	else if (p->next_ms - now < 100)
		ms = (int)(p->next_ms - now);
	if (fd.events == 0)
		fd.fd = -1;
	(void)poll(&fd, 1, ms);
}

bool contract_ready(const struct trec_poll *p)
{
	struct pollfd fd = { .fd = p->fd };

	fd.events = (short)((p->readable ? POLLIN : 0) | (p->writable ? POLLOUT : 0));
	return fd.events != 0 && poll(&fd, 1, 0) > 0;
}

void contract_wait(struct trec_link *l, bool want_write)
{
	struct trec_poll p;

	trec_link_poll(l, want_write, &p);
	contract_rest(&p);
}

trec_err contract_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n)
{
	uint64_t end = contract_now_ms() + PATIENCE_MS;
	trec_err err;

	while ((err = trec_link_recv(l, out, cap, n)) == TREC_E_AGAIN && contract_now_ms() < end)
		contract_wait(l, false);
	return err;
}

trec_err contract_send_all(struct trec_link *l, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t end = contract_now_ms() + PATIENCE_MS;

	while (n > 0 && contract_now_ms() < end) {
		size_t moved;
		trec_err err = trec_link_send(l, p, n, &moved);

		if (err == TREC_E_AGAIN) {
			contract_wait(l, true);
			continue;
		}
		if (err != TREC_OK)
			return err;
		p += moved;
		n -= moved;
	}
	return n == 0 ? TREC_OK : TREC_E_TIMEOUT;
}

bool contract_recv_exactly(struct trec_link *l, void *out, size_t n)
{
	uint8_t *p = out;
	size_t got;

	while (n > 0) {
		if (contract_recv(l, p, n, &got) != TREC_OK || got == 0)
			return false;
		p += got;
		n -= got;
	}
	return true;
}

bool contract_says(struct trec_link *from, struct trec_link *to, const char *text)
{
	char got[256] = "";
	size_t n = strlen(text);

	return contract_send_all(from, text, n) == TREC_OK && contract_recv_exactly(to, got, n) &&
	       memcmp(got, text, n) == 0;
}

bool contract_at_end(struct trec_link *l)
{
	uint8_t b[16];
	size_t n;

	return contract_recv(l, b, sizeof(b), &n) == TREC_OK && n == 0;
}

void contract_env(struct fault_env *f)
{
	fault_env_init(f, 1);
	f->env.now_ms = trec_env_default()->now_ms;
}

trec_err contract_accept(struct trec_listener *l, struct trec_link *from, struct trec_link **out)
{
	uint64_t end = contract_now_ms() + PATIENCE_MS;
	struct trec_poll p, knocks;
	uint8_t b;
	size_t n;
	trec_err err;

	while ((err = trec_listener_accept(l, out)) == TREC_E_AGAIN && contract_now_ms() < end) {
		/* Nothing can come from a link that nobody has. */
		err = trec_link_recv(from, &b, 1, &n);
		if (err != TREC_E_AGAIN)
			return err == TREC_OK ? TREC_E_LOST : err;
		trec_link_poll(from, false, &knocks);
		trec_listener_poll(l, &p);
		if (knocks.next_ms < p.next_ms)
			p.next_ms = knocks.next_ms;
		contract_rest(&p);
	}
	return err;
}

trec_err contract_settle(struct trec_link *l)
{
	uint64_t end = contract_now_ms() + PATIENCE_MS;
	struct trec_poll p;
	int rests = 10;

	for (;;) {
		uint8_t b;
		size_t n;
		trec_err err = trec_link_recv(l, &b, 1, &n);

		trec_link_poll(l, false, &p);
		if (subject->slow && !p.writable && p.readable && rests-- > 0)
			p = (struct trec_poll){ .fd = -1, .next_ms = UINT64_MAX };
		else if (err != TREC_E_AGAIN || !p.writable || contract_now_ms() > end)
			return err;
		contract_rest(&p);
	}
}

static trec_err join(struct pair *p)
{
	char at[TREC_URI_MAX + 1];
	struct trec_link *ends[2];

	p->listener = NULL;
	p->a = p->b = NULL;
	if (subject->pair != NULL) {
		if (!subject->pair(&p->f.env, ends))
			return TREC_E_NO_MEMORY;
		p->a = ends[0];
		p->b = ends[1];
		return TREC_OK;
	}
	trec_err err = trec_listen(&p->f.env, contract_uri, &p->listener);

	if (err != TREC_OK)
		return err;
	trec_listener_uri(p->listener, at);
	err = trec_link_connect(&p->f.env, at, &p->a);
	if (err == TREC_OK)
		err = contract_accept(p->listener, p->a, &p->b);
	return err;
}

void contract_part(struct pair *p)
{
	trec_link_free(&p->a);
	trec_link_free(&p->b);
	trec_listener_free(&p->listener);
	if (subject->unpair != NULL)
		subject->unpair();
	CU_ASSERT(fault_env_clean(&p->f));
}

bool contract_begin(struct pair *p)
{
	contract_env(&p->f);
	trec_err err = join(p);

	CU_ASSERT_EQUAL(err, TREC_OK);
	if (err != TREC_OK)
		printf("no pair: %s; %s\n", trec_err_text(err), p->f.last_log);
	return err == TREC_OK;
}

size_t contract_open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}
