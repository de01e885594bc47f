#!/usr/bin/env bash
# Introduction: a device that two others trust makes them known to each other, while it is on or by
# a text that is carried; from then on they need it no more. Whoever may not, or whose user says no,
# changes nothing. With the word `soak` also what takes a minute of waiting.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "introductions"
[ "${1:-}" != soak ] || CLAIM_SECONDS=200

# anna knows everybody else; they know her, and that she may introduce.
circle() { # POLICY NAME... : the others
	local policy=$1 name
	shift
	device anna
	for name; do
		device "$name"
		serve "$name" --service default=cat --introductions "$policy" \
			--introduced-rights 'service:*'
		paired anna "$name"
		ok "$name" allow anna introduce
	done
}

# knows A B: B on the list of A, by anna's introduction.
knows() {
	is introduced "$(state "$1" "$2")" "$2 on the list of $1"
	is "introduction $(id anna)" "$(trec "$1" show "$2" | jq -r '.origin + " " + .introduced_by')"
}
# talks A B: A opens a session with B, and bytes come back.
talks() {
	asserted
	echo hello | trec "$1" connect "$2" >got 2>err || fail "$1 to $2: $(cat err)"
	is hello "$(cat got)" "what $2 sent back"
	is active "$(state "$1" "$2")" "$2 on the list of $1"
	until_true 5 "$1 is active on $2" is_state active "$2" "$1"
}
strangers() { # A B
	is absent "$(state "$1" "$2")" "$2 on the list of $1"
	is absent "$(state "$2" "$1")" "$1 on the list of $2"
}
# asked A: the number of the only question that waits on A.
asked() {
	ok "$1" pending
	is 1 "$(wc -l <out)" "questions on $1"
	field .number
}
waits() {
	[ "$(trec "$1" pending | jq -s length)" -gt 0 ]
}
answers() { # A yes|no
	until_true 10 "a question waits on $1" waits "$1"
	ok "$1" answer "$(asked "$1")" "$2"
}
# carry NAME NAME: an introduction of the two, in the file carried.
carry() {
	ok anna introduce "$1" "$2" --offline carried
}
# outcome SUBJECT AUDIENCE: what the last introduction said of the pair.
outcome() {
	jq -r "select(.subject == \"$(id "$1")\" and .audience == \"$(id "$2")\") |
		.refusal // .error // \"introduced\"" out
}

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
	holds "bert's daemon told" event bert ".event == \"introduced\" and .peer == \"$(id cleo)\"
		and .introduced_by == \"$(id anna)\""
}

c612_without_an_introduction_they_do_not_connect() {
	circle auto bert cleo
	fails 1 no-peer bert connect cleo "$(uri cleo)"
	carry bert cleo
	ok bert accept carried
	stop cleo
	PORT=$(port cleo) serve cleo --introductions never
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
	strangers bert cleo
	ok cleo allow anna introduce
	ok anna introduce bert cleo
	talks cleo bert
}

four_devices_are_asked_once_each() {
	circle ask bert cleo dora emil
	trec anna introduce bert cleo dora emil >said 2>err &
	for name in bert cleo dora emil; do
		until_true 10 "a question waits on $name" waits "$name"
		number=$(asked "$name")
		is "introduction anna" "$(field '.asks + " " + .name')" "what $name is asked"
		is 3 "$(field '.subjects | length')" "subjects for $name"
		ok "$name" answer "$number" yes
	done
	asserted
	wait $! || fail "introduce: $(cat said err)"
	is 12 "$(jq -s 'map(select(.event == "introduced" and .error == null)) | length' said)" pairs
	talks bert emil
	talks emil dora
	talks cleo bert
}

