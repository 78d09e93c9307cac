import { strict as assert } from "node:assert";
import { toHex } from "../../../protocol/bytes";
import { claimQr } from "../../../protocol/claim";
import { labelPng } from "../../../tools/factory/label/png";
import { labelTemplate } from "../../../tools/factory/label/template";
import { closeBench } from "../../../tools/factory/opening";
import { Run } from "../../../tools/factory/run";
import type { Screen } from "../../../tools/factory/screen/screen";
import { virtualPort } from "../../../tools/factory/virtual/port";
import { type UnitFaults, type UnitOptions, VirtualUnit } from "../../../tools/factory/virtual/unit";
import { filesIn, holding, Line, linesOf, PASSPHRASE, scannedFrom } from "./line";

const SLOTS = 8;
const LABEL = { device: new Uint8Array(8), serial: "T1-0001", board: "xiaoble", batch: "T1", deviceClass: 1 };

/** How each of a hundred is, and how its turns end, in this order; it is plugged in as often. */
interface Sort {
  name: string;
  count: number;
  options?: Omit<UnitOptions, "chip" | "faults">;
  faults?: UnitFaults;
  ends: string[];
}

const chipOf = (sort: string, i: number) => `chip-${sort.replace(/ /g, "-")}-${i}`;

const SORTS: Sort[] = [
  { name: "good", count: 53, ends: ["PASS"] },
  { name: "slow", count: 5, options: { bytesPerSecond: 11_520 }, ends: ["PASS"] },
  { name: "losing", count: 4, options: { packetMs: 50 }, faults: { losesEvery: 4999 }, ends: ["PASS"] },
  { name: "dying at a byte", count: 6, faults: { diesAfterBytes: 9000 }, ends: ["E12", "PASS"] },
  { name: "dying at a write", count: 5, faults: { diesAtWrite: 5 }, ends: ["E12", "PASS"] },
  { name: "returning", count: 3, ends: ["PASS", "WAIT"] },
  { name: "of another board", count: 3, options: { runtime: "PUCKJS" }, ends: ["E02"] },
  { name: "of an old runtime", count: 2, options: { version: "2v19" }, ends: ["E02"] },
  { name: "with a dead front end", count: 2, faults: { frontEnd: { dead: true } }, ends: ["E07"] },
  { name: "with a pulse too high", count: 2, faults: { frontEnd: { calibration: 1.06 } }, ends: ["E07"] },
  { name: "noisy", count: 2, faults: { frontEnd: { noise: 40 } }, ends: ["E07"] },
  { name: "deaf to its leads", count: 1, faults: { frontEnd: { deafLeads: true } }, ends: ["E07"] },
  { name: "with bad flash", count: 2, faults: { badFlash: true }, ends: ["E07"] },
  { name: "with rotten Storage", count: 2, faults: { rots: "avnode" }, ends: ["E05"] },
  { name: "staying open", count: 2, faults: { staysOpen: true }, ends: ["E08"] },
  { name: "silent on the air", count: 2, faults: { silentRadio: true }, ends: ["E09"] },
  // The four below stand in relation to one that passed: see `last`.
  { name: "with the chip of one that passed", count: 1, ends: ["E08"] },
  { name: "with the identity of one that passed", count: 1, ends: ["E11"] },
  { name: "locked by somebody else", count: 1, ends: ["E01"] },
  { name: "twin", count: 1, ends: ["PASS", "E11"] },
];

class Told implements Screen {
  readonly views: string[] = [];
  slot(view: object): void {
    this.views.push(JSON.stringify(view));
  }
  tally(view: object): void {
    this.views.push(JSON.stringify(view));
  }
  close(): void {}
}

