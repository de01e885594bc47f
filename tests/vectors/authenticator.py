#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exported authenticator (RFC 9261) of tests/unit/test_authenticator.c, made a second time:
hashes and MAC by Python, the Ed25519 signature by the openssl command. Writes authenticator.h.
Inputs: client's handshake context 00.., finished key 40.., seed 80.., request context a0..,
"certificate" c0.. (64 bytes, not parsed when made)."""
import hashlib, hmac, os, subprocess, sys, tempfile

def run(n, start):
    return bytes((start + i) & 0xff for i in range(n))

def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body

def sign(seed, text):
    with tempfile.TemporaryDirectory() as d:
        key, data = os.path.join(d, "k"), os.path.join(d, "m")
        open(key, "wb").write(bytes.fromhex("302e020100300506032b657004220420") + seed)
        open(data, "wb").write(text)
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER",
                               "-inkey", key, "-in", data], capture_output=True, check=True).stdout

context, finished_key = run(32, 0x00), run(32, 0x40)
request_context, cert = run(32, 0xa0), run(64, 0xc0)
request = message(13, b"\x20" + request_context + bytes.fromhex("000a000d0006000408070403"))
entry = len(cert).to_bytes(3, "big") + cert + b"\0\0"
certificate = message(11, b"\x20" + request_context + len(entry).to_bytes(3, "big") + entry)
digest = hashlib.sha256(context + request + certificate).digest()
signature = sign(run(32, 0x80), b" " * 64 + b"Exported Authenticator\0" + digest)
verify = message(15, b"\x08\x07" + len(signature).to_bytes(2, "big") + signature)
digest = hashlib.sha256(context + request + certificate + verify).digest()
out = certificate + verify + message(20, hmac.new(finished_key, digest, hashlib.sha256).digest())
print("/* SPDX-License-Identifier: GPL-3.0-or-later */\n/* Made by authenticator.py; do not edit. */")
text = out.hex()
for i in range(0, len(text), 80):
    print('"%s"' % text[i:i + 80])
