import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { studyOf } from "../../../gateway/document/study";
import { type Bundle, fhirFiles } from "../../../gateway/export/fhir";
import { skipUnless } from "../../machine";
import { Written } from "../report/made";

const PDFTOTEXT = "/usr/bin/pdftotext";

describe("FHIR as a file", function () {
  this.timeout(60_000);

  it("has the report as a PDF, with its person's name, or without where none is wanted", async function () {
    skipUnless(existsSync(PDFTOTEXT), this, "pdftotext (Debian: poppler-utils)");
    const written = new Written();
    try {
      const id = written.record({ seconds: 10 });
      const { reader, rig } = written;
      rig.store.assign(id, rig.store.addPerson({ name: "Ada Weiss" }).id);
      const whole = studyOf(reader, id);
      for (const [study, isNamed] of [
        [whole, true],
        [{ ...whole, person: undefined }, false],
      ] as const) {
        const [file] = await fhirFiles({ reader, study, dataDir: rig.dataDir, name: "ecg" });
        const { entry } = JSON.parse(Buffer.concat([...file!.pieces()]).toString()) as Bundle;
        const report = entry.find(({ resource }) => resource.resourceType === "DiagnosticReport")!.resource;
        const [{ contentType, data }] = report["presentedForm"] as [{ contentType: string; data: string }];
        assert.equal(contentType, "application/pdf");
        const input = Buffer.from(data, "base64");
        const said = execFileSync(PDFTOTEXT, ["-raw", "-", "-"], { input, encoding: "utf8" });
        assert.match(said, new RegExp(id));
        assert.equal(/Ada Weiss/.test(said), isNamed);
        assert.equal(JSON.stringify(entry).includes("Ada Weiss"), isNamed);
      }
    } finally {
      written.end();
    }
  });
});
