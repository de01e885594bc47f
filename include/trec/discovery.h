/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: finding devices nearby, and being found, without saying who one is. What a
 * device shows is a beacon: bytes that change every 15 minutes and that nobody but its trusted
 * peers can recognise. Over TCP it is the instance name of a DNS-SD service, `_trec._tcp`, which
 * avahi-daemon announces and looks for; over Bluetooth the name of an SDP record, which bluetoothd
 * holds and nearby adapters are asked for. Both are reached over the system's D-Bus; a build
 * without it (configure --with-dbus) answers TREC_E_UNSUPPORTED.
 *
 * All that is found was said by strangers: an address is where to try, a label is for people, and
 * a beacon that fits a peer can be a copy of one heard before. Only a session proves anything.
 *
 * No call blocks. An object belongs to one thread at a time.
 */
#ifndef TREC_DISCOVERY_H
#define TREC_DISCOVERY_H

#include <trec/peer.h>
#include <trec/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TREC_BEACON_LEN 16  /**< bytes of a beacon */
#define TREC_LABEL_MAX 64   /**< bytes of a label, NUL not counted */
#define TREC_FOUND_MAX 256  /**< sightings of one scan; what comes after them is dropped */

struct trec_scan;   /**< looks for devices */
struct trec_advert; /**< has one listener found by others */

/** A device that offers to connect; the same one may be seen at several addresses. */
struct trec_sighting {
	char uri[TREC_URI_MAX + 1];      /**< where it can be tried: trec_link_connect() */
	char label[TREC_LABEL_MAX + 1];  /**< the name it shows, without control characters */
	bool has_beacon;                 /**< that name holds a beacon */
	uint8_t beacon[TREC_BEACON_LEN];
};

/**
 * Begins to look for devices: `tcp:` by DNS-SD, `rfcomm:` (or `rfcomm:?adapter=hciN`) by asking
 * Bluetooth adapters nearby. It goes on until trec_scan_free(); nothing is looked for otherwise.
 * env is borrowed until then. TREC_E_BAD_URI, TREC_E_UNSUPPORTED (this build, or a transport
 * where nothing can be looked for), TREC_E_UNREACHABLE (there is no system bus), TREC_E_NO_MEMORY.
 */
TREC_API TREC_MUST_USE trec_err trec_scan_start(const struct trec_env *env, const char *where,
						struct trec_scan **out);
/**
 * The next device, each address and label once; or TREC_E_AGAIN. TREC_E_UNREACHABLE: avahi-daemon
 * or bluetoothd is not there; it may come, and is waited for. Any other error is the end: the
 * system bus is lost (TREC_E_LOST), there is no such adapter, or it is off.
 */
TREC_API TREC_MUST_USE trec_err trec_scan_next(struct trec_scan *scan, struct trec_sighting *out);
/** What to wait for before the next trec_scan_next(). */
TREC_API void trec_scan_poll(const struct trec_scan *scan, struct trec_poll *out);
/** Stops looking and frees; NULL is fine; the caller's pointer becomes NULL. */
TREC_API void trec_scan_free(struct trec_scan **scan);

/**
 * Begins to show a beacon for a listener, whose address is that of trec_listener_uri(). The
 * listener is not touched. env is borrowed until trec_advert_free(). TREC_E_BAD_URI,
 * TREC_E_UNSUPPORTED (this build, a transport that others cannot look for, or an address that
 * only this machine reaches), TREC_E_UNREACHABLE (there is no system bus), TREC_E_NO_MEMORY.
 */
TREC_API TREC_MUST_USE trec_err trec_advert_start(const struct trec_env *env,
						  const char *listener_uri,
						  const uint8_t beacon[TREC_BEACON_LEN],
						  struct trec_advert **out);
/**
 * Moves it on. TREC_OK: the beacon is shown. TREC_E_AGAIN: it will be. TREC_E_EXISTS: somebody
 * else shows the same one, call trec_advert_change() with another. TREC_E_UNREACHABLE:
 * avahi-daemon or bluetoothd is not there; the beacon is shown when it comes. Any other error is
 * the end.
 */
TREC_API TREC_MUST_USE trec_err trec_advert_step(struct trec_advert *advert);
/** What to wait for before the next trec_advert_step(). */
TREC_API void trec_advert_poll(const struct trec_advert *advert, struct trec_poll *out);
/** Shows another beacon in place of the one before. Errors as trec_advert_step(). */
TREC_API TREC_MUST_USE trec_err trec_advert_change(struct trec_advert *advert,
						   const uint8_t beacon[TREC_BEACON_LEN]);
/** Withdraws the beacon and frees; NULL is fine; the caller's pointer becomes NULL. */
TREC_API void trec_advert_free(struct trec_advert **advert);

/**
 * A new beacon of this device, which its peers in force can recognise, once a session has told
 * them the key that it is made with. The first call makes that key, and so does the first one
 * after a trust ended, so that a former peer recognises nothing from then on: whoever shows
 * beacons makes a new one at once when a peer is parted from, parts, is suspended or expires.
 * At most one commit. TREC_E_RANDOM, TREC_E_CRYPTO, and what the store answers.
 */
TREC_API TREC_MUST_USE trec_err trec_beacon_make(const struct trec_env *env,
						 struct trec_store *store,
						 uint8_t out[TREC_BEACON_LEN]);
/**
 * The peer in force whose beacon that is. It proves nothing: who heard it can show it again.
 * TREC_E_NO_PEER: nobody's that is known, this device's own among them; or that of a key which
 * two peers gave, one of whom misleads. TREC_E_CRYPTO, and what the store answers. Takes one HMAC
 * and one read a peer.
 */
TREC_API TREC_MUST_USE trec_err trec_beacon_find(const struct trec_env *env,
						 struct trec_store *store,
						 const uint8_t beacon[TREC_BEACON_LEN],
						 struct trec_peer *out);

#ifdef __cplusplus
}
#endif
#endif
