#!/usr/bin/python3
"""A second reader of the avnode wire, written from protocol/README.md alone.

usage: avnode_wire.py VECTORS_DIR    checks every vector; exit 0 if all hold, 1 at the first that does not
"""
import hashlib, hmac as _hmac, json, math, re, struct, sys, zlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

import canonical_cbor
import lms
from canonical_cbor import Refused, need


# --- layouts: "name width"; i = signed, f = binary64, b = bytes, text, flag, rest ---------------------------------

LAYOUTS = {
    "data": "firstSample 6, block rest",
    "drop": "reason 1, recording 4, from 4, to 4, firstSample 6, samples 6, before b32, chain b32",
    "mark": "kind 1, sample 6, uptimeMs 6",
    "close": "frames 4, samples 8, dropped 8, chain b32, previousClose b32, checkpointSize 8, checkpointRoot b32,"
             " uptimeMs 8, batteryMillivolts 2, reason 1",
    "signature": "tree 1, leaf 4, ots b1252",
    "openHead": "rateNum 4, rateDen 4, frontEnd text, firmware text, bits 1, nominal 2, startMs 8, trust 1, mode 1,"
                " seconds 4",
    "previous": "recording 4, frames 4, closed flag, chain b32",
    "lead": "name text, unit text, gain f, baseline i, adcZero i",
    "receiptHead": "storeId b8, generation b8, checkpointSize 8, checkpointRoot b32, recording 4, next 4",
    "hole": "from 4, length 2",
    "status": "state 1, batteryMillivolts 2, ringPermille 2, backlog 4, oldestRecording 4, newestRecording 4,"
              " uptimeMs 6, trust 1, lastCommand 4, refused 4, signatures 4, firmware text",
    "claim": "root b32, alias b8, storeId b8",
    "deviceHello": "alias b8, epoch 2, nonce b16, button 1",
    "storeHello": "alias b8, storeId b8, generation b8, nonce b16, deviceNonce b16",
    "helloRequest": "alias b8",
    "command1": "mode 1, seconds 4",
    "command2": "",
    "command3": "unixMs 8, uncertaintyMs 4",
    "command4": "setting 1, value 4",
    "command5": "seconds 1",
    "command6": "",
    "command7": "bytes rest",
    "command8": "at 4, bytes rest",
    "command9": "counter 4",
    "command10": "counter 4",
    "update": "phase 1, running 4, counter 4, taken 4, refused 1",
    "release": "board text, version text, counter 4, bytes 4, crc32 4, head b32",
}


def layout(name):
    return [field.split() for field in LAYOUTS[name].split(",") if field.strip()]


class Reader:
    def __init__(self, data, name):
        self.data, self.name, self.at = data, name, 0

    def take(self, n):
        need(self.at + n <= len(self.data), self.name + "_TRUNCATED")
        self.at += n
        return self.data[self.at - n:self.at]

    def uint(self, n):
        value = int.from_bytes(self.take(n), "big")
        need(value < 2 ** 53, self.name + "_RANGE")
        return value

    def field(self, kind):
        if kind == "text":
            raw = self.take(self.uint(1))
            need(all(0x20 <= c <= 0x7E for c in raw), self.name + "_TEXT")
            return raw.decode("ascii")
        if kind == "flag":
            value = self.uint(1)
            need(value <= 1, self.name + "_FLAG")
            return value == 1
        if kind == "i":
            return struct.unpack(">i", self.take(4))[0]
        if kind == "f":
            return struct.unpack(">d", self.take(8))[0]
        if kind == "rest":
            return self.take(len(self.data) - self.at).hex()
        return self.take(int(kind[1:])).hex() if kind[0] == "b" else self.uint(int(kind))

    def fields(self, name):
        return {key: self.field(kind) for key, kind in layout(name)}

    def end(self):
        need(self.at == len(self.data), self.name + "_TRAILING")


def decoder(name, prefix, check=lambda value: None):
    def decode(body):
        reader = Reader(body, prefix)
        value = reader.fields(name)
        reader.end()
        check(value)
        return value
    return decode


def check_data(v):
    need(v["block"], "DATA_EMPTY")


