#!/usr/bin/env bash
# A disk that is full, one that is mounted read-only, and one that breaks under a running daemon:
# the command says what is wrong and what to do, nothing that was stored is lost, and the daemon
# lives on. Real file systems, so root and a mount namespace of its own are needed.
# shellcheck disable=SC2317,SC2329 # claims are called by name
set -eu
if [ -z "${TREC_OWN_MOUNTS:-}" ] && unshare -m mount --make-rprivate / 2>/dev/null; then
	TREC_OWN_MOUNTS=1 exec unshare -m --propagation private "$0" "$@"
fi
. "${srcdir:-.}/tests/scenario/lib.sh"
scenario "full and read-only disks"
[ -n "${TREC_OWN_MOUNTS:-}" ] || skip "no mount namespace of its own can be had (root, and the root of a mount)"
RAW_SCAN=${RAW_SCAN:-$PWD/tests/interop/raw_scan}
PATH=$PATH:/usr/sbin:/sbin

# Whatever is mounted in the claim's folder goes with it.
clean_up() {
	cd /
	umount -l "$here"/* 2>/dev/null || :
}
# small NAME SIZE: the place for device NAME's store is a file system of that size.
small() {
	mkdir -p "$here/$1"
	trap clean_up EXIT
	mount -t tmpfs -o "size=$2,mode=700" tmpfs "$here/$1" || cannot "no tmpfs can be mounted"
}
fill() {
	dd if=/dev/zero of="$here/$1/filler" bs=1k >/dev/null 2>&1 || :
	dd if=/dev/zero of="$here/$1/filler" bs=1 oflag=append conv=notrunc >/dev/null 2>&1 || :
}
drain() {
	rm "$here/$1/filler"
}
mentions() { # TEXT
	holds "it says: $1" grep -q -- "$1" err
}

init_on_a_full_disk_names_the_room_it_needs_and_works_once_there_is() {
	small disk 400k
	mkdir -m 700 disk/place
	fill disk
	fails 1 no-space disk/place init
	mentions "file system is full"
	mentions "make room for 96 KiB"
	fails 5 no-store disk/place id
	drain disk
	ok disk/place init
	ok disk/place id
}
init_on_a_read_only_disk_says_so() {
	small disk 400k
	mkdir -m 700 disk/place
	mount -o remount,ro "$here/disk"
	fails 5 read-only disk/place init
	mentions "mounted read-only"
	fails 5 read-only disk/other init
	mentions "mount it for writing"
	mount -o remount,rw "$here/disk"
	ok disk/place init
}

# The store's slots are all taken, so that it would have to grow, and there is no room.
crowded() {
	small bob 400k
	device alice
	device bob
	"$RAW_SCAN" crowd "$here/bob"
	fill bob
}
a_pairing_that_finds_the_disk_full_fails_on_both_sides_and_the_daemon_lives_on() {
	crowded
	serve bob
	open_pin bob
	# What went wrong on bob is for bob to know.
	fails 6 lost alice pair "$(uri bob)" --pin-file "$here/pin"
	until_true 5 "bob says why" event bob '.event == "refused" and .reason == "no-space"'
	holds "the daemon lives" is_running bob
	is 0 "$(listed bob)" "peers of bob"
	is absent "$(state alice bob)" "bob on alice"
	ok bob info
	is false "$(field .read_only)" "the store is written to again"
	drain bob
	paired alice bob
	fill bob
	ok alice ping bob "$(uri bob)"
	drain bob
	stop bob
	serve bob
	is active "$(state bob alice)" "alice on bob after a new start"
}
a_change_that_finds_the_disk_full_says_so_and_changes_nothing() {
	crowded
	echo 12345678 >preset
	fails 1 no-space bob preset --pin-file preset
	mentions "make room"
	ok bob info
	is false "$(field .preset_set)" "the preset PIN"
	drain bob
	ok bob preset --pin-file preset
	ok bob info
	is true "$(field .preset_set)" "the preset PIN"
}
# Bob's store is on a disk of its own and lists alice; nobody serves.
paired_on_a_small_disk() {
	small bob 400k
	device alice
	device bob
	serve bob
	paired alice bob
	stop bob
}
parting_works_on_a_full_disk() {
	paired_on_a_small_disk
	"$RAW_SCAN" crowd "$here/bob"
	fill bob
	ok bob unpair alice
	is 0 "$(listed bob)" "peers of bob"
	serve bob
	fails 3 not-trusted alice ping bob "$(uri bob)"
}

read_only_store_is_read_and_every_change_is_refused_with_the_reason() {
	paired_on_a_small_disk
	mount -o remount,ro "$here/bob"
	ok bob list
	is "$(id alice)" "$(field .id)" "whom bob lists"
	ok bob info
	is true "$(field .read_only)" "info says read-only"
	echo 12345678 >preset
	fails 5 read-only bob preset --pin-file preset
	mentions "mount its file system for writing"
	fails 5 read-only bob rename alice other
	fails 5 read-only bob unpair alice
	fails 5 read-only bob serve --listen "$(free_address bob)"
	mentions "control socket"
	ok bob list
	is "$(id alice)" "$(field .id)" "whom bob still lists"
	mount -o remount,rw "$here/bob"
	ok bob rename alice other
	serve bob
	ok alice ping bob "$(uri bob)"
}

# Every transfer fails from now on, as when a disk is pulled out.
the_disk_breaks_under_a_running_daemon_which_says_so_and_lives_on() {
	command -v mkfs.xfs >/dev/null && command -v xfs_io >/dev/null || cannot "xfsprogs are not installed"
	[ -b "$(losetup -f 2>/dev/null)" ] || cannot "there is no free loop device"
	truncate -s 320M image
	mkfs.xfs -q image
	mkdir bob
	trap clean_up EXIT
	mount -o loop image "$here/bob" || cannot "this kernel mounts no xfs"
	chmod 700 bob
	device alice
	device bob
	serve bob
	paired alice bob
	open_pin bob
	device carol
	xfs_io -x -c shutdown "$here/bob"
	fails 6 lost carol pair "$(uri bob)" --pin-file "$here/pin"
	until_true 5 "bob says why" event bob '.event == "refused" and .reason == "io"'
	holds "the daemon lives" is_running bob
	is absent "$(state carol bob)" "bob on carol"
	stop bob
	umount "$here/bob"
	mount -o loop image "$here/bob"
	is active "$(state bob alice)" "alice on bob once the disk is back"
	is absent "$(state bob carol)" "carol on bob"
	serve bob
	ok alice ping bob "$(uri bob)"
	stop bob
	umount "$here/bob"
}

claim init_on_a_full_disk_names_the_room_it_needs_and_works_once_there_is
claim init_on_a_read_only_disk_says_so
claim a_pairing_that_finds_the_disk_full_fails_on_both_sides_and_the_daemon_lives_on
claim a_change_that_finds_the_disk_full_says_so_and_changes_nothing
claim parting_works_on_a_full_disk
claim read_only_store_is_read_and_every_change_is_refused_with_the_reason
claim the_disk_breaks_under_a_running_daemon_which_says_so_and_lives_on
scenario_end
