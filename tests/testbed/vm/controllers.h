/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the two files of `controllers` share: the controllers, and what happens to
 * them by the host's packets, by time, and from outside.
 */
#ifndef TREC_TESTBED_CONTROLLERS_H
#define TREC_TESTBED_CONTROLLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX 8          /* controllers */
#define LINKS 8        /* of one controller */
#define PAGE_MS 1500   /* until nobody answers; the specification's default is 5.12 s */
#define INQUIRY_MS 320 /* for each 1.28 s asked for */
#define ACL_BYTES 1021 /* of one packet */
#define NAME 248

/* Vol 4, Part A: the byte before each packet. */
enum { COMMAND = 1, ACL = 2, EVENT = 4, VENDOR = 0xff };
/* Vol 1, Part F. */
enum hci_error {
	UNKNOWN_COMMAND = 0x01,
	NO_CONNECTION = 0x02,
	PAGE_TIMEOUT = 0x04,
	TIMED_OUT = 0x08,
	TOO_MANY = 0x09,
	EXISTS = 0x0b,
	DISALLOWED = 0x0c,
	BY_HOST = 0x16,
};

struct controller;

struct link {
	struct controller *owner;
	struct link *other; /* NULL: not in use */
	uint16_t handle;
	bool up; /* accepted */
};

struct controller {
	int fd; /* -1: pulled out */
	uint8_t bd[6], class[3], scan, name[NAME];
	uint8_t paged[6];
	uint64_t page_end, inquiry_end; /* 0: none */
	struct link links[LINKS];
};

extern struct controller all[MAX];
extern size_t count;

uint64_t now(void);
/* A packet that the host sent; what is behind its n bytes reads as zeros. */
void packet(struct controller *c, uint8_t *p, size_t n);
/* What is due at t. */
void passed(struct controller *c, uint64_t t);
/* All its links are gone, for the others too, and it answers nobody. */
void reset(struct controller *c);
/* The link between two, if there is one, is lost to both. */
void lose(struct controller *c, struct controller *d);

#endif
