/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what pairing, a session and its bytes take over a real connection, RFCOMM or
 * TCP, from one process to another. RFCOMM wants two adapters and root.
 *
 *	radio pin|code|session COUNT LISTEN [SUFFIX [frames]]
 *	radio stream COUNT LISTEN SUFFIX KIB [frames]
 *	radio hold                       keeps the link of hci0 and hci1 up, see radio.h
 *
 * LISTEN is an address to listen on (rfcomm:?adapter=hci1, tcp://127.0.0.1:0); SUFFIX goes behind
 * the address that came of it before it is dialled (?adapter=hci0). Each run is a line:
 *
 *	pin NS SCRYPT-NS BYTES SENDS     from dialling until the initiator is finished
 *	session NS 0 BYTES SENDS         from dialling until data may flow
 *	plain NS CONNECT-NS              KIB there and back by sockets alone
 *	stream NS 0 BYTES SENDS          the same through a session
 *	frames FROM DATA BYTES SIZE OF-THAT-SIZE CREDITS CONTROL ACL   of the run before
 */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <trec/blocking.h>

#include "bench/duo.h"
#include "bench/radio.h"

#define WAIT_MS 60000
#define END_MS 5000
#define WRITE 65536

/* Of this process, since the last reset. */
static uint64_t stretching_ns, bytes, sends;

struct radio {
	struct duo *d;
	struct trec_listener *listener;
	struct radio_plain *plain;
	struct radio_frames *frames;
	char uri[TREC_URI_MAX + 1]; /* where to dial */
	int channel;                /* to the other process */
	size_t n;                   /* bytes each way */
	uint8_t data[WRITE];
};

uint64_t radio_now_ns(void)
{
	struct timespec t;

	duo_must(clock_gettime(CLOCK_MONOTONIC, &t) == 0, "a clock");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

trec_err __real_crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *costs,
			      struct trec_bytes secret, struct trec_bytes salt, uint8_t *out,
			      size_t n);
trec_err __wrap_crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *costs,
			      struct trec_bytes secret, struct trec_bytes salt, uint8_t *out,
			      size_t n);
trec_err __real_trec_link_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved);
trec_err __wrap_trec_link_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved);
trec_err __real_trec_link_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n);
trec_err __wrap_trec_link_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n);

trec_err __wrap_crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *costs,
			      struct trec_bytes secret, struct trec_bytes salt, uint8_t *out,
			      size_t n)
{
	uint64_t from = radio_now_ns();
	trec_err err = __real_crypto_scrypt(env, costs, secret, salt, out, n);

	stretching_ns += radio_now_ns() - from;
	return err;
}

trec_err __wrap_trec_link_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved)
{
	trec_err err = __real_trec_link_send(l, p, n, moved);

	if (err == TREC_OK) {
		bytes += *moved;
		sends++;
	}
	return err;
}

trec_err __wrap_trec_link_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n)
{
	trec_err err = __real_trec_link_recv(l, out, cap, n);

	if (err == TREC_OK)
		bytes += *n;
	return err;
}

static void well(trec_err err, const char *what)
{
	if (err != TREC_OK) {
		(void)fprintf(stderr, "bench: %s\n", trec_err_text(err));
		duo_die(what);
	}
}

static bool yes(void *ctx, const struct trec_consent *consent)
{
	(void)ctx;
	(void)consent;
	return true;
}

/* Two devices that know nobody; this process is one of them. */
static struct duo *devices(void)
{
	struct duo *d = duo_new(TREC_KEY_ED25519);

	d->env.scrypt_log_n_max = trec_env_default()->scrypt_log_n_max;
	return d;
}

/* ---- the process that waits -------------------------------------------------------------- */

static struct trec_wire *arrived(struct radio *r)
{
	enum trec_incoming kind;
	struct trec_link *link;
	struct trec_wire *w;

	well(trec_accept_blocking(&r->d->env, r->listener, WAIT_MS, &link), "a connection");
	well(trec_wire_new(&r->d->env, &link, &w), "a wire");
	well(trec_incoming_blocking(w, WAIT_MS, &kind), "its first byte");
	return w;
}

static void serve_pairing(struct radio *r)
{
	struct duo_side *me = &r->d->side[1];
	struct trec_pairing_options o = { .env = &r->d->env, .store = &me->store->store,
					  .window = me->window };
	struct trec_wire *w = arrived(r);
	struct trec_pairing *p;

	well(trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &p), "a responder");
	well(trec_pair_blocking(w, p, yes, NULL), "a pairing, seen by the responder");
	trec_pairing_free(&p);
	trec_wire_free(&w);
}

