/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a device can be paired with only while its user holds a window open. There is
 * one window per device; it owns the secret of the moment (PIN verifier or code), the slot for
 * the one run at a time, the counters of wrong attempts and the freeze (docs/PROTOCOL.md,
 * Limits). Responder pairings borrow it.
 *
 * Opening takes three steps, because the key derivation for a PIN takes a while:
 *	trec_opening_new()      draws the secret, at once
 *	trec_opening_perform()  computes, up to a second, on any thread
 *	trec_window_open()      makes it the window
 */
#ifndef TREC_WINDOW_H
#define TREC_WINDOW_H

#include <trec/engine.h>
#include <trec/store.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TREC_PIN_MIN 6          /**< digits of the shortest PIN */
#define TREC_PIN_MAX 12         /**< digits of the longest PIN */
#define TREC_CODE_TEXT_MAX 2048 /**< characters of a pairing code, NUL not counted */
#define TREC_HINTS_MAX 4        /**< addresses a code, an offer or a record carries */
#define TREC_WINDOW_SECONDS 120 /**< longest and default time a window stays open */

/** How a pairing's secret came to both devices. */
enum trec_method {
	TREC_METHOD_PIN = 0,    /**< a PIN drawn for one window */
	TREC_METHOD_PRESET = 1, /**< the preset PIN */
	TREC_METHOD_CODE = 2    /**< a pairing code, shown as text or QR */
};

/** What to open. Zero what you do not care for. */
struct trec_opening_options {
	const struct trec_env *env; /**< borrowed until the window that it makes has ended */
	struct trec_store *store;  /**< read by trec_opening_new() only */
	enum trec_method method;
	unsigned digits;           /**< TREC_METHOD_PIN: 6 to 12; 0: 6 */
	unsigned seconds;          /**< 1 to TREC_WINDOW_SECONDS; 0: TREC_WINDOW_SECONDS */
	bool multi_use;            /**< TREC_METHOD_CODE: good for several peers until it ends */
	const char *const *hints;  /**< TREC_METHOD_CODE: URIs where this device listens */
	size_t hint_count;         /**< at most TREC_HINTS_MAX */
	bool symmetric;            /**< for pairings without certificates only; trec/pairing.h */
};

struct trec_opening; /**< a secret that is about to become a window */
struct trec_window;  /**< the device's one window, open or closed */

/**
 * Draws a PIN or code, or loads the preset PIN's verifier. *out is owned by the caller.
 * TREC_E_USAGE (digits, seconds, hints out of range); TREC_E_STATE: no
 * preset PIN is set or it is void after too many wrong attempts (set a new one);
 * TREC_E_RANDOM, TREC_E_NO_MEMORY, errors of the store.
 */
TREC_API TREC_MUST_USE trec_err trec_opening_new(const struct trec_opening_options *options,
						 struct trec_opening **out);
/**
 * The key derivation, if any, and what of the first run can be computed ahead. Any thread, touches
 * nothing else. TREC_E_CRYPTO, TREC_E_NO_MEMORY, TREC_E_RANDOM.
 */
TREC_API TREC_MUST_USE trec_err trec_opening_perform(struct trec_opening *o);
/**
 * What to show the user: the PIN's digits or the code's text, empty for a preset PIN. Secret;
 * valid until the opening is handed over or freed, so copy it before trec_window_open() and wipe
 * the copy after showing it.
 */
TREC_API const char *trec_opening_secret(const struct trec_opening *o);
/** NULL is fine; wipes; the caller's pointer becomes NULL. */
TREC_API void trec_opening_free(struct trec_opening **o);

/**
 * A closed window. Reads the counters from the store, so it is made once when the store is
 * opened and shared by all responder pairings, which borrow it.
 * TREC_E_NO_MEMORY, errors of the store.
 */
TREC_API TREC_MUST_USE trec_err trec_window_new(const struct trec_env *env,
						struct trec_store *store,
						struct trec_window **out);
