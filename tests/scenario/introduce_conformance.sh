#!/usr/bin/env bash
# The clauses about obtaining a credential, with an introduction as the way of obtaining it: the
# introducer in the middle, what a wire shows, what is stored, what memory keeps, and that nobody
# who was dissolved comes back.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
. "$srcdir/tests/scenario/lib.sh"
. "$srcdir/tests/scenario/circle.sh"
MIDDLE=${MIDDLE:-$PWD/tests/lib/middle}
MEMORY=${MEMORY:-$PWD/tests/memory}
scenario "introductions, clause by clause"

# --- who looks on -----------------------------------------------------------------------------

# certificate OF FILE: as DER, from the list of anna, who knows them all.
certificate() {
	trec anna cert "$1" | jq -r .pem | sed '/^-/d' | base64 -d >"$2"
	holds "there is a certificate of $1" test -s "$2"
}
# between TARGET [CALLER-SEES [TARGET-SEES]]: anna's store and key before that device, at $middle_uri.
between() {
	: >"$here/middle.events"
	"$MIDDLE" "$here/anna" "$(free_address middle)" "$(outsider "$(uri "$1")")" "${@:2}" \
		>"$here/middle.events" 2>>"$here/middle.log" &
	started middle $!
	ready_in "$here/middle.events" $!
	middle_uri=$(sed -n 's/^ready //p' "$here/middle.events")
}
middle_says() {
	grep -q "$1" "$here/middle.events"
}

