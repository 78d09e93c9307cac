import assert from "node:assert/strict";
import { analyseNow, isReproduced, requestAnalysis } from "../../../gateway/findings/again";
import { analysedLead } from "../../../gateway/findings/lead";
import { Analysis } from "../../../gateway/rhythm/analysis";
import type { Beat } from "../../../gateway/rhythm/types";
import { StoreReader } from "../../../gateway/store/reader";
import { BackupRig } from "../backup/rig";
import type { Handheld } from "../store/handheld";
import { analyse, beat, begin, heart } from "./hearts";

const said = (beats: Beat[]) =>
  beats.map((one) => `${one.class} ${one.sample} ${Math.round(255 * one.confidence)}`);

describe("beats that are kept", function () {
  let rig: BackupRig;
  let handheld: Handheld;
  let id: string;
  const findings = () => rig.store.reader.findings;
  const count = () => rig.store["db"].prepare("SELECT count(*) FROM beats").pluck().get() as number;
  const problems = () => rig.verify().problems;

  /** Three minutes, in fibrillation for the second one; analysed with checkpoints on the way. */
  beforeEach(() => {
    rig = new BackupRig();
    handheld = rig.claimed();
    const made = begin(handheld, { startMs: Date.now() - 3_600_000 });
    const ecg = heart(7);
    beat(handheld, made, ecg, 60);
    beat(handheld, made, ecg, 60, { af: true, heartRateBpm: 95 });
    beat(handheld, made, ecg, 60, { af: false, heartRateBpm: 65 });
    handheld.close(made);
    rig.deliver(handheld, made);
    analyse(rig.store, { frames: 20, cadence: { seconds: 40, behindSeconds: 40, newsSeconds: 20 } });
    id = rig.store.reader.recordings()[0]!.id;
  });
  afterEach(() => rig.end());

  /** By an analysis of the whole lead in one go. */
  function whole(): Beat[] {
    const analysis = new Analysis(analysedLead(rig.store.reader.recording(id).open!).settings);
    const beats: Beat[] = [];
    for (const { samples } of rig.store.reader.pieces(id)) beats.push(...analysis.push(samples[0]!).beats);
    return [...beats, ...analysis.end().beats];
  }

  it("are those of an analysis that nothing cut into steps, whole and by window", () => {
    const beats = whole();
    assert.ok(beats.length > 150 && count() > 2);
    const kept = findings().beats(id)!;
    assert.deepEqual(said(kept.beats), said(beats));
    const { number, version, lead, ended } = findings().telling(id)!;
    assert.deepEqual([kept.number, kept.version, kept.lead, kept.ended], [number, version, lead, ended]);
    const [from, to] = [beats[50]!.sample, beats[120]!.sample];
    assert.deepEqual(said(findings().beats(id, { from, to })!.beats), said(beats.slice(50, 120)));
    assert.deepEqual(problems(), []);
  });

  it("are sealed, and go with their recording", () => {
    const rows = rig.store["db"].prepare("SELECT body FROM beats").pluck().all() as Buffer[];
    // Their first bytes are a nonce; an unsealed batch would begin with a number of beats below 128 and end in zeros.
    for (const body of rows) assert.ok(body.subarray(-8).some((byte) => byte !== 0));
    rig.store.forget(id);
    assert.equal(count(), 0);
    assert.equal(findings().beats(id), undefined);
    assert.deepEqual(problems(), []);
  });

  for (const [name, sql] of [
    ["a batch is gone", "DELETE FROM beats WHERE number = 2"],
    ["the last batch is gone", "DELETE FROM beats WHERE number = (SELECT max(number) FROM beats)"],
    ["a batch was altered", "UPDATE beats SET body = zeroblob(length(body)) WHERE number = 2"],
    [
      "a batch stands in another's place",
      "UPDATE beats SET body = (SELECT body FROM beats other WHERE other.number = 1) WHERE number = 2",
    ],
  ] as const)
    it(`are told by nobody where ${name}; verify says so, and they are found again when asked for`, () => {
      const before = said(whole());
      rig.sql(sql);
      assert.throws(() => findings().beats(id), { code: /^STORE_(BEATS|SECRET)$/ });
      assert.deepEqual(problems(), ["the beats of analysis 1 were altered"]);
      assert.equal(
        isReproduced(rig.dataDir, id, () => {}),
        undefined,
        "to be analysed again",
      );
      assert.deepEqual([requestAnalysis(rig.dataDir, id), requestAnalysis(rig.dataDir, id)], [2, 2]);
      analyse(rig.store);
      assert.deepEqual(said(findings().beats(id)!.beats), before);
      const [first, second, ...others] = findings().of(id);
      assert.deepEqual([others, second], [[], { ...first, id: `${id}/2`, number: 2 }]);
      assert.equal(requestAnalysis(rig.dataDir, id), 2, "as often as one likes");
    });

  it("are in no backup; a store that was restored finds them again where somebody asks", () => {
    const before = said(whole());
    rig.backup();
    const { dataDir, problems: lost } = rig.restore();
    assert.deepEqual(lost, []);
    const restored = () => {
      const reader = StoreReader.open(dataDir);
      try {
        return reader.findings.beats(id);
      } finally {
        reader.close();
      }
    };
    assert.throws(restored, { code: "STORE_BEATS" });
    analyseNow(dataDir, id, () => {});
    assert.deepEqual(said(restored()!.beats), before);
  });

  it("come out again when they are looked for again, and are compared", () => {
    const again = () => isReproduced(rig.dataDir, id, () => {});
    assert.equal(again(), true);
    const db = rig.store["db"];
    const { beats, number } = findings().beats(id)!;
    // As another program of the same version would have kept them: all there, one of them elsewhere.
    beats[3]!.sample++;
    db.exec("DELETE FROM beats");
    rig.store["analyses"]["beats"].add(number, beats, 0);
    assert.equal(again(), false);
  });
});
