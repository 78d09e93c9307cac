/** The firmware's own update, over the simulated radio, the broker and the store: from one version to the next. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { restore } from "../../../gateway/backup/restore";
import { runBackup } from "../../../gateway/backup/run";
import { systemClock } from "../../../gateway/clock";
import { type Hub, startHub } from "../../../gateway/hub";
import { Wishes } from "../../../gateway/update/wishes";
import { updateWords } from "../../../gateway/update/words";
import { toHex } from "../../../protocol/bytes";
import { MonitorState } from "../../../protocol/command";
import { RecordingMode } from "../../../protocol/open";
import { UpdateRefusal } from "../../../protocol/update";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";
import { SimFlash } from "../../../tools/sim/flash";
import { SimFrontEnd } from "../../../tools/sim/frontend";
import { type Running, type UpdateParts, VirtualHandheld } from "../../../tools/sim/handheld";
import { newKeepsake } from "../../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../../tools/sim/owner";
import { SimHubRadio } from "../../../tools/sim/radio/hub";
import { PERFECT, Radio, type RadioFaults } from "../../../tools/sim/radio/lossy";
import { Random } from "../../../tools/sim/random";
import { GeneratedSource } from "../../../tools/sim/source";
import { VirtualTime } from "../../../tools/sim/time";
import { Maker } from "../../firmware/maker";
import { releaseFile } from "./files";

const SEED = Number(process.env.AVNODE_SEED ?? 1 + (Date.now() % 1_000_000));
const HOUR_MS = 3_600_000;
const PAGE_BYTES = 4096;
const BAD: RadioFaults = {
  ...PERFECT,
  loss: 0.02,
  latencyMs: [5, 60],
  disconnectEveryMs: [10_000, 60_000],
  connectMs: [500, 3000],
  notificationsPerSecond: 60,
};
const maker = new Maker(`${SEED} maker`);
const made = maker.release(new Random(`${SEED} image`).bytes(20_001), { board: "simulated", counter: 2 });

describe(`a handheld in its house is updated, seed ${SEED}`, () => {
  let dataDir: string;
  let time: VirtualTime;
  let hub: Hub;
  let radio: Radio;
  let handheld: VirtualHandheld;
  let comesUp: (image: Running) => boolean;
  let wishes: Wishes;
  let device: string;

  async function open(faults: RadioFaults, more: Partial<UpdateParts> = {}): Promise<void> {
    const random = new Random(`${SEED} flash`);
    const slots = {
      flash: new SimFlash({ pageBytes: PAGE_BYTES, pages: 14, writeBytes: 4, random }),
      count: 2,
    };
    comesUp = () => true;
    const update: UpdateParts = {
      board: "simulated",
      key: maker.publicKey,
      counter: 1,
      version: "0.1.0",
      slots,
      comesUp: (image) => comesUp(image),
      ...more,
    };
    radio = new Radio(faults, systemClock, new Random(`${SEED} radio`));
    handheld = new VirtualHandheld({
      clock: systemClock,
      radio: {
        peripheral: radio.peripheral,
        powerOn: () => radio.powerOn(),
        powerOff: () => radio.powerOff(),
        drop: () => radio.drop(),
      },
      update,
      ...newKeepsake(`${SEED} unit`),
    });
    await startAgain();
    handheld.powerOn(
      new SimFrontEnd(
        new GeneratedSource(new EcgGenerator({ rate: 256, gainCountsPerMillivolt: 400 })),
        systemClock,
        { burstMs: 100, speed: 1 },
      ),
    );
    await claimIfNew(handheld, hub.store!);
    device = toHex(handheld.identity.device);
    wishes = new Wishes(dataDir, hub.store!.reader);
    wishes.add(releaseFile(made));
  }

  async function startAgain(from = dataDir): Promise<void> {
    hub = await startHub({
      dataDir: from,
      kind: "demo",
      broker: "memory",
      radio: new SimHubRadio([{ id: "simulated", radio }]),
      update: true,
    });
  }

  const row = () => wishes.all().find((one) => one.device === device)!.update!;
  const until = (what: string, isSo: () => boolean) => waitUntil(what, isSo, 4 * HOUR_MS, 500);
  const ended = () => until("the update to end", () => row().ended !== undefined);

  function inHouse(run: () => Promise<void>): () => Promise<void> {
    return async () => {
      time = new VirtualTime(1_800_000_000_000);
      dataDir = mkdtempSync(join(tmpdir(), "avnode-update-"));
      try {
        await time.until(
          run().finally(async () => {
            wishes.close();
            handheld.powerOff();
            radio.close();
            await hub.stop();
          }),
        );
      } finally {
        time.restore();
        rmSync(dataDir, { recursive: true });
      }
    };
  }

  it(
    "to a new version while it records, over a bad radio and through restarts of the hub, and restarts when it may",
    inHouse(async () => {
      await open(BAD);
      assert.equal(wishes.all()[0]!.newest!.release.version, "0.2.0");
      handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
      wishes.start(device, "ready", Date.now());
      for (const share of [0.1, 0.5, 0.9]) {
        await until(`${share} of the image`, () => (row().state?.taken ?? 0) >= share * made.image.length);
        wishes.close();
        await hub.stop();
        await startAgain();
        wishes = new Wishes(dataDir, hub.store!.reader);
      }
      await until("a refusal", () => row().state?.refused === UpdateRefusal.recording);
      assert.match(updateWords(row()), /not while it records/);
      assert.equal(handheld.running!.counter, 1);
      handheld.act((monitor) => monitor.stop());
      await ended();
      assert.equal(row().ended!.how, "installed", updateWords(row()));
      assert.deepEqual(handheld.running, { counter: 2, version: "0.2.0", slot: 0, trial: true });
      assert.equal(wishes.all()[0]!.newest, undefined);
      await until("its status", () => hub.store!.reader.devices()[0]!.status!.firmware === "avnode 0.2.0");
      // What was recorded meanwhile is here, whole.
      const [recording] = hub.store!.reader.recordings();
      await until("the recording", () => handheld.monitor!.state === MonitorState.idle);
      const verdict = hub.store!.reader.recording(recording!.id);
      assert.equal(verdict.state, "closed");
      assert.equal(verdict.holes, 0);
    }),
  );

  it(
    "where its hub is lost on the way, by the one that came back from the backup, which needs no file for it",
    inHouse(async () => {
      await open(PERFECT);
      wishes.start(device, "ready", Date.now());
      await until("half of the image", () => (row().state?.taken ?? 0) >= made.image.length / 2);
      const dir = join(dataDir, "backup");
      let code: Uint8Array | undefined;
      runBackup({
        dataDir,
        dir,
        onCode: (made) => {
          code = made;
        },
      });
      wishes.close();
      await hub.stop();
      const restored = restore({ dir, dataDir: join(dataDir, "restored"), code: code! });
      assert.deepEqual(restored.updates, [{ device, version: "0.2.0", isHere: true }]);
      await startAgain(restored.dataDir);
      wishes = new Wishes(restored.dataDir, hub.store!.reader);
      await ended();
      assert.equal(updateWords(row()), "installed");
      assert.equal(handheld.running!.counter, 2);
    }),
  );

  it(
    "by its owner's word alone, which is taken back before",
    inHouse(async () => {
      await open(PERFECT);
      wishes.start(device, "no", Date.now());
      await until("it to be ready", () => /^is ready; 'avnode/.test(updateWords(row())));
      await new Promise((resolve) => setTimeout(resolve, HOUR_MS / 6));
      assert.equal(handheld.running!.counter, 1);
      assert.throws(() => wishes.start(device, "no", Date.now()), { code: "UPDATE_UNDERWAY" });
      wishes.cancel(device, Date.now());
      await ended();
      assert.equal(updateWords(row()), "cancelled");
      assert.throws(() => wishes.swap(device, "once"), { code: "UPDATE_IDLE" });
      wishes.start(device, "no", Date.now() + 1);
      await until("it to be ready", () => /^is ready; 'avnode/.test(updateWords(row())));
      wishes.swap(device, "once");
      await ended();
      assert.equal(updateWords(row()), "installed");
      assert.equal(handheld.running!.counter, 2);
    }),
  );

  it(
    "and goes back by itself where the new version does not come up, which its owner is told",
    inHouse(async () => {
      await open(PERFECT);
      comesUp = ({ counter }) => counter === 1;
      wishes.start(device, "ready", Date.now());
      await ended();
      assert.match(updateWords(row()), /went back by itself/);
      assert.equal(handheld.running!.counter, 1);
      // Its owner tries once more, and it works.
      comesUp = () => true;
      wishes.start(device, "ready", Date.now() + 1);
      await ended();
      assert.equal(updateWords(row()), "installed");
    }),
  );

  for (const [what, more, words] of [
    ["a unit without a key", { key: undefined }, /made without a key for updates/],
    [
      "a unit of another maker's key",
      { key: new Maker(`${SEED} other`).publicKey },
      /not of this handheld's maker/,
    ],
    ["another board", { board: "another" }, /another kind of handheld/],
    ["a unit that runs a newer one", { counter: 3 }, /newer version already/],
    ["a unit that runs this one", { counter: 2 }, /^installed/],
    ["a unit without room", { slots: undefined }, /no room for updates/],
  ] as const)
    it(
      `not where it is ${what}, and says why`,
      inHouse(async () => {
        await open(PERFECT, more);
        wishes.start(device, "ready", Date.now());
        await ended();
        assert.match(updateWords(row()), words);
      }),
    );
});
