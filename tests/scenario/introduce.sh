#!/usr/bin/env bash
# Introduction: a device that two others trust makes them known to each other while it is on; from
# then on they need it no more. Whoever may not, or whose user says no, changes nothing. With the
# word `soak` what takes a minute of waiting.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
. "${srcdir:-.}/tests/scenario/circle.sh"
scenario "introductions"
[ "${1:-}" != soak ] || CLAIM_SECONDS=200

# --- while the introducer is on ---------------------------------------------------------------

c612_introduced_devices_connect_while_the_introducer_is_off() {
	circle auto bert cleo
	serve anna
	ok anna introduce bert cleo
	is introduced "$(outcome bert cleo)" "bert to cleo"
	is introduced "$(outcome cleo bert)" "cleo to bert"
	knows bert cleo
	knows cleo bert
	stop anna
	talks bert cleo
	talks cleo bert
	is "introduction $(id anna)" "$(trec cleo show bert | jq -r '.origin + " " + .introduced_by')"
	is null "$(trec cleo show bert | jq -r .expires)" "an end of the trust"
	holds "bert's daemon told of the introduction" event bert ".event == \"introduced\" and
		.peer == \"$(id cleo)\" and .name == \"cleo\" and .introduced_by == \"$(id anna)\""
	holds "and of the first session" event bert ".event == \"introduced\" and
		.peer == \"$(id cleo)\" and .origin == \"introduction\""
	holds "which is no pairing" test "$(jq -c 'select(.event == "paired")' bert.events | wc -l)" = 1
}

c612_without_an_introduction_they_do_not_connect() {
	circle auto bert cleo
	fails 1 no-peer bert connect cleo "$(uri cleo)"
	carry bert cleo
	ok bert accept carried
	stop cleo
	serve_again cleo --introductions never
	fails 3 not-trusted bert connect cleo "$(uri cleo)"
	until_true 5 "cleo tells of a refusal" event cleo '.event == "refused"'
	is absent "$(state cleo bert)" "bert on cleo"
	is introduced "$(state bert cleo)" "an introduction that was not taken is kept for its time"
}

c632_b_who_may_not_introduce_is_not_believed() {
	circle auto bert cleo
	ok cleo deny anna introduce
	exits 1 "$TREC" --store anna --json introduce bert cleo
	is refused "$(error_name)"
	is introducer-not-allowed "$(tail -n 1 err | jq -r .refusal)" "refusal"
	is introducer-not-allowed "$(outcome bert cleo)" "bert to cleo"
	is introducer-not-allowed "$(outcome cleo bert)" "cleo to bert, who would be alone with it"
	is "$(id cleo) $(id cleo)" "$(jq -r .failed_at out | paste -sd ' ')" "who refused both"
	exits 1 "$TREC" --store anna introduce bert cleo
	holds "it says who refused" grep -q '^cleo was not introduced to bert. cleo: the introducer' out
	holds "and so at the end" grep -q 'the first: cleo: the introducer' err
	strangers bert cleo
	ok cleo allow anna introduce
	ok anna introduce bert cleo
	talks cleo bert
}

# Whoever introduced two devices knows both certificates, and neither key.
c612_the_introducer_is_not_taken_for_the_one_it_introduced() {
	circle auto bert cleo
	serve anna --service default=cat
	ok anna introduce bert cleo
	fails 3 wrong-certificate bert connect cleo "$(uri anna)"
	fails 3 wrong-certificate cleo ping bert "$(uri anna)"
	is introduced "$(state bert cleo)" "cleo on bert after anna answered for her"
	talks bert cleo
	fails 3 wrong-certificate bert connect cleo "$(uri anna)"
	fails 3 wrong-certificate cleo ping bert "$(uri anna)"
	talks cleo bert
}

# The first session is the one that makes them active, once each proved its key.
c632_a_a_byte_changed_in_the_first_session_makes_nobody_active() {
	circle auto bert cleo
	ok anna introduce bert cleo
	for spot in c2s:100 c2s:400 s2c:60 s2c:300; do
		tap cleo --flip "$spot:0x10"
		got=0
		trec bert ping cleo "$tap_uri" >out 2>err || got=$?
		holds "byte $spot passed" tap_says flipped
		holds "a first session with byte $spot altered fails" test "$got" != 0
		crash tap
	done
	is introduced "$(state bert cleo)" "cleo on bert"
	talks bert cleo
}

