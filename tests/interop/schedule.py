#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints tests/vectors/schedule.txt: the key schedule of docs/PROTOCOL.md worked through with
Python's hashlib and hmac alone. tests/unit/test_schedule_vectors.c compares it with proto/pake.
With --check, compares instead of printing."""
import base64
import hashlib
import hmac
import os
import re
import sys

ROOT = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def expand(prk, info, n=32):
    return mac(prk, info + b"\x01")[:n]


def vector(field):
    """Two-byte length, then the bytes (RFC 8446 3.4)."""
    return len(field).to_bytes(2, "big") + field


def imported(external, context):
    """ImportedIdentity of RFC 9258 4.1."""
    return vector(external) + vector(context) + b"\x03\x04" + b"\x00\x01"


def import_psk(epsk, identity):
    """RFC 9258 4.2."""
    digest = hashlib.sha256(identity).digest()
    return expand(mac(bytes(32), epsk), b"\x00\x20" + b"\x11tls13 derived psk" + b"\x20" + digest)


def schedule(k, method, transcript):
    """RFC 9258 4.1 and 5.1 around what docs/PROTOCOL.md puts into it."""
    identity = imported(b"trec-pair-1", b"binder=ext" + bytes([method]) + b"IR" + transcript)
    digest = hashlib.sha256(identity).digest()
    epsk = expand(k, b"trec epsk")
    return {
        "epsk": epsk.hex(),
        "k_cc": expand(k, b"trec channel confirm").hex(),
        "imported_identity": identity.hex(),
        "ipsk": import_psk(epsk, identity).hex(),
        "psk_identity": "trec1." + base64.urlsafe_b64encode(digest).decode().rstrip("="),
    }


def frames():
    with open(os.path.join(ROOT, "tests/vectors/messages.txt"), encoding="utf-8") as f:
        return dict(re.findall(r"^message (\S+)\n(?:  .*\n)*?  frame (\w+)$", f.read(), re.M))


def case(name, method, heard, k, extra):
    f = {what: frames()[message] for what, message in heard.items()}
    out = {"case": name, "method": str(method), **f}
    t = hashlib.sha256(bytes.fromhex("".join(f.values()))).digest()
    out.update(extra)
    out["t"] = t.hex()
    out["k"] = k.hex()
    out.update(schedule(k, method, t))
    return "".join(f"{key} {value}\n" for key, value in out.items())


def symmetric(name, roles, key, nonce):
    """One session of two devices that share a key instead of certificates."""
    token = nonce + mac(expand(key, b"trec symmetric identity"), nonce)[:16]
    identity = imported(b"trec-symmetric-1", b"binder=ext" + roles + token)
    epsk = expand(key, b"trec symmetric epsk")
    out = {
        "case": name,
        "key": key.hex(),
        "token": token.hex(),
        "epsk": epsk.hex(),
        "k_cc": expand(key, b"trec symmetric confirm").hex(),
        "imported_identity": identity.hex(),
        "ipsk": import_psk(epsk, identity).hex(),
        "psk_identity": "trecs1." + base64.urlsafe_b64encode(token).decode().rstrip("="),
    }
    return "".join(f"{name} {value}\n" for name, value in out.items())


def main():
    secret, device = bytes(range(0xA0, 0xB0)), bytes(range(32))
    commitment = mac(secret, b"trec id" + device)[:16]
    text = ("# Key schedule of docs/PROTOCOL.md, made by tests/interop/schedule.py. Frames are those\n"
            "# of messages.txt; k of a PIN stands for any K_shared.\n\n")
    text += case("random-pin", 0, {"request": "pair_request/pin", "params": "pair_params"},
                 bytes(range(32)), {})
    text += "\n" + case("preset-pin", 1,
                        {"request": "pair_request/preset", "params": "pair_params"},
                        bytes(range(32, 64)), {})
    text += "\n" + case("code", 2, {"request": "pair_request/code"},
                        mac(b"trec code", secret),
                        {"secret": secret.hex(), "device": device.hex(),
                         "commitment": commitment.hex()})
    key, nonce = bytes(range(0x40, 0x60)), bytes(range(0x60, 0x70))
    text += "\n" + symmetric("symmetric", b"IR", key, nonce)
    text += "\n" + symmetric("symmetric-back", b"RI", key, nonce)
    if len(sys.argv) < 2:
        sys.stdout.write(text)
        return 0
    with open(os.path.join(ROOT, "tests/vectors/schedule.txt"), encoding="utf-8") as f:
        same = f.read() == text
    print("schedule: " + ("the vectors are what hashlib makes" if same else "vectors differ"))
    return 0 if same else 1


sys.exit(main())
