import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Max30003Spec } from "../../firmware/board/spec";
import { readRecord } from "../../gateway/wfdb/read";
import { decodeOpen, RecordingMode } from "../../protocol/open";
import { exportAs } from "../e2e/imports";
import { scratch } from "../e2e/rig";
import { ecgFiles, PYTHON, skipUnlessEcg, skipUnlessPython } from "../machine";
import { asRecord, BUNDLED, type Excerpt, excerpt } from "./ecg";
import { built } from "./firmware";
import { Household, type HouseholdOptions } from "./household";
import { skipUnlessInterpreter } from "./interpreter";
import { Unit } from "./unit";

const SLOW = process.env.AVNODE_SLOW === "1";
const seed = Number(process.env.AVNODE_SEED ?? 1);
/** 60 % of the variables that an nRF52840 with Espruino has. */
const MAX_VARIABLES = 8400;
const PATIENCE_MS = 600_000;

type Extra = Pick<HouseholdOptions, "inRam" | "loss">;

async function claimedHouse(dataDir: string, ecg: Excerpt, extra: Extra): Promise<Household> {
  const firmware = built(ecg.rateHz);
  const house = await Household.open({ dataDir, firmware, samples: ecg.samples, seed, ...extra });
  try {
    await house.powerOn();
    await house.claim();
    return house;
  } catch (error) {
    await house.close();
    throw error;
  }
}

/** Variables that the shim uses, which no handheld carries. */
async function shimAlone({ samples }: Excerpt): Promise<number> {
  const unit = await Unit.with({
    files: {},
    wiring: { cs: "D4", int: "D3", fclkHz: 32768 },
    samples: new Uint8Array(samples.buffer),
    random: (length) => new Uint8Array(length),
  });
  try {
    unit.powerOn();
    return ((await unit.ask("memory")).value as { usage: number }).usage;
  } finally {
    await unit.powerOff();
  }
}

function samplesOf(house: Household, id: string): Int32Array {
  const out: number[] = [];
  for (const { firstSample, samples } of house.store.reader.pieces(id)) {
    assert.equal(firstSample, out.length, "pieces follow each other");
    out.push(...samples[0]!);
  }
  return Int32Array.from(out);
}

function sameSamples(actual: Int32Array, expected: Int32Array): void {
  const at = actual.findIndex((value, i) => value !== expected[i]);
  assert.equal(at, -1, `sample ${at} is ${actual[at]}, not ${expected[at]}`);
  assert.equal(actual.length, expected.length);
}

/** Records the whole excerpt, exports it, and holds the export against the original. */
function comesOutEqual(
  what: string,
  ecgOf: () => Excerpt,
  extra: Extra,
  needs?: (context: Mocha.Context) => void,
) {
  describe(`${what} (seed ${seed})`, function () {
    this.timeout(1_800_000);
    const folder = scratch(true);
    const exported = scratch(true);
    let ecg: Excerpt;

    before(function () {
      skipUnlessInterpreter(this);
      needs?.(this);
      ecg = ecgOf();
    });

    it("goes from the chip over SPI, driver, firmware, radio, relay and broker into the store, signed and authentic", async () => {
      const house = await claimedHouse(join(folder, "hub"), ecg, extra);
      try {
        const id = house.id(1);
        house.record(RecordingMode.fixed, ecg.samples.length / ecg.rateHz);
        let peak = 0;
        for (let done = false; !done; ) {
          await house.pass(2000);
          const { usage } = (await house.unit.ask("memory")).value as { usage: number };
          peak = Math.max(peak, usage);
          done = house.recording(id)?.state === "closed";
        }
        await house.until(
          "the signature",
          () => house.store.reader.verify().recordings[0]?.verdict === "authentic",
          PATIENCE_MS,
        );
        const report = house.store.reader.verify();
        assert.deepEqual(report.problems, []);
        assert.deepEqual(report.recordings[0]!.problems, []);
        assert.deepEqual(house.store.reader.gaps(id), []);
        exportAs(house.store.reader, id, exported, "copy");
        const { heard, lost } = house.radio;
        if (extra.loss) assert.ok(lost > heard / 10, "nothing got lost: the test tests nothing");
        const { value } = await house.unit.ask("seen");
        assert.equal((value as { vanished: number }).vanished, 0, "the firmware overran the radio's queue");
        console.log(`      ${ecg.samples.length} samples, ${heard} notifications, ${lost} lost`);
        if (extra.inRam) return;
        const variables = peak - (await shimAlone(ecg));
        console.log(`      the firmware used at most ${variables} variables of 14000, code in Storage`);
        assert.ok(variables > 0 && variables <= MAX_VARIABLES, `${variables} variables`);
      } finally {
        await house.close();
      }
    });

    it("is exported equal to the original, with the front end's calibration", () => {
      const copy = readRecord(join(exported, "copy"));
      assert.equal(copy.rateNum / copy.rateDen, ecg.rateHz);
      assert.equal(copy.samples, ecg.samples.length);
      sameSamples(copy.signals[0]!, ecg.samples);
      const { gain } = built(ecg.rateHz).board.frontEnd as Max30003Spec;
      const [lead] = copy.leads;
      // MAX30003 data sheet: 2^17 counts are the reference of 1 V at the given gain.
      assert.ok(Math.abs(lead!.gain / ((131072 * gain) / 1000) - 1) < 1e-9);
      assert.deepEqual([lead!.baseline, lead!.unit], [0, "mV"]);
    });

    it("satisfies a reader that is not ours", function () {
      skipUnlessPython(this, "numpy");
      const pair = [asRecord(ecg, exported, "original"), join(exported, "copy")];
      const said = execFileSync(PYTHON, [join(__dirname, "../e2e/same_signals.py"), ...pair], {
        encoding: "utf8",
      });
      assert.match(said, / same$/m);
    });
  });
}

