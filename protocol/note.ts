/**
 * Signed notes and checkpoints of a log in the forms of C2SP: signed-note, tlog-checkpoint, tlog-cosignature (v1). A
 * checkpoint of ours is signed twice by the hub: plainly, and as a cosignature, which says when by the hub's clock.
 */
import { fromBase64, toBase64 } from "./base64";
import { concat, cut, Reader, sameBytes, toHex, Writer } from "./bytes";
import { HASH_BYTES } from "./chain";
import type { Hash } from "./merkle";
import { refusal } from "./refusal";

export const MAX_NOTE_BYTES = 16384;
const MAX_SIGNATURES = 64;
const MAX_SIZE = 9007199254740991;
/** Of MAX_SIZE. */
const MAX_DIGITS = 16;
const MAX_NAME = 128;
export const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** An em dash and a space, in UTF-8. */
const SIGNATURE_LINE = new Uint8Array([0xe2, 0x80, 0x94, 0x20]);
const NEWLINE = 10;

/** Signature types of signed-note: Ed25519, and Ed25519 cosignatures that carry a time. */
export const NoteKey = { ed25519: 1, cosignature: 4 };

export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
}

export interface NoteSignature {
  name: string;
  keyId: Uint8Array;
  signature: Uint8Array;
}

export interface Note {
  /** The signed text, its last newline included. */
  text: Uint8Array;
  signatures: NoteSignature[];
}

export interface VerifierKey {
  name: string;
  /** Ed25519 (RFC 8032). */
  publicKey: Uint8Array;
}

export type Ed25519Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Printable ASCII and newlines to bytes. */
function bytesOf(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

function textOf(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i++) out += String.fromCharCode(bytes[i]);
  return out;
}

export function isNoteName(name: string): boolean {
  return name.length <= MAX_NAME && /^[!-*,-~]+$/.test(name);
}

function keyId(sha256: Hash, name: string, type: number, publicKey: Uint8Array): Uint8Array {
  return cut(sha256(concat([bytesOf(name), new Uint8Array([NEWLINE, type]), publicKey])), 0, 4);
}

/** The text of a checkpoint that is to be signed. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  return bytesOf(checkpoint.origin + "\n" + checkpoint.size + "\n" + toBase64(checkpoint.root) + "\n");
}

/** Lines behind the third are extensions of whoever made it: signed, and ignored here. @throws NOTE_CHECKPOINT */
export function decodeCheckpoint(text: Uint8Array): Checkpoint {
  const lines = textOf(text).split("\n");
  const wrong = refusal("NOTE_CHECKPOINT", "the note's text is not a checkpoint: origin, size, root");
  if (lines.length < 4 || !isNoteName(lines[0])) throw wrong;
  if (lines[1].length > MAX_DIGITS || !/^0$|^[1-9][0-9]*$/.test(lines[1])) throw wrong;
  const size = Number(lines[1]);
  if (size > MAX_SIZE) throw wrong;
  let root: Uint8Array;
  try {
    root = fromBase64(lines[2]);
  } catch (_error) {
    throw wrong;
  }
  if (root.length !== HASH_BYTES) throw wrong;
  return { origin: lines[0], size, root };
}

export function encodeNote(note: Note): Uint8Array {
  const parts = [note.text, new Uint8Array([NEWLINE])];
  for (let i = 0; i < note.signatures.length; i++) {
    const line = note.signatures[i];
    const blob = toBase64(concat([line.keyId, line.signature]));
    parts.push(SIGNATURE_LINE, bytesOf(line.name + " " + blob + "\n"));
  }
  return concat(parts);
}

function signatureOf(line: Uint8Array): NoteSignature | undefined {
  const malformed = refusal("NOTE_FORM", "a line of signatures is not '— name base64'");
  if (line.length < 4 || !sameBytes(cut(line, 0, 4), SIGNATURE_LINE)) throw malformed;
  const words = textOf(cut(line, 4, line.length)).split(" ");
  if (words.length !== 2) throw malformed;
  const blob = fromBase64(words[1]);
  if (blob.length < 5) throw malformed;
  // Names beyond ASCII are allowed there, and of nobody that we know.
  if (!isNoteName(words[0])) return undefined;
  return { name: words[0], keyId: cut(blob, 0, 4), signature: cut(blob, 4, blob.length) };
}

