/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wolfSSL contexts of the two kinds of channel (docs/PROTOCOL.md, From secret to channel,
 * Sessions). Every channel has a context of its own, so nothing that a peer sends can stay for a
 * later connection: no CA store, no session cache and no ticket key is shared. Both kinds set
 * explicitly what the packaged libraries' defaults leave open: version, suites, groups, verify
 * mode, tickets.
 */
#include "config.h"

#include <string.h>

#include "proto/crypto/crypto.h"
#include "proto/tls/internal.h"

#define ALPN "trec/1"
#define SUITE_CHACHA "TLS13-CHACHA20-POLY1305-SHA256"
#define SUITES_WITH_AES SUITE_CHACHA ":TLS13-AES128-GCM-SHA256"
#define SIGNATURES "ED25519:ECDSA+SHA256"
#define SUITE_ID_CHACHA 0x1303
#define SUITE_ID_AES 0x1301

/* OpenSSL's numbers of X.509 errors; wolfSSL's names for them differ by version. */
enum {
	X509_NOT_YET_VALID = 9,
	X509_EXPIRED = 10,
	X509_SELF_SIGNED = 18,
	X509_NO_ISSUER = 20,
	X509_LEAF_SIGNATURE = 21
};

static struct chan *chan_of(WOLFSSL *ssl)
{
	return wolfSSL_GetIOReadCtx(ssl);
}

/* ---- pre-shared key ------------------------------------------------------------------------ */

static unsigned psk_client(WOLFSSL *ssl, const char *hint, char *identity, unsigned identity_max,
			   unsigned char *key, unsigned key_max, const char **suite)
{
	const struct chan *c = chan_of(ssl);
	size_t n = strlen(c->identity);

	(void)hint;
	if (c->psk == NULL || n >= identity_max || key_max < CHAN_PSK_LEN)
		return 0;
	memcpy(identity, c->identity, n + 1);
	memcpy(key, c->psk->key, CHAN_PSK_LEN);
	*suite = SUITE_CHACHA;
	return CHAN_PSK_LEN;
}

/*
 * wolfSSL hands the identity as a C string, the gate has compared its bytes. A wrong one is
 * checked against a random key, so that it fails exactly as a wrong key does.
 */
static unsigned psk_server(WOLFSSL *ssl, const char *identity, unsigned char *key,
			   unsigned key_max, const char **suite)
{
	const struct chan *c = chan_of(ssl);

	(void)identity;
	if (c->psk == NULL || key_max < CHAN_PSK_LEN)
		return 0;
	memcpy(key, c->gate.identity_fits ? c->psk->key : c->psk->decoy, CHAN_PSK_LEN);
	*suite = SUITE_CHACHA;
	return CHAN_PSK_LEN;
}

/* Where a pre-shared key is expected every certificate is a man in the middle's. */
static int refuse_certificate(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct chan *c = store->userCtx;

	(void)ok;
	c->refusal = TREC_E_MALFORMED;
	return 0;
}

/* ---- session ----------------------------------------------------------------------------- */

/*
 * What may be wrong with a self-signed certificate whose dates do not count: nobody vouches for
 * it. By the build wolfSSL reports its own or OpenSSL's codes.
 */
static bool is_allowed_error(int error)
{
	switch (error) {
	case 0:
	case ASN_NO_SIGNER_E:
	case ASN_SELF_SIGNED_E:
	case ASN_BEFORE_DATE_E:
	case ASN_AFTER_DATE_E:
	case X509_SELF_SIGNED:
	case X509_NO_ISSUER:
	case X509_LEAF_SIGNATURE:
	case X509_NOT_YET_VALID:
	case X509_EXPIRED:
		return true;
	default:
		return false;
	}
}

static trec_err record_certificate(struct chan *c, const WOLFSSL_X509_STORE_CTX *store)
{
	struct crypto_cert cert;

	if (c->state != CHAN_HANDSHAKE)
		return TREC_E_STATE;
	if (store->totalCerts != 1 || store->error_depth != 0 || !is_allowed_error(store->error))
		return TREC_E_MALFORMED;
	struct trec_bytes der = trec_bytes(store->certs[0].buffer, store->certs[0].length);
	trec_err err = c->self_signature_later ? crypto_cert_read(der, &cert)
					       : crypto_cert_parse(der, &cert);

	if (err != TREC_OK)
		return err;
	/* Asked again in one handshake it must be about the same certificate. */
	if (c->peer_cert_len > 0 &&
	    !trec_bytes_equal(der, trec_bytes(c->peer_cert, c->peer_cert_len)))
		return TREC_E_MALFORMED;
	if (c->role == CHAN_CLIENT && c->known != NULL && !c->known(c->known_ctx, &cert.id))
		return TREC_E_WRONG_CERTIFICATE;
	memcpy(c->peer_cert, der.p, der.n);
	c->peer_cert_len = der.n;
	c->peer_id = cert.id;
	return TREC_OK;
}

