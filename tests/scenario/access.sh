#!/usr/bin/env bash
# Who may use a store, what a second process on it gets, and what stands in it.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "access to the store"

c631_b_a_store_that_others_can_read_is_refused() {
	device alice
	chmod 755 alice
	fails 5 store-mode alice id
	chmod 700 alice
	ok alice id
	for file in alice/*; do
		[ -f "$file" ] || continue
		mode=$(stat -c %a "$file")
		is 0 "$((0$mode & 077))" "what others may do with $file"
		chmod 644 "$file"
		fails 5 store-mode alice id
		chmod "$mode" "$file"
	done
	ok alice id
}

c631_b_a_store_behind_a_symlink_is_refused() {
	device alice
	ln -s alice link
	fails 5 store-mode link id
}

c631_b_another_users_store_is_refused() {
	[ "$(id_of_user)" = 0 ] || cannot "not root"
	device alice
	chown -R 65534:65534 alice
	fails 5 store-mode alice id
}
id_of_user() {
	command id -u
}

c631_b_an_altered_store_is_found_out() {
	device alice
	file=$(find alice -type f -size +1k | head -n 1)
	size=$(stat -c %s "$file")
	cp -a alice whole
	for at in 0 100 $((size / 4)) $((size / 2)); do
		byte=$(od -An -tu1 -j "$at" -N 1 "$file" | tr -d ' ')
		# shellcheck disable=SC2059 # the byte is the format
		printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
		got=0
		trec alice id >out 2>err || got=$?
		echo "byte $at: exit $got"
		holds "exit 0 or 5, never anything else" test "$got" = 0 -o "$got" = 5
		[ "$got" != 0 ] || is "$(id alice)" "$(field .id)" "the id, if the byte was not in use"
		rm -rf alice
		cp -a whole alice
	done
}

no_store_is_said_so() {
	fails 5 no-store nowhere id
	fails 5 no-store nowhere list
}

init_does_not_overwrite() {
	device alice
	fails 1 exists alice init --name again
	ok alice id
	is "$(id alice)" "$(field .id)"
}

c631_f_no_secret_stands_in_plain_text() {
	device alice
	device bob
	serve bob
	open_code bob
	ok alice pair "$(uri bob)" --code-file code
	stop bob
	for needle in bob alice "$(id alice)" "$(id bob)" 'PRIVATE KEY' "${code:5:40}"; do
		asserted
		! grep -raqF "$needle" alice bob || fail "'$needle' stands in a store"
	done
}

c5_generate_the_origin_is_recorded() {
	device alice
	device bob
	serve bob
	paired alice bob
	is pin "$(trec alice show bob | jq -r .origin)"
	is null "$(trec alice show bob | jq -r .introduced_by)"
	open_code bob
	ok alice pair "$(uri bob)" --code-file code
	is code "$(trec alice show bob | jq -r .origin)" "origin after a new pairing"
}

c5_generate_every_device_has_a_key_of_its_own() {
	device a
	device b
	device c --key p256
	is 3 "$(cat a.id b.id c.id | sort -u | wc -l)" "different ids"
}

c5_obtain_nothing_is_taken_from_an_unauthenticated_peer() {
	device alice
	device bob
	serve bob
	echo 123456 >pin
	fails 4 window-closed alice pair "$(uri bob)" --pin-file pin
	open_pin bob
	wrong_pin
	fails 3 wrong-pin alice pair "$(uri bob)" --pin-file wrong
	fails 1 no-peer alice cert bob
	fails 1 no-peer bob cert alice
}

two_daemons_on_one_store_do_not_mix() {
	device alice
	serve alice
	exits 5 "$TREC" --store "$here/alice" --json serve --listen "$(free_address alice)"
	is store-busy "$(error_name)"
	holds "the first goes on" is_running alice
	ok alice list
}

the_daemon_leaves_nothing_behind_but_the_store() {
	device alice
	before=$(ls -A alice)
	serve alice
	stop alice
	is "$before" "$(ls -A alice)" "files of the store"
	serve alice
	crash alice
	serve alice
	ok alice list
}

claim c631_b_a_store_that_others_can_read_is_refused
claim c631_b_a_store_behind_a_symlink_is_refused
claim c631_b_another_users_store_is_refused
claim c631_b_an_altered_store_is_found_out
claim no_store_is_said_so
claim init_does_not_overwrite
claim c631_f_no_secret_stands_in_plain_text
claim c5_generate_the_origin_is_recorded
claim c5_generate_every_device_has_a_key_of_its_own
claim c5_obtain_nothing_is_taken_from_an_unauthenticated_peer
claim two_daemons_on_one_store_do_not_mix
claim the_daemon_leaves_nothing_behind_but_the_store
scenario_end
