#!/usr/bin/env bash
# One trust over two transports: paired over one, used and dissolved over the other, with one daemon
# that listens on both. CROSS names the two: "tcp unix" where nothing is said, "rfcomm tcp" where there
# are Bluetooth adapters to be had.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
. "${srcdir:-.}/tests/scenario/circle.sh"
CROSS=${CROSS:-tcp unix}
ONE=${CROSS% *}
OTHER=${CROSS#* }
SCENARIO_TRANSPORT=$ONE
scenario "one trust"
scenario_name="one trust over $ONE and $OTHER"

# serve_both NAME [SERVE-OPTION]...: on both; its addresses are uri_of NAME TRANSPORT.
serve_both() {
	local second
	second=$(SCENARIO_TRANSPORT=$OTHER && free_address "$1")
	serve "$1" --listen "$second" --service default=cat "${@:2}"
	jq -r 'select(.event == "ready") | .uris[]' "$here/$1.events" >"$here/$1.uris"
	holds "$1 listens twice" test "$(wc -l <"$here/$1.uris")" = 2
}
uri_of() { # NAME TRANSPORT
	grep "^$2:" "$here/$1.uris"
}
# serve_one NAME TRANSPORT: from now on only there, at the address it had.
serve_one() {
	uri_of "$1" "$2" >"$here/$1.uri"
	SCENARIO_TRANSPORT=$2
	serve_again "$1"
	SCENARIO_TRANSPORT=$ONE
}
# echoed A B TRANSPORT: a session over it, and bytes come back.
echoed() {
	asserted
	echo "hello over $3" | trec "$1" connect "$2" "$(uri_of "$2" "$3")" >got 2>err || fail "$3: $(cat err)"
	is "hello over $3" "$(cat got)" "what came back"
}
# knows_address A B URI: it stands on A's list of B.
knows_address() {
	trec "$1" show "$2" | jq -e --arg uri "$3" '.addresses | map(sub("[?].*"; "")) | index($uri)' >/dev/null
}

# there_and_back FIRST SECOND METHOD
there_and_back() {
	device alice
	device bob
	serve_both bob
	open_window "$3"
	ok alice pair "$(uri_of bob "$1")" "--$3-file" "$3"
	is "$1" "$(field .transport)" "paired over"
	is "$(id bob)" "$(field .peer)"
	until_true 5 "alice is active on bob" is_state active bob alice
	before=$(trec bob show alice | jq -cS 'del(.last_seen, .addresses)')
	echoed alice bob "$2"
	echoed alice bob "$1"
	echoed alice bob "$2"
	is 1 "$(listed alice)" "peers of alice"
	is 1 "$(listed bob)" "peers of bob"
	is "$before" "$(trec bob show alice | jq -cS 'del(.last_seen, .addresses)')" "alice's entry on bob"
	holds "she knows where he is over $1" knows_address alice bob "$(uri_of bob "$1")"
	holds "she knows where he is over $2" knows_address alice bob "$(uri_of bob "$2")"
}
c622_paired_over_the_first_and_met_over_the_second_and_back() {
	there_and_back "$ONE" "$OTHER" pin
}
c622_paired_over_the_second_and_met_over_the_first_and_back() {
	there_and_back "$OTHER" "$ONE" code
}

# Without an address: whichever of those she knows is there is taken.
a_peer_is_met_by_whichever_address_is_left() {
	there_and_back "$ONE" "$OTHER" pin
	ok alice ping bob
	stop bob
	serve_one bob "$OTHER"
	ok alice ping bob
	stop bob
	serve_one bob "$ONE"
	ok alice ping bob
	stop bob
	fails 6 unreachable alice ping bob
}

c613_what_was_paired_over_one_is_dissolved_over_the_other() {
	there_and_back "$ONE" "$OTHER" pin
	stop bob
	serve_one bob "$OTHER"
	ok alice unpair bob
	is true "$(field .told)" "bob was told"
	until_true 5 "bob drops alice" is_state absent bob alice
	fails 1 no-peer alice ping bob "$(uri_of bob "$OTHER")"
	stop bob
	serve_one bob "$ONE"
	is absent "$(state bob alice)" "after a restart, over $ONE"
	fails 1 no-peer alice ping bob "$(uri_of bob "$ONE")"
}

# Both at once, each on its own; what one carries is not held up by the other.
sessions_over_both_at_once_do_not_disturb_each_other() {
	there_and_back "$ONE" "$OTHER" pin
	serve alice # her commands share the store through it
	head -c 100000 /dev/urandom >sent
	mkfifo in
	trec alice connect bob "$(uri_of bob "$ONE")" <in >slow 2>slow.err &
	exec 3>in
	echo slow >&3
	until_true 10 "the first is open" test -s slow
	asserted
	trec alice connect bob "$(uri_of bob "$OTHER")" <sent >got 2>err || fail "connect: $(cat err)"
	holds "what came back is what was sent" cmp sent got
	echo on >&3
	exec 3>&-
	asserted
	wait $! || fail "the first: $(cat slow.err)"
	is "slow on" "$(paste -sd ' ' slow)" "what the first carried"
}

# Introduced over one, the two meet over the other.
c612_introduced_over_one_they_meet_over_the_other() {
	device anna
	for name in bert cleo; do
		device "$name"
		serve_both "$name" --introductions auto --introduced-rights 'service:*'
		paired anna "$name"
		ok "$name" allow anna introduce
	done
	ok anna introduce bert cleo
	knows bert cleo
	knows cleo bert
	echoed bert cleo "$OTHER"
	is active "$(state bert cleo)" "cleo on bert"
	until_true 5 "bert is active on cleo" is_state active cleo bert
	echoed cleo bert "$ONE"
}

# Over either address answers but the one whose key it is.
c631_h_another_device_at_the_second_address_is_refused() {
	device alice
	device bob
	device mallory
	serve_both bob
	serve_both mallory
	paired alice bob
	fails 3 wrong-certificate alice ping bob "$(uri_of mallory "$OTHER")"
	fails 3 wrong-certificate alice ping bob "$(uri_of mallory "$ONE")"
	echoed alice bob "$OTHER"
}

claim c622_paired_over_the_first_and_met_over_the_second_and_back
claim c622_paired_over_the_second_and_met_over_the_first_and_back
claim a_peer_is_met_by_whichever_address_is_left
claim c613_what_was_paired_over_one_is_dissolved_over_the_other
claim sessions_over_both_at_once_do_not_disturb_each_other
claim c612_introduced_over_one_they_meet_over_the_other
claim c631_h_another_device_at_the_second_address_is_refused
scenario_end
