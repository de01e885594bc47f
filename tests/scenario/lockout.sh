#!/usr/bin/env bash
# Guessing as fast as the network allows, on either side of a pairing.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "guessing"

two() {
	device alice
	device bob
	serve bob
}

c631_c1_200_guesses_at_once_are_counted_or_turned_away() {
	two
	open_pin bob
	guess=$("$GUESSER" "$(port bob)" pin 200)
	echo "$guess"
	is 200 "$(jq '.guesses' <<<"$guess")"
	holds "at least one guess was answered" test "$(jq .replies <<<"$guess")" -ge 1
	holds "at most three guesses were answered" test "$(jq .replies <<<"$guess")" -le 3
	is 200 "$(jq '.replies + .busy + .locked_out + .window_closed + .ended' <<<"$guess")" \
		"answered or turned away"
	holds "the daemon lives" is_running bob
	is 0 "$(listed bob)" "peers of bob"
}

c631_c1_after_a_flood_of_guesses_the_device_still_pairs() {
	two
	open_pin bob
	"$GUESSER" "$(port bob)" pin 100 >/dev/null
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
	host=127.0.0.1
	for n in 1 2 3 4 5 6; do
		eval "exec $((20 + n))<>/dev/tcp/$host/$(port bob)"
	done
	ok alice pair "$(uri bob)" --pin-file pin
}

garbage_ends_the_connection_and_nothing_else() {
	two
	open_pin bob
	for bytes in 'GET / HTTP/1.0\r\n\r\n' '\x41\xff\xff' '\x16\x03\x01\xff\xff' '\x41\x00\x00' '\x00' \
		'\x42\x00\x01\xa0' '\x16\x03\x03\x00\x01\x00'; do
		exec 9<>"/dev/tcp/127.0.0.1/$(port bob)"
		# shellcheck disable=SC2059 # the bytes are the format
		printf "$bytes" >&9
		exec 9>&-
	done
	ok alice pair "$(uri bob)" --pin-file pin
	holds "the daemon lives" is_running bob
}

claim c631_c1_200_guesses_at_once_are_counted_or_turned_away
claim c631_c1_after_a_flood_of_guesses_the_device_still_pairs
claim c631_c1_a_responder_that_knows_no_pin_ends_the_initiators_patience
claim connections_that_say_nothing_do_not_keep_others_out
claim garbage_ends_the_connection_and_nothing_else
scenario_end
