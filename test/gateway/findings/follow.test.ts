import assert from "node:assert/strict";
import { deflateSync, inflateSync } from "node:zlib";
import { analysedLead } from "../../../gateway/findings/lead";
import { ANALYSIS_VERSION, Analysis } from "../../../gateway/rhythm/analysis";
import type { Finding } from "../../../gateway/rhythm/findings";
import type { Saved } from "../../../gateway/rhythm/state";
import { resumePlace } from "../../../gateway/store/findings/rows";
import type { StoreReader } from "../../../gateway/store/reader";
import { DropReason } from "../../../protocol/bodies";
import { Random } from "../../../tools/sim/random";
import type { Handheld, Made } from "../store/handheld";
import { Rig } from "../store/rig";
import { analyse, beat, begin, heart, RATE } from "./hearts";

const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

const detectorOf = (state: Saved) =>
  ["reader", "classifier", "meter", "detector"].reduce((part, name) => part[name] as Saved, state);

class Killed extends Error {}

/** Everything that is said, without what may depend on the order of work. */
function said(reader: StoreReader) {
  return {
    analyses: reader.recordings().map(({ id }) => reader.findings.of(id)),
    beats: reader.recordings().map(({ id }) => reader.findings.beats(id)?.beats),
    events: reader.findings.listed(),
  };
}

