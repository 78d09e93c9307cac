#!/usr/bin/python3
"""A second verifier of avnode's proofs, written from protocol/README.md: Python's hashlib, Ed25519 and AES-CCM from
`cryptography`, LMS from lms.py, Merkle trees by RFC 6962's recursion.

usage: verify_proof.py FILE [TRUST]      prints verdict and code; exit 0 if authentic, else 1
       verify_proof.py --index DIR       judges every file that DIR/index.json lists; exit 0 if it agrees with all
"""
import json, struct, sys
from pathlib import Path

import canonical_cbor
import lms
import transparency
from avnode_wire import CERTIFICATE, DECODERS, decode_header, open_frame, signed_certificate, signed_close
from canonical_cbor import Refused, fields
from check_log import decode_revocations, signed_revocations
from transparency import ed25519, sha256

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "codec"))
import decode_block

CODEC = Path(__file__).resolve().parents[3] / "protocol/codec/README.md"
SIMULATION_MAKER = bytes.fromhex("a6bf7ff730d82ede4f6b1f9f47f93dc8c930254940853b09d2bfb6b4112ee148")
U32, U48, EXACT = 2 ** 32 - 1, 2 ** 48 - 1, 2 ** 53 - 1
PROOF = {"type": ["avnode/proof"], "v": [1], "certificate": ("blob", 2046), "manifest": ("blob", 2 ** 20),
         "frames": ("list", 2 ** 20), "key": ("?", ("bytes", 16)), "path": ("?", ("blob", 800)), "log": dict, "echo": dict,
         "person": dict}
LOG = {"index": EXACT, "path": ("hashes", 32, 53), "checkpoint": ("blob", 16384), "signers": ("hashes", 32, 64)}
ECHO = {"close": ("blob", 256), "signature": ("bytes", 1257), "path": ("blob", 800), "consistency": ("hashes", 32, 106)}
PERSON = {"name": ("blob", 1024), "salt": ("bytes", 16)}
MANIFEST = {
    "type": ["avnode/recording"], "v": [1], "device": ("bytes", 8), "epoch": 65535, "recording": U32, "class": 4,
    "certificate": ("bytes", 32), "part": bool, "from": U32, "to": U32, "chain": ("bytes", 32), "key": ("bytes", 32),
    "rate": ("?", ("list", 2)), "leads": ("list", 64), "samples": U48, "gaps": ("list", 4096), "drops": ("list", 4096),
    "start": EXACT, "trust": 255, "received": ("list", 2), "state": ("text", 16), "close": ("?", ("blob", 2046)),
    "signature": ("?", ("blob", 2046)), "person": ("?", ("bytes", 32))}
DROP = {"from": U32, "to": U32, "first": U48, "samples": U48, "chain": ("bytes", 32), "later": bool}
INCOMPLETE = ("PROOF_FRAME_MISSING", "PROOF_FRAMES_CUT", "PROOF_GAP")


def need(condition, code):
    if not condition:
        raise Refused(code)


def under(code, read, *arguments):
    """What `read` refuses, under one code."""
    try:
        return read(*arguments)
    except (Refused, lms.Invalid, decode_block.Refused):
        raise Refused(code) from None


def decode_proof(data):
    shown = canonical_cbor.decode(data)
    fields({k: v for k, v in shown.items() if PROOF.get(k) is not dict} if isinstance(shown, dict) else shown, "PROOF",
           {k: v for k, v in PROOF.items() if v is not dict})
    fields(shown.get("log"), "PROOF", LOG)
    for key, schema in (("echo", ECHO), ("person", PERSON)):
        need(key in shown, "PROOF_FIELD")
        shown[key] is None or fields(shown[key], "PROOF", schema)
    need(all(isinstance(f, bytes) and len(f) <= 2067 for f in shown["frames"]), "PROOF_FIELD")
    return shown


def decode_manifest(leaf):
    m = fields(canonical_cbor.decode(leaf), "MANIFEST", MANIFEST)
    numbers = lambda value, n: isinstance(value, list) and len(value) == n and all(type(x) is int for x in value)
    need(numbers(m["received"], 2) and (m["rate"] is None or numbers(m["rate"], 2)), "MANIFEST_FIELD")
    need(all(numbers(gap, 3) for gap in m["gaps"]), "MANIFEST_FIELD")
    need(m["rate"] is None or all(m["rate"]), "MANIFEST_FIELD")
    end = 0
    for first, count, reason in m["gaps"]:
        need(first >= end and count > 0 and reason in (0, 1, 2), "MANIFEST_FIELD")
        end = first + count
    need(m["rate"] is None or end <= m["samples"], "MANIFEST_FIELD")
    for lead in m["leads"]:
        fields(lead, "MANIFEST", {"name": ("text", 40), "samples": U48})
    for drop in m["drops"]:
        need(fields(drop, "MANIFEST", DROP)["from"] <= drop["to"], "MANIFEST_FIELD")
    need(m["state"] in ("closed", "truncated", "open") and m["from"] <= m["to"] and m["class"] >= 1, "MANIFEST_FIELD")
    need(m["part"] == (m["state"] == "open") and (m["close"] is not None) == (m["state"] == "closed"), "MANIFEST_FIELD")
    need(m["signature"] is None or m["close"] is not None, "MANIFEST_FIELD")
    return m


