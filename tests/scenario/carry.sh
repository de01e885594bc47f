#!/usr/bin/env bash
# Introduction by a text that is carried, as a file or a picture, to both or by the one to the other,
# while the introducer is off; and what becomes of it when the introducer goes. With the word `soak`
# what takes a minute of waiting.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
. "${srcdir:-.}/tests/scenario/circle.sh"
scenario "carried introductions"
[ "${1:-}" != soak ] || CLAIM_SECONDS=200

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
	is "introduction $(id anna)" "$(trec cleo show bert | jq -r '.origin + " " + .introduced_by')"
	talks cleo bert
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
	fails 3 not-trusted bert ping cleo
	ok cleo pending
	is 0 "$(wc -l <out)" "questions about a stranger whom the user does not want"
	ok cleo accept carried --allow 'service:*'
	talks bert cleo
}

# However many come, and however often: one question about each, eight in all.
strangers_do_not_pile_up_questions() {
	circle ask cleo
	serve anna
	for name in 1 2 3 4 5 6 7 8 9; do
		device "d$name"
		paired "d$name" anna
		ok "d$name" allow anna introduce
		ok anna introduce "d$name" cleo --offline carried
		ok "d$name" accept carried
		fails 3 not-trusted "d$name" ping cleo
		fails 3 not-trusted "d$name" ping cleo
	done
	ok cleo pending
	is 8 "$(jq -s length out)" "questions that wait"
	is 8 "$(jq -r '.subjects[0].id' out | sort -u | wc -l)" "strangers that they are about"
	ok cleo answer "$(head -n 1 out | jq .number)" yes
	fails 3 not-trusted d9 ping cleo
	ok cleo pending
	is d9 "$(head -n 1 out | jq -r '.subjects[0].name')" "who is asked about when there is room"
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
	holds "the hint is about introductions" grep -q TRECI: err
	tr "[:upper:]" "B-ZA" <carried >other
	fails 2 bad-code bert accept other
	holds "the hint is about introductions" grep -q TRECI: err
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

# --- a minute of waiting ----------------------------------------------------------------------

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
	claim a_stranger_about_whom_nobody_answers_is_forgotten
	scenario_end
fi
claim c612_an_introduction_in_a_file_needs_no_introducer
claim c612_an_introduction_as_a_picture_needs_no_introducer
claim one_file_for_three_says_to_each_what_is_for_it
claim c612_the_subject_brings_its_own_introduction
claim a_stranger_with_an_introduction_waits_for_the_user
claim a_stranger_whom_the_user_does_not_want_stays_one
claim strangers_do_not_pile_up_questions
claim carried_words_that_are_not_for_this_device_change_nothing
claim a_file_is_replaced_whole_or_not_at_all
claim c632_b_what_was_not_used_ends_with_the_introducer
claim what_was_used_stays_without_the_introducer
claim a_device_that_was_parted_from_is_not_brought_back
scenario_end
