import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { nodeCrypto } from "../../gateway/crypto";
import { concat, fromHex, toHex } from "../../protocol/bytes";
import {
  LmotsSigner,
  lmotsPublicKey,
  lmotsSign,
  OtsType,
  otsShape,
  otsSignatureBytes,
} from "../../protocol/lmots";
import {
  assembleLms,
  decodeLmsPublicKey,
  LmsType,
  lmsLeaves,
  lmsPath,
  lmsPublicKey,
  lmsRoot,
  lmsShape,
  verifyLms,
} from "../../protocol/lms";
import { Random } from "../../tools/sim/random";
import { BOUNCY_CASTLE, PYTHON, skipUnlessBouncyCastle } from "../machine";
import { type Json, readVectors } from "./vectors";

const SECOND = join(__dirname, "second/lms.py");
const FOREIGN = join(__dirname, "second/HssVerify.java");
const SEED = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

const { sha256 } = nodeCrypto;
const vectors = readVectors("lms.json");

interface Signed {
  publicKey: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
}

/** The LMS signatures that an HSS signature consists of, each with the key that must have made it. */
function peel(v: { publicKey: string; message: string; signature: string }): Signed[] {
  let publicKey = fromHex(v.publicKey).subarray(4);
  const signature = fromHex(v.signature);
  const levels = fromHex(v.publicKey)[3]!;
  assert.equal(signature[3], levels - 1);
  const out: Signed[] = [];
  let at = 4;
  for (let level = 0; level < levels; level++) {
    const key = decodeLmsPublicKey(publicKey);
    const { h, m } = lmsShape(key.lmsType);
    const end = at + 8 + otsSignatureBytes(key.otsType) + h * m;
    const one = signature.subarray(at, end);
    const lowerEnd = level === levels - 1 ? end : end + 24 + lmsShape(signature[end + 3]!).m;
    const message = level === levels - 1 ? fromHex(v.message) : signature.subarray(end, lowerEnd);
    out.push({ publicKey, message, signature: one });
    publicKey = signature.subarray(end, lowerEnd);
    at = lowerEnd;
  }
  assert.equal(at, signature.length);
  return out;
}

/** A tree of our own, and what it says to a message. */
class Tree {
  readonly id: Uint8Array;
  readonly seed: Uint8Array;
  readonly leaves: Uint8Array;
  readonly publicKey: Uint8Array;

  constructor(
    readonly lmsType: number,
    readonly otsType: number,
    random: Random,
  ) {
    this.id = random.bytes(16);
    this.seed = random.bytes(otsShape(otsType).n);
    this.leaves = lmsLeaves(sha256, lmsType, otsType, this.id, this.seed);
    this.publicKey = lmsPublicKey(lmsType, otsType, this.id, lmsRoot(sha256, lmsType, this.id, this.leaves));
  }

  sign(q: number, message: Uint8Array): Signed {
    const ots = lmotsSign(sha256, this.otsType, this.id, q, this.seed, message);
    const path = lmsPath(sha256, this.lmsType, this.id, this.leaves, q);
    return { publicKey: this.publicKey, message, signature: assembleLms(q, ots, this.lmsType, path) };
  }
}

function verifies(signed: Signed): boolean {
  return verifyLms(sha256, signed.publicKey, signed.message, signed.signature);
}

/** As HSS of one level, in hexadecimal: what the other verifiers take. */
function hss({ publicKey, message, signature }: Signed) {
  return {
    publicKey: `00000001${toHex(publicKey)}`,
    message: toHex(message),
    signature: `00000000${toHex(signature)}`,
  };
}

type Hss = ReturnType<typeof hss>;