def check_close(m, close):
    need(m["from"] == 0, "PROOF_PART")
    if close:
        need(m["rate"] is None or m["drops"] or sum(g[1] for g in m["gaps"]) == close["dropped"], "PROOF_COUNTS")
        need(close["frames"] == m["to"] and close["chain"] == m["chain"].hex(), "PROOF_CLOSE")
        need(m["rate"] is None or close["samples"] == m["samples"], "PROOF_CLOSE")


def place(m, frames):
    """Every frame in its place. Returns [sequence] and the drops jumped over."""
    at = []
    for frame in frames:
        header = under("PROOF_FRAME_FORM", decode_header, frame)
        need((header["epoch"], header["recording"]) == (m["epoch"], m["recording"]), "PROOF_FRAME_RECORDING")
        need(header["type"] <= 4 and (header["type"] == 1) == (header["sequence"] == 0), "PROOF_FRAME_TYPE")
        at.append(header["sequence"])
    lost, following, taken = [], 0, 0
    for found in at + [None]:
        while following < (m["to"] if found is None else found):
            drop = next((d for d in m["drops"] if d["from"] <= following <= d["to"]), None)
            need(drop or found is not None, "PROOF_FRAMES_CUT")
            need(drop, "PROOF_FRAME_ORDER" if following in at else "PROOF_FRAME_MISSING")
            need(taken <= drop["from"], "PROOF_FRAME_LOST")
            lost.append(drop)
            following = drop["to"] + 1
        if found is None:
            return at, lost
        need(found < m["to"], "PROOF_FRAME_BEYOND")
        if found < following:
            need(at.count(found) > 1, "PROOF_FRAME_LOST")
            need(following not in at, "PROOF_FRAME_TWICE")
            raise Refused("PROOF_FRAME_REPLAYED")
        following = taken = found + 1


def listed_key(d):
    return d["from"], d["to"], d["first"], d["samples"], d["chain"].hex()


def read_contents(p, m, close, lost):
    """With the key: every frame, block and sample. Returns {what the leaf lists: chain before} of the drop frames."""
    need(sha256(b"avnode/kc/v1", p["key"]) == m["key"], "PROOF_KEY")
    taps, contexts, lengths = decode_block.tables(CODEC.read_text(encoding="utf-8"))
    codes = [decode_block.words(row) for row in lengths]
    held, shape, end, gaps, declared, drops = 0, None, 0, set(), set(), {}
    for frame in p["frames"]:
        header, _, body = under("PROOF_FRAME_KEY", open_frame, p["key"], frame)
        kind = ("open", "data", "drop", "mark")[header["type"] - 1]
        value = under("PROOF_FRAME_BODY", DECODERS[kind], body)
        if kind == "open":
            names = [lead["name"] for lead in value["leads"]]
            need(m["rate"] == [value["rateNum"], value["rateDen"]] and names == [lead["name"] for lead in m["leads"]]
                 and (m["start"], m["trust"]) == (value["startMs"], value["trust"]), "PROOF_MANIFEST")
            shape = {"leads": len(names), "bits": value["bits"], "nominal": value["nominal"]}
        if kind == "data" and shape:
            block = under("PROOF_FRAME_BODY", decode_block.decode, bytes.fromhex(value["block"]), shape, taps, contexts, codes)
            need(value["firstSample"] >= end, "PROOF_SAMPLES")
            gaps.update(range(end, value["firstSample"]))
            end = value["firstSample"] + len(block[0])
            held += len(block[0])
        if kind == "drop" and value["recording"] == m["recording"]:
            declared.update(range(value["firstSample"], value["firstSample"] + value["samples"]))
            if value["reason"] == 1:
                need(header["sequence"] > value["to"], "PROOF_DROP")
                key = value["from"], value["to"], value["firstSample"], value["samples"], value["chain"]
                drops[key] = bytes.fromhex(value["before"])
    listed = [listed_key(d) for d in m["drops"]]
    hub_only = [d for d, key in zip(m["drops"], listed) if key not in drops]
    need(shape or m["rate"] is None, "PROOF_MANIFEST")
    if m["rate"] is None:
        need(all(drop in listed for drop in drops), "PROOF_DROP")
        return drops
    need(end <= m["samples"], "PROOF_COUNTS")
    gaps.update(range(end, m["samples"]))
    need(all(drop in listed for drop in drops), "PROOF_DROP")
    if close and close["dropped"] != len(declared):
        need(hub_only and len(declared) < close["dropped"], "PROOF_COUNTS")
    known = declared.union(*(range(d["first"], d["first"] + d["samples"]) for d in hub_only))
    need(gaps <= known, "PROOF_GAP")
    missing = set().union(*(range(first, first + count) for first, count, _ in m["gaps"]))
    jumped = missing.union(*(range(d["first"], d["first"] + d["samples"]) for d in lost))
    count = m["samples"] - len(missing)
    need(missing <= gaps <= jumped and held <= count, "PROOF_MANIFEST")
    need(all(lead["samples"] == count for lead in m["leads"]), "PROOF_MANIFEST")
    return drops


