#!/usr/bin/env bash
# Two devices pair by a random PIN over a real transport: what both have afterwards, what a wrong PIN and an
# altered byte leave, and what somebody on the wire gets to see.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
. "$srcdir/tests/scenario/lib.sh"
scenario "pairing by PIN"

two() {
	device alice
	device bob
	serve bob
}

c611_right_pin_lists_each_on_the_other_device() {
	two
	paired alice bob
	is pin "$(field .origin)" origin
	is "$SCENARIO_TRANSPORT" "$(field .transport)" transport
	is bob "$(field .name)" name
	ok bob show alice
	is "$(id alice)" "$(field .id)"
	is active "$(field .state)"
	is pin "$(field .origin)"
	is '["service:*"]' "$(field '.rights | tostring')" rights
	ok alice show bob
	is "$(id bob)" "$(field .id)"
	is '["service:*"]' "$(field '.rights | tostring')" rights
	until_true 5 "bob's daemon tells of the pairing" event bob '.event == "paired"'
}

c631_c1_wrong_pin_exits_3_and_lists_nothing() {
	two
	open_pin bob
	wrong_pin
	fails 3 wrong-pin alice pair "$(uri bob)" --pin-file wrong
	is 0 "$(listed alice)" "peers of alice"
	is 0 "$(listed bob)" "peers of bob"
	ok alice pair "$(uri bob)" --pin-file pin
}

c631_c1_a_wrong_pin_costs_exactly_one_guess() {
	two
	open_pin bob
	wrong_pin
	fails 3 wrong-pin alice pair "$(uri bob)" --pin-file wrong
	fails 3 wrong-pin alice pair "$(uri bob)" --pin-file wrong
	ok alice pair "$(uri bob)" --pin-file pin
}

c631_c1_the_third_wrong_pin_voids_it() {
	two
	open_pin bob
	wrong_pin
	fails 3 wrong-pin alice pair "$(uri bob)" --pin-file wrong
	fails 3 wrong-pin alice pair "$(uri bob)" --pin-file wrong
	fails 3 wrong-pin alice pair "$(uri bob)" --pin-file wrong
	device carol
	exits 4 "$TREC" --store "$here/carol" --json pair "$(uri bob)" --pin-file pin
	is 0 "$(listed alice)" "peers of alice"
	is 0 "$(listed bob)" "peers of bob"
}

without_a_window_there_is_no_pairing() {
	two
	echo 123456 >pin
	fails 4 window-closed alice pair "$(uri bob)" --pin-file pin
	is 0 "$(listed bob)" "peers of bob"
}

a_window_is_for_one_pairing() {
	two
	device carol
	paired alice bob
	fails 4 window-closed carol pair "$(uri bob)" --pin-file pin
	is 1 "$(listed bob)" "peers of bob"
}

a_window_replaces_the_one_before() {
	two
	open_pin bob
	cp pin old
	open_pin bob
	cmp -s pin old || exits 3 "$TREC" --store "$here/alice" --json pair "$(uri bob)" --pin-file old
	ok alice pair "$(uri bob)" --pin-file pin
}

a_window_ends_after_its_time() {
	two
	open_pin bob --seconds 1
	sleep 2
	fails 4 window-closed alice pair "$(uri bob)" --pin-file pin
}

a_pin_has_as_many_digits_as_asked_for() {
	two
	open_pin bob --digits 12
	is 12 "${#pin}" digits
	ok alice pair "$(uri bob)" --pin-file pin
}

a_pin_that_is_none_is_refused_before_anything_is_sent() {
	device alice
	for bad in 12345 1234567890123 12345a "" "123 456"; do
		echo "$bad" >pin
		fails 2 bad-pin alice pair "$(nowhere_address)" --pin-file pin
	done
	echo 123456 >pin
	fails 2 bad-uri alice pair tcp://127.0.0.1:0 --pin-file pin # a port to listen on only
	fails 2 bad-uri alice pair 127.0.0.1 --pin-file pin
	fails 6 unreachable alice pair "$(nowhere_address)" --pin-file pin
}

c622_pin_pairs_over_tcp_and_ipv6() {
	only_tcp
	grep -qs '^0*1 ' /proc/net/if_inet6 || cannot "no IPv6 here"
	device alice
	device bob
	serve bob --listen 'tcp://[::1]:0'
	open_pin bob
	ok alice pair "$(jq -r 'select(.event == "ready") | .uris[1]' bob.events)" --pin-file pin
	is "$(id bob)" "$(field .peer)"
}

# The script again, in a network of its own that has nothing but the loopback interface.
c622_all_ways_pair_with_every_third_party_unreachable() {
	only_tcp
	asserted
	unshare -rn ip link set lo up 2>/dev/null || cannot "no network namespaces here"
	export srcdir TREC TAPPROXY GUESSER WIRE
	# shellcheck disable=SC2016 # the inner shell expands it
	ALONE=yes unshare -rn sh -c 'ip link set lo up && exec "$0"' \
		"$srcdir/tests/scenario/pair_pin.sh" || fail "no pairing without a network"
}
alone_with_the_other_device() {
	two
	is 1 "$(grep -c : /proc/net/dev)" "network interfaces"
	paired alice bob
	open_code bob
	ok alice pair --code-file code
	echo 31415926 >pin
	ok bob preset --pin-file pin
	ok bob window --preset
	ok alice pair "$(uri bob)" --pin-file pin
}
if [ -n "${ALONE:-}" ]; then
	claim alone_with_the_other_device
	scenario_end
