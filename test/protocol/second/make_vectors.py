#!/usr/bin/python3
"""Writes protocol/vectors/*.json (but the codec's) and the worked example of protocol/README.md.

usage: npx ts-node blocks.ts | make_vectors.py VECTORS_DIR README

Everything follows from fixed keys; nothing comes from the TypeScript but the blocks, which are the codec's.
"""
import json, struct, sys, zlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import canonical_cbor
import lms
from avnode_wire import (AESCCM, TYPES, bech32m, chain_key, chain_start, chunk_hashes, claim_key, claim_text, unowned_alias, fragment,
                         layout, link_key, receipt_key, recording_key, sha256, signed_certificate, signed_close,
                         signed_release, signed_release_file, CHARSET)

ROOT = bytes(range(32))
DEVICE = bytes.fromhex("d0d1d2d3d4d5d6d7")
STORE = bytes.fromhex("5051525354555657")
GENERATION = bytes.fromhex("a0a1a2a3a4a5a6a7")
ALIAS = bytes.fromhex("0badcafe0badcafe")
EPOCH = 1
CODE = bytes.fromhex("00112233445566778899aabbccddeeff")
DEVICE_NONCE = bytes(range(0x10, 0x20))
STORE_NONCE = bytes(range(0x20, 0x30))
ZEROS = "00" * 32
LINK_UP, LINK_DOWN = (link_key(receipt_key(ROOT), d, DEVICE_NONCE, STORE_NONCE, STORE) for d in (1, 2))

BLOCKS = []

OPEN = {"rateNum": 256, "rateDen": 1, "frontEnd": "sim", "firmware": "1", "bits": 18, "nominal": 4,
        "startMs": 1767225600000, "trust": 2, "mode": 1, "seconds": 30,
        "leads": [{"name": "I", "unit": "mV", "gain": 200.0, "baseline": 0, "adcZero": 0}]}


def encode_one(kind, value):
    if kind == "text":
        return bytes([len(value)]) + value.encode("ascii")
    if kind in ("i", "f"):
        return struct.pack(">i" if kind == "i" else ">d", value)
    if kind == "flag":
        return bytes([value])
    return bytes.fromhex(value) if isinstance(value, str) else value.to_bytes(int(kind), "big")


def encode(name, value):
    return b"".join(encode_one(kind, value[key]) for key, kind in layout(name))


def encode_hello(kind, first, value):
    if kind == "deviceHello":
        value = {**value, "button": 1 if value["claimable"] else 2 if value["held"] else 0}
    return bytes([first]) + encode(kind, value)


def encode_body(kind, value):
    if kind == "open":
        previous = value.get("previous")
        return (encode("openHead", value) + bytes([previous is not None])
                + (encode("previous", previous) if previous else b"")
                + bytes([len(value["leads"])]) + b"".join(encode("lead", lead) for lead in value["leads"]))
    if kind == "receipt":
        return (encode("receiptHead", value) + bytes([len(value["holes"])])
                + b"".join(encode("hole", hole) for hole in value["holes"]))
    if kind == "command":
        return bytes([value["op"]]) + encode("command%d" % value["op"], value)
    if kind == "certificate":
        return canonical_cbor.encode(certificate_map(value))
    return encode(kind, value)


def certificate_map(value):
    binary = {key: bytes.fromhex(value[key]) for key in ("device", "firmware", "maker", "signature")}
    return {"type": "avnode/certificate", "v": 1, "class": value["deviceClass"], "board": value["board"],
            "issued": value["issued"], "trees": [bytes.fromhex(tree) for tree in value["trees"]], **binary}


def certified(maker, value):
    """The same with the signature of this maker, who is a seed."""
    key = Ed25519PrivateKey.from_private_bytes(maker)
    named = {**value, "maker": key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex(), "signature": ""}
    return {**named, "signature": key.sign(signed_certificate(certificate_map(named))).hex()}


def header_bytes(kind, recording, sequence, epoch=EPOCH):
    return struct.pack(">BHII", 0x10 | TYPES[kind], epoch, recording, sequence)


def pad(body):
    plain = len(body).to_bytes(2, "big") + body
    return plain + bytes(-len(plain) % 32)


def seal(key, header, plain):
    return header + AESCCM(key, tag_length=8).encrypt(header + b"\0\0", plain, None)


def sealed(name, key, kind, recording, sequence, fields, decoder=None):
    body = encode_body(decoder or kind, fields)
    return {"name": name, "key": key.hex(),
            "header": {"type": TYPES[kind], "epoch": EPOCH, "recording": recording, "sequence": sequence},
            "decoder": decoder or kind, "fields": fields, "body": body.hex(), "plaintext": pad(body).hex(),
            "frame": seal(key, header_bytes(kind, recording, sequence), pad(body)).hex()}


# --- recordings ---------------------------------------------------------------------------------------------------


class Recorder:
    """Seals frame after frame of one recording and keeps its chain."""

    def __init__(self, number):
        self.number, self.sequence, self.steps = number, 0, []
        self.key = recording_key(ROOT, DEVICE, EPOCH, number)
        self.head = chain_start(DEVICE, EPOCH, number, self.key)

    def add(self, kind, fields):
        vector = sealed(kind, self.key, kind, self.number, self.sequence, fields)
        self.head = sha256(self.head, bytes.fromhex(vector["frame"]))
        self.steps.append({"type": kind, "sequence": self.sequence, "fields": fields, "body": vector["body"],
                           "frame": vector["frame"], "chain": self.head.hex()})
        self.sequence += 1

    def data(self, index):
        self.add("data", {"firstSample": BLOCKS[index]["firstSample"], "block": BLOCKS[index]["block"]})

    def close(self, samples, dropped, previous):
        self.add("close", {"frames": self.sequence, "samples": samples, "dropped": dropped, "chain": self.head.hex(),
                           "previousClose": previous, "checkpointSize": 0, "checkpointRoot": ZEROS,
                           "uptimeMs": 61250, "batteryMillivolts": 3987, "reason": 1})
        body = bytes.fromhex(self.steps[-1]["body"])
        self.close_signed = signed_close(DEVICE, EPOCH, self.number, body)
        return sha256(self.close_signed).hex()

    def vector(self, name, close_hash, blocks, lost=()):
        return {"name": name, "root": ROOT.hex(), "device": DEVICE.hex(), "epoch": EPOCH, "recording": self.number,
                "key": self.key.hex(), "closeHash": close_hash,
                "samples": [{"firstSample": BLOCKS[i]["firstSample"], "leads": [BLOCKS[i]["samples"]]} for i in blocks],
                "frames": [step for step in self.steps if step["sequence"] not in lost]}


