/** A unit whose vault was damaged while it was off: it boots all the same, and what it can no longer know it does not guess. */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { Pattern } from "../../firmware/board/board";
import { type Keys, Vault } from "../../firmware/vault";
import { systemClock } from "../../gateway/clock";
import { MonitorState } from "../../protocol/command";
import { RecordingMode } from "../../protocol/open";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFlash } from "../../tools/sim/flash";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { simulatedIdentity, VirtualHandheld } from "../../tools/sim/handheld";
import { VAULT } from "../../tools/sim/keepsake";
import { PERFECT, Radio } from "../../tools/sim/radio/lossy";
import { Random } from "../../tools/sim/random";
import { GeneratedSource } from "../../tools/sim/source";
import { VirtualTime } from "../../tools/sim/time";
import { FIRST_KEYS } from "./firstkeys";

const seed = Number(process.env.AVNODE_SEED ?? 1);
const RING = { pageBytes: 4096, pages: 8, writeBytes: 4 };
/** Of firmware/README.md. */
const RECORD_BYTES = 176;
const fill = (length: number, value: number) => new Uint8Array(length).fill(value);
const identity = simulatedIdentity();

interface Pages {
  ring: Uint8Array;
  vault: Uint8Array[];
}

function chipOf(shape: typeof RING, pages: Uint8Array[]): SimFlash {
  const chip = new SimFlash({ ...shape, random: new Random(seed) });
  for (const [page, bytes] of pages.entries()) chip.write(page * shape.pageBytes, bytes);
  return chip;
}

function boot({ ring, vault }: Pages) {
  const flash = chipOf(
    RING,
    Array.from({ length: RING.pages }, (_, page) => ring.subarray(page * 4096, (page + 1) * 4096)),
  );
  const chip = chipOf(VAULT, vault);
  const radio = new Radio(PERFECT, systemClock, new Random(seed));
  const handheld = new VirtualHandheld({ clock: systemClock, flash, vault: chip, radio, identity });
  const heart = new EcgGenerator({ rate: 128, gainCountsPerMillivolt: 400, seed });
  const source = new GeneratedSource(heart);
  const monitor = handheld.powerOn(new SimFrontEnd(source, systemClock, { burstMs: 250, speed: 1 }))!;
  const pages = (): Pages => ({
    ring: flash.read(0, RING.pages * 4096),
    vault: [chip.read(0, 4096), chip.read(4096, 4096)],
  });
  return { handheld, monitor, pages };
}

/** Records two seconds, and waits until they are signed. */
async function record({ handheld, monitor }: ReturnType<typeof boot>): Promise<void> {
  handheld.act((it) => it.start(RecordingMode.fixed, 2));
  assert.equal(monitor.state, MonitorState.recording);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  assert.notEqual(monitor.state, MonitorState.recording);
}

describe(`a damaged vault (seed ${seed})`, function () {
  const time = { virtual: undefined as VirtualTime | undefined };
  let pages: Pages;
  let keys: Keys;
  /** The page that holds the newest record. */
  let held: number;

  before(async () => {
    time.virtual = new VirtualTime(Date.UTC(2026, 10, 28));
    const chip = chipOf(VAULT, []);
    new Vault(chip, (bytes) => crc32(bytes)).save(FIRST_KEYS);
    const vault = [chip.read(0, 4096), chip.read(4096, 4096)];
    const unit = boot({ ring: fill(RING.pages * 4096, 0xff), vault });
    await time.virtual.until(record(unit), 60_000);
    pages = unit.pages();
    keys = new Vault(chipOf(VAULT, pages.vault), (bytes) => crc32(bytes)).load()!;
    assert.deepEqual([keys.recording, keys.leaf], [2, 1]);
    held = pages.vault.findIndex((page) => page[0] !== 0xff);
    unit.handheld.powerOff();
  });
  after(() => time.virtual?.restore());

  /** Nobody's, and without a leaf to sign with: it recorded before and has lost count of them. */
  function isNobodys(vault: Uint8Array[], where: string): void {
    const { handheld, monitor } = boot({ ring: pages.ring, vault });
    assert.equal(monitor.keys(), undefined, where);
    assert.equal(monitor.epoch(), 0, where);
    assert.equal(monitor.status(0, 0).signatures, 0, where);
    assert.equal(handheld.namelessOnAir, false, where);
    handheld.act((it) => it.start(RecordingMode.fixed, 2));
    assert.equal(handheld.pattern, Pattern.claimMe, where);
    assert.equal(monitor.state, MonitorState.idle, where);
    handheld.powerOff();
  }

  it("leaves a unit without an owner and without leaves, whatever bit of its only record flipped", () => {
    for (let byte = 0; byte < RECORD_BYTES; byte++) {
      const vault = pages.vault.map((page) => Uint8Array.from(page));
      vault[held]![byte]! ^= 1 << (byte % 8);
      isNobodys(vault, `byte ${byte}`);
    }
  });

  it("leaves it so when both pages are torn, cleared or full of noise", () => {
    const random = new Random(`${seed} noise`);
    const torn = fill(4096, 0xff);
    torn.set(pages.vault[held]!.subarray(0, 100));
    const noise = () => Uint8Array.from({ length: 4096 }, () => random.int(256));
    for (const first of [torn, fill(4096, 0), noise()]) {
      for (const second of [torn, fill(4096, 0), noise()]) isNobodys([first, second], "both");
    }
  });

  it("costs nothing where one page is whole: it records on with the next number and leaf, and the other page is erased", async () => {
    const random = new Random(`${seed} other`);
    const whole = pages.vault[held]!;
    const torn = fill(4096, 0xff);
    torn.set(whole.subarray(0, 100));
    for (const other of [torn, fill(4096, 0), Uint8Array.from({ length: 4096 }, () => random.int(256))]) {
      const vault = held === 0 ? [whole, other] : [other, whole];
      const unit = boot({ ring: pages.ring, vault });
      assert.deepEqual(unit.monitor.keys(), keys);
      assert.deepEqual(unit.pages().vault[1 - held], fill(4096, 0xff));
      await time.virtual!.until(record(unit), 60_000);
      const { recording, leaf } = unit.monitor.keys()!;
      assert.deepEqual([recording, leaf], [3, 2]);
      unit.handheld.powerOff();
    }
  });
});
