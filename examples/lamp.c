/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device that lets one other pair by PIN and then prints what it is told: lamp STORE. It shows
 * the blocking helpers on the side that waits; a real device serves many at a time on an event
 * loop, as tools/trec does.
 */
#include <stdio.h>
#include <trec/trec.h>

#define WAIT_MS 60000

static trec_err open_window(const struct trec_env *env, struct trec_store *store,
			    struct trec_window *window)
{
	struct trec_opening_options how = { .env = env, .store = store, .method = TREC_METHOD_PIN };
	struct trec_opening *opening = NULL;
	trec_err err = trec_opening_new(&how, &opening);

	if (!err)
		err = trec_opening_perform(opening);
	if (!err)
		printf("pin %s\n", trec_opening_secret(opening));
	if (!err)
		err = trec_window_open(window, &opening);
	trec_opening_free(&opening);
	return err;
}

static trec_err be_paired(const struct trec_env *env, struct trec_store *store,
			  struct trec_window *window, struct trec_wire *wire)
{
	struct trec_pairing_options how = { .env = env, .store = store, .window = window };
	struct trec_pairing *pairing = NULL;
	trec_err err = trec_pairing_new(TREC_PAIRING_RESPONDER, &how, &pairing);

	if (!err)
		err = trec_pair_blocking(wire, pairing, NULL, NULL);
	trec_pairing_free(&pairing);
	return err;
}

static trec_err listen_to(struct trec_wire *wire, struct trec_session *session)
{
	struct trec_session_event event;
	uint8_t text[256];
	size_t n = 0;
	trec_err err = TREC_OK;

	do
		err = trec_session_wait_blocking(wire, session, &event);
	while (!err && event.kind != TREC_SESSION_OPEN);
	if (!err)
		err = trec_session_accept(session);
	while (!err && !(err = trec_session_read_blocking(wire, session, text, sizeof(text), &n)) &&
	       n > 0)
		printf("%s said: %.*s", trec_session_peer(session)->name, (int)n, (char *)text);
	return err ? err : trec_session_end_blocking(wire, session, 5000);
}

static trec_err be_told(const struct trec_env *env, struct trec_store *store,
			struct trec_wire *wire)
{
	struct trec_session_options how = { .env = env, .store = store };
	struct trec_session *session = NULL;
	trec_err err = trec_session_new(TREC_SESSION_SERVER, &how, &session);

	if (!err)
		err = listen_to(wire, session);
	trec_session_free(&session);
	return err;
}

/* One connection, whatever it is. */
static trec_err serve_one(const struct trec_env *env, struct trec_store *store,
			  struct trec_window *window, struct trec_listener *listener)
{
	enum trec_incoming kind = TREC_INCOMING_UNKNOWN;
	struct trec_link *link = NULL;
	struct trec_wire *wire = NULL;
	trec_err err = trec_accept_blocking(env, listener, WAIT_MS, &link);

	if (!err && !(err = trec_wire_new(env, &link, &wire)))
		err = trec_incoming_blocking(wire, WAIT_MS, &kind);
	if (!err && kind == TREC_INCOMING_PAIRING)
		err = be_paired(env, store, window, wire);
	else if (!err && kind == TREC_INCOMING_SESSION)
		err = be_told(env, store, wire);
	trec_wire_free(&wire);
	return err;
}

static trec_err run(const struct trec_env *env, struct trec_store *store)
{
	struct trec_listener *listener = NULL;
	struct trec_window *window = NULL;
	char uri[TREC_URI_MAX + 1];
	trec_err err = trec_window_new(env, store, &window);

	if (!err && !(err = trec_listen(env, "tcp://127.0.0.1:0", &listener))) {
		trec_listener_uri(listener, uri);
		printf("uri %s\n", uri);
		err = open_window(env, store, window);
	}
	for (int i = 0; i < 2 && !err; i++)
		err = serve_one(env, store, window, listener);
	trec_listener_free(&listener);
	trec_window_free(&window);
	return err;
}

int main(int argc, char **argv)
{
	const struct trec_env *env = trec_env_default();
	struct trec_keystore_options where = { .dir = argc > 1 ? argv[1] : "" };
	struct trec_keystore *keys = NULL;

	if (argc != 2) {
		fprintf(stderr, "usage: lamp STORE\n");
		return TREC_CLASS_USAGE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	trec_err err = trec_keystore_create(env, &where, "lamp", TREC_KEY_ED25519, &keys);

	if (!err)
		err = run(env, trec_keystore_store(keys));
	trec_keystore_close(&keys);
	fprintf(stderr, "lamp: %s\n", trec_err_text(err));
	return (int)trec_err_class(err);
}
