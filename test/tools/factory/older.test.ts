import { strict as assert } from "node:assert";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { nodeCrypto } from "../../../gateway/crypto";
import { MerkleTree } from "../../../gateway/store/log/tree";
import type { Bench } from "../../../tools/factory/bench";
import { closeBench } from "../../../tools/factory/opening";
import { placesOf, readStation } from "../../../tools/factory/station";
import { Turn } from "../../../tools/factory/turn";
import { decodeUnitLine, encodeUnitLine } from "../../../tools/factory/unitline";
import { virtualPort } from "../../../tools/factory/virtual/port";
import { VirtualUnit } from "../../../tools/factory/virtual/unit";
import { Line, linesOf } from "./line";

describe("a station whose journal is not the one that it had", function () {
  this.timeout(60_000);
  let line: Line;
  let dir: string;
  let bench: Bench | undefined;
  before(() => {
    line = new Line();
  });
  beforeEach(() => {
    dir = line.station();
  });
  afterEach(() => close());
  after(() => line.remove());

  async function close(): Promise<void> {
    if (bench) await closeBench(bench);
    bench = undefined;
  }

  /** The station makes one unit, and ends. */
  async function make(chip: string): Promise<void> {
    bench = line.open(dir);
    const { signal } = new AbortController();
    const port = virtualPort("slot", () => new VirtualUnit({ chip }));
    const wire = await port.waitForUnit(signal);
    const end = await new Turn(bench, port, wire, () => {}, signal).run();
    assert.equal(end.word, "PASS", end.detail);
    await port.waitForRemoval!(signal);
    await close();
  }

  const papers = () => readdirSync(placesOf(dir).papers).sort();

  it("refuses an older one, and leaves the papers of what was shipped since", async () => {
    const { journal } = placesOf(dir);
    await make("chip-0001");
    cpSync(journal, `${journal}.before`);
    await make("chip-0002");
    const made = papers();
    renameSync(journal, `${journal}.newest`);
    cpSync(`${journal}.before`, journal);
    assert.throws(() => line.open(dir), { code: "FACTORY_JOURNAL_OLD" });
    assert.deepEqual(papers(), made);
    rmSync(journal);
    renameSync(`${journal}.newest`, journal);
    await make("chip-0003");
    assert.equal(papers().length, 4);
  });

  it("deletes nothing in its papers, and puts aside what no unit got", async () => {
    await make("chip-0001");
    const folder = placesOf(dir).papers;
    const stray = "0011223344556677.dossier";
    for (const name of [stray, "note.txt"]) writeFileSync(join(folder, name), "x");
    mkdirSync(join(folder, "zone"));
    bench = line.open(dir);
    assert.deepEqual(papers().slice(-4), ["note.txt", "unfinished", "unknown", "zone"]);
    assert.deepEqual([papers().length, existsSync(join(folder, "unknown", stray))], [5, true]);
  });

  it("hands out the papers of units that passed only, wherever it was cut off", async () => {
    for (const chip of ["chip-0001", "chip-0002"]) await make(chip);
    const { papers: passed, journal } = placesOf(dir);
    const [cutOff, notPassed] = papers() as [string, string];
    // Between the log's line and the rename; and as an older version left those of units that it had not finished.
    renameSync(join(passed, cutOff), join(passed, "unfinished", cutOff));
    const db = new Database(journal);
    const device = Buffer.from(notPassed.slice(0, 16), "hex");
    db.prepare("UPDATE units SET state = 'locked' WHERE device = ?").run(device);
    db.close();
    bench = line.open(dir);
    assert.deepEqual(papers(), [cutOff, "unfinished"]);
    assert.deepEqual(readdirSync(join(passed, "unfinished")), [notPassed]);
  });

  it("signs nothing over lines that were written anew", async () => {
    for (const chip of ["chip-0001", "chip-0002"]) await make(chip);
    const db = new Database(placesOf(dir).journal);
    const leaves = db.prepare("SELECT leaf FROM leaves ORDER BY idx").pluck().all() as Buffer[];
    leaves[0] = Buffer.from(
      encodeUnitLine({ ...decodeUnitLine(leaves[0]!), detail: "as somebody likes it" }),
    );
    db.exec("DELETE FROM leaves; DELETE FROM nodes");
    const tree = new MerkleTree(db, nodeCrypto.sha256);
    for (const [index, leaf] of leaves.entries()) {
      db.prepare("INSERT INTO leaves VALUES (1, ?, ?)").run(index, leaf);
      tree.append(1, index, leaf);
    }
    db.close();
    assert.throws(() => line.open(dir), { code: "FACTORY_LOG" });
  });

  it("sees checkpoints that are gone", async () => {
    for (const chip of ["chip-0001", "chip-0002"]) await make(chip);
    const db = new Database(placesOf(dir).journal);
    db.exec("DELETE FROM checkpoints WHERE size = 1");
    db.close();
    assert.throws(() => line.open(dir), { code: "FACTORY_LOG" });
  });

  it("is not believed without the checkpoint beside the keys, unless somebody says so", async () => {
    await make("chip-0001");
    const kept = join(line.keys, `${readStation(dir).id}.checkpoint`);
    rmSync(kept);
    assert.throws(() => line.open(dir), { code: "FACTORY_CHECKPOINT", message: /--without-checkpoint/ });
    bench = line.open(dir, { withoutCheckpoint: true });
    assert.equal(existsSync(kept), false, "nothing was logged yet");
  });

  it("keeps what was logged when the keys' medium is pulled meanwhile, and goes on with it", async () => {
    const stick = join(line.folder, "pulled");
    bench = line.open(dir);
    renameSync(line.keys, stick);
    const { signal } = new AbortController();
    const port = virtualPort("slot", () => new VirtualUnit({ chip: "chip-0001" }));
    const turn = new Turn(bench, port, await port.waitForUnit(signal), () => {}, signal);
    try {
      await assert.rejects(turn.run(), { code: "FACTORY_KEYS_AWAY", message: /put the medium .* back/ });
    } finally {
      renameSync(stick, line.keys);
    }
    assert.deepEqual(
      linesOf(bench).map(({ outcome }) => outcome),
      ["PASS"],
    );
    await close();
    // As one whose first line could not be kept beside the keys.
    bench = line.open(dir, { withoutCheckpoint: true });
  });

  it("holds the newest checkpoint beside the keys", async () => {
    await make("chip-0001");
    bench = line.open(dir);
    const kept = readFileSync(join(line.keys, `${bench.station.id}.checkpoint`), "utf8");
    const note = bench.journal.db.prepare("SELECT note FROM checkpoints").pluck().get() as Buffer;
    assert.equal(kept, note.toString("utf8"));
  });
});