four_devices_are_asked_once_each() {
	circle ask bert cleo dora emil
	trec anna introduce bert cleo dora emil >said 2>said.err &
	for name in bert cleo dora emil; do
		until_true 10 "a question waits on $name" waits "$name"
		number=$(asked "$name")
		is "introduction anna" "$(field '.asks + " " + .name')" "what $name is asked"
		is 3 "$(field '.subjects | length')" "subjects for $name"
		ok "$name" answer "$number" yes
	done
	asserted
	heard || fail "introduce: $(cat out err)"
	is 12 "$(jq -s 'map(select(.event == "introduced" and .error == null)) | length' out)" pairs
	talks bert emil
	talks emil dora
	talks cleo bert
}

who_says_no_stays_a_stranger_and_the_others_do_not() {
	circle ask bert cleo dora
	trec anna introduce bert cleo dora >said 2>said.err && touch went-well &
	answers bert yes
	answers dora no
	answers cleo yes
	heard || :
	holds "a part of it failed" test ! -e went-well
	is refused "$(error_name)"
	for pair in 'dora bert' 'bert dora' 'dora cleo' 'cleo dora'; do
		# shellcheck disable=SC2086 # two words
		is consent-denied "$(outcome $pair)" "$pair"
	done
	is introduced "$(outcome bert cleo)" "bert to cleo"
	strangers dora bert
	strangers dora cleo
	talks bert cleo
	holds "dora's daemon told" event dora '.event == "refused" and .reason == "consent-denied"'
}

a_device_that_is_off_is_named_and_the_others_are_introduced() {
	circle auto bert cleo dora
	stop dora
	exits 1 "$TREC" --store anna --json introduce bert dora cleo
	is unreachable "$(outcome bert dora)" "bert to dora"
	is unreachable "$(outcome dora bert)" "dora to bert"
	is introduced "$(outcome bert cleo)" "bert to cleo"
	talks cleo bert
}

# A peer without an address is reached over the session it has open.
an_open_session_is_used() {
	device anna
	device bert
	device cleo
	serve anna
	serve cleo --service default=cat --introductions auto --introduced-rights 'service:*'
	paired bert anna
	paired anna cleo
	ok bert allow anna introduce
	ok cleo allow anna introduce
	exits 1 "$TREC" --store anna --json introduce bert cleo
	is unreachable "$(outcome cleo bert)" "cleo to bert, who listens nowhere"
	"$TREC" --store bert --json serve --listen "unix:$here/bert.socket" --introductions auto \
		>bert.events 2>bert.log &
	started bert $!
	ready_in bert.events $!
	mkfifo in
	trec bert connect anna <in >got 2>&1 &
	exec 3>in
	echo hello >&3
	until_true 10 "the session of bert is open" test -s got
	ok anna introduce bert cleo
	exec 3>&-
	knows cleo bert
	talks bert cleo
}

what_cannot_be_introduced_is_said_before_anybody_is_asked() {
	circle auto bert cleo dora
	fails 1 no-peer anna introduce bert nobody
	fails 2 usage anna introduce bert
	fails 2 usage anna introduce bert bert
	fails 2 usage anna introduce bert "$(id bert)"
	fails 2 usage anna introduce bert cleo --qr terminal
	ok anna introduce bert cleo
	talks bert cleo
	ok dora id
	open_pin dora
	ok bert pair "$(uri dora)" --pin-file pin
	fails 1 refused bert introduce cleo dora
	is subject-only-introduced "$(tail -n 1 err | jq -r .refusal)" "refusal"
	holds "the message names who" grep -q cleo err
	fails 1 refused bert introduce dora cleo --offline carried
	holds "no file was made" test ! -e carried
}

