/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a transport has to provide, and what all of them share. A transport is
 * one file with one struct tp_kind, named in registry.c. Whatever it hands out embeds struct
 * trec_link or struct trec_listener first. Links and listeners fail for good: after the first
 * error they answer the same one.
 */
#ifndef TREC_TRANSPORTS_TP_H
#define TREC_TRANSPORTS_TP_H

#include <trec/transport.h>

#define TP_BD_LEN 6        /* bytes of a Bluetooth address */
#define TP_CHANNEL_MAX 30  /* RFCOMM server channels are 1 to 30 */
#define TP_ADAPTERS_MAX 16 /* hci0 to hci15, as many as the kernel counts */
#define TP_NAME_MAX 253 /* bytes of a host name, RFC 1035 2.3.4 without the length bytes */

struct tp_kind;

enum tp_host { TP_HOST_NONE, TP_HOST_IP4, TP_HOST_IP6, TP_HOST_NAME };

/* An address taken apart. */
struct tp_uri {
	const struct tp_kind *kind;
	enum tp_host host_type;
	char host[TREC_URI_MAX + 1]; /* tcp: address or name without brackets and zone */
	char zone[16];               /* tcp: interface of a link-local address, or empty */
	uint16_t port;               /* tcp */
	char path[TREC_URI_MAX + 1]; /* unix: path; mem: name */
	uint8_t bd[TP_BD_LEN];       /* rfcomm: the device, as it is written */
	uint8_t channel;             /* rfcomm: 0: whichever, by SDP when connecting */
	uint8_t adapter;             /* rfcomm: N + 1 of hciN; 0: whichever */
	bool listen_only;            /* names nobody who could be connected to */
};

struct trec_link_ops {
	const char *name;
	size_t mtu;
	trec_err (*send)(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved);
	trec_err (*recv)(struct trec_link *l, uint8_t *out, size_t cap, size_t *n);
	trec_err (*shutdown)(struct trec_link *l);
	void (*poll)(struct trec_link *l, bool want_write, struct trec_poll *out);
	void (*free)(struct trec_link *l, bool abrupt);
};

/* Embedded first in every link. The transport fills it by tp_link_init. */
struct trec_link {
	const struct trec_link_ops *ops;
	const struct trec_env *env;
	trec_err dead; /* TREC_OK while it lives */
	bool mute;     /* sending met TREC_E_LOST; what has arrived can still be received */
	bool shut;     /* trec_link_shutdown was called */
	bool ended;    /* the peer's end of stream was seen */
	char peer[TREC_URI_MAX + 1];
};

struct trec_listener_ops {
	trec_err (*accept)(struct trec_listener *l, struct trec_link **out);
	void (*poll)(struct trec_listener *l, struct trec_poll *out);
	void (*free)(struct trec_listener *l);
};

struct trec_listener {
	const struct trec_listener_ops *ops;
	const struct trec_env *env;
	char uri[TREC_URI_MAX + 1];
};

/* One row of the registry. A known scheme that this build lacks has only a name and a prefix. */
struct tp_kind {
	const char *name;
	const char *prefix; /* with the colon, and the slashes if the scheme has them */
	/* Takes apart what follows the prefix; no control characters in it. */
	trec_err (*parse)(const char *rest, struct tp_uri *out);
	/* Canonical text; cannot fail on what parse made. */
	void (*print)(const struct tp_uri *uri, char out[TREC_URI_MAX + 1]);
	/* TREC_OK if the machine can use it now, or what is in the way. */
	trec_err (*usable)(void);
	/* Names to addresses, or NULL where there are no names. */
	trec_err (*resolve)(const struct trec_env *env, const struct tp_uri *uri,
			    struct trec_uri_list *out);
	/* n addresses without names, 1 <= n <= TREC_URI_LIST_MAX. */
	trec_err (*connect)(const struct trec_env *env, const struct tp_uri *uris, size_t n,
			    struct trec_link **out);
	trec_err (*listen)(const struct trec_env *env, const struct tp_uri *uri,
			   struct trec_listener **out);
};

extern const struct tp_kind tp_tcp;
extern const struct tp_kind tp_unix;
extern const struct tp_kind tp_mem;
extern const struct tp_kind tp_rfcomm; /* where configure found Bluetooth */

/* registry.c: row i, or NULL past the end. */
const struct tp_kind *tp_registry_row(size_t i);

/* uri.c: strict; for_listen allows what is listen_only. TREC_E_BAD_URI, TREC_E_UNSUPPORTED. */
trec_err tp_uri_parse(const char *text, bool for_listen, struct tp_uri *out);
trec_err tp_uri_parse_tcp(const char *rest, struct tp_uri *out);
trec_err tp_uri_parse_path(const char *rest, struct tp_uri *out);
trec_err tp_uri_parse_name(const char *rest, struct tp_uri *out);
trec_err tp_uri_parse_rfcomm(const char *rest, struct tp_uri *out);
void tp_uri_print_tcp(const struct tp_uri *uri, char out[TREC_URI_MAX + 1]);
void tp_uri_print_path(const struct tp_uri *uri, char out[TREC_URI_MAX + 1]);
void tp_uri_print_name(const struct tp_uri *uri, char out[TREC_URI_MAX + 1]);
void tp_uri_print_rfcomm(const struct tp_uri *uri, char out[TREC_URI_MAX + 1]);
/* Length of the UTF-8 sequence at p (RFC 3629 4) that is no control character, or 0. */
size_t tp_printable_at(const unsigned char *p);

/* link.c */
void tp_link_init(struct trec_link *l, const struct trec_link_ops *ops, const struct trec_env *env);
/* Copies text into a peer or listener URI, cut if it is too long. */
void tp_text(char out[TREC_URI_MAX + 1], const char *text);

#endif