/** Reads the form only; signatures of unknown names are kept. @throws NOTE_FORM, BASE64 */
export function decodeNote(bytes: Uint8Array): Note {
  if (bytes.length > MAX_NOTE_BYTES || bytes.length === 0 || bytes[bytes.length - 1] !== NEWLINE) {
    throw refusal(
      "NOTE_FORM",
      "a signed note ends in a newline and has at most " + MAX_NOTE_BYTES + " bytes",
    );
  }
  let blank = bytes.length - 2;
  while (blank > 0 && !(bytes[blank] === NEWLINE && bytes[blank - 1] === NEWLINE)) blank--;
  if (blank <= 0) throw refusal("NOTE_FORM", "a signed note has a blank line before its signatures");
  const text = cut(bytes, 0, blank);
  for (let i = 0; i < text.length; i++) {
    const isPlain = text[i] === NEWLINE || (text[i] >= 0x20 && text[i] <= 0x7e);
    if (!isPlain) throw refusal("NOTE_FORM", "the note's text is not printable ASCII");
  }
  const signatures: NoteSignature[] = [];
  let lines = 0;
  let start = blank + 1;
  for (let i = start; i < bytes.length; i++) {
    if (bytes[i] !== NEWLINE) continue;
    if (++lines > MAX_SIGNATURES) throw refusal("NOTE_FORM", "more than " + MAX_SIGNATURES + " signatures");
    const signature = signatureOf(cut(bytes, start, i));
    if (signature) signatures.push(signature);
    start = i + 1;
  }
  if (lines === 0) throw refusal("NOTE_FORM", "a note without a signature");
  return { text, signatures };
}

function cosigned(unixSeconds: number, text: Uint8Array): Uint8Array {
  return concat([bytesOf("cosignature/v1\ntime " + unixSeconds + "\n"), text]);
}

/** The two signatures of a hub: over the text, and over the text with its time. */
export function signCheckpoint(
  sha256: Hash,
  checkpoint: Checkpoint,
  key: VerifierKey,
  unixSeconds: number,
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const text = encodeCheckpoint(checkpoint);
  const timed = concat([new Writer(8).uint(unixSeconds, 8).done(), sign(cosigned(unixSeconds, text))]);
  return encodeNote({
    text,
    signatures: [
      {
        name: key.name,
        keyId: keyId(sha256, key.name, NoteKey.ed25519, key.publicKey),
        signature: sign(text),
      },
      {
        name: key.name,
        keyId: keyId(sha256, key.name, NoteKey.cosignature, key.publicKey),
        signature: timed,
      },
    ],
  });
}

function find(note: Note, id: Uint8Array, name: string): NoteSignature | undefined {
  for (let i = 0; i < note.signatures.length; i++) {
    if (note.signatures[i].name === name && sameBytes(note.signatures[i].keyId, id))
      return note.signatures[i];
  }
  return undefined;
}

/** True when this key's plain signature is there and verifies. */
export function isSigned(sha256: Hash, verify: Ed25519Verify, note: Note, key: VerifierKey): boolean {
  const line = find(note, keyId(sha256, key.name, NoteKey.ed25519, key.publicKey), key.name);
  if (!line || line.signature.length !== SIGNATURE_BYTES) return false;
  return verify(key.publicKey, note.text, line.signature);
}

/** Unix seconds at which this key cosigned the note, if its cosignature is there and verifies. */
export function cosignedAt(
  sha256: Hash,
  verify: Ed25519Verify,
  note: Note,
  key: VerifierKey,
): number | undefined {
  const line = find(note, keyId(sha256, key.name, NoteKey.cosignature, key.publicKey), key.name);
  if (!line || line.signature.length !== 8 + SIGNATURE_BYTES) return undefined;
  const reader = new Reader(line.signature, "NOTE");
  let seconds: number;
  try {
    seconds = reader.uint(8);
  } catch (_error) {
    return undefined;
  }
  return verify(key.publicKey, cosigned(seconds, note.text), reader.rest()) ? seconds : undefined;
}

/** `name+hex of the key id+base64 of type and key`, as tools of the field print it. */
export function encodeVerifierKey(sha256: Hash, key: VerifierKey): string {
  const id = keyId(sha256, key.name, NoteKey.ed25519, key.publicKey);
  return (
    key.name + "+" + toHex(id) + "+" + toBase64(concat([new Uint8Array([NoteKey.ed25519]), key.publicKey]))
  );
}

/** Of a key that signs plainly, or of a witness's, whose type is that of its cosignatures. @throws NOTE_KEY */
export function decodeVerifierKey(sha256: Hash, text: string): VerifierKey {
  const wrong = refusal("NOTE_KEY", "not a verifier key: name+key id+base64 of an Ed25519 key");
  // The base64 may hold a plus of its own, a name may not.
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  if (first < 0 || second < 0) throw wrong;
  const name = text.substr(0, first);
  let blob: Uint8Array;
  try {
    blob = fromBase64(text.substr(second + 1));
  } catch (_error) {
    throw wrong;
  }
  const isKnown = blob[0] === NoteKey.ed25519 || blob[0] === NoteKey.cosignature;
  if (!isNoteName(name) || blob.length !== 1 + KEY_BYTES || !isKnown) throw wrong;
  const publicKey = cut(blob, 1, blob.length);
  const id = toHex(keyId(sha256, name, blob[0], publicKey));
  if (text.substr(first + 1, second - first - 1) !== id) throw wrong;
  return { name, publicKey };
}