function second(cases: Hss[]): string[] {
  const run = spawnSync(PYTHON, ["-B", SECOND], { input: JSON.stringify(cases), encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim().split("\n");
}

function foreign(cases: Hss[]): string[] {
  const input = cases.map((c) => `${c.publicKey} ${c.message} ${c.signature}\n`).join("");
  const run = spawnSync("java", ["-cp", BOUNCY_CASTLE, FOREIGN], { input, encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim().split("\n");
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const out = new Uint8Array(bytes);
  out[bit >> 3]! ^= 1 << (bit & 7);
  return out;
}

/** A right case and the same with one wrong bit in key, message and signature. */
function withFaults(signed: Signed, random: Random): { cases: Hss[]; expected: string[] } {
  const wrong = (field: keyof Signed, from: number) => ({
    ...signed,
    [field]: flipped(signed[field], 8 * from + random.int(8 * (signed[field].length - from))),
  });
  // The types in front of a key are left alone: another type makes another length, which is a case of its own.
  const all = [signed, wrong("publicKey", 8), wrong("message", 0), wrong("signature", 8)];
  return { cases: all.map(hss), expected: ["true", "false", "false", "false"] };
}

describe(`LMS and LM-OTS (RFC 8554, RFC 9858), seed ${SEED}`, function () {
  const random = new Random(`${SEED}`);
  const message = random.bytes(200);

  for (const v of vectors.hss as Json[]) {
    it(`verifies ${v.name}`, () => {
      for (const signed of peel(v)) {
        assert.equal(verifies(signed), true);
        assert.equal(verifies({ ...signed, message: concat([signed.message, new Uint8Array(1)]) }), false);
      }
    });
  }

  for (const v of vectors.keys as Json[]) {
    it(`makes the keys and the signature of ${v.name} from its seed`, function () {
      const signed = peel(vectors.hss[v.hss])[v.level]!;
      const key = decodeLmsPublicKey(signed.publicKey);
      const q = signed.signature[3]! | (signed.signature[2]! << 8);
      const ots = lmotsSign(sha256, key.otsType, key.id, q, fromHex(v.seed), signed.message);
      assert.equal(toHex(ots), toHex(signed.signature.subarray(4, 4 + ots.length)));
      // A tree of height 20 would take an hour.
      if (lmsShape(key.lmsType).h > 10) return;
      const leaves = lmsLeaves(sha256, key.lmsType, key.otsType, key.id, fromHex(v.seed));
      assert.equal(toHex(lmsRoot(sha256, key.lmsType, key.id, leaves)), toHex(key.root));
      const path = lmsPath(sha256, key.lmsType, key.id, leaves, q);
      assert.equal(toHex(assembleLms(q, ots, key.lmsType, path)), toHex(signed.signature));
    });
  }

  for (const v of vectors.ots as Json[]) {
    it(`signs as the RFC's authors do, LM-OTS type ${v.otsType}`, () => {
      const [id, seed] = [fromHex(v.id), fromHex(v.seed)];
      assert.equal(toHex(lmotsPublicKey(sha256, v.otsType, id, v.q, seed)), v.publicKey);
      const signature = lmotsSign(sha256, v.otsType, id, v.q, seed, fromHex(v.message));
      assert.equal(toHex(sha256(signature)), v.signatureSha256);
    });
  }

  it("makes the same signature in slices of any size, none of which takes more hashes than it may", () => {
    for (const v of vectors.ots as Json[]) {
      for (const most of [1, 2, 8, 15, 16, 17, 1000]) {
        let hashes = 0;
        const counted = (data: Uint8Array) => {
          hashes++;
          return sha256(data);
        };
        const [id, seed] = [fromHex(v.id), fromHex(v.seed)];
        const signer = new LmotsSigner(counted, v.otsType, id, v.q, seed, fromHex(v.message));
        let whole = false;
        while (!whole) {
          hashes = 0;
          whole = signer.step(most);
          assert.ok(hashes <= most && (hashes === most || whole), `${hashes} hashes of ${most}`);
        }
        assert.equal(toHex(sha256(signer.signature)), v.signatureSha256, `${v.otsType}, slices of ${most}`);
      }
    }
  });

  it("a second verifier, in Python, says the same of every type, right and wrong", () => {
    const cases: Hss[] = [...vectors.hss];
    const expected = cases.map(() => "true");
    for (const otsType of Object.values(OtsType)) {
      const lmsType = otsShape(otsType).n === 24 ? LmsType.sha256M24H5 : LmsType.sha256M32H5;
      const signed = new Tree(lmsType, otsType, random).sign(random.int(32), message);
      assert.equal(verifies(signed), true, `type ${otsType}`);
      const more = withFaults(signed, random);
      cases.push(...more.cases);
      expected.push(...more.expected);
    }
    assert.deepEqual(second(cases), expected);
  });

  it("Bouncy Castle takes what we signed with 32-byte hashes, and nothing altered", function () {
    skipUnlessBouncyCastle(this);
    const cases: Hss[] = vectors.hss.slice(0, 2);
    const expected = ["true", "true"];
    for (const otsType of [
      OtsType.sha256N32W1,
      OtsType.sha256N32W2,
      OtsType.sha256N32W4,
      OtsType.sha256N32W8,
    ]) {
      const more = withFaults(
        new Tree(LmsType.sha256M32H5, otsType, random).sign(random.int(32), message),
        random,
      );
      cases.push(...more.cases);
      expected.push(...more.expected);
    }
    assert.deepEqual(foreign(cases), expected);
  });

  describe("of the wire's own type", () => {
    const tree = new Tree(LmsType.sha256M24H5, OtsType.sha256N24W4, random);
    const q = random.int(32);
    const good = tree.sign(q, message);

    it("signs with 1252 bytes, and every leaf has its path", () => {
      assert.equal(otsSignatureBytes(OtsType.sha256N24W4), 1252);
      for (let leaf = 0; leaf < 32; leaf++)
        assert.equal(verifies(tree.sign(leaf, message)), true, `leaf ${leaf}`);
    });

    it("refuses a signature with any one bit flipped", () => {
      for (let bit = 0; bit < 8 * good.signature.length; bit++) {
        const signature = flipped(good.signature, bit);
        assert.equal(verifies({ ...good, signature }), false, `bit ${bit}`);
      }
    });

    it("refuses a public key or a message with any one bit flipped", () => {
      for (let bit = 64; bit < 8 * good.publicKey.length; bit++) {
        const publicKey = flipped(good.publicKey, bit);
        assert.equal(verifies({ ...good, publicKey }), false, `key, bit ${bit}`);
      }
      for (let bit = 0; bit < 8 * message.length; bit++) {
        assert.equal(verifies({ ...good, message: flipped(message, bit) }), false, `message, bit ${bit}`);
      }
    });

    it("refuses another leaf's number, and a leaf beyond the tree", () => {
      for (const other of [(q + 1) % 32, q + 32, 0xffffffff]) {
        const signature = new Uint8Array(good.signature);
        new DataView(signature.buffer).setUint32(0, other);
        assert.equal(verifies({ ...good, signature }), false);
      }
    });

    it("refuses every truncation and anything behind", () => {
      for (let length = 0; length < good.signature.length; length++) {
        assert.equal(
          verifies({ ...good, signature: good.signature.subarray(0, length) }),
          false,
          `${length}`,
        );
      }
      assert.equal(verifies({ ...good, signature: concat([good.signature, new Uint8Array(1)]) }), false);
    });

    it("names what is no public key", () => {
      const code = (publicKey: Uint8Array) => {
        try {
          return verifies({ ...good, publicKey });
        } catch (error) {
          return (error as Json).code;
        }
      };
      const key = good.publicKey;
      const typed = (lms: number, ots: number) => {
        const out = new Uint8Array(key);
        out.set([0, 0, 0, lms, 0, 0, 0, ots]);
        return out;
      };
      for (let length = 0; length < key.length; length++) {
        assert.equal(code(key.subarray(0, length)), "LMS_TRUNCATED", `${length}`);
      }
      assert.equal(code(concat([key, new Uint8Array(1)])), "LMS_TRAILING");
      for (const lms of [0, 4, 15, 255]) assert.equal(code(typed(lms, 7)), "LMS_TYPE", `LMS type ${lms}`);
      for (const ots of [0, 9, 255]) assert.equal(code(typed(10, ots)), "LMS_TYPE", `LM-OTS type ${ots}`);
      assert.equal(code(typed(10, 3)), "LMS_TYPE", "32-byte hashes under a tree of 24");
      // A known type that the signature does not have.
      assert.equal(code(typed(11, 7)), false);
      assert.equal(code(typed(10, 8)), false);
    });

    it("refuses tables, leaves, seeds and identifiers that do not fit", () => {
      const refused = (action: () => unknown, code: string) =>
        assert.throws(action, (error: Json) => error.code === code);
      const { id, seed, leaves, lmsType, otsType } = tree;
      refused(() => lmsRoot(sha256, lmsType, id, leaves.subarray(1)), "LMS_TABLE");
      refused(() => lmsRoot(sha256, LmsType.sha256M24H10, id, leaves), "LMS_TABLE");
      refused(() => lmsRoot(sha256, lmsType, id.subarray(1), leaves), "LMS_TABLE");
      for (const leaf of [-1, 32, 0.5, Number.NaN])
        refused(() => lmsPath(sha256, lmsType, id, leaves, leaf), "LMS_LEAF");
      refused(() => lmotsSign(sha256, otsType, id, 0, seed.subarray(1), message), "LMS_SEED");
      refused(() => lmotsPublicKey(sha256, otsType, id.subarray(1), 0, seed), "LMS_SEED");
      refused(() => lmotsSign(sha256, 9, id, 0, seed, message), "LMS_TYPE");
    });
  });

  it("refuses every 61st bit flipped of every other type", () => {
    for (const otsType of Object.values(OtsType)) {
      const lmsType = otsShape(otsType).n === 24 ? LmsType.sha256M24H5 : LmsType.sha256M32H5;
      const good = new Tree(lmsType, otsType, random).sign(random.int(32), message);
      for (let bit = random.int(61); bit < 8 * good.signature.length; bit += 61) {
        const signature = flipped(good.signature, bit);
        assert.equal(verifies({ ...good, signature }), false, `type ${otsType}, bit ${bit}`);
      }
    }
  });
});
