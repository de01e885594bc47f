# Sourced by the scenarios: real devices, each a store of its own, driven by the real command.
# A claim is a function; each runs in a subshell with a folder and devices of its own, for at
# most CLAIM_SECONDS, and whatever it started is ended after it. The last line printed has the
# form that the test programs print. VERBOSE=1 shows what takes how long; KEEP=FOLDER keeps the
# folders of claims that failed. CLAIMS=REGEX runs only the claims whose names fit.
#
# SCENARIO_TRANSPORT says over what the devices talk: tcp (default), unix or rfcomm. A script that
# names no address itself runs over each. Over rfcomm each device of a claim has a Bluetooth adapter
# of its own, hci0 the first that is made, hci1 the second; the last adapter is that of whoever stands
# on the wire.
# shellcheck shell=bash
set -eu
LC_ALL=C.UTF-8
export LC_ALL
unset TREC_STORE TREC_PASSPHRASE_FILE CREDENTIALS_DIRECTORY TREC_LOG

TREC=${TREC:-$PWD/tools/trec/trec}
TAPPROXY=${TAPPROXY:-$PWD/tests/lib/tapproxy}
GUESSER=${GUESSER:-$PWD/tests/lib/guesser}
WIRE=${WIRE:-$PWD/tests/lib/wire}
SCENARIO_TRANSPORT=${SCENARIO_TRANSPORT:-tcp}
CLAIM_SECONDS=${CLAIM_SECONDS:-90}
COMMAND_SECONDS=30 # one run of the command
READY_SECONDS=15   # from the start of a daemon to its ready line
if [ -n "${TREC_VM:-}" ]; then # a slow machine
	CLAIM_SECONDS=150
	COMMAND_SECONDS=60
	READY_SECONDS=40
fi

scenario_name=scenario
shown=0
not_shown=0
left_out=0
top=$(mktemp -d "${TMPDIR:-/tmp}/trec-scenario-XXXXXX")
running= # process groups of the claim that runs
trap end_running EXIT
trap 'exit 130' INT TERM

end_running() {
	# shellcheck disable=SC2086 # words on purpose
	[ -z "$running" ] || kill -KILL -- $running 2>/dev/null || :
	rm -rf "$top"
}

# scenario NAME: begins; skips where a program is missing.
scenario() {
	scenario_name=$1
	command -v jq >/dev/null || skip "jq is not installed"
	[ -x "$TREC" ] || skip "the trec command is not built"
	[ -z "${TREC_VM:-}" ] || without_wrapper
	case $SCENARIO_TRANSPORT in
	tcp) return ;;
	unix) ;;
	rfcomm) [ "$(adapters)" -ge 2 ] || skip "there are no two Bluetooth adapters" ;;
	*) skip "no such transport: $SCENARIO_TRANSPORT" ;;
	esac
	scenario_name+=" over $SCENARIO_TRANSPORT"
}

# In the testbed a shell script takes a second to start: the program that libtool wrapped in one is
# run without it.
without_wrapper() {
	local program
	program=$(dirname "$TREC")/.libs/trec
	[ -x "$program" ] || return 0
	TREC=$program
	export LD_LIBRARY_PATH=$PWD/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}

skip() {
	echo "SKIP $scenario_name: $1"
	exit 77
}

# --- claims -----------------------------------------------------------------------------------

run_claim() { # FUNCTION...
	here=$top/$1
	mkdir -p "$here"
	cd "$here" || return 1
	set -e
	"$@"
}

# cannot REASON: in a claim, which this machine cannot show. It counts as skipped, aloud.
cannot() {
	echo "$*" >"$here/cannot"
	exit 77
}

# claim FUNCTION [ARGUMENT]...: its output is shown if it fails. It runs in a process group of
# its own, and with it ends everything that it started.
claim() {
	local runner watchdog status=0 begun=$SECONDS
	if ! [[ $1 =~ ${CLAIMS:-} ]]; then
		left_out=$((left_out + 1))
		return
	fi
	set -m
	(run_claim "$@") >"$top/output" 2>&1 </dev/null &
	runner=$!
	(
		sleep "$CLAIM_SECONDS"
		echo "took more than $CLAIM_SECONDS s" >>"$top/output"
		kill -KILL -- "-$runner"
	) >/dev/null 2>&1 &
	watchdog=$!
	set +m
	running="-$watchdog -$runner"
	wait "$runner" 2>/dev/null || status=$?
	kill -KILL -- "-$watchdog" "-$runner" 2>/dev/null || :
	running=
	wait "$watchdog" 2>/dev/null || :
	if [ "$status" = 0 ]; then
		shown=$((shown + 1))
	elif [ "$status" = 77 ] && [ -s "$top/$1/cannot" ]; then
		echo "SKIP $1: $(cat "$top/$1/cannot")"
	else
		not_shown=$((not_shown + 1))
		echo "not shown: $*"
		sed 's/^/  /' "$top/output"
		[ -z "${KEEP:-}" ] || cp -r "$top/$1" "$KEEP/"
	fi
	[ -z "${VERBOSE:-}" ] || echo "$((SECONDS - begun)) s: $*"
	cat "$top/$1/assertions" >>"$top/assertions" 2>/dev/null || :
	rm -rf "${top:?}/$1"
}

