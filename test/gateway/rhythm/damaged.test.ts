/** States that were saved and damaged on their way: refused by name, or harmless within two minutes. */
import assert from "node:assert/strict";
import { runInThisContext } from "node:vm";
import { Analysis } from "../../../gateway/rhythm/analysis";
import { type Saved, StateError } from "../../../gateway/rhythm/state";
import { Random } from "../../../tools/sim/random";
import { invented } from "./episodes/invented";

const RATE = 125;
const GAIN = 200;
const SETTINGS = { rate: RATE, gain: GAIN };
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);
const DAMAGES = process.env.AVNODE_SLOW === "1" ? 3000 : 80;
const VALUES = [1e300, -1e300, 1e20, 1e15, 1e9, 12_345.5, 0.5, -1, -2, 0, 7];
/** What takes milliseconds, and seconds on a busy machine. */
const HANGS_MS = 30_000;
/** In seconds: when it is saved, until when damage must have passed, and the end. */
const [SAVED, HEALED, END] = [95, 215, 275];

/** Of the beats by then, how many are found as though nothing had happened: F1. */
const LEAST = 0.97;

const heart = () => {
  const beats = Array.from({ length: 400 }, (_, i) => ({
    at: 0.4 + 0.8 * i + (i % 2) * 0.02,
    class: i % 19 === 7 ? ("V" as const) : ("N" as const),
    atrial: true,
  }));
  const signal = invented(beats, END, RATE, GAIN);
  const random = new Random(1);
  // So that there are seconds that could not be read.
  for (let i = 60 * RATE; i < 63 * RATE; i++) signal[i]! += Math.round(2 * GAIN * random.gaussian());
  return signal;
};

type Leaf = { path: string; put(value: number): void };

/** Every number, the lists' first, last and one between, and lists as a whole. */
function leavesOf(of: Saved | Saved[], random: Random, path = ""): Leaf[] {
  return Object.entries(of).flatMap(([name, value]): Leaf[] => {
    const at = `${path}/${name}`;
    const within = of as { [name: string]: unknown };
    if (typeof value === "number")
      return [
        {
          path: at,
          put(damage) {
            within[name] = damage;
          },
        },
      ];
    if (typeof value !== "object") return [];
    if (!Array.isArray(value) || typeof value[0] === "object") return leavesOf(value as Saved, random, at);
    const list = value as number[];
    if (list.length === 0) return [];
    const places = [0, random.int(list.length), list.length - 1];
    return [
      ...places.map((place) => ({
        path: `${at}/${place}`,
        put(damage: number) {
          list[place] = damage;
        },
      })),
      {
        path: `${at}/*`,
        put(damage) {
          list.fill(damage);
        },
      },
      {
        path: `${at}/shorter`,
        put() {
          list.pop();
        },
      },
    ];
  });
}

function inTime<T>(work: () => T): T {
  const global = globalThis as { work?: () => T };
  global.work = work;
  try {
    return runInThisContext("work()", { timeout: HANGS_MS }) as T;
  } finally {
    delete global.work;
  }
}

describe(`a saved state that was damaged (seed ${seed})`, function () {
  this.timeout(300_000);

  it("is refused by name, or does no harm for long", () => {
    const random = new Random(seed);
    const signal = heart();
    const whole = new Analysis(SETTINGS);
    whole.push(signal.subarray(0, SAVED * RATE));
    const text = JSON.stringify(whole.save());
    const late = (analysis: Analysis) => {
      const { beats } = analysis.push(signal.subarray(SAVED * RATE));
      const all = [...beats, ...analysis.end().beats];
      analysis.summary();
      return all.filter(({ sample }) => sample >= HEALED * RATE).map(({ sample }) => sample);
    };
    const expected = late(new Analysis(SETTINGS, JSON.parse(text)));
    assert.ok(expected.length > 60);
    let refused = 0;
    const harm: string[] = [];
    for (let i = 0; i < DAMAGES; i++) {
      const state = JSON.parse(text) as Saved;
      const value = VALUES[random.int(VALUES.length)]!;
      const leaves = leavesOf(state, random);
      const leaf = leaves[random.int(leaves.length)]!;
      leaf.put(value);
      const what = `${leaf.path} = ${value}`;
      try {
        const found = inTime(() => late(new Analysis(SETTINGS, state)));
        const common = found.filter((sample) => expected.includes(sample)).length;
        if (2 * common < LEAST * (found.length + expected.length)) harm.push(`${what}: ${common} beats`);
      } catch (error) {
        if (error instanceof StateError) refused++;
        else harm.push(`${what}: ${error}`);
      }
    }
    console.log(`      ${refused} of ${DAMAGES} damages were refused`);
    assert.deepEqual(harm, []);
    assert.ok(refused > DAMAGES / 4);
  });

  it("is refused when another version saved it, or it is of another lead", () => {
    const analysis = new Analysis(SETTINGS);
    analysis.push(heart().subarray(0, 10 * RATE));
    const state = analysis.save();
    const resume = (inputs: object, saved: Saved) => new Analysis({ ...SETTINGS, ...inputs }, saved);
    resume({}, state);
    for (const [inputs, saved] of [
      [{}, { ...state, version: "another/1" }],
      [{}, {}],
      [{ gain: 400 }, state],
      [{ rate: RATE + 1 }, state],
      [{ rails: { low: -5, high: 5 } }, state],
    ] as const)
      assert.throws(() => resume(inputs, saved as Saved), StateError);
  });
});
