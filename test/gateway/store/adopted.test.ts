import assert from "node:assert/strict";
import { framesOf, openOf } from "../../../gateway/adopt/frames";
import { readOld } from "../../../gateway/adopt/oldfile";
import { memorySource } from "../../../gateway/adopt/source";
import { nodeCrypto as crypto } from "../../../gateway/crypto";
import { certifyAdopted } from "../../../gateway/store/adopted";
import type { Store } from "../../../gateway/store/store";
import { sameBytes } from "../../../protocol/bytes";
import { encodeCertificate } from "../../../protocol/certificate";
import { edfBytes } from "../adopt/edffile";
import { Mirrored, until } from "../mirror/mirrored";
import { Handheld } from "./handheld";
import { Rig } from "./rig";

const BYTES = edfBytes({ signals: [{ label: "II", counts: [[5, 6, 7, 8]] }] });

/** Beside simulated handhelds, where no command would adopt: what the store does is asked here. @returns its id */
async function adoptInto(store: Store): Promise<string> {
  const old = readOld(memorySource(BYTES));
  await store.adopt("Ada", (seat) => framesOf(crypto, old, openOf(old, "sha256 0"), seat));
  return store.reader.recordings().find(({ adopted }) => adopted)!.id;
}

describe("Adopted recordings beside those of handhelds", () => {
  let rig: Rig;

  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  it("verify, are told apart, and one is erased without the other", async () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(3));
    const id = await adoptInto(rig.store);
    rig.deliver(handheld, handheld.record(4));
    const report = rig.verify();
    assert.deepEqual(report.problems, []);
    assert.deepEqual(report.recordings.map(({ verdict }) => verdict).sort(), [
      "adopted",
      "authentic",
      "authentic",
    ]);
    assert.deepEqual(
      rig.store.reader.recordings().map(({ adopted, simulated }) => adopted !== simulated),
      [true, true, true],
    );
    rig.store.forget(id);
    const after = rig.verify();
    assert.deepEqual([after.ok, after.problems], [true, []]);
    assert.equal(after.recordings.find((one) => one.id === id)!.verdict, "erased");
    assert.equal([...rig.store.reader.recordings()].filter(({ frames }) => frames > 0).length, 2);
  });

  it("have a seat that no handheld takes: not with a certificate of that class, not with the seat's own", async () => {
    await adoptInto(rig.store);
    const [seat] = rig.store.reader.devices();
    const row = rig.row("SELECT certificate, alias, epoch FROM devices") as {
      certificate: Buffer;
      alias: Buffer;
      epoch: number;
    };
    const made = encodeCertificate(certifyAdopted(crypto.random, Date.UTC(2026, 0, 1)));
    for (const certificate of [made, Uint8Array.from(row.certificate)]) {
      const impostor = new Handheld(7, crypto.random(16), certificate);
      rig.own(impostor);
      rig.time.tick(1000);
      const claim = rig.row("SELECT state, detail FROM claims ORDER BY id DESC");
      assert.deepEqual(claim, { state: "refused", detail: "certificate" });
    }
    assert.deepEqual(
      rig.store.reader.devices().map(({ id, recordings }) => [id, recordings]),
      [[seat!.id, 1]],
    );
    assert.deepEqual(rig.row("SELECT alias, epoch FROM devices"), { alias: row.alias, epoch: row.epoch });
  });

  it("are spoken for by nobody on the air: a hello under the seat's alias is answered with nothing", async () => {
    await adoptInto(rig.store);
    const { alias } = rig.row("SELECT alias FROM devices") as { alias: Buffer };
    const sent: Uint8Array[] = [];
    rig.store.onSend = (to, message) => sameBytes(to, alias) && void sent.push(message);
    const impostor = new Handheld(8);
    impostor.alias = Uint8Array.from(alias);
    for (const claimable of [false, true]) rig.store.receive(alias, impostor.hello(claimable));
    rig.time.tick(5000);
    assert.deepEqual(sent, []);
    assert.deepEqual(rig.store.reader.refusals(), { "unknown-device": 2 });
  });
});

describe("A mirror of a house with adopted recordings", function () {
  this.timeout(120_000);

  it("holds them as the house does", async () => {
    const house = await Mirrored.make();
    try {
      house.start();
      await adoptInto(house.store);
      house.deliver(house.handheld.record(3));
      await until("the copy", house.isLevel);
    } finally {
      await house.close();
    }
  });
});
