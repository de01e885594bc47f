#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds tests/vectors/messages.txt against docs/PROTOCOL.md and docs/STORE-FORMAT.md by other means
than ours: python3-cbor2 makes the bytes from the fields, a reader of the CDDL in the documents
judges the fields, and the check characters are computed by tables of logarithms. Every rule must
also refuse its vectors with a key missing, one too many, or a value of another type."""
import json
import os
import re
import sys

import cbor2

ROOT = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
TOKEN = re.compile(r"\s*(\.\.|\.size|-?\d+|[a-z_]+|[{}\[\](),:=?*/])")


class Cddl:
    """As much of RFC 8610 as the documents use."""

    def __init__(self, text):
        self.tokens, at = [], 0
        text = re.sub(r";[^\n]*", "", text)
        while text[at:].strip():
            m = TOKEN.match(text, at)
            if not m:
                raise ValueError("CDDL not understood: " + text[at:at + 40])
            self.tokens.append(m.group(1))
            at = m.end()
        self.rules = {}
        while self.tokens:
            name = self.take()
            self.take("=")
            self.rules[name] = self.choice()

    def take(self, expected=None):
        t = self.tokens.pop(0)
        if expected and t != expected:
            raise ValueError(f"CDDL: {t} where {expected} should be")
        return t

    def next_is(self, t):
        return bool(self.tokens) and self.tokens[0] == t

    def choice(self):
        options = [self.single()]
        while self.next_is("/"):
            self.take()
            options.append(self.single())
        return ("choice", options)

    def number_range(self, first):
        if self.next_is(".."):
            self.take()
            return (first, int(self.take()))
        return (first, first)

    def single(self):
        t = self.take()
        if t == "{":
            return self.map()
        if t == "[":
            return self.array()
        if t == "true":
            return ("true",)
        if re.fullmatch(r"-?\d+", t):
            return ("int",) + self.number_range(int(t))
        if t in ("bstr", "tstr"):
            low, high = 0, 1 << 32
            if self.next_is(".size"):
                self.take()
                paren = self.next_is("(")
                if paren:
                    self.take()
                low, high = self.number_range(int(self.take()))
                if paren:
                    self.take(")")
            return (t, low, high)
        return ("name", t)

    def map(self):
        pairs = []
        while not self.next_is("}"):
            optional = self.next_is("?")
            if optional:
                self.take()
            key = int(self.take())
            self.take(":")
            pairs.append((key, optional, self.choice()))
            if self.next_is(","):
                self.take()
        self.take("}")
        return ("map", pairs)

    def array(self):
        items = []
        while not self.next_is("]"):
            low = high = 1
            if re.fullmatch(r"\d+", self.tokens[0]) and self.tokens[1] == "*":
                low, _, high = int(self.take()), self.take("*"), int(self.take())
            items.append((low, high, self.choice()))
            if self.next_is(","):
                self.take()
        self.take("]")
        return ("array", items)

    def fits(self, rule, v):
        kind = rule[0]
        if kind == "choice":
            return any(self.fits(option, v) for option in rule[1])
        if kind == "name":
            return isinstance(v, bool) if rule[1] == "bool" else self.fits(self.rules[rule[1]], v)
        if kind == "true":
            return v is True
        if kind == "int":
            return type(v) is int and rule[1] <= v <= rule[2]
        if kind == "bstr":
            return isinstance(v, bytes) and rule[1] <= len(v) <= rule[2]
        if kind == "tstr":
            return isinstance(v, str) and rule[1] <= len(v.encode()) <= rule[2]
        if kind == "map":
            return isinstance(v, dict) and self.map_fits(rule[1], v)
        return isinstance(v, list) and self.array_fits(rule[1], v)

    def map_fits(self, pairs, v):
        known = {key for key, _, _ in pairs}
        return (all(key in v or optional for key, optional, _ in pairs)
                and all(self.fits(r, v[key]) for key, _, r in pairs if key in v)
                and all(key in known or key < 0 for key in v))

    def array_fits(self, items, v):
        if len(items) == 1:
            low, high, rule = items[0]
            return low <= len(v) <= high and all(self.fits(rule, x) for x in v)
        return len(v) == len(items) and all(self.fits(i[2], x) for i, x in zip(items, v))


def read_cddl():
    text = ""
    for doc in ("PROTOCOL.md", "STORE-FORMAT.md"):
        path = os.path.join(ROOT, "docs", doc)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                text += "".join(re.findall(r"```cddl\n(.*?)```", f.read(), re.S))
    return Cddl(text)


def diagnostic(text):
    """RFC 8949 8, as far as the vectors use it."""
    marked = re.sub(r"h'([0-9a-f]*)'", r'"\\u0000\1"', text)

    def bytes_back(v):
        if isinstance(v, list):
            return [bytes_back(x) for x in v]
        if isinstance(v, str) and v.startswith("\0"):
            return bytes.fromhex(v[1:])
        return v
    return bytes_back(json.loads(marked))


def check_characters(values):
    log, exp, x = {}, [], 1
    for i in range(31):
        log[x], exp = i, exp + [x]
        x <<= 1
        if x & 32:
            x ^= 0b100101
    c1 = c2 = 0
    for i, d in enumerate(values):
        c1 ^= d
        if d:
            c2 ^= exp[(log[d] + i + 1) % 31]
    return ALPHABET[c1] + ALPHABET[c2]


def base32(data):
    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[i:i + 5], 2) for i in range(0, len(bits), 5)]
    return "".join(ALPHABET[v] for v in values) + check_characters(values)


PRE = {"pair_request": 0x41, "pair_params": 0x42, "pair_refuse": 0x43, "pake_share": 0x44,
       "pake_reply": 0x45, "pake_confirm": 0x46}


def read_frames():
    """Names, types and bodies out of the document's own table."""
    frames = {}
    with open(os.path.join(ROOT, "docs", "PROTOCOL.md"), encoding="utf-8") as f:
        for m in re.finditer(r"^\| 0x([0-9a-f]{2}) \| (\w+) \|[^|]*\| `?(\w+)", f.read(), re.M):
            frames[m.group(2)] = (int(m.group(1), 16), m.group(3))
    return frames


