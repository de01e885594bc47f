/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a controller does with its host's commands and data. Numbers in comments are sections of the
 * Bluetooth Core Specification, Vol 4, Part E. What no host of the testbed sends is refused as
 * unknown.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controllers.h"

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

/* --- to the host ------------------------------------------------------------------------------ */

static void to_host(const struct controller *c, const uint8_t *p, size_t n)
{
	if (c->fd >= 0 && write(c->fd, p, n) != (ssize_t)n)
		fprintf(stderr, "controllers: write: %s\n", strerror(errno));
}

static void event(const struct controller *c, uint8_t code, const void *p, size_t n)
{
	uint8_t out[3 + 255] = { EVENT, code, (uint8_t)n };

	memcpy(out + 3, p, n);
	to_host(c, out, 3 + n);
}

/* 7.7.14: the end of a command that has one answer; p begins with the status. */
static void complete(const struct controller *c, uint16_t opcode, const void *p, size_t n)
{
	uint8_t out[255] = { 1 };

	put16(out + 1, opcode);
	memcpy(out + 3, p, n);
	event(c, 0x0e, out, 3 + n);
}

/* 7.7.15: the beginning of one that takes a while, or that is refused. */
static void status(const struct controller *c, uint16_t opcode, uint8_t code)
{
	uint8_t out[4] = { code, 1 };

	put16(out + 2, opcode);
	event(c, 0x0f, out, sizeof(out));
}

/* 7.7.3 */
static void connection_complete(const struct link *l, uint8_t code)
{
	uint8_t out[11] = { code, [9] = 1 };

	put16(out + 1, l->handle);
	memcpy(out + 3, l->other->owner->bd, 6);
	event(l->owner, 0x03, out, sizeof(out));
}

/* 7.7.5 */
static void disconnection_complete(const struct link *l, uint8_t reason)
{
	uint8_t out[4] = { 0, [3] = reason };

	put16(out + 1, l->handle);
	event(l->owner, 0x05, out, sizeof(out));
}

/* --- links ------------------------------------------------------------------------------------ */

static struct controller *by_address(const uint8_t *bd)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].fd >= 0 && memcmp(all[i].bd, bd, 6) == 0)
			return &all[i];
	return NULL;
}

/* The link of c to the controller with this address, or one that is not in use, or NULL. */
static struct link *link_to(struct controller *c, const uint8_t *bd)
{
	for (struct link *l = c->links; l < c->links + LINKS; l++)
		if (bd == NULL ? l->other == NULL
			       : l->other != NULL && memcmp(l->other->owner->bd, bd, 6) == 0)
			return l;
	return NULL;
}

static struct link *link_by_handle(struct controller *c, uint16_t handle)
{
	for (struct link *l = c->links; l < c->links + LINKS; l++)
		if (l->other != NULL && l->up && l->handle == handle)
			return l;
	return NULL;
}

static void unlink_both(struct link *l)
{
	l->other->other = NULL;
	l->other = NULL;
}

/* A link ends; each side is told why. One that was not accepted yet was never there. */
static void end_link(struct link *l, uint8_t mine, uint8_t others)
{
	if (l->up) {
		disconnection_complete(l, mine);
		disconnection_complete(l->other, others);
	} else {
		connection_complete(l, others);
		connection_complete(l->other, others);
	}
	unlink_both(l);
}

/* 7.1.5 Create Connection */
static void connect_to(struct controller *c, uint16_t opcode, const uint8_t *p)
{
	struct controller *to = by_address(p);
	struct link *mine = link_to(c, NULL);

	if (link_to(c, p) != NULL || c->page_end != 0 || mine == NULL) {
		status(c, opcode, mine == NULL ? TOO_MANY : c->page_end != 0 ? DISALLOWED : EXISTS);
		return;
	}
	status(c, opcode, 0);
	struct link *theirs = to != NULL ? link_to(to, NULL) : NULL;

	if (theirs == NULL || to == c || (to->scan & 2) == 0) {
		memcpy(c->paged, p, 6);
		c->page_end = now() + PAGE_MS;
		return;
	}
	mine->other = theirs;
	theirs->other = mine;
	mine->up = theirs->up = false;
	uint8_t request[10] = { [9] = 1 }; /* 7.7.4 */

	memcpy(request, c->bd, 6);
	memcpy(request + 6, c->class, 3);
	event(to, 0x04, request, sizeof(request));
}