def check_chain(m, frames, at, lost, drops):
    """Returns whether whatever is missing was declared by drop frames here that tie to it what came before."""
    tied = True
    chain = sha256(b"avnode/chain/v1", m["device"], struct.pack(">HI", m["epoch"], m["recording"]), m["key"])
    following, jumps = 0, iter(lost)
    for sequence, frame in list(zip(at, frames)) + [(m["to"], None)]:
        while following < sequence:
            drop = next(jumps)
            before = None if drop["later"] else drops.get(listed_key(drop))
            if before is None or drop["from"] != following or (following > 0 and before == bytes(32)):
                tied = False
            else:
                need(following == 0 or before == chain, "PROOF_CHAIN")
            chain, following = drop["chain"], drop["to"] + 1
        if frame is not None:
            chain = sha256(chain, frame)
            need(all(d["chain"] == chain for d in m["drops"] if d["to"] == following), "PROOF_CHAIN")
            following += 1
    need(following != m["to"] or chain == m["chain"], "PROOF_CHAIN")
    return tied


def check_inclusion(p):
    text, lines = under("PROOF_CHECKPOINT", transparency.decode_note, p["log"]["checkpoint"])
    origin, size, root = under("PROOF_CHECKPOINT", transparency.decode_checkpoint, text)
    need(transparency.encode_note(text, lines) == p["log"]["checkpoint"], "PROOF_CHECKPOINT")
    leaf = transparency.leaf_hash(p["manifest"])
    got = under("PROOF_INCLUSION", transparency.root_from_inclusion, leaf, p["log"]["index"], size, p["log"]["path"])
    need(got == root, "PROOF_INCLUSION")
    return text, lines, origin, size, root


def check_certificate(p, m):
    code = "PROOF_CERTIFICATE"
    c = under(code, lambda: fields(canonical_cbor.decode(p["certificate"]), "CERTIFICATE", CERTIFICATE))
    need(1 <= c["class"] <= 4 and not (c["class"] == 4 and c["trees"]), code)
    need(c["device"] == m["device"], "PROOF_DEVICE")
    need(sha256(p["certificate"]) == m["certificate"], code)
    need(c["class"] == m["class"], "PROOF_CLASS")
    need(c["maker"] != SIMULATION_MAKER or c["class"] == 3, "PROOF_MAKER_CLASS")
    need(ed25519(c["maker"], signed_certificate(c), c["signature"]), "PROOF_CERTIFICATE_SIGNATURE")
    return c


def check_signers(p, text, lines, origin):
    """[(name, key, Unix seconds)] of the timed lines, the hub's first."""
    code, signers, times = "PROOF_CHECKPOINT_SIGNATURE", p["log"]["signers"], []
    need(len(lines) >= 2 and len(signers) == len(lines) and signers[0] == signers[1], code)
    for i, ((name, key_id, signature), public) in enumerate(zip(lines, signers)):
        need(i > 1 or name == origin, code)
        need(key_id == transparency.key_id(name, 1 if i == 0 else 4, public), code)
        if i == 0:
            need(transparency.is_signed(text, signature, public), code)
        else:
            at = transparency.cosigned_at(text, signature, public)
            need(at is not None, code)
            times.append((name, public, at))
    return times


def signed_by(c, message, body, path):
    if len(body) != 1257 or body[0] >= len(c["trees"]):
        return False
    key = c["trees"][body[0]]
    data = lms.Bytes(body[1:] + key[:4] + path)
    try:
        signature = lms.lms_signature(data)
        return not data.data and lms.lms_verify(key, message, signature)
    except (lms.Invalid, KeyError):
        return False


