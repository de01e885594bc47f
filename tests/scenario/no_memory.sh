#!/usr/bin/env bash
# Memory that runs out in the real command and daemon, at a chosen allocation, once or for good
# (tests/lib/failalloc). The command ends with an error, or gives up in good order where it or
# libuv cannot go on (SIGABRT); it never runs astray, the store is whole afterwards, nobody is
# trusted by a device that it does not trust, and the next contact heals.
#
# Places are taken all along a run and the last ones one by one; TREC_TORTURE_STEPS: how many.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
CLAIM_SECONDS=240
FAILALLOC=${FAILALLOC:-$PWD/tests/lib/.libs/failalloc.so}
steps=${TREC_TORTURE_STEPS:-2}
scenario "no memory"
[ -f "$FAILALLOC" ] || skip "tests/lib/failalloc is not built as a shared library"
if grep -aq '__asan_init\|__tsan_init' "$(dirname "$TREC")/.libs/trec" "$TREC" 2>/dev/null; then
	skip "a sanitizer has an allocator of its own"
fi

# starved N MODE COMMAND...: its N-th allocation fails, with all that follow if MODE is on.
starved() {
	local n=$1 mode=$2
	shift 2
	: >"$here/says"
	[ "$mode" = once ] || export TREC_FAIL_ON=1
	TREC_FAIL_ALLOC=$n TREC_FAIL_SAYS=$here/says LD_PRELOAD=$FAILALLOC exec "$@"
}
# ends_well STATUS WHAT: an exit of its own or an abort, no other signal and no time-out.
ends_well() {
	asserted
	[ "$1" -lt 100 ] || [ "$1" = 134 ] ||
		fail "$2: status $1, $(tail -n 2 "$here/err" 2>&1)"
}
# places COMMAND...: how many allocations it makes, and where they are to fail, in $places.
places() {
	local count n
	(starved 99999999 once "$@") >"$here/out" 2>"$here/err" || fail "not even with memory: $*"
	count=$(sed -n 's/^count //p' "$here/says")
	holds "allocations are counted ($count)" test "${count:-0}" -gt 20
	places=
	for ((n = 0; n < steps; n++)); do
		places="$places $n $((n * count / steps + n)) $((count - 1 - n)) $((count - 5 - 3 * n))"
	done
}
each_place() { # COMMAND...
	local n mode status
	for mode in once on; do
		for n in $places; do
			status=0
			(starved "$n" "$mode" timeout 20 "$@") >"$here/out" 2>"$here/err" ||
				status=$?
			ends_well "$status" "allocation $n fails ($mode): $*"
		done
	done
}

no_command_runs_astray_and_the_store_is_whole() {
	device alice
	device bob
	serve bob
	paired alice bob
	stop bob
	for command in "list --all" id info "allow bob service:light" "rename bob robert"; do
		# shellcheck disable=SC2086 # words on purpose
		places "$TREC" --store "$here/alice" $command
		# shellcheck disable=SC2086
		each_place "$TREC" --store "$here/alice" $command
		trec alice rename robert bob >rename.out 2>&1 || :
		is active "$(state alice bob)" "bob on alice after: $command"
	done
}
an_init_that_failed_can_be_done_again() {
	local n
	places "$TREC" --store "$here/first" init --name first
	for n in $places; do
		status=0
		(starved "$n" once timeout 20 "$TREC" --store "$here/s$n" init --name s) >out 2>err ||
			status=$?
		ends_well "$status" "allocation $n of init fails"
		[ "$status" = 0 ] || ok "s$n" init --name s
		ok "s$n" id
		rm -rf "${here:?}/s$n"
	done
}

c611_an_initiator_without_memory_leaves_no_half_trust() {
	device alice
	device bob
	serve bob
	open_code bob
	places "$TREC" --store "$here/alice" pair "$(uri bob)" --code-file "$here/code"
	until_true 5 "bob lists alice" is_state active bob alice
	for n in $places; do
		status=0
		open_code bob
		(starved "$n" once timeout 20 "$TREC" --store "$here/alice" pair "$(uri bob)" \
			--code-file "$here/code") >out 2>err || status=$?
		ends_well "$status" "allocation $n of the initiator fails"
		sound_and_heals "allocation $n of the initiator"
	done
}

# One life of bob's daemon with a pairing in it; its exit status is in $status.
starved_daemon() { # N
	: >"$here/bob.events"
	(starved "$1" once "$TREC" --store "$here/bob" --json serve --listen "$(free_address bob)" \
		--service default=cat) >"$here/bob.events" 2>"$here/err" &
	started bob $!
	until_true 15 "it is ready or ends" sh -c \
		"grep -q ready '$here/bob.events' || ! kill -0 $! 2>/dev/null"
	jq -r 'select(.event == "ready") | .uris[0]' "$here/bob.events" | head -n 1 >"$here/bob.uri"
	if is_running bob && trec bob window --code >window.out 2>window.err; then
		jq -r .code window.out >code
		trec alice pair "$(uri bob)" --code-file "$here/code" >pair.out 2>pair.err || :
	fi
	kill -TERM "$(cat "$here/bob.pid")" 2>/dev/null || :
	until_true 20 "it ends" gone bob
	status=0
	wait "$(cat "$here/bob.pid")" || status=$?
}
c611_a_responder_without_memory_leaves_no_half_trust() {
	device alice
	device bob
	starved_daemon 99999999
	is 0 "$status" "a daemon with memory ends well"
	count=$(sed -n 's/^count //p' "$here/says")
	holds "allocations are counted ($count)" test "${count:-0}" -gt 100
	serve bob
	sound_and_heals "with memory"
	stop bob
	for ((n = 0; n < 2 * steps; n++)); do
		at=$((n * count / (2 * steps) + 40 * n))
		starved_daemon $at
		ends_well "$status" "allocation $at of the daemon fails"
		serve bob
		sound_and_heals "allocation $at of the daemon"
		stop bob
	done
}

# This test can fail.
a_crash_and_a_hang_are_noticed() {
	for status in 139 135 124 137; do
		asserted
		! (ends_well "$status" "a status that is none") >/dev/null ||
			fail "status $status passes"
	done
	ends_well 1 "an error"
}

claim a_crash_and_a_hang_are_noticed
claim no_command_runs_astray_and_the_store_is_whole
claim an_init_that_failed_can_be_done_again
claim c611_an_initiator_without_memory_leaves_no_half_trust
claim c611_a_responder_without_memory_leaves_no_half_trust
scenario_end
