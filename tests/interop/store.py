#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second reader of the store, written from docs/STORE-FORMAT.md alone: opens DIR/store with
DIR/key or the passphrase and prints its records in the form of tests/interop/store_make.c."""
import hashlib
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.x509 import load_der_x509_certificate

PASSPHRASE = b"correct horse"
ZERO_NONCE = bytes(12)


def number(b):
    return int.from_bytes(b, "big")


class Copy:
    """One header and what it leads to."""

    def __init__(self, raw, i, directory):
        h = raw[4096 * i:4096 * (i + 1)]
        assert h[:8] == b"TRECSTOR" and number(h[8:12]) == 1 and number(h[12:16]) == i
        self.generation = number(h[16:24])
        self.uuid = h[24:40]
        self.n = number(h[40:44])
        t = number(h[44:48])
        assert self.n % 4 == 0 and 8 <= self.n <= 1 << 20
        assert t == (4 + 92 * self.n + 4095) // 4096 * 4096
        params = h[56:56 + number(h[52:56])]
        kek = HKDF(hashes.SHA256(), 32, self.uuid, b"trec store kek").derive(
            secret(number(h[48:52]), params, directory))
        tk = ChaCha20Poly1305(kek).decrypt(h[200:212], h[212:260], h[:212])
        at = 8192 + 1024 * self.n + t * i
        self.sealed = raw[at:at + t]
        self.table = ChaCha20Poly1305(tk).decrypt(
            ZERO_NONCE, self.sealed + h[184:200], self.uuid + h[16:24])


def secret(provider, params, directory):
    if provider == 1:
        assert params == b""
        key = open(directory + "/key", "rb").read()
        assert len(key) == 32
        return key
    assert provider == 2 and len(params) == 20 and params[3] == 0
    return Scrypt(params[4:], 32, 1 << params[0], params[1], params[2]).derive(PASSPHRASE)


def records(raw, copy):
    p, used, last = copy.table, set(), None
    at = 4
    for _ in range(number(p[:4])):
        kind, flags, s, zero = p[at:at + 4]
        length = number(p[at + 4:at + 8])
        ident, tag, dek = p[at + 8:at + 40], p[at + 40:at + 56], p[at + 56:at + 88]
        slots = [number(p[at + 88 + 4 * k:at + 92 + 4 * k]) for k in range(s)]
        at += 88 + 4 * s
        assert flags == 0 and zero == 0 and 1 <= kind <= 12 and length <= 15360
        assert s == max(1, (length + 1023) // 1024)
        assert last is None or last < (kind, ident)
        assert not used.intersection(slots) and len(set(slots)) == s and max(slots) < copy.n
        last = (kind, ident)
        used.update(slots)
        sealed = b"".join(raw[8192 + 1024 * k:9216 + 1024 * k] for k in slots)
        data = ChaCha20Poly1305(dek).decrypt(
            ZERO_NONCE, sealed + tag, ident + bytes([kind]) + copy.uuid)
        assert not any(data[length:])
        yield kind, ident, data[:length]
    assert not any(p[at:])


def item(b, at):
    """One CBOR integer, byte string or text string; map heads give their count."""
    major, low = b[at] >> 5, b[at] & 31
    at += 1
    if low >= 24:
        size = 1 << (low - 24)
        low, at = number(b[at:at + size]), at + size
    if major in (2, 3):
        return b[at:at + low], at + low
    return low, at


def encoded(public):
    return public.public_bytes(serialization.Encoding.DER,
                               serialization.PublicFormat.SubjectPublicKeyInfo)


def own(data):
    count, at = item(data, 0)
    fields = {}
    for _ in range(count):
        key, at = item(data, at)
        fields[key], at = item(data, at)
    assert at == len(data) and sorted(fields) == list(range(7)) and fields[0] == 1
    if fields[1] == 1:
        public = ed25519.Ed25519PrivateKey.from_private_bytes(fields[2]).public_key()
    else:
        public = ec.derive_private_key(number(fields[2]), ec.SECP256R1()).public_key()
    spki = encoded(public)
    assert encoded(load_der_x509_certificate(fields[3]).public_key()) == spki
    return "own %s %s" % (fields[4].decode(), hashlib.sha256(spki).hexdigest())


def main(directory):
    raw = open(directory + "/store", "rb").read()
    a, b = Copy(raw, 0, directory), Copy(raw, 1, directory)
    assert a.generation == b.generation and a.sealed == b.sealed
    for kind, ident, data in records(raw, a):
        print(own(data) if kind == 1 else "%d %s %s" % (kind, ident.hex(), data.hex()))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except InvalidTag:
        sys.exit("store.py: a seal does not open")
