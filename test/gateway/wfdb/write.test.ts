import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readRecord } from "../../../gateway/wfdb/read";
import { type FormatNumber, INVALID_SAMPLE, signalFormat } from "../../../gateway/wfdb/signals";
import { type WritableRecord, writeRecord } from "../../../gateway/wfdb/write";
import { skipUnlessPython } from "../../machine";
import { lead, sha256, withDirectory } from "./fixtures";
import { unpackSignals } from "./python";

const FORMATS: FormatNumber[] = [16, 24, 80, 212];
const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

function record(changes: Partial<WritableRecord> = {}): WritableRecord {
  const signals = [Int32Array.of(1, -2, 3)];
  return { name: "r1", rateNum: 360, rateDen: 1, leads: [lead()], signals, ...changes };
}

const text = fc.stringMatching(/^[!-~µ]([ -~µ]{0,30}[!-~µ])?$/);
const leads = fc.record(
  {
    name: text,
    unit: fc.stringMatching(/^[!-~µ]{1,8}$/),
    gain: fc.double({ noNaN: true, noDefaultInfinity: true }).map((gain) => gain + 0),
    baseline: fc.integer(INT32),
    adcZero: fc.integer(INT32),
    bits: fc.nat(32),
  },
  { noNullPrototype: true },
);

/** A format and a record whose samples fit it. */
const records = fc
  .tuple(fc.constantFrom(...FORMATS), fc.integer({ min: 1, max: 5 }), fc.nat(40))
  .chain(([format, count, samples]) => {
    const { min, max } = signalFormat(format)!;
    const signal = fc.array(fc.integer({ min, max }), { minLength: samples, maxLength: samples });
    return fc.record({
      format: fc.constant(format),
      name: fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/),
      // Three decimals at most, in lowest terms as the reader gives them.
      rate: fc.integer({ min: 1, max: 2_000_000 }),
      leads: fc.array(leads, { minLength: count, maxLength: count }),
      signals: fc.array(
        signal.map((values) => Int32Array.from(values)),
        {
          minLength: count,
          maxLength: count,
        },
      ),
      start: fc.constantFrom(undefined, { time: "23:59:01.250" }, { time: "00:00:00", date: "29/02/2024" }),
      comments: fc.array(fc.oneof(fc.constant(""), text), { maxLength: 3 }),
    });
  });

describe("writing WFDB records", () => {
  it("reads back exactly what it wrote, in every format", () => {
    withDirectory((dir) => {
      fc.assert(
        fc.property(records, ({ format, rate, ...rest }) => {
          const divisor = [1000, 500, 250, 200, 125, 100, 50, 40, 25, 20, 10, 8, 5, 4, 2, 1].find(
            (candidate) => rate % candidate === 0 && 1000 % candidate === 0,
          )!;
          const given = { ...rest, rateNum: rate / divisor, rateDen: 1000 / divisor };
          writeRecord(dir, given, { format });
          const { rate: hertz, samples, ...read } = readRecord(join(dir, rest.name));
          assert.deepEqual(read, given);
          assert.deepEqual([hertz, samples], [rate / 1000, rest.signals[0]!.length]);
        }),
        { numRuns: 300 },
      );
    });
  });

  it("writes samples that numpy unpacks to the same values", function () {
    skipUnlessPython(this, "numpy");
    withDirectory((dir) => {
      const given = FORMATS.flatMap((format) => {
        const { min, max } = signalFormat(format)!;
        const row = [min, max, 0, -1, 1, min + 1, max - 1, (min / 2) | 0, 85, -86, INVALID_SAMPLE[format]];
        return [1, 2, 3].map((count) => {
          const signals = Array.from({ length: count }, (_, shift) => {
            return Int32Array.from(row, (_value, index) => row[(index + shift * 4) % row.length]!);
          });
          return { format, name: `f${format}_${count}`, signals };
        });
      });
      for (const { format, name, signals } of given) {
        writeRecord(dir, record({ name, signals, leads: signals.map(() => lead()) }), { format });
      }
      const unpacked = unpackSignals(
        given.map(({ format, name, signals }) => [join(dir, `${name}.dat`), format, signals.length, 0, 11]),
      );
      given.forEach(({ name, signals }, index) => {
        assert.deepEqual(
          unpacked[index]!.map((signal) => signal.sha256),
          signals.map(sha256),
          name,
        );
      });
    });
  });

  it("chooses format 16, and 24 as soon as one sample needs it", () => {
    const formatOf = (values: number[]) =>
      withDirectory((dir) => {
        writeRecord(dir, record({ signals: [Int32Array.from(values)] }));
        return readFileSync(join(dir, "r1.hea"), "utf8").split("\n")[1]!.split(" ")[1];
      });
    assert.deepEqual([[-32768, 32767], [32768], [-32769], []].map(formatOf), ["16", "24", "24", "16"]);
  });

  it("writes the header that header(5) describes", () => {
    withDirectory((dir) => {
      const leadII = lead({ name: "lead II", unit: "uV", gain: 0.2, baseline: -5, adcZero: 3, bits: 18 });
      const signals = [Int32Array.of(32767, 2, 1)];
      writeRecord(
        dir,
        record({ rateNum: 257, rateDen: 2, leads: [leadII], signals, start: { date: "04/06/2020" } }),
      );
      const expected = "r1 1 128.5 3 00:00:00 04/06/2020\nr1.dat 16 0.2(-5)/uV 18 3 32767 -32766 0 lead II\n";
      assert.equal(readFileSync(join(dir, "r1.hea"), "utf8"), expected);
    });
  });

  it("refuses what a header cannot say, and then writes nothing", () => {
    const wrong: [string, Partial<WritableRecord>][] = [
      ["record name", { name: "../x" }],
      ["sampling frequency", { rateNum: 0 }],
      ["sampling frequency", { rateDen: -1 }],
      ["number of signals", { leads: [] }],
      ["number of signals", { leads: [], signals: [] }],
      ["number of samples", { leads: [lead(), lead()], signals: [new Int32Array(2), new Int32Array(3)] }],
      ["base time", { start: { time: "25:00:00" } }],
      ["base date", { start: { date: "30/02/2024" } }],
      ["text", { comments: ["one\ntwo"] }],
      ["text", { leads: [lead({ name: " II" })] }],
      ["description", { leads: [lead({ name: "" })] }],
      ["unit", { leads: [lead({ unit: "m V" })] }],
      ["ADC gain", { leads: [lead({ gain: Number.NaN })] }],
      ["baseline", { leads: [lead({ baseline: 0.5 })] }],
      ["ADC zero", { leads: [lead({ adcZero: 2 ** 31 })] }],
      ["ADC resolution", { leads: [lead({ bits: -1 })] }],
      ["signals", { signals: [Int32Array.of(2 ** 23)] }],
    ];
    withDirectory((dir) => {
      for (const [field, changes] of wrong) {
        assert.throws(() => writeRecord(dir, record(changes)), { code: "WFDB_WRITE", field });
      }
      assert.throws(() => writeRecord(dir, record(), { format: 61 as FormatNumber }), { code: "WFDB_WRITE" });
      assert.deepEqual(readdirSync(dir), []);
    });
  });

  it("says which path could not be written", () => {
    withDirectory((dir) => {
      writeFileSync(join(dir, "file"), "");
      const target = join(dir, "file", "r1.dat");
      assert.throws(() => writeRecord(join(dir, "file"), record()), { code: "WFDB_FILE", file: target });
    });
  });
});
