import assert from "node:assert/strict";
import { nodeCrypto } from "../../gateway/crypto";
import { certifySimulated } from "../../gateway/store/makers";
import { encodeCbor } from "../../protocol/cbor";
import { encodeCertificate } from "../../protocol/certificate";
import { checkDossier, decodeDossier, encodeDossier, tablePath } from "../../protocol/dossier";
import { assembleLms, verifyLms } from "../../protocol/lms";
import { publicTree, signWithLeaf } from "../../protocol/trees";

const { sha256 } = nodeCrypto;

describe("a dossier", () => {
  const signing = { seed: sha256(new Uint8Array([5])), trees: 2, height: 5 };
  const trees = [0, 1].map((tree) => publicTree(nodeCrypto, signing, tree));
  const certificate = encodeCertificate(
    certifySimulated(
      new Uint8Array(8).fill(5),
      trees.map(({ publicKey }) => publicKey),
    ),
  );
  const dossier = { certificate, leaves: trees.map(({ leaves }) => leaves) };

  it("gives the path of every leaf of every tree, by which its signature verifies", () => {
    const read = decodeDossier(encodeDossier(dossier));
    assert.equal(checkDossier(sha256, read).trees.length, 2);
    const message = new Uint8Array([1, 2, 3]);
    for (const n of [0, 1, 31, 32, 50, 63]) {
      const { tree, leaf, ots } = signWithLeaf(nodeCrypto, signing, n, message);
      const path = tablePath(sha256, trees[tree].publicKey, read.leaves[tree], leaf);
      assert.equal(path.length, 5);
      const signature = assembleLms(leaf, ots, 10, Buffer.concat(path));
      assert.ok(verifyLms(sha256, trees[tree].publicKey, message, signature));
    }
  });

  it("is refused when a bit of a table, the tables' order or their number is not the certificate's", () => {
    const altered = dossier.leaves.map((table) => Uint8Array.from(table));
    altered[1][700] ^= 4;
    assert.throws(() => checkDossier(sha256, { certificate, leaves: altered }), { code: "DOSSIER_ROOT" });
    const swapped = [dossier.leaves[1], dossier.leaves[0]];
    assert.throws(() => checkDossier(sha256, { certificate, leaves: swapped }), { code: "DOSSIER_ROOT" });
    assert.throws(() => checkDossier(sha256, { certificate, leaves: [] }), { code: "DOSSIER_TABLES" });
    const short = [dossier.leaves[0], dossier.leaves[1].slice(24)];
    assert.throws(() => checkDossier(sha256, { certificate, leaves: short }), { code: "LMS_TABLE" });
  });

  it("has one form: other keys, versions, types and lengths are refused", () => {
    const map = { type: "avnode/dossier", v: 1, certificate, leaves: dossier.leaves };
    assert.deepEqual(encodeCbor(map), encodeDossier(dossier));
    for (const other of [
      { ...map, v: 2 },
      { ...map, type: "avnode/certificate" },
      { ...map, more: 1 },
      { ...map, leaves: [1] },
      { ...map, certificate: new Uint8Array(2047) },
      { type: map.type, v: 1, certificate },
    ])
      assert.throws(() => decodeDossier(encodeCbor(other)), { code: "DOSSIER_FIELD" });
    assert.throws(() => decodeDossier(new Uint8Array(1048577)), { code: "DOSSIER_LENGTH" });
    assert.throws(() => decodeDossier(new Uint8Array(0)), { code: "CBOR_TRUNCATED" });
  });
});
