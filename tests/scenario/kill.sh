#!/usr/bin/env bash
# kill -9 of either side at every message of a pairing. Somebody on the wire holds the messages
# back from the n-th change of direction on; then one side is killed. Whatever is left, nobody is
# trusted by a device that it does not trust, and the next contact heals.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
CLAIM_SECONDS=240
scenario "killed midway"

two() {
	device alice
	device bob
	serve bob
}

# How often the direction changes in a whole pairing, given a trace of it.
flights() {
	awk '$1 != last { n++; last = $1 } END { print n }' "$here/trace"
}

# held METHOD FLIGHT: alice pairs through a proxy that holds everything from FLIGHT on.
held() {
	open_window "$1"
	tap bob --hold-flight "$2"
	as alice pair "$tap_uri" "--$1-file" "$here/$1"
	"${as[@]}" >pair.out 2>pair.err &
	started pair $!
	until_true 15 "flight $2 is held back" tap_says held
	sleep 0.2 # what passed is worked on
}

each_flight() { # METHOD VICTIM
	local n last
	two
	tap bob --trace "$here/trace"
	open_window "$1"
	ok alice pair "$tap_uri" "--$1-file" "$here/$1"
	crash tap
	last=$(flights)
	holds "a pairing has several flights ($last)" test "$last" -ge 5
	ok alice ping bob "$(uri bob)" # an address that is not the tap's
	ok alice unpair bob
	until_true 5 "bob drops alice" is_state absent bob alice
	for ((n = 1; n <= last; n++)); do
		if [ "$n" = "$last" ]; then
			break # nothing is left to hold back
		fi
		held "$1" "$n"
		crash "$2"
		crash tap
		if [ "$2" = bob ]; then
			timeout 20 tail --pid="$(cat pair.pid)" -f /dev/null || fail "alice waits for ever"
			serve bob
		fi
		sound_and_heals "$2 killed when flight $n of $last was held back" "$1"
	done
}

c611_the_initiator_killed_at_every_message_of_a_pin_pairing() {
	each_flight pin pair
}
c611_the_responder_killed_at_every_message_of_a_pin_pairing() {
	each_flight pin bob
}
c611_the_initiator_killed_at_every_message_of_a_code_pairing() {
	each_flight code pair
}
c611_the_responder_killed_at_every_message_of_a_code_pairing() {
	each_flight code bob
}

claim c611_the_initiator_killed_at_every_message_of_a_pin_pairing
claim c611_the_responder_killed_at_every_message_of_a_pin_pairing
claim c611_the_initiator_killed_at_every_message_of_a_code_pairing
claim c611_the_responder_killed_at_every_message_of_a_code_pairing
scenario_end
