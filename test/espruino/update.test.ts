/** An update on the real interpreter: from the hub's commands over the radio into a slot, and what the boot code makes of it. */
import assert from "node:assert/strict";
import { board as linux } from "../../firmware/board/linux";
import type { BoardSpec } from "../../firmware/board/spec";
import { MonitorState, Op } from "../../protocol/command";
import { RecordingMode } from "../../protocol/open";
import { UpdatePhase, UpdateRefusal, type UpdateState } from "../../protocol/update";
import { buildFirmware } from "../../tools/firmware/build";
import { scratch } from "../e2e/rig";
import { type Made, Maker } from "../firmware/maker";
import { BUNDLED, excerpt } from "./ecg";
import { Household } from "./household";
import { skipUnlessInterpreter } from "./interpreter";

const seed = Number(process.env.AVNODE_SEED ?? 1);
const PATIENCE_MS = 600_000;
const RECORDED_S = 30;
/** The build for Linux has 256 KB of flash for all of it. */
const BOARD: BoardSpec = {
  ...linux,
  pins: { ...linux.pins, battery: "D2", batteryRatio: 2 },
  ring: { ...linux.ring, pages: 6 },
  slots: { kind: "file", address: 0, name: "slots", pages: 53, pageBytes: 2048, count: 1 },
};

const maker = new Maker(seed);
const golden = buildFirmware({ board: BOARD, releaseKey: maker.publicKey, counter: 1, version: "0.1.0" });
const releaseOf = (code: string) =>
  maker.release(Buffer.from(code, "latin1"), { counter: 2, version: "0.2.0" });

/** A house with an owner, whose hub's side of the update is this. */
class Updater {
  /** The newest that the handheld said. */
  state: UpdateState | undefined;
  private constructor(readonly house: Household) {}

  static async claimed(dataDir: string): Promise<Updater> {
    const { samples } = excerpt(BUNDLED, 4 * RECORDED_S);
    const files = { avnode: golden.application.code, ".bootcde": golden.bootCode.code };
    const firmware = { board: BOARD, files };
    const house = await Household.open({ dataDir, firmware, samples, seed, inRam: true });
    const updater = new Updater(house);
    house.store.events.on("updated", (_device, state) => {
      updater.state = state;
    });
    try {
      await house.powerOn();
      await house.claim();
      return updater;
    } catch (error) {
      await house.close();
      throw error;
    }
  }

  private tell(op: number, more = {}): void {
    this.house.store.command(this.house.device, { op, ...more });
  }

  async phase(phase: number, what: string): Promise<void> {
    await this.house.until(what, () => this.state?.phase === phase, PATIENCE_MS);
  }

  /** From the offer to the verified image. */
  async send({ offer, chunks, image }: Made): Promise<void> {
    this.tell(Op.offer, { bytes: offer });
    await this.phase(UpdatePhase.taking, "a place for the image");
    for (let at = 0; at < image.length; at = this.state!.taken) {
      this.tell(Op.chunk, { at, bytes: chunks.get(at) });
      await this.house.until(
        `chunk ${at}`,
        () => this.state!.taken > at || this.state!.refused !== 0,
        PATIENCE_MS,
      );
      assert.equal(this.state!.refused, UpdateRefusal.none, `chunk ${at}`);
    }
    await this.phase(UpdatePhase.ready, "the image to be verified");
  }

  /** Lets the new image run: it restarts by itself. */
  async swap(): Promise<void> {
    const { house } = this;
    this.tell(Op.swap, { counter: 2 });
    let rebooted = false;
    for (let i = 0; i < 100 && !rebooted; i++) {
      await house.pass(50);
      ({ rebooted } = (await house.unit.ask("watchdog")).value as { rebooted: boolean });
    }
    assert.ok(rebooted, `it does not restart: refused for ${this.state!.refused}`);
    this.state = undefined;
    await house.powerOff();
  }

  async again(): Promise<void> {
    this.state = undefined;
    await this.house.powerOff();
    await this.house.powerOn();
  }

  async says(firmware: string): Promise<void> {
    await this.house.until(`a status of ${firmware}`, () => this.house.status?.firmware === firmware, 60_000);
  }
}

describe("an update on the real interpreter", function () {
  const dataDir = scratch();
  const otherDir = scratch();
  before(function () {
    skipUnlessInterpreter(this);
  });

  it("arrives over the link while a recording goes on, runs, and is kept; once it rots the factory's image is back", async () => {
    const updater = await Updater.claimed(dataDir);
    const { house } = updater;
    try {
      await updater.says("avnode 0.1.0");
      house.record(RecordingMode.fixed, RECORDED_S);
      await house.pass(1000);
      const one = releaseOf(`${golden.application.code}print("the new one");\n`);
      await updater.send(one);
      await house.until("the recording", () => house.status?.state === MonitorState.idle, PATIENCE_MS);
      const [recording] = house.store.reader.recordings();
      assert.deepEqual(
        [recording!.samples, recording!.state, recording!.frames > RECORDED_S],
        [RECORDED_S * 256, "closed", true],
      );
      await updater.swap();
      assert.doesNotMatch(house.unit.printed.join(), /the new one/);
      await house.powerOn();
      await updater.phase(UpdatePhase.kept, "the new image to be kept");
      assert.match(house.unit.printed.join(), /the new one/);
      await updater.says("avnode 0.2.0");
      await updater.again();
      await updater.phase(UpdatePhase.kept, "its word after a restart");
      assert.deepEqual([updater.state!.running, updater.state!.counter], [2, 2]);
      // It does the work that it is there for.
      house.record(RecordingMode.fixed, 5);
      await house.until(
        "a second recording",
        () => house.store.reader.recordings().length === 2,
        PATIENCE_MS,
      );
      await house.until("its end", () => house.status?.state === MonitorState.idle, PATIENCE_MS);
      assert.equal(house.store.reader.verify().ok, true);
      await house.powerOff();
      house.unit.damage((flash) => {
        const at = flash.indexOf("the new one");
        assert.ok(at > 0 && flash.indexOf("the new one", at + 1) < 0);
        flash[at]! ^= 1;
      });
      await house.powerOn();
      await updater.says("avnode 0.1.0");
    } finally {
      await house.close();
    }
  });

  it("that throws at boot is gone with the watchdog, and the factory's image says so", async () => {
    const updater = await Updater.claimed(otherDir);
    const { house } = updater;
    try {
      await updater.send(releaseOf(`/*${"x".repeat(1200)}*/throw new Error("at boot");`));
      await updater.swap();
      await house.powerOn();
      await assert.rejects(house.pass(35_000), /the watchdog bit/);
      await updater.again();
      await updater.phase(UpdatePhase.back, "its word that it is back");
      assert.deepEqual([updater.state!.running, updater.state!.counter], [1, 2]);
      await updater.says("avnode 0.1.0");
    } finally {
      await house.close();
    }
  });
});