describe("on the real interpreter, the built bundle", () => {
  comesOutEqual("a record of 360 Hz, run from Storage", () => excerpt(BUNDLED, 10), {});
  comesOutEqual("the same over a radio that loses a fifth", () => excerpt(BUNDLED, SLOW ? 300 : 20), {
    inRam: true,
    loss: 0.2,
  });
  comesOutEqual(
    "a record of MIT-BIH",
    () => excerpt(ecgFiles("mitdb", ".hea")[0]!.slice(0, -".hea".length), SLOW ? 1800 : 60),
    { inRam: true },
    (context) => skipUnlessEcg(context, "mitdb"),
  );

  describe("power lost in the midst of a recording", function () {
    before(function () {
      skipUnlessInterpreter(this);
    });

    it("costs the block in flight and no more, and the next recording says so", async () => {
      const ecg = excerpt(BUNDLED, 10);
      const house = await claimedHouse(join(scratch(true), "hub"), ecg, { inRam: true });
      try {
        house.record(RecordingMode.continuous, 0);
        await house.pass(1000);
        // What is in flash and nowhere else.
        house.radio.outOfReach = true;
        await house.pass(5700);
        const { given } = (await house.unit.ask("chip")).value as { given: number };
        await house.powerOff();
        await house.pass(1000);
        await house.powerOn();
        house.radio.outOfReach = false;
        await house.pass(3000);
        house.record(RecordingMode.fixed, 4);
        await house.until(
          "the second recording",
          () => house.recording(house.id(2))?.state === "closed",
          PATIENCE_MS,
        );
        await house.until(
          "its signature",
          () => house.store.reader.verify().recordings[1]?.verdict === "authentic",
          PATIENCE_MS,
        );
        const first = house.recording(house.id(1))!;
        assert.equal(first.state, "truncated");
        const held = samplesOf(house, first.id);
        sameSamples(held, ecg.samples.subarray(0, held.length));
        const lost = given - held.length;
        assert.ok(lost >= 0 && lost < 2 * ecg.rateHz, `${lost} samples are missing at the end`);
        assert.deepEqual(house.store.reader.gaps(first.id), []);
        assert.equal(first.holes, 0);
        const second = house.recording(house.id(2))!;
        sameSamples(samplesOf(house, second.id), ecg.samples.subarray(0, 4 * ecg.rateHz));
        const [open] = house.store.reader.frames(second.id);
        const { previous } = decodeOpen(open!.body);
        assert.deepEqual([previous!.recording, previous!.frames, previous!.closed], [1, first.frames, false]);
        assert.deepEqual(house.store.reader.verify().problems, []);
      } finally {
        await house.close();
      }
    });
  });
});
