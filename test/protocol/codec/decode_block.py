"""Decodes the blocks of a vectors file, from protocol/codec/README.md alone: decode_block.py README.md < block.json

Reads the predictors and code lengths out of the specification's own tables. Exits 1 and names the first block whose
samples, or whose refusal, differ from the vector's.
"""
import json
import re
import sys


class Refused(Exception):
    pass


def tables(spec):
    taps = {int(m[1]): [int(v) for v in m[2].split(",")] for m in re.finditer(r"^\| (\d+) \| ([-\d, ]+) \|$", spec, re.M)}
    lengths = [[int(c, 16) for c in m[1]] for m in re.finditer(r"^\| \d+ \| `([0-9a-c]{32})` \|$", spec, re.M)]
    contexts = [int(c, 16) for c in re.search(r"`([0-9a-f]{32})` gives the context", spec)[1]]
    assert sorted(taps) == list(range(1, 15)) and len(lengths) == 16
    return taps, contexts, lengths


class Bits:
    def __init__(self, data):
        self.text = "".join(f"{b:08b}" for b in data)
        self.at = 0

    def take(self, n):
        if self.at + n > len(self.text):
            raise Refused("BLOCK_TRUNCATED")
        self.at += n
        return int(self.text[self.at - n : self.at] or "0", 2)

    def signed(self, n):
        v = self.take(n)
        return v - (1 << n) if v >> (n - 1) else v


def words(lengths):
    """Canonical words of one context: {(length, word): symbol}."""
    out, word, previous = {}, 0, 0
    for length, symbol in sorted((n, s) for s, n in enumerate(lengths)):
        word <<= length - previous
        out[length, word] = symbol
        word, previous = word + 1, length
    return out


def decode(data, shape, taps, contexts, codes):
    leads, width, nominal = shape["leads"], shape["bits"], shape["nominal"]
    if not (1 <= leads <= 255 and 2 <= width <= 24 and 1 <= nominal <= 65535):
        raise Refused("BLOCK_SHAPE")
    b = Bits(data)
    code, raw = b.take(2), b.take(1)
    usual = [nominal, -(-nominal // 2), -(-nominal // 4)]
    count = b.take(16) if code == 3 else usual[code]
    if count == 0 or (usual + [count]).index(count) != code:
        raise Refused("BLOCK_COUNT")
    if leads * count > 2**20:
        raise Refused("BLOCK_TOO_LARGE")
    size = (3 if code == 3 else 1) + -(-leads * count * width // 8)
    if raw and len(data) != size:
        raise Refused("BLOCK_TRUNCATED" if len(data) < size else "BLOCK_TRAILING")
    if not raw and len(data) >= size:
        raise Refused("BLOCK_OVERLONG")
    x = []
    if raw and b.take(5):
        raise Refused("BLOCK_PADDING")
    for lead in range(leads):
        if raw:
            x.append([b.signed(width) for _ in range(count)])
            continue
        wa = wb = 0
        if lead and b.take(1):
            wa = b.signed(4)
            wb = b.signed(4) if lead > 1 else 0
            if wa == wb == 0:
                raise Refused("BLOCK_REFERENCE")
        predictor = b.take(4)
        s = (1 << b.take(4)) - 1 if predictor != 15 else 0
        first = b.signed(width)
        r = [0] * count
        for t in range(1, count if predictor != 15 else 0):
            k = next(k for k in range(17) if s >> k <= 31 or k == 16)
            code_of = codes[contexts[min(31, s >> k)]]
            n, word = 0, 0
            while (n, word) not in code_of:
                word, n = word << 1 | b.take(1), n + 1
            symbol = code_of[n, word]
            if symbol < 24:
                u = (symbol << k) + b.take(k)
            elif symbol < 31:
                j = symbol - 24
                u = ((16 + (8 << j)) << k) + b.take(3 + j + k)
            else:
                u = b.take(28)
                if u >> k < 1040:
                    raise Refused("BLOCK_ESCAPE")
            r[t] = -(u + 1 >> 1) if u & 1 else u >> 1
            s += abs(r[t]) - (s >> 2)
        part = [(wa * x[lead - 1][t] + (wb * x[lead - 2][t] if lead > 1 else 0)) >> 2 if wa or wb else 0 for t in range(count)]
        y, d, out = [first - part[0]], [0] * 8, [first]
        for t in range(1, count):
            if predictor in (0, 15):
                y.append(y[0] + r[t])
            else:
                total = sum(c * v for c, v in zip(taps[predictor], d)) & 0xFFFFFFFF
                total -= (total >> 31) << 32
                d = [(total >> 8) + r[t]] + d[:7]
                y.append(y[-1] + d[0])
            if not -(1 << width - 1) <= y[t] + part[t] < 1 << width - 1:
                raise Refused("BLOCK_RANGE")
            out.append(y[t] + part[t])
        x.append(out)
    left = len(b.text) - b.at
    if left >= 8:
        raise Refused("BLOCK_TRAILING")
    if b.take(left):
        raise Refused("BLOCK_PADDING")
    return x


def main():
    taps, contexts, lengths = tables(open(sys.argv[1], encoding="utf-8").read())
    codes = [words(row) for row in lengths]
    vectors = json.load(sys.stdin)
    for v in vectors["blocks"]:
        if decode(bytes.fromhex(v["bytes"]), v["shape"], taps, contexts, codes) != v["samples"]:
            sys.exit(f"{v['name']}: samples differ")
    for v in vectors["refused"]:
        try:
            decode(bytes.fromhex(v["bytes"]), v["shape"], taps, contexts, codes)
            sys.exit(f"{v['name']}: accepted")
        except Refused as why:
            if str(why) != v["code"]:
                sys.exit(f"{v['name']}: {why}, expected {v['code']}")
    print(f"{len(vectors['blocks'])} decoded, {len(vectors['refused'])} refused")


if __name__ == "__main__":
    main()
