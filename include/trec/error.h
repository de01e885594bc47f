/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: every fallible call of libtrec answers with one enum, and the enum, its
 * names, its classes and its texts come from the one list below, so that the library, the
 * command's exit status and the documents cannot drift apart.
 */
#ifndef TREC_ERROR_H
#define TREC_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/** Marks what the shared library exports. */
#if defined(__GNUC__)
#define TREC_API __attribute__((visibility("default")))
#define TREC_MUST_USE __attribute__((warn_unused_result))
#else
#define TREC_API
#define TREC_MUST_USE
#endif

/**
 * Who is at fault and what a caller can do. The number is also the exit status of the `trec`
 * command (docs/CLI.md).
 */
enum trec_class {
	TREC_CLASS_NONE = 0,    /**< no fault */
	TREC_CLASS_RUNTIME = 1, /**< it failed while running; the text says what */
	TREC_CLASS_USAGE = 2,   /**< the caller's arguments; nothing was sent or changed */
	TREC_CLASS_TRUST = 3,   /**< a proof failed: do not retry blindly */
	TREC_CLASS_WAIT = 4,    /**< try again later */
	TREC_CLASS_STORE = 5,   /**< the keystore cannot be used as it is */
	TREC_CLASS_NETWORK = 6  /**< the peer was not reached or went away */
};