fi

# It has an IPv6 address too, on most machines, where nobody listens.
a_name_is_looked_up_and_its_addresses_are_tried() {
	local port
	only_tcp
	getent ahosts localhost >"$here/addresses" || cannot "localhost has no address here"
	two
	open_pin bob
	port=$(uri bob | sed 's/.*://')
	ok alice pair "tcp://localhost:$port" --pin-file pin
	ok alice ping bob "tcp://localhost:$port"
}

p256_pairs_with_ed25519() {
	device alice --key p256
	device bob
	is p256 "$(trec alice id | jq -r .key)"
	serve bob
	paired alice bob
}

# The SubjectPublicKeyInfo's last 32 bytes are the public key; the id is made from it.
public_key() {
	"$TREC" --store "$here/$1" id --pem >"$here/$1.pem"
	openssl x509 -in "$here/$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
		tail -c 32 | hex_of
}
hex_of() {
	od -An -v -tx1 "$@" | tr -d ' \n'
}
never_passed() { # HEX WHAT
	asserted
	for seen in wire.c2s wire.s2c; do
		case $(hex_of "$seen") in
		*"$1"*) fail "$2 passed in the clear ($seen)" ;;
		esac
	done
}

c631_c3_neither_trec_nor_name_passes_in_the_clear() {
	command -v openssl >/dev/null || skip "openssl is not installed"
	two
	tap bob --log "$here/wire"
	open_pin bob
	ok alice pair "$tap_uri" --pin-file pin
	holds "something passed" test -s wire.c2s
	holds "something passed" test -s wire.s2c
	for device in alice bob; do
		key=$(public_key "$device")
		is 64 "${#key}" "digits of the public key"
		never_passed "$key" "the public key of $device"
		never_passed "$(printf %s "$device" | hex_of)" "the name of $device"
	done
	never_passed "$(printf %s "$pin" | hex_of)" "the PIN"
}

# Byte by byte over the four frames before TLS would take minutes: the engine's tests do that.
c611_a_byte_altered_before_tls_fails_on_both_sides() {
	two
	for spot in c2s:0 c2s:1 c2s:4 c2s:8 c2s:11 c2s:30 s2c:1 s2c:6 s2c:20 s2c:50 s2c:58 s2c:70 \
		c2s:47 c2s:60 c2s:110 s2c:90 s2c:120 s2c:165; do
		open_pin bob
		tap bob --flip "$spot:0x01"
		got=0
		trec alice pair "$tap_uri" --pin-file pin >out 2>err || got=$?
		holds "byte $spot was altered" tap_says flipped
		holds "a pairing with byte $spot altered fails (exit $got)" test "$got" != 0
		is 0 "$(listed alice)" "peers of alice after $spot"
		is 0 "$(listed bob)" "peers of bob after $spot"
		crash tap
	done
	open_pin bob
	ok alice pair "$(uri bob)" --pin-file pin
}

c611_a_byte_altered_inside_the_channel_fails_on_both_sides() {
	two
	for spot in c2s:150 c2s:400 c2s:900 s2c:250 s2c:500 s2c:1000; do
		open_pin bob
		tap bob --flip "$spot:0x80"
		got=0
		trec alice pair "$tap_uri" --pin-file pin >out 2>err || got=$?
		if tap_says flipped; then
			holds "a pairing with byte $spot altered fails (exit $got)" test "$got" != 0
			is absent "$(state alice bob)" "bob on alice after $spot"
			holds "alice is not active on bob" test "$(state bob alice)" != active
		fi
		crash tap
	done
}

claim c611_right_pin_lists_each_on_the_other_device
claim c631_c1_wrong_pin_exits_3_and_lists_nothing
claim c631_c1_a_wrong_pin_costs_exactly_one_guess
claim c631_c1_the_third_wrong_pin_voids_it
claim without_a_window_there_is_no_pairing
claim a_window_is_for_one_pairing
claim a_window_replaces_the_one_before
claim a_window_ends_after_its_time
claim a_pin_has_as_many_digits_as_asked_for
claim a_pin_that_is_none_is_refused_before_anything_is_sent
claim c622_pin_pairs_over_tcp_and_ipv6
claim c622_all_ways_pair_with_every_third_party_unreachable
claim a_name_is_looked_up_and_its_addresses_are_tried
claim p256_pairs_with_ed25519
claim c631_c3_neither_trec_nor_name_passes_in_the_clear
claim c611_a_byte_altered_before_tls_fails_on_both_sides
claim c611_a_byte_altered_inside_the_channel_fails_on_both_sides
scenario_end
