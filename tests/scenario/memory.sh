#!/usr/bin/env bash
# What a daemon's memory and core hold of secrets after pairing, session and dissolution: nothing
# but its own private key, and that in the arena only. The peer is tests/memory/observer, which
# writes down what both ends computed; tests/memory/memscan searches the daemon for it.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
. "$srcdir/tests/scenario/lib.sh"
MEMORY=${MEMORY:-$PWD/tests/memory}
scenario "memory"
if grep -aq '__asan_init\|__tsan_init' "$(dirname "$TREC")/.libs/trec" "$TREC" 2>/dev/null; then
	skip "a sanitizer keeps copies of its own"
fi

# A device that nobody serves yet; its private key and its store's key are in $here/NAME.keys.
keyed() {
	device "$@"
	"$MEMORY/observer" keys "$here/$1" >"$here/$1.keys"
	holds "the key of $1 is known" grep -q '^key own-key ' "$here/$1.keys"
	printf 'key key-file %s\n' "$(hex_of <"$here/$1/key")" >>"$here/$1.keys"
}

# scan MODE TARGET SECRETS...: memscan's output is in $here/scan. Those that may stand in the arena
# besides the own key are in $allowed.
allowed=
scan() {
	local mode=$1 target=$2 status=0
	shift 2
	cat "$@" >"$here/secrets"
	# shellcheck disable=SC2086 # words on purpose
	"$MEMORY/memscan" "$mode" "$target" "$here/secrets" own-key own-scalar own-prefix $allowed \
		>"$here/scan" 2>&1 || status=$?
	[ "$status" != 77 ] || cannot "$(cat "$here/scan")"
	return "$status"
}
clean() { # DEVICE WHEN SECRETS...
	local name=$1 when=$2
	shift 2
	asserted
	scan live "$(cat "$here/$name.pid")" "$here/$name.keys" "$@" ||
		fail "$when: $(cat "$here/scan")"
}

# tells FILE NAME...: the observer has caught each of them.
tells() {
	local file=$1 name
	shift
	for name; do
		holds "$name is known" grep -q "^[a-z]* $name " "$file"
	done
}
pake_names="PIN w0 w1 K_main PRK K_confirmP K_confirmV K_shared epsk epskx ipsk K_cc"
code_names="secret code-secret K_code epsk epskx ipsk K_cc"

hex_of() {
	od -An -v -tx1 | tr -d ' \n'
}

# twelve FILE: that many random digits.
twelve() {
	od -An -v -tu1 -N200 /dev/urandom | tr -s ' \n' '\n' | awk '$1 != "" && $1 < 250 {
		printf "%d", $1 % 10; if (++n == 12) exit }' >"$1"
	is 12 "$(wc -c <"$1")" "digits of the PIN"
}

# observed URI SECRET-FILE: pairs with it as the device `watcher`; what it saw is in $here/seen.
observed() {
	"$MEMORY/observer" pair "$here/watcher" "$1" "$2" >"$here/seen" 2>"$here/err" ||
		fail "the observer did not pair"
}

# awaits METHOD: the observer's window is open at $watcher_uri, its secret in $here/typed.
awaits() {
	"$MEMORY/observer" await "$here/watcher" "$1" "$here/typed" >"$here/seen" \
		2>"$here/observer.err" &
	until_true 10 "the observer listens" grep -q '^uri ' "$here/seen"
	watcher_uri=$(sed -n 's/^uri //p' "$here/seen")
}

# A session, one in the other direction, then the end: from this side or from that.
goes_on() { # DEVICE SECRETS...
	local name=$1
	shift
	ok watcher ping "$name" "$(uri "$name")"
	clean "$name" "after a session" "$@"
	for from in watcher "$name"; do
		[ "$from" = watcher ] || open_and_pair_again "$name"
		if [ "$from" = watcher ]; then
			ok watcher unpair "$name"
		else
			ok "$name" unpair watcher
		fi
		clean "$name" "after $from dissolved the trust" "$@" "$here/seen"
	done
}
open_and_pair_again() {
	open_pin "$1" --digits 12
	observed "$(uri "$1")" "$here/pin"
}

# pairing_is_clean DEVICE NAMES: the observer saw them all, and the daemon keeps none, now and later.
pairing_is_clean() {
	# shellcheck disable=SC2086 # words on purpose
	tells seen $2
	clean "$1" "after the pairing" "$here/seen"
	cp seen first
	goes_on "$1" "$here/first"
}

c631_i_a_daemon_whose_pin_was_typed_keeps_no_secret() {
	keyed bob
	device watcher
	serve bob
	open_pin bob --digits 12
	printf 'text pin %s\n' "$(printf %s "$pin" | hex_of)" >"$here/shown"
	clean bob "while the window is open" "$here/shown"
	observed "$(uri bob)" "$here/pin"
	pairing_is_clean bob "$pake_names"
	scan plant "$(cat "$here/bob.pid")" "$here/bob.keys" "$here/first" ||
		fail "the search misses what is there: $(cat "$here/scan")"
	clean bob "after the planting" "$here/first"
}

