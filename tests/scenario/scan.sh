#!/usr/bin/env bash
# Devices that find each other by DNS-SD: two machines on one wire, each with its own network, bus
# and avahi-daemon (namespaces and a pair of virtual interfaces). A trusted peer is recognised by
# what it announces, nobody else is, and nothing that is announced says who it is or stays.
# shellcheck disable=SC2016,SC2317,SC2329 # claims are called by name; backquotes are the page's
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
[ "${SCENARIO_TRANSPORT:-tcp}" = tcp ] || { echo "SKIP scan: it is about TCP"; exit 77; }
. "$srcdir/tests/scenario/lib.sh"
LATER=${LATER:-$PWD/tests/lib/.libs/later.so}
CLAIM_SECONDS=120
scenario scan

# --- two machines -----------------------------------------------------------------------------

if [ -z "${SCAN_INSIDE:-}" ]; then
	for program in avahi-daemon avahi-browse dbus-daemon ip unshare nsenter python3; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
	grep -q '^avahi:' /etc/passwd || skip "there is no user avahi"
	"$TREC" --store "$top/none" --json scan --transport tcp --seconds 1 >"$top/o" 2>"$top/e" || :
	! grep -q '"unsupported"' "$top/e" || skip "this build has no D-Bus"
	namespaces=(unshare --net --mount --pid --fork --kill-child --mount-proc)
	[ "$EUID" = 0 ] || namespaces+=(--map-root-user)
	"${namespaces[@]}" true 2>/dev/null || skip "no namespaces may be made here"
	"${namespaces[@]}" ip link add va type veth peer name vb 2>/dev/null ||
		skip "this kernel has no virtual wire (veth)"
	rm -rf "$top"
	SCAN_INSIDE=1 exec "${namespaces[@]}" "$BASH" "$0" "$@"
fi

bus_config() { # ADDRESS
	cat <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig><type>session</type><listen>$1</listen><auth>EXTERNAL</auth>
		<policy context="default"><allow send_destination="*" eavesdrop="true"/>
		<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
	END
}
avahi_config() { # HOST-NAME
	cat <<-END
		[server]
		host-name=$1
		use-ipv4=yes
		use-ipv6=yes
		ratelimit-interval-usec=1000000
		ratelimit-burst=1000
		[publish]
		publish-hinfo=no
		publish-workstation=no
	END
}
# avahi-daemon's user becomes root, the only one there need be here.
only_root() {
	local file
	mount -t tmpfs none /run
	mkdir /run/avahi-daemon
	for file in passwd group; do
		sed 's/^avahi:x:[0-9]*\(:[0-9]*\)\{0,1\}/avahi:x:0:0/; s/^\(avahi:x:0\):0:$/\1:/' \
			"/etc/$file" >"$top/$file"
		mount --bind "$top/$file" "/etc/$file"
	done
}
# on MACHINE COMMAND...: left is the one where this runs. become is the same in this very process.
on() {
	(become "$@")
}
become() {
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$top/$1.bus
	[ "$1" = left ] || set -- "$1" nsenter -t "$right" --net --mount -- "${@:2}"
	exec "${@:2}"
}
start_avahi() { # MACHINE
	become "$1" avahi-daemon -f "$top/$1.avahi" --no-drop-root --no-chroot --no-rlimits \
		>>"$top/$1.avahi.log" 2>&1 &
	echo $! >"$top/$1.avahi.pid"
	waits_for "avahi-daemon runs on $1" has_avahi "$1"
}
stop_avahi() { # MACHINE
	kill "$(cat "$top/$1.avahi.pid")"
	waits_for "avahi-daemon ends on $1" has_no_avahi "$1"
}
has_avahi() { # MACHINE
	on "$1" dbus-send --system --print-reply --dest=org.freedesktop.DBus / \
		org.freedesktop.DBus.GetNameOwner string:org.freedesktop.Avahi
}
has_no_avahi() {
	! has_avahi "$1"
}
waits_for() { # WHAT COMMAND...
	local what=$1 tries=100
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || { echo "no: $what" >&2; exit 1; }
		sleep 0.1
	done
}
elsewhere() {
	[ "$(readlink "/proc/$right/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] &&
		[ "$(cat "/proc/$right/comm")" = sleep ]
}
set_up() {
	only_root
	ip link set lo up
	unshare --net --mount sleep infinity &
	right=$!
	waits_for "another machine" elsewhere
	ip link add va type veth peer name vb
	ip link set vb netns "$right"
	ip address add 192.0.2.1/24 dev va
	ip link set va up
	nsenter -t "$right" --net --mount -- sh -c 'mount -t tmpfs none /run && mkdir /run/avahi-daemon &&
		ip link set lo up && ip address add 192.0.2.2/24 dev vb && ip link set vb up'
	for machine in left right; do
		bus_config "unix:path=$top/$machine.bus" >"$top/$machine.conf"
		avahi_config "machine-$machine" >"$top/$machine.avahi"
		become "$machine" dbus-daemon --config-file="$top/$machine.conf" --nofork --nopidfile \
			2>>"$top/$machine.log" &
		waits_for "a bus for $machine" test -S "$top/$machine.bus"
	done
	for machine in left right; do
		start_avahi "$machine"
	done
}
# What goes over the wire, every byte, into $top/wire.
listen_to_the_wire() {
	python3 - "$top/wire" >/dev/null 2>"$top/wire.log" <<-'END' &
		import socket, sys
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
		s.bind(("va", 0))
		with open(sys.argv[1], "wb", buffering=0) as out:
		    while True:
		        out.write(s.recv(65536))
	END
	waits_for "the wire is listened to" test -f "$top/wire"
}

