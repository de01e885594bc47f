#!/usr/bin/env bash
# The demo of the README is a test itself: it ends well, and says what it is meant to say.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "demo"
demo=$(cd "${srcdir:-.}" && pwd)/tests/scenario/demo

says() {
	holds "the demo says: $1" grep -qE "$1" out
}

the_demo_pairs_talks_introduces_parts_and_is_refused() {
	TREC=$TREC exits 0 "$demo"
	is 13 "$(grep -cE '^[0-9]+\. [A-Z].*\.$' out)" "steps in plain words"
	is 13 "$(grep -cE '^   .* \([0-9]+ ms\)$' out)" "steps with their time"
	says 'PIN [0-9]{6}, '
	says 'paired with lamp in [0-9.]+ ms'
	says 'phone trusts: lamp; lamp trusts: phone '
	says 'lamp heard phone say: light, please'
	says 'phone heard lamp say: bulb is old'
	says 'phone trusts: (lamp tv|tv lamp); tv trusts: phone; lamp trusts: phone '
	says '(lamp now knows tv; tv now knows lamp|tv now knows lamp; lamp now knows tv) '
	says 'lamp heard tv say: film begins; tv heard lamp say: light is off '
	says 'the lamp was told; phone trusts: tv; lamp trusts: tv '
	says '^   refused: .*(trust|parted|know|dissolved)'
	is "All 13 steps went well." "$(tail -n 1 out)" "last line"
}
the_demo_leaves_nothing_behind() {
	mkdir tmp
	TMPDIR=$here/tmp TREC=$TREC exits 0 "$demo"
	is 0 "$(find tmp -mindepth 1 | wc -l)" "files left"
}
a_demo_without_the_command_says_so() {
	TREC=$here/nothing exits 1 "$demo"
	holds "it names ./dev demo" grep -q 'run ./dev demo' err
}

claim the_demo_pairs_talks_introduces_parts_and_is_refused
claim the_demo_leaves_nothing_behind
claim a_demo_without_the_command_says_so
scenario_end