c631_i_a_daemon_with_a_preset_pin_keeps_no_secret() {
	keyed bob --key p256
	device watcher
	serve bob
	twelve typed
	printf 'text pin %s\n' "$(hex_of <typed)" >"$here/shown"
	ok bob preset --pin-file typed
	clean bob "after the PIN was set" "$here/shown"
	ok bob window --preset
	echo >>typed
	observed "$(uri bob)" "$here/typed"
	until_true 5 "the window is closed" no_window bob
	pairing_is_clean bob "$pake_names"
}
no_window() {
	[ "$(trec "$1" info | jq -r .window)" = null ]
}

c631_i_a_daemon_that_paired_by_pin_keeps_no_secret() {
	keyed alice
	device watcher
	serve alice
	awaits pin
	ok alice pair "$watcher_uri" --pin-file typed
	until_true 5 "the observer has seen it all" grep -q '^key ipsk ' seen
	pairing_is_clean alice "$pake_names"
}

c631_i_a_daemon_that_showed_a_code_keeps_no_secret() {
	keyed bob
	device watcher
	serve bob
	open_code bob
	observed "$(uri bob)" "$here/code"
	pairing_is_clean bob "$code_names"
}

c631_i_a_daemon_that_read_a_code_keeps_no_secret() {
	keyed alice
	device watcher
	serve alice
	awaits code
	ok alice pair "$watcher_uri" --code-file typed
	until_true 5 "the observer has seen it all" grep -q '^key ipsk ' seen
	pairing_is_clean alice "$code_names"
}

c631_i_wrong_pins_leave_no_secret_on_either_side() {
	keyed alice
	keyed bob
	device watcher
	serve bob
	serve alice
	open_pin bob --digits 12
	wrong_pin
	"$MEMORY/observer" pair "$here/watcher" "$(uri bob)" wrong >seen 2>err &&
		fail "a wrong PIN paired"
	tells seen PIN w0 w1
	printf 'text pin %s\n' "$(printf %s "$pin" | hex_of)" >>seen
	clean bob "after a wrong PIN was tried" "$here/seen"
	awaits pin
	pin=$(cat typed)
	wrong_pin
	fails 3 wrong-pin alice pair "$watcher_uri" --pin-file wrong
	printf 'text wrong %s\n' "$(tr -d '\n' <wrong | hex_of)" >>seen
	clean alice "after a wrong PIN was typed" "$here/seen"
}

# In the middle of a run: the channel stands, and the daemon's user is being asked.
c631_i_while_a_consent_waits_no_secret_is_outside_the_arena() {
	keyed bob
	device watcher
	lesser no-secretmem
	serve bob
	open_code bob --multi
	"$MEMORY/observer" pair "$here/watcher" "$(uri bob)" code >seen 2>>err &
	until_true 10 "bob is asked" asked
	# shellcheck disable=SC2086 # words on purpose
	tells seen $code_names
	asserted
	allowed=$code_names scan live "$(cat bob.pid)" bob.keys seen || fail "$(cat scan)"
	holds "K_cc is there, in the arena" grep -q '^kept K_cc' scan
	ok bob answer "$(trec bob pending | jq -r .number)" yes
	until_true 10 "they paired" is_state active bob watcher
	allowed="secret code-secret" # the window stays open
	clean bob "after the pairing" seen
}
asked() {
	[ -n "$(trec bob pending)" ]
}

# The same of a device without a daemon, whose command lives as long as the run.
c631_i_a_command_without_a_daemon_keeps_its_code_in_the_arena() {
	device alice
	device bob
	lesser no-secretmem
	serve bob
	open_code bob --multi
	printf 'text secret %s\n' "$(printf %s "$code" | hex_of)" >shown
	"$TREC" --store "$here/alice" --json pair --code-file code >out 2>>err &
	until_true 10 "bob is asked" asked
	asserted
	allowed=secret scan live $! shown || fail "$(cat scan)"
	holds "the code is there, in the arena" grep -q '^kept secret' scan
	ok bob answer "$(trec bob pending | jq -r .number)" yes
	until_true 10 "they paired" is_state active bob alice
}

c631_i_a_passphrase_is_gone_when_the_store_is_open() {
	echo "a passphrase of several words" >words
	export TREC_PASSPHRASE_FILE=$here/words
	device bob --provider passphrase
	serve bob
	printf 'text passphrase %s\n' "$(tr -d '\n' <words | hex_of)" >shown
	asserted
	scan live "$(cat bob.pid)" shown || fail "$(cat scan)"
	ok bob info
	is 1 "$(field .level)" level
	asserted
	scan live "$(cat bob.pid)" shown || fail "after a request: $(cat scan)"
}

# --- the arena --------------------------------------------------------------------------------

