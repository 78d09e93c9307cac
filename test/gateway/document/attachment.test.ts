import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import PDFDocument from "pdfkit";
import { attachedProof } from "../../../gateway/document/attachment";

const QPDF = "/usr/bin/qpdf";
const PROOF = Buffer.from("no proof, but bytes /EmbeddedFile stream endstream 1 0 obj".repeat(50));

function pdf(
  attach: (doc: PDFKit.PDFDocument) => void,
  options: PDFKit.PDFDocumentOptions = {},
): Promise<Buffer> {
  const doc = new PDFDocument(options);
  const pieces: Buffer[] = [];
  doc.on("data", (piece) => pieces.push(piece));
  const ended = new Promise<Buffer>((done) => doc.on("end", () => done(Buffer.concat(pieces))));
  doc.text("A page that says: 1 0 obj << /Type /EmbeddedFile /Length 3 >> stream");
  attach(doc);
  doc.end();
  return ended;
}
const withProof = (doc: PDFKit.PDFDocument) => doc.file(PROOF, { name: "proof.avnode" });

function taken(bytes: Uint8Array): Buffer | undefined {
  const attached = attachedProof(bytes);
  return attached && (attached.deflated ? inflateSync(attached.bytes) : Buffer.from(attached.bytes));
}

describe("the proof in a PDF", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-attached-"));
  });
  after(() => rmSync(dir, { recursive: true }));

  it("comes out of a stream whose own type ends in the word stream", async () => {
    const bytes = await pdf((doc) =>
      doc.file(PROOF, { name: "proof.avnode", type: "application/octet-stream" }),
    );
    assert.deepEqual(taken(bytes), PROOF);
  });

  for (const compress of [true, false])
    it(`comes out as it went in, of a PDF with${compress ? "" : "out"} compression`, async () => {
      assert.deepEqual(taken(await pdf(withProof, { compress })), PROOF);
    });

  it("is not there, in several or behind a password: each is told apart", async () => {
    assert.equal(attachedProof(await pdf(() => undefined)), undefined);
    const two = await pdf((doc) => {
      doc.file(Buffer.from("other"), { name: "other.txt" });
      withProof(doc);
    });
    assert.throws(() => attachedProof(two), { code: "PDF_ATTACHMENTS" });
    const locked = await pdf(withProof, { userPassword: "secret", pdfVersion: "1.7" });
    assert.throws(() => attachedProof(locked), { code: "PDF_ENCRYPTED" });
    assert.throws(() => attachedProof(Buffer.from("Dear doctor")), { code: "PDF_FORM" });
  });

  describe("is refused in a PDF with an update by which readers take out another one:", () => {
    const other = "<< /Length 5 >>\nstream\nother\nendstream\nendobj\n";
    const updates: [string, (proof: string, description: string) => string][] = [
      [
        "its description",
        (_, at) => `90 0 obj\n${other}${at} obj\n<< /Type /Filespec /EF << /F 90 0 R >> >>\nendobj\n`,
      ],
      [
        "a second name of it",
        (proof, at) => `90 0 obj\n${other}${at} obj\n<< /EF<</F ${proof} R/UF 90 0 R>> >>\nendobj\n`,
      ],
      [
        "a description that is written otherwise",
        (_, at) => `90 0 obj\n${other}${at} obj\n<< /E#46 << /F 90 0 R >> >>\nendobj\n`,
      ],
      [
        "a description elsewhere",
        (_, at) =>
          `90 0 obj\n${other}91 0 obj\n<< /F 90 0 R >>\nendobj\n${at} obj\n<< /EF 91 0 R >>\nendobj\n`,
      ],
      ["the stream itself", (proof) => `${proof} obj\n${other}`],
      ["packed objects", () => `90 0 obj\n<< /Type /ObjStm /Length 0 >>\nstream\n\nendstream\nendobj\n`],
    ];
    for (const [what, update] of updates)
      it(what, async () => {
        const whole = (await pdf(withProof)).toString("latin1");
        const [, proof] = /(\d+ 0) obj\s+<<\s+\/Type \/EmbeddedFile/.exec(whole)!;
        const [, description] = /(\d+ 0) obj\s+<<\s+\/Type \/Filespec/.exec(whole)!;
        const bytes = Buffer.from(`${whole}\n${update(proof!, description!)}%%EOF\n`, "latin1");
        assert.throws(() => attachedProof(bytes), { code: "PDF_ATTACHMENTS" });
      });
  });

  it("is looked for once through, however many streams say elsewhere how long they are", () => {
    const stream = "1 0 obj\n<< /Length 9 0 R >>\nstream\n\nendstream\nendobj\n";
    const far = `${stream.repeat(50_000)}${" ".repeat(30_000_000)}\n9 0 obj\n0\nendobj\n`;
    assert.equal(attachedProof(Buffer.from(`%PDF-1.7\n${far}`, "latin1")), undefined);
    const many = Buffer.from(`%PDF-1.7\n${"1 0 obj <<>> endobj\n".repeat(100_001)}`, "latin1");
    assert.throws(() => attachedProof(many), { code: "PDF_FORM" });
  });

  it("is taken or refused wherever the file is cut, and never read past its end", async () => {
    const whole = await pdf(withProof);
    for (let length = 5; length < whole.length; length += 1 + (length % 7)) {
      try {
        const found = attachedProof(whole.subarray(0, length));
        assert.ok(!found || found.bytes.length < length);
      } catch (error) {
        assert.match((error as { code: string }).code, /^PDF_/);
      }
    }
  });

  it("is found where qpdf put it, and refused in what qpdf packed anew", async function () {
    if (!existsSync(QPDF)) {
      console.log("      skipped: attachments by another tool need the Debian package qpdf");
      this.skip();
    }
    const at = (name: string) => join(dir, name);
    const qpdf = (...words: string[]) => assert.equal(spawnSync(QPDF, words).status, 0, words.join(" "));
    writeFileSync(at("bare.pdf"), await pdf(() => undefined));
    writeFileSync(at("proof.avnode"), PROOF);
    qpdf(at("bare.pdf"), "--add-attachment", at("proof.avnode"), "--", at("added.pdf"));
    assert.deepEqual(taken(readFileSync(at("added.pdf"))), PROOF);
    qpdf("--object-streams=generate", at("added.pdf"), at("packed.pdf"));
    assert.throws(() => attachedProof(readFileSync(at("packed.pdf"))), { code: "PDF_ATTACHMENTS" });
    qpdf("--qdf", at("added.pdf"), at("plain.pdf"));
    assert.deepEqual(taken(readFileSync(at("plain.pdf"))), PROOF);
    qpdf("--encrypt", "a", "b", "256", "--", "--object-streams=generate", at("added.pdf"), at("locked.pdf"));
    assert.throws(() => attachedProof(readFileSync(at("locked.pdf"))), { code: "PDF_ENCRYPTED" });
  });
});