def recordings():
    whole = Recorder(1)
    whole.add("open", OPEN)
    whole.data(0)
    first_close = whole.close(4, 0, ZEROS)

    gap = Recorder(2)
    gap.add("open", {**OPEN, "mode": 3, "seconds": 0,
                     "previous": {"recording": 1, "frames": 3, "closed": True, "chain": whole.head.hex()}})
    for index in (0, 1, 2):
        gap.data(index)
    gap.add("mark", {"kind": 1, "sample": 11, "uptimeMs": 60043})
    gap.add("drop", {"reason": 1, "recording": 2, "from": 2, "to": 2, "firstSample": 4, "samples": 4,
                     "before": gap.steps[1]["chain"], "chain": gap.steps[2]["chain"]})
    gap.data(3)
    gap.add("drop", {"reason": 2, "recording": 2, "from": 0, "to": 0, "firstSample": 16, "samples": 7, "before": ZEROS,
                     "chain": ZEROS})
    second_close = gap.close(23, 11, first_close)
    return whole, first_close, gap, second_close


# --- everything else ----------------------------------------------------------------------------------------------


def frame_vectors():
    key = recording_key(ROOT, DEVICE, EPOCH, 7)
    leads = [{"name": name, "unit": "mV", "gain": 1000.0 / 3, "baseline": -8388608, "adcZero": 2147483647}
             for name in ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")]
    vectors = [
        ("open, one lead", "open", OPEN),
        ("open, twelve leads, previous recording lost, start unknown", "open",
         {**OPEN, "rateNum": 1000, "rateDen": 3, "frontEnd": "A" * 40, "firmware": "", "bits": 24, "nominal": 65535,
          "startMs": 0, "trust": 0, "mode": 2, "leads": leads,
          "previous": {"recording": 6, "frames": 0, "closed": False, "chain": ZEROS}}),
        ("open, uncalibrated, longest text", "open",
         {**OPEN, "leads": [{"name": "~ !", "unit": "", "gain": 0.0, "baseline": -1, "adcZero": 128}]}),
        ("data, block of one byte", "data", {"firstSample": 0, "block": "ff"}),
        ("data that fills its first step to the last byte", "data", {"firstSample": 2 ** 48 - 1, "block": "ab" * 24}),
        ("data one byte longer", "data", {"firstSample": 256, "block": "ab" * 25}),
        ("data, longest frame", "data", {"firstSample": 77, "block": "5a" * 2040}),
        ("drop, ring full, older recording", "drop",
         {"reason": 1, "recording": 6, "from": 0, "to": 4294967293, "firstSample": 0, "samples": 2 ** 48 - 1,
          "before": ZEROS, "chain": sha256(b"x").hex()}),
        ("drop, front end", "drop",
         {"reason": 2, "recording": 7, "from": 0, "to": 0, "firstSample": 1000, "samples": 32, "before": ZEROS,
          "chain": ZEROS}),
        *[("mark %d" % kind, "mark", {"kind": kind, "sample": 500 * kind, "uptimeMs": 2 ** 40 + kind})
          for kind in (1, 2, 3, 4)],
        *[("close %d" % reason, "close",
           {"frames": 18, "samples": 2 ** 53 - 1, "dropped": reason, "chain": sha256(b"c").hex(),
            "previousClose": ZEROS, "checkpointSize": 12, "checkpointRoot": sha256(b"r").hex(), "uptimeMs": 1,
            "batteryMillivolts": 65535, "reason": reason}) for reason in (1, 2, 3, 4)],
        ("signature", "signature", SIGNATURE),
    ]
    out = [sealed(name, key, kind, 7, i, fields) for i, (name, kind, fields) in enumerate(vectors)]
    last = 2 ** 32 - 2
    far = recording_key(ROOT, DEVICE, EPOCH, 3)
    out.append(sealed("mark with the last sequence", far, "mark", 3, last, {"kind": 1, "sample": 0, "uptimeMs": 0}))
    return out


def receipt(recording=7, next_sequence=100, holes=()):
    return {"storeId": STORE.hex(), "generation": GENERATION.hex(), "checkpointSize": 0, "checkpointRoot": ZEROS,
            "recording": recording, "next": next_sequence,
            "holes": [{"from": start, "length": length} for start, length in holes]}


STATUS = {"state": 2, "batteryMillivolts": 3987, "ringPermille": 1000, "backlog": 4000000000, "oldestRecording": 6,
          "newestRecording": 7, "uptimeMs": 2 ** 48 - 1, "trust": 1, "lastCommand": 3, "refused": 2,
          "signatures": 8192, "firmware": "avnode 0.1.0"}
SIGNATURE = {"tree": 7, "leaf": 1023, "ots": "00000007" + "".join(sha256(bytes([i])).hex() for i in range(39))}
MAKER = sha256(b"a maker of vectors")
TREE = "0000000a00000007" + sha256(b"I").hex()[:32] + sha256(b"T[1]").hex()[:48]
CERTIFICATE = certified(MAKER, {"deviceClass": 1, "device": DEVICE.hex(), "board": "xiaoble", "firmware": sha256(b"firmware").hex(),
                                "issued": 1767225600, "trees": [TREE]})
IMAGES = {"three chunks and a byte": bytes((7 * i + (i >> 8)) & 255 for i in range(3 * 512 + 1)),
          "two whole chunks": bytes(1024), "one byte": b"1"}
RELEASE = {"board": "xiaoble", "version": "0.2.0", "counter": 2, "bytes": 1537,
           "crc32": zlib.crc32(IMAGES["three chunks and a byte"]),
           "head": chunk_hashes(IMAGES["three chunks and a byte"])[0].hex()}
CLAIM = {"root": ROOT.hex(), "alias": ALIAS.hex(), "storeId": STORE.hex()}
HELLOS = [
    ("device hello, claimable", "deviceHello", 0x1E,
     {"alias": ALIAS.hex(), "epoch": 0, "nonce": DEVICE_NONCE.hex(), "claimable": True, "held": False}),
    ("device hello", "deviceHello", 0x1E,
     {"alias": ALIAS.hex(), "epoch": 65535, "nonce": DEVICE_NONCE.hex(), "claimable": False, "held": False}),
    ("device hello, owned and held", "deviceHello", 0x1E,
     {"alias": ALIAS.hex(), "epoch": 1, "nonce": DEVICE_NONCE.hex(), "claimable": False, "held": True}),
    ("store hello", "storeHello", 0x1F,
     {"alias": ALIAS.hex(), "storeId": STORE.hex(), "generation": GENERATION.hex(), "nonce": STORE_NONCE.hex(),
      "deviceNonce": DEVICE_NONCE.hex()}),
    ("hello request", "helloRequest", 0x1D, {"alias": ALIAS.hex()}),
]
COMMANDS = [{"op": 1, "mode": 1, "seconds": 30}, {"op": 1, "mode": 2, "seconds": 4294967295},
            {"op": 1, "mode": 3, "seconds": 0}, {"op": 2}, {"op": 3, "unixMs": 1767225600000, "uncertaintyMs": 250},
            {"op": 4, "setting": 1, "value": 512}, {"op": 4, "setting": 2, "value": 60},
            {"op": 4, "setting": 3, "value": 4294967295}, {"op": 5, "seconds": 255}, {"op": 6},
            {"op": 7, "bytes": "4f" * 1600}, {"op": 7, "bytes": "ff"}, {"op": 8, "at": 0, "bytes": "c0" * 544},
            {"op": 8, "at": 4294967295, "bytes": "c1" * 2041}, {"op": 9, "counter": 1},
            {"op": 10, "counter": 4294967295}]
UPDATES = [{"phase": phase, "running": phase, "counter": 2 ** 32 - 1 - phase, "taken": 512 * phase, "refused": 0}
           for phase in range(7)]
UPDATES += [{"phase": 0, "running": 7, "counter": 0, "taken": 0, "refused": refused} for refused in range(1, 16)]


def receipts():
    cases = [("nothing yet", receipt(next_sequence=0)), ("everything below next", receipt()),
             ("the last of all", receipt(2 ** 32 - 2, 2 ** 32 - 1)),
             ("one hole at the start", receipt(holes=[(0, 1)])),
             ("eight holes, the last up to next", receipt(holes=[(i * 13, i + 2) for i in range(8)])),
             ("a long run, continued", receipt(next_sequence=200000, holes=[(5, 65535), (65540, 65535), (131075, 9)]))]
    return [sealed(name, LINK_DOWN, "receipt", 0, i, fields) for i, (name, fields) in enumerate(cases)]


def cbor(value):
    def head(major, n):
        for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
            if n < 24:
                return bytes([major << 5 | n])
            if n < 1 << 8 * width:
                return bytes([major << 5 | info]) + n.to_bytes(width, "big")
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode("ascii")
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


def envelope(messages=(b"\x1d" + ALIAS,), **other):
    return {"v": 1, "type": "avnode/frames", "at": 1767225600123, "messages": list(messages), **other}


def envelopes():
    cases = [("one message", envelope()), ("64 messages", envelope([bytes([i]) * (i + 1) for i in range(64)])),
             ("longest messages", envelope([bytes([i]) * 2067 for i in range(3)])),
             ("downlink", envelope(type="avnode/downlink")), ("status", envelope(type="avnode/status", at=0)),
             ("keys in another order", dict(reversed(envelope().items())))]
    return [{"name": name, "cbor": cbor(value).hex(),
             "fields": {**value, "messages": [m.hex() for m in value["messages"]]}} for name, value in cases]


def fragments():
    out = []
    for size in (20, 21, 23, 50, 128, 185, 243, 244):
        for length in sorted({1, size - 2, size - 1, 3 * (size - 2), 2067}):
            if length <= 2067:
                message = bytes((7 * i + size) & 255 for i in range(length))
                number = (size * length) & 255
                out.append({"name": "%d bytes in notifications of %d" % (length, size), "message": message.hex(),
                            "number": number, "notificationBytes": size,
                            "notifications": [part.hex() for part in fragment(message, number, size)]})
    return out


def codes():
    out = []
    for code in (CODE, bytes(16), b"\xff" * 16, sha256(b"avnode")[:16]):
        text = claim_text(code)
        bare = text.replace(" ", "")
        out.append({"code": code.hex(), "text": text, "qr": "AVNODE:" + bare.upper(),
                    "accepted": [bare, bare.upper(), bare[3:], text.replace(" ", "-"), "  " + text + "\n",
                                 "avnode:" + bare]})
    return out


def swap(data, at, new):
    return data[:at] + new + data[at + len(new):]


def refused():
    """One fault each. (An envelope above 131072 bytes would fill the file: each implementation tests its own.)"""
    out = []

    def no(decoder, code, name, data):
        out.append({"decoder": decoder, "code": code, "name": "%s: %s" % (decoder, name), "input": data.hex()})

    key = recording_key(ROOT, DEVICE, EPOCH, 7)

    def frame(code, name, data, with_key=key):
        out.append({"decoder": "frame", "code": code, "name": "frame: " + name, "key": with_key.hex(),
                    "input": data.hex()})

    header = header_bytes("data", 7, 3)
    good = seal(key, header, pad(bytes(7)))
    frame("FRAME_TRUNCATED", "empty", b"")
    frame("FRAME_TRUNCATED", "ten bytes", good[:10])
    frame("FRAME_VERSION", "version 2", swap(good, 0, b"\x22"))
    frame("FRAME_VERSION", "version 0", swap(good, 0, b"\x02"))
    for kind in (0, 7, 13, 14, 15):
        frame("FRAME_TYPE", "type %d" % kind, swap(good, 0, bytes([0x10 | kind])))
    frame("FRAME_NUMBER", "recording 0 in a recorded type", swap(good, 3, bytes(4)))
    frame("FRAME_NUMBER", "recording in a receipt", swap(good, 0, b"\x18"))
    frame("FRAME_NUMBER", "recording 2^32-1", swap(good, 3, b"\xff" * 4))
    frame("FRAME_NUMBER", "sequence 2^32-1", swap(good, 7, b"\xff" * 4))
    frame("FRAME_LENGTH", "header alone", good[:11])
    frame("FRAME_LENGTH", "no ciphertext", good[:19])
    frame("FRAME_LENGTH", "31 bytes of ciphertext", good[:50])
    frame("FRAME_LENGTH", "33 bytes of ciphertext", good + b"\0")
    frame("FRAME_LENGTH", "2080 bytes of ciphertext", seal(key, header, bytes(2080)))
    frame("FRAME_TAG", "another recording's key", good, recording_key(ROOT, DEVICE, EPOCH, 8))
    frame("FRAME_TAG", "another epoch's key", good, recording_key(ROOT, DEVICE, 2, 7))
    for at in (1, 2, 6, 10, 11, 42, 43, 50):
        frame("FRAME_TAG", "bit 0 of byte %d" % at, swap(good, at, bytes([good[at] ^ 1])))
    frame("FRAME_TAG", "another type", swap(good, 0, b"\x14"))
    frame("FRAME_PADDING", "one byte of padding set", seal(key, header, pad(bytes(7))[:-1] + b"\1"))
    frame("FRAME_PADDING", "32 bytes too many", seal(key, header, pad(bytes(7)) + bytes(32)))
    frame("FRAME_PADDING", "a length beyond the plaintext", seal(key, header, b"\0\x1f" + bytes(30)))
    frame("FRAME_PADDING", "a length of 65535", seal(key, header, b"\xff\xff" + bytes(30)))

    bodies = {"open": OPEN, "drop": frame_vectors()[7]["fields"], "mark": {"kind": 1, "sample": 0, "uptimeMs": 0},
              "close": frame_vectors()[13]["fields"], "signature": SIGNATURE,
              "receipt": receipt(holes=[(4, 2)]), "status": STATUS, "claim": CLAIM, "certificate": CERTIFICATE,
              "command": COMMANDS[0], "update": UPDATES[2], "release": RELEASE}
    encoded = {kind: encode_body(kind, value) for kind, value in bodies.items()}
    encoded.update({kind: encode_hello(kind, first, value) for _, kind, first, value in HELLOS})
    for kind, body in encoded.items():
        prefix = "HELLO" if "ello" in kind else "CBOR" if kind == "certificate" else kind.upper()
        no(kind, prefix + "_TRUNCATED", "empty", b"")
        no(kind, prefix + "_TRUNCATED", "one byte short", body[:-1])
        no(kind, prefix + "_TRAILING", "one byte more", body + b"\0")
    no("data", "DATA_TRUNCATED", "five bytes", bytes(5))
    no("data", "DATA_EMPTY", "no block", bytes(6))
    lead = OPEN["leads"][0]
    for code, name, change in [
        ("OPEN_RATE", "numerator 0", {"rateNum": 0}), ("OPEN_RATE", "denominator 0", {"rateDen": 0}),
        ("OPEN_SHAPE", "1 bit", {"bits": 1}), ("OPEN_SHAPE", "25 bits", {"bits": 25}),
        ("OPEN_SHAPE", "nominal 0", {"nominal": 0}), ("OPEN_TRUST", "trust 3", {"trust": 3}),
        ("OPEN_MODE", "mode 0", {"mode": 0}), ("OPEN_MODE", "mode 4", {"mode": 4}),
        ("OPEN_LEADS", "no lead", {"leads": []}), ("OPEN_LEADS", "65 leads", {"leads": [lead] * 65}),
        ("OPEN_TEXT", "41 characters", {"frontEnd": "A" * 41}),
        ("OPEN_TEXT", "a line feed", {"firmware": "1\n2"}), ("OPEN_TEXT", "a zero byte", {"firmware": "1\0"}),
        ("OPEN_TEXT", "DEL", {"leads": [{**lead, "name": "\x7f"}]}),
        ("OPEN_RANGE", "start 2^53", {"startMs": 2 ** 53}),
        ("OPEN_GAIN", "a negative gain", {"leads": [{**lead, "gain": -1.0}]}),
        ("OPEN_GAIN", "a gain of -0", {"leads": [{**lead, "gain": -0.0}]}),
        ("OPEN_GAIN", "an infinite gain", {"leads": [{**lead, "gain": float("inf")}]}),
        ("OPEN_GAIN", "a gain that is no number", {"leads": [{**lead, "gain": float("nan")}]}),
    ]:
        no("open", code, name, encode_body("open", {**OPEN, **change}))
    no("open", "OPEN_FLAG", "flag 2", swap(encoded["open"], len(encode("openHead", OPEN)), b"\2"))
    for kind, code, name, change in [
        ("drop", "DROP_REASON", "reason 0", {"reason": 0}), ("drop", "DROP_REASON", "reason 3", {"reason": 3}),
        ("drop", "DROP_RANGE", "from above to", {"from": 9, "to": 8}),
        ("drop", "DROP_RANGE", "front end with a range", {"reason": 2, "before": ZEROS, "chain": ZEROS, "to": 1}),
        ("drop", "DROP_RANGE", "front end with a chain", {"reason": 2, "before": ZEROS, "from": 0, "to": 0}),
        ("drop", "DROP_RANGE", "front end with a chain before", {"reason": 2, "before": "11" * 32, "chain": ZEROS, "from": 0,
                                                                          "to": 0}),
        ("mark", "MARK_KIND", "kind 0", {"kind": 0}), ("mark", "MARK_KIND", "kind 5", {"kind": 5}),
        ("close", "CLOSE_REASON", "reason 0", {"reason": 0}), ("close", "CLOSE_REASON", "reason 5", {"reason": 5}),
        ("close", "CLOSE_COUNTS", "more dropped than samples", {"samples": 3, "dropped": 4}),
        ("close", "CLOSE_RANGE", "samples 2^53", {"samples": 2 ** 53}),
        ("close", "CLOSE_RANGE", "uptime 2^64-1", {"uptimeMs": 2 ** 64 - 1}),
        ("signature", "SIGNATURE_TYPE", "W 8", {"ots": "00000008" + SIGNATURE["ots"][8:]}),
        ("status", "STATUS_STATE", "state 0", {"state": 0}), ("status", "STATUS_STATE", "state 4", {"state": 4}),
        ("status", "STATUS_RING", "1001 thousandths", {"ringPermille": 1001}),
        ("status", "STATUS_TRUST", "trust 3", {"trust": 3}), ("status", "STATUS_TEXT", "a tab", {"firmware": "\t"}),
        ("certificate", "CERTIFICATE_CLASS", "class 0", {"deviceClass": 0}),
        ("certificate", "CERTIFICATE_CLASS", "class 4 with trees", {"deviceClass": 4}),
        ("certificate", "CERTIFICATE_CLASS", "class 5", {"deviceClass": 5}),
        ("certificate", "CERTIFICATE_FIELD", "issued in 2106", {"issued": 2 ** 32}),
        ("certificate", "CERTIFICATE_FIELD", "a board of 41 characters", {"board": "b" * 41}),
        ("certificate", "CERTIFICATE_FIELD", "a maker of 8 bytes", {"maker": "b0" * 8}),
        ("certificate", "CERTIFICATE_FIELD", "nine trees", {"trees": [TREE] * 9}),
        ("certificate", "CERTIFICATE_FIELD", "a tree of 47 bytes", {"trees": [TREE[2:]]}),
        ("command", "COMMAND_OP", "op 0", {"op": 0}), ("command", "COMMAND_OP", "op 11", {"op": 11}),
        ("command", "COMMAND_BYTES", "an offer of nothing", {"op": 7, "bytes": ""}),
        ("command", "COMMAND_BYTES", "an offer of 2042 bytes", {"op": 7, "bytes": "00" * 2042}),
        ("command", "COMMAND_BYTES", "a chunk of nothing", {"op": 8, "at": 512, "bytes": ""}),
        ("command", "COMMAND_BYTES", "a chunk of 2042 bytes", {"op": 8, "at": 512, "bytes": "00" * 2042}),
        ("update", "UPDATE_PHASE", "phase 7", {"phase": 7}), ("update", "UPDATE_REFUSED", "refused 16", {"refused": 16}),
        ("release", "RELEASE_TEXT", "no board", {"board": ""}), ("release", "RELEASE_TEXT", "no version", {"version": ""}),
        ("release", "RELEASE_TEXT", "a board of 25 characters", {"board": "b" * 25}),
        ("release", "RELEASE_TEXT", "a version of 25 characters", {"version": "1" * 25}),
        ("release", "RELEASE_TEXT", "a line feed", {"version": "1\n"}),
        ("release", "RELEASE_BYTES", "no byte", {"bytes": 0}), ("release", "RELEASE_BYTES", "2^20 + 1 bytes", {"bytes": 2 ** 20 + 1}),
        ("release", "RELEASE_COUNTER", "counter 0", {"counter": 0}),
        ("command", "COMMAND_MODE", "mode 0", {"mode": 0}), ("command", "COMMAND_MODE", "mode 4", {"mode": 4}),
        ("command", "COMMAND_SETTING", "setting 0", {"op": 4, "setting": 0, "value": 1}),
        ("command", "COMMAND_SETTING", "setting 4", {"op": 4, "setting": 4, "value": 1}),
        ("receipt", "RECEIPT_RANGE", "checkpoint size 2^53", {"checkpointSize": 2 ** 53}),
        *[("receipt", "RECEIPT_HOLES", name, receipt(next_sequence=70000, holes=holes)) for name, holes in [
            ("empty hole", [(4, 0)]), ("not ascending", [(9, 1), (4, 1)]), ("overlapping", [(4, 3), (6, 1)]),
            ("touching", [(4, 3), (7, 1)]), ("beyond next", [(69999, 2)]), ("nine", [(2 * i, 1) for i in range(9)])]],
    ]:
        fields = {**bodies[kind], **change}
        body = bytes([fields["op"]]) if fields.get("op") in (0, 11) else encode_body(kind, fields)
        no(kind, code, name, body)
    whole = certificate_map(CERTIFICATE)
    for name, change in (("version 2", {"v": 2}), ("another type", {"type": "avnode/certifikate"}),
                         ("a key more", {"more": 1}), ("text for a number", {"issued": "1"})):
        no("certificate", "CERTIFICATE_FIELD", name, canonical_cbor.encode({**whole, **change}))
    no("certificate", "CERTIFICATE_LENGTH", "more than 2046 bytes", canonical_cbor.encode({**whole, "board": "b" * 2046}))
    for kind, first in (("deviceHello", 0x1F), ("storeHello", 0x1E), ("helloRequest", 0x2D)):
        no(kind, "HELLO_TYPE", "first byte %02x" % first, bytes([first]) + encoded[kind][1:])
    no("deviceHello", "HELLO_FLAG", "flag 3", encoded["deviceHello"][:-1] + b"\3")

    for code, name, typed in claim_errors():
        out.append({"decoder": "claimCode", "code": code, "name": "claim code: " + name, "text": typed})
    for code, text in [("TOPIC_FORM", ""), ("TOPIC_FORM", "avnode/v1/"), ("TOPIC_FORM", "avnode/v1/checkpoint"),
                       ("TOPIC_FORM", "avnode/v2/0badcafe0badcafe/frames"),
                       ("TOPIC_FORM", "avnode/v1/0BADCAFE0BADCAFE/frames"),
                       ("TOPIC_FORM", "avnode/v1/0badcafe0badcaf/frames"),
                       ("TOPIC_FORM", "avnode/v1/0badcafe0badcafg/frames"),
                       ("TOPIC_FORM", "avnode/v1/0badcafe0badcafe/frames/x"),
                       ("TOPIC_FORM", "/avnode/v1/0badcafe0badcafe/frames"),
                       ("TOPIC_FORM", "avnode/v1/0badcafe0badcafe/" + "x" * 2000),
                       ("TOPIC_KIND", "avnode/v1/0badcafe0badcafe/frame"),
                       ("TOPIC_KIND", "avnode/v1/0badcafe0badcafe/")]:
        out.append({"decoder": "topic", "code": code, "name": "topic: %.40s" % text, "text": text})

    def parts(code, name, *notifications):
        out.append({"decoder": "fragments", "code": code, "name": "fragments: " + name,
                    "notifications": [n.hex() for n in notifications]})

    part = lambda index, n, fill=0: bytes([5, index]) + bytes([fill]) * n
    parts("FRAGMENT_SIZE", "empty", b"")
    parts("FRAGMENT_SIZE", "no payload", part(0x80, 0))
    parts("FRAGMENT_SIZE", "245 bytes", part(0x80, 243))
    parts("FRAGMENT_SIZE", "19 bytes that are not the last", part(0, 17))
    parts("FRAGMENT_CONTRADICTION", "two payloads in one place", part(0, 18), part(0, 18, 1))
    parts("FRAGMENT_CONTRADICTION", "last and not last in one place", part(1, 18), part(0x81, 18))
    parts("FRAGMENT_CONTRADICTION", "two ends", part(0x81, 18), part(0x82, 18))
    parts("FRAGMENT_CONTRADICTION", "an end before a fragment", part(2, 18), part(0x81, 18))
    parts("FRAGMENT_CONTRADICTION", "a fragment behind the end", part(0x81, 18), part(2, 18))
    parts("FRAGMENT_CONTRADICTION", "unequal lengths", part(0, 18), part(1, 19))
    parts("FRAGMENT_CONTRADICTION", "a last that is longer", part(0, 18), part(0x81, 19))
    parts("FRAGMENT_CONTRADICTION", "a last that is longer, first", part(0x81, 19), part(0, 18))
    parts("FRAGMENT_CONTRADICTION", "beyond 2067 bytes", part(8, 242))
    parts("FRAGMENT_CONTRADICTION", "beyond 2067 bytes with its end", part(0x80 | 8, 132), part(0, 242))

    good = cbor(envelope())
    for name, data in [
        ("empty", b""), ("one byte short", good[:-1]), ("one byte more", good + b"\0"),
        ("version 2", cbor(envelope(v=2))), ("another type", cbor(envelope(type="avnode/other"))),
        ("no message", cbor(envelope([]))), ("65 messages", cbor(envelope([b"x"] * 65))),
        ("empty message", cbor(envelope([b""]))), ("message of 2068 bytes", cbor(envelope([bytes(2068)]))),
        ("a key more", cbor(envelope(extra=1))), ("a key less", cbor({k: v for k, v in envelope().items() if k != "at"})),
        ("a key twice", swap(good, 0, b"\xa5") + cbor("v") + cbor(1)), ("an array", cbor([envelope()])),
        ("text for a message", cbor(envelope(["text"]))), ("negative time", cbor(envelope(at=-1))),
        ("time 2^53", cbor(envelope(at=2 ** 53))), ("tagged", b"\xd9\xd9\xf7" + good),
        ("a tagged message", good.replace(b"\x81\x49", b"\x81\xc0\x49")),
        ("indefinite map", b"\xbf" + good[1:] + b"\xff"),
        ("indefinite array", good.replace(b"\x81\x49", b"\x9f\x49") + b"\xff"),
        ("indefinite byte string", good.replace(b"\x81\x49", b"\x81\x5f\x49") + b"\xff"),
        ("an array that claims 2^32 entries", good[:good.index(b"\x81\x49")] + b"\x9a\xff\xff\xff\xff"),
        ("nested 10000 deep", b"\x81" * 10000 + b"\0"), ("float version", good.replace(b"\x61v\x01", b"\x61v\xf9\x3c\0")),
        ("null time", good.replace(cbor(envelope()["at"]), b"\xf6")),
    ]:
        no("envelope", "ENVELOPE", name, data)
    return out


# --- releases -----------------------------------------------------------------------------------------------------


def releases():
    """Two trees of parameters whose signatures fit an offer; a leaf for each release."""
    signers = [lms.Signer(10, ots_type, sha256(b"I", bytes([ots_type]))[:16], sha256(b"seed")[:24]) for ots_type in (7, 8)]
    out = []
    for leaf, (name, image) in enumerate(IMAGES.items()):
        hashes = [h.hex() for h in chunk_hashes(image)]
        fields = {**RELEASE, "counter": leaf + 2, "bytes": len(image), "crc32": zlib.crc32(image), "head": hashes[0]}
        encoded = encode("release", fields)
        signer = signers[leaf % 2]
        joined = len(encoded).to_bytes(2, "big") + encoded + signer.sign(leaf, signed_release(encoded))
        notes = "Z\u00e4hlt besser.\n" * leaf
        out.append({"name": name, "fields": fields, "encoded": encoded.hex(), "publicKey": signer.public_key().hex(),
                    "joined": joined.hex(), "image": image.hex(), "hashes": hashes, "notes": notes, "issued": 1767225600,
                    "file": release_file(joined, image, notes.encode()).hex()})
    return out


def release_file(joined, image, notes=b"", **change):
    key = Ed25519PrivateKey.from_private_bytes(MAKER)
    value = {"type": "avnode/release-file", "v": 1, "release": joined, "image": image, "notes": notes, "issued": 1767225600,
             "maker": key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), **change}
    return canonical_cbor.encode({"signature": key.sign(signed_release_file(value)), **value})


