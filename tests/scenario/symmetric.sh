#!/usr/bin/env bash
# Peers without certificates: both users ask for it or nothing comes of it; such peers talk, change
# their key, part, and are never introduced.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "symmetric"

# one_of A: the one peer on the list of A, its id.
one_of() {
	trec "$1" list | jq -r .id
}
# key_of A: what it is known by.
key_of() {
	trec "$1" list | jq -r .key
}
lists_nobody() {
	[ "$(listed "$1")" = 0 ]
}
both_share() {
	device alice
	device bob
	serve alice
	serve bob
	open_pin bob --symmetric
	ok alice pair "$(uri bob)" --pin-file pin --symmetric
}

c611_both_ask_and_share_a_key() {
	both_share
	is symmetric "$(key_of alice)" "what alice knows bob by"
	until_true 5 "alice is not active on bob" holds_active bob
	is symmetric "$(key_of bob)" "what bob knows alice by"
	# neither is listed under the id of its certificate
	holds "bob has another id here" test "$(one_of alice)" != "$(id bob)"
	holds "alice has another id here" test "$(one_of bob)" != "$(id alice)"
	fails 1 unsupported alice cert bob
}
holds_active() {
	[ "$(trec "$1" list | jq -r .state)" = active ]
}

c611_a_code_does_it_too() {
	device alice
	device bob
	serve bob
	open_code bob --symmetric
	ok alice pair "$(uri bob)" --code-file code --symmetric
	is symmetric "$(key_of alice)" "what alice knows bob by"
	ok alice ping bob
}

only_one_asks_and_no_attempt_is_lost() {
	device alice
	device bob
	serve bob
	open_pin bob --symmetric
	fails 1 refused alice pair "$(uri bob)" --pin-file pin
	holds "it says why" grep -q symmetric err
	open_pin bob
	fails 1 refused alice pair "$(uri bob)" --pin-file pin --symmetric
	holds "it says why" grep -q certificates err
	is 0 "$(listed alice)" "peers of alice"
	is 0 "$(listed bob)" "peers of bob"
	is 3 "$(trec bob info | jq .window.attempts_left)" "attempts left"
	ok alice pair "$(uri bob)" --pin-file pin
	is certificate "$(key_of alice)" "what alice knows bob by"
}

c631_h_either_dials_and_a_service_answers() {
	both_share
	ok alice ping bob "$(uri bob)"
	ok bob ping alice "$(uri alice)"
	is hello "$(printf hello | trec alice connect bob "$(uri bob)")" "what came back"
	stop bob
	serve bob
	ok alice ping bob "$(uri bob)"
}

a_new_key_is_used_at_once() {
	both_share
	ok alice rekey bob "$(uri bob)"
	is "rekeyed true" "$(field '.event + " " + (.settled | tostring)')" "what came of it"
	until_true 5 "bob tells" event bob '.event == "rekeyed"'
	ok bob ping alice "$(uri alice)"
	stop bob
	serve bob
	ok bob rekey alice "$(uri alice)"
	ok alice ping bob "$(uri bob)"
}

a_new_key_needs_a_shared_one() {
	device alice
	device bob
	serve bob
	paired alice bob
	fails 1 unsupported alice rekey bob "$(uri bob)"
}

the_own_key_may_change_meanwhile() {
	both_share
	ok alice rotate --yes
	is "0 0" "$(field '(.peers | tostring) + " " + (.untold | tostring)')" "who has to hear of it"
	ok alice ping bob "$(uri bob)"
	ok bob ping alice "$(uri alice)"
}

c613_parting_is_told_and_the_key_is_gone() {
	both_share
	ok alice unpair bob
	is true "$(field .told)" "bob was told"
	until_true 5 "bob drops alice" lists_nobody bob
	fails 1 no-peer alice ping bob "$(uri bob)"
}

c613_parting_from_one_that_is_off_holds() {
	both_share
	stop bob
	ok alice unpair bob
	is false "$(field .told)" "bob was told"
	serve bob
	fails 1 refused bob ping alice "$(uri alice)"
	is active "$(trec bob list | jq -r .state)" "an alert that anybody can send changes nothing"
	is 0 "$(listed alice)" "peers of alice"
}

c632_b_nobody_introduces_such_a_peer() {
	both_share
	device carol
	serve carol
	open_pin carol
	ok alice pair "$(uri carol)" --pin-file pin
	ok carol allow alice introduce
	fails 1 unsupported alice allow bob introduce
	holds "the hint says what to do" grep -q -- --symmetric err
	fails 1 refused alice introduce bob carol
	holds "it says why" grep -q symmetric out err
	is 1 "$(listed carol)" "peers of carol"
}

claim c611_both_ask_and_share_a_key
claim c611_a_code_does_it_too
claim only_one_asks_and_no_attempt_is_lost
claim c631_h_either_dials_and_a_service_answers
claim a_new_key_is_used_at_once
claim a_new_key_needs_a_shared_one
claim the_own_key_may_change_meanwhile
claim c613_parting_is_told_and_the_key_is_gone
claim c613_parting_from_one_that_is_off_holds
claim c632_b_nobody_introduces_such_a_peer
scenario_end
