import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { WfdbError } from "../../../gateway/wfdb/errors";
import { type ReadOptions, readRecord } from "../../../gateway/wfdb/read";
import { withDirectory } from "./fixtures";

/** Frames (100, -1), (200, -2), (300, -3), (400, -4) in format 16; sums 1000 and -10. */
const FRAMES = [100, -1, 200, -2, 300, -3, 400, -4];
const DAT = Buffer.from(Int16Array.from(FRAMES).buffer);
const RECORD = "r 2 360 4";
const LEAD_A = "r.dat 16 200(0)/mV 12 0 100 1000 0 A";
const LEAD_B = "r.dat 16 200(0)/mV 12 0 -1 -10 0 B";

function read(header: string, files: Record<string, Uint8Array> = { "r.dat": DAT }, options?: ReadOptions) {
  return withDirectory((dir) => {
    writeFileSync(join(dir, "r.hea"), header);
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(dir, name), bytes);
    return readRecord(join(dir, "r"), options);
  });
}

function header(changes: { record?: string; a?: string; b?: string } = {}): string {
  return [changes.record ?? RECORD, changes.a ?? LEAD_A, changes.b ?? LEAD_B].join("\n");
}

const signalsOf = (...args: Parameters<typeof read>) =>
  read(...args).signals.map((signal) => Array.from(signal));

/** A MATLAB v4 int16 matrix of the frames above, with some of its header words changed. */
function matlab(changes: Record<number, number> = {}): Buffer {
  const words = Int32Array.from([30, 2, 4, 0, 4], (word, index) => changes[index] ?? word);
  return Buffer.concat([Buffer.from(words.buffer), Buffer.from("val\0"), DAT]);
}
const MATLAB_HEADER = header({
  a: "r.mat 16+24 1000/mV 16 0 100 1000 0 A",
  b: "r.mat 16+24 1000/mV 16 0 -1 -10 0 B",
});

