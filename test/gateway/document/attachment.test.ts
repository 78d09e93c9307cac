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

  it("is found where qpdf put it, and in what qpdf packed anew", async function () {
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
    assert.deepEqual(taken(readFileSync(at("packed.pdf"))), PROOF);
    qpdf("--qdf", at("added.pdf"), at("plain.pdf"));
    assert.deepEqual(taken(readFileSync(at("plain.pdf"))), PROOF);
    qpdf("--encrypt", "a", "b", "256", "--", "--object-streams=generate", at("added.pdf"), at("locked.pdf"));
    assert.throws(() => attachedProof(readFileSync(at("locked.pdf"))), { code: "PDF_ENCRYPTED" });
  });
});
