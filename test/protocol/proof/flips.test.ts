import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { nodeCrypto } from "../../../gateway/crypto";
import { encodeVerifierKey } from "../../../protocol/note";
import { decodeProof, encodeProof, type ProofFile } from "../../../protocol/proof/file";
import { type ProofReport, verifyProof } from "../../../protocol/proof/verify";
import { openFrame } from "../../../protocol/seal";
import { Random } from "../../../tools/sim/random";
import { PYTHON, skipUnlessPython } from "../../machine";
import { beats, Handheld, Hub, Maker, proofCrypto, trusting } from "./notary";

const SLOW = process.env.AVNODE_SLOW === "1";
const SEED = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);
/** Of the bits that cost a signature each, and of those of each frame, one in so many unless AVNODE_SLOW is set. */
const SAMPLED = 16;

const maker = new Maker("maker.example");
const hub = new Hub("hall");
const handheld = new Handheld("handheld", maker);
const person = { name: "Ada", salt: new Uint8Array(16).fill(7) };
hub.fill(5);
const recorded = handheld.record(beats(30), { person });
hub.log(recorded);
hub.fill(3);
handheld.checkpoint = hub.checkpoint();
const later = handheld.record(beats(2));
const trust = trusting({ makers: [maker.trusted], hubs: [hub.trusted] });
const opened = hub.prove(handheld, recorded, { open: true, echo: later, person });
const sealed = hub.prove(handheld, recorded, { echo: later, person });

const judge = (bytes: Uint8Array): ProofReport => verifyProof(proofCrypto, bytes, trust);

/** Bytes of a part of the file that are dear to check and much alike. */
function isAlike(bytes: Uint8Array, parts: Uint8Array[]): Uint8Array {
  const alike = new Uint8Array(bytes.length);
  for (const part of parts) {
    const at = Buffer.from(bytes).indexOf(part);
    assert.ok(at > 0);
    alike.fill(1, at, at + part.length);
  }
  return alike;
}

function flipEvery(proof: ProofFile): { flips: number; codes: Set<string> } {
  const random = new Random(`${SEED} flips`);
  const bytes = encodeProof(proof);
  assert.equal(judge(bytes).verdict, "authentic");
  // All but the beginnings of hashes, paths and signatures, and the insides of frames.
  const hashes = [proof.path!, proof.echo!.path, proof.echo!.signature, ...proof.echo!.consistency];
  const dear = [
    ...hashes.map((one) => one.subarray(12)),
    ...proof.frames.map((frame) => frame.subarray(12)),
    proof.manifest.subarray(400),
    proof.log.checkpoint.subarray(200),
  ];
  const alike = isAlike(bytes, dear);
  const codes = new Set<string>();
  let flips = 0;
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    if (!SLOW && alike[bit >> 3] && random.int(SAMPLED) > 0) continue;
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    const { verdict, code, lines } = judge(bytes);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    flips++;
    codes.add(code);
    if (verdict === "authentic" || !lines.some(({ state }) => state === "no"))
      assert.fail(`bit ${bit & 7} of byte ${bit >> 3}: ${verdict} ${code}`);
    assert.match(code, /^(PROOF|CBOR)_/);
  }
  return { flips, codes };
}

describe(`a proof of 30 seconds with bits flipped${SLOW ? "" : ", seldom the alike ones (AVNODE_SLOW=1: all)"}, seed ${SEED}`, function () {
  if (SLOW) this.timeout(1_800_000);
  const stackTraceLimit = Error.stackTraceLimit;
  before(() => {
    Error.stackTraceLimit = 0;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  for (const [way, proof] of Object.entries({ opened, sealed })) {
    it(`${way}: is never believed, and the reason is named`, () => {
      const { flips, codes } = flipEvery(proof);
      console.log(`      ${flips} bits, ${codes.size} reasons`);
      assert.ok(codes.size > 20);
    });
  }

  it("with bytes changed, taken out, put in and exchanged, is never believed", () => {
    const whole = encodeProof(opened);
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      cut: fc.nat(40),
      put: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let bytes = Buffer.from(whole);
        for (const { at, cut, put } of changes) {
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
        }
        if (bytes.equals(whole)) return;
        const { verdict, code } = judge(bytes);
        assert.ok(verdict !== "authentic" && code !== "", `${verdict} ${code}`);
      }),
      { numRuns: 1000, seed: SEED },
    );
  });

  it("cut off anywhere, says that the file is cut off", () => {
    const whole = encodeProof(opened);
    for (let length = 0; length < whole.length; length += length < 300 ? 1 : 97) {
      assert.equal(judge(whole.subarray(0, length)).code, "PROOF_FILE_TRUNCATED", `${length} bytes`);
    }
  });

  it("is read and written again as it was", () => {
    for (const proof of [opened, sealed])
      assert.deepEqual(encodeProof(decodeProof(encodeProof(proof))), encodeProof(proof));
  });

  it("the second verifier, in Python, says the same of changed ones", function () {
    skipUnlessPython(this, "cryptography");
    const directory = mkdtempSync(join(tmpdir(), "avnode-proofs-"));
    try {
      const random = new Random(`${SEED} python`);
      const small = new Handheld("small", maker);
      const own = new Hub("hall");
      own.fill(3);
      const ring = [new Int32Array(256).fill(3)];
      const one = small.record([...beats(2), { frontEnd: 9 }, { ring }, ...beats(1)]);
      own.log(one);
      const whole = encodeProof(own.prove(small, one, { open: true }));
      const lines = [
        `maker m ${encodeVerifierKey(nodeCrypto.sha256, maker.trusted)}`,
        `hub h ${encodeVerifierKey(nodeCrypto.sha256, own.trusted)}`,
      ];
      const cases = Array.from({ length: 1000 }, (_, i) => {
        const bytes = Uint8Array.from(whole);
        for (let n = random.int(3); n >= 0; n--) bytes[random.int(bytes.length)]! ^= 1 << random.int(8);
        const { verdict, code } = judge(bytes);
        const file = `${i}.proof`;
        writeFileSync(join(directory, file), bytes);
        return { name: file, file, verdict, code, trust: lines, revocations: [] };
      });
      writeFileSync(join(directory, "index.json"), JSON.stringify({ cases }));
      const script = join(__dirname, "../second/verify_proof.py");
      const run = spawnSync(PYTHON, ["-B", script, "--index", directory], { encoding: "utf8" });
      assert.equal(run.status, 0, run.stdout + run.stderr);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("opened, its key opens no frame of any other recording", () => {
    const others = [
      ...Array.from({ length: 20 }, () => handheld.record(beats(1), { sign: false })),
      ...Array.from({ length: 20 }, (_, i) =>
        new Handheld(`other ${i}`, maker).record(beats(1), { sign: false }),
      ),
    ];
    for (const other of others) {
      for (const frame of other.frames) {
        assert.throws(() => openFrame(nodeCrypto, opened.key!, frame), { code: "FRAME_TAG" });
      }
    }
    for (const frame of opened.frames) openFrame(nodeCrypto, opened.key!, frame);
  });

  it("sealed, tells neither key nor name", () => {
    const bytes = Buffer.from(encodeProof(hub.prove(handheld, recorded)));
    assert.equal(bytes.indexOf(recorded.key), -1);
    assert.equal(bytes.indexOf("Ada"), -1);
  });
});