/* 7.1.8 and 7.1.9: the other host takes it or not. */
static void answer_request(struct controller *c, uint16_t opcode, const uint8_t *p, bool accept)
{
	struct link *l = link_to(c, p);

	if (l == NULL || l->up) {
		status(c, opcode, NO_CONNECTION);
		return;
	}
	status(c, opcode, 0);
	connection_complete(l, accept ? 0 : p[6]);
	connection_complete(l->other, accept ? 0 : p[6]);
	l->up = l->other->up = accept;
	if (!accept)
		unlink_both(l);
}

/* 7.1.7 Create Connection Cancel */
static void cancel(struct controller *c, uint16_t opcode, const uint8_t *p)
{
	uint8_t out[7] = { NO_CONNECTION }, failed[11] = { NO_CONNECTION, [9] = 1 };
	bool paging = c->page_end != 0 && memcmp(c->paged, p, 6) == 0;

	out[0] = paging ? 0 : NO_CONNECTION;
	memcpy(out + 1, p, 6);
	memcpy(failed + 3, p, 6);
	complete(c, opcode, out, sizeof(out));
	if (paging)
		event(c, 0x03, failed, sizeof(failed));
	if (paging)
		c->page_end = 0;
}

/* Data: first fragments are "not flushable" from a host and "flushable" to it, 5.4.2. */
static void data(struct controller *c, uint8_t *p, size_t n)
{
	struct link *l = n >= 5 ? link_by_handle(c, get16(p + 1) & 0xfff) : NULL;
	uint8_t done[5] = { 1, [3] = 1 };

	if (l == NULL)
		return;
	unsigned flags = get16(p + 1) >> 12;

	put16(p + 1, l->other->handle | (flags == 0 ? 2u : flags) << 12);
	to_host(l->other->owner, p, n);
	put16(done + 1, l->handle); /* 7.7.19 */
	event(c, 0x13, done, sizeof(done));
}

/* --- commands --------------------------------------------------------------------------------- */

void reset(struct controller *c)
{
	for (struct link *l = c->links; l < c->links + LINKS; l++)
		if (l->other != NULL) {
			struct link *other = l->other;

			if (other->up)
				disconnection_complete(other, TIMED_OUT);
			else
				connection_complete(other, PAGE_TIMEOUT);
			unlink_both(l);
		}
	c->scan = 0;
	c->page_end = c->inquiry_end = 0;
}

/* 7.1.19: whoever is there tells its name, connected or not. */
static void remote_name(struct controller *c, uint16_t opcode, const uint8_t *p)
{
	const struct controller *of = by_address(p);
	uint8_t out[7 + NAME] = { 0 };

	status(c, opcode, 0);
	out[0] = of != NULL && (of->scan & 2) != 0 ? 0 : PAGE_TIMEOUT;
	memcpy(out + 1, p, 6);
	if (out[0] == 0)
		memcpy(out + 7, of->name, NAME);
	event(c, 0x07, out, sizeof(out));
}

/* 7.1.1: what answers inquiries is told at once, the end comes later. */
static void inquiry(struct controller *c, uint16_t opcode, const uint8_t *p)
{
	status(c, opcode, 0);
	for (size_t i = 0; i < count; i++) {
		uint8_t out[15] = { 1 }; /* 7.7.2 */

		if (&all[i] == c || all[i].fd < 0 || (all[i].scan & 1) == 0)
			continue;
		memcpy(out + 1, all[i].bd, 6);
		out[7] = 1;
		memcpy(out + 10, all[i].class, 3);
		event(c, 0x02, out, sizeof(out));
	}
	c->inquiry_end = now() + (uint64_t)INQUIRY_MS * p[3];
}

/* What the host asks for and is given at once. False: some other command. */
static bool reads(const struct controller *c, uint16_t opcode)
{
	static const struct {
		uint16_t opcode;
		uint8_t n, answer[10];
	} fixed[] = {
		{ 0x1001, 9, { 0, 4, 0, 0, 4, 0xff, 0xff, 0, 0 } },  /* version 2.1 */
		{ 0x1003, 9, { 0, 3 } },                             /* features: long packets */
		{ 0x1005, 8, { 0, ACL_BYTES & 0xff, ACL_BYTES >> 8, 0, 8 } }, /* buffers */
		{ 0x0c25, 3, { 0, 0x60 } },                          /* voice setting */
		{ 0x0c38, 2, { 0, 1 } },                             /* inquiry access codes */
		{ 0x0c39, 5, { 0, 1, 0x33, 0x8b, 0x9e } },
		{ 0x0c1b, 5, { 0, 0x00, 0x08, 0x12 } },              /* page scan activity */
		{ 0x0c46, 2, { 0 } },                                /* page scan type */
		{ 0x0c0d, 5, { 0 } },                                /* stored link keys: none */
		{ 0x0c12, 3, { 0 } },
	};
	uint8_t out[1 + NAME] = { 0 };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (fixed[i].opcode == opcode) {
			complete(c, opcode, fixed[i].answer, fixed[i].n);
			return true;
		}
	switch (opcode) {
	case 0x1002: /* no command but those that every controller has */
		complete(c, opcode, out, 65);
		return true;
	case 0x1009:
		memcpy(out + 1, c->bd, 6);
		complete(c, opcode, out, 7);
		return true;
	case 0x0c23:
		memcpy(out + 1, c->class, 3);
		complete(c, opcode, out, 4);
		return true;
	case 0x0c14:
		memcpy(out + 1, c->name, NAME);
		complete(c, opcode, out, 1 + NAME);
		return true;
	default:
		return false;
	}
}

