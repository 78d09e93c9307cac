"""Canonical CBOR as protocol/README.md has it (RFC 8949 section 4.2.1, a part): a second implementation."""
import re


class Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


def need(condition, code):
    if not condition:
        raise Refused(code)


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * width:
            return bytes([major << 5 | info]) + value.to_bytes(width, "big")


def encode(value):
    """Of int, bytes, str, list, dict, bool, None."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode("ascii")
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    return head(5, len(value)) + b"".join(k + v for k, v in sorted((encode(k), encode(v)) for k, v in value.items()))


class Decoder:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        need(self.at + n <= len(self.data), "CBOR_TRUNCATED")
        self.at += n
        return self.data[self.at - n:self.at]

    def argument(self, info):
        if info < 24:
            return info
        need(info < 28, "CBOR_CANONICAL")
        width = 1 << info - 24
        value = int.from_bytes(self.take(width), "big")
        need(value < 2 ** 53, "CBOR_RANGE")
        need(value >= (24 if width == 1 else 1 << 4 * width), "CBOR_CANONICAL")
        return value

    def count(self, info):
        value = self.argument(info)
        need(value <= len(self.data) - self.at, "CBOR_TRUNCATED")
        return value

    def text(self, n):
        raw = self.take(n)
        need(n <= 512 and all(0x20 <= c <= 0x7E for c in raw), "CBOR_TEXT")
        return raw.decode("ascii")

    def key(self):
        initial = self.take(1)[0]
        need(initial >> 5 == 3, "CBOR_TYPE")
        key = self.text(self.count(initial & 31))
        need(re.fullmatch("[a-zA-Z0-9]{1,32}", key), "CBOR_KEY")
        return key

    def value(self, depth):
        need(depth <= 8, "CBOR_DEPTH")
        initial = self.take(1)[0]
        major, info = initial >> 5, initial & 31
        if major == 0:
            return self.argument(info)
        if major == 2:
            return self.take(self.count(info))
        if major == 3:
            return self.text(self.count(info))
        if major == 4:
            return [self.value(depth + 1) for _ in range(self.count(info))]
        if major == 5:
            out, before = {}, b""
            for _ in range(self.count(info)):
                start = self.at
                key = self.key()
                encoded = self.data[start:self.at]
                need(encoded > before, "CBOR_CANONICAL")
                before = encoded
                out[key] = self.value(depth + 1)
            return out
        need(initial in (0xF4, 0xF5, 0xF6), "CBOR_TYPE")
        return {0xF4: False, 0xF5: True, 0xF6: None}[initial]


def decode(data):
    decoder = Decoder(data)
    value = decoder.value(1)
    need(decoder.at == len(data), "CBOR_TRAILING")
    return value


def fields(value, name, schema):
    """Exactly these keys, each of its type: an int (the most), (bytes, length), (blob, most), (text, most), (list, most), bool,
    a literal in a list, or None-or with "?" before it."""
    code = name + "_FIELD"
    need(isinstance(value, dict) and set(value) == set(schema), code)
    for key, kind in schema.items():
        item = value[key]
        if isinstance(kind, tuple) and kind[0] == "?":
            if item is None:
                continue
            kind = kind[1]
        if isinstance(kind, list):
            need(item == kind[0] and type(item) is type(kind[0]), code)
        elif kind is bool:
            need(isinstance(item, bool), code)
        elif isinstance(kind, int):
            need(isinstance(item, int) and not isinstance(item, bool) and item <= kind, code)
        elif kind[0] == "bytes":
            need(isinstance(item, bytes) and len(item) == kind[1], code)
        elif kind[0] == "blob":
            need(isinstance(item, bytes) and len(item) <= kind[1], code)
        elif kind[0] == "text":
            need(isinstance(item, str) and len(item) <= kind[1], code)
        elif kind[0] == "list":
            need(isinstance(item, list) and len(item) <= kind[1], code)
        elif kind[0] == "hashes":
            need(isinstance(item, list) and len(item) <= kind[2], code)
            need(all(isinstance(h, bytes) and len(h) == kind[1] for h in item), code)
        else:
            raise TypeError(kind)
    return value