def frame(frames, name, body):
    if name in PRE:
        return bytes([PRE[name]]) + len(body).to_bytes(2, "big") + body
    return bytes([frames[name][0]]) + len(body).to_bytes(3, "big") + body


def read_vectors():
    with open(os.path.join(ROOT, "tests/vectors/messages.txt"), encoding="utf-8") as f:
        blocks = [b for b in f.read().split("\n\n") if b.strip() and not b.startswith("#")]
    for block in blocks:
        lines = block.strip().split("\n")
        kind, name = lines[0].split(" ", 1)
        v = {"kind": kind, "name": name, "fields": {}}
        for line in lines[1:]:
            m = re.fullmatch(r"  (\d+) \w+ = (.*)", line)
            if m:
                v["fields"][int(m.group(1))] = diagnostic(m.group(2))
            else:
                key, _, value = line.strip().partition(" ")
                v[key] = value
        yield v


def mutants(fields):
    for key in fields:
        yield {k: x for k, x in fields.items() if k != key}
        yield {**fields, key: None}
        yield {**fields, key: 1 << 64}
    yield {**fields, 99: 0}


def check_map(cddl, v, rule, must):
    body = bytes.fromhex(v["body"])
    must(cbor2.dumps(v["fields"], canonical=True) == body, "cbor2 makes the same body")
    must(cbor2.loads(body) == v["fields"], "cbor2 reads the same fields")
    must(rule in cddl.rules, f"there is a rule {rule}")
    if rule in cddl.rules:
        must(cddl.fits(("name", rule), v["fields"]), f"the fields follow {rule}")


def check_mutants(cddl, v, rule, must):
    optional = {key for key, o, _ in cddl.rules[rule][1][0][1] if o}
    for m in mutants(v["fields"]):
        missing = set(v["fields"]) - set(m)
        if missing and missing <= optional:
            continue
        must(not cddl.fits(("name", rule), m), f"{rule} refuses {m}")


def rule_of(v, frames):
    name = v["name"].split("/")[0]
    if v["kind"] == "code":
        return "code"
    return frames[name][1] if v["kind"] == "message" else "rec_" + name


def main():
    cddl, frames, wrong, checks, seen = read_cddl(), read_frames(), 0, 0, set()
    for v in read_vectors():
        name = v["name"].split("/")[0]

        def must(holds, what):
            nonlocal wrong, checks
            checks += 1
            if not holds:
                wrong += 1
                print(f"{v['kind']} {v['name']}: not so: {what}")
        if v["kind"] == "id":
            must(v["text"] == base32(bytes.fromhex(v["name"])), "text")
            must(v["grouped"].replace("-", "") == v["text"], "grouped")
            continue
        rule = rule_of(v, frames)
        check_map(cddl, v, rule, must)
        if rule in cddl.rules:
            check_mutants(cddl, v, rule, must)
        if v["kind"] == "message":
            seen.add(name)
            must(frame(frames, name, bytes.fromhex(v["body"])).hex() == v["frame"], "frame")
        if v["kind"] == "code":
            must(v["text"] == "TREC:" + base32(bytes.fromhex(v["body"])), "text")
    raw = {"authenticator_request", "authenticator", "data", "revoke", "introduction", "notice",
           "succession"}
    for name in sorted(set(frames) - seen - raw):
        wrong += 1
        print(f"no vector of {name}")
    print(f"vectors: {checks} checks, {wrong} wrong")
    return 1 if wrong or checks < 100 else 0


sys.exit(main())
