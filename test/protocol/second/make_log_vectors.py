#!/usr/bin/python3
"""Writes protocol/vectors/{cbor,merkle,note,maker}.json: what the log and its proofs are made of.

usage: make_log_vectors.py VECTORS_DIR

Everything follows from fixed keys, from RFC texts, or from what other implementations published; nothing comes from the
TypeScript.
"""
import json, sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import canonical_cbor
import transparency
from transparency import sha256

# RFC 8949 appendix A, every example that is no float: encoding, and the value where this part of CBOR has it.
APPENDIX_A = [
    ("00", 0), ("01", 1), ("0a", 10), ("17", 23), ("1818", 24), ("1819", 25), ("1864", 100), ("1903e8", 1000),
    ("1a000f4240", 1000000), ("1b000000e8d4a51000", 1000000000000), ("f4", False), ("f5", True), ("f6", None),
    ("40", b""), ("4401020304", b"\1\2\3\4"), ("60", ""), ("6161", "a"), ("6449455446", "IETF"), ("62225c", '"\\'),
    ("80", []), ("83010203", [1, 2, 3]), ("8301820203820405", [1, [2, 3], [4, 5]]),
    ("98190102030405060708090a0b0c0d0e0f101112131415161718181819", list(range(1, 26))), ("a0", {}),
    ("a26161016162820203", {"a": 1, "b": [2, 3]}), ("826161a161626163", ["a", {"b": "c"}]),
    ("a56161614161626142616361436164614461656145", {"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}),
]
APPENDIX_A_REFUSED = [
    ("CBOR_RANGE", "1bffffffffffffffff"), ("CBOR_TYPE", "c249010000000000000000"), ("CBOR_TYPE", "3bffffffffffffffff"),
    ("CBOR_TYPE", "c349010000000000000000"), ("CBOR_TYPE", "20"), ("CBOR_TYPE", "29"), ("CBOR_TYPE", "3863"),
    ("CBOR_TYPE", "3903e7"), ("CBOR_TYPE", "f90000"), ("CBOR_TYPE", "f93c00"), ("CBOR_TYPE", "fa47c35000"),
    ("CBOR_TYPE", "fb3ff199999999999a"), ("CBOR_TYPE", "f97e00"), ("CBOR_TYPE", "f7"), ("CBOR_TYPE", "f0"),
    ("CBOR_TYPE", "f8ff"), ("CBOR_TYPE", "c074323031332d30332d32315432303a30343a30305a"), ("CBOR_TYPE", "c11a514b67b0"),
    ("CBOR_TYPE", "d74401020304"), ("CBOR_TYPE", "d818456449455446"), ("CBOR_TEXT", "62c3bc"), ("CBOR_TEXT", "63e6b0b4"),
    ("CBOR_TEXT", "64f0908591"), ("CBOR_TYPE", "a201020304"), ("CBOR_CANONICAL", "5f42010243030405ff"),
    ("CBOR_CANONICAL", "7f657374726561646d696e67ff"), ("CBOR_CANONICAL", "9fff"), ("CBOR_CANONICAL", "9f018202039f0405ffff"),
    ("CBOR_CANONICAL", "83018202039f0405ff"), ("CBOR_CANONICAL", "bf61610161629f0203ffff"),
    ("CBOR_CANONICAL", "bf6346756ef563416d7421ff"),
]
OWN_REFUSED = [
    ("CBOR_TRUNCATED", ""), ("CBOR_TRUNCATED", "18"), ("CBOR_TRUNCATED", "1900"), ("CBOR_TRUNCATED", "4101"[:2]),
    ("CBOR_TRUNCATED", "81"), ("CBOR_TRUNCATED", "a16161"), ("CBOR_TRUNCATED", "9affffffff"), ("CBOR_TRUNCATED", "baffffffff"),
    ("CBOR_TRUNCATED", "5b001fffffffffffff"), ("CBOR_TRAILING", "0000"), ("CBOR_TRAILING", "f6f6"),
    ("CBOR_CANONICAL", "1817"), ("CBOR_CANONICAL", "1900ff"), ("CBOR_CANONICAL", "1a0000ffff"),
    ("CBOR_CANONICAL", "1b00000000ffffffff"), ("CBOR_CANONICAL", "580100"), ("CBOR_CANONICAL", "5900010a"),
    ("CBOR_CANONICAL", "780161"), ("CBOR_CANONICAL", "9801f6"), ("CBOR_CANONICAL", "b8016161f6"), ("CBOR_CANONICAL", "1c"),
    ("CBOR_CANONICAL", "5f"), ("CBOR_CANONICAL", "a2616100616100"), ("CBOR_CANONICAL", "a2616200616100"),
    ("CBOR_CANONICAL", "a262616100616200"), ("CBOR_RANGE", "1b0020000000000000"), ("CBOR_KEY", "a160f6"),
    ("CBOR_KEY", "a1615ff6"), ("CBOR_KEY", "a1612df6"), ("CBOR_KEY", "a17821" + "61" * 33 + "f6"), ("CBOR_TEXT", "610a"),
    ("CBOR_TEXT", "a1610af6"), ("CBOR_TYPE", "a14161f6"), ("CBOR_TYPE", "a1f6f6"), ("CBOR_DEPTH", "81" * 8 + "00"),
    ("CBOR_DEPTH", "81" * 9 + "f6"), ("CBOR_TEXT", "790201" + "61" * 513), ("CBOR_TEXT", "a1790201" + "61" * 513 + "f6"),
]
OWN = [2 ** 53 - 1, 2 ** 32, 2 ** 32 - 1, 65536, 65535, 256, 255, b"\xff" * 24, b"\0" * 256, "~" * 23, "x" * 300, "x" * 512,
       [[[[[[[1]]]]]]], {"b": 1, "a": 2, "aa": 3, "B": 4, "10": 5, "9": 6}, {"x" * 32: {"y": b""}}]

# Certificate Transparency's reference leaves, and the roots of the trees of 0 to 8 of them.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"]

# golang.org/x/mod/sumdb/note, its documented example.
NEUMANN = ("If you think cryptography is the answer to your problem,\n"
           "then you don't know what your problem is.\n\n"
           "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n")
NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"

# A checkpoint of a public Certificate Transparency log, with the cosignatures of public witnesses.
ARCHE = ("arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n"
         "\u2014 arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n"
         "\u2014 arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
         "\u2014 transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n"
         "\u2014 witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n"
         "\u2014 remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n"
         "\u2014 witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n")
ARCHE_KEY = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REMORA_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
SMARTIT_KEY = "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO"


def shown(value):
    """Bytes as {"hex": ...}."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return value


def raw(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def merkle():
    leaves = [bytes.fromhex(leaf) for leaf in CT_LEAVES] + [bytes([n]) * n for n in range(9, 18)]
    trees = [{"size": n, "root": transparency.root(leaves[:n]).hex()} for n in range(len(leaves) + 1)]
    assert [tree["root"] for tree in trees[:9]] == CT_ROOTS
    hexed = lambda hashes: [h.hex() for h in hashes]
    return {
        "leaves": [leaf.hex() for leaf in leaves], "trees": trees,
        "inclusion": [{"index": i, "size": n, "path": hexed(transparency.inclusion(i, leaves[:n]))}
                      for n in (1, 2, 3, 7, 8, 13, 17) for i in range(n)],
        "consistency": [{"from": m, "to": n, "path": hexed(transparency.consistency(m, leaves[:n]))}
                        for n in (1, 2, 3, 7, 8, 13, 17) for m in range(1, n + 1)]}


HUB = Ed25519PrivateKey.from_private_bytes(sha256(b"a hub of vectors"))
HUB_NAME = "avnode.hub/5051525354555657/a0a1a2a3a4a5a6a7"


def hub_note(size, root, seconds):
    """A checkpoint as a hub signs it: plainly and timed."""
    text = transparency.encode_checkpoint(HUB_NAME, size, root)
    public = raw(HUB)
    timed = seconds.to_bytes(8, "big") + HUB.sign(transparency.cosigned(seconds, text))
    return transparency.encode_note(text, [(HUB_NAME, transparency.key_id(HUB_NAME, 1, public), HUB.sign(text)),
                                           (HUB_NAME, transparency.key_id(HUB_NAME, 4, public), timed)])


def notes():
    hub_key = "%s+%s+%s" % (HUB_NAME, transparency.key_id(HUB_NAME, 1, raw(HUB)).hex(),
                            transparency.base64.b64encode(b"\1" + raw(HUB)).decode())
    good = hub_note(12, sha256(b"root"), 1767225600)
    checkpoint = {"origin": HUB_NAME, "size": 12, "root": sha256(b"root").hex()}
    text, lines = transparency.decode_note(good)
    swapped = transparency.encode_note(text, [lines[1], lines[0]])
    exchanged = transparency.encode_note(text, [(n, i, lines[1 - k][2]) for k, (n, i, s) in enumerate(lines)])
    return hub_key, [
        {"name": "golang.org/x/mod/sumdb/note", "note": NEUMANN, "key": NEUMANN_KEY, "signed": True, "cosigned": None},
        {"name": "the same by another key", "note": NEUMANN, "key": ENOCH_KEY, "signed": False, "cosigned": None},
        {"name": "the same, one letter other", "note": NEUMANN.replace("think", "thank"), "key": NEUMANN_KEY, "signed": False,
         "cosigned": None},
        {"name": "a public log's checkpoint", "note": ARCHE, "key": ARCHE_KEY, "signed": True, "cosigned": None,
         "checkpoint": {"origin": "arche2025h1.staging.ct.transparency.dev", "size": 1432088532,
                        "root": "53b58cefd8ebcf2846679fc65014e933b373c1dc9f171eb5b77468be0702e11a"}},
        {"name": "a public witness of it", "note": ARCHE, "key": REMORA_KEY, "signed": False, "cosigned": 1779573024},
        {"name": "another", "note": ARCHE, "key": SMARTIT_KEY, "signed": False, "cosigned": 1779573024},
        {"name": "another size", "note": ARCHE.replace("1432088532", "1432088531"), "key": REMORA_KEY, "signed": False,
         "cosigned": None},
        {"name": "a hub's checkpoint", "note": good.decode(), "key": hub_key, "signed": True, "cosigned": 1767225600,
         "checkpoint": checkpoint, "seed": sha256(b"a hub of vectors").hex()},
        {"name": "its lines exchanged", "note": swapped.decode(), "key": hub_key, "signed": True, "cosigned": 1767225600,
         "checkpoint": checkpoint},
        {"name": "its signatures exchanged", "note": exchanged.decode(), "key": hub_key, "signed": False, "cosigned": None,
         "checkpoint": checkpoint},
        {"name": "an extension line", "note": "example.org/log\n3\n" + "A" * 43 + "=\nmore\n\n" + NEUMANN.split("\n\n")[1],
         "key": NEUMANN_KEY, "signed": False, "cosigned": None,
         "checkpoint": {"origin": "example.org/log", "size": 3, "root": "00" * 32}}]


def note_refusals():
    line = NEUMANN.split("\n\n")[1]
    text = NEUMANN.split("\n\n")[0] + "\n"
    for name, note in [
        ("empty", ""), ("no newline at the end", NEUMANN[:-1]), ("no blank line", NEUMANN.replace("\n\n", "\n")),
        ("no signature", text + "\n"), ("a hyphen for the dash", NEUMANN.replace("\u2014", "-")),
        ("two spaces", NEUMANN.replace("\u2014 ", "\u2014  ")), ("a third word", NEUMANN[:-1] + " x\n"),
        ("a tab in the text", NEUMANN.replace("think", "th\tnk")), ("a letter beyond ASCII", NEUMANN.replace("think", "th\u00efnk")),
        ("four bytes of signature", text + "\n\u2014 a AAAAAA==\n"), ("65 signatures", text + "\n" + line * 65),
        ("a blank line behind", NEUMANN + "\n")]:
        yield {"decoder": "note", "code": "NOTE_FORM", "name": name, "input": note.encode().hex()}
    for name, note in [("base64 without padding", NEUMANN.replace("=", "")), ("a bit behind the end", NEUMANN.replace("AM=", "AN=")),
                       ("base64 of another alphabet", NEUMANN.replace("x08go/", "x08go_"))]:
        yield {"decoder": "note", "code": "BASE64", "name": name, "input": note.encode().hex()}
    root = "A" * 43 + "="
    for name, checkpoint in [
        ("empty", ""), ("two lines", "o\n1\n"), ("no origin", "\n1\n%s\n" % root), ("a space in the origin", "o o\n1\n%s\n" % root),
        ("a plus in the origin", "o+o\n1\n%s\n" % root), ("size 01", "o\n01\n%s\n" % root), ("size -1", "o\n-1\n%s\n" % root),
        ("size 2^53", "o\n9007199254740992\n%s\n" % root), ("no size", "o\n\n%s\n" % root), ("31 bytes", "o\n1\n%s\n" % ("A" * 42)),
        ("no newline at the end", "o\n1\n%s" % root)]:
        yield {"decoder": "checkpoint", "code": "NOTE_CHECKPOINT", "name": name, "input": checkpoint.encode().hex()}
    for name, key in [("empty", ""), ("a name alone", "PeterNeumann"), ("another id", NEUMANN_KEY.replace("c74f20a3", "c74f20a4")),
                      ("another name", NEUMANN_KEY.replace("Peter", "Pater")), ("a capital in the id", NEUMANN_KEY.replace("c74f", "C74f")),
                      ("a short key", NEUMANN_KEY[:-4]), ("no base64", NEUMANN_KEY[:-1] + "!"),
                      ("type 2", NEUMANN_KEY.replace("+ARpc", "+Ahpc")), ("a private key", "PRIVATE+KEY+" + NEUMANN_KEY)]:
        yield {"decoder": "key", "code": "NOTE_KEY", "name": name, "input": key.encode().hex()}


MAKER = Ed25519PrivateKey.from_private_bytes(sha256(b"a maker of vectors"))


def maker_lists():
    """Revocation lists as their maker signs them."""
    for name, number, entries in [
        ("nobody", 1, []), ("two units", 2, [("d0d1d2d3d4d5d6d7", 1767225600, "stolen"), ("0000000000000001", 0, "")])]:
        fields = {"maker": raw(MAKER).hex(), "number": number, "issued": 1767225601,
                  "entries": [{"device": d, "since": since, "reason": reason} for d, since, reason in entries]}
        value = {"type": "avnode/revocations", "v": 1, "maker": raw(MAKER), "number": number, "issued": 1767225601,
                 "entries": [{"device": bytes.fromhex(d), "since": since, "reason": reason} for d, since, reason in entries]}
        signed = b"avnode/revocations/v1\0" + canonical_cbor.encode(value)
        signature = MAKER.sign(signed)
        yield {"name": name, "fields": {**fields, "signature": signature.hex()}, "signed": signed.hex(),
               "list": canonical_cbor.encode({**value, "signature": signature}).hex()}


def main(directory):
    def write(name, about, **lists):
        # One vector a line keeps the files readable and their differences small.
        parts = ['"about": ' + json.dumps(about)]
        for key, vectors in lists.items():
            parts.append('"%s": [\n%s\n]' % (key, ",\n".join(json.dumps(v) for v in vectors)))
        (Path(directory) / name).write_text("{\n" + ",\n".join(parts) + "\n}\n")

    values = [{"cbor": text, "value": shown(value)} for text, value in APPENDIX_A]
    values += [{"cbor": canonical_cbor.encode(value).hex(), "value": shown(value)} for value in OWN]
    write("cbor.json", "Canonical CBOR: RFC 8949 appendix A where this part of it has the value, and our own; bytes are {hex}.",
          values=values, refused=[{"code": code, "cbor": text} for code, text in APPENDIX_A_REFUSED + OWN_REFUSED])
    write("merkle.json", "RFC 6962 trees; the first eight leaves and their roots are Certificate Transparency's reference.",
          **merkle())
    hub_key, vectors = notes()
    write("note.json", "C2SP signed notes, checkpoints and cosignatures of others (names say whose) and of a hub.",
          notes=vectors, keys=[NEUMANN_KEY, ENOCH_KEY, ARCHE_KEY, hub_key], cosigners=[REMORA_KEY, SMARTIT_KEY],
          refused=list(note_refusals()))
    write("maker.json", "Revocation lists and what their maker signs.", revocations=list(maker_lists()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