def releases_refused(good):
    joined, image, other = (bytes.fromhex(text) for text in (good[0]["joined"], good[0]["image"], good[2]["joined"]))

    def vector(decoder, code, name, data, key=good[0]["publicKey"]):
        return {"decoder": decoder, "code": code, "name": name, "publicKey": key, "input": data.hex()}

    def altered(data, at):
        return swap(data, at, bytes([data[at] ^ 1]))

    yield vector("openRelease", "RELEASE_TRUNCATED", "empty", b"")
    yield vector("openRelease", "RELEASE_TRUNCATED", "ends within the release", joined[:40])
    yield vector("openRelease", "RELEASE_SIGNATURE", "ends within the signature", joined[:-1])
    yield vector("openRelease", "RELEASE_SIGNATURE", "a byte more", joined + b"\0")
    yield vector("openRelease", "RELEASE_SIGNATURE", "no signature", joined[:2 + joined[1]])
    yield vector("openRelease", "RELEASE_SIGNATURE", "another key", joined, good[1]["publicKey"])
    for name, at in (("board", 3), ("version", 11), ("counter", 19), ("bytes", 23), ("CRC", 27), ("head", 59),
                     ("leaf", 63), ("signature", 400), ("path", len(joined) - 1)):
        yield vector("openRelease", "RELEASE_SIGNATURE", "a bit of the %s" % name, altered(joined, at))
    file = release_file(joined, image)
    yield vector("releaseFile", "CBOR_TRUNCATED", "empty", b"")
    yield vector("releaseFile", "CBOR_TRUNCATED", "one byte short", file[:-1])
    yield vector("releaseFile", "CBOR_TRAILING", "one byte more", file + b"\0")
    yield vector("releaseFile", "RELEASE_FILE_FIELD", "version 2", release_file(joined, image, v=2))
    yield vector("releaseFile", "RELEASE_FILE_FIELD", "another type", release_file(joined, image, type="avnode/release"))
    yield vector("releaseFile", "RELEASE_FILE_FIELD", "a key more", release_file(joined, image, more=1))
    yield vector("releaseFile", "RELEASE_FILE_FIELD", "a release of 2042 bytes", release_file(bytes(2042), image))
    yield vector("releaseFile", "RELEASE_FILE_FIELD", "notes of 16385 bytes", release_file(joined, image, bytes(16385)))
    yield vector("releaseFile", "RELEASE_FILE_SIGNATURE", "a bit of the image", file.replace(image, altered(image, 600)))
    yield vector("releaseFile", "RELEASE_FILE_SIGNATURE", "another maker", release_file(joined, image, maker=bytes(32)))
    yield vector("releaseFile", "RELEASE_TRUNCATED", "no release", release_file(b"", image))
    yield vector("releaseFile", "RELEASE_FILE_IMAGE", "another image", release_file(joined, altered(image, 600)))
    yield vector("releaseFile", "RELEASE_FILE_IMAGE", "an image that ends early", release_file(joined, image[:-1]))
    yield vector("releaseFile", "RELEASE_FILE_IMAGE", "another release's image", release_file(other, image))