# The last line of a scenario, and its exit status.
scenario_end() {
	local n
	n=$(wc -l <"$top/assertions" 2>/dev/null || echo 0)
	[ "$left_out" = 0 ] || echo "$left_out claims were not asked for (CLAIMS=$CLAIMS)"
	echo "$scenario_name: $shown claims shown, $not_shown not, $n assertions"
	[ "$not_shown" = 0 ] && [ "$shown" -gt 0 ] && [ "$n" -gt 0 ]
	exit
}

# --- assertions -------------------------------------------------------------------------------

asserted() {
	echo x >>"$here/assertions"
}

fail() {
	echo "FAILED: $*"
	if [ -s "$here/out" ]; then sed 's/^/stdout: /' "$here/out"; fi
	if [ -s "$here/err" ]; then sed 's/^/stderr: /' "$here/err"; fi
	exit 1
}

# is EXPECTED ACTUAL [WHAT]
is() {
	asserted
	[ "$1" = "$2" ] || fail "${3:-value}: expected '$1', got '$2'"
}

# holds WHAT COMMAND...
holds() {
	local what=$1
	shift
	asserted
	"$@" || fail "$what"
}

# exits CODE COMMAND...: its output stays in $here/out and $here/err.
exits() {
	local want=$1 got=0
	shift
	asserted
	timeout "$COMMAND_SECONDS" "$@" >"$here/out" 2>"$here/err" || got=$?
	[ "$got" = "$want" ] || fail "exit status $got instead of $want: $*"
}

