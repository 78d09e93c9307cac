import assert from "node:assert/strict";
import { basename } from "node:path";
import { type Bundle, fhirBundle, type Resource } from "../../../gateway/export/fhir";
import { readRecord } from "../../../gateway/wfdb/read";
import { ecgFiles, skipUnlessEcg } from "../../machine";
import { ID, type Made, noise, sourceOf, sourceOfRecord } from "./source";

interface Message {
  severity: string;
  location: string;
  message: string;
}
const { Fhir } = require("fhir") as {
  Fhir: new () => { validate(resource: object): { valid: boolean; messages: Message[] } };
};
const validator = new Fhir();

/** What the validator has against it; of codes it has no lists, and says so of each. */
function faults(resource: object): string[] {
  return validator
    .validate(resource)
    .messages.filter(
      ({ severity, message }) => severity === "error" || !/value set|could not be found/i.test(message),
    )
    .map(({ location, message }) => `${location}: ${message}`);
}

const bundleOf = (made: Made, parts: { pdf?: Uint8Array; proof?: Uint8Array } = {}) =>
  fhirBundle({ source: sourceOf({ timeZone: "Europe/Berlin", ...made }), ...parts });

// biome-ignore lint/suspicious/noExplicitAny: FHIR's own shapes
function only(bundle: Bundle, type: string): any {
  const found = bundle.entry.filter(({ resource }) => resource.resourceType === type);
  assert.equal(found.length, 1, type);
  return found[0]!.resource;
}

/** Counts by FHIR's own rule; undefined for E. */
const countsOf = (data: string) => data.split(" ").map((one) => (one === "E" ? undefined : Number(one)));

const PARTS = { pdf: Buffer.from("%PDF-1.7\n"), proof: Buffer.from([1, 2, 3]) };
const EPISODE = { from: 100, to: 900, rhythm: "af" as const, confidence: 0.9, rate: 88 };

