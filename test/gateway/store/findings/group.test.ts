import assert from "node:assert/strict";
import type { Finding } from "../../../../gateway/rhythm/findings";
import type { Rhythm } from "../../../../gateway/rhythm/types";
import { EVENT_GAP_MS, group, partsOf, type Timeline } from "../../../../gateway/store/findings/group";
import type { EventPart } from "../../../../gateway/store/findings/types";
import { Random } from "../../../../tools/sim/random";

const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);
const RATE = 100;
const EIGHT = Date.UTC(2026, 10, 23, 20);
const GAP_S = EVENT_GAP_MS / 1000;

const recording = (order: number, startMs: number, changes: Partial<Timeline> = {}): Timeline => ({
  recording: `recording ${order}`,
  epoch: 1,
  order,
  analysis: 1,
  rate: RATE,
  startMs,
  ...changes,
});

/** In seconds. */
function episode(from: number, to: number, rhythm: Rhythm = "af", confidence = 0.9): Finding {
  const [a, b] = [from * RATE, to * RATE];
  return { from: a, to: b, rhythm, confidence, rate: 90, evidence: { from: a, to: a + 30 * RATE } };
}

const afOf = (episodes: Finding[], timeline: Timeline) => partsOf(episodes, timeline).get("af") ?? [];
const af = (...parts: EventPart[][]) => group("af", "v1", parts.flat());
/** Seconds since eight o'clock of each event, and how many episodes it has. */
const spans = (events: ReturnType<typeof group>) =>
  events.map(({ fromMs, toMs, episodes }) => [(fromMs! - EIGHT) / 1000, (toMs! - EIGHT) / 1000, episodes]);

describe("episodes as events", () => {
  it("are one event where less than five minutes lie between them, else two", () => {
    assert.equal(GAP_S, 300);
    const near = afOf([episode(0, 60), episode(60 + GAP_S - 1, 600)], recording(1, EIGHT));
    assert.deepEqual(spans(af(near)), [[0, 600, 2]]);
    const far = afOf([episode(0, 60), episode(60 + GAP_S, 600)], recording(1, EIGHT));
    assert.deepEqual(spans(af(far)), [
      [0, 60, 1],
      [60 + GAP_S, 600, 1],
    ]);
  });

  it("are grouped by kind, and make none of sinus rhythm and of what cannot be read", () => {
    const parts = partsOf(
      [
        episode(0, 60),
        episode(60, 120, "sinus"),
        episode(70, 72, "pause"),
        episode(120, 180, "unreadable"),
        episode(180, 240),
      ],
      recording(1, EIGHT),
    );
    assert.deepEqual([...parts.keys()].sort(), ["af", "pause"]);
    assert.deepEqual(spans(af(parts.get("af")!)), [[0, 240, 2]]);
  });

  it("show the strip of the most certain one", () => {
    const parts = afOf(
      [episode(0, 60, "af", 0.6), episode(90, 150, "af", 0.95), episode(200, 260, "af", 0.7)],
      recording(1, EIGHT),
    );
    const [event] = af(parts);
    assert.equal(event!.confidence, 0.95);
    assert.deepEqual(event!.strip, { recording: "recording 1", from: 90 * RATE, to: 120 * RATE });
  });

  it("go on in the next recording where the handheld's clock says that it followed soon", () => {
    const first = afOf([episode(0, 600)], recording(1, EIGHT));
    const soon = afOf([episode(30, 90)], recording(2, EIGHT + 700_000));
    assert.deepEqual(spans(af(first, soon)), [[0, 790, 2]]);
    const later = afOf([episode(30, 90)], recording(2, EIGHT + 600_000 + EVENT_GAP_MS));
    assert.equal(af(first, later).length, 2);
    const other = afOf([episode(30, 90)], recording(2, EIGHT + 700_000, { epoch: 2, order: 1 }));
    assert.equal(af(first, other).length, 1, "nor does a new ownership end an evening");
  });

  it("are in order of recording and sample, whatever a clock that was set meanwhile says", () => {
    const first = afOf([episode(0, 600)], recording(1, EIGHT));
    // Set back by two minutes, and by two hours: the second tells nothing of how long nothing was recorded.
    assert.deepEqual(spans(af(first, afOf([episode(0, 60)], recording(2, EIGHT + 480_000)))), [[0, 600, 2]]);
    // Before its beginning: no event ends before it begins.
    const short = afOf([episode(200, 260)], recording(1, EIGHT));
    assert.deepEqual(spans(af(short, afOf([episode(0, 60)], recording(2, EIGHT + 100_000)))), [
      [100, 260, 2],
    ]);
    const back = af(first, afOf([episode(0, 60)], recording(2, EIGHT - 7_200_000)));
    assert.deepEqual(
      back.map(({ parts }) => parts[0]!.recording),
      ["recording 1", "recording 2"],
    );
  });

  it("of recordings whose clock was never set are grouped within each, without times", () => {
    const parts = [1, 2].map((order) => afOf([episode(0, 60), episode(90, 120)], recording(order, 0)));
    const events = af(...parts);
    assert.deepEqual(
      events.map(({ episodes, fromMs, toMs }) => [episodes, fromMs, toMs]),
      [
        [2, undefined, undefined],
        [2, undefined, undefined],
      ],
    );
  });

  it("that came late close the gap between two events", () => {
    const parts = [1, 2, 3].map((order) =>
      afOf([episode(0, 240)], recording(order, EIGHT + (order - 1) * 300_000)),
    );
    assert.equal(af(parts[0]!, parts[2]!).length, 2);
    assert.deepEqual(spans(af(parts[0]!, parts[2]!, parts[1]!)), [[0, 840, 3]]);
  });

  it(`follow from what was recorded, not from the order in which it came (seed ${seed})`, () => {
    const random = new Random(seed);
    for (let round = 0; round < 50; round++) {
      let startMs = EIGHT;
      const all = Array.from({ length: 6 }, (_, i) => {
        const episodes: Finding[] = [];
        let at = random.int(200);
        for (let k = random.int(4); k >= 0; k--) {
          const to = at + 30 + random.int(200);
          episodes.push(episode(at, to, "af", random.next()));
          at = to + random.int(700);
        }
        const parts = afOf(
          random.chance(0.5) ? episodes : [...episodes].reverse(),
          recording(i + 1, startMs),
        );
        startMs += 1000 * (at + random.int(600));
        return parts;
      });
      const shuffled = all.flat().sort(() => random.next() - 0.5);
      assert.deepEqual(group("af", "v1", shuffled), af(...all));
      // By hand: every two parts of one event are near through others, no two events are.
      const events = af(...all);
      for (const [i, event] of events.entries()) {
        for (let k = 1; k < event.parts.length; k++)
          assert.ok(event.parts[k]!.fromMs! - event.parts[k - 1]!.toMs! < EVENT_GAP_MS);
        if (i > 0) assert.ok(event.fromMs! - events[i - 1]!.toMs! >= EVENT_GAP_MS);
      }
      assert.equal(
        events.reduce((sum, event) => sum + event.episodes, 0),
        all.flat().reduce((sum, part) => sum + part.episodes, 0),
      );
    }
  });
});