describe(`a recording followed as it comes (seed ${seed})`, function () {
  let rig: Rig;
  let handheld: Handheld;
  const reader = () => rig.store.reader;
  const idOf = (number: number) =>
    reader()
      .recordings()
      .find((one) => one.recording === number)!.id;

  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
  });
  afterEach(() => rig.end());

  /** Three minutes of a sinus rhythm, five of AF, two of sinus again. */
  function evening(changes = {}): Made {
    const ecg = heart(7);
    const made = begin(handheld, changes);
    beat(handheld, made, ecg, 180);
    beat(handheld, made, ecg, 300, { af: true, heartRateBpm: 95 });
    beat(handheld, made, ecg, 120, { af: false, heartRateBpm: 65 });
    handheld.close(made);
    return made;
  }

  it("says what an analysis of the whole lead says, with its version, lead, evidence and summary", () => {
    rig.deliver(handheld, evening());
    analyse(rig.store);
    const [info, ...others] = reader().findings.of(idOf(1));
    assert.deepEqual(others, []);
    const whole = new Analysis(analysedLead(reader().recording(idOf(1)).open!).settings);
    const episodes: Finding[] = [];
    for (const { samples } of reader().pieces(idOf(1))) episodes.push(...whole.push(samples[0]!).episodes);
    episodes.push(...whole.end().episodes);
    const spans = (list: Finding[]) =>
      list.map(({ from, to, rhythm, evidence }) => ({ from, to, rhythm, evidence }));
    assert.deepEqual(spans(info!.episodes), spans(episodes));
    assert.deepEqual(info!.summary, JSON.parse(JSON.stringify(whole.summary())));
    assert.deepEqual(
      [info!.id, info!.ended, info!.samples, info!.name],
      [`${idOf(1)}/1`, true, 600 * RATE, "I"],
    );
    const af = info!.episodes.filter(({ rhythm }) => rhythm === "af");
    assert.equal(af.length, 1);
    assert.ok(Math.abs(af[0]!.from / RATE - 180) <= 45 && Math.abs(af[0]!.to / RATE - 480) <= 45);
  });

  it("makes one event of it, by the handheld's clock, that shows a strip", () => {
    const startMs = Date.now() - 3_600_000;
    rig.deliver(handheld, evening({ startMs }));
    analyse(rig.store);
    const events = reader().findings.listed();
    const [af, ...more] = events.filter(({ kind }) => kind === "af");
    assert.deepEqual(more, []);
    const [finding] = reader()
      .findings.of(idOf(1))[0]!
      .episodes.filter(({ rhythm }) => rhythm === "af");
    assert.equal(af!.device, handheld.hex);
    assert.equal(af!.episodes, 1);
    assert.equal(af!.fromMs, startMs + (1000 * finding!.from) / RATE);
    assert.equal(af!.toMs, startMs + (1000 * finding!.to) / RATE);
    assert.deepEqual(af!.strip, { recording: idOf(1), ...finding!.evidence });
    assert.ok(!events.some(({ kind }) => ["sinus", "unreadable"].includes(kind)));
  });

  it("grows under one id while the recording runs, and is told each time it is on disk", () => {
    const told: { id: number; toMs?: number }[] = [];
    rig.store.events.on("found", (events) => {
      for (const event of events) if (event.kind === "af") told.push({ id: event.id, toMs: event.toMs });
    });
    const ecg = heart(7);
    const made = begin(handheld);
    ecg.set({ af: true, heartRateBpm: 95 });
    for (let minute = 0; minute < 6; minute++) {
      const before = made.frames.length;
      beat(handheld, made, ecg, 120);
      rig.deliver(handheld, made, made.frames.map((_, i) => i).slice(minute === 0 ? 0 : before));
      analyse(rig.store);
    }
    assert.ok(told.length >= 5);
    assert.deepEqual(new Set(told.map(({ id }) => id)), new Set([told[0]!.id]));
    for (let i = 1; i < told.length; i++) assert.ok(told[i]!.toMs! > told[i - 1]!.toMs!);
    assert.equal(
      reader()
        .findings.listed()
        .filter(({ kind }) => kind === "af").length,
      1,
    );
    assert.equal(reader().findings.of(idOf(1))[0]!.ended, false);
  });

  it("waits for frames that are not there yet, and takes what is declared lost for a gap", () => {
    const made = evening();
    const all = made.frames.map((_, i) => i);
    rig.deliver(
      handheld,
      made,
      all.filter((sequence) => sequence < 200 || sequence >= 260),
    );
    analyse(rig.store, { frames: 32 });
    const taken = () => reader().findings.of(idOf(1)).at(-1)!;
    assert.ok(taken().samples <= 199 * RATE, `${taken().samples}`);
    assert.equal(taken().ended, false);
    rig.deliver(handheld, made, all.slice(200, 260));
    analyse(rig.store, { frames: 32 });
    const late = said(reader());

    assert.equal(late.analyses[0]!.at(-1)!.ended, true);
    assert.equal(late.analyses[0]!.at(-1)!.samples, 600 * RATE);
  });

  it("guesses nothing across a range that was declared lost", () => {
    const made = begin(handheld);
    const ecg = heart(3);
    beat(handheld, made, ecg, 90);
    const from = made.frames.length;
    beat(handheld, made, ecg, 60);
    const to = made.frames.length - 1;
    handheld.drop(made, {
      reason: DropReason.ringFull,
      recording: made.number,
      ...{ from, to, firstSample: 90 * RATE, samples: 60 * RATE, chain: made.chains[to]! },
    });
    made.dropped += 60 * RATE;
    beat(handheld, made, ecg, 90);
    handheld.close(made);
    rig.deliver(
      handheld,
      made,
      made.frames.map((_, i) => i).filter((sequence) => sequence < from || sequence > to),
    );
    analyse(rig.store);
    const [info] = reader().findings.of(idOf(1));
    assert.equal(info!.ended, true);
    assert.equal(info!.summary!.seconds, 180);
    assert.ok(info!.episodes.every((one) => one.to <= 90 * RATE || one.from >= 150 * RATE));
  });

  it("ends where the recording after it says that there was no more", () => {
    const made = begin(handheld);
    beat(handheld, made, heart(3), 20);
    rig.deliver(handheld, made);
    analyse(rig.store);
    assert.equal(reader().findings.of(idOf(1)).length, 0, "nothing was to be kept yet");
    rig.deliver(handheld, begin(handheld));
    analyse(rig.store);
    assert.equal(reader().findings.of(idOf(1))[0]!.ended, true);
  });

  for (const [name, damage] of [
    [
      "was damaged within",
      (state: Saved) => void ((detectorOf(state).leads as Saved[])[0]!.sums as number[]).fill(1e300),
    ],
    ["is of another moment", (state: Saved) => void (detectorOf(state).next as number)++],
    ["is of another version", (state: Saved) => Object.assign(state, { version: "another/1" })],
    ["does not open", undefined],
  ] as const)
    it(`begins anew, once, where its state ${name}, and says what it would have said`, () => {
      const made = evening();
      rig.deliver(handheld, made);
      analyse(rig.store);
      const expected = said(reader());
      const db = rig.store["db"];
      db.exec("DELETE FROM resumes; DELETE FROM beats; DELETE FROM analyses; DELETE FROM events");
      const onKept = () => {
        if (db.prepare("SELECT count(*) FROM resumes").pluck().get() === 1) throw new Killed();
      };
      const cadence = { seconds: 40, behindSeconds: 60, newsSeconds: 20 };
      assert.throws(() => analyse(rig.store, { cadence, onKept }), Killed);
      const [before] = reader().findings.of(idOf(1));
      assert.ok(before!.samples > 0 && !before!.ended);
      const state = JSON.parse(
        inflateSync(reader().findings.resume(idOf(1), ANALYSIS_VERSION)!.state!()).toString(),
      );
      damage?.(state);
      const { id } = db.prepare("SELECT id FROM analyses").get() as { id: number };
      const sealed = damage && rig.store["keyring"].wrap(deflateSync(JSON.stringify(state)), resumePlace(id));
      db.prepare("UPDATE resumes SET state = ?").run(sealed ?? Buffer.alloc(1000));
      rig.reopen();
      analyse(rig.store, { cadence });
      const [left, second, ...others] = reader().findings.of(idOf(1));
      assert.deepEqual([left, others], [before, []], "what was said stays");
      const [whole] = expected.analyses[0]!;
      assert.deepEqual(second, { ...whole, id: `${idOf(1)}/2`, number: 2 });
      assert.deepEqual(said(reader()).beats, expected.beats);
      assert.deepEqual(
        said(reader()).events.map(({ kind, fromMs, toMs, episodes }) => [kind, fromMs, toMs, episodes]),
        expected.events.map(({ kind, fromMs, toMs, episodes }) => [kind, fromMs, toMs, episodes]),
      );
      assert.deepEqual(reader().findings.due(ANALYSIS_VERSION), []);
      assert.deepEqual(rig.verify().problems, []);
    });

  it("says the same at whichever checkpoint the process was killed, and however often", () => {
    const random = new Random(seed);
    const startMs = Date.now() - 3_600_000;
    const ecg = heart(7);
    const made = begin(handheld, { startMs });
    beat(handheld, made, ecg, 60);
    beat(handheld, made, ecg, 120, { af: true, heartRateBpm: 95 });
    handheld.close(made);
    const next = begin(handheld, { startMs: startMs + 181_000 });
    beat(handheld, next, ecg, 120);
    handheld.close(next);
    rig.deliver(handheld, made);
    rig.deliver(handheld, next);
    const cadence = { seconds: 40, behindSeconds: 40, newsSeconds: 20 };
    /** Each time another process that knows nothing but what is on disk. @returns whether it was killed */
    const lives = (left: number, frames: number) => {
      rig.reopen();
      const onKept = () => {
        if (--left === 0) throw new Killed();
      };
      try {
        analyse(rig.store, { frames, cadence, onKept });
        return false;
      } catch (error) {
        if (error instanceof Killed) return true;
        throw error;
      }
    };
    const wipe = () =>
      rig.store["db"].exec(
        "DELETE FROM resumes; DELETE FROM beats; DELETE FROM analyses; DELETE FROM events",
      );
    assert.equal(lives(0, 20), false);
    const expected = said(reader());
    assert.deepEqual(
      expected.events.filter(({ kind }) => kind === "af").map(({ parts }) => parts.length),
      [2],
    );
    let points = 0;
    for (let isKilled = true; isKilled; points++) {
      wipe();
      isKilled = lives(points + 1, 20);
      assert.equal(lives(0, 20), false);
      assert.deepEqual(said(reader()), expected, `killed at message ${points + 1}`);
    }
    assert.ok(points > 12, `${points}`);
    for (let round = 0; round < 2; round++) {
      wipe();
      while (lives(2 + random.int(3), 10 + random.int(40)));
      assert.deepEqual(said(reader()), expected);
    }
  });
});
