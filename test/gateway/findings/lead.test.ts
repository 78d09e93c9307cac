import assert from "node:assert/strict";
import { analysedLead } from "../../../gateway/findings/lead";
import type { Open } from "../../../protocol/open";

const openOf = (unit: string, gain: number) =>
  ({
    ...{ rateNum: 500, rateDen: 1, bits: 16 },
    leads: [{ name: "I", unit, gain, baseline: 0, adcZero: 0 }],
  }) as unknown as Open;

describe("the lead that is analysed", () => {
  it("has its voltage in any writing of the unit that records have", () => {
    for (const [unit, gain] of [
      ["mV", 1000],
      // As the twelve-lead records of PTB-XL have it.
      ["mv", 1000],
      ["uV", 1],
      ["uv", 1],
      ["\u00b5V", 1],
      ["V", 1e6],
      ["v", 1e6],
    ] as const)
      assert.equal(analysedLead(openOf(unit, gain)).settings.gain, 1000, unit);
    assert.equal(analysedLead(openOf("", 0)).settings.gain, 0, "not calibrated");
  });

  it("is none that measures something else", () => {
    for (const unit of ["mmHg", "pm", "%", "bpm"])
      assert.throws(() => analysedLead(openOf(unit, 10)), { code: "ANALYSIS_LEAD" }, unit);
  });
});
