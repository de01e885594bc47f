#!/usr/bin/env bash
# Sessions of devices that trust each other: services, both directions, and what a wire shows.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "sessions"

# "both" has no daemon; bob serves.
two() { # SERVE-OPTION...
	device alice
	device bob
	serve bob "$@"
	paired alice bob
}

c631_h_data_goes_both_ways_and_drains() {
	two --service "default=tr a-z A-Z"
	asserted
	echo hello | trec alice connect bob "$(uri bob)" >got 2>err || fail "connect: $(cat err)"
	is HELLO "$(cat got)" "answer of the service"
	until_true 5 "bob's daemon tells of the session" event bob '.event == "session"'
}

c631_h_a_mebibyte_comes_back_unchanged() {
	two --service default=cat
	head -c 1048576 /dev/urandom >sent
	asserted
	trec alice connect bob "$(uri bob)" <sent >got 2>err || fail "connect: $(cat err)"
	holds "what came back is what was sent" cmp sent got
}

c631_h_the_payload_is_ciphertext_on_the_wire() {
	two --service default=cat
	tap bob --log "$here/wire"
	secret=the-quick-brown-fox-jumps-over-the-lazy-dog
	asserted
	echo "$secret" | trec alice connect bob "$tap_uri" >got 2>err || fail "connect: $(cat err)"
	is "$secret" "$(cat got)"
	holds "something passed" test -s wire.c2s
	asserted
	! grep -qaF "$secret" wire.c2s wire.s2c || fail "the payload passed in the clear"
	for who in alice bob; do
		asserted
		! grep -qaF "$who" wire.c2s wire.s2c || fail "the name of $who passed in the clear"
	done
}

c631_h_an_altered_byte_ends_the_session() {
	two --service default=cat
	for spot in c2s:100 c2s:640 s2c:60 s2c:600 s2c:900; do
		tap bob --flip "$spot:0x10"
		got=0
		echo hello | trec alice connect bob "$tap_uri" >got 2>err || got=$?
		if tap_says flipped; then
			holds "a session with byte $spot altered fails" test "$got" != 0
		fi
		crash tap
	done
	is active "$(state alice bob)"
	is active "$(state bob alice)"
}

ping_tells_times() {
	two
	ok alice ping bob "$(uri bob)"
	is pong "$(field .event)"
	is "$(id bob)" "$(field .peer)"
	holds "times are numbers" jq -e '.setup_ms > 0 and .rtt_ms > 0' out
}

a_service_knows_its_peer() {
	# shellcheck disable=SC2016 # the service's shell expands them
	two --service 'who=printf "%s %s %s" "$TREC_PEER_ID" "$TREC_PEER_NAME" "$TREC_PEER_ORIGIN"'
	asserted
	trec alice connect bob "$(uri bob)" --service who </dev/null >got 2>err || fail "connect: $(cat err)"
	is "$(id alice) alice pin" "$(cat got)"
}

a_service_that_is_not_there_fails() {
	two --service one=cat --service two=cat
	fails 1 service-failed alice connect bob "$(uri bob)" --service three
}

c631_g_a_right_that_was_taken_away_is_gone() {
	two --service one=cat
	ok bob deny alice 'service:*'
	fails 1 service-failed alice connect bob "$(uri bob)" --service one
	ok bob allow alice service:one
	asserted
	echo x | trec alice connect bob "$(uri bob)" --service one >got 2>err || fail "connect: $(cat err)"
	is x "$(cat got)"
}

a_peer_is_known_by_name_id_and_prefix() {
	two
	for name in bob "$(id bob)" "$(id bob | cut -c 1-8)" "$(id bob | tr '[:upper:]' '[:lower:]')"; do
		ok alice ping "$name" "$(uri bob)"
	done
	fails 1 no-peer alice ping nobody "$(uri bob)"
	ok alice rename bob robert
	ok alice ping robert "$(uri bob)"
	fails 1 no-peer alice ping bob "$(uri bob)"
}

both_directions_work_when_both_serve() {
	two
	serve alice
	ok alice ping bob "$(uri bob)"
	ok bob ping alice "$(uri alice)"
}

c631_h_a_right_that_has_ended_opens_nothing() {
	two
	ok bob allow alice 'service:*' --until 2001-01-01
	fails 1 service-failed alice connect bob "$(uri bob)"
}

claim c631_h_data_goes_both_ways_and_drains
claim c631_h_a_mebibyte_comes_back_unchanged
claim c631_h_the_payload_is_ciphertext_on_the_wire
claim c631_h_an_altered_byte_ends_the_session
claim ping_tells_times
claim a_service_knows_its_peer
claim a_service_that_is_not_there_fails
claim c631_g_a_right_that_was_taken_away_is_gone
claim a_peer_is_known_by_name_id_and_prefix
claim both_directions_work_when_both_serve
claim c631_h_a_right_that_has_ended_opens_nothing
scenario_end