describe("a recording as FHIR", function () {
  this.timeout(120_000);

  for (const [set, count] of [
    ["mitdb", 22],
    ["twelvelead", 8],
    ["cinc2017", 12],
  ] as const)
    it(`records of ${set} are equal, and the validator says nothing`, function () {
      skipUnlessEcg(this, set);
      for (const file of ecgFiles(set, ".hea").slice(0, count)) {
        const record = readRecord(file.slice(0, -4));
        const name = basename(file);
        const bundle = fhirBundle({ source: sourceOfRecord(record, "x") });
        const { component } = only(bundle, "Observation");
        assert.equal(component.length, record.leads.length);
        for (const [index, lead] of record.leads.entries()) {
          const { data, period, factor, origin, dimensions } = component[index].valueSampledData;
          assert.deepEqual(countsOf(data), [...record.signals[index]!], name);
          assert.ok(Math.abs((1000 * record.rateDen) / record.rateNum - period) < 1e-9, name);
          const value = origin.value + record.signals[index]![9]! * factor;
          assert.ok(Math.abs(value - (record.signals[index]![9]! - lead.baseline) / lead.gain) < 1e-9, name);
          assert.deepEqual([origin.code, dimensions], ["mV", 1], name);
        }
        // The same for all, as long as samples are; of the half hours one.
        if (set !== "mitdb" || name === "100.hea") assert.deepEqual(faults(bundle), [], name);
      }
    });

  it("with everything in it is valid; the validator sees a fault", () => {
    const bundle = bundleOf(
      {
        signals: [noise(1000, 100)],
        person: { name: "Zoë 李", birthDate: "1951-04-02" },
        episodes: [{ ...EPISODE, evidence: { from: 1, to: 2 } }],
      },
      PARTS,
    );
    assert.deepEqual(faults(bundle), []);
    only(bundle, "Observation").component[0].valueSampledData.period = "four";
    assert.notDeepEqual(faults(bundle), []);
  });

  it("gives leads their codes of ISO/IEEE 11073-10101, where they have one", () => {
    const lead = { unit: "mV", gain: 200, baseline: 0, adcZero: 0 };
    const names = ["I", "V6", "aVF", "MLII"];
    const { component } = only(
      bundleOf({ signals: names.map(() => noise(9, 9)), leads: names.map((name) => ({ ...lead, name })) }),
      "Observation",
    );
    const codes = component.map(
      ({ code }: { code: { coding?: { code: string }[] } }) => code.coding?.[0]?.code,
    );
    assert.deepEqual(codes, ["131329", "131336", "131392", undefined]);
  });

  it("has E for each absent sample, and none for others", () => {
    const signal = noise(1000, 100);
    const lost: [number, number][] = [
      [0, 3],
      [500, 600],
      [999, 1000],
    ];
    const { component } = only(bundleOf({ signals: [signal], lost }), "Observation");
    assert.deepEqual(
      countsOf(component[0].valueSampledData.data),
      [...signal].map((value, at) => (lost.some(([from, to]) => at >= from && at < to) ? undefined : value)),
    );
  });

  it("of an uncalibrated lead has counts without a unit, and of an unknown clock no time", () => {
    const leads = [{ name: "A", unit: "mV", gain: 0, baseline: 5, adcZero: 0 }];
    const observation = only(
      bundleOf({ signals: [noise(9, 9)], leads, info: { startMs: 0 } }),
      "Observation",
    );
    const { origin, factor } = observation.component[0].valueSampledData;
    assert.deepEqual([origin, factor, observation.effectivePeriod], [{ value: 0 }, undefined, undefined]);
  });

  it("gives local times with their offset", () => {
    const startMs = Date.UTC(2026, 9, 25, 0, 59, 59, 500);
    const { effectivePeriod } = only(
      bundleOf({ signals: [noise(500, 9)], info: { startMs } }),
      "Observation",
    );
    assert.deepEqual(effectivePeriod, {
      start: "2026-10-25T02:59:59.500+02:00",
      end: "2026-10-25T02:00:01.500+01:00",
    });
  });

  it("invents nobody: without a person there is no patient", () => {
    const bundle = bundleOf({ signals: [noise(9, 9)] });
    assert.ok(!bundle.entry.some(({ resource }) => resource.resourceType === "Patient"));
    assert.ok(!("subject" in only(bundle, "Observation")));
    const patient = only(bundleOf({ signals: [noise(9, 9)], person: { name: "A B" } }), "Patient");
    assert.deepEqual(Object.keys(patient).sort(), ["id", "name", "resourceType"]);
  });

  it("says possible AF, show a clinician, no diagnosis, and who has not read it", () => {
    const made = { signals: [noise(1000, 100)], episodes: [{ ...EPISODE, evidence: { from: 1, to: 2 } }] };
    const report = only(bundleOf(made), "DiagnosticReport");
    assert.equal(report.status, "preliminary");
    assert.match(
      report.conclusion,
      /possible AF.*show a clinician.*no diagnosis.*not reviewed by a clinician/,
    );
  });

  it("of a virtual handheld marks every resource as test data", () => {
    const bundle = bundleOf(
      { signals: [noise(9, 9)], info: { simulated: true }, person: { name: "A" } },
      PARTS,
    );
    for (const { resource } of bundle.entry) {
      const { meta } = resource as Resource & { meta: { tag: { code: string }[] } };
      assert.equal(meta.tag[0]!.code, "HTEST", resource.resourceType);
    }
    assert.match(only(bundle, "DiagnosticReport").conclusion, /^SIMULATED/);
  });

  it("carries report and proof to the byte, and the proof is about both", () => {
    const bundle = bundleOf({ signals: [noise(9, 9)] }, PARTS);
    const [{ data }] = only(bundle, "DiagnosticReport").presentedForm;
    assert.deepEqual(Buffer.from(data, "base64"), PARTS.pdf);
    const { signature, target } = only(bundle, "Provenance");
    assert.deepEqual(Buffer.from(signature[0].data, "base64"), PARTS.proof);
    const urls = bundle.entry.map(({ request }) => request.url);
    for (const { reference } of target) assert.ok(urls.includes(reference), reference);
    assert.equal(new Set(urls).size, urls.length);
  });

  it("puts the same again where nothing is new, and another report after another reading", () => {
    const signals = [noise(9, 9)];
    const urls = (made: Partial<Made>) => bundleOf({ signals, ...made }).entry.map(({ request }) => request);
    assert.deepEqual(urls({}), urls({}));
    for (const { method, url } of urls({})) {
      assert.equal(method, "PUT");
      assert.match(url, /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/);
    }
    const first = only(bundleOf({ signals, beats: [] }), "DiagnosticReport").id;
    assert.notEqual(only(bundleOf({ signals }), "DiagnosticReport").id, first);
  });

  it("longer than one resource holds is refused, with how much is possible", () => {
    assert.throws(() => bundleOf({ signals: [new Int32Array(2_000_001)], block: 1_000_000 }), {
      code: "EXPORT_FHIR",
      message: new RegExp(`${ID}.* 8000 s .*--from`),
    });
  });
});
