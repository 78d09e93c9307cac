import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { contentOf } from "../../../gateway/answers/form";
import { makeDocuments } from "../../../gateway/delivery/documents";
import { DeliveryError } from "../../../gateway/delivery/error";
import { makeOnThread } from "../../../gateway/delivery/making";
import { lead, RATE, Written } from "../report/made";
import { readPng } from "../web/page/image";

const ANSWERING = { label: "Dr Weiss", now: 0, nonce: "ab".repeat(16) };
const TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

describe("a report that leaves", () => {
  it("says that its PDF holds the proof where it does, behind a password too, and nowhere else", async () => {
    const written = new Written();
    try {
      const made = (id: string, pdfPassword?: string) =>
        makeDocuments(written.reader, written.rig.dataDir, id, { kind: "folder", pdfPassword }, ANSWERING);
      const id = written.record({ seconds: 10 });
      for (const password of [undefined, "geheimnis-42"])
        assert.equal((await made(id, password)).hasProof, true);
      // Nothing is in the log of what has not ended.
      const running = written.record({ seconds: 10, isEnded: false });
      for (const password of [undefined, "geheimnis-42"])
        assert.equal((await made(running, password)).hasProof, false);
    } finally {
      written.end();
    }
  });
});

describe("what is shown of a recording whose beginning is missing, where nothing was found", () => {
  let written: Written;
  beforeEach(() => {
    written = new Written();
  });
  afterEach(() => written.end());

  /** Columns hatched as a gap: what is no signal is this grey, which the paper has not. */
  const greyColumns = (png: Buffer) => {
    const image = readPng(png);
    const columns = Array.from({ length: image.width }, (_, x) => x);
    const isGrey = (x: number, y: number) => image.red(x, y) === 215 && image.green(x, y) === 215;
    return columns.filter((x) => isGrey(x, Math.round(image.height * 0.55) + 20)).length;
  };

  it("begins where its signal does: the mail's picture and the form's strip", async () => {
    const id = written.record({ seconds: 180, silent: [[0, 60]] });
    const { id: person } = written.rig.store.addPerson({ name: "Anna" });
    written.rig.store.assign(id, person);
    const { reader, rig } = written;
    const { picture } = await makeDocuments(reader, rig.dataDir, id, { kind: "mail" }, ANSWERING);
    assert.equal(greyColumns(Buffer.from(picture!)), 0);
    const { strips } = contentOf(reader, id, ANSWERING);
    assert.deepEqual(
      strips.map(({ from, png }) => [from, greyColumns(Buffer.from(png, "base64"))]),
      [[60 * RATE, 0]],
    );
  });
});

describe("documents that the machine hinders", function () {
  this.timeout(60_000);

  it("are tried again, and made once it does no more", async () => {
    const written = new Written();
    try {
      const order = {
        dataDir: written.rig.dataDir,
        id: written.record({ seconds: 10 }),
        answering: ANSWERING,
      };
      const database = join(order.dataDir, "avnode.db");
      renameSync(database, `${database}.away`);
      mkdirSync(database);
      await assert.rejects(makeOnThread({ ...order, way: { kind: "folder" } }), {
        ...{ code: "DELIVERY_DOCUMENT", retry: true, message: /cannot open .*avnode\.db/ },
      });
      rmdirSync(database);
      renameSync(`${database}.away`, database);
      const { pdf } = await makeOnThread({ ...order, way: { kind: "folder" } });
      assert.equal(Buffer.from(pdf.subarray(0, 5)).toString(), "%PDF-");
    } finally {
      written.end();
    }
  });
});

describe("documents of a recording that is too long for them", function () {
  this.timeout(120_000);
  let written: Written;
  beforeEach(() => {
    written = new Written();
  });
  afterEach(() => written.end());

  it("are not tried again, and whoever reads why is told another way", async () => {
    const id = written.record({ seconds: 700, leads: TWELVE.map((name) => lead(name)) });
    const order = { dataDir: written.rig.dataDir, id, answering: ANSWERING };
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