def check_drop(v):
    need(v["reason"] in (1, 2), "DROP_REASON")
    need(v["from"] <= v["to"], "DROP_RANGE")
    need(v["reason"] == 1 or (v["to"] == 0 and v["before"] == v["chain"] == "00" * 32), "DROP_RANGE")


def check_mark(v):
    need(1 <= v["kind"] <= 4, "MARK_KIND")


def check_close(v):
    need(1 <= v["reason"] <= 4, "CLOSE_REASON")
    need(v["dropped"] <= v["samples"], "CLOSE_COUNTS")


def check_signature(v):
    need(v["ots"][:8] == "00000007", "SIGNATURE_TYPE")


def check_status(v):
    need(1 <= v["state"] <= 3, "STATUS_STATE")
    need(v["ringPermille"] <= 1000, "STATUS_RING")
    need(v["trust"] <= 2, "STATUS_TRUST")


def decode_open(body):
    reader = Reader(body, "OPEN")
    value = reader.fields("openHead")
    if reader.field("flag"):
        value["previous"] = reader.fields("previous")
    value["leads"] = [reader.fields("lead") for _ in range(reader.uint(1))]
    reader.end()
    need(2 <= value["bits"] <= 24 and value["nominal"] >= 1, "OPEN_SHAPE")
    need(value["rateNum"] >= 1 and value["rateDen"] >= 1, "OPEN_RATE")
    need(1 <= len(value["leads"]) <= 64, "OPEN_LEADS")
    need(value["trust"] <= 2, "OPEN_TRUST")
    need(1 <= value["mode"] <= 3, "OPEN_MODE")
    texts = [value["frontEnd"], value["firmware"]]
    for lead in value["leads"]:
        need(math.isfinite(lead["gain"]) and math.copysign(1, lead["gain"]) > 0, "OPEN_GAIN")
        texts += [lead["name"], lead["unit"]]
    need(all(len(text) <= 40 for text in texts), "OPEN_TEXT")
    return value


def decode_receipt(body):
    reader = Reader(body, "RECEIPT")
    value = reader.fields("receiptHead")
    count = reader.uint(1)
    need(count <= 8, "RECEIPT_HOLES")
    value["holes"] = [reader.fields("hole") for _ in range(count)]
    reader.end()
    end, continued = -1, False
    for hole in value["holes"]:
        need(hole["length"] and (hole["from"] > end or (hole["from"] == end and continued)), "RECEIPT_HOLES")
        end, continued = hole["from"] + hole["length"], hole["length"] == 65535
        need(end <= value["next"], "RECEIPT_HOLES")
    return value


