/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A channel's life and bytes (see channel.h). wolfSSL gets one record at a time and only when it
 * is whole and has passed the gate, so it never waits inside a record, and after each call we
 * know what that one record did.
 */
#include <string.h>

#include "proto/crypto/crypto.h"
#include "proto/tls/internal.h"

#define PLAIN_MAX 16384                    /* of one record */
#define RECORD_OVERHEAD 32                 /* header, content type, tag, and room to spare */
#define OUT_SLACK 4096                     /* for alerts and key updates beside data */
#define OUT_MAX (PLAIN_MAX + RECORD_OVERHEAD + OUT_SLACK)
#define SILENT_MAX 32                      /* records in a row that bring no data */
#define TICKET_MAX 65535                   /* bytes, RFC 8446 4.6.1 */
#define ALERT_HANDSHAKE_FAILURE 40
#define BINDING_LABEL "EXPORTER-Channel-Binding" /* RFC 9266 4.2 */

/* ---- wolfSSL's side of the buffers -------------------------------------------------------- */

int chan_io_recv(WOLFSSL *ssl, char *buf, int n, void *ctx)
{
	struct chan *c = ctx;

	(void)ssl;
	if (!c->record_whole || n <= 0)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	size_t moved = buffer_take(&c->in, (uint8_t *)buf, (size_t)n);

	if (c->in.n == 0) {
		c->record_whole = false;
		c->record_len = 0;
	}
	return (int)moved;
}

int chan_io_send(WOLFSSL *ssl, char *buf, int n, void *ctx)
{
	struct chan *c = ctx;

	(void)ssl;
	if (n < 0 || c->out.n + (size_t)n > OUT_MAX) {
		c->refusal = TREC_E_TOO_LARGE;
		return WOLFSSL_CBIO_ERR_GENERAL;
	}
	if (!buffer_append(c->env, &c->out, (const uint8_t *)buf, (size_t)n)) {
		c->refusal = TREC_E_NO_MEMORY;
		return WOLFSSL_CBIO_ERR_GENERAL;
	}
	return n;
}

/* ---- life -------------------------------------------------------------------------------- */

static void wipe_psk(struct chan *c)
{
	base_secret_free(c->psk, sizeof *c->psk);
	c->psk = NULL;
}

/* The allocator wipes what is freed; wolfSSL_FreeArrays would do nothing before the end of the
 * handshake, and leave the pre-shared key there. */
void chan_drop_wolfssl(struct chan *c)
{
	wolfSSL_free(c->ssl);
	wolfSSL_CTX_free(c->ctx);
	c->ssl = NULL;
	c->ctx = NULL;
}

void chan_free(struct chan **cp)
{
	struct chan *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	chan_drop_wolfssl(c);
	wipe_psk(c);
	buffer_free(c->env, &c->in);
	buffer_free(c->env, &c->out);
	base_free(c->env, c, sizeof *c);
}

/* RFC 8446 6: before wolfSSL saw a record nothing is encrypted, and it has no call for alerts. */
static void queue_plain_alert(struct chan *c)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, ALERT_HANDSHAKE_FAILURE };

	(void)buffer_append(c->env, &c->out, alert, sizeof alert);
}

/* Ends the channel; the peer gets a coarse alert unless wolfSSL has sent one. */
trec_err chan_fail(struct chan *c, trec_err err, bool seen_by_wolfssl)
{
	WOLFSSL_ALERT_HISTORY alerts;

	if (c->state == CHAN_FAILED)
		return err;
	wipe_psk(c);
	if (!seen_by_wolfssl)
		queue_plain_alert(c);
	else if (!c->closing && wolfSSL_get_alert_history(c->ssl, &alerts) == WOLFSSL_SUCCESS &&
		 alerts.last_tx.code < 0)
		(void)wolfSSL_shutdown(c->ssl);
	c->state = CHAN_FAILED;
	c->exports = false;
	c->peer_cert_len = 0;
	chan_drop_wolfssl(c);
	crypto_burn_stack();
	return err;
}

