#!/usr/bin/env bash
# When an introducer goes: what it vouched for goes along or stays without its name, nothing of it
# is left in the store, the last one does not go unnoticed; and what it says of others that it
# parted from counts for those it vouched for, whoever carries the word.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
store_py=$(cd "${srcdir:-.}" && pwd)/tests/interop/store.py
. "${srcdir:-.}/tests/scenario/lib.sh"
. "$srcdir/tests/scenario/circle.sh"
scenario "introducers that go"

# introduced A B: by anna, and they have met.
introduced() {
	ok anna introduce "$1" "$2"
	ok "$1" ping "$2"
	is active "$(state "$1" "$2")" "$2 on the list of $1"
	until_true 5 "$1 is active on $2" is_state active "$2" "$1"
}
by_whom() { # A B
	trec "$1" show "$2" | jq -r .introduced_by
}
parted() { # KIND: peers that the last command names, sorted
	jq -r "select(.event == \"$1\") | .peer" "$here/out" | sort
}

# --- what goes along, what stays --------------------------------------------------------------

c613_cascade_parts_from_all_that_it_alone_vouched_for_and_names_them() {
	circle auto bert cleo dora emil
	introduced bert cleo
	introduced bert dora
	paired bert emil
	ok bert unpair anna --cascade
	is "$(sort cleo.id dora.id)" "$(parted cascaded)" "who went along"
	is "$(id anna)" "$(parted unpaired)" "who was parted from"
	is 1 "$(listed bert)" "peers of bert"
	is active "$(state bert emil)" "emil, paired by hand"
	ok bert ping emil
	fails 1 no-peer bert ping cleo
	fails 3 not-trusted cleo ping bert
	fails 3 not-trusted dora ping bert
	# For good: neither comes back by the word of another.
	ok emil allow bert introduce
	ok cleo list
	stop bert
	serve_again bert
	fails 3 not-trusted cleo ping bert
	is 1 "$(listed bert)" "peers of bert after a restart"
	# Between the others nothing changed.
	is active "$(state cleo anna)" "anna on cleo"
}

c613_without_cascade_they_stay_and_nobody_vouches_for_them() {
	circle auto bert cleo
	introduced bert cleo
	is "$(id anna)" "$(by_whom bert cleo)" "who introduced cleo"
	before=$(trec bert show cleo | jq -cS 'del(.introduced_by, .last_seen)')
	ok bert unpair anna
	is "" "$(parted cascaded)" "who went along"
	is "$before" "$(trec bert show cleo | jq -cS 'del(.introduced_by, .last_seen)')" "cleo's entry"
	is null "$(by_whom bert cleo)" "who introduced cleo, to bert"
	ok bert ping cleo
	ok cleo ping bert
	# On cleo, who did not part from her, she stands as before.
	is "$(id anna)" "$(by_whom cleo bert)" "who introduced bert, to cleo"
	crash bert
	serve_again bert
	is null "$(by_whom bert cleo)" "after a restart"
}

c613_one_that_was_paired_by_hand_since_does_not_go_along() {
	circle auto bert cleo
	introduced bert cleo
	paired bert cleo
	is pin "$(trec bert show cleo | jq -r .origin)" "origin"
	ok bert unpair anna --cascade
	is "" "$(parted cascaded)" "who went along"
	is active "$(state bert cleo)" "cleo on bert"
	ok bert ping cleo
}

