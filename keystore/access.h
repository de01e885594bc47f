/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: who else could read or swap the store (docs/STORE-FORMAT.md, Access). Every
 * directory on the way and every file is checked before it is used, without following a link
 * that another user could have laid, and each refusal names the path and the command that mends
 * it.
 */
#ifndef TREC_KEYSTORE_ACCESS_H
#define TREC_KEYSTORE_ACCESS_H

#include <trec/keystore.h>

#define KS_STORE "store"
#define KS_STORE_NEW "store.new"
#define KS_KEY "key"
#define KS_KEY_NEW "key.new"
#define KS_LOCK "lock"
#define KS_CONTROL "control"

/* Explains a refusal; why may be NULL. Keeps what is there already. */
void ks_why(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Opens the store's directory for reading. make: it and missing parents are made, mode 0700.
 * TREC_E_NO_STORE, TREC_E_STORE_MODE, TREC_E_USAGE, TREC_E_IO; with make also TREC_E_NO_SPACE,
 * TREC_E_READ_ONLY.
 */
TREC_MUST_USE trec_err ks_dir_open(const char *dir, bool make, char *why, int *fd);
/* Whether the directory has an entry of that name, of whatever kind. */
bool ks_dir_has(int dirfd, const char *name);
/* Makes the directory's entries durable. */
TREC_MUST_USE trec_err ks_dir_sync(int dirfd);
/* TREC_E_EXISTS if it holds anything that an interrupted create does not leave. */
TREC_MUST_USE trec_err ks_dir_vacant(int dirfd, const char *dir, char *why);

/*
 * Opens (flags: O_RDONLY or O_RDWR, O_CREAT, O_EXCL) a file of the directory and checks it:
 * regular, one link, owner = euid, nothing for group and others. TREC_E_NO_STORE: not there.
 * TREC_E_READ_ONLY: the file system is. TREC_E_EXISTS, TREC_E_STORE_MODE, TREC_E_IO.
 */
TREC_MUST_USE trec_err ks_file_open(int dirfd, const char *dir, const char *name, int flags,
				    char *why, int *fd);
/*
 * Opens a key file anywhere, read only. credential: root may own it, and the group may read it
 * (systemd's access lists show as group bits). TREC_E_NO_STORE: not there.
 */
TREC_MUST_USE trec_err ks_key_open(const char *path, bool credential, char *why, int *fd);

/*
 * As the system calls they are named for, but tried again when interrupted: -1 and errno. open
 * adds O_CLOEXEC and, where it makes a file, mode 0600; mkdir makes mode 0700; lock is exclusive
 * and does not wait.
 */
int ks_sys_open(int dirfd, const char *name, int flags);
int ks_sys_mkdir(int dirfd, const char *name);
int ks_sys_rename(int dirfd, const char *from, const char *to);
int ks_sys_unlink(int dirfd, const char *name);
int ks_sys_sync(int fd);
int ks_sys_lock(int fd);

/* Fills filesystem, overwrite, covers and not_covered for the file; see trec/keystore.h. */
void ks_beneath(int fd, struct trec_keystore_info *out);
/* Asks the file system to write this empty file in place where it would not (btrfs). */
void ks_keep_in_place(int fd);

#endif
