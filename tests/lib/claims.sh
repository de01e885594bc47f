# Sourced by test scripts: a claim is a shell function whose name says what it shows. The last
# line has the form that test programs print too, so that `./dev test` can add all of them up.
# shellcheck shell=sh
srcdir=${srcdir:-.}
claims_shown=0
claims_failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# claim FUNCTION [ARGUMENT]...: runs it in a subshell; its output is shown when it fails.
claim() {
	if (set -e; "$@") >"$work/.claim" 2>&1; then
		claims_shown=$((claims_shown + 1))
	else
		claims_failed=$((claims_failed + 1))
		echo "not shown: $*"
		sed 's/^/  /' "$work/.claim"
	fi
}

# refused TEXT COMMAND...: the command fails and says TEXT. For tests of the tests.
refused() {
	text=$1
	shift
	if said=$("$@" 2>&1); then
		echo "accepted: $*"
		return 1
	fi
	case $said in
	*"$text"*) ;;
	*)
		printf 'it failed without saying "%s":\n%s\n' "$text" "$said"
		return 1
		;;
	esac
}

skip() {
	echo "SKIP $1: $2"
	exit 77
}

claims_end() {
	echo "$1: $claims_shown claims shown, $claims_failed not, $((claims_shown + claims_failed)) assertions"
	[ "$claims_failed" = 0 ] && [ "$claims_shown" -gt 0 ]
}
