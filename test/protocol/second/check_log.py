#!/usr/bin/python3
"""A second reader of what the log is made of: canonical CBOR, Merkle proofs, signed notes, a maker's lists.

usage: check_log.py VECTORS_DIR      checks cbor.json, merkle.json, note.json, maker.json; exit 0 if all hold, else 1
       check_log.py --codes < HEX    one line of hexadecimal each: prints the code that CBOR is refused with, or ok
"""
import json, sys
from pathlib import Path

import canonical_cbor
import transparency
from canonical_cbor import Refused


def same(actual, expected, what):
    if actual != expected:
        raise AssertionError("%s: expected %s, got %s" % (what, expected, actual))


def refusal(read, *arguments):
    try:
        read(*arguments)
    except Refused as refused:
        return refused.code
    return "ok"


def value_of(shown):
    if isinstance(shown, list):
        return [value_of(item) for item in shown]
    if isinstance(shown, dict):
        return bytes.fromhex(shown["hex"]) if list(shown) == ["hex"] else {k: value_of(v) for k, v in shown.items()}
    return shown


def check_cbor(vectors):
    for v in vectors["values"]:
        same(canonical_cbor.decode(bytes.fromhex(v["cbor"])), value_of(v["value"]), v["cbor"])
        same(canonical_cbor.encode(value_of(v["value"])).hex(), v["cbor"], "encoded")
    for v in vectors["refused"]:
        same(refusal(canonical_cbor.decode, bytes.fromhex(v["cbor"])), v["code"], v["cbor"])


def check_merkle(vectors):
    leaves = [bytes.fromhex(leaf) for leaf in vectors["leaves"]]
    roots = [bytes.fromhex(tree["root"]) for tree in vectors["trees"]]
    for n, root in enumerate(roots):
        same(transparency.root(leaves[:n]), root, "root of %d" % n)
    for v in vectors["inclusion"]:
        path = [bytes.fromhex(h) for h in v["path"]]
        got = transparency.root_from_inclusion(transparency.leaf_hash(leaves[v["index"]]), v["index"], v["size"], path)
        same(got, roots[v["size"]], v)
    for v in vectors["consistency"]:
        path = [bytes.fromhex(h) for h in v["path"]]
        same(transparency.is_consistent(v["from"], roots[v["from"]], v["to"], roots[v["to"]], path), True, v)


def check_note(vectors):
    for v in vectors["notes"]:
        name, public = transparency.verifier_key(v["key"])
        text, lines = transparency.decode_note(v["note"].encode())
        same(transparency.encode_note(text, lines).decode(), v["note"], v["name"])
        own = {i: s for n, i, s in lines if n == name}
        plain, timed = (own.get(transparency.key_id(name, kind, public), b"") for kind in (1, 4))
        same(transparency.is_signed(text, plain, public), v["signed"], v["name"])
        same(transparency.cosigned_at(text, timed, public), v["cosigned"], v["name"])
        if "checkpoint" in v:
            origin, size, root = transparency.decode_checkpoint(text)
            same({"origin": origin, "size": size, "root": root.hex()}, v["checkpoint"], v["name"])
    readers = {"note": transparency.decode_note, "checkpoint": transparency.decode_checkpoint,
               "key": lambda data: transparency.verifier_key(data.decode())}
    for v in vectors["refused"]:
        same(refusal(readers[v["decoder"]], bytes.fromhex(v["input"])), v["code"], v["name"])


REVOCATIONS = {"type": ["avnode/revocations"], "v": [1], "maker": ("bytes", 32), "number": 2 ** 32 - 1,
               "issued": 2 ** 32 - 1, "entries": ("list", 100000), "signature": ("bytes", 64)}
REVOCATION = {"device": ("bytes", 8), "since": 2 ** 32 - 1, "reason": ("text", 80)}


def decode_revocations(data):
    value = canonical_cbor.fields(canonical_cbor.decode(data), "REVOCATIONS", REVOCATIONS)
    for entry in value["entries"]:
        canonical_cbor.fields(entry, "REVOCATIONS", REVOCATION)
    return value


def signed_revocations(value):
    return b"avnode/revocations/v1\0" + canonical_cbor.encode({k: v for k, v in value.items() if k != "signature"})


def check_maker(vectors):
    for v in vectors["revocations"]:
        value = decode_revocations(bytes.fromhex(v["list"]))
        same(signed_revocations(value).hex(), v["signed"], v["name"])
        same(transparency.ed25519(value["maker"], signed_revocations(value), value["signature"]), True, v["name"])
        same((value["number"], [e["reason"] for e in value["entries"]]),
             (v["fields"]["number"], [e["reason"] for e in v["fields"]["entries"]]), v["name"])


CHECKS = {"cbor": check_cbor, "merkle": check_merkle, "note": check_note, "maker": check_maker}

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--codes":
        for line in sys.stdin:
            print(refusal(canonical_cbor.decode, bytes.fromhex(line.strip())))
        sys.exit()
    try:
        for name, check in CHECKS.items():
            check(json.loads((Path(sys.argv[1]) / (name + ".json")).read_text()))
            print("%s.json holds" % name)
    except (AssertionError, Refused) as failure:
        sys.exit("check_log: %s" % failure)
