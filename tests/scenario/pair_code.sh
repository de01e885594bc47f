#!/usr/bin/env bash
# Pairing by a code: it carries the address, is good once unless made for several, and a code
# that is damaged, used, of another device or of another time opens nothing.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "pairing by code"

two() {
	device alice
	device bob
	serve bob
}

c622_a_code_alone_is_enough() {
	needs_hints
	two
	open_code bob
	is TREC: "${code:0:5}" "how a code begins"
	ok alice pair --code-file code
	is "$(id bob)" "$(field .peer)"
	is code "$(field .origin)"
	until_true 5 "alice is active on bob" is_state active bob alice
	is code "$(trec bob show alice | jq -r .origin)" origin
}

c622_a_code_from_standard_input_with_an_address_pairs() {
	two
	open_code bob
	asserted
	trec alice pair "$(uri bob)" --code - <code >out 2>err || fail "pairing by code from stdin"
	is "$(id bob)" "$(field .peer)"
}

c631_c1_a_code_is_good_once() {
	two
	device carol
	open_code bob
	ok alice pair "$(uri bob)" --code-file code
	leaves 4 carol pair "$(uri bob)" --code-file code
	is 1 "$(listed bob)" "peers of bob"
	open_code bob
	ok carol pair "$(uri bob)" --code-file code
	is 2 "$(listed bob)" "peers of bob"
}

c631_c1_an_old_code_is_wrong() {
	two
	open_code bob
	cp code old
	open_code bob
	fails 3 wrong-code alice pair "$(uri bob)" --code-file old
	is 0 "$(listed alice)" "peers of alice"
	is 0 "$(listed bob)" "peers of bob"
	ok alice pair "$(uri bob)" --code-file code
}

c631_c1_a_code_is_for_the_device_that_made_it() {
	two
	device mallory
	serve mallory
	open_code bob
	open_code mallory
	cp code of-mallory
	open_code bob
	fails 3 wrong-code alice pair "$(uri mallory)" --code-file code
	is 0 "$(listed alice)" "peers of alice"
	is 0 "$(listed mallory)" "peers of mallory"
}

a_damaged_code_is_found_out_before_anything_is_sent() {
	two
	open_code bob
	mid=$((${#code} / 2))
	letter=${code:$mid:1}
	other=A
	[ "$letter" != A ] || other=B
	printf '%s%s%s\n' "${code:0:$mid}" "$other" "${code:$((mid + 1))}" >changed
	printf '%s\n' "${code:0:$((${#code} - 1))}" >shorter
	printf '%sA\n' "$code" >longer
	echo TREC: >empty
	echo hello >none
	for bad in changed shorter longer empty none; do
		fails 2 bad-code alice pair --code-file "$bad"
	done
	ok alice pair "$(uri bob)" --code-file code
}

a_code_for_several_asks_each_time() {
	two
	device carol
	open_code bob --multi
	for who in alice carol; do
		trec "$who" pair "$(uri bob)" --yes --code-file "$here/code" >"$here/$who.out" 2>"$here/$who.err" &
		started "$who-pair" $!
		until_true 10 "bob asks about $who" asks bob
		ok bob pending
		ok bob answer "$(field .number)" yes
		asserted
		wait "$(cat "$who-pair.pid")" || fail "$who does not pair: $(cat "$here/$who.err")"
		until_true 5 "$who is active on bob" is_state active bob "$who"
	done
}
asks() {
	[ "$(trec "$1" pending | jq -s length)" -gt 0 ]
}

c622_a_picture_of_the_code_is_enough() {
	needs_hints
	two
	"$TREC" --store "$here/bob" --json window --code --qr "png:$here/code.png" >out 2>err || {
		is unsupported "$(error_name)" "why there is no picture"
		cannot "built without libqrencode or libpng"
	}
	asserted
	holds "there is a picture" test -s code.png
	got=0
	trec alice pair --qr-image code.png >out 2>err || got=$?
	if [ "$got" != 0 ] && [ "$(error_name)" = unsupported ]; then
		cannot "built without zbar"
	fi
	is 0 "$got" "exit status of pairing by picture: $(cat err)"
	is "$(id bob)" "$(field .peer)"
	is code "$(field .origin)"
}

claim c622_a_code_alone_is_enough
claim c622_a_picture_of_the_code_is_enough
claim c622_a_code_from_standard_input_with_an_address_pairs
claim c631_c1_a_code_is_good_once
claim c631_c1_an_old_code_is_wrong
claim c631_c1_a_code_is_for_the_device_that_made_it
claim a_damaged_code_is_found_out_before_anything_is_sent
claim a_code_for_several_asks_each_time
scenario_end