/* Whether wolfSSL has worked on a record of the peer, so that keys may be in use. */
static bool is_engaged(const struct chan *c)
{
	return c->gate.secret || c->gate.open || c->gate.retried ||
	       (c->gate.hello && c->role == CHAN_SERVER && !c->asking);
}

static bool is_signature_error(int code)
{
	switch (code) {
	case SIG_VERIFY_E:
	case VERIFY_CERT_ERROR:
	case VERIFY_SIGN_ERROR:
	case ASN_SIG_CONFIRM_E:
		return true;
	default:
		return false;
	}
}

/* What a failure of wolfSSL means to our caller. */
static trec_err meaning(struct chan *c, int code)
{
	WOLFSSL_ALERT_HISTORY alerts;

	if (c->refusal != TREC_OK)
		return c->refusal;
	if (code == MEMORY_E || code == MEMORY_ERROR)
		return TREC_E_NO_MEMORY;
	if (wolfSSL_get_alert_history(c->ssl, &alerts) == WOLFSSL_SUCCESS &&
	    alerts.last_rx.code >= 0)
		return TREC_E_REFUSED;
	if (!c->gate.psk && c->peer_cert_len > 0 && is_signature_error(code))
		return TREC_E_WRONG_CERTIFICATE;
	return TREC_E_MALFORMED;
}

trec_err chan_step(struct chan *c)
{
	int ret = c->role == CHAN_CLIENT ? wolfSSL_connect(c->ssl) : wolfSSL_accept(c->ssl);

	if (ret == WOLFSSL_SUCCESS) {
		trec_err err = chan_established(c);

		if (err != TREC_OK)
			return chan_fail(c, err, true);
		c->state = CHAN_OPEN;
		c->exports = true;
		c->gate.open = true;
		wipe_psk(c);
		return TREC_OK;
	}
	int code = wolfSSL_get_error(c->ssl, ret);

	if (code == WOLFSSL_ERROR_WANT_READ && c->refusal == TREC_OK)
		return TREC_OK;
	return chan_fail(c, meaning(c, code), true);
}

trec_err chan_start(struct chan *c, struct chan **out)
{
	trec_err err = TREC_OK;

	if (c->role == CHAN_CLIENT)
		err = chan_step(c);
	if (err != TREC_OK) {
		err = err == TREC_E_MALFORMED ? TREC_E_CRYPTO : err;
		chan_free(&c);
		return err;
	}
	*out = c;
	return TREC_OK;
}

struct chan *chan_make(const struct trec_env *env, enum chan_role role)
{
	struct chan *c = base_alloc(env, sizeof *c);

	if (c == NULL)
		return NULL;
	c->env = env;
	c->role = role;
	c->gate.role = role;
	return c;
}

trec_err chan_new_session(const struct trec_env *env, const struct chan_session *conf,
			  struct chan **out)
{
	*out = NULL;
	if (conf->cert.n == 0 || conf->cert.n > TREC_CERT_MAX || conf->signer == NULL)
		return TREC_E_USAGE;
	struct chan *c = chan_make(env, conf->role);

	if (c == NULL)
		return TREC_E_NO_MEMORY;
	c->signer = conf->signer;
	c->known = conf->known;
	c->known_ctx = conf->known_ctx;
	c->self_signature_later = conf->self_signature_later;
	c->gate.aes_gcm = conf->aes_gcm;
	c->gate.either = conf->psk_too && conf->role == CHAN_SERVER;
	c->alpn = true;
	trec_err err = chan_setup_session(c, conf);

	if (err == TREC_OK)
		return chan_start(c, out);
	chan_free(&c);
	return err;
}

/* ---- bytes of the peer ------------------------------------------------------------------- */

static trec_err no_memory_or(bool ok)
{
	return ok ? TREC_OK : TREC_E_NO_MEMORY;
}

