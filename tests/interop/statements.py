#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements between devices a second time, from docs/PROTOCOL.md alone, with Debian's
python3-cbor2 and python3-cryptography:
    statements.py check FILE     judges the vectors of FILE
    statements.py judge FILE     and each with every byte altered, which it must refuse
    statements.py make HELPER    makes statements, rightly and wrongly, for HELPER judge"""
import datetime
import hashlib
import subprocess
import sys

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (decode_dss_signature,
                                                             encode_dss_signature)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = 1767225600
WEEK = 7 * 86400
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SHORT = ("revoke", "tombstone")
CERT, NAME, KIND, RIGHTS, HINTS, SEQUENCE, ISSUER_KEY = range(-65537, -65544, -1)
MEMBERS = {"revoke": {1, 2, 3, 4, 6, 7}, "tombstone": {1, 2, 4, 6, 7},
           "introduction": {1, 2, 3, 4, 6, 7, 8, CERT, NAME, KIND, RIGHTS, HINTS},
           "succession": {1, 2, 4, 6, 7, 8, CERT, SEQUENCE, ISSUER_KEY}}


# ---- encoding: cbor2's canonical form sorts keys as RFC 7049 says, so maps are made here ------

def encode(v):
    if isinstance(v, dict):
        pairs = sorted((encode(k), encode(x)) for k, x in v.items())
        return head(5, len(pairs)) + b"".join(k + x for k, x in pairs)
    if isinstance(v, list):
        return head(4, len(v)) + b"".join(map(encode, v))
    return cbor2.dumps(v)


def head(major, n):
    first = cbor2.dumps(n)
    return bytes([first[0] | major << 5]) + first[1:]


class Refused(Exception):
    """With the reason, as the library calls it."""


def decode(data):
    try:
        v = cbor2.loads(data)
    except Exception as e:
        raise Refused("MALFORMED") from e
    if encode(v) != data:
        raise Refused("MALFORMED")
    return v


def must(holds, reason="MALFORMED"):
    if not holds:
        raise Refused(reason)


# ---- text form ---------------------------------------------------------------------------------

def multiply(a, b):
    r = 0
    while b:
        r ^= a if b & 1 else 0
        a = a << 1 ^ (0b100101 if a & 16 else 0)
        b >>= 1
    return r


def to_text(data):
    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[i:i + 5], 2) for i in range(0, len(bits), 5)]
    one, other, power = 0, 0, 1
    for d in values:
        power = multiply(power, 2)
        one, other = one ^ d, other ^ multiply(power, d)
    return "".join(ALPHABET[d] for d in values + [one, other])


def id_text(i):
    return "trec:" + to_text(i)


# ---- keys --------------------------------------------------------------------------------------

def spki_of(public):
    return public.public_bytes(serialization.Encoding.DER,
                               serialization.PublicFormat.SubjectPublicKeyInfo)


def id_of(spki):
    return hashlib.sha256(spki).digest()


def small_order(raw):
    p = 2 ** 255 - 19
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    eighth = int.from_bytes(bytes.fromhex(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
    return y >= p or y in (0, 1, p - 1, eighth, p - eighth)


def load(spki, reason):
    """The key, if the bytes are the one encoding of one that may be used."""
    try:
        key = serialization.load_der_public_key(spki)
    except ValueError as e:
        raise Refused(reason) from e
    must(spki_of(key) == spki, reason)
    if isinstance(key, ed25519.Ed25519PublicKey):
        must(not small_order(spki[12:]), reason)
    else:
        must(isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1", reason)
    return key


def to_cose(spki):
    if len(spki) == 44:
        return {1: 1, -1: 6, -2: spki[12:]}
    return {1: 2, -1: 1, -2: spki[27:59], -3: spki[59:]}


def from_cose(k):
    must(isinstance(k, dict))
    if k.get(1) == 1:
        must(set(k) == {1, -1, -2} and k[-1] == 6 and type(k[-2]) is bytes and len(k[-2]) == 32)
        return bytes.fromhex("302a300506032b6570032100") + k[-2]
    must(set(k) == {1, -1, -2, -3} and k[1] == 2 and k[-1] == 1 and
         all(type(k[i]) is bytes and len(k[i]) == 32 for i in (-2, -3)))
    return bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + k[-2] + k[-3]


def alg_of(spki):
    return -8 if len(spki) == 44 else -7


def verify(key, signature, message):
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        return True
    except (InvalidSignature, ValueError):
        return False


# ---- judging -----------------------------------------------------------------------------------

def to_sign(header, purpose, claims):
    return encode(["Signature1", header, b"trec/1 " + purpose.encode(), claims])


def read_part(part, detached):
    must(isinstance(part, list) and len(part) == 4 and part[1] == {})
    header, _, claims, signature = part
    must(type(header) is bytes and type(signature) is bytes and len(signature) == 64)
    must(claims is None if detached else type(claims) is bytes)
    fields = decode(header)
    must(isinstance(fields, dict) and {1, 4} <= set(fields) and
         all(type(k) is int and (k in (1, 4) or k < 0) for k in fields))
    must(fields[1] in (-7, -8) and type(fields[4]) is bytes and len(fields[4]) == 32)
    return header, fields, claims, signature


def text(v, least, most):
    return isinstance(v, str) and least <= len(v.encode()) <= most and \
        (v.isprintable() and v == v.strip())


def right(v):
    name = v[8:] if isinstance(v, str) and v.startswith("service:") else ""
    plain = name.replace(".", "a").replace("_", "a").replace("-", "a")
    return v in ("introduce", "service:*") or (
        plain.isascii() and plain.isalnum() and name[0].isalnum() and len(name) <= 32)


def hint(v):
    return isinstance(v, str) and v.isascii() and " " not in v and v.isprintable() and \
        len(v) <= 255 and v.split(":")[0].isalnum() and v[0].islower()


def read_claims(kind, claims):
    c = decode(claims)
    must(isinstance(c, dict) and MEMBERS[kind] <= set(c))
    known = MEMBERS[kind] | ({10} if kind == "introduction" else set())
    must(all(type(k) is int and (k in known or k < 0) for k in c))
    must(all(isinstance(c[k], str) and len(c[k]) == 59 for k in (1, 2, 3) if k in c))
    must(all(type(c[k]) is int and 0 <= c[k] < 253402300800 for k in (4, 6)))
    must(type(c[7]) is bytes and len(c[7]) == 16)
    if kind in SHORT:
        return c
    must(isinstance(c[8], dict) and 1 in c[8] and all(k == 1 or k < 0 for k in c[8]))
    must(type(c[CERT]) is bytes and 1 <= len(c[CERT]) <= 1024)
    if kind == "succession":
        must(c[4] == 0 and type(c[SEQUENCE]) is int and 1 <= c[SEQUENCE] < 2 ** 53)
        return c
    must(10 not in c or (type(c[10]) is bytes and len(c[10]) == 32))
    must(text(c[NAME], 1, 64) and text(c[KIND], 0, 32))
    must(isinstance(c[RIGHTS], list) and len(c[RIGHTS]) <= 8 and all(map(right, c[RIGHTS])) and
         sorted(set(c[RIGHTS])) == c[RIGHTS])
    must(isinstance(c[HINTS], list) and len(c[HINTS]) <= 4 and all(map(hint, c[HINTS])) and
         len(set(c[HINTS])) == len(c[HINTS]))
    return c


def check_certificate(der, spki):
    try:
        cert = x509.load_der_x509_certificate(der)
        good = spki_of(cert.public_key()) == spki and \
            cert.public_bytes(serialization.Encoding.DER) == der
        key = cert.public_key()
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(cert.signature, cert.tbs_certificate_bytes)
        else:
            key.verify(cert.signature, cert.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
        constraints = cert.extensions.get_extension_for_class(x509.BasicConstraints).value
        must(good and not constraints.ca, "CERTIFICATE")
    except (ValueError, InvalidSignature, x509.ExtensionNotFound) as e:
        raise Refused("CERTIFICATE") from e


def check_time(kind, c, nonce, now):
    if kind == "introduction":
        must(c.get(10) == nonce, "NONCE")
    if nonce is not None:
        return
    if kind != "succession":
        must(now is not None and c[6] != 0, "NO_CLOCK")
    must(now is None or c[6] - 300 <= now, "NOT_YET")
    if kind != "succession":
        must(now < c[4], "EXPIRED")
        must(c[4] - c[6] <= WEEK, "LIFE")


def judge(kind, spki, me, now, nonce, data):
    """In the order of docs/PROTOCOL.md; the claims, or Refused."""
    must(len(data) <= (512 if kind in SHORT else 3072), "TOO_LARGE")
    whole, second = decode(data), None
    if kind == "succession":
        must(isinstance(whole, list) and len(whole) == 2)
        whole, second = whole[0], read_part(whole[1], True)
    header, fields, claims, signature = read_part(whole, False)
    c = read_claims(kind, claims)
    brought = from_cose(c[ISSUER_KEY]) if kind == "succession" else None
    confirmed = from_cose(c[8][1]) if kind not in SHORT else None
    key = load(spki, "ISSUER")
    must(c[1] == id_text(id_of(spki)) and fields[4] == id_of(spki), "ISSUER")
    must(brought in (None, spki), "ISSUER_KEY")
    must(fields[1] == alg_of(spki), "ALGORITHM")
    must(verify(key, signature, to_sign(header, kind, claims)), "SIGNATURE")
    must(3 not in c or c[3] == id_text(me), "AUDIENCE")
    must((c[2] == c[1]) == (kind == "revoke") or
         (kind == "tombstone" and c[2] != id_text(me)), "SUBJECT")
    if confirmed is not None:
        new = load(confirmed, "CONFIRMATION")
        must(c[2] == id_text(id_of(confirmed)), "CONFIRMATION")
        if second is not None:
            must(second[1][4] == id_of(confirmed) and second[1][1] == alg_of(confirmed) and
                 verify(new, second[3], to_sign(second[0], "succession-new", claims)), "SUCCESSOR")
        check_certificate(c[CERT], confirmed)
    check_time(kind, c, nonce, now)
    return c


def verdict(*arguments):
    try:
        judge(*arguments)
        return "ACCEPTED"
    except Refused as e:
        return str(e)


def read_vectors(path):
    with open(path, encoding="ascii") as f:
        for block in f.read().split("\nvector ")[1:]:
            name, *lines = block.strip().split("\n")
            yield name, dict(line.split(" = ") for line in lines)


def judge_file(path, sweep=True):
    wrong = count = altered = 0
    kinds = set()
    for name, v in read_vectors(path):
        spki, me, data = (bytes.fromhex(v[k]) for k in ("issuer_spki", "me", "statement"))
        nonce = None if v["nonce"] == "-" else bytes.fromhex(v["nonce"])
        said = verdict(v["kind"], spki, me, int(v["now"]), nonce, data)
        count += 1
        if said != v["verdict"]:
            wrong += 1
            print(f"{name}: {said}, should be {v['verdict']}")
        if said != "ACCEPTED":
            continue
        kinds.add((v["kind"], len(spki)))
        c = judge(v["kind"], spki, me, int(v["now"]), nonce, data)
        for claim, field in ((1, "iss"), (2, "sub")):
            if c[claim] != id_text(bytes.fromhex(v[field])):
                wrong += 1
                print(f"{name}: {field} is not the one stated")
        if "bundle" in v:
            bundle = cbor2.loads(bytes.fromhex(v["bundle"]))
            number = {"introduction": 1, "succession": 2, "tombstone": 3}[v["kind"]]
            if bundle != {0: 1, 1: number, 2: [data]} or encode(bundle).hex() != v["bundle"] or \
                    v["text"] != "TRECI:" + to_text(bytes.fromhex(v["bundle"])):
                wrong += 1
                print(f"{name}: its bundle is another")
        for i in range(len(data) if sweep else 0):
            bad = data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1:]
            altered += 1
            if verdict(v["kind"], spki, me, int(v["now"]), nonce, bad) == "ACCEPTED":
                wrong += 1
                print(f"{name}: accepted with byte {i} altered")
    if len(kinds) != 8:
        wrong += 1
        print(f"not every kind from both kinds of key: {sorted(kinds)}")
    print(f"statements: {count} vectors, {altered} altered, {wrong} wrong")
    return 1 if wrong else 0


# ---- making ------------------------------------------------------------------------------------

class Device:
    def __init__(self, p256):
        self.key = ec.generate_private_key(ec.SECP256R1()) if p256 else \
            ed25519.Ed25519PrivateKey.generate()
        self.spki = spki_of(self.key.public_key())
        self.id = id_of(self.spki)
        self.text = id_text(self.id)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "t")])
        usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        self.cert = x509.CertificateBuilder(
            issuer_name=name, subject_name=name, public_key=self.key.public_key(),
            serial_number=77, not_valid_before=datetime.datetime(1970, 1, 1),
            not_valid_after=datetime.datetime(9999, 12, 31, 23, 59, 59)).add_extension(
                x509.BasicConstraints(False, None), False).add_extension(
                    x509.ExtendedKeyUsage(usage), False).sign(
                        self.key, hashes.SHA256() if p256 else None).public_bytes(
                            serialization.Encoding.DER)

    def sign(self, message):
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def header(self, alg=None):
        return encode({1: alg or alg_of(self.spki), 4: self.id})


def claims_of(kind, iss, sub, me, nonce=None):
    c = {1: iss.text, 2: sub.text, 4: NOW + WEEK, 6: NOW, 7: bytes(range(16))}
    if kind in ("revoke", "introduction"):
        c[3] = me.text
    if kind in SHORT:
        return c
    c.update({8: {1: to_cose(sub.spki)}, CERT: sub.cert})
    if kind == "succession":
        c.update({4: 0, SEQUENCE: 9, ISSUER_KEY: to_cose(iss.spki)})
        return c
    c.update({NAME: "Küche", KIND: "", RIGHTS: ["introduce", "service:*"], HINTS: []})
    if nonce:
        c[10] = nonce
    return c


def sealed(kind, claims, iss, sub, purpose=None, header=None):
    """A dict, or claims already encoded."""
    body = claims if isinstance(claims, bytes) else encode(claims)
    header = header or iss.header()
    part = [header, {}, body, iss.sign(to_sign(header, purpose or kind, body))]
    if kind != "succession":
        return encode(part)
    other = sub.header()
    return encode([part, [other, {}, None, sub.sign(to_sign(other, "succession-new", body))]])


def unsorted(claims):
    pairs = sorted((encode(k), encode(x)) for k, x in claims.items())
    pairs[0], pairs[1] = pairs[1], pairs[0]
    return head(5, len(pairs)) + b"".join(k + x for k, x in pairs)


def wrong_ones(kind, iss, sub, me, other):
    """Rightly signed, but each wrong in one thing, and what must be said of it."""
    good = claims_of(kind, iss, sub, me)

    def seal(changes, reason, **more):
        return reason, sealed(kind, {**good, **changes}, iss, sub, **more)
    yield "MALFORMED", sealed(kind, unsorted(good), iss, sub)
    yield "MALFORMED", sealed(kind, encode(good)[:1] + b"\x18\x01" + encode(good)[2:], iss, sub)
    yield "MALFORMED", sealed(kind, encode({**good, 99: 0}), iss, sub)
    yield "ACCEPTED", sealed(kind, encode({**good, -99: [{}]}), iss, sub)
    yield "ACCEPTED", sealed(kind, encode({**good, -70000: 0}), iss, sub)
    yield seal({1: other.text}, "ISSUER")
    yield seal({}, "ISSUER", header=encode({1: alg_of(iss.spki), 4: other.id}))
    yield seal({}, "ALGORITHM", header=iss.header(-15 - alg_of(iss.spki)))
    for purpose in MEMBERS:
        if purpose != kind:
            yield seal({}, "SIGNATURE", purpose=purpose)
    yield seal({2: me.text if kind == "tombstone" else other.text if kind == "revoke"
                else iss.text}, "SUBJECT")
    yield seal({6: NOW + 301}, "NOT_YET")
    if kind != "succession":
        yield seal({4: NOW}, "EXPIRED")
        yield seal({4: NOW + WEEK + 1}, "LIFE")
        yield seal({6: 0}, "NO_CLOCK")
    if kind in ("revoke", "introduction"):
        yield seal({3: other.text}, "AUDIENCE")
    if kind in SHORT:
        return
    yield seal({2: other.text}, "CONFIRMATION")
    yield seal({8: {1: to_cose(other.spki)}}, "CONFIRMATION")
    yield seal({8: {1: {**to_cose(sub.spki), -4: bytes(32)}}}, "MALFORMED")
    yield seal({CERT: other.cert}, "CERTIFICATE")
    yield seal({CERT: sub.cert[:-1] + bytes([sub.cert[-1] ^ 1])}, "CERTIFICATE")
    if kind == "introduction":
        yield seal({10: bytes(32)}, "NONCE")
        yield seal({NAME: "two\nlines"}, "MALFORMED")
        yield seal({RIGHTS: ["service:*", "introduce"]}, "MALFORMED")
    else:
        yield seal({4: 1}, "MALFORMED")
        yield seal({SEQUENCE: 0}, "MALFORMED")
        yield seal({ISSUER_KEY: to_cose(other.spki)}, "ISSUER_KEY")
        yield "SUCCESSOR", sealed(kind, good, iss, other)


def all_made():
    """(kind, issuer, reader, nonce, statement, verdict), altered ones with verdict None."""
    for iss_p256 in (False, True):
        for sub_p256 in (False, True):
            iss, sub, me, other = Device(iss_p256), Device(sub_p256), Device(False), Device(False)
            for kind in MEMBERS:
                about = iss if kind == "revoke" else sub
                data = sealed(kind, claims_of(kind, iss, about, me), iss, about)
                yield kind, iss, me, None, data, "ACCEPTED"
                for reason, bad in wrong_ones(kind, iss, about, me, other):
                    yield kind, iss, me, None, bad, reason
                yield kind, iss, me, None, data + b"\0", None
                for i in range(0, len(data), 1 if iss_p256 == sub_p256 else 7):
                    yield (kind, iss, me, None,
                           data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1:], None)
            nonce = bytes(range(32))
            online = claims_of("introduction", iss, sub, me, nonce)
            online.update({4: 0, 6: 0})
            data = sealed("introduction", online, iss, sub)
            yield "introduction", iss, me, nonce, data, "ACCEPTED"
            yield "introduction", iss, me, bytes(32), data, "NONCE"


def make(helper):
    made = list(all_made())
    lines = "".join(f"{kind} {iss.spki.hex()} {me.id.hex()} {NOW} "
                    f"{nonce.hex() if nonce else '-'} {data.hex()}\n"
                    for kind, iss, me, nonce, data, _ in made)
    said = subprocess.run([helper, "judge"], input=lines, capture_output=True, check=True,
                          text=True, timeout=120).stdout.split()
    wrong = 0 if len(said) == len(made) else 1
    for (kind, _, _, nonce, data, want), got in zip(made, said):
        if got != want if want else got == "ACCEPTED":
            wrong += 1
            print(f"{kind} {data.hex()}: {got}, should be {want or 'refused'}")
    bundles = [encode({0: 1, 1: 1, 2: [data]}) for _, _, _, _, data, v in made if v == "ACCEPTED"]
    texts = ["treci:" + to_text(b).lower() for b in bundles]
    mistyped = [t[:40] + ("b" if t[40] == "a" else "a") + t[41:] for t in texts]
    back = subprocess.run([helper, "bytes"], input="\n".join(texts + mistyped), check=True,
                          capture_output=True, text=True, timeout=60).stdout.split()
    if back != [b.hex() for b in bundles] + ["refused"] * len(bundles):
        wrong += 1
        print("a bundle's text was not read as written, or read though mistyped")
    fine = sum(1 for m in made if m[5] == "ACCEPTED")
    print(f"statements: {fine} good ones, {len(made) - fine} others made, {len(bundles)} texts, "
          f"{wrong} wrong")
    return 1 if wrong or fine < 20 else 0


if __name__ == "__main__" and len(sys.argv) == 3:
    sys.exit({"judge": judge_file, "check": lambda path: judge_file(path, False),
              "make": make}[sys.argv[1]](sys.argv[2]))