# Who has no certificate cannot show another device that it is the one introduced.
a_device_known_by_a_shared_key_is_never_introduced() {
	circle auto bert cleo
	device dora
	serve dora
	ok dora window --pin --symmetric
	field .pin >pin
	ok anna pair "$(uri dora)" --pin-file pin --symmetric
	dora=$(field .peer)
	for way in 'bert' 'cleo --offline carried'; do
		# shellcheck disable=SC2086 # words
		fails 1 refused anna introduce "$dora" $way
		is symmetric "$(tail -n 1 err | jq -r .refusal)" "refusal"
		holds "the hint says what to do" grep -q 'PIN or code' err
	done
	holds "no file was made" test ! -e carried
	is 1 "$(listed bert)" "peers of bert"
}

an_introduction_that_is_given_up_leaves_no_question() {
	circle ask bert cleo
	serve anna
	"$TREC" --store anna introduce bert cleo >out 2>&1 &
	for name in bert cleo; do
		until_true 10 "a question waits on $name" waits "$name"
	done
	kill "$!"
	for name in bert cleo; do
		until_true 5 "no question waits on $name" quiet "$name"
	done
	trec anna introduce bert cleo >said 2>said.err &
	answers cleo yes
	answers bert yes
	asserted
	heard || fail "introduce"
	talks cleo bert
}
what_is_given_up_leaves_an_open_session_as_it_was() {
	circle ask bert cleo
	serve anna --service default=cat
	mkfifo in
	trec bert connect anna "$(uri anna)" <in >got 2>err &
	exec 3>in
	echo before >&3
	until_true 10 "the session of bert is open" grep -q before got
	"$TREC" --store anna introduce bert cleo >out 2>&1 &
	for name in bert cleo; do
		until_true 10 "a question waits on $name" waits "$name"
	done
	is 1 "$(jq -c 'select(.event == "session")' anna.events | wc -l)" "sessions with anna"
	kill "$!"
	until_true 5 "no question waits on cleo" quiet cleo
	echo after >&3
	until_true 5 "the session goes on" grep -q after got
	ok bert answer "$(asked bert)" yes
	exec 3>&-
	strangers bert cleo
}
quiet() {
	! waits "$1"
}

# --- what it gives, and for how long ----------------------------------------------------------

c632_a_an_introduced_device_gets_no_more_than_it_should() {
	circle auto bert cleo
	stop cleo
	serve_again cleo --service default=cat --service other=cat --introductions auto
	ok anna introduce bert cleo
	ok bert ping cleo "$(uri cleo)"
	is "" "$(trec cleo show bert | jq -r '.rights | join(" ")')" "rights without a word"
	fails 1 service-failed bert connect cleo "$(uri cleo)" --service default
	ok cleo allow bert service:other
	asserted
	echo hello | trec bert connect cleo "$(uri cleo)" --service other >got || fail "connect"
	is hello "$(cat got)"
}

rights_are_those_of_the_introducer_too() {
	circle auto bert cleo
	ok cleo deny anna 'service:*'
	ok cleo allow anna service:lamp --until 2099-01-31
	ok anna introduce bert cleo
	ok bert ping cleo
	is service:lamp "$(trec cleo show bert | jq -r '.rights | join(" ")')" "rights of bert on cleo"
	is 2099 "$(trec cleo show bert | jq -r '.rights_until["service:lamp"][:4]')" "their end"
}

a_right_that_ends_closes_its_session() {
	circle auto bert cleo
	ok anna introduce bert cleo
	ok bert ping cleo
	ok cleo deny bert 'service:*'
	ok cleo allow bert service:default --until "$(date -u -d '+4 seconds' +%FT%TZ)"
	mkfifo in
	trec bert connect cleo <in >got 2>err &
	session=$!
	exec 3>in
	echo hello >&3
	until_true 3 "the session is open" grep -q hello got
	until_true 10 "the session ends" ended "$session"
	exec 3>&-
	fails 1 service-failed bert connect cleo
}
ended() {
	! kill -0 "$1" 2>/dev/null
}

