import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { studyOf } from "../../gateway/document/study";
import { saveFiles } from "../../gateway/export/save";
import { wfdbFiles } from "../../gateway/export/wfdb";
import { StoreReader } from "../../gateway/store/reader";
import { readRecord } from "../../gateway/wfdb/read";
import { importRecords } from "../../tools/sim/import";
import type { RadioFaults } from "../../tools/sim/radio/lossy";
import { ecgFiles, PYTHON, skipUnlessEcg, skipUnlessPython } from "../machine";
import { scratch } from "./rig";

/**
 * Imports every record of a set and exports it again: the signals are equal by our reader and by one that is not ours,
 * nothing is missing, nothing was declared lost, and the store verifies.
 */
export function importsWhole(set: string, radio: string, faults: Partial<RadioFaults>, seed: number): void {
  describe(`importing ${set} over ${radio} (seed ${seed})`, () => {
    const dataDir = path.join(scratch(true), "import");
    const exported = scratch(true);
    const records = ecgFiles(set, ".hea").map((file) => file.slice(0, -".hea".length));
    const idOf = new Map<string, string>();

    before(function () {
      skipUnlessEcg(this, set);
    });

    it("receipts every sample", async function () {
      const { recordings } = await importRecords(records, { dataDir, faults, seed });
      assert.deepEqual(
        recordings.map(({ record }) => record),
        records.map((record) => path.basename(record)),
      );
      for (const { id, record } of recordings) idOf.set(record, id);
    });

    it("exports every lead equal to the original, without a gap or a duplicate", function () {
      const reader = StoreReader.open(dataDir);
      try {
        for (const record of records) {
          const name = path.basename(record);
          const id = idOf.get(name)!;
          assert.deepEqual(reader.gaps(id), [], name);
          exportAs(reader, id, exported, name);
          const original = readRecord(record);
          const copy = readRecord(path.join(exported, name));
          assert.equal(copy.samples, original.samples, name);
          assert.equal(copy.rateNum / copy.rateDen, original.rateNum / original.rateDen, name);
          const calibration = ({ name, unit, gain, baseline, adcZero }: (typeof copy.leads)[0]) => ({
            ...{ name, unit, gain, baseline, adcZero },
          });
          assert.deepEqual(copy.leads.map(calibration), original.leads.map(calibration), name);
          for (const [lead, signal] of original.signals.entries()) {
            assert.ok(
              Buffer.from(signal.buffer).equals(Buffer.from(copy.signals[lead]!.buffer)),
              `${name}, lead ${lead}`,
            );
          }
        }
      } finally {
        reader.close();
      }
    });

    it("satisfies a reader that is not ours", function () {
      skipUnlessPython(this, "numpy");
      const pairs = records.flatMap((record) => [record, path.join(exported, path.basename(record))]);
      const said = execFileSync(PYTHON, [path.join(__dirname, "same_signals.py"), ...pairs], {
        encoding: "utf8",
      });
      assert.equal(said.match(/ same$/gm)?.length, records.length, said);
    });

    it("verifies", function () {
      const reader = StoreReader.open(dataDir);
      try {
        const report = reader.verify();
        assert.deepEqual(report.problems, []);
        assert.deepEqual(
          report.recordings.map(({ verdict, problems }) => ({ verdict, problems })),
          records.map(() => ({ verdict: "authentic", problems: [] })),
        );
      } finally {
        reader.close();
      }
    });
  });
}

/** As a WFDB record of that name. */
export function exportAs(reader: StoreReader, id: string, dir: string, name: string): void {
  const files = wfdbFiles({ reader, study: studyOf(reader, id), dataDir: "", name });
  saveFiles(files.map((file) => ({ file, path: path.join(dir, file.name) })));
}