def claim_errors():
    text = claim_text(CODE).replace(" ", "")
    other = lambda c: CHARSET[(CHARSET.index(c) + 1) % 32]
    unpadded = [int.from_bytes(CODE, "big") << 2 >> 5 * (25 - i) & 31 for i in range(26)]
    unpadded[25] |= 1
    return [
        ("CLAIM_CODE_LENGTH", "empty", ""), ("CLAIM_CODE_LENGTH", "prefix alone", "av1"),
        ("CLAIM_CODE_LENGTH", "a character missing", text[:-1]), ("CLAIM_CODE_LENGTH", "a character more", text + "q"),
        ("CLAIM_CODE_LENGTH", "another prefix", "aw1" + text[3:]), ("CLAIM_CODE_CHARACTER", "a b", text[:9] + "b" + text[10:]),
        ("CLAIM_CODE_CHARACTER", "a 1", text[:9] + "1" + text[10:]),
        ("CLAIM_CODE_CHARACTER", "a letter of another alphabet", text[:9] + "\u0430" + text[10:]),
        ("CLAIM_CODE_CHARACTER", "the Kelvin sign for a k", text.upper()[:9] + "\u212a" + text.upper()[10:]),
        ("CLAIM_CODE_CHARACTER", "mixed case", text[:-4] + text[-4:].upper()),
        ("CLAIM_CODE_CHECKSUM", "one wrong", text[:9] + other(text[9]) + text[10:]),
        ("CLAIM_CODE_CHECKSUM", "two exchanged", text[:9] + text[10] + text[9] + text[11:]),
        ("CLAIM_CODE_CHECKSUM", "four wrong", text[:9] + "".join(map(other, text[9:13])) + text[13:]),
        ("CLAIM_CODE_CHECKSUM", "the last bits set", bech32m("av", unpadded)),
        ("CLAIM_CODE_CHECKSUM", "Bech32 instead of Bech32m", bech32(unpadded[:25] + [unpadded[25] & 28])),
    ]


