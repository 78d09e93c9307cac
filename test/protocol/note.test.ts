import { strict as assert } from "node:assert";
import { createPrivateKey, sign } from "node:crypto";
import fc from "fast-check";
import { ed25519Verify, nodeCrypto } from "../../gateway/crypto";
import { fromBase64, toBase64 } from "../../protocol/base64";
import { fromHex, toHex } from "../../protocol/bytes";
import {
  cosignedAt,
  decodeCheckpoint,
  decodeNote,
  decodeVerifierKey,
  encodeNote,
  encodeVerifierKey,
  isSigned,
  signCheckpoint,
} from "../../protocol/note";
import { type Json, readVectors } from "./vectors";

const { sha256 } = nodeCrypto;
const vectors = readVectors("note.json");

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return String((error as Json).code);
  }
  return "accepted";
}

const READERS: Record<string, (bytes: Uint8Array) => unknown> = {
  note: decodeNote,
  checkpoint: decodeCheckpoint,
  key: (bytes) => decodeVerifierKey(sha256, Buffer.from(bytes).toString("latin1")),
};

describe("signed notes and checkpoints", () => {
  for (const v of vectors.notes as Json[]) {
    it(`${v.name}: signatures and times are what they are`, () => {
      const bytes = Buffer.from(v.note);
      const note = decodeNote(bytes);
      const key = decodeVerifierKey(sha256, v.key);
      assert.equal(isSigned(sha256, ed25519Verify, note, key), v.signed);
      assert.equal(cosignedAt(sha256, ed25519Verify, note, key) ?? null, v.cosigned);
      assert.equal(Buffer.from(encodeNote(note)).toString(), v.note);
      if (!v.checkpoint) return;
      const { origin, size, root } = decodeCheckpoint(note.text);
      assert.deepEqual({ origin, size, root: toHex(root) }, v.checkpoint);
    });
  }

  it("a hub's checkpoint is written as the vectors have it", () => {
    const v = vectors.notes.find((one: Json) => one.seed);
    const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), fromHex(v.seed)]);
    const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    const checkpoint = { ...v.checkpoint, root: fromHex(v.checkpoint.root) };
    const note = signCheckpoint(sha256, checkpoint, decodeVerifierKey(sha256, v.key), v.cosigned, (message) =>
      sign(null, message, key),
    );
    assert.equal(Buffer.from(note).toString(), v.note);
  });

  for (const v of vectors.refused as Json[]) {
    it(`refuses a ${v.decoder}: ${v.name}`, () => {
      assert.equal(
        codeOf(() => READERS[v.decoder]!(fromHex(v.input))),
        v.code,
      );
    });
  }

  it("refuses a note of more than 16384 bytes", () => {
    const note = Buffer.concat([Buffer.alloc(16384, "x"), Buffer.from(vectors.notes[0].note)]);
    assert.equal(
      codeOf(() => decodeNote(note)),
      "NOTE_FORM",
    );
  });

  it("verifier keys are read, and written again as they were", () => {
    for (const text of vectors.keys)
      assert.equal(encodeVerifierKey(sha256, decodeVerifierKey(sha256, text)), text);
    for (const text of vectors.cosigners)
      assert.equal(decodeVerifierKey(sha256, text).name, text.split("+")[0]);
  });

  it("no bit of a hub's checkpoint can be other", () => {
    const v = vectors.notes.find((one: Json) => one.seed);
    const key = decodeVerifierKey(sha256, v.key);
    const good = Buffer.from(v.note);
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bytes = Buffer.from(good);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      let both = false;
      try {
        const note = decodeNote(bytes);
        both =
          isSigned(sha256, ed25519Verify, note, key) &&
          cosignedAt(sha256, ed25519Verify, note, key) === v.cosigned;
      } catch (error) {
        assert.match(String((error as Json).code), /^(NOTE_|BASE64)/);
      }
      assert.ok(!both, `bit ${bit}`);
    }
  });

  it("base64 is what Node writes, and has one spelling", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        assert.equal(toBase64(bytes), text);
        assert.deepEqual(fromBase64(text), bytes);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AZaz09+/=-_ \n"), maxLength: 8 }), (text) => {
        const isCanonical = Buffer.from(text, "base64").toString("base64") === text;
        assert.equal(
          codeOf(() => fromBase64(text)),
          isCanonical ? "accepted" : "BASE64",
        );
      }),
    );
  });
});
