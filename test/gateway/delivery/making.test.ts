import assert from "node:assert/strict";
import { DeliveryError } from "../../../gateway/delivery/error";
import { makeOnThread } from "../../../gateway/delivery/making";
import { lead, Written } from "../report/made";

const TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

describe("documents of a recording that is too long for them", function () {
  this.timeout(120_000);
  let written: Written;
  beforeEach(() => {
    written = new Written();
  });
  afterEach(() => written.end());

  it("are not tried again, and whoever reads why is told another way", async () => {
    const id = written.record({ seconds: 700, leads: TWELVE.map((name) => lead(name)) });
    const order = { dataDir: written.rig.dataDir, id };
    await assert.rejects(makeOnThread({ ...order, way: { kind: "fhir" } }), (error) => {
      assert.ok(error instanceof DeliveryError);
      assert.deepEqual([error.code, error.retry], ["DELIVERY_DOCUMENT", false]);
      assert.match(error.message, /too long to be sent so: one FHIR resource .* by mail or into a folder/);
      return true;
    });
    const { pdf } = await makeOnThread({ ...order, way: { kind: "folder" } });
    assert.equal(Buffer.from(pdf.subarray(0, 5)).toString(), "%PDF-");
  });
});