def bech32(values):
    """BIP-173's constant, 1, instead of BIP-350's: shifts the checksum by their difference."""
    text = bech32m("av", values)
    tail = [CHARSET.index(c) ^ ((0x2BC830A3 ^ 1) >> 5 * (5 - i) & 31) for i, c in enumerate(text[-6:])]
    return text[:-6] + "".join(CHARSET[v] for v in tail)


# From BIP-350, "Test vectors for Bech32m".
BIP350 = ["A1LQFN3A", "a1lqfn3a",
          "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
          "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
          "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
          "split1checkupstagehandshakeupstreamerranterredcaperredlc445v", "?1v759aa"]

# --- the README's example -----------------------------------------------------------------------------------------


def wrapped(data, indent="    ", width=32):
    text = data.hex()
    return "\n".join(indent + text[i:i + 2 * width] for i in range(0, len(text), 2 * width))


def example():
    recorder = recordings()[0]
    key, start = recorder.key, chain_start(DEVICE, EPOCH, 1, recorder.key)
    lines = [
        "Recording 1 of device `%s` in epoch 1: one lead, four samples (-3, -2, 5, 40), then the close. The owner's"
        % DEVICE.hex(), "root is the bytes 00 to 1f. Every figure here stands in [vectors/recording.json](vectors/recording.json) too.",
        "", "    CK(0)  %s" % chain_key(ROOT, 0).hex(), "    CK(1)  %s" % chain_key(ROOT, 1).hex(),
        "    MK(1)  %s" % key.hex(), "", "The chain, before the first frame:", "", "    " + start.hex(), ""]
    for step in recorder.steps:
        frame, body = bytes.fromhex(step["frame"]), bytes.fromhex(step["body"])
        head = frame[:11].hex()
        lines += ["**%s**, sequence %d." % (step["type"].capitalize(), step["sequence"]), "",
                  "    %s  header: version and type, epoch, recording, sequence"
                  % " ".join((head[:2], head[2:6], head[6:14], head[14:])),
                  "    %s0000  nonce" % head, "", *field_lines(step), "",
                  "Plaintext: length of the body, body, zeros.", "", wrapped(pad(body)), "",
                  "Frame as sent: header, ciphertext, tag. Behind it, the chain.", "",
                  wrapped(frame), "", "    " + step["chain"], ""]
    return "\n".join(lines)