/* X(identifier, "name-in-json", class, "what happened", "what to do") */
#define TREC_ERROR_LIST(X)                                                                         \
	X(OK, "ok", NONE, "done", "")                                                              \
	X(AGAIN, "again", RUNTIME, "nothing can be moved just now", "wait until it is ready")      \
	X(MALFORMED, "malformed", RUNTIME, "the data does not follow its format",                  \
	  "check that both ends speak this protocol and that nothing in between alters bytes")     \
	X(TOO_LARGE, "too-large", RUNTIME, "the data is larger than the limit",                    \
	  "send less at a time")                                                                   \
	X(NO_MEMORY, "no-memory", RUNTIME, "out of memory", "free memory and try again")           \
	X(NO_SPACE, "no-space", RUNTIME, "the buffer or the disk is full", "make room and retry")  \
	X(IO, "io", RUNTIME, "an input or output operation failed", "see the system's log")        \
	X(RANDOM, "random", RUNTIME, "the random number generator failed",                         \
	  "check the system's entropy source; nothing was generated")                              \
	X(CRYPTO, "crypto", RUNTIME, "a cryptographic operation failed",                           \
	  "check the wolfSSL library that is installed")                                           \
	X(STATE, "state", RUNTIME, "the call does not fit the object's state",                     \
	  "follow the order of calls in the header")                                               \
	X(INTERNAL, "internal", RUNTIME, "an internal check failed", "please report this")         \
	X(UNSUPPORTED, "unsupported", RUNTIME, "this build cannot do that",                        \
	  "see the configure summary")                                                             \
	X(VERSION, "version", RUNTIME, "the peer speaks another version of the protocol",          \
	  "update the older of the two devices")                                                   \
	X(OWN_KEY, "own-key", TRUST, "the peer shows this device's own key",                       \
	  "you reached yourself, or somebody reflects your messages")                              \
	X(NO_PEER, "no-peer", RUNTIME, "no such peer", "see `trec list --all`")                    \
	X(AMBIGUOUS_PEER, "ambiguous-peer", RUNTIME, "more than one peer fits",                    \
	  "give more characters of the id")                                                        \
	X(EXISTS, "exists", RUNTIME, "it exists already", "nothing was overwritten")               \
	X(NO_DAEMON, "no-daemon", RUNTIME, "no daemon serves this store", "start `trec serve`")    \
	X(REFUSED, "refused", RUNTIME, "the peer refused", "see the peer's log")                   \
	X(CONSENT_DENIED, "consent-denied", RUNTIME, "the user said no", "ask the user")           \
	X(CONSENT_TIMEOUT, "consent-timeout", RUNTIME, "nobody answered in time", "try again")     \
	X(SERVICE_FAILED, "service-failed", RUNTIME, "the service could not be opened",            \
	  "check its name and the rights granted at the peer")                                     \
	X(WRONG_AUDIENCE, "wrong-audience", RUNTIME, "the statement is for another device",        \
	  "carry it to the device it names")                                                       \
	X(USAGE, "usage", USAGE, "the arguments do not fit", "see --help")                         \
	X(BAD_PIN, "bad-pin", USAGE, "a PIN is 6 to 12 digits", "type the PIN as shown")           \
	X(BAD_CODE, "bad-code", USAGE, "this is no pairing code or it is damaged",                 \
	  "scan or copy the whole code again, from TREC: on")                                      \
	X(BAD_URI, "bad-uri", USAGE, "this address is not understood",                             \
	  "write for example tcp://192.0.2.7:7443")                                                \
	X(BAD_NAME, "bad-name", USAGE, "a name is 1 to 64 bytes of printable UTF-8",               \
	  "choose another name")                                                                   \
	X(WRONG_PIN, "wrong-pin", TRUST, "the PIN was wrong",                                      \
	  "read the PIN on the other device and try again; attempts are counted")                  \
	X(WRONG_CODE, "wrong-code", TRUST, "the code was wrong, used or not for this device",      \
	  "show a fresh code on the other device")                                                 \
	X(WRONG_CERTIFICATE, "wrong-certificate", TRUST,                                           \
	  "the peer does not hold the credential stored for it",                                   \
	  "you may have reached another device; if it was reset, unpair and pair again")           \
	X(NOT_TRUSTED, "not-trusted", TRUST, "the peer does not trust this device",                \
	  "pair the two devices again")                                                            \
	X(LOCKED_OUT, "locked-out", WAIT, "too many wrong attempts", "wait and try again")         \
	X(WINDOW_CLOSED, "window-closed", WAIT, "no pairing window is open there",                 \
	  "run `trec window` on the other device")                                                 \
	X(BUSY, "busy", WAIT, "another pairing is under way", "try again in some seconds")         \
	X(NO_STORE, "no-store", STORE, "there is no store here", "run `trec init`")                \
	X(STORE_MODE, "store-mode", STORE, "the store can be read or changed by others",           \
	  "correct the owner and mode as said")                                                    \
	X(STORE_CORRUPT, "store-corrupt", STORE, "the store is damaged or was altered",            \
	  "restore a backup; nothing was changed")                                                 \
	X(WRONG_PASSPHRASE, "wrong-passphrase", STORE, "the key does not open this store",         \
	  "check the passphrase or key file")                                                      \
	X(STORE_BUSY, "store-busy", STORE, "another process holds the store",                      \
	  "stop it or use its control socket")                                                     \
	X(READ_ONLY, "read-only", STORE, "the store can only be read",                             \
	  "mount its file system for writing; if a write failed, check the disk and start again")  \
	X(NOT_LOCKED, "not-locked", STORE, "this process may not lock memory for secrets",         \
	  "allow it 128 KiB of locked memory (ulimit -l), or go without --require-locked")         \
	X(UNREACHABLE, "unreachable", NETWORK, "the peer cannot be reached",                       \
	  "check the address and that the peer is on")                                             \
	X(TIMEOUT, "timeout", NETWORK, "the peer did not answer in time", "try again")             \
	X(LOST, "lost", NETWORK, "the connection was lost", "try again")                           \
	X(NO_ADAPTER, "no-adapter", NETWORK, "there is no such Bluetooth adapter",                 \
	  "plug it in, check that the kernel has a driver for it, or name another")              \
	X(ADAPTER_OFF, "adapter-off", NETWORK, "the Bluetooth adapter is off",                     \
	  "switch it on: bluetoothctl power on, or AutoEnable=true in /etc/bluetooth/main.conf")   \
	X(ADAPTER_BLOCKED, "adapter-blocked", NETWORK, "the Bluetooth adapter is blocked",         \
	  "release it: rfkill unblock bluetooth, or the switch on the device")                     \
	X(HOST_DOWN, "host-down", NETWORK, "the Bluetooth device does not answer",                 \
	  "check that it is on, within range, and accepts connections")                            \
	X(NO_SERVICE, "no-service", NETWORK, "the Bluetooth device does not offer this service",   \
	  "run `trec serve --listen rfcomm:` there, or give the channel it listens on")

#define TREC_ERROR_ENUM(id, name, cls, text, hint) TREC_E_##id,
/** Every result of libtrec. 0 is success; a failed call leaves its outputs empty. */
typedef enum trec_err { TREC_ERROR_LIST(TREC_ERROR_ENUM) TREC_E_COUNT } trec_err;
#undef TREC_ERROR_ENUM
#define TREC_OK TREC_E_OK

/** Stable name for programs, e.g. "wrong-pin". Static string; "internal" for an unknown value. */
TREC_API const char *trec_err_name(trec_err err);
/** What happened, as an English clause without a full stop. Static string. */
TREC_API const char *trec_err_text(trec_err err);
/** What the user can do about it. Static string, possibly empty. */
TREC_API const char *trec_err_hint(trec_err err);
/** Who is at fault; see enum trec_class. */
TREC_API enum trec_class trec_err_class(trec_err err);

#ifdef __cplusplus
}
#endif
#endif
