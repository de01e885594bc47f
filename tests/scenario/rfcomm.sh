#!/usr/bin/env bash
# What only Bluetooth has: adapters that are absent, off, blocked or go away, a link that ends in the
# middle, devices out of range, an address that is a hint and proves nothing. In the testbed's guest
# (tests/testbed/vm/run), where `bt` does it to the adapters.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
export SCENARIO_TRANSPORT=rfcomm
scenario "Bluetooth"
command -v bt >/dev/null || skip "not in the testbed's guest"

two() {
	device alice
	device bob
	serve bob
}
# As bob's address would be with that channel, and by that adapter.
at_channel() { # CHANNEL [ADAPTER]
	echo "rfcomm://$(bt address hci1)/$1?adapter=${2:-hci0}"
}
echoes() {
	asserted
	echo "$1" | trec alice connect bob "$(uri bob)" >got 2>err || fail "connect: $(cat err)"
	is "$1" "$(cat got)" "what came back"
}

# The guest has no other way out: no network interface but the loopback one.
pin_and_code_pair_with_no_third_party() {
	two
	paired alice bob
	is rfcomm "$(trec alice show bob | jq -r '.addresses[0] | split(":")[0]')" "transport kept"
	open_code bob
	ok alice pair "$(uri bob)" --code-file code
	is rfcomm "$(field .transport)" "transport of the code"
	echoes hello
}

# Each failure has its name, so that whoever reads it knows what to do.
what_is_wrong_with_an_adapter_is_said_by_name() {
	device alice
	echo 123456 >pin
	fails 6 no-adapter alice pair "$(at_channel 30 hci15)" --pin-file pin
	fails 6 unreachable alice pair "$(at_channel 30)" --pin-file pin
	bt power hci0 off
	fails 6 adapter-off alice pair "$(at_channel 30)" --pin-file pin
	bt power hci0 on
	bt block hci0
	fails 6 adapter-blocked alice pair "$(at_channel 30)" --pin-file pin
	bt unblock hci0
	bt power hci0 on
	fails 6 host-down alice pair "rfcomm://00:00:00:00:00:01/1?adapter=hci0" --pin-file pin
	fails 2 bad-uri alice pair rfcomm: --pin-file pin
	fails 2 bad-uri alice pair "rfcomm://00:00:00:00:00:01/31" --pin-file pin
}

# The daemon lives on while its adapter is off, and is met again when it is back.
an_adapter_that_goes_and_comes_back_is_used_again() {
	two
	paired alice bob
	sleep 60 | trec alice connect bob "$(uri bob)" >got 2>err &
	started session $!
	until_true 20 "the session is open" event bob '.event == "session"'
	bt power hci1 off
	until_true 40 "the session ends" gone session
	holds "the daemon lives" is_running bob
	ok bob list
	bt power hci1 on
	bt connectable hci1 on
	until_true 30 "bob is met again" met
}
met() {
	trec alice ping bob "$(uri bob)"
}

# In the middle of a mebibyte the link goes: both sides see it, no trust is lost, the next one works.
a_link_that_ends_midway_ends_the_session_and_nothing_else() {
	two
	paired alice bob
	head -c 4194304 /dev/urandom >sent
	(trec alice connect bob "$(uri bob)" <sent >got 2>err && echo went well >said) &
	until_true 20 "bytes come back" test -s got
	bt cut hci0 "$(bt address hci1)"
	wait $! || :
	asserted
	[ ! -e said ] || fail "it went well without a link"
	holds "the daemon lives" is_running bob
	is active "$(state alice bob)"
	is active "$(state bob alice)"
	until_true 30 "bob is met again" met
}

# An address is where to try. Who answers there, or calls from there, is known by its key.
the_bluetooth_address_proves_nothing() {
	two
	paired alice bob
	stop bob
	device mallory
	echo hci1 >mallory.adapter # at the address where alice knows bob
	serve_on mallory "$(same_address bob)"
	fails 3 wrong-certificate alice ping bob "$(uri bob)"
	is 0 "$(listed mallory)" "peers of mallory"
	is active "$(state alice bob)" "bob on alice"
	stop mallory
	echo hci2 >bob.adapter # and he himself is known elsewhere
	serve bob
	echoes "from another adapter"
}

# One daemon, both transports: the normal case of a gateway.
rfcomm_and_tcp_are_served_at_once() {
	device alice
	device bob
	serve bob --listen tcp://127.0.0.1:0 --service default=cat
	is 'rfcomm tcp' "$(jq -r 'select(.event == "ready") | .uris | map(split(":")[0]) | join(" ")' bob.events)"
	paired alice bob
	ok alice ping bob "$(jq -r 'select(.event == "ready") | .uris[1]' bob.events)"
	echoes hello
}

claim pin_and_code_pair_with_no_third_party
claim what_is_wrong_with_an_adapter_is_said_by_name
claim an_adapter_that_goes_and_comes_back_is_used_again
claim a_link_that_ends_midway_ends_the_session_and_nothing_else
claim the_bluetooth_address_proves_nothing
claim rfcomm_and_tcp_are_served_at_once
scenario_end