# --- devices on them --------------------------------------------------------------------------

# serve_right NAME [OPTION]...: found by others, on the other machine.
serve_right() {
	local name=$1
	shift
	: >"$here/$name.events"
	become right "$TREC" --store "$here/$name" --json serve --listen 'tcp://[::]:0' --advertise "$@" \
		>"$here/$name.events" 2>>"$here/$name.log" &
	started "$name" $!
	ready_in "$here/$name.events" $!
	uri=tcp://192.0.2.2:$(jq -r 'select(.event == "ready") | .uris[0]' "$here/$name.events" |
		sed 's/.*://')
	echo "$uri" >"$here/$name.uri"
}
# scan DEVICE: what it finds, in $here/found.
scan() {
	on left "$TREC" --store "$here/$1" --json scan --transport tcp --seconds 2 >"$here/found" \
		2>"$here/err"
}
# sees FILTER: one of the found devices is like that.
sees() {
	jq -n -e "[inputs | select(.event == \"found\") | select($1)] | length > 0" "$here/found" >/dev/null
}
finds() { # DEVICE FILTER
	scan "$1" && sees "$2"
}
finds_none() { # DEVICE
	scan "$1" && [ ! -s "$here/found" ]
}
# The name that is announced now.
announced() {
	on left avahi-browse -prt _trec._tcp 2>/dev/null |
		awk -F';' '$1 == "=" && $3 == "IPv4" { print $4 }' | sort -u
}
is_announced() {
	[ -n "$(announced)" ]
}
another_is_announced() { # NAME
	local now
	now=$(announced)
	[ -n "$now" ] && [ "$now" != "$1" ]
}
shortly() { # WHAT COMMAND...
	until_true 20 "$@"
}
trusted() { # A B: paired, and a session since, in which they tell what they recognise each other by
	open_pin "$2"
	ok "$1" pair "$(uri "$2")" --pin-file "$here/pin"
	ok "$1" ping "$2" "$(uri "$2")"
}

# --- claims -----------------------------------------------------------------------------------

a_peer_is_recognised_and_a_stranger_sees_a_device_without_a_name() {
	local port found
	device alice
	device carol
	device Wohnzimmerleuchte
	serve_right Wohnzimmerleuchte
	trusted alice Wohnzimmerleuchte
	port=$(sed 's/.*://' "$here/Wohnzimmerleuchte.uri")
	shortly "alice recognises her peer" finds alice ".peer == \"$(id Wohnzimmerleuchte)\""
	holds "by name" sees '.name == "Wohnzimmerleuchte" and .transport == "tcp"'
	holds "over IPv4" sees ".uri == \"tcp://192.0.2.2:$port\""
	holds "over IPv6" sees '.uri | startswith("tcp://[fe80::")'
	holds "as the same label" sees '.label | test("^trec-[a-z2-7]{26}$")'
	while read -r found; do
		ok alice ping Wohnzimmerleuchte "$found"
	done < <(jq -r .uri "$here/found")
	shortly "carol finds it too" finds carol ".uri == \"tcp://192.0.2.2:$port\""
	is null "$(jq -r .peer "$here/found" | sort -u)" "its id for carol"
	is null "$(jq -r .name "$here/found" | sort -u)" "its name for carol"
	on left "$TREC" --store "$here/nobody" --json scan --seconds 2 >"$here/found"
	holds "without a store" sees ".uri == \"tcp://192.0.2.2:$port\" and .peer == null"
	on left "$TREC" --store "$here/alice" scan --seconds 2 >"$here/text"
	holds "for people" grep -q "^tcp://192.0.2.2:$port Wohnzimmerleuchte " "$here/text"
}

