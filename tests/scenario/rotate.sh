#!/usr/bin/env bash
# The own key is replaced: peers that are there hear of it at once, peers that were off when they
# are dialled, a thief's second key suspends, and whoever was dissolved does not come back by it.
# With the word `soak` also the daemon's next try, which comes after ten minutes.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "rotation"
[ "${1:-}" != soak ] || CLAIM_SECONDS=700

both_serve() {
	device alice
	device bob
	serve alice
	serve bob
	paired alice bob
}

# rotated NAME [OPTION]...: NAME has another key; its old id is in $here/NAME.old.
rotated() {
	local name=$1
	shift
	ok "$name" rotate --yes "$@"
	is rotated "$(field .event)"
	is "$(id "$name")" "$(field .previous)" "the id until now"
	cp "$here/$name.id" "$here/$name.old"
	field .id >"$here/$name.id"
	field .untold >"$here/untold"
	is "$(id "$name")" "$(trec "$name" id | jq -r .id)" "the id that \`id\` shows"
}
old_id() {
	cat "$here/$1.old"
}
# What A lists of B, without what a change of the key changes.
entry() { # A B
	trec "$1" show "$2" | jq -cS 'del(.id, .previous_ids, .last_seen)'
}
all_told() {
	[ "$(trec "$1" info | jq .untold)" = 0 ]
}
# The address at which B listens stays, however often it starts.
again() {
	serve_again "$1"
}

with_both_daemons_up_the_peer_follows_at_once() {
	both_serve
	ok bob allow alice introduce
	before=$(entry bob alice)
	rotated alice
	is 0 "$(cat untold)" "peers that have not heard"
	holds "it is another id" test "$(id alice)" != "$(old_id alice)"
	until_true 5 "bob knows the new key" is_state active bob alice
	is "$before" "$(entry bob alice)" "name, rights, origin and addresses on bob"
	is 1 "$(listed bob)" "peers of bob"
	is "$(old_id alice)" "$(trec bob show alice | jq -r '.previous_ids[0]')" "the id before"
	ok alice ping bob
	ok bob ping alice
	is "$(id alice)" "$(field .peer)" "whom bob meets"
	ok bob show "$(old_id alice)"
	is "$(id alice)" "$(field .id)" "whom the old id stands for"
	holds "bob tells of it" event bob ".event == \"succeeded\" and .peer == \"$(id alice)\" and
		.previous == \"$(old_id alice)\""
	holds "alice tells of it" event alice ".event == \"rotated\" and .id == \"$(id alice)\""
	stop alice
	again alice
	ok bob ping alice
	ok alice ping bob
	is 1 "$(trec alice info | jq .sequence)" "how often the key changed"
}

the_other_kind_of_key_serves_too() {
	both_serve
	rotated alice --key p256
	is p256 "$(trec alice id | jq -r .key)" "kind of key"
	ok bob ping alice
	rotated bob --key p256
	ok alice ping bob
	rotated alice
	is p256 "$(trec alice id | jq -r .key)" "kind of key, which stays"
	rotated alice --key ed25519
	is ed25519 "$(trec alice id | jq -r .key)" "kind of key"
	ok bob ping alice
	ok alice ping bob
	fails 2 usage alice rotate --yes --key rsa
}

a_peer_that_was_off_heals_when_it_is_dialled() {
	both_serve
	stop bob
	rotated alice
	is 1 "$(cat untold)" "peers that have not heard"
	holds "info says so" test "$(trec alice info | jq .untold)" = 1
	again bob
	# Bob still knows the old key, and alice shows him the new one.
	fails 3 wrong-certificate bob ping alice
	ok alice ping bob
	until_true 5 "bob knows the new key" is_state active bob alice
	ok bob ping alice
	until_true 5 "all have heard" all_told alice
}

a_daemon_tells_who_was_off_when_it_starts() {
	both_serve
	device carol
	serve carol
	paired alice carol
	stop bob
	stop carol
	rotated alice
	is 2 "$(cat untold)" "peers that have not heard"
	again bob
	again carol
	stop alice
	again alice
	until_true 10 "bob knows the new key" is_state active bob alice
	until_true 10 "carol knows the new key" is_state active carol alice
	until_true 5 "all have heard" all_told alice
	ok bob ping alice
	ok carol ping alice
}

a_daemon_tries_again_after_ten_minutes() {
	both_serve
	stop bob
	rotated alice
	again bob
	until_true 640 "bob knows the new key" is_state active bob alice
	until_true 5 "all have heard" all_told alice
	ok bob ping alice
}
one_that_was_off_while_the_key_changed_thrice_follows_the_chain() {
	both_serve
	first=$(id alice)
	stop bob
	rotated alice
	rotated alice --key p256
	rotated alice --key ed25519
	again bob
	ok alice ping bob
	until_true 5 "bob knows the last key" is_state active bob alice
	is 3 "$(trec bob show alice | jq '.previous_ids | length')" "ids before"
	ok bob show "$first"
	is "$(id alice)" "$(field .id)" "whom the first id stands for"
	ok bob ping alice
}

both_change_their_keys_while_the_other_is_off() {
	both_serve
	stop bob
	rotated alice
	stop alice
	rotated bob
	again alice
	again bob
	# Each knows the other's old key only: one of them has to be told by hand, over neither.
	fails 3 wrong-certificate alice ping bob
	fails 3 wrong-certificate bob ping alice
	ok alice unpair bob
	ok bob unpair alice
	paired alice bob
}

without_a_daemon_the_command_tells() {
	both_serve
	stop alice
	rotated alice
	is 0 "$(cat untold)" "peers that have not heard"
	until_true 5 "bob knows the new key" is_state active bob alice
	again alice
	ok bob ping alice
}

