import { strict as assert } from "node:assert";
import { nodeCrypto } from "../../gateway/crypto";
import { fromHex, sameBytes, toHex } from "../../protocol/bytes";
import { inclusionRoot, isConsistent, leafHash, nodeHash } from "../../protocol/merkle";
import { type Json, readVectors } from "./vectors";

const { sha256 } = nodeCrypto;
const vectors = readVectors("merkle.json");
const leaves: Uint8Array[] = vectors.leaves.map((leaf: string) => leafHash(sha256, fromHex(leaf)));
const roots: Uint8Array[] = vectors.trees.map((tree: Json) => fromHex(tree.root));
const paths = (v: Json): Uint8Array[] => v.path.map(fromHex);

/** Another hash, one less, one more, and every pair of neighbours exchanged. */
function* wrongPaths(path: Uint8Array[]): Iterable<Uint8Array[]> {
  for (const [i, hash] of path.entries()) {
    const other = Uint8Array.from(hash);
    other[i % 32]! ^= 1 << (i % 8);
    yield [...path.slice(0, i), other, ...path.slice(i + 1)];
    yield [...path.slice(0, i), ...path.slice(i + 1)];
    if (i > 0) yield [...path.slice(0, i - 1), hash, path[i - 1]!, ...path.slice(i + 1)];
  }
  for (let i = 0; i <= path.length; i++) yield [...path.slice(0, i), new Uint8Array(32), ...path.slice(i)];
}

function includes(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: Uint8Array[],
  root: Uint8Array,
): boolean {
  try {
    return sameBytes(inclusionRoot(sha256, leaf, index, size, path), root);
  } catch (error) {
    assert.match(String((error as Json).code), /^MERKLE_(INDEX|PATH)$/);
    return false;
  }
}

describe("Merkle proofs", () => {
  it("Certificate Transparency's reference trees have their roots", () => {
    const root = (part: Uint8Array[]): Uint8Array => {
      if (part.length === 1) return part[0]!;
      let k = 1;
      while (2 * k < part.length) k *= 2;
      return nodeHash(sha256, root(part.slice(0, k)), root(part.slice(k)));
    };
    for (let n = 1; n < roots.length; n++) assert.equal(toHex(root(leaves.slice(0, n))), toHex(roots[n]!));
  });

  it("a leaf is in its place of its tree, and nowhere else", () => {
    for (const v of vectors.inclusion) {
      assert.ok(includes(leaves[v.index]!, v.index, v.size, paths(v), roots[v.size]!), JSON.stringify(v));
      for (let index = 0; index < v.size + 2; index++) {
        if (index !== v.index)
          assert.ok(!includes(leaves[v.index]!, index, v.size, paths(v), roots[v.size]!));
      }
      for (let leaf = 0; leaf < v.size; leaf++) {
        if (leaf !== v.index) assert.ok(!includes(leaves[leaf]!, v.index, v.size, paths(v), roots[v.size]!));
      }
      for (const wrong of wrongPaths(paths(v))) {
        assert.ok(!includes(leaves[v.index]!, v.index, v.size, wrong, roots[v.size]!), JSON.stringify(v));
      }
    }
  });

  it("no other root comes of another size, except where both trees have the path in common", () => {
    for (const v of vectors.inclusion) {
      for (let size = 1; size < roots.length; size++) {
        if (size !== v.size) assert.ok(!includes(leaves[v.index]!, v.index, size, paths(v), roots[size]!));
      }
    }
  });

  it("a tree goes on from an older one, and from no other", () => {
    for (const v of vectors.consistency) {
      assert.ok(
        isConsistent(sha256, v.from, roots[v.from]!, v.to, roots[v.to]!, paths(v)),
        JSON.stringify(v),
      );
      for (let from = 1; from < roots.length; from++) {
        for (const [size, root] of [
          [v.from, roots[from]!],
          [from, roots[v.from]!],
        ] as const) {
          if (from !== v.from) assert.ok(!isConsistent(sha256, size, root, v.to, roots[v.to]!, paths(v)));
        }
      }
      for (const wrong of wrongPaths(paths(v))) {
        assert.ok(
          !isConsistent(sha256, v.from, roots[v.from]!, v.to, roots[v.to]!, wrong),
          JSON.stringify(v),
        );
      }
    }
  });

  it("every tree goes on from the empty one, and none from a longer one", () => {
    assert.ok(isConsistent(sha256, 0, roots[0]!, 5, roots[5]!, []));
    assert.ok(!isConsistent(sha256, 0, roots[1]!, 5, roots[5]!, []));
    assert.ok(!isConsistent(sha256, 6, roots[6]!, 5, roots[5]!, []));
  });

  it("holds beyond 32 bits", () => {
    const far = 2 ** 40;
    const path = Array.from({ length: 40 }, (_, i) => Uint8Array.of(i));
    const root = inclusionRoot(sha256, leaves[0]!, far - 1, far, path);
    const expected = path.reduce((hash, sibling) => nodeHash(sha256, sibling, hash), leaves[0]!);
    assert.equal(toHex(root), toHex(expected));
    assert.ok(isConsistent(sha256, far, root, far + 1, nodeHash(sha256, root, leaves[1]!), [leaves[1]!]));
  });
});
