import { strict as assert } from "node:assert";
import { createHash, createHmac } from "node:crypto";
import { nodeCrypto } from "../../gateway/crypto";
import { fromHex, toHex } from "../../protocol/bytes";
import { assembleLms, decodeLmsPublicKey, LmsType, lmsPath, verifyLms } from "../../protocol/lms";
import { leavesOf, publicTree, type Signing, signWithLeaf } from "../../protocol/trees";
import { skipUnless } from "../machine";

const { sha256 } = nodeCrypto;
const seed = fromHex("a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf");
const message = fromHex("61766e6f6465");

/** Signs with leaf n and checks against the public tables alone. */
function signsAndVerifies(signing: Signing, n: number, trees: ReturnType<typeof publicTree>[]): void {
  const { tree, leaf, ots } = signWithLeaf(nodeCrypto, signing, n, message);
  const { publicKey, leaves } = trees[tree]!;
  const { lmsType, id } = decodeLmsPublicKey(publicKey);
  const path = lmsPath(sha256, lmsType, id, leaves, leaf);
  assert.equal(
    verifyLms(sha256, publicKey, message, assembleLms(leaf, ots, lmsType, path)),
    true,
    `leaf ${n}`,
  );
}

describe("a device's signing trees", function () {
  it("are made of its seed as the specification says", () => {
    // The first chain of leaf 0 of tree 1, by hand.
    const derived = (label: string, length: number) =>
      createHmac("sha256", seed).update(`avnode/lms/${label}/v1\x01`).digest().subarray(0, length);
    const start = createHash("sha256")
      .update(derived("id", 16))
      .update(fromHex("00000000fffdff"))
      .update(derived("seed", 24))
      .digest();
    const { tree, leaf, ots } = signWithLeaf(nodeCrypto, { seed, trees: 2, height: 5 }, 32, message);
    assert.deepEqual([tree, leaf], [1, 0]);
    assert.equal(toHex(ots.subarray(4, 28)), toHex(start.subarray(0, 24)));
  });

  it("two of height 5: all 64 leaves verify against the tables, and there is no 65th", () => {
    const signing = { seed, trees: 2, height: 5 };
    const trees = [0, 1].map((tree) => publicTree(nodeCrypto, signing, tree));
    assert.equal(decodeLmsPublicKey(trees[0]!.publicKey).lmsType, LmsType.sha256M24H5);
    for (let n = 0; n < leavesOf(signing); n++) signsAndVerifies(signing, n, trees);
    assert.throws(
      () => signWithLeaf(nodeCrypto, signing, 64, message),
      (error: { code?: string }) => error.code === "LMS_LEAF",
    );
  });

  it("eight of height 10, as in a real unit: 8,192 leaves (AVNODE_SLOW)", function () {
    skipUnless(process.env.AVNODE_SLOW === "1", this, "AVNODE_SLOW=1");
    const signing = { seed, trees: 8, height: 10 };
    const begun = Date.now();
    const trees = [0, 1, 2, 3, 4, 5, 6, 7].map((tree) => publicTree(nodeCrypto, signing, tree));
    console.log(`      8 trees of height 10 in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    for (const n of [0, 1023, 1024, 4711, 8191]) signsAndVerifies(signing, n, trees);
  });
});
