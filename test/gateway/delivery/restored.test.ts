import assert from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../../gateway/clock";
import { Carrier } from "../../../gateway/delivery/carrier";
import { addRecipient, sendRecording } from "../../../gateway/delivery/sending";
import type { Way } from "../../../gateway/schema/delivery";
import { silentLog } from "../../../gateway/store/log";
import { Outbox } from "../../../gateway/store/outbox/outbox";
import { StoreReader } from "../../../gateway/store/reader";
import { BackupRig } from "../backup/rig";

const HOUR_MS = 3600_000;
const consent = { who: "Ada", text: "Reports go to the folder." };

describe("the outbox of a store that came out of a backup", function () {
  this.timeout(60_000);

  it("knows what was accepted, and sends nothing twice: neither that, nor what left after the backup", async () => {
    const rig = new BackupRig();
    const arrived: string[] = [];
    const ends: { stop?(): unknown; close?(): unknown }[] = [];
    const start = (dataDir: string, reader: StoreReader) => {
      const carrier = new Carrier({
        ...{ reader, dataDir, clock: systemClock, log: silentLog, random: () => 0.5, makeLink: () => "" },
        outbox: Outbox.open<Way>(dataDir, () => Date.now()),
        make: async () => ({ pdf: new Uint8Array(1), hasProof: true, simulated: true }),
        handOver: async (_way, _documents, key) => void arrived.push(key),
        leaving: () => {},
      });
      ends.push(carrier);
      return carrier;
    };
    try {
      const { reader } = rig.store;
      const outbox = Outbox.open<Way>(rig.dataDir, () => Date.now());
      ends.push(outbox);
      const handheld = rig.claimed();
      for (let n = 0; n < 2; n++) {
        const made = handheld.begin();
        handheld.data(made);
        handheld.close(made);
        rig.deliver(handheld, made);
        rig.time.tick(5000);
      }
      const person = rig.store.addPerson({ name: "Ada" }).id;
      const [first, second] = reader.recordings().map(({ id }) => id);
      for (const id of [first!, second!]) rig.store.assign(id, person);
      const way = { kind: "folder", dir: "/practice" } as const;
      const to = addRecipient(
        reader,
        outbox,
        { name: "doctor", way, rule: "press", consent },
        Date.now(),
        () => {},
      ).id;
      const before = sendRecording(reader, outbox, first!, to).id;
      start(rig.dataDir, reader);
      await rig.time.tickAsync(HOUR_MS);
      await (ends.pop() as Carrier).stop();
      // It waits when the backup is made, and leaves afterwards.
      const after = sendRecording(reader, outbox, second!, to).id;
      rig.backup();
      start(rig.dataDir, reader);
      await rig.time.tickAsync(HOUR_MS);
      assert.equal(arrived.length, 2);

      const dataDir = join(rig.folder, "restored");
      rig.restore({ dataDir });
      const restored = StoreReader.open(dataDir);
      const again = Outbox.open<Way>(dataDir, () => Date.now());
      ends.push(again, restored);
      assert.equal(again.recipient(to)!.paused, true);
      start(dataDir, restored);
      await rig.time.tickAsync(24 * HOUR_MS);
      assert.equal(arrived.length, 2);
      assert.equal(again.delivery(before)!.state, "accepted");
      assert.equal(again.delivery(after)!.state, "withdrawn");
      assert.match(again.delivery(after)!.reason!, /came out of a backup/);
      assert.equal(sendRecording(restored, again, first!, to).state, "accepted");
    } finally {
      for (const one of ends.reverse()) await (one.stop?.() ?? one.close?.());
      rig.end();
    }
  });
});
