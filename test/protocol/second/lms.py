#!/usr/bin/python3
"""A second verifier (and a slow signer) of HSS, LMS and LM-OTS signatures, written from RFC 8554 and RFC 9858; SHA-256
sets only.

usage: lms.py < cases.json    cases: [{"publicKey", "message", "signature"}] of HSS, hexadecimal
prints one line a case: true or false; exit 0
"""
import hashlib, json, sys
from struct import unpack

def ots_shape(n, w):
    """n, w, p, ls by the formulas of RFC 8554 appendix B."""
    u = 8 * n // w
    v = -(-((2 ** w - 1) * u).bit_length() // w)
    return n, w, u + v, 16 - v * w


OTS = {1 + i: ots_shape(32, 2 ** i) for i in range(4)}
OTS.update({5 + i: ots_shape(24, 2 ** i) for i in range(4)})
# type -> m, h
LMS = {5 + i: (32, 5 + 5 * i) for i in range(5)}
LMS.update({10 + i: (24, 5 + 5 * i) for i in range(5)})


class Invalid(Exception):
    pass


class Bytes:
    def __init__(self, data):
        self.data = data

    def take(self, n):
        if len(self.data) < n:
            raise Invalid("short")
        head, self.data = self.data[:n], self.data[n:]
        return head

    def u32(self):
        return unpack(">I", self.take(4))[0]


def u16(n):
    return n.to_bytes(2, "big")


def u32(n):
    return n.to_bytes(4, "big")


def h(n, *parts):
    return hashlib.sha256(b"".join(parts)).digest()[:n]


def digits(data, w):
    bits = "".join("{:08b}".format(byte) for byte in data)
    return [int(bits[i:i + w], 2) for i in range(0, len(bits), w)]


def ots_candidate(ots_type, i, q, message, take):
    n, w, p, ls = OTS[ots_type]
    c, y = take(n), [take(n) for _ in range(p)]
    big_q = h(n, i, u32(q), u16(0x8181), c, message)
    checksum = sum(2 ** w - 1 - d for d in digits(big_q, w)) << ls
    a = digits(big_q + u16(checksum), w)[:p]
    z = []
    for chain in range(p):
        value = y[chain]
        for j in range(a[chain], 2 ** w - 1):
            value = h(n, i, u32(q), u16(chain), bytes([j]), value)
        z.append(value)
    return h(n, i, u32(q), u16(0x8080), *z)


def lms_signature(data):
    """One LMS signature off the front of `data`: q, LM-OTS type, LM-OTS bytes, LMS type, path."""
    q, ots_type = data.u32(), data.u32()
    if ots_type not in OTS:
        raise Invalid("LM-OTS type")
    n, _, p, _ = OTS[ots_type]
    ots = data.take(n * (p + 1))
    lms_type = data.u32()
    if lms_type not in LMS:
        raise Invalid("LMS type")
    m, height = LMS[lms_type]
    return q, ots_type, ots, lms_type, [data.take(m) for _ in range(height)]


def lms_verify(key, message, signature):
    q, ots_type, ots, lms_type, path = signature
    key = Bytes(key)
    if key.u32() != lms_type or key.u32() != ots_type:
        raise Invalid("types differ")
    m, height = LMS[lms_type]
    i, root = key.take(16), key.take(m)
    if key.data or q >= 2 ** height:
        raise Invalid("key or leaf")
    node = 2 ** height + q
    value = h(m, i, u32(node), u16(0x8282), ots_candidate(ots_type, i, q, message, Bytes(ots).take))
    for sibling in path:
        pair = (sibling, value) if node % 2 else (value, sibling)
        node //= 2
        value = h(m, i, u32(node), u16(0x8383), *pair)
    return value == root


def hss_verify(public_key, message, signature):
    try:
        key, data = Bytes(public_key), Bytes(signature)
        levels = key.u32()
        if data.u32() + 1 != levels:
            raise Invalid("levels")
        key = key.data
        for _ in range(levels - 1):
            signed = lms_signature(data)
            lms_type = unpack(">I", data.data[:4])[0]
            lower = data.take(24 + LMS[lms_type][0])
            if not lms_verify(key, lower, signed):
                return False
            key = lower
        last = lms_signature(data)
        return not data.data and lms_verify(key, message, last)
    except (Invalid, KeyError):
        return False


def chained(n, i, q, chain, value, start, end):
    for j in range(start, end):
        value = h(n, i, u32(q), u16(chain), bytes([j]), value)
    return value


class Signer:
    """A whole tree from a seed, by RFC 8554 appendix A. For vectors: nothing keeps count of the leaves used."""

    def __init__(self, lms_type, ots_type, i, seed):
        self.lms_type, self.ots_type, self.i, self.seed = lms_type, ots_type, i, seed
        self.m, self.height = LMS[lms_type]
        leaves = 1 << self.height
        self.nodes = [b""] * leaves + [h(self.m, i, u32(leaves + q), u16(0x8282), self.ots_public(q)) for q in range(leaves)]
        for r in reversed(range(1, leaves)):
            self.nodes[r] = h(self.m, i, u32(r), u16(0x8383), self.nodes[2 * r], self.nodes[2 * r + 1])

    def secret(self, q, chain):
        return h(OTS[self.ots_type][0], self.i, u32(q), u16(chain), b"\xff", self.seed)

    def ots_public(self, q):
        n, w, p, _ = OTS[self.ots_type]
        ends = [chained(n, self.i, q, c, self.secret(q, c), 0, 2 ** w - 1) for c in range(p)]
        return h(n, self.i, u32(q), u16(0x8080), *ends)

    def public_key(self):
        return u32(self.lms_type) + u32(self.ots_type) + self.i + self.nodes[1]

    def sign(self, q, message):
        n, w, p, ls = OTS[self.ots_type]
        c = self.secret(q, 0xFFFD)
        big_q = h(n, self.i, u32(q), u16(0x8181), c, message)
        checksum = sum(2 ** w - 1 - d for d in digits(big_q, w)) << ls
        a = digits(big_q + u16(checksum), w)[:p]
        y = [chained(n, self.i, q, chain, self.secret(q, chain), 0, a[chain]) for chain in range(p)]
        path, r = [], (1 << self.height) + q
        while r > 1:
            path.append(self.nodes[r ^ 1])
            r //= 2
        return u32(q) + u32(self.ots_type) + c + b"".join(y) + u32(self.lms_type) + b"".join(path)


if __name__ == "__main__":
    for case in json.load(sys.stdin):
        verdict = hss_verify(*(bytes.fromhex(case[k]) for k in ("publicKey", "message", "signature")))
        print("true" if verdict else "false")
