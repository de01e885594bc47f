/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See find.h. One question at a time: connect, ask, and ask on while the answer goes on. */
#include "config.h"

#include <bluetooth/bluetooth.h>
#include <bluetooth/l2cap.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/find.h"
#include "transports/rfcomm.h"

enum phase { CONNECTING, ASKING, HEARING, OVER };

struct tp_find {
	const struct trec_env *env;
	char device[TREC_URI_MAX + 1]; /* for the log */
	int fd;
	enum phase phase;
	trec_err result;
	uint64_t end_ms; /* of this phase */
	struct tp_sdp sdp;
	size_t n;
	struct tp_sdp_found found[TP_SDP_FOUND_MAX];
};

static uint64_t now(const struct tp_find *f)
{
	return f->env->now_ms(f->env->ctx);
}

static struct sockaddr_l2 address(const uint8_t *bd, uint16_t psm)
{
	struct sockaddr_l2 a = { .l2_family = AF_BLUETOOTH, .l2_psm = htobs(psm) };

	if (bd != NULL)
		tp_rfcomm_swap(bd, a.l2_bdaddr.b);
	return a;
}

static trec_err over(struct tp_find *f, trec_err result)
{
	f->phase = OVER;
	f->result = result;
	return result;
}

static trec_err failed(struct tp_find *f, int error)
{
	char reason[BASE_ERRNO_TEXT];

	base_log(f->env, TREC_LEVEL_INFO, "asking %s for its services: %s", f->device,
		 base_errno_text(error, reason));
	/* It is there, but nobody answers for its services. */
	if (error == ECONNREFUSED)
		return over(f, TREC_E_NO_SERVICE);
	return over(f, tp_rfcomm_reason(NULL, error));
}

trec_err tp_find_start(const struct trec_env *env, const uint8_t *from,
		       const uint8_t device[TP_BD_LEN], struct tp_find **out)
{
	struct sockaddr_l2 here = address(from, 0), there = address(device, TP_SDP_PSM);
	struct tp_uri u = { 0 };

	*out = NULL;
	struct tp_find *f = base_alloc(env, sizeof(*f));

	if (f == NULL)
		return TREC_E_NO_MEMORY;
	memcpy(u.bd, device, TP_BD_LEN);
	tp_uri_print_rfcomm(&u, f->device);
	f->env = env;
	f->end_ms = now(f) + TP_FIND_CONNECT_MS;
	tp_sdp_begin(&f->sdp, 1);
	f->fd = socket(AF_BLUETOOTH, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       BTPROTO_L2CAP);
	if (f->fd >= 0)
		tp_rfcomm_prepare(f->fd);
	if (f->fd >= 0 && bind(f->fd, (const struct sockaddr *)&here, sizeof(here)) == 0 &&
	    (connect(f->fd, (const struct sockaddr *)&there, sizeof(there)) == 0 ||
	     errno == EINPROGRESS || errno == EINTR)) {
		*out = f;
		return TREC_OK;
	}
	trec_err err = failed(f, errno);

	tp_find_free(&f);
	return err;
}

static trec_err connected(struct tp_find *f)
{
	struct pollfd p = { .fd = f->fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&p, 1, 0) <= 0)
		return TREC_E_AGAIN;
	if (getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0)
		return failed(f, error);
	f->phase = ASKING;
	return TREC_OK;
}

static trec_err ask(struct tp_find *f)
{
	uint8_t request[TP_SDP_REQUEST_MAX];
	size_t n = tp_sdp_request(&f->sdp, request);

	if (send(f->fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
		return errno == EAGAIN || errno == EINTR ? TREC_E_AGAIN : failed(f, errno);
	f->phase = HEARING;
	f->end_ms = now(f) + TP_FIND_ANSWER_MS;
	return TREC_OK;
}

static trec_err hear(struct tp_find *f)
{
	uint8_t pdu[TP_SDP_PDU_MAX + 1];
	ssize_t n = recv(f->fd, pdu, sizeof(pdu), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return TREC_E_AGAIN;
	if (n <= 0)
		return failed(f, n < 0 ? errno : ECONNRESET);
	trec_err err = tp_sdp_take(&f->sdp, trec_bytes(pdu, (size_t)n));

	if (err == TREC_OK)
		err = tp_sdp_found(&f->sdp, f->found, &f->n);
	if (err == TREC_OK)
		return over(f, TREC_OK);
	if (err == TREC_E_AGAIN) {
		f->phase = ASKING;
		return TREC_OK;
	}
	base_log(f->env, TREC_LEVEL_INFO, "asking %s for its services: the answer: %s", f->device,
		 trec_err_text(err));
	return over(f, TREC_E_UNREACHABLE);
}

trec_err tp_find_step(struct tp_find *f)
{
	trec_err err = TREC_OK;

	/* As many turns as one device may have, each of which needs a new answer. */
	for (int i = 0; i < 2 * TP_SDP_ROUNDS + 2 && err == TREC_OK && f->phase != OVER; i++)
		err = f->phase == CONNECTING ? connected(f) : f->phase == ASKING ? ask(f) : hear(f);
	if (f->phase == OVER)
		return f->result;
	if (now(f) >= f->end_ms)
		return failed(f, ETIMEDOUT);
	return TREC_E_AGAIN;
}

void tp_find_poll(const struct tp_find *f, struct trec_poll *out)
{
	out->fd = f->fd;
	out->readable = f->phase == HEARING;
	out->writable = f->phase == CONNECTING || f->phase == ASKING;
	out->next_ms = f->phase == OVER ? 0 : f->end_ms;
}

size_t tp_find_records(const struct tp_find *f, const struct tp_sdp_found **out)
{
	*out = f->found;
	return f->n;
}

void tp_find_free(struct tp_find **f)
{
	if (*f == NULL)
		return;
	if ((*f)->fd >= 0)
		close((*f)->fd);
	base_free((*f)->env, *f, sizeof(**f));
	*f = NULL;
}