the_right_to_introduce_ends_too() {
	circle auto bert cleo
	ok cleo allow anna introduce --until "$(date -u -d '+2 seconds' +%FT%TZ)"
	sleep 2.2
	exits 1 "$TREC" --store anna --json introduce bert cleo
	is introducer-not-allowed "$(outcome bert cleo)" "bert to cleo"
	strangers bert cleo
}

# --- kill -9 ----------------------------------------------------------------------------------

c632_a_a_kill_in_the_middle_leaves_nothing_half() {
	circle auto bert cleo
	for ms in 20 40 60 80 100 130 170 220; do
		"$TREC" --store anna introduce bert cleo >out 2>&1 &
		victim=$!
		sleep "$(printf '0.%03d' "$ms")"
		case $ms in
		*[26]0) crash cleo ;;
		*) kill -KILL "$victim" 2>/dev/null || : ;;
		esac
		wait "$victim" 2>/dev/null || :
		is_running cleo || serve_again cleo --service default=cat \
			--introductions auto --introduced-rights 'service:*'
		for pair in 'bert cleo' 'cleo bert'; do
			asserted
			# shellcheck disable=SC2086 # two words
			case $(state $pair) in
			absent | introduced) ;;
			*) fail "after $ms ms: $pair: $(state $pair)" ;;
			esac
		done
	done
	trec anna introduce bert cleo >out 2>err || :
	for pair in 'bert cleo' 'cleo bert'; do
		# shellcheck disable=SC2086 # two words
		is introduced "$(state $pair)" "$pair after a whole run"
	done
	talks bert cleo
}

a_key_that_changes_while_its_device_is_asked_ends_the_question() {
	circle ask bert cleo
	serve anna
	(trec anna introduce bert cleo >said 2>said.err || :) &
	until_true 10 "a question waits on cleo" waits cleo
	answers bert yes
	ok cleo rotate --yes
	heard || :
	is lost "$(jq -r .error out | sort -u)" "what anna says"
	ok cleo pending
	is 0 "$(wc -l <out)" "questions that wait"
	ok cleo id
	field .id >cleo.id
	ok anna ping cleo
	(trec anna introduce bert cleo >said 2>said.err || :) &
	answers bert yes
	answers cleo yes
	heard || :
	talks bert cleo
}

# --- a minute of waiting ----------------------------------------------------------------------

a_question_that_nobody_answers_is_a_no() {
	circle ask bert cleo
	COMMAND_SECONDS=90
	(trec anna introduce bert cleo >said 2>said.err || :) &
	answers bert yes
	until_true 10 "a question waits on cleo" waits cleo
	asserted
	heard || fail "introduce"
	is consent-timeout "$(outcome bert cleo)" "bert to cleo"
	is consent-timeout "$(outcome cleo bert)" "cleo to bert"
	strangers bert cleo
	ok cleo pending
	is 0 "$(wc -l <out)" "questions that wait"
}

if [ "${1:-}" = soak ]; then
	claim a_question_that_nobody_answers_is_a_no
	scenario_end
fi
claim c612_introduced_devices_connect_while_the_introducer_is_off
claim c612_without_an_introduction_they_do_not_connect
claim c632_b_who_may_not_introduce_is_not_believed
claim c612_the_introducer_is_not_taken_for_the_one_it_introduced
claim c632_a_a_byte_changed_in_the_first_session_makes_nobody_active
claim four_devices_are_asked_once_each
claim who_says_no_stays_a_stranger_and_the_others_do_not
claim a_device_that_is_off_is_named_and_the_others_are_introduced
claim an_open_session_is_used
claim what_cannot_be_introduced_is_said_before_anybody_is_asked
claim a_device_known_by_a_shared_key_is_never_introduced
claim an_introduction_that_is_given_up_leaves_no_question
claim what_is_given_up_leaves_an_open_session_as_it_was
claim c632_a_an_introduced_device_gets_no_more_than_it_should
claim rights_are_those_of_the_introducer_too
claim a_right_that_ends_closes_its_session
claim the_right_to_introduce_ends_too
claim c632_a_a_kill_in_the_middle_leaves_nothing_half
claim a_key_that_changes_while_its_device_is_asked_ends_the_question
scenario_end