def field_lines(step):
    """The fields of a body, one a line: bytes, name, value."""
    kind, fields = step["type"], step["fields"]
    rows = []
    def add(name, values):
        for key, width in layout(name):
            raw = encode_one(width, values[key])
            shown = "" if isinstance(values[key], str) and width != "text" else "  " + json.dumps(values[key])
            rows.append("    %-16s %s%s" % (key, raw.hex(), shown))
    if kind == "open":
        add("openHead", fields)
        rows.append("    %-16s 00" % "previous")
        rows.append("    %-16s 01" % "leads")
        add("lead", fields["leads"][0])
    else:
        add(kind, fields)
    return rows


def main(directory, readme):
    BLOCKS.extend(json.load(sys.stdin))
    whole, first_close, gap, second_close = recordings()

    def write(name, about, **lists):
        # One vector a line keeps the files readable and their differences small.
        parts = ['"about": ' + json.dumps(about)]
        for key, vectors in lists.items():
            parts.append('"%s": [\n%s\n]' % (key, ",\n".join(json.dumps(v) for v in vectors)))
        (Path(directory) / name).write_text("{\n" + ",\n".join(parts) + "\n}\n")

    numbers = range(4)
    write("keys.json", "Key schedule; recording 0 seals nothing.", keys=[{
        "root": ROOT.hex(), "device": DEVICE.hex(), "epoch": EPOCH, "code": CODE.hex(), "store": STORE.hex(),
        "deviceNonce": DEVICE_NONCE.hex(), "storeNonce": STORE_NONCE.hex(), "receiptKey": receipt_key(ROOT).hex(),
        "recordings": [{"recording": n, "chainKey": chain_key(ROOT, n).hex(),
                        **({"recordingKey": recording_key(ROOT, DEVICE, EPOCH, n).hex()} if n else {})} for n in numbers],
        "linkUp": LINK_UP.hex(), "linkDown": LINK_DOWN.hex(),
        "claimUp": claim_key(CODE, 1, DEVICE_NONCE, STORE_NONCE).hex(),
        "claimDown": claim_key(CODE, 2, DEVICE_NONCE, STORE_NONCE).hex(),
        "unownedAlias": unowned_alias(CODE, DEVICE_NONCE[:4]).hex()}])
    write("frames.json", "Frames of recordings: key, header, fields, body, padded plaintext, frame.", frames=frame_vectors())
    write("chain.json", "The chain before the first frame and behind each, and the close as signed.", chains=[{
        "device": DEVICE.hex(), "epoch": EPOCH, "recording": 1, "recordingKey": whole.key.hex(),
        "start": chain_start(DEVICE, EPOCH, 1, whole.key).hex(),
        "steps": [{"frame": step["frame"], "chain": step["chain"]} for step in whole.steps],
        "closeBody": whole.steps[-1]["body"], "signedClose": whole.close_signed.hex()}])
    write("receipt.json", "Receipts, sealed with LK down of keys.json.", frames=receipts())
    write("session.json", "The clear messages that begin a connection.", messages=[
        {"name": name, "decoder": kind, "fields": fields, "message": encode_hello(kind, first, fields).hex()}
        for name, kind, first, fields in HELLOS])
    write("command.json", "Commands (LK down), a status and update states (LK up) of keys.json.", frames=[
        *[sealed("command %d" % c["op"], LINK_DOWN, "command", 0, i, c) for i, c in enumerate(COMMANDS)],
        sealed("status", LINK_UP, "status", 0, 0, STATUS),
        *[sealed("update state, phase %d, refused %d" % (u["phase"], u["refused"]), LINK_UP, "update", 0, 1 + i, u)
          for i, u in enumerate(UPDATES)]])
    good = releases()
    write("release.json", "Releases as a handheld takes them (LMS), their chunks' hashes, and as a file of their maker.",
          releases=good, refused=list(releases_refused(good)))
    write("claim.json", "Claim codes as text and QR; BIP-350's own vectors; the two messages of a claim.",
          codes=codes(), bip350=BIP350, frames=[
              sealed("claim", claim_key(CODE, 2, DEVICE_NONCE, STORE_NONCE), "claim", 0, 0, CLAIM),
              sealed("certificate in answer", claim_key(CODE, 1, DEVICE_NONCE, STORE_NONCE), "claim", 0, 1, CERTIFICATE,
                     "certificate")])
    write("fragments.json", "Messages cut to notifications.", messages=fragments())
    write("topic.json", "MQTT topics.", topics=[
        {"topic": "avnode/v1/%s/%s" % (ALIAS.hex(), kind), "alias": ALIAS.hex(), "kind": kind}
        for kind in ("frames", "downlink", "status")])
    write("envelope.json", "CBOR envelopes.", envelopes=envelopes())
    write("recording.json", "Whole recordings; the second lost frame 2 to a full ring and 7 samples to its front end.",
          recordings=[whole.vector("whole", first_close, [0]), gap.vector("with gaps", second_close, [0, 2, 3], lost=(2,))])
    write("refused.json", "What a reader refuses, and with which code. An envelope is refused, with a code of the reader's own.",
          refused=refused())

    begin, end = "<!-- example: begin", "<!-- example: end -->"
    text = Path(readme).read_text()
    head, rest = text.split(begin)
    marker, tail = rest.split("\n", 1)
    Path(readme).write_text(head + begin + marker + "\n\n" + example() + "\n" + end + tail.split(end)[1])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