static int verify_peer(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct chan *c = store->userCtx;
	trec_err err = record_certificate(c, store);

	(void)ok;
	if (err != TREC_OK) {
		c->refusal = err;
		return 0;
	}
	store->error = 0;
	return 1;
}

/* After the handshake a signature could only serve post-handshake authentication. */
static int sign(struct chan *c, bool digest, struct trec_bytes in, uint8_t *out, word32 *out_len)
{
	const struct trec_signer *s = c->signer;
	size_t cap = *out_len < TREC_SIG_MAX ? *out_len : TREC_SIG_MAX;
	size_t n = 0;
	trec_err err = TREC_E_STATE;

	if (c->state == CHAN_HANDSHAKE && !digest)
		err = s->sign(s->ctx, in, out, cap, &n);
	else if (c->state == CHAN_HANDSHAKE && in.n == CRYPTO_SHA256_LEN)
		err = s->sign_digest(s->ctx, in.p, out, cap, &n);
	if (err != TREC_OK) {
		c->refusal = err;
		return BAD_STATE_E;
	}
	c->signed_once = true;
	*out_len = (word32)n;
	return 0;
}

static int sign_p256(WOLFSSL *ssl, const unsigned char *in, unsigned in_len, unsigned char *out,
		     word32 *out_len, const unsigned char *key, unsigned key_len, void *ctx)
{
	(void)key;
	(void)key_len;
	(void)ctx;
	return sign(chan_of(ssl), true, trec_bytes(in, in_len), out, out_len);
}

static int sign_ed25519(WOLFSSL *ssl, const unsigned char *in, unsigned in_len, unsigned char *out,
			unsigned *out_len, const unsigned char *key, unsigned key_len, void *ctx)
{
	(void)key;
	(void)key_len;
	(void)ctx;
	return sign(chan_of(ssl), false, trec_bytes(in, in_len), out, out_len);
}

/*
 * wolfSSL never sees the private key: with a sign callback set it takes the public key in its
 * place, and calls back for the one signature of the handshake. It goes in by the function for
 * keys on tokens (without a device), which stores the bytes as they are; the usual one
 * dereferences NULL when memory runs out (5.5.4).
 */
