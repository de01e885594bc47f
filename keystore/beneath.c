/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See access.h: what lies beneath the store file, and so what overwriting in place can promise.
 * Measured on images of each file system (docs/STORE-FORMAT.md, What deletion covers); anything
 * not known is said to be not known.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* statx */
#endif
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "keystore/access.h"

#define EXTENTS 64
#define BTRFS 0x9123683eUL
#define EXT 0xef53UL

static const struct beneath {
	unsigned long magic;
	const char *name;
	trec_overwrite overwrite;
} known[] = {
	{ EXT, "ext4", TREC_OVERWRITE_IN_PLACE },
	{ 0x58465342, "xfs", TREC_OVERWRITE_IN_PLACE },
	{ BTRFS, "btrfs", TREC_OVERWRITE_COPIED },
	{ 0x2fc12fc1, "zfs", TREC_OVERWRITE_COPIED },
	{ 0xca451a4e, "bcachefs", TREC_OVERWRITE_COPIED },
	{ 0xf2f52010, "f2fs", TREC_OVERWRITE_COPIED },
	{ 0x3434, "nilfs2", TREC_OVERWRITE_COPIED },
	{ 0x24051905, "ubifs", TREC_OVERWRITE_COPIED },
	{ 0x72b6, "jffs2", TREC_OVERWRITE_COPIED },
	{ 0x01021994, "tmpfs", TREC_OVERWRITE_VOLATILE },
	{ 0x858458f6, "ramfs", TREC_OVERWRITE_VOLATILE },
	{ 0x6969, "nfs", TREC_OVERWRITE_UNKNOWN },
	{ 0x794c7630, "overlayfs", TREC_OVERWRITE_UNKNOWN },
	{ 0x65735546, "fuse", TREC_OVERWRITE_UNKNOWN },
	{ 0xff534d42, "cifs", TREC_OVERWRITE_UNKNOWN },
	{ 0xfe534d42, "smb2", TREC_OVERWRITE_UNKNOWN },
	{ 0x01021997, "9p", TREC_OVERWRITE_UNKNOWN },
	{ 0x00c36400, "ceph", TREC_OVERWRITE_UNKNOWN },
	{ 0xf15f, "ecryptfs", TREC_OVERWRITE_UNKNOWN },
	{ 0x2011bab0, "exfat", TREC_OVERWRITE_UNKNOWN },
	{ 0x7366746e, "ntfs3", TREC_OVERWRITE_UNKNOWN },
	{ 0x4d44, "vfat", TREC_OVERWRITE_IN_PLACE },
};

static const char drive[] = "a drive that moves blocks by itself (SSD, SD card, eMMC) may keep old "
			    "copies where no program can reach them, and so does a snapshot of the "
			    "whole volume (LVM, virtual machine)";

/* What is in such a copy: docs/STORE-FORMAT.md, What an old copy gives away. */
#define READABLE "; who has one of them and the store's key can read what was deleted"

static const struct saying {
	const char *covers;
	const char *not_covered;
} sayings[] = {
	[TREC_OVERWRITE_IN_PLACE] = {
		"deleted records and their keys are overwritten where they were", drive },
	[TREC_OVERWRITE_JOURNALED] = {
		"deleted records and their keys are overwritten where they were",
		"this file system also writes data to its journal (data=journal), which keeps "
		"old copies until it is reused" READABLE "; mount it with data=ordered" },
	[TREC_OVERWRITE_COPIED] = {
		"the keys of deleted records are no longer in the store",
		"this file system writes changed blocks elsewhere, so old copies stay on the "
		"disk until it reuses them" READABLE },
	[TREC_OVERWRITE_SHARED] = {
		"the keys of deleted records are no longer in the store",
		"a snapshot or a copy shares blocks with this file and keeps what they held"
		READABLE ": delete the snapshot" },
	[TREC_OVERWRITE_VOLATILE] = {
		"deleted records and their keys are overwritten in memory",
		"swapped-out memory may keep old copies, and the store ends with the power" },
	[TREC_OVERWRITE_UNKNOWN] = {
		"deleted records and their keys are overwritten through this file system",
		"what it does with the old blocks is not known to this program; if it keeps them"
		READABLE },
};

/* Whether a snapshot, clone or copy shares blocks with the file. */
static bool shared(int fd)
{
	union {
		struct fiemap map;
		uint8_t room[sizeof(struct fiemap) + EXTENTS * sizeof(struct fiemap_extent)];
	} u = { 0 };
	struct fiemap *map = &u.map;
	bool any = false;

	for (unsigned i = 0; i < 1024 && !any; i++) {
		map->fm_length = FIEMAP_MAX_OFFSET - map->fm_start;
		map->fm_extent_count = EXTENTS;
		map->fm_mapped_extents = 0;
		if (ioctl(fd, FS_IOC_FIEMAP, map) != 0 || map->fm_mapped_extents == 0)
			break;
		const struct fiemap_extent *last = &map->fm_extents[map->fm_mapped_extents - 1];

		for (uint32_t k = 0; k < map->fm_mapped_extents; k++)
			any = any || (map->fm_extents[k].fe_flags & FIEMAP_EXTENT_SHARED) != 0;
		if ((last->fe_flags & FIEMAP_EXTENT_LAST) != 0)
			break;
		map->fm_start = last->fe_logical + last->fe_length;
	}
	return any;
}