# hex TEXT; hex_id ID: as they stand in a record.
hex() {
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}
hex_id() {
	printf '%s====' "${1:0:52}" | base32 -d 2>/dev/null | head -c 32 | od -An -v -tx1 | tr -d ' \n'
}
opened() { # NAME: all records of a store that nobody holds, in hex
	"$python" "$store_py" "$here/$1"
}
with_a_reader() {
	local p
	for p in python3 /usr/bin/python3; do
		if "$p" -c 'import cryptography.hazmat.primitives.ciphers.aead' 2>/dev/null; then
			python=$p
			return
		fi
	done
	cannot "python3-cryptography is not installed"
}
c613_neither_id_nor_name_of_the_introducer_is_left_in_the_store() {
	with_a_reader
	circle auto bert cleo dora
	ok bert rename anna introducer-of-old
	introduced bert cleo
	ok anna introduce bert dora --offline carried
	ok bert accept carried # not met yet: what vouches for it lies in the store
	stop bert
	cp -a bert before
	serve_again bert
	ok bert unpair introducer-of-old
	stop bert
	opened before >records.before
	opened bert >records.after
	for needle in "$(hex_id "$(id anna)")" "$(hex "$(id anna)")" "$(hex introducer-of-old)"; do
		is 1 "$(grep -c . <<<"$needle")" "needles"
	done
	holds "her id was there" grep -q "$(hex_id "$(id anna)")" records.before
	holds "and in a statement" grep -q "$(hex "trec:$(id anna)")" records.before
	holds "and her name" grep -q "$(hex introducer-of-old)" records.before
	for needle in "$(hex_id "$(id anna)")" "$(hex "$(id anna)")" "$(hex introducer-of-old)"; do
		asserted
		! grep -q "$needle" records.after || fail "$needle is left in a record"
	done
	holds "cleo's record is left" grep -q "$(hex_id "$(id cleo)")" records.after
	ok bert list --all
	asserted
	! grep -q "$(id anna)" out || fail "the list shows her"
	fails 1 no-peer bert show "$(id anna)"
}

# --- the last one -----------------------------------------------------------------------------

warned() {
	grep -q 'last peer that may introduce' "$here/err"
}
before_the_last_introducer_goes_there_is_a_warning() {
	circle auto bert
	device dora
	serve dora
	paired bert dora
	ok bert allow dora introduce
	# Two of them: no word about the first.
	ok bert unpair anna
	asserted
	! warned || fail "a warning although dora may introduce"
	# Nobody to ask: it goes on, and says so.
	ok bert unpair dora
	holds "a warning before the last one goes" warned
	is warning "$(grep 'last peer' err | jq -r .level)" "level"
	is unpaired "$(field .event)"
	is 0 "$(listed bert)" "peers of bert"
}
# answering WORD COMMAND...: with a terminal on which WORD is typed once the question is there.
answering() {
	local word=$1
	shift
	: >"$here/typescript"
	(
		for _ in $(seq 100); do
			! grep -q 'y/N' "$here/typescript" || break
			sleep 0.1
		done
		echo "$word"
		sleep 1
	) | timeout "$COMMAND_SECONDS" script -qefc "$*" "$here/typescript" >/dev/null
}
at_a_terminal_the_user_is_asked() {
	command -v script >/dev/null || cannot "script (util-linux) is not installed"
	circle auto bert
	got=0
	answering n "'$TREC' --store '$here/bert' unpair anna" || got=$?
	is 1 "$got" "exit after a no"
	holds "it was warned" grep -q 'last peer that may introduce' typescript
	is active "$(state bert anna)" "anna after a no"
	got=0
	answering n "'$TREC' --store '$here/bert' rotate" || got=$?
	is 1 "$got" "exit of rotate after a no"
	is "$(id bert)" "$(trec bert id | jq -r .id)" "own id after a no"
	"$TREC" --store "$here/bert" --json unpair anna --yes >out 2>err
	holds "a warning with --yes too" warned
	is absent "$(state bert anna)" "anna after a yes"
}
the_user_says_yes_at_a_terminal() {
	command -v script >/dev/null || cannot "script (util-linux) is not installed"
	circle auto bert
	got=0
	answering y "'$TREC' --store '$here/bert' unpair anna" || got=$?
	is 0 "$got" "exit after a yes"
	is absent "$(state bert anna)" "anna after a yes"
}

# --- what the introducer says of others -------------------------------------------------------

noticed() { # WHO ABOUT EFFECT
	event "$1" ".event == \"notice\" and .peer == \"$(id anna)\" and
		.subject == \"$(id "$2")\" and .effect == \"$3\""
}

