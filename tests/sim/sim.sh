# Sourced by the checks of the simulator: runs of one program, shared among two processes.
# shellcheck shell=sh

# campaign PROGRAM RUNS TWICE [OPTION]...: RUNS seeds from 1 on, half of them in each process, the
# first TWICE of each run twice. Where TREC_SOAK_SECONDS is set the second process begins far off
# and both go on with fresh seeds until the time is over.
campaign() {
	program=$1 half=$(($2 / 2)) twice=$3
	shift 3
	first=$((half + 1))
	if [ -n "${TREC_SOAK_SECONDS-}" ]; then
		set -- "$@" --seconds "$TREC_SOAK_SECONDS"
		first=$(($(date +%s) * 1000000))
	fi
	"$program" --from "$first" --runs "$half" --twice "$twice" "$@" >"$work/second" 2>&1 &
	second=$!
	status=0
	"$program" --from 1 --runs "$half" --twice "$twice" "$@" >"$work/first" 2>&1 || status=1
	wait "$second" || status=1
	cat "$work/first" "$work/second"
	return "$status"
}

# same_in_two_processes PROGRAM RUNS: whatever a process keeps or where its memory lies.
same_in_two_processes() {
	noise=$(head -c 3000 /dev/zero | tr '\0' x) # moves the stack
	"$1" --from 7000 --runs "$2" --hash >"$work/one"
	TREC_NOISE=$noise "$1" --from 7000 --runs "$2" --hash >"$work/two"
	[ "$(wc -l <"$work/one")" = "$2" ] && cmp "$work/one" "$work/two"
}

# another_seed_is_another_world PROGRAM: the trace would notice a difference.
another_seed_is_another_world() {
	"$1" --from 1 --runs 50 --hash | cut -d' ' -f2 | sort -u >"$work/hashes"
	[ "$(wc -l <"$work/hashes")" = 50 ]
}
