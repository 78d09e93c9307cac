import assert from "node:assert/strict";
import { DropReason } from "../../../protocol/bodies";
import type { Handheld } from "./handheld";
import { Rig } from "./rig";

describe("verification", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
    for (let i = 0; i < 3; i++) rig.deliver(handheld, handheld.record(6));
  });
  afterEach(() => rig.end());

  const keyOf = (number: number) =>
    rig.store.reader.recordings().findIndex((one) => one.recording === number) + 1;

  it("finds an untouched store authentic, and says that it is simulated", () => {
    const report = rig.verify();
    assert.ok(report.ok);
    assert.deepEqual(
      report.recordings.map(({ verdict, notes, problems, frames, samples }) => ({
        verdict,
        notes,
        problems,
        frames,
        samples,
      })),
      Array(3).fill({ verdict: "authentic", notes: ["simulated"], problems: [], frames: 8, samples: 48 }),
    );
  });

  it("counts frames as it goes", () => {
    const calls: number[][] = [];
    rig.store.reader.verify(undefined, (done, total) => calls.push([done, total]));
    assert.deepEqual(calls.at(-1), [24, 24]);
  });

  const edits: [string, string, ("altered" | "missing")?, string?][] = [
    [
      "one byte of a frame",
      "UPDATE frames SET frame = substr(frame, 1, 20) || x'00' || substr(frame, 22) WHERE recording = 2 AND sequence = 3",
      "altered",
      "frame 3 was altered: it does not open",
    ],
    [
      "a deleted frame",
      "DELETE FROM frames WHERE recording = 2 AND sequence = 3",
      "missing",
      "frame 3 is missing",
    ],
    [
      "a deleted close",
      "DELETE FROM frames WHERE recording = 2 AND sequence = 7",
      "missing",
      "frame 7 is missing",
    ],
    [
      "the newest recording's deleted close",
      "DELETE FROM frames WHERE recording = 3 AND sequence = 7",
      "missing",
      "frame 7 is missing",
    ],
    [
      "all frames of a recording deleted",
      "DELETE FROM frames WHERE recording = 2",
      "missing",
      "frames 0 to 7 are missing",
    ],
    [
      "a frame's type",
      "UPDATE frames SET type = 3 WHERE recording = 2 AND sequence = 3",
      "altered",
      "frame 3 is not in its place: it was sealed as frame 3",
    ],
    [
      "a frame of another recording",
      "UPDATE frames SET frame = (SELECT frame FROM frames WHERE recording = 1 AND sequence = 3) WHERE recording = 2 AND sequence = 3",
      "altered",
      "frame 3 was altered: it does not open",
    ],
    [
      "the count of frames",
      "UPDATE recordings SET held = 7 WHERE key = 2",
      "altered",
      "its state row was altered",
    ],
    [
      "the next sequence",
      "UPDATE recordings SET next = 9 WHERE key = 3",
      "altered",
      "its state row was altered",
    ],
    [
      "the samples",
      "UPDATE recordings SET samples = 9 WHERE key = 2",
      "altered",
      "its state row was altered",
    ],
    [
      "the close",
      "UPDATE recordings SET closed_at = NULL WHERE key = 2",
      "altered",
      "its state row was altered",
    ],
    ["an invented gap", `UPDATE recordings SET gaps = '[{"from":0,"length":8}]' WHERE key = 2`, "altered"],
    ["the number", "UPDATE recordings SET number = 9 WHERE key = 2", "altered", "its key was altered"],
    ["the key", "UPDATE recordings SET mk = zeroblob(44) WHERE key = 2", "altered", "its key was altered"],
    ["a person who was added", "INSERT INTO people VALUES (7, 'Eve', zeroblob(32))"],
    ["the kind of store deleted", "DELETE FROM meta WHERE name = 'kind'"],
    ["a device's name", "UPDATE devices SET name = 'mine'"],
    ["a device's certificate", "UPDATE devices SET certificate = zeroblob(82)"],
    ["a deleted device", "DELETE FROM devices"],
    ["a deleted ownership", "DELETE FROM epochs"],
    ["the chain key's number", "UPDATE epochs SET ck_number = 2"],
    ["the kind of store", "UPDATE meta SET value = 'home' WHERE name = 'kind'"],
  ];
  for (const [what, sql, verdict, problem] of edits) {
    it(`shows ${what}`, () => {
      rig.sql(sql);
      const report = rig.verify();
      assert.equal(report.ok, false);
      if (!verdict) {
        assert.ok(report.problems.length > 0);
        return;
      }
      const wrong = report.recordings.filter((one) => one.verdict !== "authentic");
      assert.deepEqual(
        wrong.map((one) => one.verdict),
        [verdict],
      );
      if (problem) assert.ok(wrong[0].problems.includes(problem), wrong[0].problems.join("; "));
    });
  }

  it("shows a recording given to another person", () => {
    rig.sql("INSERT INTO people VALUES (7, 'Eve', zeroblob(32))");
    rig.sql("UPDATE recordings SET person = 7 WHERE key = 1");
    assert.deepEqual(rig.verify().recordings[0].problems, [
      "its state row was altered",
      "leaf 0 of log 1 states another person",
    ]);
  });

  it("shows two frames that changed places", () => {
    rig.sql("UPDATE frames SET sequence = 99 WHERE recording = 2 AND sequence = 3");
    rig.sql("UPDATE frames SET sequence = 3 WHERE recording = 2 AND sequence = 4");
    rig.sql("UPDATE frames SET sequence = 4 WHERE recording = 2 AND sequence = 99");
    const { verdict, problems } = rig.verify().recordings[1];
    assert.equal(verdict, "altered");
    assert.ok(problems.includes("frame 3 is not in its place: it was sealed as frame 4"));
  });

  for (const number of [1, 2, 3]) {
    it(`shows deleted recording ${number} of 3`, () => {
      rig.sql("DELETE FROM frames WHERE recording = ?", keyOf(number));
      rig.sql("DELETE FROM recordings WHERE number = ?", number);
      const report = rig.verify();
      assert.equal(report.ok, false);
      assert.deepEqual(report.problems, [
        `recordings of handheld ${handheld.hex} (epoch 1) were deleted: numbers ${number}`,
        `leaf ${number - 1} of log 1 is about recording ${number} of handheld ${handheld.hex} (epoch 1), which is not here: it was deleted or renumbered`,
      ]);
    });
  }

  it("of one recording is about that recording alone", () => {
    rig.sql("DELETE FROM frames WHERE recording = 2 AND sequence = 3");
    const [first, second] = rig.store.reader.recordings();
    assert.equal(rig.store.reader.verify(first.id.slice(0, 6)).ok, true);
    assert.equal(rig.store.reader.verify(second.id).ok, false);
  });

  it("finds an open recording authentic, names it, and truncated once another began", () => {
    const fourth = handheld.begin();
    handheld.data(fourth);
    rig.deliver(handheld, fourth);
    assert.deepEqual(rig.verify().recordings.at(-1)!.notes, ["simulated", "open"]);
    rig.deliver(handheld, handheld.begin());
    assert.deepEqual(rig.verify().recordings[3].notes, ["simulated", "truncated"]);
    assert.ok(rig.verify().ok);
  });

  it("misses the end of a recording that the next one's open frame knows of", () => {
    const fourth = handheld.begin();
    handheld.data(fourth);
    handheld.data(fourth);
    rig.deliver(handheld, fourth, [0, 1]);
    rig.deliver(handheld, handheld.begin());
    const { verdict, problems } = rig.verify().recordings[3];
    assert.equal(verdict, "missing");
    assert.deepEqual(problems, ["frame 2 is missing: the next recording says there were 3"]);
  });

  it("misses a recording that never came, but not a number that the handheld burned without use", () => {
    const absent = handheld.record(2);
    rig.deliver(handheld, handheld.record(2));
    assert.deepEqual(
      rig.verify().recordings.map((one) => one.verdict),
      ["authentic", "authentic", "authentic", "missing", "authentic"],
    );
    rig.deliver(handheld, absent);
    const skipped = handheld.begin({}, 3);
    handheld.close(skipped);
    rig.deliver(handheld, skipped);
    const report = rig.verify();
    assert.ok(report.ok);
    assert.equal(report.recordings.length, 6);
  });

  it("names what the front end lost, and counts it with the close", () => {
    const made = handheld.begin();
    handheld.data(made);
    const chain = new Uint8Array(32);
    handheld.drop(made, {
      reason: DropReason.frontEnd,
      recording: made.number,
      from: 0,
      to: 0,
      firstSample: 8,
      samples: 5,
      chain,
    });
    made.samples += 5;
    made.dropped += 5;
    handheld.data(made);
    handheld.close(made);
    rig.deliver(handheld, made);
    const { verdict, notes, samples, problems } = rig.verify().recordings.at(-1)!;
    assert.deepEqual(problems, []);
    assert.equal(verdict, "authentic");
    assert.equal(samples, 21);
    assert.deepEqual(notes, ["simulated", "gap of 5 samples at 8 (front end)"]);
  });

  const lies: [string, (made: ReturnType<Handheld["begin"]>) => void, string][] = [
    [
      "its frames",
      (made) => handheld.close(made, { frames: 9 }),
      "the close counts 9 frames before it, there are 3",
    ],
    ["its samples", (made) => handheld.close(made, { samples: 99 }), "lie in no declared gap"],
    [
      "its chain",
      (made) => handheld.close(made, { chain: new Uint8Array(32) }),
      "the chain does not end in the hash that the close states",
    ],
    [
      "the close before",
      (made) => handheld.close(made, { previousClose: new Uint8Array(32).fill(1) }),
      "the close does not follow the close of the recording before",
    ],
    [
      "its drops",
      (made) => handheld.close(made, { dropped: 8 }),
      "the close counts 8 samples dropped, drop frames 0",
    ],
  ];
  it("knows a close that follows the one before the last, as after a power cut right behind a close", () => {
    const cut = handheld.begin();
    handheld.close(cut, { previousClose: new Uint8Array(32).fill(7) });
    const next = handheld.begin();
    handheld.close(next, { previousClose: new Uint8Array(32).fill(7) });
    rig.deliver(handheld, cut);
    rig.deliver(handheld, next);
    const { verdict, notes } = rig.verify().recordings.at(-1)!;
    assert.equal(verdict, "authentic");
    assert.ok(notes.join().includes("lost power right after its close"), notes.join());
  });

  for (const [what, close, problem] of lies) {
    it(`shows a close that does not fit ${what}`, () => {
      const made = handheld.begin();
      handheld.data(made);
      handheld.data(made);
      close(made);
      rig.deliver(handheld, made);
      const { verdict, problems } = rig.verify().recordings.at(-1)!;
      assert.equal(verdict, "altered");
      assert.ok(problems.join().includes(problem), problems.join());
    });
  }

  it("shows samples that lie in no declared gap, or twice", () => {
    for (const shift of [8, -8]) {
      const made = handheld.begin();
      handheld.data(made);
      handheld.data(made);
      made.samples += shift;
      handheld.data(made);
      rig.deliver(handheld, made);
      assert.equal(rig.verify().recordings.at(-1)!.verdict, "altered");
    }
  });
});
