#!/usr/bin/env bash
# Parting: the old TREC authenticates in neither direction, also after restarts, and only a new
# pairing brings the two together again.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "parting"

both_serve() {
	device alice
	device bob
	serve alice
	serve bob
	paired alice bob
	ok alice ping bob "$(uri bob)"
	ok bob ping alice "$(uri alice)"
}

# refused A B: A cannot reach B any more, and it is a matter of trust.
refused() {
	local got=0
	asserted
	trec "$1" connect "$2" "$(uri "$2")" </dev/null >"$here/out" 2>"$here/err" || got=$?
	case "$got $(error_name)" in
	'1 no-peer' | '3 not-trusted' | '3 wrong-certificate') ;;
	*) fail "$1 connects to $2: exit $got" ;;
	esac
}

c613_unpairing_tells_the_peer_and_both_lists_are_empty() {
	both_serve
	ok alice unpair bob
	is unpaired "$(field .event)"
	is true "$(field .told)"
	is absent "$(state alice bob)"
	until_true 5 "bob drops alice" is_state absent bob alice
	until_true 5 "bob's daemon tells" event bob '.event == "revoked"'
	refused alice bob
	refused bob alice
}

c613_an_unpaired_peer_is_refused_after_restarts_too() {
	both_serve
	ok alice unpair bob
	stop alice
	stop bob
	serve alice
	serve bob
	refused alice bob
	refused bob alice
	crash alice
	serve alice
	refused bob alice
}

# Bob hears nothing of it: his old certificate is what he comes with.
c613_the_old_certificate_is_refused_when_the_peer_was_off() {
	both_serve
	stop bob
	ok alice unpair bob
	is false "$(field .told)"
	serve bob
	is active "$(state bob alice)" "alice on the list of bob, who knows nothing"
	fails 3 not-trusted bob connect alice "$(uri alice)"
	until_true 5 "bob sees that it is over" is_state dissolved-by-peer bob alice
	fails 1 no-peer alice connect bob "$(uri bob)"
	crash alice
	serve alice
	got=0
	trec bob connect alice "$(uri alice)" </dev/null >out 2>err || got=$?
	holds "refused after alice's restart too (exit $got)" test "$got" = 3 -o "$got" = 1
}

c613_copies_of_the_store_do_not_bring_the_trust_back() {
	both_serve
	stop bob
	cp -a bob bob-copy
	serve_again bob
	ok alice unpair bob
	until_true 5 "bob drops alice" is_state absent bob alice
	stop bob
	rm -rf bob
	cp -a bob-copy bob
	serve bob
	is active "$(state bob alice)" "alice in the old copy"
	fails 3 not-trusted bob connect alice "$(uri alice)"
}

c613_only_a_new_pairing_brings_them_together() {
	both_serve
	ok alice unpair bob
	until_true 5 "bob drops alice" is_state absent bob alice
	paired alice bob
	ok alice ping bob "$(uri bob)"
	ok bob ping alice "$(uri alice)"
	ok bob unpair alice
	until_true 5 "alice drops bob" is_state absent alice bob
	paired bob alice
	ok bob ping alice "$(uri alice)"
}

c613_unpairing_without_daemons_works() {
	device alice
	device bob
	serve bob
	paired alice bob
	stop bob
	ok bob unpair alice
	is false "$(field .told)"
	is absent "$(state bob alice)"
	serve bob
	fails 3 not-trusted alice ping bob "$(uri bob)"
}

c613_an_open_session_ends_with_the_trust() {
	both_serve
	sleep 60 | trec alice connect bob "$(uri bob)" >got 2>err &
	started session $!
	until_true 5 "the session is open" event bob '.event == "session"'
	ok bob unpair alice
	until_true 10 "the session ends" gone session
}

c633_b_the_others_stay() {
	both_serve
	device carol
	serve carol
	paired carol bob
	before=$(trec bob show carol | jq -cS 'del(.last_seen)')
	ok bob unpair alice
	is absent "$(state bob alice)"
	is "$before" "$(trec bob show carol | jq -cS 'del(.last_seen)')" "carol's entry"
	crash bob
	serve bob
	is absent "$(state bob alice)"
	is "$before" "$(trec bob show carol | jq -cS 'del(.last_seen)')" "carol's entry after a restart"
	ok carol ping bob "$(uri bob)"
}

c5_delete_nothing_of_the_peer_is_found_in_the_store() {
	both_serve
	key=$(trec bob cert alice 2>/dev/null | sed -n 2p)
	ok bob unpair alice
	stop bob
	for needle in "$(id alice)" alice "${key:-none-such}"; do
		asserted
		! grep -raqF "$needle" bob || fail "$needle stands in bob's store"
	done
	fails 1 no-peer bob cert alice
	fails 1 no-peer bob show "$(id alice)"
}

c633_a_unpairing_killed_at_any_moment_leaves_all_or_nothing() {
	device alice
	device bob
	device carol
	serve bob
	paired alice bob
	paired carol bob
	stop bob
	cp -a bob bob-paired
	for ms in 001 002 004 006 008 010 012 014 016 018 020 023 026 030 035 040 050 070; do
		rm -rf bob
		cp -a bob-paired bob
		"$TREC" --store "$here/bob" --json unpair alice >killed.out 2>killed.err &
		started unpair $!
		sleep "0.$ms"
		crash unpair
		ok bob list --all
		is active "$(state bob carol)" "carol after a kill at $ms ms"
		case $(state bob alice) in
		active) ok bob unpair alice ;;
		absent) asserted ;;
		*) fail "alice is $(state bob alice) after a kill at $ms ms" ;;
		esac
		is absent "$(state bob alice)" "alice after a kill at $ms ms"
	done
	serve bob
	fails 3 not-trusted alice ping bob "$(uri bob)"
	ok carol ping bob "$(uri bob)"
}

unpairing_twice_says_that_there_is_no_such_peer() {
	both_serve
	ok alice unpair bob
	fails 1 no-peer alice unpair bob
}

claim c613_unpairing_tells_the_peer_and_both_lists_are_empty
claim c613_an_unpaired_peer_is_refused_after_restarts_too
claim c613_the_old_certificate_is_refused_when_the_peer_was_off
claim c613_copies_of_the_store_do_not_bring_the_trust_back
claim c613_only_a_new_pairing_brings_them_together
claim c613_unpairing_without_daemons_works
claim c613_an_open_session_ends_with_the_trust
claim c633_b_the_others_stay
claim c5_delete_nothing_of_the_peer_is_found_in_the_store
claim c633_a_unpairing_killed_at_any_moment_leaves_all_or_nothing
claim unpairing_twice_says_that_there_is_no_such_peer
scenario_end
