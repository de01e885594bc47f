/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A gateway that pairs with a device by PIN and says hello to it: embed STORE URI PIN. The other
 * side is examples/lamp.c, or any `trec serve`.
 */
#include <stdio.h>
#include <trec/trec.h>

/* README: begin */
static trec_err say_hello(const struct trec_env *env, struct trec_store *store, const char *uri,
			  const char *pin)
{
	struct trec_pairing_options how = {
		.env = env, .store = store, .secret = pin, .peer = uri
	};
	struct trec_session_options who = { .env = env, .store = store, .uri = uri };
	struct trec_pairing *pairing = NULL;
	struct trec_session *session = NULL;
	struct trec_link *link = NULL;
	struct trec_wire *wire = NULL;
	trec_err err = trec_pairing_new(TREC_PAIRING_INITIATOR, &how, &pairing);

	if (!err && !(err = trec_link_connect(env, uri, &link)) &&
	    !(err = trec_wire_new(env, &link, &wire)))
		err = trec_pair_blocking(wire, pairing, NULL, NULL);
	trec_wire_free(&wire);
	if (!err && !(err = trec_session_new(TREC_SESSION_CLIENT, &who, &session)) &&
	    !(err = trec_link_connect(env, uri, &link)) && /* now on mutual trust */
	    !(err = trec_wire_new(env, &link, &wire)) &&
	    !(err = trec_session_open(session, "default")) &&
	    !(err = trec_session_write_blocking(wire, session, (const uint8_t *)"hello\n", 6)) &&
	    !(err = trec_session_finish(session)))
		err = trec_session_end_blocking(wire, session, 5000);
	trec_session_free(&session);
	trec_wire_free(&wire);
	trec_pairing_free(&pairing);
	return err;
}
/* README: end */

int main(int argc, char **argv)
{
	const struct trec_env *env = trec_env_default();
	struct trec_keystore_options where = { .dir = argc > 1 ? argv[1] : "" };
	struct trec_keystore *keys = NULL;

	if (argc != 4) {
		fprintf(stderr, "usage: embed STORE URI PIN\n");
		return TREC_CLASS_USAGE;
	}
	trec_err err = trec_keystore_open(env, &where, &keys);

	if (err == TREC_E_NO_STORE)
		err = trec_keystore_create(env, &where, "gateway", TREC_KEY_ED25519, &keys);
	if (!err)
		err = say_hello(env, trec_keystore_store(keys), argv[2], argv[3]);
	trec_keystore_close(&keys);
	fprintf(stderr, "embed: %s\n", trec_err_text(err));
	return (int)trec_err_class(err);
}
