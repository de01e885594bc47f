#!/usr/bin/env bash
# Devices that find each other over Bluetooth, in a guest with real bluetoothd (tests/testbed/vm):
#
#   tests/testbed/vm/run --controllers 2 --discoverable tests/scenario/scan_bluetooth.sh
#
# Alice looks from hci0, bob listens on hci1. Who offers nothing is not listed, a trusted peer is
# recognised, and no inquiry goes on after a scan, however that ended.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
unset SCENARIO_TRANSPORT # which names adapters by itself
. "$srcdir/tests/scenario/lib.sh"
CLAIM_SECONDS=240
COMMAND_SECONDS=90
scenario "scan over Bluetooth"
[ "${TREC_VM:-}" = yes ] || skip "it wants the guest of tests/testbed/vm"
[ "${TREC_VM_CONTROLLERS:-0}" -ge 2 ] || skip "it wants two controllers"
for adapter in hci0 hci1; do
	bt discoverable "$adapter" on
done
there=$(bt address hci1)

serve_there() { # NAME [OPTION]...
	local name=$1
	shift
	: >"$here/$name.events"
	"$TREC" --store "$here/$name" --json serve --listen 'rfcomm:?adapter=hci1' "$@" \
		>"$here/$name.events" 2>>"$here/$name.log" &
	started "$name" $!
	ready_in "$here/$name.events" $!
	jq -r 'select(.event == "ready") | .uris[0]' "$here/$name.events" | head -n 1 >"$here/$name.uri"
}
scan() { # DEVICE
	timeout 60 "$TREC" --store "$here/$1" --json scan --transport rfcomm --adapter hci0 \
		--seconds 15 >"$here/found" 2>"$here/err"
}
sees() { # FILTER
	jq -n -e "[inputs | select(.event == \"found\") | select($1)] | length > 0" "$here/found" >/dev/null
}
finds() { # DEVICE FILTER
	scan "$1" && sees "$2"
}
inquires() {
	[ "$(busctl get-property org.bluez /org/bluez/hci0 org.bluez.Adapter1 Discovering)" = "b true" ]
}
idle() {
	! inquires
}
# tries COMMAND...: five times, for an inquiry may miss a device.
tries() {
	local what=$1 n=5
	shift
	asserted
	until "$@"; do
		n=$((n - 1))
		[ "$n" -gt 0 ] || fail "$what: $(cat "$here/found" "$here/err")"
	done
}

who_offers_nothing_is_not_listed() {
	device alice
	holds "nothing is looked for before" idle
	ok alice scan --transport rfcomm --adapter hci0 --seconds 15
	is "" "$(cat "$here/out")" "found"
	holds "the device was in range" busctl introspect org.bluez "/org/bluez/hci0/dev_${there//:/_}"
	until_true 5 "the inquiry ends" idle
}

a_peer_is_recognised_and_a_stranger_sees_a_device_without_a_name() {
	device alice
	device carol
	device bob
	serve_there bob --advertise
	open_pin bob
	ok alice pair "$(uri bob)?adapter=hci0" --pin-file "$here/pin"
	ok alice ping bob "$(uri bob)?adapter=hci0"
	tries "alice recognises bob" finds alice ".peer == \"$(id bob)\""
	holds "where he is" sees ".uri == \"rfcomm://$there?adapter=hci0\" and .name == \"bob\""
	ok alice ping bob "rfcomm://$there?adapter=hci0"
	tries "carol finds a device" finds carol ".uri == \"rfcomm://$there?adapter=hci0\""
	is null "$(jq -r .peer "$here/found" | sort -u)" "its id for carol"
	holds "whose label is a beacon" sees '.label | test("^trec-[a-z2-7]{26}$")'
	until_true 5 "the inquiry ends" idle
	sdptool records --xml "$there" >"$here/records" 2>&1 || sdptool records "$there" >"$here/records"
	holds "the records were read" grep -q "trec" "$here/records"
	asserted
	! grep -qi "bob\|$(id bob | head -c 6)" "$here/records" || fail "a record says who it is"
}

no_inquiry_outlives_a_scan_that_is_killed() {
	local pid
	device alice
	"$TREC" --store "$here/alice" scan --transport rfcomm --adapter hci0 --seconds 30 &
	pid=$!
	until_true 10 "an inquiry goes on" inquires
	kill -KILL "$pid"
	until_true 5 "it ends" idle
}

why_nothing_can_be_found_is_said() {
	device alice
	fails 2 usage alice scan --adapter hci
	fails 2 usage alice scan --adapter hci0 --transport tcp
	fails 6 no-adapter alice scan --transport rfcomm --adapter hci9
	bt power hci0 off
	fails 6 adapter-off alice scan --transport rfcomm --adapter hci0
	bt power hci0 on
	bt daemon stop # which switches the adapters off
	bt power hci0 on
	fails 6 unreachable alice scan --transport rfcomm --adapter hci0
	bt daemon start
}

claim who_offers_nothing_is_not_listed
claim a_peer_is_recognised_and_a_stranger_sees_a_device_without_a_name
claim no_inquiry_outlives_a_scan_that_is_killed
claim why_nothing_can_be_found_is_said
scenario_end