/* Moves bytes of in until the record is whole, and shows it to the gate. */
static trec_err fill_record(struct chan *c, struct trec_bytes in, size_t *used)
{
	size_t want = c->record_len > 0 ? c->record_len : GATE_HEADER_LEN;
	size_t n = want - c->in.n;
	size_t body;

	n = in.n < n ? in.n : n;
	if (!buffer_append(c->env, &c->in, in.p, n))
		return TREC_E_NO_MEMORY;
	*used += n;
	const uint8_t *record = c->in.p + c->in.at;

	if (c->in.n == GATE_HEADER_LEN && c->record_len == 0) {
		if (!chan_gate_header(&c->gate, record, &body))
			return TREC_E_MALFORMED;
		c->record_len = GATE_HEADER_LEN + body;
		return no_memory_or(buffer_room(c->env, &c->in, body));
	}
	if (c->record_len == 0 || c->in.n < c->record_len)
		return TREC_OK;
	bool psk = c->gate.psk;

	body = c->record_len - GATE_HEADER_LEN;
	if (!chan_gate_body(&c->gate, record[0], trec_bytes(record + GATE_HEADER_LEN, body)))
		return TREC_E_MALFORMED;
	c->record_whole = true;
	if (c->gate.psk && !psk)
		chan_psk_ask(c);
	return TREC_OK;
}

trec_err chan_feed(struct chan *c, struct trec_bytes in, size_t *used)
{
	*used = 0;
	if (c->state == CHAN_FAILED)
		return TREC_E_STATE;
	while (*used < in.n && !c->record_whole) {
		bool engaged = is_engaged(c);
		size_t before = *used;
		trec_err err =
			fill_record(c, trec_bytes(in.p + *used, in.n - *used), used);

		if (err != TREC_OK)
			return chan_fail(c, err, engaged);
		if (c->state != CHAN_HANDSHAKE)
			continue;
		c->unauth += *used - before;
		if (c->record_whole && !c->asking)
			err = chan_step(c);
		if (err != TREC_OK)
			return err;
		if (c->state == CHAN_HANDSHAKE && c->unauth >= CHAN_UNAUTH_MAX)
			return chan_fail(c, TREC_E_TOO_LARGE, is_engaged(c));
	}
	return TREC_OK;
}

size_t chan_drain(struct chan *c, uint8_t *out, size_t cap)
{
	return buffer_take(&c->out, out, cap);
}

size_t chan_pending(const struct chan *c)
{
	return c->out.n;
}

/* ---- plaintext --------------------------------------------------------------------------- */

/* Tickets resume past the pin: a peer that sends one does not speak this protocol. */
static trec_err refuse_ticket(struct chan *c)
{
#ifdef HAVE_SESSION_TICKET
	uint8_t *ticket = base_alloc(c->env, TICKET_MAX);
	word32 n = TICKET_MAX;

	if (ticket == NULL)
		return TREC_E_NO_MEMORY;
	int ret = wolfSSL_get_SessionTicket(c->ssl, ticket, &n);

	base_free(c->env, ticket, TICKET_MAX);
	if (ret != WOLFSSL_SUCCESS || n > 0)
		return TREC_E_MALFORMED;
#else
	(void)c;
#endif
	return TREC_OK;
}

