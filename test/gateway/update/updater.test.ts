import assert from "node:assert/strict";
import { systemClock } from "../../../gateway/clock";
import { silentLog } from "../../../gateway/store/log";
import { Makers } from "../../../gateway/store/pinned";
import { type Update, Updates } from "../../../gateway/store/updates";
import { Releases } from "../../../gateway/update/releases";
import { Updater } from "../../../gateway/update/updater";
import { updateWords } from "../../../gateway/update/words";
import { SIMULATION_MAKER } from "../../../protocol/certificate";
import { Op } from "../../../protocol/command";
import { Random } from "../../../tools/sim/random";
import { Maker } from "../../firmware/maker";
import type { Handheld } from "../store/handheld";
import { Rig } from "../store/rig";
import { releaseFile } from "./files";

const made = new Maker("updater").release(new Random("updater").bytes(700), { board: "simulated" });

describe("the hub's updates", () => {
  let rig: Rig;
  let handheld: Handheld;
  let updates: Updates;
  let updater: Updater;
  let release: string;

  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
    const { store, dataDir } = rig;
    release = new Releases(dataDir).add(releaseFile(made), () => true).id;
    updates = Updates.open(dataDir);
    updater = new Updater({ store, dataDir, clock: systemClock, log: silentLog });
  });
  afterEach(() => {
    updater.stop();
    updates.close();
    rig.end();
  });

  const ask = (more: Partial<Update> = {}) =>
    updates.put(handheld.hex, {
      ...{ epoch: 1, release, counter: 2, version: "0.2.0", bytes: 700, swap: "no", askedAt: 1 },
      ...{ cancelled: false, again: false, begun: false, swapped: false },
      ...more,
    });
  const offers = () => handheld.commands.filter(({ op }) => op === Op.offer).length;
  const words = () => updateWords(updates.get(handheld.hex)!);

  it("begin once somebody asks for one, with an offer", () => {
    rig.time.tick(60_000);
    assert.equal(offers(), 0);
    ask();
    rig.time.tick(1000);
    assert.equal(offers(), 1);
    assert.equal(updates.get(handheld.hex)!.begun, true);
    assert.match(words(), /^waits for the handheld/);
  });

  it("end for a handheld of another ownership, and one that is not here", () => {
    ask({ epoch: 2 });
    rig.time.tick(1000);
    assert.match(words(), /claimed anew/);
    assert.equal(offers(), 0);
    updates.put("00".repeat(8), { ...updates.get(handheld.hex)!, ended: undefined });
    rig.time.tick(1000);
    assert.equal(updates.get("00".repeat(8))!.ended?.how, "owner");
  });

  it("end where the release is not here any more", () => {
    ask({ release: "00".repeat(32) });
    rig.time.tick(1000);
    assert.match(words(), /add its file again/);
  });

  it("end under way once their maker is not believed any more", () => {
    ask();
    rig.time.tick(1000);
    assert.equal(offers(), 1);
    const isPinned = Makers.prototype.isPinned;
    Makers.prototype.isPinned = (maker) => Buffer.compare(maker, SIMULATION_MAKER) !== 0;
    try {
      rig.time.tick(1000);
    } finally {
      Makers.prototype.isPinned = isPinned;
    }
    assert.match(words(), /its maker is not believed/);
    rig.time.tick(120_000);
    assert.equal(offers(), 1);
  });

  it("of a row that somebody edited are none", () => {
    ask();
    rig.sql("UPDATE updates SET body = x'00'");
    rig.time.tick(1000);
    assert.equal(offers(), 0);
    assert.equal(updates.all().size, 0);
  });

  it("stop with the hub, and another one for the same handheld takes the place of the one before", () => {
    ask();
    rig.time.tick(1000);
    ask({ askedAt: 2 });
    rig.time.tick(1000);
    assert.equal(offers(), 2);
    updater.stop();
    rig.time.tick(120_000);
    assert.equal(offers(), 2);
  });
});
