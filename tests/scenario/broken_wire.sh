#!/usr/bin/env bash
# Transport faults over a real transport, through the daemon: a wire that stalls, and one of which a
# direction ends while the other goes on. Time limits end what stalls; afterwards nobody is trusted
# by a device that it does not trust, and the next contact heals. Every other fault, at every byte:
# tests/torture.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "broken wire"
LIMIT=20 # seconds: an answer is awaited for 10

# pair_over_the_tap METHOD: its exit is in $status, how long it took in $took.
pair_over_the_tap() {
	local begun=$SECONDS
	status=0
	trec alice pair "$tap_uri" "--$1-file" "$here/$1" >pair.out 2>pair.err || status=$?
	took=$((SECONDS - begun))
}
half_closed() { # METHOD SPOT...
	local method=$1 at
	needs_half_close
	device alice
	device bob
	serve bob
	for at in "${@:2}"; do
		tap bob --half-close "$at"
		open_window "$method"
		pair_over_the_tap "$method"
		holds "$at was reached" tap_says half
		holds "half closed at $at, it fails ($status)" test "$status" != 0
		holds "half closed at $at, it ends at once ($took s)" test "$took" -lt "$LIMIT"
		crash tap
		sound_and_heals "half closed at $at"
	done
}
c611_half_closed_anywhere_a_pin_pairing_leaves_no_half_trust() {
	half_closed pin c2s:3 c2s:120 c2s:700 s2c:0 s2c:90 s2c:600
}
c611_half_closed_anywhere_a_code_pairing_leaves_no_half_trust() {
	half_closed code c2s:10 c2s:500 s2c:40 s2c:400 s2c:700
}

# Both at once: a pairing and a session that stall while the daemon goes on with others.
c611_what_stalls_ends_in_time_and_holds_up_nobody() {
	local begun=$SECONDS
	device alice
	device bob
	device carol
	serve bob
	paired carol bob
	open_code bob
	tap_as tap2 bob --hold s2c:300
	session_tap=$(uri tap2)
	tap bob --hold c2s:500
	as carol ping bob "$session_tap"
	timeout 30 "${as[@]}" >ping.out 2>ping.err &
	pinging=$!
	(pair_over_the_tap code && echo "$status" >pair.status) &
	pairing=$!
	until_true 10 "the pairing is held" tap_says held
	ok bob list # the daemon goes on
	wait "$pairing" || :
	pinged=0
	wait "$pinging" || pinged=$?
	holds "the stalled pairing failed" test "$(cat pair.status)" != 0
	holds "the stalled session failed" test "$pinged" != 0
	holds "both ended in time ($((SECONDS - begun)) s)" test $((SECONDS - begun)) -lt "$LIMIT"
	crash tap
	crash tap2
	is active "$(state carol bob)" "a stalled session changes no trust"
	ok carol ping bob "$(uri bob)"
	sound_and_heals "after a stall"
}

# This test can fail: nothing is wrong with this wire.
a_sound_wire_is_told_from_a_broken_one() {
	device alice
	device bob
	serve bob
	tap bob --half-close s2c:999999
	open_code bob
	pair_over_the_tap code
	is 0 "$status" "a pairing over a sound wire"
	asserted
	! tap_says half || fail "it says that it broke"
}

claim c611_half_closed_anywhere_a_pin_pairing_leaves_no_half_trust
claim c611_half_closed_anywhere_a_code_pairing_leaves_no_half_trust
claim c611_what_stalls_ends_in_time_and_holds_up_nobody
claim a_sound_wire_is_told_from_a_broken_one
scenario_end