trec_err chan_read(struct chan *c, uint8_t *out, size_t cap, size_t *n)
{
	*n = 0;
	if (c->state == CHAN_PEER_CLOSED)
		return TREC_OK;
	if (c->state != CHAN_OPEN)
		return TREC_E_STATE;
	if (cap == 0)
		return TREC_E_AGAIN;
	bool record = c->record_whole;
	int ret = wolfSSL_read(c->ssl, out, cap < PLAIN_MAX ? (int)cap : PLAIN_MAX);

	if (ret > 0) {
		c->silent = 0;
		*n = (size_t)ret;
		return TREC_OK;
	}
	int code = wolfSSL_get_error(c->ssl, ret);

	if (code == WOLFSSL_ERROR_ZERO_RETURN) {
		c->state = CHAN_PEER_CLOSED;
		return TREC_OK;
	}
	if (code != WOLFSSL_ERROR_WANT_READ || c->refusal != TREC_OK)
		return chan_fail(c, meaning(c, code), true);
	if (!record)
		return TREC_E_AGAIN;
	trec_err err = ++c->silent > SILENT_MAX ? TREC_E_TOO_LARGE : refuse_ticket(c);

	return err == TREC_OK ? TREC_E_AGAIN : chan_fail(c, err, true);
}

size_t chan_writable(const struct chan *c)
{
	bool open = c->state == CHAN_OPEN || c->state == CHAN_PEER_CLOSED;
	size_t kept = c->out.n + RECORD_OVERHEAD + OUT_SLACK;

	if (!open || c->closing || kept >= OUT_MAX)
		return 0;
	return OUT_MAX - kept;
}

trec_err chan_write(struct chan *c, struct trec_bytes in, size_t *used)
{
	*used = 0;
	if ((c->state != CHAN_OPEN && c->state != CHAN_PEER_CLOSED) || c->closing)
		return TREC_E_STATE;
	size_t room = chan_writable(c);
	size_t n = in.n < room ? in.n : room;

	if (in.n == 0)
		return TREC_OK;
	if (n == 0)
		return TREC_E_AGAIN;
	int ret = wolfSSL_write(c->ssl, in.p, (int)n);

	if (ret <= 0)
		return chan_fail(c, meaning(c, wolfSSL_get_error(c->ssl, ret)), true);
	*used = (size_t)ret;
	return TREC_OK;
}

trec_err chan_close(struct chan *c)
{
	if (c->closing)
		return TREC_OK;
	if (c->state != CHAN_OPEN && c->state != CHAN_PEER_CLOSED)
		return TREC_E_STATE;
	c->closing = true;
	int ret = wolfSSL_shutdown(c->ssl);

	if (ret != WOLFSSL_SUCCESS && ret != WOLFSSL_SHUTDOWN_NOT_DONE)
		return chan_fail(c, meaning(c, wolfSSL_get_error(c->ssl, ret)), true);
	return TREC_OK;
}

void chan_abort(struct chan *c)
{
	(void)chan_fail(c, TREC_E_REFUSED, is_engaged(c));
}

/* ---- what the handshake gave ------------------------------------------------------------- */

trec_err chan_export(struct chan *c, const char *label, uint8_t *out, size_t n)
{
	memset(out, 0, n);
	if (!c->exports || n > CHAN_EXPORT_MAX)
		return TREC_E_STATE;
	if (wolfSSL_export_keying_material(c->ssl, out, n, label, strlen(label), NULL, 0, 0) !=
	    WOLFSSL_SUCCESS) {
		trec_wipe(out, n);
		return TREC_E_CRYPTO;
	}
	crypto_burn_stack();
	return TREC_OK;
}

trec_err chan_binding(struct chan *c, uint8_t out[CHAN_BINDING_LEN])
{
	return chan_export(c, BINDING_LABEL, out, CHAN_BINDING_LEN);
}

void chan_export_end(struct chan *c)
{
	c->exports = false;
	if (c->state == CHAN_OPEN || c->state == CHAN_PEER_CLOSED)
		wolfSSL_FreeArrays(c->ssl);
}

struct trec_bytes chan_peer_cert(const struct chan *c)
{
	bool proved = c->state == CHAN_OPEN || c->state == CHAN_PEER_CLOSED;

	return trec_bytes(c->peer_cert, proved ? c->peer_cert_len : 0);
}

const struct trec_id *chan_peer_id(const struct chan *c)
{
	return &c->peer_id;
}

enum chan_state chan_state(const struct chan *c)
{
	return c->state;
}