/* What the host sets. False: some other command. */
static bool sets(struct controller *c, uint16_t opcode, const uint8_t *p)
{
	switch (opcode) {
	case 0x0c03:
		reset(c);
		break;
	case 0x0c13:
		memcpy(c->name, p, NAME);
		break;
	case 0x0c1a:
		c->scan = p[0];
		break;
	case 0x0c24:
		memcpy(c->class, p, 3);
		break;
	case 0x0402: /* inquiry cancel */
		c->inquiry_end = 0;
		break;
	case 0x0c01: /* event mask; filter; time limits; page scan; authentication; inquiry */
	case 0x0c05:
	case 0x0c16:
	case 0x0c18:
	case 0x0c1c:
	case 0x0c1f:
	case 0x0c3a:
	case 0x0c45:
	case 0x0c47:
	case 0x080f:
		break;
	default:
		return false;
	}
	complete(c, opcode, "", 1);
	return true;
}

/* What is about one link: p begins with its handle. */
static void about_link(struct controller *c, uint16_t opcode, const uint8_t *p)
{
	struct link *l = link_by_handle(c, get16(p) & 0xfff);
	uint8_t out[11] = { 0 };

	memcpy(out + 1, p, 2);
	if (l == NULL)
		out[0] = NO_CONNECTION;
	switch (opcode) {
	case 0x080d: /* link policy, supervision time limit: handle in the answer */
	case 0x0c37:
		complete(c, opcode, out, 3);
		return;
	case 0x0406:
	case 0x041b:
	case 0x041d:
	case 0x040f:
		status(c, opcode, out[0]);
		break;
	default:
		status(c, opcode, UNKNOWN_COMMAND);
		return;
	}
	if (l == NULL)
		return;
	out[3] = opcode == 0x041b ? 3 : 4; /* features, or version */
	if (opcode == 0x0406)
		end_link(l, BY_HOST, p[2]);
	else if (opcode == 0x041b)
		event(c, 0x0b, out, 11);
	else if (opcode == 0x041d)
		event(c, 0x0c, out, 8);
	else
		event(c, 0x1d, (uint8_t[5]){ 0, p[0], p[1], p[2], p[3] }, 5);
}

static void command(struct controller *c, uint16_t opcode, const uint8_t *p)
{
	if (reads(c, opcode) || sets(c, opcode, p))
		return;
	switch (opcode) {
	case 0x0401:
		inquiry(c, opcode, p);
		break;
	case 0x0405:
		connect_to(c, opcode, p);
		break;
	case 0x0408:
		cancel(c, opcode, p);
		break;
	case 0x0409:
	case 0x040a:
		answer_request(c, opcode, p, opcode == 0x0409);
		break;
	case 0x0419:
		remote_name(c, opcode, p);
		break;
	default:
		about_link(c, opcode, p);
	}
}

void lose(struct controller *c, struct controller *d)
{
	struct link *l = link_to(c, d->bd);

	if (l != NULL)
		end_link(l, TIMED_OUT, TIMED_OUT);
}

void packet(struct controller *c, uint8_t *p, size_t n)
{
	if (n >= 4 && p[0] == COMMAND)
		command(c, get16(p + 1), p + 4);
	else if (p[0] == ACL)
		data(c, p, n);
}

void passed(struct controller *c, uint64_t t)
{
	uint8_t failed[11] = { PAGE_TIMEOUT, [9] = 1 };

	if (c->page_end != 0 && t >= c->page_end) {
		memcpy(failed + 3, c->paged, 6);
		c->page_end = 0;
		event(c, 0x03, failed, sizeof(failed));
	}
	if (c->inquiry_end != 0 && t >= c->inquiry_end) {
		c->inquiry_end = 0;
		event(c, 0x01, "", 1);
	}
}
