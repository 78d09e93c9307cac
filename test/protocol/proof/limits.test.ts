import { strict as assert } from "node:assert";
import { nodeCrypto } from "../../../gateway/crypto";
import { encodeData } from "../../../protocol/bodies";
import { concat } from "../../../protocol/bytes";
import { decodeCbor, encodeCbor } from "../../../protocol/cbor";
import { chainNext, chainStart } from "../../../protocol/chain";
import { encodeBlock } from "../../../protocol/codec/block";
import { FrameType } from "../../../protocol/header";
import { encodeProof, MAX_PROOF_BYTES } from "../../../protocol/proof/file";
import { LineName } from "../../../protocol/proof/lines";
import { coveredBy, spansOf } from "../../../protocol/proof/spans";
import { verifyProof } from "../../../protocol/proof/verify";
import { decodeRevocations, MAX_REVOCATIONS_BYTES } from "../../../protocol/revocations";
import { sealFrame } from "../../../protocol/seal";
import { beats, Handheld, Hub, Maker, NOMINAL, proofCrypto, trusting } from "./notary";

const codeOf = (bytes: Uint8Array) => verifyProof(proofCrypto, bytes, trusting()).code;

describe("a proof that is to wear its reader out", () => {
  it("is not read when it is larger than any proof", () => {
    assert.equal(codeOf(new Uint8Array(MAX_PROOF_BYTES + 1)), "PROOF_SIZE");
    assert.throws(() => decodeRevocations(new Uint8Array(MAX_REVOCATIONS_BYTES + 1)), {
      code: "REVOCATIONS_SIZE",
    });
  });

  it("of nothing but empty maps is given up at the value that is one too many", () => {
    const head = Uint8Array.of(0x9a, 0, 0x40, 0, 0);
    assert.equal(codeOf(concat([head, new Uint8Array(0x400000).fill(0xa0)])), "CBOR_ITEMS");
    const five = encodeCbor([1, { a: 2 }, "b"]);
    assert.deepEqual(decodeCbor(five, 5), [1, { a: 2 }, "b"]);
    assert.throws(() => decodeCbor(five, 4), { code: "CBOR_ITEMS" });
  });

  it("of one text is given up at its length, as a name of a field, too", () => {
    const long = new Uint8Array(MAX_PROOF_BYTES - 16).fill(0x41);
    const head = Uint8Array.of(0x7a, long.length >>> 24, long.length >>> 16, long.length >>> 8, long.length);
    assert.equal(codeOf(concat([head, long])), "CBOR_TEXT");
    assert.equal(codeOf(concat([Uint8Array.of(0xa1), head, long])), "CBOR_TEXT");
  });

  it("with a gap behind every sample is judged in one sweep", function () {
    const handheld = new Handheld("sieve", new Maker("sieve maker"));
    const one = handheld.record(beats(1), { close: false });
    const count = 20_000;
    const block = encodeBlock([new Int32Array(1)], { leads: 1, bits: 18, nominal: NOMINAL });
    const frames = [one.frames[0]!];
    let chain = chainNext(nodeCrypto, chainStart(nodeCrypto, handheld.id, 1, 1, one.key), frames[0]!);
    for (let sequence = 1; sequence <= count; sequence++) {
      const place = { type: FrameType.data, epoch: 1, recording: 1, sequence };
      const body = encodeData({ firstSample: 2 * sequence - 1, block });
      frames.push(sealFrame(nodeCrypto, one.key, place, body));
      chain = chainNext(nodeCrypto, chain, frames[sequence]!);
    }
    const leads = [{ name: "I", samples: count }];
    const manifest = { ...one.manifest, to: count + 1, chain, samples: 2 * count, leads };
    const sieve = { ...one, frames, manifest };
    const hub = new Hub("sieve hub");
    hub.log(sieve);
    assert.equal(codeOf(encodeProof(hub.prove(handheld, sieve, { open: true }))), "PROOF_GAP");
  });
});

describe("a proof with very many gaps", () => {
  it("names the first hundred and counts the others", () => {
    const handheld = new Handheld("loose lead", new Maker("loose lead maker"));
    const parts = Array.from({ length: 130 }, () => [...beats(1), { frontEnd: 3 }]).flat();
    const hub = new Hub("loose lead hub");
    const recorded = handheld.record(parts);
    hub.log(recorded);
    const report = verifyProof(
      proofCrypto,
      encodeProof(hub.prove(handheld, recorded, { open: true })),
      trusting(),
    );
    const { text } = report.lines.find(({ name }) => name === LineName.complete)!;
    assert.equal(text.match(/no samples \d+ to \d+/g)!.length, 100);
    assert.match(text, /; no samples in 30 more stretches$/);
  });
});

describe("spans", () => {
  it("in any order become sorted ones that do not touch", () => {
    const spans = [
      { from: 9, to: 12 },
      { from: 1, to: 3 },
      { from: 3, to: 5 },
      { from: 7, to: 7 },
      { from: 10, to: 11 },
    ];
    const expected = [
      { from: 1, to: 5 },
      { from: 9, to: 12 },
    ];
    assert.deepEqual(spansOf(spans), expected);
  });

  it("cover others exactly when they hold every position of them, by the sets of their positions", () => {
    const all = (bits: number) =>
      spansOf([0, 1, 2, 3, 4, 5].filter((i) => (bits >> i) & 1).map((from) => ({ from, to: from + 1 })));
    for (let a = 0; a < 64; a++)
      for (let b = 0; b < 64; b++) assert.equal(coveredBy(all(a), all(b)), (a & ~b) === 0, `${a} ${b}`);
  });
});