def check_echo(p, m, c, size, root):
    e = p["echo"]
    body = e["close"][30:]
    place = struct.unpack(">HI", e["close"][24:30]) if len(e["close"]) >= 30 else None
    need(place and signed_close(m["device"], *place, body) == e["close"], "PROOF_ECHO")
    close = under("PROOF_ECHO", DECODERS["close"], body)
    need(place > (m["epoch"], m["recording"]), "PROOF_ECHO")
    later, later_root = close["checkpointSize"], bytes.fromhex(close["checkpointRoot"])
    need(transparency.is_consistent(size, root, later, later_root, e["consistency"]), "PROOF_ECHO_LOG")
    need(signed_by(c, e["close"], e["signature"], e["path"]), "PROOF_ECHO_SIGNATURE")


def judge(data, trust, revocations):
    """(verdict, code)"""
    try:
        p = decode_proof(data)
    except Refused as refused:
        return "unknown", "PROOF_FILE_TRUNCATED" if refused.code == "CBOR_TRUNCATED" else refused.code
    try:
        m = under("PROOF_MANIFEST", decode_manifest, p["manifest"])
        close = under("PROOF_CLOSE", DECODERS["close"], m["close"]) if m["close"] is not None else None
        text, lines, origin, size, root = check_inclusion(p)
        check_close(m, close)
        c = check_certificate(p, m)
        at, lost = place(m, p["frames"])
        drops = read_contents(p, m, close, lost) if p["key"] else {}
        tied = check_chain(m, p["frames"], at, lost, drops)
        times = check_signers(p, text, lines, origin)
        signed = False
        if m["signature"] is None:
            need(p["path"] is None, "PROOF_PATH")
        elif p["path"] is not None:
            message = signed_close(m["device"], m["epoch"], m["recording"], m["close"])
            signed = signed_by(c, message, m["signature"], p["path"])
            need(signed, "PROOF_SIGNATURE")
        if p["echo"]:
            check_echo(p, m, c, size, root)
        if p["person"]:
            name = sha256(b"avnode/person/v1", p["person"]["salt"], p["person"]["name"])
            need(m["person"] == name, "PROOF_PERSON")
    except Refused as refused:
        return "incomplete" if refused.code in INCOMPLETE else "tampered", refused.code
    clocks = [t for i, (name, public, t) in enumerate(times) if (name, public) in trust["hub" if i == 0 else "witness"]]
    if any(name == origin and public != times[0][1] for name, public in trust["hub"]) and times[0][:2] not in trust["hub"]:
        return "tampered", "PROOF_HUB"
    pinned = c["maker"] in [public for _, public in trust["maker"]]
    newest = max((r["number"] for r in revocations if r["maker"] == c["maker"]), default=0)
    own = [r for r in revocations if r["maker"] == c["maker"] and r["number"] == newest]
    for entry in (e for r in own for e in r["entries"] if e["device"] == c["device"]):
        if not clocks or min(clocks) >= entry["since"]:
            return "revoked", "PROOF_REVOKED"
    if not close:
        return "truncated", "PROOF_RUNNING" if m["part"] else "PROOF_TRUNCATED"
    if not signed:
        return "sealed-only", "PROOF_NO_PATH" if m["signature"] is not None else "PROOF_UNSIGNED"
    if not tied or any(gap[2] == 0 for gap in m["gaps"]):
        return "incomplete", "PROOF_GAP_HUB"
    if c["class"] == 3 and not (pinned and c["maker"] == SIMULATION_MAKER):
        return "simulated", "PROOF_SIMULATED"
    return ("authentic", "PROOF_AUTHENTIC") if pinned else ("unpinned", "PROOF_UNPINNED")


def parse_trust(lines):
    trust = {"maker": [], "hub": [], "witness": []}
    for words in (line.split("#")[0].split() for line in lines):
        if words:
            trust[words[0]].append(transparency.verifier_key(words[2]))
    return trust


def index(directory):
    cases = json.loads((directory / "index.json").read_text())["cases"]
    agreed = 0
    for case in cases:
        lists = [decode_revocations(bytes.fromhex(r)) for r in case["revocations"]]
        assert all(ed25519(r["maker"], signed_revocations(r), r["signature"]) for r in lists)
        got = judge((directory / case["file"]).read_bytes(), parse_trust(case["trust"]), lists)
        if got == (case["verdict"], case["code"]):
            agreed += 1
        else:
            print("%s: %s %s, expected %s %s" % (case["name"], *got, case["verdict"], case["code"]))
    print("%d of %d agree" % (agreed, len(cases)))
    return agreed == len(cases)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--index":
        sys.exit(0 if index(Path(sys.argv[2])) else 1)
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    lines = Path(sys.argv[2]).read_text().splitlines() if len(sys.argv) == 3 else []
    verdict, code = judge(Path(sys.argv[1]).read_bytes(), parse_trust(lines), [])
    print(verdict, code)
    sys.exit(0 if verdict == "authentic" else 1)
