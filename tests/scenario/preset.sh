#!/usr/bin/env bash
# The preset PIN: pairs again and again, only its verifier is stored, and wrong guesses freeze
# it, also when the device is killed between a guess and its answer.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "preset PIN"

preset() { # DEVICE
	pin=27182818
	echo "$pin" >"$here/pin"
	ok "$1" preset --pin-file "$here/pin"
}
two() {
	device alice
	device bob
	preset bob
	serve bob
}
window() {
	ok bob window --preset
}

c622_preset_pin_pairs_again_and_again() {
	two
	device carol
	window
	ok alice pair "$(uri bob)" --pin-file pin
	is pin "$(field .origin)" origin
	window
	ok carol pair "$(uri bob)" --pin-file pin
	until_true 5 "carol is active on bob" is_state active bob carol
	is active "$(state bob alice)"
}

c631_c1_preset_pin_survives_a_restart() {
	two
	crash bob
	serve bob
	window
	ok alice pair "$(uri bob)" --pin-file pin
}

c5_store_the_preset_pin_itself_is_not_stored() {
	two
	window
	ok alice pair "$(uri bob)" --pin-file pin
	stop bob
	asserted
	! grep -raqF "$pin" "$here/bob" || fail "the PIN stands in the store"
	asserted
	! grep -raqF "$pin" "$here/alice" || fail "the PIN stands in the initiator's store"
}


c631_c1_the_fifth_wrong_guess_freezes_the_preset_pin() {
	two
	window
	for n in 1 2 3 4 5; do
		ok_guess=$(guess bob preset 1)
		is 1 "$(jq .replies <<<"$ok_guess")" "answers to guess $n ($ok_guess)"
		sleep 0.2
	done
	guess=$(guess bob preset 1)
	is 0 "$(jq .replies <<<"$guess")" "answers while frozen"
	fails 4 locked-out alice pair "$(uri bob)" --pin-file pin
	holds "the failure says when to try again" \
		jq -e '.retry_after_s > 0 and .retry_after_s <= 60' <(tail -n 1 err)
	fails 4 locked-out bob window --preset
	fails 4 locked-out bob window --pin
	is 0 "$(listed bob)" "peers of bob"
}

c631_c1_a_freeze_survives_a_kill_and_a_restart() {
	two
	window
	guess bob preset 1 >/dev/null
	for n in 2 3 4 5; do
		sleep 0.2
		guess bob preset 1 >/dev/null
	done
	crash bob
	serve bob
	fails 4 locked-out bob window --preset
	# A code is not guessed: it works while PINs are frozen.
	open_code bob
	ok alice pair "$(uri bob)" --code-file code
}

# The device has counted before it answers: killed in between, the guess is not free.
c631_c1_killing_the_device_between_guess_and_answer_gives_no_free_guess() {
	two
	echo 11111111 >wrong
	for n in 1 2 3 4 5; do
		window
		tap bob --hold-flight 3
		as alice pair "$tap_uri" --pin-file wrong
		"${as[@]}" >pair.out 2>pair.err &
		started pair $!
		until_true 15 "guess $n is under way" tap_says held
		sleep 0.3
		crash bob
		crash tap
		wait "$(cat pair.pid)" || :
		serve bob
	done
	fails 4 locked-out bob window --preset
	is 0 "$(listed bob)" "peers of bob"
}

claim c622_preset_pin_pairs_again_and_again
claim c631_c1_preset_pin_survives_a_restart
claim c5_store_the_preset_pin_itself_is_not_stored
claim c631_c1_the_fifth_wrong_guess_freezes_the_preset_pin
claim c631_c1_a_freeze_survives_a_kill_and_a_restart
claim c631_c1_killing_the_device_between_guess_and_answer_gives_no_free_guess
scenario_end