a_daemon_finds_the_same_and_not_itself() {
	device alice
	device bob
	serve_right bob
	trusted alice bob
	become left "$TREC" --store "$here/alice" --json serve --listen 'tcp://[::]:0' --advertise \
		>"$here/alice.events" 2>"$here/alice.log" &
	started alice $!
	ready_in "$here/alice.events" $!
	shortly "alice's daemon recognises bob" finds alice ".peer == \"$(id bob)\""
	shortly "bob's daemon sees alice" finds bob '.uri | startswith("tcp://192.0.2.1:")'
	scan alice
	is 0 "$(jq -r .uri "$here/found" | grep -c 192.0.2.1 || :)" "herself among what alice finds"
	stop alice
}

# Id and name, whole or in parts, as text or as bytes, in whatever case.
who_leaks() { # FILE NAME ID
	python3 - "$@" <<-'END'
		import base64, sys
		data = open(sys.argv[1], "rb").read()
		low = data.lower()
		name, text = sys.argv[2].lower().encode(), sys.argv[3]
		raw = base64.b32decode(text[:52] + "====")
		parts = {name[i:i + 4] for i in range(len(name) - 3)}
		parts |= {text[i:i + 6].lower().encode() for i in range(len(text) - 5)}
		leaks = [p for p in parts if p in low]
		leaks += [raw[i:i + 4] for i in range(len(raw) - 3) if raw[i:i + 4] in data]
		leaks += [h for h in (raw[i:i + 4].hex().encode() for i in range(len(raw) - 3)) if h in low]
		print(leaks)
		sys.exit(0 if leaks else 1)
	END
}
nothing_on_the_wire_says_who_it_is() {
	local name
	device alice
	device Wohnzimmerleuchte
	serve_right Wohnzimmerleuchte
	trusted alice Wohnzimmerleuchte
	shortly "it is found" finds alice ".peer == \"$(id Wohnzimmerleuchte)\""
	name=$(announced)
	on left avahi-browse -apr -t >"$here/published" 2>/dev/null
	on left avahi-browse -pr -t _trec._tcp >>"$here/published" 2>/dev/null
	holds "the name was heard on the wire" grep -aq "$name" "$top/wire"
	holds "and is in what is published" grep -q "$name" "$here/published"
	is "" "$(awk -F';' '$1 == "=" { print $10 }' "$here/published")" "TXT records"
	is "$name.local" "$(awk -F';' '$1 == "=" { print $7 }' "$here/published" | sort -u)" "host"
	refuses_leaks "$here/published"
	# The wire carries the sessions too, whose handshake shows the certificate: what is published
	# goes to port 5353.
	mdns_of "$top/wire" >"$here/mdns"
	holds "those bytes were found" grep -aq "$name" "$here/mdns"
	refuses_leaks "$here/mdns"
	cat "$here/mdns" - >"$here/leaky" <<<"wohnzi"
	holds "a leak is noticed" who_leaks "$here/leaky" Wohnzimmerleuchte "$(id Wohnzimmerleuchte)"
	cat "$here/mdns" - >"$here/leaky" < <(id Wohnzimmerleuchte | head -c 26 | tail -c 6)
	holds "part of an id is noticed" who_leaks "$here/leaky" Wohnzimmerleuchte "$(id Wohnzimmerleuchte)"
}
refuses_leaks() {
	asserted
	! who_leaks "$1" Wohnzimmerleuchte "$(id Wohnzimmerleuchte)" || fail "$1 says who it is"
}
# Frames of the wire that were for mDNS, by their headers.
mdns_of() {
	python3 - "$1" <<-'END'
		import sys
		data = open(sys.argv[1], "rb").read()
		out, at = b"", 0
		while True:
		    at = data.find(b"\x14\xe9\x14\xe9", at)  # UDP from 5353 to 5353
		    if at < 0:
		        break
		    n = int.from_bytes(data[at + 4:at + 6], "big")
		    out += data[at:at + n]
		    at += 4
		sys.stdout.buffer.write(out)
	END
}

