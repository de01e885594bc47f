#!/usr/bin/env bash
# The daemon under those who hold it up: nothing that a peer, a service or a command does keeps it
# from ending, from parting, or from asking the right user.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "daemons"

two() { # SERVE-OPTION...
	device alice
	device bob
	serve bob "$@"
	paired alice bob
}

# A session of alice at bob that goes on, its input held open, its bytes from FILE.
hold_session() { # FILE
	{ cat "$1"; sleep 60; } | trec alice connect bob "$(uri bob)" >held 2>held.err &
	until_true 5 "bob's daemon tells of the session" event bob '.event == "session"'
	until_true 5 "the service runs" test -e service
}

a_service_that_will_not_end_does_not_keep_the_daemon() {
	two --service "default=trap '' TERM; : >$here/service; while :; do sleep 1; done"
	hold_session /dev/null
	stop bob
}

an_unreachable_port_does_not_keep_the_daemon() {
	two --service default=tcp:192.0.2.1:9
	: >service
	hold_session /dev/null
	stop bob
}

c613_unpairing_does_not_wait_for_a_service_that_reads_nothing() {
	two --service "default=: >$here/service; sleep 60"
	head -c 1048576 /dev/zero >zeros
	hold_session zeros
	ok bob unpair alice
	is true "$(field .told)"
	until_true 5 "alice keeps bob as trusted" is_state absent alice bob
}

an_end_while_a_window_is_computed_is_clean() {
	local pause status
	device bob
	for pause in 0.02 0.05 0.1; do
		serve bob
		trec bob window --pin >/dev/null 2>&1 &
		sleep "$pause"
		kill -TERM "$(cat bob.pid)"
		status=0
		wait "$(cat bob.pid)" || status=$?
		is 0 "$status" "exit status of the daemon"
	done
}

preset_pins_set_at_the_same_time_leave_one_that_works() {
	local pids=
	device alice
	device bob
	serve bob
	printf '111111\n' >one
	for _ in 1 2 3; do
		trec bob preset --pin-file one >/dev/null 2>&1 &
		pids="$pids $!"
	done
	ok bob info
	# shellcheck disable=SC2086 # words on purpose
	wait $pids
	ok bob window --preset
	ok alice pair "$(uri bob)" --pin-file one
}

# alice's own pairing waits for a device that does not answer; carol's question is not its user's.
c611_a_yes_answers_only_its_own_question() {
	device alice
	device bob
	device carol
	serve alice
	serve bob
	kill -STOP "$(cat bob.pid)"
	printf '123456\n' >pin
	trec alice pair "$(uri bob)" --pin-file pin --yes >waits 2>waits.err &
	sleep 0.3
	open_code alice --multi
	trec carol pair "$(uri alice)" --code-file code --yes >carols 2>carols.err &
	until_true 10 "alice is asked about carol" event alice '.event == "consent"'
	sleep 1
	ok alice pending
	is "$(id carol)" "$(field .peer)" "the question still waits"
	is absent "$(state alice carol)"
	kill -CONT "$(cat bob.pid)"
}

claim a_service_that_will_not_end_does_not_keep_the_daemon
claim an_unreachable_port_does_not_keep_the_daemon
claim c613_unpairing_does_not_wait_for_a_service_that_reads_nothing
claim an_end_while_a_window_is_computed_is_clean
claim preset_pins_set_at_the_same_time_leave_one_that_works
claim c611_a_yes_answers_only_its_own_question
scenario_end
