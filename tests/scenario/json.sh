#!/usr/bin/env bash
# The fields that commands print with --json are those of docs/CLI.md, neither more nor fewer:
# scripts rely on them.
# shellcheck disable=SC2016,SC2317,SC2329 # claims are called by name; backquotes are the page's
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
. "$srcdir/tests/scenario/lib.sh"
scenario "fields of JSON objects"

# sees COMMAND...: the last output belongs to rows of these.
sees() {
	local name
	for name; do
		jq -r 'keys[]' "$here/out" >>"$here/seen.$name"
	done
}

# "COMMAND FIELD" lines of the table; values are no fields.
said_by() { # PAGE
	sed -n '/^## JSON objects/,/^## To come/s/^| \(`.*\) | \(.*\) |$/\1|\2/p' "$1" |
		sed -e 's/:"[^"]*"//g' -e 's/:\[[^]]*\]//g' | while IFS='|' read -r commands fields; do
		for command in $(grep -o '`[a-z-]*`' <<<"$commands" | tr -d '`'); do
			grep -o '"[a-z_]*"' <<<"$fields" | tr -d '"' | sed "s/^/$command /"
		done
	done | sort -u
}
seen_here() {
	local file
	for file in "$here"/seen.*; do
		sed "s/^/${file##*/seen.} /" "$file"
	done | sort -u
}
# Rows that share fields between commands or ways to end say more than one of them shows; scan.sh
# sees to `scan`, which needs neighbours.
same_fields() { # PAGE
	said_by "$1" | grep -vE '^(list|rename|allow|deny|resume|scan|serve|watch) ' >"$here/said"
	seen_here | grep -vE '^(list|rename|allow|deny|resume|scan|serve|watch) ' >"$here/seen"
	diff "$here/said" "$here/seen"
}
none_beyond() { # PAGE
	said_by "$1" >"$here/said"
	seen_here | comm -13 "$here/said" - >"$here/beyond"
	cat "$here/beyond"
	[ ! -s "$here/beyond" ]
}

windows_and_pairings() {
	echo 876543 >preset
	ok bob preset --pin-file preset
	sees preset
	ok bob window --preset
	sees window
	ok bob window --code
	sees window
	"$TREC" --store "$here/bob" --json window --pin --wait >waited &
	until_true 10 "a window is open" grep -q pin waited
	jq -r 'select(.pin).pin' waited >pin
	ok bob info
	sees info
	ok alice pair "$(uri bob)" --pin-file pin
	sees pair
	wait $!
	cp waited out
	sees window
}
shared_keys() {
	device erin
	open_pin bob --symmetric
	ok erin pair "$(uri bob)" --pin-file pin --symmetric
	ok erin rekey bob
	sees rekey
	ok erin unpair bob
	until_true 5 "bob drops erin" shares_no_key
}
shares_no_key() {
	! trec bob list | grep -q symmetric
}
consents() {
	device carol
	open_code bob --multi
	trec carol pair "$(uri bob)" --code-file code --yes >carol.out 2>&1 &
	until_true 10 "a consent waits" pending
	ok bob pending
	sees pending
	ok bob answer "$(field .number)" yes
	wait $!
}
pending() {
	trec bob pending | grep -q number
}
introductions() {
	device dora
	serve dora
	paired alice dora
	for name in bob dora; do
		ok "$name" allow alice introduce
	done
	ok alice introduce bob dora --offline carried
	sees introduce
	ok bob accept carried
	sees accept
	trec alice introduce bob dora >introduced 2>&1 &
	until_true 10 "bob is asked" pending
	ok bob pending
	sees pending
	ok bob answer "$(field .number)" no
	until_true 10 "dora is asked" asked
	ok dora pending
	sees pending
	ok dora answer "$(field .number)" yes
	wait $! || :
	jq -c 'select(.event)' introduced >out
	sees introduce
	is "[consent-denied,consent-denied]" "$(jq -sc 'map(.refusal)' out | tr -d '"')" "refusals"
}
asked() {
	trec dora pending | grep -q number
}
the_list() {
	ok alice allow bob service:door --until 2099-01-31
	sees allow show
	is "$(id bob)" "$(field .id)" "id after a right was granted"
	ok alice deny bob service:door
	sees deny
	ok alice list
	sees list
	ok alice show bob
	sees show
	ok alice cert bob
	sees cert
	ok alice rename bob robert
	sees rename
	is "$(id bob) robert" "$(field '.id + " " + .name')" "id and name after a renaming"
	ok alice ping robert
	sees ping
	wrong_pin
	ok bob window --pin
	fails 3 wrong-pin carol pair "$(uri bob)" --pin-file wrong
	ok alice rotate --yes
	sees rotate
	ok alice unpair robert
	sees unpair
}

fields_are_those_of_the_page() {
	local page=$srcdir/docs/CLI.md
	ok alice init --name alice
	sees init
	ok alice id --pem
	sees id
	field .id >alice.id
	device bob
	serve bob
	windows_and_pairings
	pin=$(cat pin)
	shared_keys
	consents
	introductions
	the_list
	until_true 5 "bob tells of the refusal" event bob '.event == "refused"'
	ok bob log
	sees log
	cp bob.events out
	sees serve
	ok alice help
	sees help
	ok alice --version
	sees --version
	holds "no field is missing on the page or in the output" same_fields "$page"
	holds "no field beyond the page's" none_beyond "$page"
	sed 's/,"rtt_ms":0.1//' "$page" >fewer.md
	holds "a field the page forgot is noticed" test -n "$(same_fields fewer.md)"
	sed 's/"told":true/"told":true,"when":null/' "$page" >more.md
	holds "a field only the page has is noticed" test -n "$(same_fields more.md)"
}

claim fields_are_those_of_the_page
scenario_end