who_says_no_stays_a_stranger_and_the_others_do_not() {
	circle ask bert cleo dora
	trec anna introduce bert cleo dora >out 2>err && touch went-well &
	answers bert yes
	answers dora no
	answers cleo yes
	wait $! || :
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

# --- carried ----------------------------------------------------------------------------------

c612_an_introduction_in_a_file_needs_no_introducer() {
	circle ask bert cleo
	carry bert cleo
	is 1 "$(wc -l <carried)" "lines of the file"
	ok bert accept carried --allow service:default
	is "accepted $(id cleo) cleo $(id anna) service:default false" "$(field \
		'[.event, .peer, .name, .introduced_by, (.rights | join(" ")), .reduced] | join(" ")')"
	holds "it ends" test "$(field .expires)" != null
	ok cleo accept - --allow 'service:*' <carried
	knows bert cleo
	knows cleo bert
	talks cleo bert
	talks bert cleo
	is service:default "$(trec bert show cleo | jq -r '.rights | join(" ")')" "rights of cleo on bert"
	fails 1 refused bert accept carried
	is replayed "$(tail -n 1 err | jq -r .refusal)" "refusal"
}

c612_an_introduction_as_a_picture_needs_no_introducer() {
	circle ask bert cleo
	"$TREC" --store anna --json introduce bert cleo --offline - --qr "png:$here/c.png" >out 2>err || {
		is unsupported "$(error_name)" "why there is no picture"
		cannot "built without libqrencode or libpng"
	}
	is TRECI: "$(field '.text[:6]')" "how the text begins"
	got=0
	trec bert accept --qr-image c.png --allow 'service:*' >out 2>err || got=$?
	if [ "$got" != 0 ] && [ "$(error_name)" = unsupported ]; then
		cannot "built without zbar"
	fi
	is 0 "$got" "exit status of accepting a picture: $(cat err)"
	ok cleo accept --qr-image c.png --allow 'service:*'
	talks bert cleo
}

one_file_for_three_says_to_each_what_is_for_it() {
	circle ask bert cleo dora
	ok anna introduce bert cleo dora --offline carried
	is 3 "$(wc -l <carried)" "lines of the file"
	for name in bert cleo dora; do
		ok "$name" accept carried --allow 'service:*'
		is 2 "$(wc -l <out)" "accepted by $name"
	done
	talks bert cleo
	talks dora bert
	talks cleo dora
}

c612_the_subject_brings_its_own_introduction() {
	circle auto bert cleo
	carry bert cleo
	ok bert accept carried --allow 'service:*'
	is absent "$(state cleo bert)" "bert on cleo before"
	talks bert cleo
	knows_active cleo bert
	talks cleo bert
}
knows_active() {
	is "introduction $(id anna)" "$(trec "$1" show "$2" | jq -r '.origin + " " + .introduced_by')"
}

a_stranger_with_an_introduction_waits_for_the_user() {
	circle ask bert cleo
	carry bert cleo
	ok bert accept carried --allow 'service:*'
	fails 3 not-trusted bert ping cleo
	fails 3 not-trusted bert ping cleo
	number=$(asked cleo)
	is "carried-introduction $(id anna) anna $(id bert)" \
		"$(field '[.asks, .peer, .name, .subjects[0].id] | join(" ")')" "the question"
	holds "there is an event" event cleo ".event == \"consent\" and .number == $number and
		.asks == \"carried-introduction\" and .expires_in > 50"
	is absent "$(state cleo bert)" "bert on cleo before the answer"
	ok cleo answer "$number" yes
	until_true 5 "bert is introduced on cleo" is_state introduced cleo bert
	talks bert cleo
}

a_stranger_whom_the_user_does_not_want_stays_one() {
	circle ask bert cleo
	carry bert cleo
	ok bert accept carried
	fails 3 not-trusted bert ping cleo
	ok cleo answer "$(asked cleo)" no
	until_true 5 "cleo tells" event cleo '.event == "refused" and .reason == "consent-denied"'
	is absent "$(state cleo bert)" "bert on cleo"
	fails 1 no-peer cleo answer 1 yes
}

carried_words_that_are_not_for_this_device_change_nothing() {
	circle auto bert cleo dora
	carry bert cleo
	fails 1 wrong-audience dora accept carried
	fails 1 wrong-audience anna accept carried
	fails 2 usage bert accept
	fails 2 usage bert accept nowhere
	fails 2 usage bert accept carried --allow introduce
	: >empty
	fails 2 bad-code bert accept empty
	tr "[:upper:]" "B-ZA" <carried >other
	fails 2 bad-code bert accept other
	sed 's/..........$//' carried >short
	fails 2 bad-code bert accept short
	is 1 "$(listed bert)" "peers of bert"
	is 1 "$(listed dora)" "peers of dora"
	printf '%s\n' "$(fold -w 60 carried)" | tr "[:upper:]" "[:lower:]" >folded
	ok bert accept folded
	is 2 "$(listed bert)" "peers of bert"
}

a_file_is_replaced_whole_or_not_at_all() {
	circle auto bert cleo
	echo before >carried
	carry bert cleo
	holds "the file is the new one" grep -q '^TRECI:' carried
	mkdir -p folder/carried
	exits 1 "$TREC" --store anna --json introduce bert cleo --offline folder/carried
	is io "$(error_name)"
	is "folder/carried" "$(find folder -mindepth 1)" "what is left"
	fails 1 io anna introduce bert cleo --offline nowhere/carried
}

# --- what it gives, and for how long ----------------------------------------------------------

c632_a_an_introduced_device_gets_no_more_than_it_should() {
	circle auto bert cleo
	stop cleo
	PORT=$(port cleo) serve cleo --service default=cat --service other=cat --introductions auto
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

# --- the introducer goes ----------------------------------------------------------------------

c632_b_what_was_not_used_ends_with_the_introducer() {
	circle auto bert cleo
	carry bert cleo
	ok bert accept carried
	ok cleo accept carried
	ok bert unpair anna
	is absent "$(state bert cleo)" "cleo on bert"
	fails 1 no-peer bert ping cleo
	fails 3 not-trusted cleo ping bert
	is absent "$(state bert cleo)" "cleo on bert, after cleo came"
	fails 1 refused bert accept carried
	is introducer-dissolved "$(tail -n 1 err | jq -r .refusal)" "refusal"
}

what_was_used_stays_without_the_introducer() {
	circle auto bert cleo
	ok anna introduce bert cleo
	talks bert cleo
	ok bert unpair anna
	ok cleo unpair anna
	talks bert cleo
	talks cleo bert
}

a_device_that_was_parted_from_is_not_brought_back() {
	circle auto bert cleo
	ok anna introduce bert cleo
	talks bert cleo
	ok bert unpair cleo
	exits 1 "$TREC" --store anna --json introduce bert cleo
	is subject-dissolved "$(outcome cleo bert)" "cleo to bert"
	is absent "$(state bert cleo)" "cleo on bert"
	carry bert cleo
	fails 1 refused bert accept carried
	is subject-dissolved "$(tail -n 1 err | jq -r .refusal)" "refusal"
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
		is_running cleo || PORT=$(port cleo) serve cleo --service default=cat \
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

# --- a minute of waiting ----------------------------------------------------------------------

a_question_that_nobody_answers_is_a_no() {
	circle ask bert cleo
	COMMAND_SECONDS=90
	(trec anna introduce bert cleo >out 2>err || :) &
	answers bert yes
	until_true 10 "a question waits on cleo" waits cleo
	asserted
	wait $! || fail "introduce"
	is consent-timeout "$(outcome bert cleo)" "bert to cleo"
	is consent-timeout "$(outcome cleo bert)" "cleo to bert"
	strangers bert cleo
	ok cleo pending
	is 0 "$(wc -l <out)" "questions that wait"
}
a_stranger_about_whom_nobody_answers_is_forgotten() {
	circle ask bert cleo
	carry bert cleo
	ok bert accept carried
	fails 3 not-trusted bert ping cleo
	until_true 70 "cleo tells" event cleo '.event == "refused" and .reason == "consent-timeout"'
	ok cleo pending
	is 0 "$(wc -l <out)" "questions that wait"
	fails 3 not-trusted bert ping cleo
	ok cleo answer "$(asked cleo)" yes
	until_true 5 "bert is introduced on cleo" is_state introduced cleo bert
}

if [ "${1:-}" = soak ]; then
	claim a_question_that_nobody_answers_is_a_no
	claim a_stranger_about_whom_nobody_answers_is_forgotten
	scenario_end
fi
claim c612_introduced_devices_connect_while_the_introducer_is_off
claim c612_without_an_introduction_they_do_not_connect
claim c632_b_who_may_not_introduce_is_not_believed
claim four_devices_are_asked_once_each
claim who_says_no_stays_a_stranger_and_the_others_do_not
claim a_device_that_is_off_is_named_and_the_others_are_introduced
claim an_open_session_is_used
claim what_cannot_be_introduced_is_said_before_anybody_is_asked
claim c612_an_introduction_in_a_file_needs_no_introducer
claim c612_an_introduction_as_a_picture_needs_no_introducer
claim one_file_for_three_says_to_each_what_is_for_it
claim c612_the_subject_brings_its_own_introduction
claim a_stranger_with_an_introduction_waits_for_the_user
claim a_stranger_whom_the_user_does_not_want_stays_one
claim carried_words_that_are_not_for_this_device_change_nothing
claim a_file_is_replaced_whole_or_not_at_all
claim c632_a_an_introduced_device_gets_no_more_than_it_should
claim rights_are_those_of_the_introducer_too
claim a_right_that_ends_closes_its_session
claim the_right_to_introduce_ends_too
claim c632_b_what_was_not_used_ends_with_the_introducer
claim what_was_used_stays_without_the_introducer
claim a_device_that_was_parted_from_is_not_brought_back
claim c632_a_a_kill_in_the_middle_leaves_nothing_half
scenario_end
