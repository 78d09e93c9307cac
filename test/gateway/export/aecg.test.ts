import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { aecgFiles } from "../../../gateway/export/aecg";
import type { Finding } from "../../../gateway/rhythm/findings";
import { scratch } from "../../e2e/rig";
import { PYTHON, skipUnlessBiosig, skipUnlessPython } from "../../machine";
import { exported, readBack } from "./read";
import { bytesOf, ID, type Made, noise, sourceOf } from "./source";

const lead = (name: string, gain = 200, baseline = 0) => ({ name, unit: "mV", gain, baseline, adcZero: 0 });

/** What Python's own XML parser sees: per series its time, and per lead code, origin, scale and digits. */
const READER = `
import sys, json, xml.etree.ElementTree as E
n = "{urn:hl7-org:v3}"
root = E.parse(sys.stdin.buffer).getroot()
at = lambda e, path: e.find("/".join(n + p for p in path.split("/")))
series = []
for s in root.findall(n + "component/" + n + "series"):
    leads = []
    for q in s.findall("/".join(n + p for p in "component/sequenceSet/component/sequence".split("/"))):
        value = at(q, "value")
        digits = at(value, "digits")
        leads.append({"code": at(q, "code").attrib, "value": [dict(v.attrib) for v in value],
                      "digits": [int(d) for d in digits.text.split()] if digits is not None else None})
    series.append({"leads": leads, "texts": [v.text for v in s.iter(n + "value") if v.text and v.text.strip()]})
name = root.find(".//" + n + "subjectDemographicPerson/" + n + "name")
birth = root.find(".//" + n + "birthTime")
print(json.dumps({"series": series, "text": at(root, "text").text, "id": at(root, "id").attrib,
  "effective": at(root, "effectiveTime").attrib, "times": [e.attrib.get("value") for e in at(root, "effectiveTime")],
  "name": None if name is None else name.text, "birth": None if birth is None else birth.attrib["value"]}))
`;
const parsed = (made: Made) =>
  JSON.parse(
    execFileSync(PYTHON, ["-c", READER], {
      input: bytesOf(aecgFiles(sourceOf(made))[0]!),
      encoding: "utf8",
    }),
  );

describe("HL7 aECG", function () {
  this.timeout(30_000);
  const dir = scratch(true);
  before(function () {
    skipUnlessPython(this, "numpy");
  });

  it("holds counts with the origin and scale that make them microvolts, under codes where there are some", () => {
    const made: Made = {
      signals: [noise(600, 30_000), noise(600, 100, 2), noise(600, 100, 3)],
      leads: [lead("aVR", 200, 1024), lead("MLII <&>"), lead("V9", 0)],
      timeZone: "Europe/Berlin",
    };
    const { series, times, effective, name, birth, id } = parsed(made);
    assert.equal(series.length, 1);
    const [time, ...leads] = series[0].leads;
    assert.equal(time.code.code, "TIME_ABSOLUTE");
    assert.deepEqual(time.value, [{ value: "20261123140501.007" }, { value: "0.004", unit: "s" }]);
    assert.deepEqual(times, ["20261123140501.007", "20261123140503.407"]);
    assert.deepEqual(effective, {});
    assert.deepEqual(
      leads.map((one: { code: { code: string; codeSystem?: string } }) => [
        one.code.code,
        one.code.codeSystem,
      ]),
      [
        ["MDC_ECG_LEAD_AVR", "2.16.840.1.113883.6.24"],
        ["MLII <&>", undefined],
        ["V9", undefined],
      ],
    );
    const value = (origin: string, scale: string, unit: string) => [
      { value: origin, unit },
      { value: scale, unit },
      {},
    ];
    assert.deepEqual(
      leads.map((one: { value: unknown }) => one.value),
      [value("-5120", "5", "uV"), value("0", "5", "uV"), value("0", "1", "1")],
    );
    assert.deepEqual(
      leads.map((one: { digits: number[] }) => one.digits),
      made.signals.map((signal) => [...signal]),
    );
    assert.deepEqual([name, birth, id.extension], [null, null, ID]);
  });

  it("with a gap is two series, each at its time, and none of them has a sample of the gap", () => {
    const signal = noise(2000, 100);
    const { series, text } = parsed({ signals: [signal], lost: [[500, 700]], timeZone: "UTC" });
    assert.deepEqual(
      series.map((one: { leads: { digits: number[] }[] }) => one.leads[1]!.digits),
      [[...signal.subarray(0, 500)], [...signal.subarray(700)]],
    );
    assert.deepEqual(
      series.map((one: { leads: { value: { value: string }[] }[] }) => one.leads[0]!.value[0]!.value),
      ["20261123130501.007", "20261123130503.807"],
    );
    assert.match(text, /^gap of 200 samples at 500: not received$/m);
  });

  it("says names in all scripts, findings, SIMULATED, and no time that nobody knows", () => {
    const af: Finding = {
      ...{ from: 0, to: 500, rhythm: "af", confidence: 0.91, rate: 104 },
      evidence: { from: 0, to: 500 },
    };
    const made: Made = {
      ...{ signals: [noise(500, 100)], episodes: [af] },
      person: { name: `محمد & 王小明\u0007`, birthDate: "1941-02-09" },
      info: { startMs: 0, trust: 0, simulated: true },
    };
    const { series, text, effective, name, birth } = parsed(made);
    assert.equal(name, "محمد & 王小明\ufffd");
    assert.equal(birth, "19410209");
    assert.deepEqual(effective, { nullFlavor: "UNK" });
    assert.equal(series[0].leads[0].code.code, "TIME_RELATIVE");
    assert.match(text, /^SIMULATED/);
    assert.match(text, /no diagnosis/);
    assert.ok(
      series[0].texts.includes(
        "0.0 s to 2.0 s: possible AF, 104 a minute, confidence 0.91: show a clinician",
      ),
    );
  });

  it("is read by biosig with its start, and without one", async function () {
    skipUnlessBiosig(this);
    const made: Made = {
      signals: [noise(500, 3000)],
      leads: [lead("I", 4880)],
      name: "known",
      timeZone: "UTC",
    };
    const unknown: Made = { ...made, info: { startMs: 0 }, name: "unknown" };
    const files = [];
    for (const one of [made, unknown]) files.push(...(await exported("aecg", sourceOf(one), dir)));
    const found = readBack(files.map((file) => ({ reader: "biosig", file, leads: made.leads, whole: true })));
    for (const { signals } of found) assert.deepEqual(signals, [[...made.signals[0]!]]);
    assert.match(found[0]!.start!, /^2026-11-23 13:05:01\.00[67]/);
  });
});
