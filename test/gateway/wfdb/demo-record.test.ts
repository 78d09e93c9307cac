import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readRecord } from "../../../gateway/wfdb/read";
import { ecgFiles, PYTHON, skipUnless, skipUnlessEcg, skipUnlessPython } from "../../machine";
import { DEMO_RECORD } from "./fixtures";

const SCIPY_ECG = "/usr/lib/python3/dist-packages/scipy/misc/ecg.dat";

describe("the demo record of the repository", () => {
  it("reads as five minutes of MLII at 360 Hz, 200 counts per mV around 1024", () => {
    const record = readRecord(DEMO_RECORD);
    assert.deepEqual([record.rateNum, record.rateDen, record.samples], [360, 1, 108_000]);
    assert.deepEqual(record.leads, [
      { name: "MLII", unit: "mV", gain: 200, baseline: 1024, adcZero: 1024, bits: 11 },
    ]);
  });

  it("equals the array that SciPy ships", function () {
    skipUnless(existsSync(SCIPY_ECG), this, `${SCIPY_ECG} (Debian: python3-scipy)`);
    skipUnlessPython(this, "numpy");
    const script = "import json, numpy, sys; print(json.dumps(numpy.load(sys.argv[1])['ecg'].tolist()))";
    const output = execFileSync(PYTHON, ["-c", script, SCIPY_ECG], { maxBuffer: 1 << 24 });
    assert.deepEqual(Array.from(readRecord(DEMO_RECORD).signals[0]!), JSON.parse(output.toString()));
  });

  it("is found in record 208 of the MIT-BIH database at sample 422,820", function () {
    skipUnlessEcg(this, "mitdb");
    const [file] = ecgFiles("mitdb", "208.hea");
    const whole = readRecord(file!).signals[0]!;
    assert.deepEqual(whole.slice(422_820, 530_820), readRecord(DEMO_RECORD).signals[0]);
  });
});
