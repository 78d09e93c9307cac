import { strict as assert } from "node:assert";
import fc from "fast-check";
import { ed25519Verify } from "../../gateway/crypto";
import { fromHex, toHex } from "../../protocol/bytes";
import { type CborMap, decodeCbor, encodeCbor } from "../../protocol/cbor";
import {
  decodeErasure,
  decodeLayer,
  decodeOrigin,
  encodeErasure,
  encodeLayer,
  encodeOrigin,
  LeafType,
  leafType,
} from "../../protocol/leaves";
import { decodeManifest, encodeManifest } from "../../protocol/manifest";
import {
  decodeRevocations,
  encodeRevocations,
  revocationOf,
  signedRevocations,
} from "../../protocol/revocations";
import { erasures, layers, manifests, origins } from "./leaves";
import { readVectors } from "./vectors";

function refuses(read: () => unknown, code: RegExp): void {
  assert.throws(read, (error: { code?: string }) => code.test(String(error.code)));
}

const LEAVES = [
  { type: LeafType.recording, values: manifests, encode: encodeManifest, decode: decodeManifest },
  { type: LeafType.erasure, values: erasures, encode: encodeErasure, decode: decodeErasure },
  { type: LeafType.layer, values: layers, encode: encodeLayer, decode: decodeLayer },
  { type: LeafType.origin, values: origins, encode: encodeOrigin, decode: decodeOrigin },
] as unknown as {
  type: string;
  values: fc.Arbitrary<never>;
  encode(v: never): Uint8Array;
  decode(b: Uint8Array): never;
}[];

describe("leaves of the log", () => {
  for (const { type, values, encode, decode } of LEAVES) {
    it(`${type}: every value is read as it was written`, () => {
      fc.assert(
        fc.property(values, (value) => {
          const leaf = encode(value);
          assert.deepEqual(decode(leaf), value);
          assert.equal(leafType(leaf), type);
        }),
      );
    });

    it(`${type}: no prefix, nothing behind it, no key more, less or of another type is read`, () => {
      fc.assert(
        fc.property(values, fc.nat(), (value, n) => {
          const leaf = encode(value);
          refuses(() => decode(leaf.subarray(0, n % leaf.length)), /^CBOR_/);
          refuses(() => decode(Buffer.concat([leaf, Buffer.alloc(1)])), /^CBOR_TRAILING$/);
          const map = decodeCbor(leaf) as CborMap;
          refuses(() => decode(encodeCbor({ ...map, more: 1 })), /_FIELD$/);
          const keys = Object.keys(map);
          const key = keys[n % keys.length]!;
          const { [key]: _, ...less } = map;
          refuses(() => decode(encodeCbor(less)), /_FIELD$/);
          refuses(() => decode(encodeCbor({ ...map, [key]: { wrong: 1 } })), /_FIELD$/);
        }),
      );
    });
  }

  it("a manifest whose parts contradict one another is refused", () => {
    const good = fc.sample(
      manifests.filter((one) => one.state === "closed" && one.from < one.to),
      1,
    )[0]!;
    for (const wrong of [
      { state: "truncated" },
      { part: true },
      { close: null },
      { from: good.to + 1 },
      { state: "finished" },
      { deviceClass: 0 },
      { deviceClass: 5 },
      { rate: { num: 0, den: 1 } },
      { rate: { num: 1, den: 0 } },
      { gaps: [{ first: 0, count: 0, reason: 1 }] },
      { gaps: [{ first: 0, count: 1, reason: 3 }] },
      { gaps: [5, 4].map((first) => ({ first, count: 1, reason: 1 })), samples: 9 },
      { gaps: [{ first: 9, count: 1, reason: 1 }], samples: 9, rate: { num: 1, den: 1 } },
    ]) {
      refuses(() => decodeManifest(encodeManifest({ ...good, ...wrong })), /^MANIFEST_FIELD$/);
    }
  });
});

describe("revocation lists", () => {
  const vectors = readVectors("maker.json").revocations;

  it("are read, written and signed as the vectors have them", () => {
    for (const v of vectors) {
      const list = decodeRevocations(fromHex(v.list));
      assert.equal(toHex(encodeRevocations(list)), v.list);
      assert.equal(toHex(signedRevocations(list)), v.signed);
      assert.ok(ed25519Verify(list.maker, signedRevocations(list), list.signature));
      assert.deepEqual(
        list.entries.map(({ device, since, reason }) => ({ device: toHex(device), since, reason })),
        v.fields.entries,
      );
    }
  });

  it("name the units that are on them", () => {
    const list = decodeRevocations(fromHex(vectors[1].list));
    assert.equal(revocationOf(list, fromHex("d0d1d2d3d4d5d6d7"))?.reason, "stolen");
    assert.equal(revocationOf(list, fromHex("d0d1d2d3d4d5d6d8")), undefined);
  });
});
