import assert from "node:assert/strict";
import { DropReason } from "../../../protocol/bodies";
import { FrameType } from "../../../protocol/header";
import { encodeSignature } from "../../../protocol/signature";
import type { Handheld, Made } from "./handheld";
import { Rig } from "./rig";

/** Well formed; whose it is is told from the device's tables, elsewhere. */
function signatureBy(leaf: number, tree = 0): Uint8Array {
  const ots = new Uint8Array(1252).fill(9);
  ots.set([0, 0, 0, 7]);
  return encodeSignature({ tree, leaf, ots });
}
const SIGNATURE = signatureBy(3);

describe("a close's signature", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
  });
  afterEach(() => rig.end());

  function signed(body = SIGNATURE): Made {
    const made = handheld.record(1);
    handheld.append(made, FrameType.signature, body);
    return made;
  }

  /** Delivered in this order, then once more: receipts count it, verification accepts it. */
  function settles(made: Made, order: number[]): void {
    rig.deliver(handheld, made, order);
    rig.deliver(handheld, made);
    const receipt = handheld.newestReceipt(made.number)!;
    assert.deepEqual([receipt.next, receipt.holes], [made.frames.length, []]);
    const [recording] = rig.store.reader.recordings();
    assert.deepEqual([recording.state, recording.flags], ["closed", []]);
    const report = rig.verify();
    assert.deepEqual([report.ok, report.recordings[0].problems], [true, []]);
  }

  for (const order of [
    [0, 1, 2, 3],
    [0, 1, 3, 2],
    [0, 2, 1, 3],
    [0, 2, 3, 1],
    [0, 3, 1, 2],
    [0, 3, 2, 1],
    [3, 2, 1, 0],
    [2, 3, 0, 1],
  ]) {
    it(`is taken when frames come as ${order.join(", ")}`, () => settles(signed(), order));
  }

  it("stands in the next recording's open frame, and the next close follows it", () => {
    rig.deliver(handheld, signed());
    rig.deliver(handheld, signed(signatureBy(4)));
    const report = rig.verify();
    assert.deepEqual(
      report.recordings.map(({ problems }) => problems),
      [[], []],
    );
  });

  /** A close whose signature was still being made when the next recording began. */
  function signedLate(changes: Parameters<Handheld["begin"]>[0] = {}): Made {
    const made = handheld.record(1);
    const next = handheld.begin(changes);
    handheld.append(made, FrameType.signature, SIGNATURE);
    rig.deliver(handheld, made);
    rig.deliver(handheld, next);
    return made;
  }
  const problemsOfFirst = () => rig.verify().recordings[0].problems;

  it("may come after the next recording began, whose open frame then counts up to the close", () => {
    signedLate();
    assert.deepEqual(problemsOfFirst(), []);
    assert.equal(rig.verify().ok, true);
  });

  it("that came so and was dropped leaves nothing altered", () => {
    const made = handheld.record(1);
    const next = handheld.begin();
    handheld.append(made, FrameType.signature, SIGNATURE);
    rig.deliver(handheld, made, [0, 1, 2]);
    const { number: recording, samples: firstSample, chains } = made;
    const reason = DropReason.ringFull;
    handheld.drop(next, { reason, recording, from: 3, to: 3, firstSample, samples: 0, chain: chains[3] });
    rig.deliver(handheld, next);
    assert.deepEqual(problemsOfFirst(), []);
  });

  it("excuses no other chain up to the close", () => {
    const chain = new Uint8Array(32).fill(1);
    signedLate({ previous: { recording: 1, frames: 3, closed: true, chain } });
    assert.deepEqual(problemsOfFirst(), [
      "the chain does not end in the hash that the next recording states",
    ]);
  });

  it("excuses no open frame that says there was no close", () => {
    signedLate({ previous: { recording: 1, frames: 3, closed: false, chain: new Uint8Array(32) } });
    assert.deepEqual(problemsOfFirst(), ["the next recording says that this one had 3 frames, not 4"]);
  });

  it("is nothing that must be: a recording without it is closed", () => {
    const made = handheld.record(1);
    settles(made, [0, 1, 2]);
  });

  it("is the last frame: nothing is taken behind it", () => {
    const made = signed();
    handheld.data(made);
    rig.deliver(handheld, made);
    assert.deepEqual(rig.refused(handheld), { "after-close": 1 });
    assert.equal(rig.verify().ok, true);
  });

  it("tells that a recording was closed whose close itself was dropped", () => {
    const made = signed();
    rig.deliver(handheld, made, [0, 1, 3]);
    const next = handheld.begin();
    handheld.drop(next, {
      reason: DropReason.ringFull,
      recording: made.number,
      from: 2,
      to: 2,
      firstSample: made.samples,
      samples: 0,
      chain: made.chains[2],
    });
    handheld.close(next, { previousClose: new Uint8Array(32).fill(1) });
    rig.deliver(handheld, next);
    const [first] = rig.verify().recordings.filter(({ id }) => id === idOf(made));
    assert.deepEqual([first.problems, first.notes], [[], ["simulated", "truncated"]]);
  });

  it("in the place of another frame, or another frame in its place, is told", () => {
    const beforeClose = handheld.begin();
    handheld.append(beforeClose, FrameType.signature, SIGNATURE);
    handheld.close(beforeClose);
    rig.deliver(handheld, beforeClose);
    const behind = handheld.begin();
    handheld.close(behind);
    handheld.data(behind);
    rig.deliver(handheld, behind, [0, 2, 1]);
    const report = rig.verify();
    assert.match(
      report.recordings.find(({ id }) => id === idOf(beforeClose))!.problems.join("; "),
      /signature, and the frame before it no close/,
    );
    assert.match(
      report.recordings.find(({ id }) => id === idOf(behind))!.problems.join("; "),
      /frame 2 stands behind the close/,
    );
    assert.deepEqual(recordingOf(behind).flags, ["after-close"]);
  });

  it("that is malformed is kept, since the handheld sealed it, and told", () => {
    const made = handheld.record(1);
    handheld.append(made, FrameType.signature, SIGNATURE.subarray(1));
    rig.deliver(handheld, made);
    assert.deepEqual(recordingOf(made).flags, ["malformed"]);
    assert.equal(rig.verify().ok, false);
  });

  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ];
  const leaves: [string, [number, number][], number][] = [
    [
      "rises",
      [
        [3, 0],
        [4, 0],
        [0, 1],
      ],
      0,
    ],
    [
      "is used twice",
      [
        [3, 0],
        [3, 0],
        [4, 0],
      ],
      1,
    ],
    [
      "runs backwards",
      [
        [7, 0],
        [6, 0],
        [8, 0],
      ],
      1,
    ],
    [
      "runs back to an earlier tree",
      [
        [7, 1],
        [8, 0],
        [8, 1],
      ],
      1,
    ],
  ];
  for (const [what, signatures, alarms] of leaves) {
    for (const order of orders) {
      it(`by a leaf that ${what}, from recording to recording, arriving as ${order.join(", ")}: ${alarms} alarm`, () => {
        // One that is not signed lies between.
        const made = signatures.map(([leaf, tree], i) => {
          if (i === 1) rig.deliver(handheld, handheld.record(1));
          return signed(signatureBy(leaf, tree));
        });
        for (const i of order) rig.deliver(handheld, made[i]);
        const { "leaf-regressed": found = 0, ...others } = rig.refused(handheld);
        assert.deepEqual(others, {});
        assert.equal(found, alarms);
        const problems = rig.verify().recordings.flatMap((recording) => recording.problems);
        if (what !== "is used twice") assert.deepEqual(problems, []);
        else
          assert.match(
            problems.join("; "),
            /^the key that signed it signed recording [0-9a-f]{16} too[^;]*$/,
          );
      });
    }
  }

  it("by a leaf that was used before a new claim raises the alarm too", () => {
    rig.deliver(handheld, signed(signatureBy(5)));
    rig.store.claim(handheld.code);
    rig.hello(handheld, true);
    assert.equal(handheld.epoch, 2);
    rig.deliver(handheld, signed(signatureBy(5)));
    assert.equal(rig.refused(handheld)["leaf-regressed"], 1);
  });

  function recordingOf(made: Made) {
    return rig.store.reader.recordings().find(({ recording }) => recording === made.number)!;
  }

  function idOf(made: Made): string {
    return recordingOf(made).id;
  }
});
