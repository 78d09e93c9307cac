import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { nodeCrypto } from "../../../gateway/crypto";
import { isGenuine } from "../../../gateway/store/makers";
import { toHex } from "../../../protocol/bytes";
import { decodeCertificate } from "../../../protocol/certificate";
import { decodeLmsPublicKey, lmsRoot } from "../../../protocol/lms";
import { dossierOf, simulatedIdentity } from "../../../tools/sim/handheld";
import { type Keepsake, openKeepsake } from "../../../tools/sim/keepsake";
import { scratch } from "../../e2e/rig";

describe("a virtual handheld's keepsake", () => {
  const folder = path.join(scratch(true), "handheld");

  it("is the same unit when it is opened again, signing keys included", () => {
    const first = openKeepsake(folder);
    first.close();
    const again = openKeepsake(folder);
    again.close();
    const hex = ({ identity: { device, claimCode, certificate, signing } }: Keepsake) =>
      [device, claimCode, certificate, signing!.seed].map(toHex);
    assert.deepEqual(hex(again), hex(first));
    assert.deepEqual({ ...again.identity.signing, seed: 0 }, { trees: 1, height: 5, seed: 0 });
  });

  it("of a version that did not sign makes way for a new unit, with empty flash", () => {
    const file = path.join(folder, "identity.json");
    const { signing, ...old } = JSON.parse(fs.readFileSync(file, "utf8"));
    assert.ok(signing);
    fs.writeFileSync(file, JSON.stringify(old));
    fs.writeFileSync(path.join(folder, "vault.img"), Buffer.alloc(8192, 1));
    const keepsake = openKeepsake(folder);
    keepsake.close();
    assert.notEqual(Buffer.from(keepsake.identity.device).toString("hex"), old.device);
    assert.deepEqual(Buffer.from(keepsake.vault.read(0, 8192)), Buffer.alloc(8192, 0xff));
  });

  it("has a certificate whose trees its dossier's leaves lead to", () => {
    const identity = simulatedIdentity();
    const { certificate, leaves } = dossierOf(identity);
    const { trees, ...rest } = decodeCertificate(certificate);
    assert.equal(isGenuine({ trees, ...rest }), true);
    assert.equal(trees.length, 1);
    const { id, lmsType, root } = decodeLmsPublicKey(trees[0]!);
    assert.deepEqual(Buffer.from(lmsRoot(nodeCrypto.sha256, lmsType, id, leaves[0]!)), Buffer.from(root));
  });
});
