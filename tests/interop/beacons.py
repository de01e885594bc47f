#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints tests/vectors/beacons.txt: beacons of docs/PROTOCOL.md, Recognition, made with Python's
hmac alone, some that a key did not make among them. tests/unit/test_beacon.c compares them with
proto/trust. With --check, compares instead of printing."""
import hashlib
import hmac
import os
import sys

ROOT = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))


def beacon(key, nonce):
    return nonce + hmac.new(key, b"trec beacon" + nonce, hashlib.sha256).digest()[:8]


def line(key, shown, fits):
    return f"{key.hex()} {shown.hex()} {'yes' if fits else 'no'}\n"


def main():
    text = ("# Recognition key, beacon, whether that key made it: docs/PROTOCOL.md, Recognition.\n"
            "# Made by tests/interop/beacons.py.\n")
    keys = [bytes(16), bytes(range(16)), bytes(range(0x30, 0x40)), b"\xff" * 16]
    nonces = [bytes(8), bytes(range(8)), bytes(range(0xf0, 0xf8)), b"\xff" * 8]
    for key in keys:
        for nonce in nonces:
            text += line(key, beacon(key, nonce), True)
    good = beacon(keys[1], nonces[1])
    text += line(keys[2], good, False)
    for i in range(len(good)):
        text += line(keys[1], good[:i] + bytes([good[i] ^ 1]) + good[i + 1:], False)
    # Near misses of somebody who reads the page wrongly: no label, the nonce first, the tail.
    for wrong in (hmac.new(keys[1], nonces[1], hashlib.sha256).digest()[:8],
                  hmac.new(keys[1], nonces[1] + b"trec beacon", hashlib.sha256).digest()[:8],
                  hmac.new(keys[1], b"trec beacon" + nonces[1], hashlib.sha256).digest()[8:16],
                  hashlib.sha256(keys[1] + b"trec beacon" + nonces[1]).digest()[:8]):
        text += line(keys[1], nonces[1] + wrong, False)
    if len(sys.argv) < 2:
        sys.stdout.write(text)
        return 0
    with open(os.path.join(ROOT, "tests/vectors/beacons.txt"), encoding="utf-8") as f:
        same = f.read() == text
    print("beacons: " + ("the vectors are what hmac makes" if same else "vectors differ"))
    return 0 if same else 1


sys.exit(main())