a_peer_without_an_address_hears_it_over_its_open_session() {
	device alice
	device bob
	serve alice
	paired bob alice # bob listens nowhere
	sleep 60 | "$TREC" --store "$here/bob" --json connect alice >got 2>gone &
	started session $!
	until_true 5 "the session is open" event alice '.event == "session"'
	rotated alice
	until_true 10 "the session ends" gone session
	until_true 5 "bob knows the new key" is_state active bob alice
	ok bob ping alice
	until_true 5 "and alice has seen that" all_told alice
}

the_window_that_names_the_old_key_closes() {
	both_serve
	open_code alice
	rotated alice
	is null "$(trec alice info | jq .window)" "window"
	device carol
	fails 4 window-closed carol pair "$(uri alice)" --code-file code
	paired carol alice
	ok carol ping alice "$(uri alice)"
	is 0 "$(trec alice info | jq .untold)" "those that have not heard, with one that never knew"
}

# coming_and_going A B: A pings B again and again, until the file over is there.
coming_and_going() {
	until [ -e over ]; do
		trec "$1" ping "$2" >/dev/null 2>&1 || :
	done
}
everybody_follows_while_sessions_come_and_go() {
	both_serve
	device carol
	serve carol
	paired carol alice
	paired alice carol
	local -a busy=()
	for pair in 'bob alice' 'carol alice' 'alice bob'; do
		# shellcheck disable=SC2086 # two words
		coming_and_going $pair &
		busy+=($!)
	done
	for _ in 1 2 3 4 5 6; do
		rotated alice
	done
	touch over
	wait "${busy[@]}"
	holds "alice's daemon goes on" is_running alice
	ok alice ping bob
	ok alice ping carol
	for name in bob carol; do
		is active "$(state "$name" alice)" "alice on $name"
		is 1 "$(listed "$name")" "peers of $name"
		ok "$name" ping alice
	done
	until_true 5 "all have heard" all_told alice
	is 6 "$(trec alice info | jq .sequence)" "how often the key changed"
}

# stolen: somebody has alice's key of today, in the store mallory.
stolen() {
	stop alice
	cp -a alice mallory
	cp alice.id mallory.id
	again alice
}

two_keys_that_claim_to_succeed_one_suspend_it_and_the_user_decides() {
	both_serve
	stolen
	rotated alice
	until_true 5 "bob follows" is_state active bob alice
	ok mallory rotate --yes
	field .id >mallory.id
	got=0
	trec mallory ping bob >out 2>err || got=$?
	is 3 "$got" "exit of the second key's owner"
	until_true 5 "bob trusts neither" is_state suspended bob alice
	is absent "$(state bob mallory)" "the second key on bob"
	until_true 5 "bob tells of it" event bob \
		".event == \"suspended\" and .reason == \"conflict\" and .peer == \"$(old_id alice)\""
	fails 3 not-trusted alice ping bob
	fails 1 state bob allow alice introduce
	ok bob resume alice
	is active "$(state bob alice)" "after the user said so"
	ok alice ping bob
	fails 1 state bob resume alice
	got=0
	trec mallory ping bob >out 2>err || got=$?
	is 3 "$got" "exit of the second key's owner, later"
}

a_suspended_peer_can_be_parted_from_and_paired_anew() {
	both_serve
	stolen
	rotated alice
	ok mallory rotate --yes
	until_true 5 "bob trusts neither" is_state suspended bob alice
	ok bob unpair alice
	fails 3 not-trusted mallory ping bob
	paired alice bob
	ok alice ping bob
}

c613_whoever_was_dissolved_does_not_come_back_by_a_succession() {
	both_serve
	stolen
	rotated alice
	until_true 5 "bob follows" is_state active bob alice
	stop alice
	ok bob unpair alice
	# The new key, the old one, a successor of either.
	fails 3 not-trusted alice ping bob
	fails 3 not-trusted mallory ping bob
	ok alice rotate --yes
	fails 3 not-trusted alice ping bob
	ok mallory rotate --yes
	fails 3 not-trusted mallory ping bob
	is 0 "$(listed bob)" "peers of bob"
	crash bob
	again bob
	fails 3 not-trusted alice ping bob
	fails 3 not-trusted mallory ping bob
	is 0 "$(listed bob)" "peers of bob after a restart"
}

c613_dissolved_before_it_is_told_of_the_key_it_stays_dissolved() {
	both_serve
	stop bob
	rotated alice
	ok bob unpair alice # of which alice hears nothing at her old address: she is not that one
	again bob
	fails 3 not-trusted alice ping bob
	is 0 "$(listed bob)" "peers of bob"
}

claim with_both_daemons_up_the_peer_follows_at_once
claim the_other_kind_of_key_serves_too
claim a_peer_that_was_off_heals_when_it_is_dialled
claim a_daemon_tells_who_was_off_when_it_starts
claim one_that_was_off_while_the_key_changed_thrice_follows_the_chain
claim both_change_their_keys_while_the_other_is_off
[ "${1:-}" != soak ] || claim a_daemon_tries_again_after_ten_minutes
claim without_a_daemon_the_command_tells
claim a_peer_without_an_address_hears_it_over_its_open_session
claim the_window_that_names_the_old_key_closes
claim everybody_follows_while_sessions_come_and_go
claim two_keys_that_claim_to_succeed_one_suspend_it_and_the_user_decides
claim a_suspended_peer_can_be_parted_from_and_paired_anew
claim c613_whoever_was_dissolved_does_not_come_back_by_a_succession
claim c613_dissolved_before_it_is_told_of_the_key_it_stays_dissolved
scenario_end
