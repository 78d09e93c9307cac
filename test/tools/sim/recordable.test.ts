import assert from "node:assert/strict";
import type { WfdbRecord } from "../../../gateway/wfdb/record";
import { recordable } from "../../../tools/sim/recordable";

const LEAD = { name: "II", unit: "mV", gain: 200, baseline: 0, adcZero: 0, bits: 12 };
const RECORD: WfdbRecord = {
  name: "inside",
  rate: 360,
  rateNum: 360,
  rateDen: 1,
  samples: 3,
  leads: [LEAD],
  comments: [],
  signals: [Int32Array.of(1, 2, 3)],
};

describe("a record to import", () => {
  it("bears the name of its file", () => {
    assert.equal(recordable("/x/100", RECORD).name, "100");
    assert.equal(recordable("/x/100.hea", RECORD).name, "100");
  });

  const faults: [string, Partial<WfdbRecord>][] = [
    ["number of signals", { leads: [] }],
    ["number of signals", { leads: Array.from({ length: 65 }, () => LEAD) }],
    ["number of samples", { samples: 0 }],
    ["sampling frequency", { rateNum: 360_123_456_789, rateDen: 1_000_000_000 }],
    ["signal 0 gain", { leads: [{ ...LEAD, gain: -200 }] }],
    ["signal 0 units", { leads: [{ ...LEAD, unit: "m".repeat(41) }] }],
    ["signal 1 description", { leads: [LEAD, { ...LEAD, name: "Ableitung Ⅱ" }] }],
  ];
  for (const [field, change] of faults) {
    it(`is refused by file and field when no open frame can say its ${field}`, () => {
      assert.throws(() => recordable("/x/100", { ...RECORD, ...change }), {
        code: "WFDB_UNSUPPORTED",
        file: "/x/100.hea",
        field,
      });
    });
  }
});
