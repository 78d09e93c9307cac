/** An update from the hub's driver over a radio that loses things into the handheld's slots, while it records. */
import assert from "node:assert/strict";
import { systemClock } from "../../gateway/clock";
import { startHub } from "../../gateway/hub";
import type { Update } from "../../gateway/store/updates";
import { Driver } from "../../gateway/update/driver";
import { Op } from "../../protocol/command";
import { RecordingMode } from "../../protocol/open";
import { UpdatePhase, UpdateRefusal } from "../../protocol/update";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFlash } from "../../tools/sim/flash";
import { SimFrontEnd } from "../../tools/sim/frontend";
import type { UpdateParts } from "../../tools/sim/handheld";
import { type House, openHouse } from "../../tools/sim/house";
import { newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { PERFECT } from "../../tools/sim/radio/lossy";
import { Random } from "../../tools/sim/random";
import { GeneratedSource } from "../../tools/sim/source";
import { VirtualTime } from "../../tools/sim/time";
import { Maker } from "../firmware/maker";
import { scratch } from "./rig";

const SEED = Number(process.env.AVNODE_SEED ?? 1 + (Date.now() % 1_000_000));
const RATE = 128;
const RECORDED_S = 120;
const maker = new Maker(SEED);
const image = new Random(SEED).bytes(20_000);
const { release, chunks, offer } = maker.release(image);

const wish = (): Update => ({
  epoch: 1,
  release: "",
  counter: release.counter,
  version: release.version,
  bytes: image.length,
  swap: "ready",
  cancelled: false,
  again: false,
  begun: false,
  swapped: false,
  askedAt: Date.now(),
});

/** Stands for the hub's updater. */
async function update({ store }: House, device: string, limitMs: number): Promise<Update> {
  let kept = wish();
  const driver = new Driver(kept, {
    clock: systemClock,
    release: {
      counter: release.counter,
      bytes: image.length,
      offer: () => ({ op: Op.offer, bytes: offer }),
      chunk: (at) => ({ op: Op.chunk, at, bytes: chunks.get(at) }),
    },
    send(command) {
      try {
        store.command(device, command);
      } catch (error) {
        assert.equal((error as { code: string }).code, "STORE_NO_SESSION");
      }
    },
    keep: (change) => {
      kept = { ...kept, ...change };
    },
  });
  const unhook = [
    store.events.on("connected", () => driver.connected()),
    store.events.on("updated", (_device, state) => driver.heard(state)),
  ];
  try {
    await waitUntil("the update's end", () => kept.ended !== undefined, limitMs);
    return kept;
  } finally {
    driver.stop();
    for (const off of unhook) off();
  }
}

describe(`an update over the air (seed ${SEED})`, () => {
  for (const [what, faults, comesUp] of [
    ["arrives, and is installed by itself when the recording has left", PERFECT, true],
    ["arrives although a fifth of all notifications get lost", { ...PERFECT, loss: 0.2 }, true],
    ["that does not come up is told to its owner", PERFECT, false],
  ] as const) {
    const dataDir = scratch(true);
    it(what, async () => {
      const time = new VirtualTime(Date.UTC(2026, 10, 29));
      const flash = new SimFlash({ pageBytes: 4096, pages: 12, writeBytes: 4, random: new Random(SEED) });
      const parts: UpdateParts = {
        board: release.board,
        key: maker.publicKey,
        counter: 1,
        version: "0.1.0",
        slots: { flash, count: 2 },
        comesUp: ({ slot }) => comesUp || slot < 0,
      };
      try {
        await time.until(
          (async () => {
            const house = await openHouse({
              keepsake: newKeepsake(SEED),
              radio: faults,
              seed: SEED,
              update: parts,
              startHub: (radio) => startHub({ dataDir, kind: "import", broker: "memory", radio }),
            });
            const { handheld, store } = house;
            try {
              const ecg = new EcgGenerator({ rate: RATE, gainCountsPerMillivolt: 400 });
              handheld.powerOn(
                new SimFrontEnd(new GeneratedSource(ecg), systemClock, { burstMs: 62.5, speed: 1 }),
              );
              await claimIfNew(handheld, store);
              handheld.act((monitor) => monitor.start(RecordingMode.fixed, RECORDED_S));
              const [device] = store.reader.devices();
              const ended = await update(house, device!.id, 3600_000);
              assert.equal(ended.ended!.how, comesUp ? "installed" : "back");
              assert.equal(handheld.running!.counter, comesUp ? 2 : 1);
              assert.equal(ended.state!.phase, comesUp ? UpdatePhase.kept : UpdatePhase.back);
              assert.equal(ended.state!.refused, UpdateRefusal.none);
              const [recording] = store.reader.recordings();
              assert.deepEqual([recording!.samples, recording!.state], [RECORDED_S * RATE, "closed"]);
              assert.deepEqual(store.reader.gaps(recording!.id), []);
              assert.equal(store.reader.verify().ok, true);
            } finally {
              await house.close();
            }
          })(),
          7200_000,
        );
      } finally {
        time.restore();
      }
    });
  }
});