# lesser WORD...: from here on the command runs on a lesser machine; see tests/memory/launch.c.
lesser() {
	asserted
	"$MEMORY/launch" "$@" -- true >"$here/out" 2>&1 || cannot "no system call filters here"
	printf '#!/bin/sh\nexec "%s" %s -- "%s" "$@"\n' "$MEMORY/launch" "$*" "$TREC" >"$here/lesser"
	chmod +x "$here/lesser"
	TREC=$here/lesser
}

# arena_is WHAT: bob's info says so.
arena_is() {
	ok bob info
	is "$1" "$(field .secrets_in)" "memory that secrets are in"
}

c631_i_the_arena_is_secret_memory_where_the_kernel_has_it() {
	"$MEMORY/launch" has-secretmem || cannot "this kernel has no memfd_secret, or it is off"
	keyed bob
	arena_is secretmem
	serve bob --require-locked
	arena_is secretmem
	clean bob "in secret memory"
	is 0 "$(grep -c '^kept' scan)" "places where even root finds the key"
	holds "the arena is hidden" grep -q '(1 hidden)' scan
}

c631_i_the_arena_is_locked_memory_elsewhere_and_holds_the_key() {
	keyed bob
	lesser no-secretmem
	serve bob --require-locked
	arena_is locked
	clean bob "in locked memory"
	holds "the key is in the arena" grep -q '^kept own-key' scan
	is 0 "$(grep -c '^found' scan)" "places outside"
}

c631_i_without_locked_memory_info_says_so_and_the_search_notices() {
	keyed bob
	lesser no-secretmem no-mlock
	serve bob
	arena_is plain
	asserted
	scan live "$(cat bob.pid)" bob.keys && fail "a key in plain memory went unnoticed"
	holds "it is found" grep -q '^found own-key' scan
}

c631_i_require_locked_refuses_plain_memory() {
	device bob
	lesser no-secretmem no-mlock
	echo 123456 >pin
	fails 5 not-locked bob serve --require-locked
	fails 5 not-locked bob --require-locked info
	fails 5 not-locked bob pair "$(nowhere_address)" --pin-file pin --require-locked
	fails 5 not-locked fresh init --require-locked
	holds "no store was made" test ! -e fresh
	ok bob id
}

# --- cores ------------------------------------------------------------------------------------

c631_i_the_daemon_leaves_no_core() {
	device bob
	serve bob
	is "0 0" "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$(cat bob.pid)/limits")" limits
	kill -ABRT "$(cat bob.pid)"
	until_true 10 "it ends" gone bob
	is "" "$(find . -name 'core*')" "core files"
}

# The command is kept from turning dumps off; then it is up to the arena.
c631_i_a_core_holds_no_secret() {
	case $(cat /proc/sys/kernel/core_pattern) in
	core) ;;
	*) cannot "core files do not go where they can be read here" ;;
	esac
	keyed bob
	device watcher
	lesser no-secretmem dumpable
	serve bob
	arena_is locked
	open_pin bob --digits 12
	observed "$(uri bob)" "$here/pin"
	open_pin bob --digits 12
	printf 'text pin %s\n' "$(printf %s "$pin" | hex_of)" >shown
	kill -ABRT "$(cat bob.pid)"
	until_true 20 "it ends" gone bob
	core=$(find . -name 'core*')
	[ -n "$core" ] || cannot "no core file was written"
	asserted
	scan core "$core" bob.keys seen shown || fail "$(cat scan)"
	# What is no secret is there, and found: the folder, in the daemon's arguments.
	printf 'text folder %s\n' "$(printf %s "$here/bob" | hex_of)" >folder
	asserted
	scan core "$core" folder && fail "the search of a core misses what is there"
	holds "it is found" grep -q '^found folder' scan
}

claim c631_i_a_daemon_whose_pin_was_typed_keeps_no_secret
claim c631_i_a_daemon_with_a_preset_pin_keeps_no_secret
claim c631_i_a_daemon_that_paired_by_pin_keeps_no_secret
claim c631_i_a_daemon_that_showed_a_code_keeps_no_secret
claim c631_i_a_daemon_that_read_a_code_keeps_no_secret
claim c631_i_wrong_pins_leave_no_secret_on_either_side
claim c631_i_while_a_consent_waits_no_secret_is_outside_the_arena
claim c631_i_a_command_without_a_daemon_keeps_its_code_in_the_arena
claim c631_i_a_passphrase_is_gone_when_the_store_is_open
claim c631_i_the_arena_is_secret_memory_where_the_kernel_has_it
claim c631_i_the_arena_is_locked_memory_elsewhere_and_holds_the_key
claim c631_i_without_locked_memory_info_says_so_and_the_search_notices
claim c631_i_require_locked_refuses_plain_memory
claim c631_i_the_daemon_leaves_no_core
claim c631_i_a_core_holds_no_secret
scenario_end
