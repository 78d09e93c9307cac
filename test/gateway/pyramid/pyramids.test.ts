import assert from "node:assert/strict";
import sinon from "sinon";
import { systemClock } from "../../../gateway/clock";
import { PyramidFile } from "../../../gateway/pyramid/file";
import { Pyramids } from "../../../gateway/pyramid/pyramids";
import type { Handheld } from "../store/handheld";
import { Rig } from "../store/rig";

const BLOCKS = 200;

describe("the pyramids of a store", () => {
  let rig: Rig;
  let handheld: Handheld;
  let pyramids: Pyramids;
  const warnings = () => rig.logged.filter(({ text }) => text.startsWith("cannot save a pyramid"));
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
  });
  afterEach(() => {
    pyramids.close();
    sinon.restore();
    rig.end();
  });

  function open(): void {
    const log = (level: string) => (fields: object, text: string) =>
      void rig.logged.push({ level, fields, text });
    pyramids = new Pyramids({
      reader: rig.store.reader,
      events: rig.store.events,
      dataDir: rig.dataDir,
      clock: systemClock,
      log: { info: log("info"), warn: log("warn"), error: log("error") },
    });
  }
  const idOf = (number: number) => rig.store.reader.recording(`${handheld.hex}-1-${number}`).id;
  /** Of 64 samples that count up from 0. */
  const second = async (id: string) => [...(await pyramids.ready(id)).read([0], 64, 64, 1)];

  it("are right on a disk that is full, which is told of once in half a minute", async () => {
    const full = sinon
      .stub(PyramidFile.prototype, "save")
      .throws(Object.assign(new Error("full"), { code: "SQLITE_FULL" }));
    open();
    for (let number = 1; number <= 20; number++) rig.deliver(handheld, handheld.record(BLOCKS));
    for (let number = 1; number <= 20; number++) assert.deepEqual(await second(idOf(number)), [64, 127]);
    rig.time.tick(20_000);
    assert.ok(warnings().length <= 1, `${warnings().length} warnings`);
    rig.time.tick(60_000);
    assert.ok(warnings().length >= 2 && warnings().length <= 4, `${warnings().length} warnings`);
    const before = full.callCount;
    full.restore();
    rig.time.tick(31_000);
    pyramids.close();
    assert.ok(before < 30);
    open();
    assert.deepEqual(await second(idOf(20)), [64, 127]);
  });

  it("are given to all who wait for one at the same time, and made in turns between which others work", async () => {
    open();
    rig.deliver(handheld, handheld.record(BLOCKS));
    const all = await Promise.all([1, 2, 3].map(() => pyramids.ready(idOf(1))));
    assert.ok(all.every((one) => one === all[0]));
  });

  it("are not to be had of a recording whose open frame is not here yet, until it is", async () => {
    open();
    const made = handheld.record(BLOCKS);
    rig.deliver(
      handheld,
      made,
      made.frames.map((_, n) => n).filter((n) => n > 0),
    );
    await assert.rejects(pyramids.ready(idOf(1)), { code: "STORE_NO_OPEN" });
    rig.deliver(handheld, made, [0]);
    assert.deepEqual(await second(idOf(1)), [64, 127]);
  });

  it("leave whoever waits with an error when the recording is erased, or the hub stops", async () => {
    rig.deliver(handheld, handheld.record(BLOCKS));
    rig.deliver(handheld, handheld.record(BLOCKS));
    open();
    const [first, other] = [idOf(1), idOf(2)];
    const waits = [pyramids.ready(first), pyramids.ready(other)];
    const ends = [
      assert.rejects(waits[0]!, { code: "STORE_ERASED" }),
      assert.rejects(waits[1]!, /the hub stops/),
    ];
    rig.store.forget(first);
    pyramids.close();
    await Promise.all(ends);
    open();
    await assert.rejects(pyramids.ready(first), { code: "STORE_ERASED" });
  });
});