the_name_changes_when_trust_ends() {
	local before
	device alice
	device carol
	device bob
	serve_right bob
	trusted alice bob
	trusted carol bob
	shortly "carol recognises bob" finds carol ".peer == \"$(id bob)\""
	before=$(announced)
	ok bob unpair carol
	shortly "another name is announced" another_is_announced "$before"
	shortly "the old one is withdrawn" sees_not carol "$before"
	is null "$(jq -r .peer "$here/found" | sort -u)" "bob's id for carol"
	ok alice ping bob "$(uri bob)" # she hears of the new key
	shortly "alice still recognises bob" finds alice ".peer == \"$(id bob)\""
}
sees_not() { # DEVICE NAME
	scan "$1" && [ -s "$here/found" ] && ! grep -q "$2" "$here/found"
}

the_name_changes_every_quarter_of_an_hour() {
	local before
	[ -f "$LATER" ] || cannot "tests/lib/later is not built as a shared library"
	! grep -aq '__asan_init\|__tsan_init' "$(dirname "$TREC")/.libs/trec" "$TREC" 2>/dev/null ||
		cannot "a sanitizer wants to be loaded first"
	device alice
	device bob
	echo 0 >"$here/later"
	export LD_PRELOAD=$LATER TREC_LATER=$here/later
	serve_right bob
	unset LD_PRELOAD TREC_LATER
	trusted alice bob
	shortly "alice recognises bob" finds alice ".peer == \"$(id bob)\""
	before=$(announced)
	echo 890 >"$here/later"
	ok bob list # wakes the daemon
	sleep 2
	is "$before" "$(announced)" "name after a little less"
	echo 905 >"$here/later"
	ok bob list
	shortly "another name is announced" another_is_announced "$before"
	shortly "alice recognises it" finds alice ".peer == \"$(id bob)\""
	holds "the old one is gone" sees_not alice "$before"
}

a_daemon_that_ends_is_found_no_more() {
	device alice
	device bob
	serve_right bob
	shortly "bob is found" finds alice '.peer == null'
	stop bob
	shortly "bob is found no more" finds_none alice
	serve_right bob
	shortly "bob is found again" finds alice '.peer == null'
	crash bob
	shortly "nor when it was killed" finds_none alice
}

avahi_may_be_restarted_or_missing() {
	device alice
	device bob
	stop_avahi right
	serve_right bob
	start_avahi right
	shortly "bob is found when its avahi-daemon comes" finds alice '.peer == null'
	stop_avahi right
	shortly "and not when it is gone" finds_none alice
	start_avahi right
	shortly "and when it comes again" finds alice '.peer == null'
	stop_avahi left
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$top/left.bus
	fails 6 unreachable alice scan --transport tcp
	holds "the reason is given" grep -q 'avahi-daemon.*not running' "$here/err"
	start_avahi left
}

fields_are_those_of_the_page() {
	device alice
	device bob
	serve_right bob
	shortly "bob is found" finds alice '.peer == null'
	grep '^| `scan` ' "$srcdir/docs/CLI.md" | grep -o '{"event":"found"[^}]*}' |
		grep -o '"[a-z]*":' | tr -d '":' | sort >said
	jq -r 'select(.event == "found") | keys[]' found | sort -u >seen
	is "$(cat said)" "$(cat seen)" "fields"
}

what_nobody_could_find_is_refused() {
	device alice
	fails 1 unsupported alice serve --listen "unix:$here/socket" --advertise
	fails 1 unsupported alice serve --listen tcp://127.0.0.1:0 --advertise
	fails 2 usage alice scan --transport tcp --seconds 0
	fails 2 usage alice scan --transport carrier-pigeon
}

set_up
listen_to_the_wire
claim a_peer_is_recognised_and_a_stranger_sees_a_device_without_a_name
claim a_daemon_finds_the_same_and_not_itself
claim nothing_on_the_wire_says_who_it_is
claim the_name_changes_when_trust_ends
claim the_name_changes_every_quarter_of_an_hour
claim a_daemon_that_ends_is_found_no_more
claim fields_are_those_of_the_page
claim what_nobody_could_find_is_refused
claim avahi_may_be_restarted_or_missing # last: what it starts ends with it
scenario_end
