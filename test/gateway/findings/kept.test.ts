import assert from "node:assert/strict";
import { join } from "node:path";
import Database from "better-sqlite3";
import { tableOf } from "../../../gateway/backup/tables";
import { isReproduced, requestAnalysis } from "../../../gateway/findings/again";
import { Follower } from "../../../gateway/findings/follow";
import { checkRow } from "../../../gateway/mirror/rows";
import { ANALYSIS_VERSION } from "../../../gateway/rhythm/analysis";
import type { Checkpoint } from "../../../gateway/store/findings/types";
import { StoreReader } from "../../../gateway/store/reader";
import { BackupRig } from "../backup/rig";
import type { Handheld } from "../store/handheld";
import { analyse, beat, begin, heart, RATE } from "./hearts";

describe("findings that are kept", function () {
  let rig: BackupRig;
  let handheld: Handheld;
  const reader = () => rig.store.reader;
  const idOf = (number: number) =>
    reader()
      .recordings()
      .find((one) => one.recording === number)!.id;
  const afEvents = (of: StoreReader = reader()) => of.findings.listed().filter(({ kind }) => kind === "af");
  const count = (table: string) =>
    rig.store["db"].prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;

  beforeEach(() => {
    rig = new BackupRig();
    handheld = rig.claimed();
  });
  afterEach(() => rig.end());

  /** Of two minutes each, in fibrillation, one right after the other. */
  function recordings(many: number, isClosed = true): void {
    const startMs = Date.now() - 3_600_000;
    for (let i = 0; i < many; i++) {
      const made = begin(handheld, { startMs: startMs + i * 121_000 });
      beat(handheld, made, heart(20 + i), 120, { af: true, heartRateBpm: 95 });
      if (isClosed || i < many - 1) handheld.close(made);
      rig.deliver(handheld, made);
    }
    analyse(rig.store);
  }

  /** As another version would have said it of all of a recording. */
  function by(version: string, number: number): Checkpoint {
    const [info] = reader().findings.of(idOf(number));
    return {
      ...{ ...info!, beats: [] },
      ...{ number: undefined, version, from: 0, next: 999, ended: true, state: new Uint8Array() },
      summary: { ...info!.summary!, version },
    };
  }

  it("go with their recording when it is erased; what is left of an event stays", () => {
    recordings(3);
    assert.deepEqual(
      afEvents().map(({ parts }) => parts.map(({ recording }) => recording)),
      [[idOf(1), idOf(2), idOf(3)]],
    );
    const [{ id }] = afEvents();
    rig.backup();
    rig.store.forget(idOf(2));
    assert.deepEqual(reader().findings.of(idOf(2)), []);
    assert.equal(count("analyses"), 2);
    assert.deepEqual(
      afEvents().map(({ parts }) => parts.map(({ recording }) => recording)),
      [[idOf(1), idOf(3)]],
    );
    assert.equal(afEvents()[0]!.id, id);
    rig.store.forget(idOf(1));
    rig.store.forget(idOf(3));
    assert.deepEqual([count("analyses"), count("events"), count("resumes")], [0, 0, 0]);
    assert.deepEqual(rig.verify().problems, []);
    rig.backup();
    const { dataDir } = rig.restore();
    const restored = StoreReader.open(dataDir);
    assert.deepEqual(restored.findings.listed(), []);
    restored.close();
  });

  it("say nothing of a heart to whoever reads the file without its keyring", () => {
    recordings(1);
    const said = JSON.stringify(rig.store["db"].prepare("SELECT * FROM analyses, events").all());
    assert.doesNotMatch(said, /"af"|sinus|rate|confidence/);
  });

  it("come back from a backup, ended ones as they were, and one under way is taken up anew", () => {
    recordings(2, false);
    const before = [1, 2].map((number) => reader().findings.of(idOf(number)));
    assert.deepEqual(
      before.map(([info]) => info!.ended),
      [true, false],
    );
    rig.backup();
    const { dataDir, problems } = rig.restore();
    assert.deepEqual(problems, []);
    const restored = StoreReader.open(dataDir);
    assert.deepEqual(restored.findings.of(idOf(1)), before[0]);
    assert.equal(afEvents(restored).length, 1);
    assert.deepEqual(
      restored.findings.due(ANALYSIS_VERSION).map(({ id }) => id),
      [idOf(2)],
    );
    assert.equal(restored.findings.resume(idOf(2), ANALYSIS_VERSION), undefined);
    restored.close();
  });

  it("of one version stand beside those of another, which nothing overwrites", () => {
    recordings(1);
    const [first] = reader().findings.of(idOf(1));
    const number = rig.store.keepFindings(by("another/2", 1));
    assert.equal(number, 2);
    const all = reader().findings.of(idOf(1));
    assert.deepEqual(all[0], first);
    assert.deepEqual([all[1]!.id, all[1]!.version], [`${idOf(1)}/2`, "another/2"]);
    assert.deepEqual(
      afEvents().map(({ version, episodes }) => [version, episodes]),
      [["another/2", 1]],
      "what was replaced is listed no more",
    );
    assert.throws(() => rig.store.keepFindings({ ...by("another/2", 1), number: 1 }), {
      code: "ANALYSIS_STALE",
    });
  });

  it("are written once, however often a step comes", () => {
    recordings(1);
    const again = { ...by(ANALYSIS_VERSION, 1), ended: false, next: 50 };
    const number = rig.store.keepFindings(again);
    const before = reader().findings.of(idOf(1));
    assert.throws(() => rig.store.keepFindings({ ...again, number }), { code: "ANALYSIS_STALE" });
    assert.deepEqual(reader().findings.of(idOf(1)), before);
  });

  it("do not stop the store where they cannot be written", () => {
    recordings(1);
    const db = rig.store["db"];
    db.exec(
      "CREATE TEMP TRIGGER refused BEFORE INSERT ON main.analyses BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    assert.throws(() => rig.store.keepFindings(by("another/2", 1)));
    const made = begin(handheld);
    beat(handheld, made, heart(1), 3);
    rig.deliver(handheld, made);
    assert.equal(handheld.newestReceipt(made.number)!.next, 4);
    db.exec("DROP TRIGGER refused");
  });

  it("that somebody altered show in verify, are told by nobody and built upon by nothing", () => {
    recordings(1);
    assert.deepEqual(rig.verify().problems, []);
    // Who told them before tells them no more, either.
    assert.ok(reader().findings.listed().length > 0);
    rig.sql("UPDATE events SET body = zeroblob(length(body))");
    assert.deepEqual(reader().findings.listed(), []);
    rig.sql("UPDATE analyses SET version = 'mine'");
    rig.sql("UPDATE events SET device = x'00'");
    assert.deepEqual(rig.verify().problems, ["the row of analysis 1 was altered", ...altered("event")]);
    assert.equal(rig.verify().ok, false);
    assert.deepEqual([reader().findings.of(idOf(1)), reader().findings.listed()], [[], []]);
  });
  const altered = (what: string) =>
    Array.from({ length: count("events") }, (_, i) => `the row of ${what} ${i + 1} was altered`);

  it("are taken by a mirror as they grow, and not changed there once they ended", () => {
    recordings(2, false);
    const db = new Database(join(rig.dataDir, "avnode.db"), { readonly: true });
    const row = (number: number) =>
      db
        .prepare("SELECT * FROM analyses JOIN recordings r ON r.key = recording WHERE r.number = ?")
        .raw()
        .get(number) as unknown[];
    const columns = 10;
    for (const [number, isRefused] of [
      [1, true],
      [2, false],
    ] as const) {
      const values = row(number).slice(0, columns) as (number | string | Buffer)[];
      values[6] = Number(values[6]) + 1;
      const check = () => checkRow(db, tableOf("analyses"), values);
      if (isRefused) assert.throws(check, { code: "MIRROR_ROW", message: /had ended/ });
      else check();
    }
    db.close();
  });

  it("come out again when they are looked for again", () => {
    recordings(1);
    assert.equal(
      isReproduced(rig.dataDir, idOf(1), () => {}),
      true,
    );
    assert.equal(
      isReproduced(rig.dataDir, idOf(1), () => {}),
      true,
      "nothing was written",
    );
    assert.equal(reader().findings.of(idOf(1)).length, 1);
  });

  it("are looked for once, however many ask and whenever they do", () => {
    const made = begin(handheld);
    beat(handheld, made, heart(20), 120, { af: true, heartRateBpm: 95 });
    handheld.close(made);
    const ask = () => requestAnalysis(rig.dataDir, idOf(1));
    rig.deliver(
      handheld,
      made,
      made.frames.map((_, i) => i).filter((sequence) => sequence < 60),
    );
    const follower = new Follower(reader().findings, idOf(1));
    let step = follower.step(300);
    // Asked for while the first step is on its way: the row that was asked for is the one that it fills.
    assert.deepEqual([ask(), ask()], [1, 1]);
    const number = rig.store.keepFindings(step.checkpoint!);
    follower.kept(number);
    assert.deepEqual([number, ask(), count("analyses")], [1, 1, 1], "under way");
    rig.deliver(handheld, made);
    step = follower.step(300);
    assert.equal(step.checkpoint!.ended, true);
    rig.store.keepFindings(step.checkpoint!);
    assert.equal(ask(), 1, "has ended");
    analyse(rig.store);
    assert.deepEqual([count("analyses"), afEvents().length], [1, 1]);
    rig.sql("UPDATE analyses SET samples = samples + 1");
    assert.equal(ask(), 2, "what was altered is no answer");
  });

  it("are looked for anew when what is under way lost its state", () => {
    recordings(2, false);
    rig.sql("DELETE FROM resumes");
    assert.equal(requestAnalysis(rig.dataDir, idOf(2)), 2);
  });

  it("are looked for again by the hub when a process beside it asks", () => {
    recordings(1);
    const [own] = reader().findings.of(idOf(1));
    rig.store["db"].exec("DELETE FROM beats; DELETE FROM analyses; DELETE FROM events");
    rig.store.keepFindings({
      ...{ ...own!, version: "another/2", summary: own!.summary!, ended: true },
      ...{ number: undefined, from: 0, next: 999, beats: [], state: new Uint8Array() },
    });
    assert.deepEqual(reader().findings.due(ANALYSIS_VERSION), []);
    assert.equal(requestAnalysis(rig.dataDir, idOf(1)), 2);
    assert.equal(reader().findings.due(ANALYSIS_VERSION).length, 1);
    analyse(rig.store);
    const second = reader().findings.of(idOf(1)).at(-1);
    assert.deepEqual(second, { ...own, id: `${idOf(1)}/2`, number: 2 });
    assert.equal(afEvents().length, 1);
    assert.ok(own!.samples === 120 * RATE);
  });
});