describe("reading WFDB records", () => {
  it("separates the signals of one file", () => {
    assert.deepEqual(signalsOf(header()), [
      [100, 200, 300, 400],
      [-1, -2, -3, -4],
    ]);
  });

  it("reads signals from several files of different formats", () => {
    const text = header({ record: "r 2 360 3", a: "a.dat 80", b: "b.dat 212 0 12 0 -2048" });
    const files = { "a.dat": Buffer.of(0, 128, 255), "b.dat": Buffer.of(0x00, 0xf8, 0xff, 0x01, 0x00) };
    assert.deepEqual(signalsOf(text, files), [
      [-128, 0, 127],
      [-2048, -1, 1],
    ]);
  });

  it("takes the standard's defaults for fields that are absent", () => {
    const record = read("r 1\nr.dat 16\n");
    assert.deepEqual([record.rateNum, record.rateDen, record.samples], [250, 1, 8]);
    assert.deepEqual(record.leads, [
      { name: "record r, signal 0", unit: "mV", gain: 0, baseline: 0, adcZero: 0, bits: 0 },
    ]);
    assert.equal(record.start, undefined);
    assert.equal(read("r 1\nr.dat 16 200 11 1024").leads[0]!.baseline, 1024);
  });

  it("reads rates as exact fractions, and past a counter frequency", () => {
    const rates = ["128.5", "360.", "3.6e2", "0.9765625", "360/1.5(-20.5)", "360/360(0)"].map((text) => {
      const { rateNum, rateDen } = read(header({ record: `r 2 ${text} 4` }));
      return `${rateNum}/${rateDen}`;
    });
    assert.deepEqual(rates, ["257/2", "360/1", "360/1", "125/128", "360/1", "360/1"]);
  });

  it("reads base time and date in the order of the standard and in that of CinC 2020", () => {
    const start = (text: string) => read(header({ record: `${RECORD} ${text}` })).start;
    assert.deepEqual(start("9:5:0.5 1/05/2000"), { time: "09:05:00.5", date: "01/05/2000" });
    assert.deepEqual(start("05-May-2020 14:50:55"), { time: "14:50:55", date: "05/05/2020" });
  });

  it("keeps info strings, not the comments before them, and accepts CR LF and blank lines", () => {
    const text = `# made by hand\r\n\r\n${RECORD}\r\n# between\r\n${LEAD_A}  x\ty\r\n${LEAD_B}\r\n# <age>: 75 \r\n#\r\n`;
    const record = read(text);
    assert.deepEqual(record.comments, ["<age>: 75", ""]);
    assert.equal(record.leads[0]!.name, "A  x\ty");
  });

  it("aligns skewed signals and checks the checksum over what is stored", () => {
    assert.deepEqual(signalsOf(header({ a: LEAD_A.replace("16", "16:1") })), [
      [200, 300, 400],
      [-1, -2, -3],
    ]);
  });

  it("counts the samples itself where the header does not, and then vouches for none", () => {
    assert.equal(read(header({ record: "r 2 360", a: "r.dat 16 1 1 0 7 7" })).samples, 4);
    assert.equal(read(header({ record: "r 2 360 0", a: "r.dat 16 1 1 0 7 7" })).samples, 4);
  });

  it("lets a format 212 file end after or within its last pair, and a blocked file fill its block", () => {
    const three = Buffer.of(1, 0, 2, 3, 0);
    assert.deepEqual(signalsOf("r 1 360 3\nr.dat 212", { "r.dat": three }), [[1, 2, 3]]);
    assert.deepEqual(signalsOf("r 1 360 3\nr.dat 212", { "r.dat": Buffer.concat([three, Buffer.of(0)]) }), [
      [1, 2, 3],
    ]);
    const blocked = header({ a: LEAD_A.replace(" 0 A", " 512 A"), b: LEAD_B.replace(" 0 B", " 512 B") });
    assert.equal(read(blocked, { "r.dat": Buffer.concat([DAT, Buffer.alloc(496)]) }).samples, 4);
  });

  it("reads a MATLAB matrix, and its zero checksum as a placeholder", () => {
    const files = { "r.mat": matlab() };
    assert.equal(read(MATLAB_HEADER, files).signals[1]![3], -4);
    const unverified = MATLAB_HEADER.replace("100 1000 0 A", "77 0 0 A");
    assert.equal(read(unverified, files).samples, 4);
    assert.throws(() => read(header({ a: LEAD_A.replace("1000", "0") })), { code: "WFDB_CHECKSUM" });
    assert.throws(() => read(MATLAB_HEADER.replace("100 1000", "77 1000"), files), { code: "WFDB_INITIAL" });
  });

  it("reads a wrong checksum or initial value only when told not to verify", () => {
    const wrong = header({ a: LEAD_A.replace("100 1000", "101 999") });
    assert.throws(() => read(wrong), { code: "WFDB_INITIAL" });
    assert.equal(read(wrong, undefined, { verify: false }).samples, 4);
  });

  it("accepts an unsigned checksum", () => {
    assert.equal(read(header({ b: LEAD_B.replace("-10", "65526") })).samples, 4);
  });

  const faults: [what: string, text: string, code: string, line: number | undefined, field: string][] = [
    ["no record name", header({ record: "?! 2 360 4" }), "WFDB_HEADER", 1, "record name"],
    ["a record name that is a path", header({ record: "..x 2 360 4" }), "WFDB_HEADER", 1, "record name"],
    ["segments", header({ record: "r/3 2 360 4" }), "WFDB_UNSUPPORTED", 1, "number of segments"],
    ["no number of signals", header({ record: "r" }), "WFDB_HEADER", 1, "number of signals"],
    ["a negative number of signals", header({ record: "r -2 360 4" }), "WFDB_HEADER", 1, "number of signals"],
    [
      "more signals than lines",
      header({ record: "r 999999999 360 4" }),
      "WFDB_HEADER",
      1,
      "number of signals",
    ],
    [
      "fewer signals than the file",
      header({ record: "r 1 360 4" }),
      "WFDB_SIZE",
      undefined,
      "number of samples",
    ],
    ["rate 0", header({ record: "r 2 0 4" }), "WFDB_HEADER", 1, "sampling frequency"],
    ["rate NaN", header({ record: "r 2 nan 4" }), "WFDB_HEADER", 1, "sampling frequency"],
    ["a negative rate", header({ record: "r 2 -360 4" }), "WFDB_HEADER", 1, "sampling frequency"],
    ["a rate beyond numbers", header({ record: "r 2 1e999 4" }), "WFDB_HEADER", 1, "sampling frequency"],
    ["a bad counter frequency", header({ record: "r 2 360/x 4" }), "WFDB_HEADER", 1, "counter frequency"],
    ["a bad counter base", header({ record: "r 2 360/1(x) 4" }), "WFDB_HEADER", 1, "base counter value"],
    ["a negative number of samples", header({ record: "r 2 360 -4" }), "WFDB_HEADER", 1, "number of samples"],
    [
      "more samples than stored",
      header({ record: "r 2 360 5" }),
      "WFDB_SIZE",
      undefined,
      "number of samples",
    ],
    [
      "fewer samples than stored",
      header({ record: "r 2 360 3" }),
      "WFDB_SIZE",
      undefined,
      "number of samples",
    ],
    ["samples beyond memory", header({ record: "r 2 360 9e15" }), "WFDB_HEADER", 1, "number of samples"],
    [
      "absurd samples",
      header({ record: "r 2 360 900000000000000" }),
      "WFDB_SIZE",
      undefined,
      "number of samples",
    ],
    ["a bad base time", header({ record: `${RECORD} 24:00:00` }), "WFDB_HEADER", 1, "base time or date"],
    [
      "a bad base date",
      header({ record: `${RECORD} 1:2:3 31/04/2000` }),
      "WFDB_HEADER",
      1,
      "base time or date",
    ],
    ["a path upwards", header({ a: LEAD_A.replace("r.dat", "../r.dat") }), "WFDB_PATH", 2, "file name"],
    ["an absolute path", header({ a: LEAD_A.replace("r.dat", "/etc/passwd") }), "WFDB_PATH", 2, "file name"],
    ["a Windows path", header({ a: LEAD_A.replace("r.dat", "..\\r.dat") }), "WFDB_PATH", 2, "file name"],
    ["the directory above", header({ a: LEAD_A.replace("r.dat", "..") }), "WFDB_PATH", 2, "file name"],
    ["standard input", header({ a: LEAD_A.replace("r.dat", "-") }), "WFDB_UNSUPPORTED", 2, "file name"],
    ["no format", header({ a: "r.dat" }), "WFDB_HEADER", 2, "format"],
    ["a malformed format", header({ a: LEAD_A.replace("16", "16y2") }), "WFDB_HEADER", 2, "format"],
    ["format 310", header({ a: LEAD_A.replace("16", "310") }), "WFDB_UNSUPPORTED", 2, "format"],
    [
      "two samples per frame",
      header({ a: LEAD_A.replace("16", "16x2") }),
      "WFDB_UNSUPPORTED",
      2,
      "samples per frame",
    ],
    ["a skew beyond the record", header({ a: LEAD_A.replace("16", "16:5") }), "WFDB_HEADER", 2, "skew"],
    ["two formats in one file", header({ b: LEAD_B.replace("16", "24") }), "WFDB_HEADER", 3, "format"],
    ["two offsets in one file", header({ b: LEAD_B.replace("16", "16+2") }), "WFDB_HEADER", 3, "format"],
    ["a bad gain", header({ a: LEAD_A.replace("200", "2oo") }), "WFDB_HEADER", 2, "ADC gain"],
    ["an infinite gain", header({ a: LEAD_A.replace("200", "1e999") }), "WFDB_HEADER", 2, "ADC gain"],
    ["a gain without its end", header({ a: LEAD_A.replace("(0)", "(0") }), "WFDB_HEADER", 2, "ADC gain"],
    ["a bad baseline", header({ a: LEAD_A.replace("(0)", "(0.5)") }), "WFDB_HEADER", 2, "baseline"],
    [
      "a baseline beyond 32 bits",
      header({ a: LEAD_A.replace("(0)", "(2147483648)") }),
      "WFDB_HEADER",
      2,
      "baseline",
    ],
    [
      "a negative resolution",
      header({ a: LEAD_A.replace(" 12 ", " -12 ") }),
      "WFDB_HEADER",
      2,
      "ADC resolution",
    ],
    ["a bad ADC zero", header({ a: LEAD_A.replace(" 12 0 ", " 12 z ") }), "WFDB_HEADER", 2, "ADC zero"],
    [
      "a bad initial value",
      header({ a: LEAD_A.replace(" 100 ", " 1oo ") }),
      "WFDB_HEADER",
      2,
      "initial value",
    ],
    [
      "a wrong initial value",
      header({ a: LEAD_A.replace(" 100 ", " 101 ") }),
      "WFDB_INITIAL",
      2,
      "initial value",
    ],
    ["a bad checksum", header({ a: LEAD_A.replace("1000", "1e3") }), "WFDB_HEADER", 2, "checksum"],
    ["a wrong checksum", header({ b: LEAD_B.replace("-10", "-11") }), "WFDB_CHECKSUM", 3, "checksum"],
    ["a bad block size", header({ a: LEAD_A.replace("0 A", "x A") }), "WFDB_HEADER", 2, "block size"],
  ];
  for (const [what, text, code, line, field] of faults) {
    it(`refuses ${what}, naming file and field`, () => {
      assert.throws(
        () => read(text),
        (error: unknown) => {
          assert.ok(error instanceof WfdbError, String(error));
          assert.deepEqual([error.code, error.line, error.field], [code, line, field]);
          assert.match(error.message, /r\.hea/);
          assert.ok(error.message.includes(field));
          return true;
        },
      );
    });
  }

  it("refuses files that are missing, empty, no files, or named twice apart", () => {
    assert.throws(() => readRecord("/nonexistent/r"), { code: "WFDB_FILE", file: "/nonexistent/r.hea" });
    assert.throws(() => read(header(), {}), { code: "WFDB_FILE" });
    assert.throws(() => read(""), { code: "WFDB_HEADER" });
    assert.throws(() => read(header(), { "r.dat": Buffer.alloc(0) }), { code: "WFDB_SIZE" });
    assert.throws(
      () => read("r 3 360 4\na.dat 16\nr.dat 16\na.dat 16", { "a.dat": DAT, "r.dat": DAT.subarray(8) }),
      {
        code: "WFDB_HEADER",
        field: "file name",
      },
    );
    withDirectory((dir) => {
      mkdirSync(join(dir, "r.hea"));
      assert.throws(() => readRecord(join(dir, "r")), { code: "WFDB_FILE" });
    });
  });

  it("refuses a header of more than a mebibyte unread", () => {
    assert.throws(() => read("#".repeat(2 ** 20 + 1)), { code: "WFDB_TOO_LARGE" });
  });

  it("refuses a MATLAB file that is not the matrix its header implies", () => {
    const wrong: [number, number, string, string][] = [
      [0, 0, "WFDB_UNSUPPORTED", "matrix type"],
      [1, 4, "WFDB_MATLAB", "matrix rows"],
      [2, 2, "WFDB_MATLAB", "matrix columns"],
      [3, 1, "WFDB_MATLAB", "imaginary flag"],
      [4, 6, "WFDB_MATLAB", "byte offset"],
    ];
    for (const [word, value, code, field] of wrong) {
      assert.throws(() => read(MATLAB_HEADER, { "r.mat": matlab({ [word]: value }) }), { code, field });
    }
    const short = MATLAB_HEADER.replaceAll("+24", "");
    assert.throws(() => read(short, { "r.mat": DAT }), { code: "WFDB_MATLAB", field: "byte offset" });
  });

  it("answers 10,000 mutated headers with a record or a coded error", function () {
    const original = Buffer.from(
      `r 2 360/360(0) 4 1:2:3 1/2/2000\n${LEAD_A.replace("16", "16x1:0+0")}\n${LEAD_B}\n# 75 M\n`,
    );
    const piece = fc.constantFrom(
      "-",
      "/",
      "(",
      ")",
      "x",
      ":",
      "+",
      " ",
      "\n",
      "#",
      ".",
      "e9",
      "99999999999",
      "0",
      "\0",
      "..",
    );
    const mutation = fc.record({
      at: fc.nat(original.length),
      cut: fc.nat(6),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
        piece.map((text) => Buffer.from(text)),
      ),
    });
    let refused = 0;
    withDirectory((dir) => {
      writeFileSync(join(dir, "r.dat"), DAT);
      fc.assert(
        fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
          const mutated = mutations.reduce((bytes, { at, cut, insert }) => {
            return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + cut)]);
          }, original);
          writeFileSync(join(dir, "r.hea"), mutated);
          try {
            const { signals, samples, leads } = readRecord(join(dir, "r"));
            assert.equal(signals.length, leads.length);
            assert.ok(signals.every((signal) => signal.length === samples));
          } catch (error) {
            assert.ok(error instanceof WfdbError, String(error));
            refused += 1;
          }
        }),
        { numRuns: 10_000 },
      );
    });
    assert.ok(refused > 2_500, `only ${refused} refused: the mutations are too tame`);
  });
});
