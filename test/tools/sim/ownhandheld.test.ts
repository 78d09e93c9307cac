import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startHub } from "../../../gateway/hub";
import { toHex } from "../../../protocol/bytes";
import { encodeDossier } from "../../../protocol/dossier";
import { startDemo } from "../../../tools/sim/demo";
import { dossierOf } from "../../../tools/sim/handheld";
import { openKeepsake } from "../../../tools/sim/keepsake";
import { waitUntil } from "../../../tools/sim/owner";

const RECORD = join(__dirname, "../../../tools/sim/records/mitdb208x");

describe("the demo with a handheld from the factory", () => {
  const folder = mkdtempSync(join(tmpdir(), "avnode-own-"));
  after(() => rmSync(folder, { recursive: true }));

  const start = (handheld: string) =>
    startDemo({
      dataDir: join(folder, "hub"),
      record: RECORD,
      handheld,
      startHub: (radio) => startHub({ dataDir: join(folder, "hub"), kind: "demo", broker: "memory", radio }),
    });

  it("holds its button until it is claimed by its code, and then records", async () => {
    const keepsake = openKeepsake(join(folder, "unit"));
    keepsake.close();
    const { identity } = keepsake;
    const demo = await start(join(folder, "unit"));
    try {
      const store = demo.hub.store!;
      assert.equal(store.reader.recordings().length, 0, "it records for nobody");
      const claim = store.claim(identity.claimCode, { dossier: encodeDossier(dossierOf(identity)) });
      await waitUntil("the claim", () => store.claimState(claim)?.state === "claimed", 30_000);
      await waitUntil("a recording", () => store.reader.recordings().length > 0, 30_000);
      assert.equal(store.reader.recordings()[0]!.device, toHex(identity.device));
    } finally {
      await demo.stop();
    }
  });

  it("refuses a folder in which none lives, and says where one comes from", async () => {
    await assert.rejects(start(join(folder, "empty")), { code: "KEEPSAKE_NONE", message: /factory run/ });
  });
});
