"""Merkle trees by RFC 6962's recursion, and signed notes, checkpoints and cosignatures by C2SP's text."""
import base64, hashlib, re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from canonical_cbor import Refused, need


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def ed25519(public, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        return True
    except InvalidSignature:
        return False


# --- RFC 6962 section 2.1 -----------------------------------------------------------------------------------------


def leaf_hash(leaf):
    return sha256(b"\0", leaf)


def split(n):
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def root(leaves):
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = split(len(leaves))
    return sha256(b"\1", root(leaves[:k]), root(leaves[k:]))


def inclusion(m, leaves):
    n = len(leaves)
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return inclusion(m, leaves[:k]) + [root(leaves[k:])]
    return inclusion(m - k, leaves[k:]) + [root(leaves[:k])]


def consistency(m, leaves, whole=True):
    n = len(leaves)
    if m == n:
        return [] if whole else [root(leaves)]
    k = split(n)
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


def root_from_inclusion(h, m, n, path):
    """The root that a path leads to: the recursion above, run backwards."""
    need(m < n, "MERKLE_INDEX")
    if n == 1:
        need(not path, "MERKLE_PATH")
        return h
    need(path, "MERKLE_PATH")
    k = split(n)
    if m < k:
        return sha256(b"\1", root_from_inclusion(h, m, k, path[:-1]), path[-1])
    return sha256(b"\1", path[-1], root_from_inclusion(h, m - k, n - k, path[:-1]))


def roots_from_consistency(m, n, path, old_root, whole=True):
    """(old, new) roots that a consistency path leads to."""
    if m == n:
        if whole:
            need(not path, "MERKLE_PATH")
            return old_root, old_root
        need(len(path) == 1, "MERKLE_PATH")
        return path[0], path[0]
    need(path, "MERKLE_PATH")
    k = split(n)
    if m <= k:
        old, new = roots_from_consistency(m, k, path[:-1], old_root, whole)
        return old, sha256(b"\1", new, path[-1])
    old, new = roots_from_consistency(m - k, n - k, path[:-1], old_root, False)
    return sha256(b"\1", path[-1], old), sha256(b"\1", path[-1], new)


def is_consistent(m, old_root, n, new_root, path):
    if m > n:
        return False
    if m == 0 < n:
        return path == [] and old_root == sha256()
    try:
        return roots_from_consistency(m, n, path, old_root) == (old_root, new_root)
    except Refused:
        return False


# --- signed notes -------------------------------------------------------------------------------------------------

NAME = re.compile(rb"[!-*,-~]{1,128}")


def key_id(name, kind, public):
    return sha256(name.encode(), b"\n", bytes([kind]), public)[:4]


def base64_strict(text):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("BASE64") from None
    need(base64.b64encode(raw).decode() == text, "BASE64")
    return raw


def verifier_key(text):
    """(name, public key) of `name+id+base64(type || key)`, types 1 and 4."""
    parts = text.split("+", 2)
    need(len(parts) == 3 and NAME.fullmatch(parts[0].encode()), "NOTE_KEY")
    try:
        blob = base64_strict(parts[2])
    except Refused:
        raise Refused("NOTE_KEY") from None
    need(len(blob) == 33 and blob[0] in (1, 4), "NOTE_KEY")
    need(key_id(parts[0], blob[0], blob[1:]).hex() == parts[1], "NOTE_KEY")
    return parts[0], blob[1:]


def decode_note(data):
    """(text, [(name, key id, signature)])"""
    need(0 < len(data) <= 16384 and data.endswith(b"\n"), "NOTE_FORM")
    at = data.rfind(b"\n\n")
    need(at >= 0, "NOTE_FORM")
    text, lines = data[:at + 1], data[at + 2:].split(b"\n")[:-1]
    need(all(c == 10 or 0x20 <= c <= 0x7E for c in text), "NOTE_FORM")
    need(1 <= len(lines) <= 64, "NOTE_FORM")
    out = []
    for line in lines:
        need(line.startswith("\u2014 ".encode()), "NOTE_FORM")
        words = line[4:].split(b" ")
        need(len(words) == 2, "NOTE_FORM")
        blob = base64_strict(words[1].decode("latin-1"))
        need(len(blob) >= 5, "NOTE_FORM")
        if NAME.fullmatch(words[0]):
            out.append((words[0].decode(), blob[:4], blob[4:]))
    return text, out


def encode_note(text, signatures):
    return text + b"\n" + b"".join(
        "\u2014 {} {}\n".format(name, base64.b64encode(i + s).decode()).encode() for name, i, s in signatures)


def decode_checkpoint(text):
    """(origin, size, root)"""
    lines = text.split(b"\n")
    need(len(lines) >= 4 and NAME.fullmatch(lines[0]), "NOTE_CHECKPOINT")
    need(re.fullmatch(rb"0|[1-9][0-9]{0,15}", lines[1]) and int(lines[1]) < 2 ** 53, "NOTE_CHECKPOINT")
    try:
        head = base64_strict(lines[2].decode())
    except Refused:
        raise Refused("NOTE_CHECKPOINT") from None
    need(len(head) == 32, "NOTE_CHECKPOINT")
    return lines[0].decode(), int(lines[1]), head


def encode_checkpoint(origin, size, head):
    return "{}\n{}\n{}\n".format(origin, size, base64.b64encode(head).decode()).encode()


def is_signed(text, signature, public):
    """One plain line."""
    return len(signature) == 64 and ed25519(public, text, signature)


def cosigned(seconds, text):
    return b"cosignature/v1\ntime %d\n" % seconds + text


def cosigned_at(text, signature, public):
    """Unix seconds of one timed line, or None."""
    if len(signature) != 72:
        return None
    seconds = int.from_bytes(signature[:8], "big")
    if seconds >= 2 ** 53 or not ed25519(public, cosigned(seconds, text), signature[8:]):
        return None
    return seconds