hex_of() { # [FILE]...
	cat "$@" | od -An -v -tx1 | tr -d ' \n'
}
# The key as it stands in certificates and statements.
public_key() {
	certificate "$1" "$here/$1.der"
	openssl x509 -inform DER -in "$here/$1.der" -noout -pubkey |
		openssl pkey -pubin -outform DER | tail -c 32 | hex_of
}
# nowhere WHAT HEX FILE...
nowhere() {
	local what=$1 hex=$2 file
	shift 2
	asserted
	[ "${#hex}" -ge 8 ] || fail "$what is too short to be searched for"
	for file; do
		case $(hex_of "$file") in
		*"$hex"*) fail "$what stands in $file" ;;
		esac
	done
}
# The frames of a carried introduction, as in a session: present, length, the bundle.
bundle() { # FILE
	local text=$1
	text=$(tr -d '\n' <"$text" | sed 's/^TRECI://; s/..$//')
	while [ $((${#text} % 8)) != 0 ]; do text=$text=; done
	printf %s "$text" | base32 -d
}

# --- c1, c2: the channel ----------------------------------------------------------------------

c632_a_c1_whoever_introduces_was_paired_by_a_shared_secret() {
	device anna
	for name in bert cleo dora; do
		device "$name"
		serve "$name" --service default=cat --introductions auto --introduced-rights 'service:*'
	done
	paired anna bert
	open_code cleo
	ok anna pair "$(uri cleo)" --code-file code
	printf '%s\n' 285714285714 >preset
	ok dora preset --pin-file preset
	ok dora window --preset
	ok anna pair "$(uri dora)" --pin-file preset
	is "code pin" "$(trec anna show cleo | jq -r .origin) $(trec anna show dora | jq -r .origin)"
	for name in bert cleo dora; do
		ok "$name" allow anna introduce
	done
	ok anna introduce bert cleo dora
	talks bert cleo
	talks cleo dora
	# It has the right, and no pairing: one level, and no further.
	ok bert allow cleo introduce
	device emil
	serve emil --service default=cat --introductions auto
	paired cleo emil
	ok emil allow cleo introduce
	exits 1 "$TREC" --store cleo --json introduce bert emil
	is absent "$(state bert emil)" "emil on bert"
}

# passes_nowhere WHEN: bert calls cleo and gets anna, who shows her own certificate, then
# cleo's; cleo is called by anna, who shows bert's.
passes_nowhere() {
	local on_bert on_cleo
	on_bert=$(state bert cleo)
	on_cleo=$(state cleo bert)
	between cleo
	fails 3 wrong-certificate bert ping cleo "$middle_uri"
	until_true 5 "the call ended" middle_says '^end'
	holds "bert hung up on her" middle_says '^caller failed'
	crash middle
	between cleo "$here/cleo.der"
	leaves 3 bert ping cleo "$middle_uri"
	until_true 5 "the call ended" middle_says '^end'
	holds "bert hung up on her with cleo's certificate" middle_says '^caller failed'
	asserted
	! middle_says '^caller said' || fail "she read what bert says: $(cat middle.events)"
	crash middle
	# She takes bert's call to herself, and says to cleo what bert says to her.
	between cleo - "$here/bert.der"
	holds "she is not taken for bert" \
		test "$(trec bert ping anna "$middle_uri" >/dev/null 2>&1 || echo no)" = no
	until_true 5 "the call ended" middle_says '^end'
	# Whichever leg ends first ends the other: bert's need not have come to its end.
	holds "bert called her" middle_says '^call$'
	asserted
	! middle_says '^target said' || fail "she read what cleo says: $(cat middle.events)"
	crash middle
	is "$on_bert" "$(state bert cleo)" "cleo on bert, $1"
	is "$on_cleo" "$(state cleo bert)" "bert on cleo, $1"
}

c632_a_c2_the_introducer_in_the_middle_gets_into_no_session() {
	circle auto bert cleo
	certificate bert bert.der
	certificate cleo cleo.der
	ok anna introduce bert cleo
	is "introduced introduced" "$(state bert cleo) $(state cleo bert)" "before they met"
	passes_nowhere "before they met"
	talks bert cleo
	passes_nowhere "later"
	is active "$(state cleo bert)" "bert on cleo"
	talks cleo bert
}

# The program can do it: what bert says to anna herself she reads, and may say to whom she likes.
the_middle_reads_what_is_said_to_anna_herself() {
	circle auto bert cleo
	between cleo
	echo to-anna-herself >said
	asserted
	trec bert connect anna "$middle_uri" <said >got 2>err || fail "connect: $(cat err)"
	is to-anna-herself "$(cat got)" "what cleo's service sent back to anna"
	holds "both legs were open" middle_says '^target open'
	holds "she read it" middle_says '^caller said'
}

c632_a_c2_who_shows_anothers_certificate_turns_nothing_active() {
	circle auto bert cleo
	certificate bert bert.der
	ok anna introduce bert cleo
	# cleo calls bert and gets anna, with bert's certificate.
	between bert "$here/bert.der"
	leaves 3 cleo ping bert "$middle_uri"
	is introduced "$(state cleo bert)" "bert on cleo"
	is introduced "$(state bert cleo)" "cleo on bert"
}

# --- c3, h: what passes on the wire -----------------------------------------------------------

# watched NAME: a proxy before NAME writes down what passes, to NAME.c2s and NAME.s2c; $here/NAME.uri
# becomes its address.
watched() {
	tap_as "tap-$1" "$1" --log "$here/$1"
	cp "$here/tap-$1.uri" "$here/$1.uri"
}

c632_a_c3_no_credential_passes_in_the_clear() {
	command -v openssl >/dev/null || cannot "openssl is not installed"
	device anna
	for name in bert cleo; do
		device "$name"
		serve "$name" --service default=cat --introductions auto --introduced-rights 'service:*'
		watched "$name"
		paired anna "$name"
		ok "$name" allow anna introduce
	done
	ok anna introduce bert cleo
	ok bert unpair cleo
	device dora
	serve dora --service default=cat --introductions auto
	watched dora
	paired anna dora
	ok dora allow anna introduce
	# The one carried: bert presents it to dora.
	carry bert dora
	ok bert accept carried
	secret=the-quick-brown-fox-jumps-over-the-lazy-dog
	ok bert ping dora "$(uri dora)"
	ok dora allow bert service:default
	asserted
	echo "$secret" | trec bert connect dora "$(uri dora)" >got 2>err || fail "connect: $(cat err)"
	is "$secret" "$(cat got)"
	for name in bert cleo dora; do
		holds "something passed to $name" test -s "$name.c2s"
		holds "something passed from $name" test -s "$name.s2c"
	done
	for name in bert cleo dora; do
		nowhere "the key of $name" "$(public_key "$name")" ./*.c2s ./*.s2c
		nowhere "the name of $name" "$(printf %s "$name" | hex_of)" ./*.c2s ./*.s2c
		nowhere "the id of $name" "$(id "$name" | tr -d '\n-' | hex_of)" ./*.c2s ./*.s2c
	done
	bundle carried >bundle
	nowhere "the statement" "$(tail -c 40 bundle | hex_of)" ./*.c2s ./*.s2c
	nowhere "what was said" "$(printf %s "$secret" | hex_of)" ./*.c2s ./*.s2c
	# The search finds what does stand somewhere.
	asserted
	! (nowhere "the name" "$(printf %s bert | hex_of)" bundle) >/dev/null || fail "the search is blind"
}

# said_to NAME FILE: the bytes of FILE on a connection of their own; how many came back is in $heard.
said_to() {
	heard=$("$WIRE" "$(outsider "$(uri "$1")")" <"$2" 2>/dev/null | wc -c)
}
# frame TYPE FILE: as in a session.
frame() {
	local n
	n=$(wc -c <"$2")
	# shellcheck disable=SC2059 # made here
	printf "\\x$1\\x00\\x$(printf %02x $((n / 256)))\\x$(printf %02x $((n % 256)))"
	cat "$2"
}

# two_bytes N:, big endian, for printf.
two_bytes() {
	printf '\\x%02x\\x%02x' $(($1 / 256)) $(($1 % 256))
}

c632_a_c3_a_credential_before_the_channel_stands_is_not_heard() {
	circle auto bert cleo
	carry bert cleo
	bundle carried >bundle
	frame 31 bundle >present
	frame 2f bundle >introduction
	# A ClientHello of this protocol; what follows it stands where encrypted records would.
	tap bert --log "$here/wire"
	ok anna ping bert "$tap_uri"
	crash tap
	head -c $((16#$(head -c 5 wire.c2s | tail -c 2 | hex_of) + 5)) wire.c2s >hello
	holds "it is a ClientHello" test "$(head -c 6 hello | tail -c 1 | hex_of)" = 01
	for words in present introduction; do
		{
			# shellcheck disable=SC2059 # made here
			printf "\\x17\\x03\\x03$(two_bytes "$(wc -c <"$words")")"
			cat "$words"
		} >"$words.record"
		for form in "$words" "$words.record"; do
			said_to cleo "$form"
			is 0 "$heard" "bytes of an answer to $form"
			cat hello "$form" >behind
			said_to cleo behind
			holds "$form behind a ClientHello: TLS answers, and ends" test "$heard" -gt 0
			is absent "$(state cleo bert)" "bert on cleo after $form"
		done
	done
	# Inside the channel the same bundle is what cleo takes.
	ok bert accept carried
	talks bert cleo
}

# --- e, f: what is delivered, and how it is kept ----------------------------------------------

c632_a_e_an_introduction_altered_on_its_way_stores_nothing_else() {
	circle auto bert cleo
	# A carried one: each character in turn would take minutes, tests/unit/test_bundle does it.
	carry bert cleo
	n=$(wc -c <carried)
	for at in 8 20 60 150 300 500 700 900 $((n - 4)); do
		[ "$at" -lt "$n" ] || continue
		old=$(head -c "$at" carried | tail -c 1)
		new=$([ "$old" = A ] && echo B || echo A)
		{
			head -c $((at - 1)) carried
			printf %s "$new"
			tail -c +$((at + 1)) carried
		} >altered
		exits 2 "$TREC" --store bert --json accept altered
		is bad-code "$(error_name)" "error for character $at"
	done
	is absent "$(state bert cleo)" "cleo on bert"
	ok bert accept carried
	fails 1 refused bert accept carried
	is replayed "$(tail -n 1 err | jq -r .refusal)" "refusal of the old one"
	is 2 "$(listed bert)" "peers of bert"
	# bert brings it to cleo, and somebody changes a byte of what goes there.
	altered=0
	for at in 120 400 640 760 850 950 1050 1150 1250; do
		tap cleo --flip "c2s:$at:0x04"
		trec bert ping cleo "$tap_uri" >out 2>err || :
		if ! tap_says flipped; then break; fi
		altered=$((altered + 1))
		is absent "$(state cleo bert)" "bert on cleo after byte $at"
		crash tap
	done
	holds "many were tried ($altered)" test "$altered" -ge 6
	talks bert cleo
}

c632_a_f_what_was_introduced_is_kept_encrypted() {
	command -v openssl >/dev/null || cannot "openssl is not installed"
	circle auto bert cleo
	carry bert cleo
	ok bert accept carried
	bundle carried >bundle
	cleo_key=$(public_key cleo)
	kept_encrypted "that was accepted"
	talks bert cleo
	kept_encrypted "that became active"
	trec anna introduce bert cleo >/dev/null 2>&1 || :
	crash bert
	kept_encrypted "after a kill"
}
kept_encrypted() { # WHEN
	nowhere "cleo's key, of an entry $1" "$cleo_key" bert/store
	nowhere "cleo's name, of an entry $1" "$(printf cleo | hex_of)" bert/store
	nowhere "a statement, of an entry $1" "$(tail -c 40 bundle | hex_of)" bert/store
	holds "there is a store" test -s bert/store
}

# --- g: both proved ---------------------------------------------------------------------------

c632_a_g_introduced_is_not_active_until_both_have_proved() {
	circle auto bert cleo
	certificate bert bert.der
	ok anna introduce bert cleo
	is introduced "$(state bert cleo)" "cleo on bert"
	is introduced "$(state cleo bert)" "bert on cleo"
	# Its rights wait: what is only introduced may not introduce, and is no peer to talk to yet.
	fails 1 state cleo allow bert introduce
	# bert's certificate alone, before cleo.
	between cleo - bert.der
	trec bert ping anna "$middle_uri" >/dev/null 2>&1 || :
	until_true 5 "the call ended" middle_says '^end'
	crash middle
	is introduced "$(state cleo bert)" "bert on cleo after somebody with its certificate"
	# Once more changes nothing, and doubles nothing.
	exits 1 "$TREC" --store anna --json introduce bert cleo
	is already-known "$(outcome bert cleo)" "bert to cleo again"
	is 2 "$(listed cleo)" "peers of cleo"
	talks bert cleo
	is active "$(state cleo bert)" "bert on cleo"
	is "$(id anna)" "$(trec cleo show bert | jq -r .introduced_by)" "by whom"
}

c632_a_g_half_a_session_activates_one_side_at_most_and_heals() {
	circle auto bert cleo
	ok anna introduce bert cleo
	for at in 300 700 900; do
		tap cleo --cut "s2c:$at"
		trec bert ping cleo "$tap_uri" >out 2>err || :
		crash tap
		case "$(state bert cleo) $(state cleo bert)" in
		'introduced introduced' | 'introduced active' | 'active active') ;;
		*) fail "after $at bytes: $(state bert cleo) on bert, $(state cleo bert) on cleo" ;;
		esac
	done
	talks bert cleo
	talks cleo bert
}

# --- h: what later connections rest on --------------------------------------------------------

c632_a_h_later_connections_rest_on_the_two_credentials_alone() {
	circle auto bert cleo dora
	ok anna introduce bert cleo
	talks bert cleo
	rm -r anna
	talks bert cleo
	talks cleo bert
	secret=the-quick-brown-fox-jumps-over-the-lazy-dog
	tap cleo --log "$here/wire"
	asserted
	echo "$secret" | trec bert connect cleo "$tap_uri" >got 2>err || fail "connect: $(cat err)"
	is "$secret" "$(cat got)"
	nowhere "what was said" "$(printf %s "$secret" | hex_of)" wire.c2s wire.s2c
	# Another device in cleo's place, bert himself, and cleo set up anew.
	fails 3 wrong-certificate bert ping cleo "$(uri dora)"
	leaves 3 bert ping cleo "$(uri bert)"
	stop cleo
	mv cleo before
	ok cleo init --name cleo
	serve_again cleo --service default=cat --introductions auto
	fails 3 wrong-certificate bert ping cleo "$(uri cleo)"
	stop cleo
	rm -r cleo
	mv before cleo
	serve_again cleo --service default=cat
	talks bert cleo
}

# --- i: memory --------------------------------------------------------------------------------

# clean NAME: the daemon of NAME has no private key of anybody outside its arena.
clean() {
	local status=0
	asserted
	cat ./*.keys >secrets
	"$MEMORY/memscan" live "$(cat "$1.pid")" secrets own-key own-scalar own-prefix >scan 2>&1 ||
		status=$?
	[ "$status" != 77 ] || cannot "$(cat scan)"
	[ "$status" = 0 ] || fail "$1 $2: $(cat scan)"
}
# Before anybody serves it: the key of a store.
keys() {
	"$MEMORY/observer" keys "$here/$1" >"$here/$1.keys"
	holds "the key of $1 is known" grep -q '^key own-key ' "$here/$1.keys"
}

c632_a_i_no_daemon_keeps_a_secret_of_an_introduction() {
	if grep -aq '__asan_init\|__tsan_init' "$(dirname "$TREC")/.libs/trec" "$TREC" 2>/dev/null; then
		cannot "a sanitizer keeps copies of its own"
	fi
	circle auto bert cleo
	for name in bert cleo; do
		stop "$name"
		keys "$name"
		serve_again "$name" --service default=cat --introductions auto \
			--introduced-rights 'service:*'
	done
	keys anna
	serve anna
	ok anna introduce bert cleo
	for name in anna bert cleo; do clean "$name" "after the introduction"; done
	talks bert cleo
	for name in bert cleo; do clean "$name" "after the first session"; done
	ok bert unpair cleo
	ok bert unpair anna
	for name in anna bert cleo; do clean "$name" "after parting"; done
	# The search finds what is there: planted, each form is found.
	status=0
	"$MEMORY/memscan" plant "$(cat bert.pid)" bert.keys >scan 2>&1 || status=$?
	[ "$status" != 77 ] || cannot "$(cat scan)"
	is 0 "$status" "the search for what was planted: $(cat scan)"
}

# --- nobody comes back ------------------------------------------------------------------------

# refused_again WHEN: cleo has bert's credential by an introduction, and gets nowhere with it.
refused_again() {
	trec anna introduce bert cleo >out 2>err && fail "$1: bert took an introduction"
	is subject-dissolved "$(outcome cleo bert)" "cleo to bert, $1"
	is introduced "$(state cleo bert)" "bert on cleo, $1"
	fails 3 not-trusted cleo ping bert "$(uri bert)"
	is absent "$(state bert cleo)" "cleo on bert, $1"
	fails 1 no-peer bert ping cleo
}

c613_nobody_dissolved_comes_back_by_introduction_succession_or_notice() {
	circle auto bert cleo dora
	serve anna
	carry bert cleo
	cp carried early
	ok anna introduce bert cleo dora
	talks bert cleo
	talks bert dora
	ok bert unpair cleo
	until_true 5 "cleo was told" is_state absent cleo bert
	refused_again "after an online introduction"
	carry bert cleo
	for text in early carried; do
		fails 1 refused bert accept "$text"
		is subject-dissolved "$(tail -n 1 err | jq -r .refusal)" "refusal of $text"
	done
	ok cleo accept carried
	fails 3 not-trusted cleo ping bert "$(uri bert)"
	is absent "$(state bert cleo)" "cleo on bert, who brought its introduction"
	# Notices: of dora about herself, of the introducer about dora, and then about itself.
	ok dora unpair bert
	ok anna unpair dora
	refused_again "after notices"
	crash bert
	serve_again bert --service default=cat --introductions auto
	refused_again "after a restart"
	# Another key, and the chain that leads to it.
	carry bert cleo
	ok cleo accept carried
	ok cleo rotate --yes
	ok cleo id
	field .id >cleo.id
	fails 3 not-trusted cleo ping bert "$(uri bert)"
	is absent "$(state bert cleo)" "cleo on bert, after a succession"
	# The user can.
	paired bert cleo
	ok bert ping cleo
}

# A tombstone knows keys, not devices: docs/THREATS.md says so. The user is asked.
a_dissolved_device_with_another_key_is_another_device_to_ask_about() {
	needs_hints
	circle ask bert cleo
	serve anna
	ok bert unpair anna
	paired bert anna
	ok bert allow anna introduce
	paired bert cleo
	ok bert unpair cleo
	ok cleo rotate --yes
	ok cleo id
	field .id >cleo.id
	ok cleo ping anna "$(uri anna)"
	trec anna introduce bert cleo >said 2>said.err &
	answers cleo yes
	until_true 10 "a question waits on bert" waits bert
	number=$(asked bert)
	is "anna $(id cleo) cleo" "$(field '[.name, .subjects[0].id, .subjects[0].name] | join(" ")')"
	ok bert answer "$number" no
	heard || :
	is consent-denied "$(outcome cleo bert)" "cleo to bert"
	is absent "$(state bert cleo)" "cleo on bert"
}

claim c632_a_c1_whoever_introduces_was_paired_by_a_shared_secret
claim c632_a_c2_the_introducer_in_the_middle_gets_into_no_session
claim the_middle_reads_what_is_said_to_anna_herself
claim c632_a_c2_who_shows_anothers_certificate_turns_nothing_active
claim c632_a_c3_no_credential_passes_in_the_clear
claim c632_a_c3_a_credential_before_the_channel_stands_is_not_heard
claim c632_a_e_an_introduction_altered_on_its_way_stores_nothing_else
claim c632_a_f_what_was_introduced_is_kept_encrypted
claim c632_a_g_introduced_is_not_active_until_both_have_proved
claim c632_a_g_half_a_session_activates_one_side_at_most_and_heals
claim c632_a_h_later_connections_rest_on_the_two_credentials_alone
claim c632_a_i_no_daemon_keeps_a_secret_of_an_introduction
claim c613_nobody_dissolved_comes_back_by_introduction_succession_or_notice
claim a_dissolved_device_with_another_key_is_another_device_to_ask_about
scenario_end
