#!/usr/bin/env bash
# The scripts that are no matter of TCP, over sockets in the file system: a claim of each kind. With
# the word `soak`, all claims of all of them.
# shellcheck disable=SC2317,SC2329
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
export srcdir SCENARIO_TRANSPORT=unix
status=0

# over SCRIPT CLAIMS
over() {
	local got=0
	CLAIMS=${all-$2} "$srcdir/tests/scenario/$1.sh" || got=$?
	[ "$got" = 0 ] || [ "$got" = 77 ] || status=1
}
if [ "${1:-}" = soak ]; then
	all=.
	for script in carry daemon kill introduce_conformance preset rotate strangers symmetric unpair_cascade; do
		over "$script" .
	done
fi
over pair_pin 'right_pin|exactly_one_guess|in_the_clear'
over pair_code 'standard_input'
over session 'mebibyte|ciphertext'
over unpair 'tells_the_peer|open_session_ends'
over introduce 'while_the_introducer_is_off'
over lockout 'flood_of_guesses_is|garbage|say_nothing'
over broken_wire sound
exit "$status"
