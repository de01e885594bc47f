#!/usr/bin/env bash
# The real command killed by SIGKILL before its system calls, while it changes a store: what is left
# opens and is as before or as after, and of what was deleted nothing is in the file once it is as
# after. Here before each call that writes and some of the others; `soak` before every one.
# tests/unit/test_keystore_kill does the same for the library alone.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
# A kill leaves what was written on any file system: one where syncs take no time.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then
	export TMPDIR=/dev/shm
fi
. "${srcdir:-.}/tests/scenario/lib.sh"
CLAIM_SECONDS=600
scenario "the command killed at each call"
EVERY=29
[ "${1:-}" != soak ] || EVERY=1
RAW_IMAGE=${RAW_IMAGE:-$PWD/tests/interop/raw_image}

command -v strace >/dev/null || skip "strace is not installed"
strace -qq -o /dev/null true 2>/dev/null || skip "strace may not trace programs here (ptrace is not permitted)"

# The program behind libtool's wrapper: killing a shell shows nothing.
real=$TREC
if [ -x libtool ]; then
	# shellcheck disable=SC2016 # for the inner shell
	eval "$(./libtool --mode=execute sh -c \
		'echo "real=$1"; echo "export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}"' - "$TREC")"
fi
export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer is a tracer itself, as strace is

as_before() {
	rm -rf "$here/alice"
	cp -a "$here/before" "$here/alice"
}
run() { # STRACE-OPTION... -- ARGUMENT...
	local -a options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	strace -f -qq "${options[@]}" "$real" --store "$here/alice" --json "$@" >"$here/out" 2>"$here/err" </dev/null
}
# Each call of a whole run from the start of main on: its kind and its number among its kind, which
# strace counts in each thread.
calls() { # ARGUMENT...
	as_before
	run -o "$here/log" -- "$@" || fail "the command itself"
	awk '$2 ~ /^[a-z]/ {
			kind = $2
			sub(/[(].*/, "", kind)
			nth = ++n[$1, kind]
			if (begun && kind !~ /^exit/ && !seen[kind, nth]++) print kind, nth
		}
		/PR_SET_DUMPABLE/ { begun = 1 }' "$here/log" >"$here/calls"
	holds "there are calls that write" grep -q pwrite64 "$here/calls"
}
# 16-byte samples of all that this command overwrites: slots, tables, wrapped keys.
samples() {
	perl -e 'local $/; my @f; for (@ARGV) { open F, "<", $_ or die; binmode F; push @f, <F> }
		binmode STDOUT;
		for (212, 4096 + 212, map { 8192 + 256 * $_ } 0 .. (length($f[0]) - 8192) / 256 - 1) {
			my $was = substr $f[0], $_, 16;
			print $was if $was ne substr $f[1], $_, 16;
		}' "$here/before/store" "$here/alice/store" >"$here/samples"
	holds "something was overwritten" test -s "$here/samples"
}

# killed AFTER ARGUMENT...: AFTER is a function that holds once the change is there.
killed() {
	local after=$1 kind nth i=0 was=0 is_now=0 found
	shift
	calls "$@"
	samples
	while read -r kind nth; do
		i=$((i + 1))
		case $kind in
		pwrite64 | fdatasync | fsync | fallocate | renameat | unlinkat | flock) ;;
		*) [ $((i % EVERY)) = 0 ] || continue ;;
		esac
		as_before
		run -o /dev/null -e "trace=$kind" -e "inject=$kind:signal=KILL:when=$nth" -- "$@" || :
		asserted
		if "$after"; then
			is_now=$((is_now + 1))
			read -r found _ < <("$RAW_IMAGE" find "$here/alice/store" "$here/samples")
			is 0 "$found" "old bytes in the file, killed at $kind number $nth"
		else
			was=$((was + 1))
			[ ! -s "$here/out" ] || fail "$kind number $nth: it said so, and it was not done"
			"$unchanged" || fail "killed at $kind number $nth: neither before nor after"
		fi
	done <"$here/calls"
	echo "$*: before $was, after $is_now"
	holds "some kills come before the change ($was) and some after it ($is_now)" \
		test "$was" -gt 3 -a "$is_now" -gt 3
}

one_peer() {
	device alice
	device bob
	serve bob
	paired alice bob
	stop bob
	mv "$here/alice" "$here/before"
	as_before
}
name_is() {
	[ "$(trec alice list --all | jq -r .name)" = "$1" ]
}
is_called_bob() { name_is bob; }
is_called_lamp() { name_is lamp; }
is_gone() { [ "$(trec alice list --all)" = "" ] && trec alice info >/dev/null; }
preset_is_set() { trec alice info | jq -e .preset_set >/dev/null; }
preset_is_not_set() { trec alice info | jq -e '.preset_set | not' >/dev/null; }

c633_a_killed_unpair_is_not_begun_or_done_and_nothing_is_left() {
	one_peer
	unchanged=is_called_bob
	killed is_gone unpair bob
}
c631_f_a_killed_rename_is_not_begun_or_done() {
	one_peer
	unchanged=is_called_bob
	killed is_called_lamp rename bob lamp
}
c631_f_a_killed_preset_is_not_begun_or_done() {
	device alice
	mv "$here/alice" "$here/before"
	as_before
	echo 12345678 >"$here/preset"
	unchanged=preset_is_not_set
	killed preset_is_set preset --pin-file "$here/preset"
}

# The new key and the words that tell of it come together, or the old key is what it was.
key_is() { # ID SEQUENCE
	[ "$(trec alice id | jq -r .id) $(trec alice info | jq .sequence)" = "$1 $2" ]
}
key_is_old() { key_is "$(id alice)" 0; }
key_is_new() {
	! key_is_old && key_is "$(trec alice id | jq -r .id)" 1
}
c633_a_killed_rotate_is_not_begun_or_done_and_the_old_key_is_gone() {
	one_peer
	unchanged=key_is_old
	killed key_is_new rotate --yes
}

claim c633_a_killed_unpair_is_not_begun_or_done_and_nothing_is_left
claim c631_f_a_killed_rename_is_not_begun_or_done
claim c633_a_killed_rotate_is_not_begun_or_done_and_the_old_key_is_gone
# The verifier's scrypt in each run makes this one long.
[ "$EVERY" != 1 ] || claim c631_f_a_killed_preset_is_not_begun_or_done
scenario_end
