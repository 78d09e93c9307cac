import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { readRecord } from "../../../gateway/wfdb/read";
import type { WfdbRecord } from "../../../gateway/wfdb/record";
import { scratch } from "../../e2e/rig";
import { ecgFiles, skipUnlessBiosig, skipUnlessEcg, skipUnlessPython } from "../../machine";
import { type Asked, digestOf, exported, type Found, readBack } from "./read";
import { sourceOfRecord } from "./source";

const SETS: [string, number][] = [
  ["mitdb", 22],
  ["twelvelead", 8],
  ["cinc2017", 12],
];

describe("real records, exported", function () {
  this.timeout(240_000);

  for (const [set, count] of SETS) {
    describe(`those of ${set}`, () => {
      const dir = scratch(true);
      const files = ecgFiles(set, ".hea").slice(0, count);
      const records = new Map<string, WfdbRecord>();
      before(function () {
        skipUnlessEcg(this, set);
        skipUnlessPython(this, "mne");
        skipUnlessBiosig(this);
        assert.equal(files.length, count);
        for (const file of files) records.set(basename(file, ".hea"), readRecord(file.slice(0, -4)));
      });
      after(() => records.clear());

      const equal = ({ samples, signals, rate }: WfdbRecord, found: Found, name: string) => {
        assert.deepEqual(found.digests, signals.map(digestOf), name);
        assert.ok(found.samples >= samples, name);
        assert.ok(Math.abs(found.rate - rate) < 1e-9 * rate, `${name}: ${found.rate} Hz`);
      };
      const readAll = async (
        format: "edf" | "wfdb" | "aecg" | "csv",
        asked: (path: string, record: WfdbRecord) => Asked,
        most = count,
      ) => {
        const all: { name: string; record: WfdbRecord; ask: Asked }[] = [];
        for (const [name, record] of [...records].slice(0, most)) {
          const paths = await exported(format, sourceOfRecord(record, name), dir);
          all.push({ name, record, ask: asked(paths[0]!, record) });
        }
        const found = readBack(all.map(({ ask }) => ask));
        assert.equal(found.length, all.length);
        for (const [index, { name, record }] of all.entries()) equal(record, found[index]!, name);
        return found;
      };

      const counts =
        (reader: "mne" | "biosig") =>
        (file: string, { leads, samples }: WfdbRecord) => ({
          ...{ reader, file, leads, samples },
        });

      it("as EDF+ are equal, as mne reads them, in physical values, too", async () => {
        for (const { off } of await readAll("edf", counts("mne")))
          assert.ok(off! < 1e-6, `a physical value is ${off} counts off`);
      });

      it("as EDF+ are equal, as biosig reads them", async () => {
        // It tells six digits.
        for (const { off } of await readAll("edf", counts("biosig")))
          assert.ok(off! < 0.1, `a physical value is ${off} counts off`);
      });

      it("as WFDB are equal, checksums and all, as numpy reads them", async () => {
        const found = await readAll("wfdb", (file) => ({ reader: "wfdb", file: file.replace(/\.dat$/, "") }));
        assert.deepEqual(
          found.map(({ samples }) => samples),
          [...records.values()].map(({ samples }) => samples),
        );
      });

      it("as HL7 aECG are equal, as biosig reads them", async () => {
        const found = await readAll("aecg", counts("biosig"));
        for (const { off } of found) assert.ok(off! < 0.1, `a physical value is ${off} counts off`);
        assert.deepEqual(
          found.map(({ samples }) => samples),
          [...records.values()].map(({ samples }) => samples),
        );
      });

      it("as CSV are equal, as numpy reads it", () =>
        // Of the half hours one: as text they are long.
        readAll("csv", (file) => ({ reader: "csv", file }), set === "mitdb" ? 1 : count));

      it("are seen to differ where one count in the file does", () => {
        const [name, record] = [...records][0]!;
        const { leads, samples } = record;
        const altered = (ending: string, alter: (bytes: Buffer) => Buffer) => {
          const file = join(dir, `${name}${ending}`);
          writeFileSync(file, alter(readFileSync(file)));
          return file;
        };
        const flipped = (at: number) => (bytes: Buffer) => {
          bytes[at]! ^= 1;
          return bytes;
        };
        const edf = altered(".edf", flipped(256 * (leads.length + 2) + 20));
        const xml = altered(".xml", (bytes) =>
          Buffer.from(
            bytes.toString().replace(/(<digits>-?\d+ )(-?\d+)/, (_, one, two) => `${one}${Number(two) + 1}`),
          ),
        );
        const csv = altered(".csv", (bytes) =>
          Buffer.from(
            bytes.toString().replace(/^(5,[^,]+,)(-?\d+)/m, (_, head, two) => `${head}${Number(two) + 1}`),
          ),
        );
        const found = readBack([
          { reader: "mne", file: edf, leads, samples },
          { reader: "biosig", file: edf, leads, samples },
          { reader: "biosig", file: xml, leads },
          { reader: "csv", file: csv },
        ]);
        for (const one of found) assert.throws(() => equal(record, one, name));
        altered(".dat", flipped(9));
        assert.throws(() => readBack([{ reader: "wfdb", file: join(dir, name) }]), /checksums/);
      });
    });
  }
});