# member FILTER: of the JSON object in $line. What is plain is found without a program, which takes
# most of the time of a scenario in the testbed.
member() {
	if [[ $1 =~ ^\.[a-z_]+$ && $line != *[\\]* && $line != *'{'*'{'* &&
		$line =~ \"${1#.}\":\"([^\"]*)\" ]]; then
		echo "${BASH_REMATCH[1]}"
	else
		jq -r "$1" <<<"$line"
	fi
}
last_line() { # FILE
	line=
	while IFS= read -r line_read || [ -n "$line_read" ]; do line=$line_read; done <"$1"
}
# field FILTER: of the last JSON object of the last command.
field() {
	local line line_read
	last_line "$here/out"
	member "$1"
}

# error_name: of the last command's failure, the last line of its messages.
error_name() {
	local line line_read
	last_line "$here/err"
	member .error
}

# until_true SECONDS WHAT COMMAND...: tries ten times a second.
until_true() {
	local tries=$(($1 * 10)) what=$2
	shift 2
	asserted
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "$what"
		sleep 0.1
	done
}

# --- devices ----------------------------------------------------------------------------------

# as DEVICE ARGUMENT...: the command on that device's store becomes "${as[@]}". What it dials goes
# out of its own adapter.
as() {
	local argument
	as=("$TREC" --store "$here/$1" --json)
	for argument in "${@:2}"; do
		case $argument in
		rfcomm://*\?*) as+=("$argument") ;;
		rfcomm://*) as+=("$argument?adapter=$(adapter "$1")") ;;
		*) as+=("$argument") ;;
		esac
	done
}
trec() {
	local as
	as "$@"
	timeout "$COMMAND_SECONDS" "${as[@]}"
}

# ok DEVICE ARGUMENT...; fails CODE NAME DEVICE ARGUMENT...; leaves CODE DEVICE ARGUMENT...
ok() {
	leaves 0 "$@"
}
leaves() {
	local as
	as "${@:2}"
	exits "$1" "${as[@]}"
}
fails() {
	leaves "$1" "${@:3}"
	is "$2" "$(error_name)" "error of: ${*:3}"
}

# device NAME [INIT-OPTION]...
device() {
	local name=$1
	shift
	[ "$SCENARIO_TRANSPORT" != rfcomm ] || plug_in "$name"
	ok "$name" init --name "$name" "$@"
	ok "$name" id
	field .id >"$here/$name.id"
}
id() {
	cat "$here/$1.id"
}

started() { # NAME PID
	echo "$2" >"$here/$1.pid"
}

ready_in() { # FILE PID
	local tries=$((READY_SECONDS * 20))
	until grep -q ready "$1" 2>/dev/null; do
		kill -0 "$2" 2>/dev/null || fail "it ended: $(tail -n 3 "$1" "${1%.events}.log" 2>&1)"
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "no ready line after $READY_SECONDS s"
		sleep 0.05
	done
}

# serve NAME [SERVE-OPTION]...: starts the daemon on a free address and waits until it is ready.
serve() {
	serve_on "$1" "$(free_address "$1")" "${@:2}"
}
# serve_again NAME [SERVE-OPTION]...: on the address that it had before.
serve_again() {
	serve_on "$1" "$(same_address "$1")" "${@:2}"
}
serve_on() { # NAME ADDRESS [SERVE-OPTION]...
	local name=$1 address=$2
	shift 2
	: >"$here/$name.events"
	[ $# -gt 0 ] || set -- --service "default=cat"
	"$TREC" --store "$here/$name" --json serve --listen "$address" "$@" \
		>"$here/$name.events" 2>>"$here/$name.log" &
	started "$name" $!
	ready_in "$here/$name.events" $!
	jq -r 'select(.event == "ready") | .uris[0]' "$here/$name.events" | head -n 1 >"$here/$name.uri"
}
uri() {
	cat "$here/$1.uri"
}
is_running() {
	kill -0 "$(cat "$here/$1.pid")" 2>/dev/null
}
gone() {
	! is_running "$1"
}

# stop NAME: as a service manager does. crash NAME: kill -9.
stop() {
	local pid
	pid=$(cat "$here/$1.pid")
	kill -TERM "$pid"
	until_true 10 "$1 does not end on SIGTERM" gone "$1"
	wait "$pid" 2>/dev/null || :
}
crash() {
	local pid
	pid=$(cat "$here/$1.pid")
	kill -KILL "$pid" 2>/dev/null || :
	wait "$pid" 2>/dev/null || :
}

# event NAME FILTER: a line of the daemon's output fits.
event() {
	jq -n -e "[inputs | select($2)] | length > 0" "$here/$1.events" >/dev/null 2>&1
}

# A window of NAME opens now; its secret is in $pin or $code and in $here/pin or $here/code.
open_pin() {
	ok "$1" window --pin "${@:2}"
	pin=$(field .pin)
	printf '%s\n' "$pin" >"$here/pin"
}
open_code() {
	ok "$1" window --code "${@:2}"
	code=$(field .code)
	printf '%s\n' "$code" >"$here/code"
}

# A PIN of as many digits that is not $pin, in $here/wrong.
wrong_pin() {
	local first=${pin:0:1}
	printf '%s%s\n' "$(((first + 1) % 10))" "${pin:1}" >"$here/wrong"
}

# paired A B: B's window by PIN, A pairs; both list each other as active.
paired() {
	open_pin "$2"
	ok "$1" pair "$(uri "$2")" --pin-file "$here/pin"
	is "$(id "$2")" "$(field .peer)" "peer of the pairing"
	is active "$(state "$1" "$2")" "$2 on the list of $1"
	until_true 5 "$1 is not active on $2" is_state active "$2" "$1"
}

# state A B: state of B in the list of A, `absent` if it is not there.
state() {
	local line of found=absent
	of=$(<"$here/$2.id")
	while IFS= read -r line; do
		[[ $line != "{\"id\":\"$of\","* || ! $line =~ \"state\":\"([^\"]*)\" ]] ||
			found=${BASH_REMATCH[1]}
	done < <(trec "$1" list --all)
	echo "$found"
}
is_state() { # STATE A B
	[ "$(state "$2" "$3")" = "$1" ]
}
# listed A: how many peers A lists, with those that are not in force.
listed() {
	trec "$1" list --all | jq -s length
}

# open_window METHOD: of bob, a PIN or a code; as open_pin and open_code.
open_window() {
	if [ "$1" = pin ]; then
		open_pin bob
	else
		open_code bob
	fi
}

# sound_and_heals WHEN [METHOD]: what a broken pairing left on alice and bob did no harm, the next
# contact, or a pairing by METHOD (code), makes it whole, and they part.
sound_and_heals() {
	local on_alice on_bob method=${2:-code}
	on_alice=$(state alice bob)
	on_bob=$(state bob alice)
	asserted
	case "$on_alice $on_bob" in
	'absent absent' | 'absent unconfirmed' | 'active unconfirmed' | 'active active') ;;
	*) fail "$1: bob is $on_alice on alice, alice is $on_bob on bob" ;;
	esac
	if [ "$on_alice" = active ]; then
		ok alice ping bob "$(uri bob)"
	else
		open_window "$method"
		ok alice pair "$(uri bob)" "--$method-file" "$here/$method"
	fi
	until_true 5 "$1: it heals" is_state active bob alice
	is active "$(state alice bob)" "$1: bob on alice"
	ok alice unpair bob
	until_true 5 "$1: bob drops alice" is_state absent bob alice
}

# --- addresses --------------------------------------------------------------------------------

# adapters: how many Bluetooth adapters there are.
adapters() {
	find /sys/class/bluetooth -maxdepth 1 -name 'hci*' ! -name '*:*' 2>/dev/null | wc -l
}
# plug_in NAME: it gets the next adapter.
plug_in() {
	local n
	[ ! -e "$here/$1.adapter" ] || return 0
	n=$(find "$here" -maxdepth 1 -name '*.adapter' | wc -l)
	[ "$n" -lt "$(adapters)" ] || cannot "$(adapters) Bluetooth adapters are too few"
	echo "hci$n" >"$here/$1.adapter"
}
adapter() {
	cat "$here/$1.adapter" 2>/dev/null || third_adapter
}
# Of whoever is no device of the claim.
third_adapter() {
	echo "hci$(($(adapters) - 1))"
}

# free_address NAME: where that device, or another program, may listen.
free_address() {
	case $SCENARIO_TRANSPORT in
	tcp) echo tcp://127.0.0.1:0 ;;
	unix) echo "unix:$(mktemp -u "$here/$1-XXXX.sock")" ;;
	rfcomm) echo "rfcomm:$(free_channel "$1")?adapter=$(adapter "$1")" ;;
	esac
}
# Whoever is on the wire has another address each time, as every new port is one.
free_channel() {
	[ -e "$here/$1.adapter" ] && return
	echo x >>"$here/channels"
	echo "/$(($(wc -l <"$here/channels") % 30 + 1))"
}
same_address() {
	uri "$1"
}
# Where nobody answers.
nowhere_address() {
	case $SCENARIO_TRANSPORT in
	tcp) echo tcp://127.0.0.1:1 ;;
	unix) echo "unix:$here/nobody.sock" ;;
	rfcomm) echo rfcomm://00:00:00:00:00:01/1 ;;
	esac
}
# A claim that rests on what the transport has not. only_tcp: TCP itself is the subject. needs_hints: addresses that mean something
# elsewhere, so that a code or a letter carries them. needs_half_close: one direction ends while the
# other goes on. needs_several: two connections at once between the same two ends.
only_tcp() {
	[ "$SCENARIO_TRANSPORT" = tcp ] || cannot "a matter of TCP"
}
needs_hints() {
	[ "$SCENARIO_TRANSPORT" != unix ] || cannot "no address of a unix socket is told to others"
}
needs_half_close() {
	[ "$SCENARIO_TRANSPORT" != rfcomm ] || cannot "RFCOMM ends both directions at once"
}
needs_several() {
	[ "$SCENARIO_TRANSPORT" != rfcomm ] || cannot "RFCOMM has one connection to a channel at a time"
}