describe("a hundred units at a station of eight slots", function () {
  this.timeout(120_000);
  let line: Line;
  let dir: string;
  before(() => {
    line = new Line();
    // Of what is sold: a simulated unit's label lies there in the clear.
    dir = line.station("locked");
  });
  after(() => line.remove());

  it("each good one passes once, as nobody else; each bad one fails with its code; no secret stays", async () => {
    const bench = line.open(dir);
    const screen = new Told();
    const ending = new AbortController();
    const run = new Run(bench, screen, { count: 0, signal: ending.signal });
    const queue: VirtualUnit[] = [];
    const left = new Map<VirtualUnit, number>();
    const sortOf = new Map<string, Sort>();
    const units: VirtualUnit[] = [];
    const last: (() => void)[] = [];
    const add = (unit: VirtualUnit, sort: Sort, times: number) => {
      units.push(unit);
      sortOf.set(unit.chip, sort);
      left.set(unit, times);
      queue.push(unit);
    };
    const unitOf = (sort: Sort, chip: string) =>
      new VirtualUnit({ chip, ...sort.options, faults: { ...sort.faults } });
    for (const sort of SORTS)
      for (let i = 0; i < sort.count; i++) {
        const chip = chipOf(sort.name, i);
        const times = sort.ends.length;
        if (sort.name === "twin") {
          // Side by side: one of them comes second.
          const slow = { ...sort, options: { bytesPerSecond: 11_520 } };
          last.push(() => {
            add(unitOf(slow, chip), sort, 1);
            add(unitOf(slow, chip), sort, 1);
          });
        } else if (sort.name.startsWith("with the chip"))
          last.push(() => add(unitOf(sort, chipOf("good", 0)), sort, times));
        else if (sort.name.startsWith("with the identity"))
          last.push(() => {
            const clone = unitOf(sort, chip);
            clone.plant("identity", units[0]!.stored("identity")!);
            add(clone, sort, times);
          });
        else if (sort.name.startsWith("locked"))
          last.push(() => {
            const other = unitOf(sort, chip);
            for (const file of ["avnode", ".bootcde"]) other.plant(file, units[0]!.stored(file)!);
            add(other, sort, times);
          });
        else add(unitOf(sort, chip), sort, times);
      }

    const removed = (unit: VirtualUnit) => {
      const times = left.get(unit)! - 1;
      left.set(unit, times);
      if (times > 0) queue.push(unit);
      if ([...left.values()].some((times) => times > 0)) return;
      const next = last.splice(0);
      for (const put of next) put();
      if (next.length === 0) ending.abort();
    };
    for (let i = 1; i <= SLOTS; i++) run.serve(virtualPort(`slot ${i}`, () => queue.shift(), removed));
    await run.ended();

    const lines = linesOf(bench);
    const secretsOfUnits = units.flatMap((unit) => {
      const identity = unit.identity();
      return identity ? [identity.claimCode, identity.signing!.seed] : [];
    });
    await closeBench(bench);

    const wanted = new Map<string, string[]>();
    for (const { name, count, ends } of SORTS)
      for (let i = 0; i < count; i++)
        wanted.set(
          chipOf(name, i),
          ends.filter((end) => end !== "WAIT"),
        );
    // Whoever says nothing has no name, and a clone that of another.
    wanted.delete(chipOf("locked by somebody else", 0));
    wanted.set("", ["E01"]);
    wanted.delete(chipOf("with the chip of one that passed", 0));
    wanted.set(chipOf("good", 0), ["PASS", "E08"]);
    for (const [chip, ends] of wanted) {
      const turns = lines.filter((one) => one.chip === chip);
      const outcomes = turns.map(({ outcome }) => outcome);
      // Which of two ends first is nobody's business.
      if (chip.startsWith("chip-twin")) outcomes.sort().reverse();
      assert.deepEqual(outcomes, ends, `${chip}: ${turns.map(({ step, detail }) => `${step}: ${detail}`)}`);
    }
    assert.equal(lines.length, [...wanted.values()].flat().length);
    assert.equal(screen.views.filter((view) => view.includes("already provisioned")).length, 3);

    const passed = lines.filter(({ outcome }) => outcome === "PASS");
    for (const key of ["chip", "serial"] as const)
      assert.equal(new Set(passed.map((one) => one[key])).size, passed.length, key);
    assert.equal(new Set(passed.map(({ device }) => toHex(device!))).size, passed.length);
    assert.equal(new Set(passed.map(({ certificate }) => toHex(certificate!))).size, passed.length);
    // What the unit holds is what the log says, whoever wrote it.
    const made = units.filter((unit) => sortOf.get(unit.chip)!.ends.includes("PASS") && unit.identity());
    const codes = made.map((unit) => toHex(unit.identity()!.claimCode));
    assert.equal(new Set(codes).size, made.length);
    for (const unit of made)
      assert.equal(
        toHex(unit.identity()!.device),
        toHex(passed.find(({ chip }) => chip === unit.chip)!.device!),
      );

    const files = filesIn(dir);
    assert.ok(files.length > passed.length);
    const all = [
      ...files,
      ...(await scannedFrom(files)),
      { path: "screen", bytes: Buffer.from(screen.views.join("\n")) },
    ];
    const secrets = [...secretsOfUnits, ...line.secrets(), Buffer.from(PASSPHRASE)];
    assert.deepEqual(holding(all, secrets), []);
    // The search finds what is there.
    const planted = [
      { path: "planted", bytes: Buffer.from(`x ${claimQr(made[0]!.identity()!.claimCode)} y`) },
    ];
    assert.deepEqual(holding(planted, secrets), ["planted"]);
    const codeOf = { ...LABEL, claimCode: made[0]!.identity()!.claimCode };
    const picture = [{ path: "planted.png", bytes: await labelPng(codeOf, labelTemplate()) }];
    assert.deepEqual(holding(await scannedFrom(picture), secrets), ["planted.png"]);
  });
});
