import assert from "node:assert/strict";
import Database from "better-sqlite3";
import { nodeCrypto } from "../../../../gateway/crypto";
import { MerkleTree } from "../../../../gateway/store/log/tree";
import { inclusionRoot, isConsistent, leafHash } from "../../../../protocol/merkle";
import { mth, path, proof } from "../../../protocol/rfc6962";

const { sha256 } = nodeCrypto;
const hex = (hashes: Uint8Array[]) => hashes.map((hash) => Buffer.from(hash).toString("hex"));

/** A tree of `size` leaves in memory, and how often it read a node. */
function grow(size: number) {
  const db = new Database(":memory:");
  db.exec(
    "CREATE TABLE nodes (log INTEGER, level INTEGER, idx INTEGER, hash BLOB, PRIMARY KEY (log, level, idx)) WITHOUT ROWID",
  );
  const tree = new MerkleTree(db, sha256);
  const leaves = Array.from({ length: size }, (_, i) => Buffer.from(`leaf ${i} of ${size}`));
  db.transaction(() => {
    for (const [index, leaf] of leaves.entries()) tree.append(1, index, leaf);
  })();
  let reads = 0;
  const node = tree["node"].bind(tree);
  tree["node"] = (...place) => {
    reads++;
    return node(...place);
  };
  const readsOf = (act: () => unknown) => {
    reads = 0;
    act();
    return reads;
  };
  return { db, tree, leaves, readsOf };
}

describe("the log's tree", () => {
  it("has RFC 6962's root, inclusion and consistency proofs at every size up to 40", () => {
    const { tree, leaves } = grow(40);
    assert.deepEqual(hex([tree.root(1, 0)]), hex([mth([])]));
    for (let size = 1; size <= 40; size++) {
      const d = leaves.slice(0, size);
      const root = tree.root(1, size);
      assert.deepEqual(hex([root]), hex([mth(d)]));
      for (let index = 0; index < size; index++) {
        const inclusion = tree.inclusion(1, index, size);
        assert.deepEqual(hex(inclusion), hex(path(index, d)), `leaf ${index} of ${size}`);
        const reached = inclusionRoot(sha256, leafHash(sha256, d[index]), index, size, inclusion);
        assert.deepEqual(hex([reached]), hex([root]));
      }
      for (let old = 1; old <= size; old++) {
        const consistency = tree.consistency(1, old, size);
        assert.deepEqual(hex(consistency), hex(proof(old, d)), `${old} within ${size}`);
        assert.ok(isConsistent(sha256, old, mth(leaves.slice(0, old)), size, root, consistency));
      }
    }
  });

  it("has them at random sizes up to 5,000, in reads that grow with the logarithm", () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const below = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return Math.floor((state / 2 ** 31) * n);
    };
    const { tree, leaves, readsOf } = grow(5000);
    for (let round = 0; round < 40; round++) {
      const size = 2 + below(4999);
      const index = below(size);
      const old = 1 + below(size);
      const d = leaves.slice(0, size);
      const told = `seed ${seed}: size ${size}, index ${index}, old ${old}`;
      assert.deepEqual(hex([tree.root(1, size)]), hex([mth(d)]), told);
      assert.deepEqual(hex(tree.inclusion(1, index, size)), hex(path(index, d)), told);
      assert.deepEqual(hex(tree.consistency(1, old, size)), hex(proof(old, d)), told);
      for (const act of [
        () => tree.root(1, size),
        () => tree.inclusion(1, index, size),
        () => tree.consistency(1, old, size),
      ])
        assert.ok(readsOf(act) <= 2 * Math.ceil(Math.log2(5000)), told);
    }
  });

  it("refuses what lies beyond its end", () => {
    const { tree } = grow(5);
    for (const beyond of [
      () => tree.root(1, 6),
      () => tree.inclusion(1, 5, 5),
      () => tree.inclusion(1, 0, 8),
      () => tree.consistency(1, 6, 5),
      () => tree.root(2, 1),
    ])
      assert.throws(beyond, { code: "STORE_LOG_NODE" });
  });
});