# --- somebody on the wire ---------------------------------------------------------------------

# outsider URI: the same as a third party dials it.
outsider() {
	case $1 in
	rfcomm:*) echo "$1?adapter=$(third_adapter)" ;;
	*) echo "$1" ;;
	esac
}
# guess NAME pin|preset COUNT: what became of as many guesses at device NAME.
guess() {
	local wide=()
	[ "$SCENARIO_TRANSPORT" != rfcomm ] || wide=(--at-once 1)
	"$GUESSER" "${wide[@]}" "$(outsider "$(uri "$1")")" "${@:2}"
}
# tap NAME OPTION...: a proxy before device NAME; its address becomes $tap_uri.
tap() {
	local name=$1
	shift
	tap_as tap "$name" "$@"
	tap_uri=$(uri tap)
	export tap_uri
}
tap_says() {
	grep -qx "$1" "$here/tap.events"
}
# tap_as TAP NAME OPTION...: the same under a name of its own.
tap_as() {
	local tap=$1 name=$2
	shift 2
	: >"$here/$tap.events"
	"$TAPPROXY" "$@" --listen "$(free_address "$tap")" "$(outsider "$(uri "$name")")" \
		>"$here/$tap.events" 2>>"$here/tap.log" &
	started "$tap" $!
	ready_in "$here/$tap.events" $!
	sed -n 's/^ready //p' "$here/$tap.events" >"$here/$tap.uri"
}