static void through(struct radio *r, struct trec_wire *w, struct trec_session *s, bool out)
{
	for (size_t left = r->n, n; left > 0; left -= n) {
		n = left < WRITE ? left : WRITE;
		well(out ? trec_session_write_blocking(w, s, r->data, n)
			 : trec_session_read_blocking(w, s, r->data, n, &n),
		     out ? "a write" : "a read");
		duo_must(n > 0, "a stream that goes on");
	}
}

/* A session of which only the set-up is wanted asks for no service. */
static void serve_session(struct radio *r)
{
	struct trec_session_options o = { .env = &r->d->env,
					  .store = &r->d->side[1].store->store };
	struct trec_wire *w = arrived(r);
	struct trec_session *s;
	struct trec_session_event ev;

	well(trec_session_new(TREC_SESSION_SERVER, &o, &s), "a server's session");
	while (trec_session_wait_blocking(w, s, &ev) == TREC_OK) {
		if (ev.kind != TREC_SESSION_OPEN)
			continue;
		well(trec_session_accept(s), "a service");
		through(r, w, s, false);
		through(r, w, s, true);
	}
	trec_session_free(&s);
	trec_wire_free(&w);
}

/* One word a run: `P`IN or `C`ode, `S`ession, plain (`R`). */
static _Noreturn void serve(struct radio *r)
{
	char word, secret[TREC_CODE_TEXT_MAX + 1];

	r->d = devices();
	while (read(r->channel, &word, 1) == 1) {
		memset(secret, 0, sizeof(secret));
		if (word == 'P' || word == 'C') {
			duo_forget(r->d);
			duo_window(r->d, word == 'P' ? TREC_METHOD_PIN : TREC_METHOD_CODE, secret);
		}
		duo_must(write(r->channel, secret, sizeof(secret)) == sizeof(secret), "an answer");
		if (word == 'P' || word == 'C')
			serve_pairing(r);
		else if (word == 'S')
			serve_session(r);
		else
			radio_plain_serve(r->plain, r->n);
	}
	exit(0);
}

/* ---- the process that measures ----------------------------------------------------------- */

static void ask(struct radio *r, char word, char secret[TREC_CODE_TEXT_MAX + 1])
{
	duo_must(write(r->channel, &word, 1) == 1 &&
			 recv(r->channel, secret, TREC_CODE_TEXT_MAX + 1, MSG_WAITALL) ==
				 TREC_CODE_TEXT_MAX + 1,
		 "the other process");
	stretching_ns = bytes = sends = 0;
	if (r->frames != NULL) {
		struct radio_side before[2];

		radio_frames_take(r->frames, before);
	}
}

static struct trec_wire *dialled(struct radio *r)
{
	struct trec_link *link;
	struct trec_wire *w;

	well(trec_link_connect(&r->d->env, r->uri, &link), "dialling");
	well(trec_wire_new(&r->d->env, &link, &w), "a wire");
	return w;
}

static void tell(const char *what, uint64_t from)
{
	(void)printf("%s %llu %llu %llu %llu\n", what,
		     (unsigned long long)(radio_now_ns() - from), (unsigned long long)stretching_ns,
		     (unsigned long long)bytes, (unsigned long long)sends);
}

/* The size most frames have, of those that carry much. */
static size_t usual_size(const struct radio_side *s)
{
	size_t best = 0;

	for (size_t i = 1; i < RADIO_SIZES; i++)
		if (s->sizes[i] > s->sizes[best] || (s->sizes[i] == s->sizes[best] && i > best))
			best = i;
	return best;
}

/* want: bytes of both sides by what was sent and received; 0: not known. */
static void tell_frames(struct radio *r, uint64_t want)
{
	struct radio_side side[2];

	if (r->frames == NULL)
		return;
	radio_frames_take(r->frames, side);
	for (int i = 0; i < 2; i++) {
		const struct radio_side *s = &side[i];
		size_t full = usual_size(s);

		(void)printf("frames hci%d %u %llu %zu %u %u %u %u\n", i, s->data,
			     (unsigned long long)s->bytes, full, s->sizes[full], s->credits,
			     s->control, s->acl);
	}
	duo_must(want == 0 || side[0].bytes + side[1].bytes >= want,
		 "every byte was in a frame that was seen");
}

