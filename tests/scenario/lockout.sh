#!/usr/bin/env bash
# Guessing as fast as the network allows, on either side of a pairing.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "guessing"
# One after the other where a device takes but one connection from each.
many=200
[ "$SCENARIO_TRANSPORT" != rfcomm ] || many=40

two() {
	device alice
	device bob
	serve bob
}

c631_c1_a_flood_of_guesses_is_counted_or_turned_away() {
	two
	open_pin bob
	guess=$(guess bob pin "$many")
	echo "$guess"
	is "$many" "$(jq '.guesses' <<<"$guess")"
	holds "at least one guess was answered" test "$(jq .replies <<<"$guess")" -ge 1
	holds "at most three guesses were answered" test "$(jq .replies <<<"$guess")" -le 3
	is "$many" "$(jq '.replies + .busy + .locked_out + .window_closed + .ended' <<<"$guess")" \
		"answered or turned away"
	holds "the daemon lives" is_running bob
	is 0 "$(listed bob)" "peers of bob"
}

c631_c1_after_a_flood_of_guesses_the_device_still_pairs() {
	two
	open_pin bob
	guess bob pin $((many / 2)) >/dev/null
	until_true 15 "a new window opens" open_again
	ok alice pair "$(uri bob)" --pin-file pin
}
open_again() {
	(open_pin bob)
}

# Guesses at a wrong address cost the one who asks as well: see protocol, Limits.
c631_c1_a_responder_that_knows_no_pin_ends_the_initiators_patience() {
	two
	echo 111111 >wrong
	last=0
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		(open_pin bob) || break
		last=0
		trec alice pair "$(uri bob)" --pin-file wrong >out 2>err || last=$?
		[ "$last" = 3 ] || break
	done
	holds "guess $n was refused (exit $last): $(tail -n 1 err)" test "$last" = 4
	is 0 "$(listed alice)" "peers of alice"
}

connections_that_say_nothing_do_not_keep_others_out() {
	two
	open_pin bob
	silent=6
	[ "$SCENARIO_TRANSPORT" != rfcomm ] || silent=1
	"$WIRE" --silent "$silent" "$(outsider "$(uri bob)")" >silent.out 2>silent.err &
	started silent $!
	until_true 10 "they are open" grep -qx "open $silent" silent.out
	ok alice pair "$(uri bob)" --pin-file pin
}

garbage_ends_the_connection_and_nothing_else() {
	two
	open_pin bob
	for bytes in 'GET / HTTP/1.0\r\n\r\n' '\x41\xff\xff' '\x16\x03\x01\xff\xff' '\x41\x00\x00' '\x00' \
		'\x42\x00\x01\xa0' '\x16\x03\x03\x00\x01\x00'; do
		# shellcheck disable=SC2059 # the bytes are the format
		printf "$bytes" | "$WIRE" "$(outsider "$(uri bob)")" >/dev/null
	done
	ok alice pair "$(uri bob)" --pin-file pin
	holds "the daemon lives" is_running bob
}

claim c631_c1_a_flood_of_guesses_is_counted_or_turned_away
claim c631_c1_after_a_flood_of_guesses_the_device_still_pairs
claim c631_c1_a_responder_that_knows_no_pin_ends_the_initiators_patience
claim connections_that_say_nothing_do_not_keep_others_out
claim garbage_ends_the_connection_and_nothing_else
scenario_end
