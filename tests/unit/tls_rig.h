/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of tls share: identities, and two channels joined in memory.
 */
#ifndef TREC_TESTS_TLS_RIG_H
#define TREC_TESTS_TLS_RIG_H

#include "proto/crypto/crypto.h"
#include "proto/tls/channel.h"

struct rig_ident {
	struct crypto_key *key;
	struct trec_signer signer;
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
};

/* crypto_init and four identities, [alg][0 or 1]; aborts the program on
 * failure. */
void rig_start(void);
void rig_stop(void);
struct rig_ident *rig_ident(trec_key_alg alg, int which);
struct trec_bytes rig_cert(const struct rig_ident *id);

/* Two channels and what happened to them. */
struct rig {
	struct chan *c[2]; /* by role */
	trec_err err[2];   /* first error of chan_feed, chan_read or making it */
	size_t sent[2];	   /* bytes each sent */
	unsigned flights;  /* changes of direction */
	size_t step;	   /* feed this many bytes at a time; 0: all */
	/* Looks at, and may change or drop, what from sends. */
	void (*tap)(void *ctx, enum chan_role from, uint8_t *p, size_t *n);
	void *tap_ctx;
};

extern const uint8_t rig_psk[CHAN_PSK_LEN];
#define RIG_IDENTITY "trec1.x"

void rig_psk_pair(struct rig *r);
void rig_psk_end(struct rig *r, const struct trec_env *env, enum chan_role role);
void rig_session_pair(struct rig *r, struct rig_ident *client, struct rig_ident *server);
void rig_session_end(struct rig *r, const struct trec_env *env, enum chan_role role,
		     struct rig_ident *own, bool (*known)(void *, const struct trec_id *),
		     void *ctx);
/* Moves bytes until both are quiet or one failed and its alert arrived. */
void rig_pump(struct rig *r);
/* Bytes from one side to the other, decrypted there; true if they arrived. */
bool rig_say(struct rig *r, enum chan_role from, struct trec_bytes text);
bool rig_open(const struct rig *r);
void rig_end(struct rig *r);

#endif
