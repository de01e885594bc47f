#!/usr/bin/env bash
# The command itself: what is wrong with a command line is said before anything is sent, by name
# and with what to do; the exit status says whose fault it is.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "command line"

# refused WORD NAME ARGUMENT...: exit 2 with that error, whose message or hint has the word.
refused() {
	local word=$1 name=$2
	shift 2
	fails 2 "$name" nowhere "$@"
	holds "the error of '$*' says '$word'" grep -q -e "$word" err
	is "" "$(cat out)" "output of $*"
}

wrong_usage_is_named_and_nothing_is_made() {
	refused dance usage dance
	refused 'trec help' usage
	refused --frob usage list --frob
	refused --store usage list --store
	refused 'PEER' usage show
	refused extra usage list extra
	refused --key usage init --key rsa
	refused --provider usage init --provider tpm9
	refused --passphrase-file usage init --passphrase-file x
	refused --digits usage window --pin --digits 5
	refused --digits usage window --preset --digits 8
	refused --seconds usage window --pin --seconds 121
	refused --multi usage window --pin --multi
	refused --preset usage window --pin --preset
	refused '--pin' usage window
	refused --qr usage window --code --qr gif:x
	refused --window usage serve --window always
	refused --introductions usage serve --introductions perhaps
	refused --introduced-rights usage serve --introduced-rights introduce
	refused 'or service:[*]"' usage serve --introduced-rights everything
	refused 'more than 8' usage serve --introduced-rights=service:{1,2,3,4,5,6,7,8,9}
	refused 'needs more words' usage introduce bob
	refused 'named twice' usage introduce bob bob
	refused --offline usage introduce bob cleo --qr terminal
	refused 'at most 6' usage introduce 1 2 3 4 5 6 7 --offline -
	refused 'further word' usage introduce 1 2 3 4 5 6 7 8 9 10
	refused '--qr-image' usage accept
	refused '--allow' usage accept - --allow introduce
	refused service:NAME usage allow bob everything
	refused 2027 usage allow bob introduce --until tomorrow
	refused pending usage answer x yes
	refused 'trec pending"' usage pending further
	refused 'yes' usage answer 1 maybe
	refused 'command nothing' usage help nothing
	holds "nothing was made" test ! -e nowhere
}
bad_secrets_and_addresses_are_refused_before_anything_is_sent() {
	printf '12345\n' >short
	printf 'TREC:AAAA\n' >code
	printf '123456\n' >pin
	: >empty
	refused '6 to 12' bad-pin pair tcp://127.0.0.1:1 --pin-file short
	refused '6 to 12' bad-pin preset --pin-file short
	refused empty bad-pin preset --pin-file empty
	refused 'TREC:' bad-code pair tcp://127.0.0.1:1 --code-file code
	refused 'TREC:' bad-code pair tcp://127.0.0.1:1 --code-file pin
	refused tcp:// bad-uri pair 127.0.0.1 --pin-file pin
	refused tcp:// bad-uri connect bob bob:1
	refused tcp:// bad-uri ping bob tcp://
	refused tcp:// bad-uri serve --listen http://x
	refused missing usage pair tcp://127.0.0.1:1 --pin-file missing
	refused address usage pair --pin-file pin
	refused --code-file usage pair tcp://127.0.0.1:1 --pin-file pin --code-file code
}
help_and_version_exit_0() {
	exits 0 "$TREC" --help
	holds "it lists commands" grep -q '^  unpair' out
	exits 0 "$TREC" pair --help
	holds "it shows options" grep -q -e '--code-file' out
	exits 0 "$TREC" --version
	holds "it shows a version" grep -qE '^trec [0-9]+\.[0-9]+' out
	exits 0 "$TREC" --json help
	in_json=$(jq -s '[.[] | select(.command)] | length' out)
	holds "there are many" test "$in_json" -gt 20
	is "$in_json" "$("$TREC" help | grep -cE '^  [a-z]')" "commands, as text"
}
a_store_that_is_not_there_exits_5() {
	fails 5 no-store nowhere list
	fails 5 no-store nowhere serve
	fails 5 no-store nowhere window --pin
	holds "the hint names init" grep -q 'trec init' err
}
a_command_for_the_daemon_says_that_there_is_none() {
	device alice
	for words in "window --pin" watch log pending "answer 1 yes"; do
		# shellcheck disable=SC2086 # words are words
		fails 1 no-daemon alice $words
	done
}
init_makes_a_store_once() {
	device alice
	before=$(id alice)
	fails 1 exists alice init
	ok alice id
	is "$before" "$(field .id)" "the id"
	is alice "$(field .name)" "the name"
	is ed25519 "$(field .key)" "the key"
	ok bob init --key p256
	ok bob id
	is p256 "$(field .key)" "the key"
	fails 2 bad-name carol init --name $'two\nlines'
}
the_store_comes_from_option_then_environment_then_home() {
	exits 0 env TREC_STORE="$here/env" "$TREC" --json init
	holds "made where TREC_STORE says" test -f env/store
	exits 0 env TREC_STORE="$here/env" "$TREC" --json --store "$here/opt" init
	holds "--store goes before" test -f opt/store
	exits 0 env TREC_STORE="$here/env" "$TREC" --json id --store "$here/opt"
	is "$(jq -r .id out)" "$(trec opt id | jq -r .id)" "the id behind --store after the command"
}
a_passphrase_protects_the_store() {
	printf 'correct horse\n' >phrase
	printf 'wrong\n' >wrong
	ok alice init --provider passphrase --passphrase-file phrase
	exits 0 env TREC_PASSPHRASE_FILE="$here/phrase" "$TREC" --store "$here/alice" --json info
	is 1 "$(field .level)" "level"
	exits 5 env TREC_PASSPHRASE_FILE="$here/wrong" "$TREC" --store "$here/alice" --json id
	is wrong-passphrase "$(error_name)" "error"
}
a_secret_in_argv_warns_and_is_overwritten() {
	device alice
	device bob
	serve bob
	open_pin bob
	exits 0 "$TREC" --store "$here/alice" --json pair "$(uri bob)" --pin "$pin"
	holds "a warning" jq -e 'select(.level == "warning") | .message | test("process list")' err
	holds "the PIN is in no message" test -z "$(grep "$pin" err)"
}
text_is_for_people_and_json_for_programs() {
	device alice
	exits 0 "$TREC" --store "$here/alice" id
	holds "the id is grouped" grep -qE '^([A-Z2-7]{6}-){8}[A-Z2-7]{6}$' out
	exits 5 "$TREC" --store "$here/nowhere" list
	holds "no JSON for people" grep -q '^trec: .*no-store' err
	ok alice info
	holds "info says what deletion covers" jq -e '.deletion_covers and .deletion_does_not_cover' out
	is 0 "$(field .level)" "level of a key file"
}
a_long_path_still_has_a_control_socket() {
	long=$(printf 'd%.0s' {1..120})
	mkdir -m 700 "$long"
	ok "$long/alice" init --name alice
	serve "$long/alice"
	ok "$long/alice" window --pin
	stop "$long/alice"
	holds "no socket is left" test ! -e "$long/alice/control"
}
a_dead_daemons_socket_does_not_stop_the_next() {
	device alice
	serve alice
	crash alice
	holds "the socket is left" test -S alice/control
	ok alice list
	serve alice
	ok alice window --pin
	fails 5 store-busy alice serve
}
events_reach_watch_log_and_hook() {
	device alice
	device bob
	serve bob --service default=cat --on-event "echo \"\$TREC_EVENT_JSON\" >>$here/hook"
	"$TREC" --store "$here/bob" --json watch >watched 2>/dev/null &
	started watch $!
	paired alice bob
	until_true 5 "watch shows it" grep -q '"paired"' watched
	until_true 5 "the hook got it" grep -q '"paired"' hook
	ok bob log
	holds "the log has it" jq -e -s 'map(select(.event == "paired")) | length == 1' out
	holds "no PIN in any of them" test -z "$(cat watched hook out | grep "$pin")"
	stop bob
	until_true 5 "watch ends with the daemon" gone watch
}
waiting_for_the_window_ends_with_it() {
	device alice
	device bob
	serve bob
	fails 4 window-closed bob window --pin --seconds 1 --wait
	"$TREC" --store "$here/bob" --json window --pin --wait >waited 2>/dev/null &
	started waiting $!
	until_true 5 "it shows the PIN" grep -q pin waited
	jq -r 'select(.pin) | .pin' waited >pin
	ok alice pair "$(uri bob)" --pin-file pin
	wait "$(cat waiting.pid)" || fail "waiting: exit $?"
	is "$(id alice)" "$(tail -n 1 waited | jq -r .peer)" "who paired"
}
a_picture_of_the_code_pairs() {
	[ "$("$TREC" --store nowhere pair --qr-image /dev/null 2>&1 | grep -c unsupported)" = 0 ] ||
		cannot "built without zbar"
	device alice
	device bob
	serve bob
	ok bob window --code --qr "png:$here/code.png"
	is 600 "$(stat -c %a code.png)" "mode of the picture"
	ok alice pair --qr-image "$here/code.png"
	is code "$(field .origin)" "origin"
	fails 2 usage bob window --code --qr terminal
	exits 0 "$TREC" --store "$here/bob" window --code --qr terminal
	holds "it draws" grep -q '▀' out
	ok bob window --code --qr "svg:$here/code.svg"
	holds "an SVG" grep -q '^<svg ' code.svg
}

claim wrong_usage_is_named_and_nothing_is_made
claim bad_secrets_and_addresses_are_refused_before_anything_is_sent
claim help_and_version_exit_0
claim a_store_that_is_not_there_exits_5
claim a_command_for_the_daemon_says_that_there_is_none
claim init_makes_a_store_once
claim the_store_comes_from_option_then_environment_then_home
claim a_passphrase_protects_the_store
claim a_secret_in_argv_warns_and_is_overwritten
claim text_is_for_people_and_json_for_programs
claim a_long_path_still_has_a_control_socket
claim a_dead_daemons_socket_does_not_stop_the_next
claim events_reach_watch_log_and_hook
claim waiting_for_the_window_ends_with_it
claim a_picture_of_the_code_pairs
scenario_end