/** Closes. No pairing may use it any more. NULL is fine; the caller's pointer becomes NULL. */
TREC_API void trec_window_free(struct trec_window **w);

/**
 * Opens. On success the opening now belongs to the window and *o becomes NULL; an older window
 * is replaced, its secret void and its run aborted. Does not touch the store.
 * TREC_E_LOCKED_OUT: frozen and the method is a PIN (see trec_window_status());
 * TREC_E_STATE: trec_opening_perform() has not succeeded.
 */
TREC_API TREC_MUST_USE trec_err trec_window_open(struct trec_window *w, struct trec_opening **o);
/**
 * Closes; the secret is wiped and a run under way ends with TREC_E_WINDOW_CLOSED at its next
 * call. (A window that expires lets a run finish whose peer proved the secret in time.)
 */
TREC_API void trec_window_close(struct trec_window *w);
/** Lets time pass: expiry of the window, end of a freeze. */
TREC_API void trec_window_tick(struct trec_window *w, uint64_t now_ms);
/** When trec_window_tick() is due; UINT64_MAX: never. */
TREC_API uint64_t trec_window_deadline_ms(const struct trec_window *w);

/** How a window ended. */
enum trec_window_end {
	TREC_WINDOW_NONE,     /**< no window was opened yet, or it is still open */
	TREC_WINDOW_PAIRED,   /**< a peer was paired */
	TREC_WINDOW_EXPIRED,
	TREC_WINDOW_CLOSED,   /**< by the user */
	TREC_WINDOW_REPLACED, /**< by another window */
	TREC_WINDOW_VOID      /**< too many wrong attempts; the secret is void */
};

struct trec_window_status {
	bool open;
	enum trec_method method; /**< of the open or last window */
	uint64_t serial;         /**< number of windows opened so far; names the newest */
	enum trec_window_end end; /**< how that one ended */
	struct trec_id peer;     /**< the peer paired last in it, or zeros */
	uint64_t closes_in_ms;   /**< of an open window */
	unsigned attempts_left;  /**< wrong guesses until the open PIN window's secret is void */
	bool run_active;         /**< a run holds the slot */
	unsigned preset_wrong;   /**< wrong guesses of the preset PIN since it was set */
	bool preset_void;        /**< the preset PIN is void after too many of them */
	uint64_t frozen_ms;      /**< how long no PIN is accepted yet; 0: not frozen */
	uint64_t wrong_codes;    /**< runs with a wrong code since start; logged, never frozen */
};

/** What `trec info` shows. */
TREC_API void trec_window_status(const struct trec_window *w, struct trec_window_status *out);

/**
 * Sets the preset PIN: stores a verifier, never the PIN, and starts its counter at 0; a freeze
 * under way goes on. w (or NULL where there is none) forgets an open preset window. Takes up to
 * a second and commits: any thread, but alone on window and store.
 * TREC_E_BAD_PIN, TREC_E_RANDOM, TREC_E_CRYPTO, TREC_E_NO_MEMORY, errors of the store.
 */
TREC_API TREC_MUST_USE trec_err trec_preset_set(const struct trec_env *env,
						struct trec_store *store, struct trec_window *w,
						const char *pin);
/** Whether a preset PIN is stored. Errors of the store. */
TREC_API TREC_MUST_USE trec_err trec_preset_is_set(struct trec_store *store, bool *out);

/** TREC_OK if text is 6 to 12 digits, else TREC_E_BAD_PIN. */
TREC_API TREC_MUST_USE trec_err trec_pin_check(const char *text);

/** What a pairing code says before anything is sent. */
struct trec_code_info {
	bool multi_use;
	int64_t expires_s; /**< seconds since 1970 UTC; 0: none */
	size_t hint_count;
	char hints[TREC_HINTS_MAX][256]; /**< URIs to dial, in order */
};

/** Reads a pairing code without using it. TREC_E_BAD_CODE: mistyped, damaged or not a code. */
TREC_API TREC_MUST_USE trec_err trec_code_check(const char *text, struct trec_code_info *out);

#ifdef __cplusplus
}
#endif
#endif
