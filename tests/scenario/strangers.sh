#!/usr/bin/env bash
# Devices that do not know each other: each is told, nothing is stored, nothing is lost.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "strangers"

# alice and bob know each other; carol knows neither. bob and carol serve.
three() {
	device alice
	device bob
	device carol
	serve bob
	serve carol
	paired alice bob
}

c5_verify_another_device_at_the_peers_address_is_refused() {
	three
	fails 3 wrong-certificate alice connect bob "$(uri carol)"
	is active "$(state alice bob)" "bob stays on the list"
	is 0 "$(listed carol)" "peers of carol"
	ok alice ping bob "$(uri bob)"
}

# Bob is set up anew at the same address: his old TREC is gone, alice is a stranger to him.
c631_h_a_device_that_was_set_up_anew_is_another_device() {
	three
	old=$(id bob)
	stop bob
	rm -rf bob
	device bob
	holds "the new id is another" test "$old" != "$(id bob)"
	serve_again bob
	fails 3 wrong-certificate alice connect "$old" "$(uri bob)"
	is 1 "$(listed alice)" "peers of alice"
	is active "$(trec alice list --all | jq -r .state)" "the entry stays"
}

# A copy of alice's list entry without the pairing: bob forgot her without a tombstone.
c631_h_a_stranger_is_told_that_it_is_not_trusted() {
	three
	stop bob
	cp -a bob bob-before
	serve bob
	paired carol bob
	stop bob
	rm -rf bob
	cp -a bob-before bob
	serve bob
	fails 3 not-trusted carol connect bob "$(uri bob)"
	is active "$(state carol bob)" "not_trusted(unknown) removes nothing"
	until_true 5 "bob's daemon tells of the refusal" event bob '.event == "refused"'
	is absent "$(state bob carol)" "carol on bob"
	ok alice ping bob "$(uri bob)"
}

c631_g_one_does_not_pair_with_oneself() {
	device alice
	serve alice
	open_code alice
	got=0
	trec alice pair "$(uri alice)" --code-file code >out 2>err || got=$?
	holds "pairing with oneself fails (exit $got)" test "$got" != 0
	is 0 "$(listed alice)" "peers of alice"
}

c631_g_pairing_again_replaces_and_does_not_double() {
	three
	paired alice bob
	is 1 "$(listed alice)" "peers of alice"
	is 1 "$(listed bob)" "peers of bob"
	ok alice ping bob "$(uri bob)"
}

claim c5_verify_another_device_at_the_peers_address_is_refused
claim c631_h_a_device_that_was_set_up_anew_is_another_device
claim c631_h_a_stranger_is_told_that_it_is_not_trusted
claim c631_g_one_does_not_pair_with_oneself
claim c631_g_pairing_again_replaces_and_does_not_double
scenario_end