static bool load_own(struct chan *c, const struct chan_session *conf)
{
	const struct trec_signer *s = conf->signer;

	if (s->alg == TREC_KEY_ED25519)
		wolfSSL_CTX_SetEd25519SignCb(c->ctx, sign_ed25519);
	else
		wolfSSL_CTX_SetEccSignCb(c->ctx, sign_p256);
	return wolfSSL_CTX_use_certificate_buffer(c->ctx, conf->cert.p, (long)conf->cert.n,
						  WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_use_PrivateKey_Id(c->ctx, s->spki, (long)s->spki_len,
					     INVALID_DEVID) == WOLFSSL_SUCCESS;
}

/* ---- both -------------------------------------------------------------------------------- */

static trec_err make_context(struct chan *c, const char *suites)
{
	int groups[] = { WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1 };

	c->ctx = wolfSSL_CTX_new(c->role == CHAN_CLIENT ? wolfTLSv1_3_client_method() :
							  wolfTLSv1_3_server_method());
	if (c->ctx == NULL)
		return TREC_E_NO_MEMORY;
	wolfSSL_CTX_SetIORecv(c->ctx, chan_io_recv);
	wolfSSL_CTX_SetIOSend(c->ctx, chan_io_send);
	if (wolfSSL_CTX_set_cipher_list(c->ctx, suites) != WOLFSSL_SUCCESS ||
	    wolfSSL_CTX_set_groups(c->ctx, groups, BASE_COUNT(groups)) != WOLFSSL_SUCCESS ||
	    wolfSSL_CTX_set_session_cache_mode(c->ctx, WOLFSSL_SESS_CACHE_OFF) != WOLFSSL_SUCCESS)
		return TREC_E_CRYPTO;
#if defined(HAVE_ENCRYPT_THEN_MAC) && !defined(WOLFSSL_AEAD_ONLY)
	/* Means nothing in TLS 1.3 and takes four bytes of every ClientHello. */
	if (wolfSSL_CTX_AllowEncryptThenMac(c->ctx, 0) != WOLFSSL_SUCCESS)
		return TREC_E_CRYPTO;
#endif
#ifdef OPENSSL_EXTRA
	if (wolfSSL_CTX_set1_sigalgs_list(c->ctx, SIGNATURES) != WOLFSSL_SUCCESS)
		return TREC_E_CRYPTO;
#endif
#ifdef HAVE_SESSION_TICKET
	if (wolfSSL_CTX_set_TicketEncCb(c->ctx, NULL) != WOLFSSL_SUCCESS)
		return TREC_E_CRYPTO;
	if (c->role == CHAN_SERVER && wolfSSL_CTX_no_ticket_TLSv13(c->ctx) != 0)
		return TREC_E_CRYPTO;
#endif
	return TREC_OK;
}

static trec_err make_connection(struct chan *c)
{
	c->ssl = wolfSSL_new(c->ctx);
	if (c->ssl == NULL)
		return TREC_E_NO_MEMORY;
	wolfSSL_SetIOReadCtx(c->ssl, c);
	wolfSSL_SetIOWriteCtx(c->ssl, c);
	wolfSSL_SetCertCbCtx(c->ssl, c);
	wolfSSL_KeepArrays(c->ssl); /* the exporter's secret lives there */
	if (c->role == CHAN_CLIENT &&
	    wolfSSL_UseKeyShare(c->ssl, WOLFSSL_ECC_X25519) != WOLFSSL_SUCCESS)
		return TREC_E_CRYPTO;
	return TREC_OK;
}

/* What the two ends of a session speak inside. */
static trec_err use_alpn(struct chan *c)
{
	char alpn[] = ALPN;

	if (!c->alpn || wolfSSL_UseALPN(c->ssl, alpn, sizeof alpn - 1,
					WOLFSSL_ALPN_FAILED_ON_MISMATCH) == WOLFSSL_SUCCESS)
		return TREC_OK;
	return TREC_E_CRYPTO;
}

trec_err chan_setup_psk(struct chan *c)
{
	trec_err err = make_context(c, SUITE_CHACHA);

	if (err != TREC_OK)
		return err;
	wolfSSL_CTX_set_verify(c->ctx, WOLFSSL_VERIFY_PEER, refuse_certificate);
	if (c->role == CHAN_CLIENT)
		wolfSSL_CTX_set_psk_client_tls13_callback(c->ctx, psk_client);
	else
		wolfSSL_CTX_set_psk_server_tls13_callback(c->ctx, psk_server);
	err = make_connection(c);
#ifdef HAVE_WOLFSSL_ONLY_DHE_PSK
	if (err == TREC_OK && wolfSSL_only_dhe_psk(c->ssl) != 0)
		return TREC_E_CRYPTO;
#endif
	return err == TREC_OK ? use_alpn(c) : err;
}

trec_err chan_setup_session(struct chan *c, const struct chan_session *conf)
{
	trec_err err = make_context(c, conf->aes_gcm ? SUITES_WITH_AES : SUITE_CHACHA);

	if (err != TREC_OK)
		return err;
	wolfSSL_CTX_set_verify(c->ctx,
			       WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			       verify_peer);
	if (!load_own(c, conf))
		return TREC_E_CRYPTO;
	err = make_connection(c);
	return err == TREC_OK ? use_alpn(c) : err;
}

static bool alpn_agreed(struct chan *c)
{
	char *name = NULL;
	word16 n = 0;

	return wolfSSL_ALPN_GetProtocol(c->ssl, &name, &n) == WOLFSSL_SUCCESS &&
	       n == sizeof ALPN - 1 && memcmp(name, ALPN, n) == 0;
}

trec_err chan_established(struct chan *c)
{
	int suite = wolfSSL_get_current_cipher_suite(c->ssl);

	if (wolfSSL_version(c->ssl) != TLS1_3_VERSION)
		return TREC_E_MALFORMED;
	if (suite != SUITE_ID_CHACHA && !(c->gate.aes_gcm && suite == SUITE_ID_AES))
		return TREC_E_MALFORMED;
	/* On 5.5.4 the server's only sign of psk_ke; the client's name is set whatever happened. */
	if (wolfSSL_get_curve_name(c->ssl) == NULL)
		return TREC_E_MALFORMED;
	if (c->alpn && !alpn_agreed(c))
		return TREC_E_MALFORMED;
	if (c->gate.psk)
		return c->peer_cert_len == 0 ? TREC_OK : TREC_E_INTERNAL;
	if (wolfSSL_session_reused(c->ssl))
		return TREC_E_MALFORMED;
	if (!c->signed_once) /* a server that asked for no certificate */
		return TREC_E_MALFORMED;
	return c->peer_cert_len > 0 ? TREC_OK : TREC_E_MALFORMED;
}
