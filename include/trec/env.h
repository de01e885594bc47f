/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: clock, random numbers, memory, file access and logging reach the library
 * only through this table, so the very same code runs in the product, in a fuzzer, under fault
 * injection and in a deterministic simulator.
 */
#ifndef TREC_ENV_H
#define TREC_ENV_H

#include <sys/types.h>

#include <trec/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

enum trec_level { TREC_LEVEL_ERROR, TREC_LEVEL_WARNING, TREC_LEVEL_INFO, TREC_LEVEL_DEBUG };

/**
 * File access, shaped like the system calls of the same names: -1 and errno on failure, short
 * transfers allowed. The keystore does all its data input and output through it.
 */
struct trec_io {
	ssize_t (*pread)(void *ctx, int fd, void *buf, size_t n, off_t at);
	ssize_t (*pwrite)(void *ctx, int fd, const void *buf, size_t n, off_t at);
	int (*sync)(void *ctx, int fd);               /**< fdatasync: data and size are durable */
	int (*extend)(void *ctx, int fd, off_t size); /**< posix_fallocate; never shrinks */
	off_t (*size)(void *ctx, int fd);
};

/**
 * The outside world. All members must be set; start from trec_env_default() and change what you
 * need. The table is borrowed by every object made with it and must outlive them. Functions may
 * be called from any thread that uses such an object.
 */
struct trec_env {
	void *ctx; /**< handed to every function */
	/** Milliseconds of powered-on time (CLOCK_BOOTTIME); never goes back. */
	uint64_t (*now_ms)(void *ctx);
	/** Seconds since 1970 UTC; *trusted says whether the clock is known to be set. */
	int64_t (*wall_s)(void *ctx, bool *trusted);
	/** 16 bytes that change at every boot; tells whether a stored now_ms can be compared. */
	void (*boot_id)(void *ctx, uint8_t out[16]);
	/** n bytes from a cryptographically secure generator, or TREC_E_RANDOM and none. */
	trec_err (*random)(void *ctx, uint8_t *out, size_t n);
	/** Like malloc; NULL on failure. */
	void *(*alloc)(void *ctx, size_t n);
	/** Like free, with the size that was asked for; p may be NULL. */
	void (*free)(void *ctx, void *p, size_t n);
	struct trec_io io;
	/** One line of text without secrets, no newline. */
	void (*log)(void *ctx, enum trec_level level, const char *line);
	/** Upper bound of log2 N of scrypt made or accepted; 0 means the product's own limit. */
	unsigned scrypt_log_n_max;
};

/** The operating system's services; logs nothing. Static, thread-safe. */
TREC_API const struct trec_env *trec_env_default(void);

#ifdef __cplusplus
}
#endif
#endif