static bool no_cow(int fd)
{
	int flags = 0;

	return ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_NOCOW_FL) != 0;
}

/*
 * Of the mount that the file lies in: the file system's type and options, as "ext4 /dev/x rw,..".
 * False where that cannot be found out.
 */
static bool mount_of(int fd, char *out, size_t cap)
{
	struct statx st;
	char want[32];
	char line[4096];
	bool any = false;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) != 0)
		return false;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (f == NULL)
		return false;
	(void)snprintf(want, sizeof want, " %u:%u ", st.stx_dev_major, st.stx_dev_minor);
	while (!any && fgets(line, sizeof line, f) != NULL) {
		const char *type = strstr(line, " - ");

		any = strstr(line, want) != NULL && type != NULL;
		if (any)
			(void)snprintf(out, cap, "%s", type + 3);
	}
	(void)fclose(f);
	return any;
}

/*
 * The driver's own list of options in force: the list of mounts leaves out those that were set in
 * the file system itself (tune2fs -o journal_data). False where it cannot be read.
 */
static bool ext_options(int fd, bool *journal)
{
	struct statx st;
	char path[300];
	char device[256];
	char line[256];

	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) != 0)
		return false;
	(void)snprintf(path, sizeof path, "/sys/dev/block/%u:%u", st.stx_dev_major,
		       st.stx_dev_minor);
	ssize_t n = readlink(path, device, sizeof device - 1);

	if (n <= 0)
		return false;
	device[n] = '\0';
	const char *name = strrchr(device, '/');

	(void)snprintf(path, sizeof path, "/proc/fs/ext4/%s/options",
		       name == NULL ? device : name + 1);
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return false;
	bool any = false;

	*journal = false;
	while (fgets(line, sizeof line, f) != NULL) {
		any = any || strncmp(line, "data=", 5) == 0;
		*journal = *journal || strncmp(line, "data=journal", 12) == 0;
	}
	(void)fclose(f);
	return any;
}

/* ext2, ext3 and ext4 share a number; with data=journal they keep copies of what is written. */
static trec_overwrite judge_ext(int fd, struct trec_keystore_info *out)
{
	char mount[2048] = "";
	int flags = 0;
	bool journal = false;
	bool told = mount_of(fd, mount, sizeof mount);

	if (strncmp(mount, "ext", 3) == 0)
		(void)snprintf(out->filesystem, sizeof out->filesystem, "%.4s", mount);
	if (!ext_options(fd, &journal)) /* data=journal brings nodelalloc, which is always shown */
		told = told && strstr(mount, "nodelalloc") == NULL;
	else
		told = true;
	if (journal || strstr(mount, "data=journal") != NULL ||
	    (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_JOURNAL_DATA_FL) != 0))
		return TREC_OVERWRITE_JOURNALED;
	return told ? TREC_OVERWRITE_IN_PLACE : TREC_OVERWRITE_UNKNOWN;
}

static trec_overwrite judge(int fd, unsigned long magic, trec_overwrite usual,
			    struct trec_keystore_info *out)
{
	if (usual != TREC_OVERWRITE_VOLATILE && shared(fd))
		return TREC_OVERWRITE_SHARED;
	if (magic == BTRFS && no_cow(fd))
		return TREC_OVERWRITE_IN_PLACE;
	return magic == EXT ? judge_ext(fd, out) : usual;
}

void ks_beneath(int fd, struct trec_keystore_info *out)
{
	struct statfs fs;
	unsigned long magic = 0;

	out->overwrite = TREC_OVERWRITE_UNKNOWN;
	if (fstatfs(fd, &fs) == 0)
		magic = (unsigned long)fs.f_type & 0xffffffffUL;
	(void)snprintf(out->filesystem, sizeof out->filesystem, "0x%lx", magic);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (known[i].magic != magic)
			continue;
		(void)snprintf(out->filesystem, sizeof out->filesystem, "%s", known[i].name);
		out->overwrite = judge(fd, magic, known[i].overwrite, out);
	}
	out->covers = sayings[out->overwrite].covers;
	out->not_covered = sayings[out->overwrite].not_covered;
}

void ks_keep_in_place(int fd)
{
	struct statfs fs;
	int flags = 0;

	if (fstatfs(fd, &fs) != 0 || ((unsigned long)fs.f_type & 0xffffffffUL) != BTRFS ||
	    ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return;
	flags |= FS_NOCOW_FL;
	(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
}