def decode_command(body):
    reader = Reader(body, "COMMAND")
    op = reader.uint(1)
    need(1 <= op <= 10, "COMMAND_OP")
    value = {"op": op, **reader.fields("command%d" % op)}
    reader.end()
    need(1 <= value.get("mode", 1) <= 3, "COMMAND_MODE")
    need(1 <= value.get("setting", 1) <= 3, "COMMAND_SETTING")
    need(1 <= len(value.get("bytes", "00")) // 2 <= 2041, "COMMAND_BYTES")
    return value


def check_update(v):
    need(v["phase"] <= 6, "UPDATE_PHASE")
    need(v["refused"] <= 15, "UPDATE_REFUSED")


# --- releases -----------------------------------------------------------------------------------------------------


def check_release(v):
    need(all(1 <= len(v[key]) <= 24 for key in ("board", "version")), "RELEASE_TEXT")
    need(1 <= v["bytes"] <= 1048576, "RELEASE_BYTES")
    need(v["counter"] >= 1, "RELEASE_COUNTER")


def signed_release(encoded):
    return b"avnode/release/v1\0" + encoded


def split_release(joined):
    """(release as encoded, LMS signature)"""
    reader = Reader(joined, "RELEASE")
    encoded = reader.take(reader.uint(2))
    return encoded, joined[reader.at:]


def open_release(public_key, joined):
    """As a handheld takes it: signature first, then form."""
    encoded, signature = split_release(joined)
    # One level of HSS is LMS.
    good = lms.hss_verify(b"\0\0\0\1" + public_key, signed_release(encoded), bytes(4) + signature)
    need(good, "RELEASE_SIGNATURE")
    return DECODERS["release"](encoded)


def chunk_hashes(image):
    """Last first made: hash of a chunk and of what stands behind it."""
    hashes = [bytes(32)]
    for at in reversed(range(0, len(image), 512)):
        hashes.insert(0, sha256(image[at:at + 512], hashes[0]))
    return hashes


RELEASE_FILE = {"type": ["avnode/release-file"], "v": [1], "maker": ("bytes", 32), "release": ("blob", 2041),
                "image": ("blob", 1048576), "notes": ("blob", 16384), "issued": 2 ** 32 - 1, "signature": ("bytes", 64)}


def decode_release_file(data):
    need(len(data) <= 1048576 + 32768, "RELEASE_FILE_LENGTH")
    value = canonical_cbor.fields(canonical_cbor.decode(data), "RELEASE_FILE", RELEASE_FILE)
    del value["type"], value["v"]
    return value


def signed_release_file(value):
    """What the maker signs: the map without its signature."""
    return b"avnode/release-file/v1\0" + canonical_cbor.encode({k: v for k, v in value.items() if k != "signature"})


def check_release_file(data):
    """As a hub takes it: form, maker's signature, release, image."""
    file = decode_release_file(data)
    signed = signed_release_file({"type": "avnode/release-file", "v": 1, **file})
    try:
        Ed25519PublicKey.from_public_bytes(file["maker"]).verify(file["signature"], signed)
    except InvalidSignature:
        raise Refused("RELEASE_FILE_SIGNATURE") from None
    release = DECODERS["release"](split_release(file["release"])[0])
    same_image = len(file["image"]) == release["bytes"] and chunk_hashes(file["image"])[0].hex() == release["head"]
    need(same_image and zlib.crc32(file["image"]) == release["crc32"], "RELEASE_FILE_IMAGE")
    return file, release


CERTIFICATE = {"type": ["avnode/certificate"], "v": [1], "class": 255, "device": ("bytes", 8), "board": ("text", 40),
               "firmware": ("bytes", 32), "maker": ("bytes", 32), "issued": 2 ** 32 - 1, "trees": ("hashes", 48, 8),
               "signature": ("bytes", 64)}


def decode_certificate(body):
    need(len(body) <= 2046, "CERTIFICATE_LENGTH")
    value = canonical_cbor.fields(canonical_cbor.decode(body), "CERTIFICATE", CERTIFICATE)
    need(1 <= value["class"] <= 4 and not (value["class"] == 4 and value["trees"]), "CERTIFICATE_CLASS")
    del value["type"], value["v"]
    out = {key: item.hex() if isinstance(item, bytes) else item for key, item in value.items()}
    return {"deviceClass": out.pop("class"), **out, "trees": [tree.hex() for tree in value["trees"]]}


def signed_certificate(value):
    """What the maker signs: the map without its signature."""
    return b"avnode/cert/v1\0" + canonical_cbor.encode({k: v for k, v in value.items() if k != "signature"})


def hello(name, first):
    def decode(message):
        reader = Reader(message, "HELLO")
        need(reader.uint(1) == first, "HELLO_TYPE")
        value = reader.fields(name)
        reader.end()
        if "button" in value:
            button = value.pop("button")
            need(button <= 2, "HELLO_FLAG")
            value.update(claimable=button == 1, held=button == 2)
        return value
    return decode


DECODERS = {
    "open": decode_open,
    "data": decoder("data", "DATA", check_data),
    "drop": decoder("drop", "DROP", check_drop),
    "mark": decoder("mark", "MARK", check_mark),
    "close": decoder("close", "CLOSE", check_close),
    "signature": decoder("signature", "SIGNATURE", check_signature),
    "receipt": decode_receipt,
    "command": decode_command,
    "status": decoder("status", "STATUS", check_status),
    "claim": decoder("claim", "CLAIM"),
    "update": decoder("update", "UPDATE", check_update),
    "release": decoder("release", "RELEASE", check_release),
    "certificate": decode_certificate,
    "deviceHello": hello("deviceHello", 0x1E),
    "storeHello": hello("storeHello", 0x1F),
    "helloRequest": hello("helloRequest", 0x1D),
}
TYPES = {"open": 1, "data": 2, "drop": 3, "mark": 4, "close": 5, "signature": 6, "receipt": 8, "command": 9,
         "status": 10, "claim": 11, "update": 12}

# --- frames and keys ----------------------------------------------------------------------------------------------


def decode_header(frame):
    need(len(frame) >= 11, "FRAME_TRUNCATED")
    first, epoch, recording, sequence = struct.unpack(">BHII", frame[:11])
    need(first >> 4 == 1, "FRAME_VERSION")
    kind = first & 15
    need(kind in TYPES.values(), "FRAME_TYPE")
    need((kind <= 6) == (recording > 0) and max(recording, sequence) < 2 ** 32 - 1, "FRAME_NUMBER")
    n = len(frame) - 19
    need(32 <= n <= 2048 and n % 32 == 0, "FRAME_LENGTH")
    return {"type": kind, "epoch": epoch, "recording": recording, "sequence": sequence}


def open_frame(key, frame):
    """(header, padded plaintext, body)"""
    header = decode_header(frame)
    try:
        plain = AESCCM(key, tag_length=8).decrypt(frame[:11] + b"\0\0", frame[11:], None)
    except InvalidTag:
        raise Refused("FRAME_TAG") from None
    length = int.from_bytes(plain[:2], "big")
    need(-(-(2 + length) // 32) * 32 == len(plain) and not any(plain[2 + length:]), "FRAME_PADDING")
    return header, plain, plain[2:2 + length]


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hmac(key, *parts):
    return _hmac.new(key, b"".join(parts), "sha256").digest()


def place(device, epoch, recording):
    return device + struct.pack(">HI", epoch, recording)


def chain_key(root, n):
    key = hmac(root, b"avnode/ck/v1")
    for _ in range(n):
        key = hmac(key, b"\2")
    return key


def recording_key(root, device, epoch, n):
    return hmac(chain_key(root, n), b"\1", place(device, epoch, n))[:16]


def receipt_key(root):
    return hmac(root, b"avnode/rk/v1")


def link_key(rk, direction, device_nonce, store_nonce, store):
    return hmac(rk, bytes([direction]), device_nonce, store_nonce, store)[:16]


def claim_key(code, direction, device_nonce, store_nonce):
    return hmac(code, b"avnode/claim/v1", bytes([direction]), device_nonce, store_nonce)[:16]


def unowned_alias(code, half):
    return half + hmac(code, b"avnode/unowned/v1", half)[:4]


def chain_start(device, epoch, recording, key):
    return sha256(b"avnode/chain/v1", place(device, epoch, recording), sha256(b"avnode/kc/v1", key))


def signed_close(device, epoch, recording, body):
    return b"avnode/close/v1\0" + place(device, epoch, recording) + body


# --- claim code (BIP-350) -----------------------------------------------------------------------------------------

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def polymod(values):
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= g if top >> i & 1 else 0
    return check


def expanded(prefix):
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def bech32m(prefix, values):
    check = polymod(expanded(prefix) + values + [0] * 6) ^ 0x2BC830A3
    return prefix + "1" + "".join(CHARSET[v] for v in values + [check >> 5 * (5 - i) & 31 for i in range(6)])


def bech32m_holds(text):
    prefix, _, data = text.lower().rpartition("1")
    return polymod(expanded(prefix) + [CHARSET.index(c) for c in data]) == 0x2BC830A3


def claim_text(code):
    number = int.from_bytes(code, "big") << 2
    text = bech32m("av", [number >> 5 * (25 - i) & 31 for i in range(26)])
    return " ".join([text[:3]] + [text[i:i + 4] for i in range(3, 35, 4)])


def decode_claim_code(typed):
    text = re.sub(r"[\s-]", "", typed)
    if text[:7].lower() == "avnode:":
        text = text[7:]
    need(text.isascii() and text in (text.lower(), text.upper()), "CLAIM_CODE_CHARACTER")
    text = text.lower()
    text = text[3:] if text[:3] == "av1" else text
    need(len(text) == 32, "CLAIM_CODE_LENGTH")
    need(all(c in CHARSET for c in text), "CLAIM_CODE_CHARACTER")
    need(bech32m_holds("av1" + text), "CLAIM_CODE_CHECKSUM")
    number = 0
    for c in text[:26]:
        number = number << 5 | CHARSET.index(c)
    need(number & 3 == 0, "CLAIM_CODE_CHECKSUM")
    return (number >> 2).to_bytes(16, "big")


# --- fragments, topics, envelopes ---------------------------------------------------------------------------------


def fragment(message, number, size):
    step = size - 2
    parts = [message[i:i + step] for i in range(0, len(message), step)]
    return [bytes([number, i | (0x80 if i == len(parts) - 1 else 0)]) + part for i, part in enumerate(parts)]


class Reassembler:
    def __init__(self):
        self.newest, self.partial, self.finished = 0, {}, set()

    def add(self, notification):
        need(3 <= len(notification) <= 244, "FRAGMENT_SIZE")
        number, index, last, part = notification[0], notification[1] & 127, notification[1] > 127, notification[2:]
        need(last or len(notification) >= 20, "FRAGMENT_SIZE")
        near = lambda n: (self.newest - n) % 256 < 32
        if not near(number):
            self.newest = number
            self.partial = {n: m for n, m in self.partial.items() if near(n)}
            self.finished = {n for n in self.finished if near(n)}
        if number in self.finished:
            return None
        message = self.partial.setdefault(number, {})
        if len(self.partial) > 8:
            self.partial.pop(next(iter(self.partial)))
        fits = message.get(index, (part, last)) == (part, last)
        message[index] = (part, last)
        ends = [i for i in message if message[i][1]]
        steps = {len(p) for p, is_last in message.values() if not is_last}
        step = max(steps, default=0)
        fits = fits and len(ends) <= 1 and len(steps) <= 1 and (not ends or ends[0] == max(message))
        if fits and ends and step:
            fits = len(message[ends[0]][0]) <= step
        shortest = ends[0] * step + len(message[ends[0]][0]) if fits and ends else (max(message) + 1) * step + 1
        if not fits or shortest > 2067:
            del self.partial[number]
            raise Refused("FRAGMENT_CONTRADICTION")
        if not ends or len(message) <= ends[0]:
            return None
        del self.partial[number]
        self.finished.add(number)
        return b"".join(message[i][0] for i in sorted(message))


def parse_topic(text):
    match = re.fullmatch(r"avnode/v1/([0-9a-f]{16})/([^/]{0,8})", text)
    need(match, "TOPIC_FORM")
    need(match[2] in ("frames", "downlink", "status"), "TOPIC_KIND")
    return {"alias": match[1], "kind": match[2]}


def decode_envelope(data):
    """Refuses with ENVELOPE; the README leaves it to the reader to tell why."""
    at = 0

    def head():
        nonlocal at
        need(at < len(data), "ENVELOPE")
        major, info = data[at] >> 5, data[at] & 31
        at += 1
        need(info < 28, "ENVELOPE")
        if info < 24:
            return major, info
        n = 1 << (info - 24)
        need(at + n <= len(data), "ENVELOPE")
        at += n
        return major, int.from_bytes(data[at - n:at], "big")

    def take(wanted):
        nonlocal at
        major, value = head()
        need(major == wanted, "ENVELOPE")
        if wanted in (2, 3):
            need(at + value <= len(data), "ENVELOPE")
            at += value
            return data[at - value:at]
        return value

    need(len(data) <= 131072, "ENVELOPE")
    need(take(5) == 4, "ENVELOPE")
    envelope = {}
    for _ in range(4):
        key = take(3).decode("ascii", "replace")
        need(key not in envelope, "ENVELOPE")
        if key in ("v", "at"):
            envelope[key] = take(0)
        elif key == "type":
            envelope[key] = take(3).decode("ascii", "replace")
        else:
            need(key == "messages", "ENVELOPE")
            count = take(4)
            need(1 <= count <= 64, "ENVELOPE")
            envelope[key] = [take(2).hex() for _ in range(count)]
            need(all(2 <= len(m) <= 2 * 2067 for m in envelope[key]), "ENVELOPE")
    need(at == len(data) and envelope["v"] == 1 and envelope["at"] < 2 ** 53, "ENVELOPE")
    need(envelope["type"] in ("avnode/frames", "avnode/downlink", "avnode/status"), "ENVELOPE")
    return envelope


# --- a whole recording --------------------------------------------------------------------------------------------


def verify_recording(recording):
    """Opens every frame, walks the chain over declared gaps, and holds the close to it. Returns the number of frames."""
    root, device = bytes.fromhex(recording["root"]), bytes.fromhex(recording["device"])
    epoch, number = recording["epoch"], recording["recording"]
    key = recording_key(root, device, epoch, number)
    frames = {}
    for entry in recording["frames"]:
        header, _, body = open_frame(key, bytes.fromhex(entry["frame"]))
        assert (header["epoch"], header["recording"]) == (epoch, number), "a frame of another recording"
        kind = next(name for name, value in TYPES.items() if value == header["type"])
        assert kind == entry["type"] and DECODERS[kind](body) == entry["fields"], entry
        frames[header["sequence"]] = (kind, bytes.fromhex(entry["frame"]), body)
    drops = [{"at": at, **DECODERS["drop"](body)} for at, (kind, _, body) in frames.items() if kind == "drop"]
    head, sequence, end = chain_start(device, epoch, number, key), 0, max(frames)
    while sequence < end:
        if sequence in frames:
            head = sha256(head, frames[sequence][1])
            sequence += 1
        else:
            gap = next(d for d in drops if d["reason"] == 1 and d["recording"] == number and d["from"] == sequence
                       and d["at"] > d["to"] and d["before"] == head.hex())
            head, sequence = bytes.fromhex(gap["chain"]), gap["to"] + 1
    kind, _, body = frames[end]
    close = DECODERS["close"](body)
    assert frames[0][0] == "open" and kind == "close" and close["frames"] == end
    assert close["chain"] == head.hex(), "the chain does not end where the close says"
    assert close["dropped"] == sum(d["samples"] for d in drops), "gaps do not add up"
    assert recording["closeHash"] == sha256(signed_close(device, epoch, number, body)).hex()
    return len(frames)


# --- the vectors --------------------------------------------------------------------------------------------------


def same(actual, expected, what):
    if actual != expected:
        raise AssertionError("%s: expected %s, got %s" % (what, expected, actual))


def b(vector, *names):
    return [bytes.fromhex(vector[name]) for name in names]


def check_sealed(vector):
    """A frame, its header, its plaintext, its body's fields."""
    key, frame = b(vector, "key", "frame")
    header, plain, body = open_frame(key, frame)
    same(header, vector["header"], vector["name"])
    same(plain.hex(), vector["plaintext"], vector["name"])
    same(body.hex(), vector["body"], vector["name"])
    if "decoder" in vector:
        same(DECODERS[vector["decoder"]](body), vector["fields"], vector["name"])


def check_keys(v):
    root, device, code, dn, sn, store = b(v, "root", "device", "code", "deviceNonce", "storeNonce", "store")
    for entry in v["recordings"]:
        same(chain_key(root, entry["recording"]).hex(), entry["chainKey"], "CK")
        if entry["recording"]:
            same(recording_key(root, device, v["epoch"], entry["recording"]).hex(), entry["recordingKey"], "MK")
    same(receipt_key(root).hex(), v["receiptKey"], "RK")
    for direction, name in ((1, "Up"), (2, "Down")):
        same(link_key(receipt_key(root), direction, dn, sn, store).hex(), v["link" + name], "LK")
        same(claim_key(code, direction, dn, sn).hex(), v["claim" + name], "claim key")


def check_chain(v):
    device, key, first = b(v, "device", "recordingKey", "start")
    same(chain_start(device, v["epoch"], v["recording"], key), first, "chain start")
    for step in v["steps"]:
        first = sha256(first, *b(step, "frame"))
        same(first.hex(), step["chain"], "chain")
    same(signed_close(device, v["epoch"], v["recording"], *b(v, "closeBody")).hex(), v["signedClose"], "signed close")


def check_message(v):
    same(DECODERS[v["decoder"]](*b(v, "message")), v["fields"], v["name"])


def check_code(v):
    same(claim_text(*b(v, "code")), v["text"], "claim text")
    same(v["qr"], "AVNODE:" + v["text"].replace(" ", "").upper(), "QR")
    for typed in [v["text"], v["qr"], *v["accepted"]]:
        same(decode_claim_code(typed).hex(), v["code"], typed)


def check_bip350(text):
    same(bech32m_holds(text), True, text)


def check_fragments(v):
    message, = b(v, "message")
    parts = [bytes.fromhex(part) for part in v["notifications"]]
    same(fragment(message, v["number"], v["notificationBytes"]), parts, v["name"])
    for order in (parts, parts[::-1], [part for part in parts for _ in (0, 1)]):
        reassembler = Reassembler()
        same([m for m in map(reassembler.add, order) if m], [message], v["name"])


def check_topic(v):
    same(parse_topic(v["topic"]), {"alias": v["alias"], "kind": v["kind"]}, v["topic"])


def check_envelope(v):
    same(decode_envelope(*b(v, "cbor")), v["fields"], v["name"])


def check_release_vector(v):
    image, joined, key = b(v, "image", "joined", "publicKey")
    same(open_release(key, joined), v["fields"], v["name"])
    same(split_release(joined)[0].hex(), v["encoded"], v["name"])
    same([h.hex() for h in chunk_hashes(image)], v["hashes"], v["name"])
    same(v["fields"]["head"], v["hashes"][0], v["name"])
    file, release = check_release_file(*b(v, "file"))
    same(release, v["fields"], v["name"])
    same((file["notes"].decode(), file["issued"]), (v["notes"], v["issued"]), v["name"])


def check_release_refused(v):
    data, = b(v, "input")
    try:
        open_release(*b(v, "publicKey"), data) if v["decoder"] == "openRelease" else check_release_file(data)
    except Refused as refused:
        same(refused.code, v["code"], v["name"])
    else:
        raise AssertionError(v["name"] + ": accepted")


def read_refused(v):
    if v["decoder"] == "claimCode":
        return decode_claim_code(v["text"])
    if v["decoder"] == "topic":
        return parse_topic(v["text"])
    if v["decoder"] == "fragments":
        reassembler = Reassembler()
        return [reassembler.add(bytes.fromhex(part)) for part in v["notifications"]]
    if v["decoder"] == "frame":
        return open_frame(*b(v, "key", "input"))
    if v["decoder"] == "envelope":
        return decode_envelope(*b(v, "input"))
    return DECODERS[v["decoder"]](*b(v, "input"))


def check_refused(v):
    try:
        value = read_refused(v)
    except Refused as refused:
        same(refused.code, v["code"], v["name"])
    else:
        raise AssertionError("%s: accepted as %s" % (v["name"], value))


CHECKS = {
    "frames.json": {"frames": check_sealed},
    "keys.json": {"keys": check_keys},
    "chain.json": {"chains": check_chain},
    "receipt.json": {"frames": check_sealed},
    "session.json": {"messages": check_message},
    "command.json": {"frames": check_sealed},
    "claim.json": {"codes": check_code, "bip350": check_bip350, "frames": check_sealed},
    "fragments.json": {"messages": check_fragments},
    "topic.json": {"topics": check_topic},
    "envelope.json": {"envelopes": check_envelope},
    "recording.json": {"recordings": verify_recording},
    "release.json": {"releases": check_release_vector, "refused": check_release_refused},
    "refused.json": {"refused": check_refused},
}


def main(directory):
    for name, lists in CHECKS.items():
        content = json.loads((Path(directory) / name).read_text())
        for key, check in lists.items():
            assert content[key], name + " is empty"
            for vector in content[key]:
                check(vector)
            print("%s %s: %d hold" % (name, key, len(content[key])))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except (AssertionError, Refused) as failure:
        sys.exit("avnode_wire: %s" % failure)
