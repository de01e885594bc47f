#!/usr/bin/env bash
# The scripts that run over TCP, over RFCOMM: in a guest with virtual adapters (tests/testbed/vm/run
# --controllers 4), or on a machine that has them. Processes are slow there and scrypt slower, so that
# each message, attack and fault is met once; with the word `soak`, all claims of all scripts.
# shellcheck disable=SC2317,SC2329
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
export srcdir SCENARIO_TRANSPORT=rfcomm
status=0

# over SCRIPT CLAIMS
over() {
	local got=0 begun=$SECONDS
	CLAIMS=${all-$2} "$srcdir/tests/scenario/$1.sh" || got=$?
	[ "$got" = 0 ] || [ "$got" = 77 ] || status=1
	echo "$1: $((SECONDS - begun)) s"
}
if [ "${1:-}" = soak ]; then
	all=.
	for script in broken_wire carry daemon introduce_conformance preset rotate strangers symmetric \
		unpair_cascade; do
		over "$script" .
	done
fi
over pair_pin 'right_pin|exactly_one_guess|in_the_clear'
over pair_code 'code_alone'
over session 'mebibyte'
over unpair 'tells_the_peer|open_session_ends'
over introduce 'while_the_introducer_is_off'
over lockout 'flood_of_guesses_is'
over kill 'initiator_killed_at_every_message_of_a_pin|responder_killed_at_every_message_of_a_code'
CROSS="rfcomm tcp" over cross 'over_the_second_and_back|dissolved_over_the_other'
exit "$status"
