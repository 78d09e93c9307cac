import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { systemClock } from "../../gateway/clock";
import { nodeCrypto } from "../../gateway/crypto";
import { startHub } from "../../gateway/hub";
import type { Crypto } from "../../protocol/crypto";
import { RecordingMode } from "../../protocol/open";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { type House, openHouse } from "../../tools/sim/house";
import { newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { PERFECT, type RadioFaults } from "../../tools/sim/radio/lossy";
import { Random } from "../../tools/sim/random";
import { GeneratedSource, type SampleSource } from "../../tools/sim/source";
import { VirtualTime } from "../../tools/sim/time";
import { scratch } from "./rig";

const RATE = 256;
const seed = Number(process.env.AVNODE_SEED ?? 1);

/** Keeps what the front end was given since it was last asked, so that a recording can be compared with it. */
class RememberedSource implements SampleSource {
  readonly name = "remembered";
  readonly rateNum = RATE;
  readonly rateDen = 1;
  readonly bits = 18;
  readonly leads;
  private samples: number[] = [];
  constructor(private readonly source: SampleSource) {
    this.leads = source.leads;
  }
  left(): number {
    return this.source.left();
  }
  read(count: number): Int32Array[] {
    const signals = this.source.read(count);
    this.samples.push(...signals[0]!);
    return signals;
  }
  /** @returns every sample since the last call */
  take(): number[] {
    const samples = this.samples;
    this.samples = [];
    return samples;
  }
}

function source(): RememberedSource {
  return new RememberedSource(
    new GeneratedSource(new EcgGenerator({ rate: RATE, gainCountsPerMillivolt: 400, seed })),
  );
}

/** Lets a house live in virtual time. */
async function inHouse(
  options: { radio?: Partial<RadioFaults>; ringPages?: number },
  live: (house: House, time: VirtualTime, keepsake: ReturnType<typeof newKeepsake>) => Promise<void>,
  dataDir: string,
): Promise<void> {
  const time = new VirtualTime(Date.UTC(2026, 10, 23));
  try {
    await time.until(
      (async () => {
        const keepsake = newKeepsake(seed, {
          pageBytes: 4096,
          pages: options.ringPages ?? 512,
          writeBytes: 4,
        });
        const house = await openHouse({
          keepsake,
          radio: { ...PERFECT, ...options.radio },
          seed,
          startHub: (radio) => startHub({ dataDir, kind: "import", broker: "memory", radio }),
        });
        try {
          await live(house, time, keepsake);
        } finally {
          await house.close();
        }
      })(),
    );
  } finally {
    time.restore();
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function samplesOf(house: House, id: string): Map<number, number> {
  const samples = new Map<number, number>();
  for (const piece of house.store.reader.pieces(id)) {
    for (const [i, value] of piece.samples[0]!.entries()) {
      assert.equal(samples.has(piece.firstSample + i), false, `sample ${piece.firstSample + i} twice`);
      samples.set(piece.firstSample + i, value);
    }
  }
  return samples;
}

/** A fixed recording of a quarter of an hour on a ring too small for it: kept and declared lost add up, sample by sample. */
async function overflow(house: House): Promise<void> {
  const { handheld, store } = house;
  const heart = source();
  handheld.powerOn(new SimFrontEnd(heart, systemClock, { burstMs: 250, speed: 1 }));
  await claimIfNew(handheld, store);
  await pause(2000);
  handheld.act((monitor) => monitor.start(RecordingMode.fixed, 900));
  await waitUntil("idle", () => handheld.monitor!.state === 1, 3600_000);
  const given = heart.take();
  const [recording] = store.reader.recordings();
  const kept = samplesOf(house, recording!.id);
  const gaps = store.reader.gaps(recording!.id);
  let missing = 0;
  for (let i = 0; i < 900 * RATE; i++) {
    const inGap = gaps.some((gap) => i >= gap.firstSample && i < gap.firstSample + gap.samples);
    assert.equal(kept.has(i), !inGap, `sample ${i}`);
    if (inGap) missing++;
    else assert.equal(kept.get(i), given[i], `sample ${i}`);
  }
  assert.ok(missing > 60 * RATE, "the ring never overflowed: the test tests nothing");
  assert.equal(kept.size + missing, 900 * RATE);
  const report = store.reader.verify();
  assert.deepEqual(report.problems, []);
  assert.deepEqual(report.recordings[0]!.problems, []);
  assert.equal(report.ok, true);
  assert.match(report.recordings[0]!.notes.join("; "), /gap of \d+ samples/);
  assert.doesNotMatch(report.recordings[0]!.notes.join("; "), /not tied/);
}

describe(`a handheld in trouble (seed ${seed})`, () => {
  const dirs = [1, 2, 3, 4, 5, 6].map(() => scratch(true));

  const absencesOf = { "after a minute": 60_000, "before the recording began": 1_000 };
  for (const [when, fromMs] of Object.entries(absencesOf)) {
    it(`that nobody collects, the hub having left ${when}, drops its oldest, and the store names exactly that gap`, async function () {
      // Sixteen pages hold about four minutes; the hub is away for ten.
      const dataDir = dirs.shift()!;
      await inHouse(
        { ringPages: 16, radio: { absences: [{ fromMs, toMs: fromMs + 600_000 }] } },
        overflow,
        dataDir,
      );
    });
  }

  it("whose connection carries less than it sends, and of every long frame loses the same end, slows down", async function () {
    await inHouse(
      // A signature takes 73 notifications of 20 bytes.
      { radio: { notificationBytes: 20, notificationsPerSecond: 60, queue: 17 } },
      async ({ handheld, store, radio }) => {
        handheld.powerOn(new SimFrontEnd(source(), systemClock, { burstMs: 250, speed: 1 }));
        await claimIfNew(handheld, store);
        handheld.act((monitor) => monitor.start(RecordingMode.fixed, 20));
        await pause(21_000);
        await waitUntil("idle", () => handheld.monitor!.state === 1, 120_000);
        assert.ok(radio.counters.vanished > 10, "the queue never ran over: the test tests nothing");
        const [recording] = store.reader.recordings();
        assert.equal(store.reader.log.signature(recording!.id), "signed");
      },
      dirs.shift()!,
    );
  });

  it("that overflows, loses power and overflows again leaves nothing unexplained", async function () {
    await inHouse(
      { ringPages: 12 },
      async (house) => {
        const { handheld, store, radio } = house;
        const heart = source();
        const boot = () => handheld.powerOn(new SimFrontEnd(heart, systemClock, { burstMs: 250, speed: 1 }));
        boot();
        await claimIfNew(handheld, store);
        // The beginning arrives, then the ring overflows, twice, with a restart between: no RAM knows the first loss.
        handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
        await pause(4000);
        radio.centralOff();
        await pause(450_000);
        handheld.act((monitor) => monitor.stop());
        handheld.powerOff();
        boot();
        handheld.act((monitor) => monitor.start(RecordingMode.fixed, 400));
        await pause(401_000);
        radio.centralOn();
        await waitUntil("idle", () => handheld.monitor!.state === 1, 3600_000);
        // What is gone for good is declared in the next recording.
        handheld.act((monitor) => monitor.start(RecordingMode.fixed, 10));
        await pause(12_000);
        await waitUntil("idle", () => handheld.monitor!.state === 1, 3600_000);
        const { length } = store.reader.recordings();
        assert.equal(length, 3);
        for (const { id, recording, holes, frames } of store.reader.recordings()) {
          assert.ok(frames > 0);
          assert.equal(holes, 0, `recording ${recording} (${id})`);
        }
        const report = store.reader.verify();
        for (const { problems } of report.recordings) assert.deepEqual(problems, []);
        assert.equal(report.ok, true);
      },
      dirs.shift()!,
    );
  });

  it("that loses power again and again loses at most the block being written, and says so", async function () {
    await inHouse(
      { radio: { disconnectEveryMs: [3000, 20_000], loss: 0.05, latencyMs: [5, 30] } },
      async (house, _time, keepsake) => {
        const { handheld, store } = house;
        const random = new Random(`cuts ${seed}`);
        const given: number[][] = [];
        const heart = source();
        const frontEnd = () => new SimFrontEnd(heart, systemClock, { burstMs: 250, speed: 1 });
        handheld.powerOn(frontEnd());
        await claimIfNew(handheld, store);
        for (let cut = 0; cut < 60; cut++) {
          heart.take();
          const before = handheld.powerCuts;
          const chip = random.chance(0.2) ? keepsake.vault : keepsake.flash;
          chip.cutAfter(1 + random.int(chip === keepsake.vault ? 4 : 80));
          handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
          await pause(1000 * (1 + random.int(40)));
          if (handheld.powerCuts === before) {
            handheld.act((monitor) => monitor.stop());
            if (handheld.powerCuts === before) handheld.powerOff();
          }
          given.push(heart.take());
          keepsake.vault.restore();
          keepsake.flash.restore();
          handheld.powerOn(frontEnd());
        }
        handheld.act((monitor) => monitor.start(RecordingMode.fixed, 5));
        await waitUntil("idle", () => handheld.monitor!.status(0, 0).state === 1, 3600_000);
        const report = store.reader.verify();
        assert.deepEqual(report.problems, []);
        for (const { id, problems } of report.recordings) assert.deepEqual(problems, [], id);
        assert.equal(report.ok, true);
        // Whatever the store has of a recording is the beginning of what that boot's front end gave, short of a block.
        let matched = 0;
        for (const { id, samples, state } of store.reader.recordings()) {
          if (samples === 0) continue;
          const kept = [...samplesOf(house, id).values()];
          const whole = given.find((all) => kept.every((value, i) => value === all[i]));
          if (!whole) continue;
          matched++;
          assert.ok(
            whole.length - kept.length <= 2 * RATE,
            `${id}, ${state}: ${whole.length - kept.length} samples lost`,
          );
        }
        assert.ok(matched >= 40, `only ${matched} recordings could be compared`);
        assert.ok(handheld.powerCuts >= 20, `only ${handheld.powerCuts} cuts`);
      },
      dirs.shift()!,
    );
  });

  it("never seals two different bodies under one key and nonce, whenever its power fails", async function () {
    const sealed = new Map<string, string>();
    let count = 0;
    const watched: Crypto = {
      ...nodeCrypto,
      seal(key, nonce, plain) {
        const place = `${Buffer.from(key).toString("hex")}/${Buffer.from(nonce).toString("hex")}`;
        const body = createHash("sha256").update(plain).digest("hex");
        const before = sealed.get(place);
        assert.ok(before === undefined || before === body, `${place} sealed twice`);
        sealed.set(place, body);
        count++;
        return nodeCrypto.seal(key, nonce, plain);
      },
    };
    const time = new VirtualTime(Date.UTC(2026, 10, 23));
    try {
      await time.until(sealUnderCuts(dirs.shift()!, watched));
    } finally {
      time.restore();
    }
    assert.ok(count > 500, `only ${count} bodies were sealed`);
  });
});

/** Power fails at each of the first operations of a start in turn: between burning the number and the first frame. */
async function sealUnderCuts(dataDir: string, crypto: Crypto): Promise<void> {
  const keepsake = newKeepsake(seed);
  const house = await openHouse({
    keepsake,
    radio: PERFECT,
    seed,
    crypto,
    startHub: (radio) => startHub({ dataDir, kind: "import", broker: "memory", radio }),
  });
  const { handheld, store } = house;
  const heart = source();
  const boot = () => handheld.powerOn(new SimFrontEnd(heart, systemClock, { burstMs: 250, speed: 1 }));
  boot();
  await claimIfNew(handheld, store);
  for (let operation = 1; operation <= 40; operation++) {
    for (const chip of [keepsake.vault, keepsake.flash]) {
      chip.cutAfter(operation);
      handheld.act((monitor) => monitor.start(RecordingMode.fixed, 8));
      await pause(12_000);
      handheld.powerOff();
      keepsake.vault.restore();
      keepsake.flash.restore();
      boot();
    }
  }
  await house.close();
}