c613_whom_an_introducer_dissolves_goes_where_she_alone_vouched_for_it() {
	circle auto bert cleo dora
	introduced bert cleo
	paired dora cleo # by hand: no business of anna's
	ok anna unpair cleo
	until_true 12 "bert parts from cleo" is_state absent bert cleo
	until_true 5 "and tells" noticed bert cleo dissolved
	until_true 12 "dora hears of it too" noticed dora cleo shown
	is active "$(state dora cleo)" "cleo on dora, who was paired by hand"
	ok dora ping cleo
	fails 3 not-trusted cleo ping bert
	# For good: not even anna brings it back, if she wanted.
	paired anna cleo
	ok cleo allow anna introduce
	exits 1 "$TREC" --store anna --json introduce bert cleo
	is absent "$(state bert cleo)" "cleo on bert"
}

c613_a_word_carried_by_a_third_counts_only_for_those_its_signer_vouched_for() {
	circle auto bert cleo dora emil
	introduced bert cleo
	paired emil cleo
	paired dora bert
	paired dora emil
	stop bert
	stop emil
	ok anna unpair cleo
	until_true 12 "dora hears of it" noticed dora cleo shown
	rm -rf anna # gone for good
	serve_again bert
	serve_again emil
	is active "$(state bert cleo)" "cleo on bert, who was off"
	ok dora ping bert
	until_true 5 "bert parts from cleo" is_state absent bert cleo
	holds "it was anna's word" noticed bert cleo dissolved
	ok dora ping emil
	until_true 5 "emil hears of it" noticed emil cleo shown
	is active "$(state emil cleo)" "cleo on emil, who was paired by hand"
	fails 3 not-trusted cleo ping bert
	ok cleo ping emil
}

c613_one_who_may_not_introduce_ends_nobody_elses_trust() {
	circle auto bert cleo dora
	introduced bert cleo
	paired dora bert
	paired dora cleo
	ok dora unpair cleo # dora vouched for nobody
	until_true 12 "bert hears of it" event bert \
		".event == \"notice\" and .peer == \"$(id dora)\" and .effect == \"shown\""
	is active "$(state bert cleo)" "cleo on bert"
	ok bert ping cleo
}

open_sessions_carry_the_word_to_peers_without_an_address() {
	device anna
	serve anna
	device bert
	device cleo
	serve cleo
	paired bert anna # bert listens nowhere
	paired anna cleo
	mkfifo in
	sleep 60 >in &
	"$TREC" --store "$here/bert" --json connect anna <in >got 2>said &
	started session $!
	until_true 5 "the session is open" event anna '.event == "session"'
	ok anna unpair cleo
	holds "the session goes on" is_running session
	crash session
	serve bert
	until_true 5 "bert kept the word" has_notice bert
}
has_notice() {
	[ "$(trec "$1" info | jq .notices)" = 1 ]
}

peers_that_do_not_answer_keep_nobody_longer_than_ten_seconds() {
	circle auto bert cleo dora emil
	for name in cleo dora emil; do
		kill -STOP "$(cat "$name.pid")"
	done
	begun=$SECONDS
	ok anna unpair bert
	is true "$(field .told)" "bert was told"
	took=$((SECONDS - begun))
	for name in cleo dora emil; do
		kill -CONT "$(cat "$name.pid")"
	done
	holds "it took $took s" test "$took" -le 12
	ok anna ping cleo
}

claim c613_cascade_parts_from_all_that_it_alone_vouched_for_and_names_them
claim c613_without_cascade_they_stay_and_nobody_vouches_for_them
claim c613_one_that_was_paired_by_hand_since_does_not_go_along
claim c613_neither_id_nor_name_of_the_introducer_is_left_in_the_store
claim before_the_last_introducer_goes_there_is_a_warning
claim at_a_terminal_the_user_is_asked
claim the_user_says_yes_at_a_terminal
claim c613_whom_an_introducer_dissolves_goes_where_she_alone_vouched_for_it
claim c613_a_word_carried_by_a_third_counts_only_for_those_its_signer_vouched_for
claim c613_one_who_may_not_introduce_ends_nobody_elses_trust
claim open_sessions_carry_the_word_to_peers_without_an_address
claim peers_that_do_not_answer_keep_nobody_longer_than_ten_seconds
scenario_end