static void pair(struct radio *r, bool pin, bool measured)
{
	struct duo_side *me = &r->d->side[0];
	char secret[TREC_CODE_TEXT_MAX + 1];
	struct trec_pairing_options o = { .env = &r->d->env, .secret = secret };
	struct trec_pairing *p;

	duo_forget(r->d);
	o.store = &me->store->store;
	ask(r, pin ? 'P' : 'C', secret);
	well(trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &p), "an initiator");
	uint64_t from = radio_now_ns();
	struct trec_wire *w = dialled(r);

	well(trec_pair_blocking(w, p, yes, NULL), "a pairing");
	if (measured)
		tell(pin ? "pin" : "code", from);
	trec_pairing_free(&p);
	trec_wire_free(&w);
	if (measured)
		tell_frames(r, bytes);
}

/* Up, and with a service if n > 0. */
static void session(struct radio *r, bool stream)
{
	struct trec_session_options o = { .env = &r->d->env,
					  .store = &r->d->side[0].store->store,
					  .peer = &r->d->side[1].own.id };
	struct trec_session_event ev;
	char none[TREC_CODE_TEXT_MAX + 1];
	struct trec_session *s;

	ask(r, 'S', none);
	well(trec_session_new(TREC_SESSION_CLIENT, &o, &s), "a client's session");
	uint64_t from = radio_now_ns();
	struct trec_wire *w = dialled(r);

	do
		well(trec_session_wait_blocking(w, s, &ev), "a session comes up");
	while (ev.kind != TREC_SESSION_UP);
	if (stream) {
		well(trec_session_open(s, "echo"), "a service");
		do
			well(trec_session_wait_blocking(w, s, &ev), "a service opens");
		while (ev.kind != TREC_SESSION_OPENED);
		bytes = sends = 0;
		from = radio_now_ns();
		through(r, w, s, true);
		through(r, w, s, false);
	}
	tell(stream ? "stream" : "session", from);
	duo_must(trec_session_end_blocking(w, s, END_MS) != TREC_E_TIMEOUT, "a session ends");
	trec_session_free(&s);
	trec_wire_free(&w);
	tell_frames(r, bytes);
}

static void plain(struct radio *r)
{
	char none[TREC_CODE_TEXT_MAX + 1];
	struct radio_plain_times t;

	ask(r, 'R', none);
	radio_plain_run(r->plain, r->n, &t);
	(void)printf("plain %llu %llu\n", (unsigned long long)t.echo_ns,
		     (unsigned long long)t.connect_ns);
	tell_frames(r, 2 * r->n);
}

static void measure(struct radio *r, const char *what, unsigned count)
{
	bool stream = strcmp(what, "stream") == 0;

	if (strcmp(what, "pin") != 0 && strcmp(what, "code") != 0)
		pair(r, false, false);
	for (unsigned i = 0; i < count; i++) {
		if (stream) {
			plain(r);
			session(r, true);
		} else if (strcmp(what, "session") == 0) {
			session(r, false);
		} else {
			pair(r, strcmp(what, "pin") == 0, true);
		}
		(void)fflush(stdout);
	}
}

/* Two processes; this one goes on as the one that measures. */
static void split(struct radio *r)
{
	pid_t parent = getpid();
	int ends[2];

	duo_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a channel");
	pid_t child = fork();

	duo_must(child >= 0, "a second process");
	r->channel = ends[child != 0];
	(void)close(ends[child == 0]);
	if (child != 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		exit(1);
	serve(r);
}

static void where(struct radio *r, const char *listen, const char *suffix)
{
	char uri[TREC_URI_MAX + 1];

	well(trec_listen(trec_env_default(), listen, &r->listener), listen);
	trec_listener_uri(r->listener, uri);
	duo_must((size_t)snprintf(r->uri, sizeof(r->uri), "%s%s", uri, suffix) < sizeof(r->uri),
		 "an address");
	r->plain = radio_plain_listen(uri, 0);
}

int main(int argc, char **argv)
{
	static struct radio r;
	bool stream = argc > 1 && strcmp(argv[1], "stream") == 0;

	if (argc == 2 && strcmp(argv[1], "hold") == 0)
		radio_hold(0, 1);
	if (argc < (stream ? 6 : 4)) {
		(void)fprintf(stderr, "usage: radio pin|code|session|stream COUNT LISTEN SUFFIX "
				      "[KIB] [frames]\n");
		return 2;
	}
	r.n = stream ? strtoul(argv[5], NULL, 10) * 1024 : 0;
	where(&r, argv[3], argc > 4 ? argv[4] : "");
	split(&r);
	r.d = devices();
	if (strcmp(argv[argc - 1], "frames") == 0)
		r.frames = radio_frames_open();
	measure(&r, argv[1], (unsigned)strtoul(argv[2], NULL, 10));
	radio_frames_close(&r.frames);
	return 0;
}
