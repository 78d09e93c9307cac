import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "node:v8";
import type { Documents } from "../../../gateway/delivery/documents";
import { addRecipient, sendRecording } from "../../../gateway/delivery/sending";
import { dicomFiles, dicomPdf } from "../../../gateway/export/dicom";
import { fhirBundle } from "../../../gateway/export/fhir";
import type { Way } from "../../../gateway/schema/delivery";
import { Outbox } from "../../../gateway/store/outbox/outbox";
import { scratch } from "../../e2e/rig";
import { ORTHANC, skipUnless } from "../../machine";
import { bytesOf, noise, sourceOf } from "../export/source";
import { Rig } from "../store/rig";
import { builtCarrier } from "./builtcarrier";
import { FhirServer } from "./fhirserver";
import { Orthanc } from "./orthanc";
import { SmtpServer } from "./smtpserver";

const SECRET = "geheimnis-4711";
const consent = { who: "Ada", text: "Reports go to the doctor." };

describe("a carrier killed with SIGKILL", function () {
  this.timeout(120_000);
  const program = builtCarrier();
  let rig: Rig;
  let outbox: Outbox<Way>;
  let smtp: SmtpServer;
  let folder: string;

  beforeEach(async () => {
    rig = new Rig();
    smtp = await SmtpServer.start();
    folder = mkdtempSync(join(tmpdir(), "avnode-killed-"));
    outbox = Outbox.open(rig.dataDir, () => Date.now());
  });
  afterEach(async () => {
    outbox.close();
    rig.end();
    await smtp.stop();
    rmSync(folder, { recursive: true });
  });

  const queue = (way: Way) => {
    const handheld = rig.claimed();
    const made = handheld.begin();
    for (let k = 0; k < 3; k++) handheld.data(made);
    handheld.close(made);
    rig.deliver(handheld, made);
    rig.time.tick(5000);
    const { id } = rig.store.reader.recordings().at(-1)!;
    rig.store.assign(id, rig.store.addPerson({ name: "Ada" }).id);
    rig.store.flush();
    const recipient = addRecipient(
      rig.store.reader,
      outbox,
      { name: "doctor", way, rule: "press", consent },
      Date.now(),
      () => {},
    );
    return sendRecording(rig.store.reader, outbox, id, recipient.id).id;
  };
  /** @param documents a file of them */
  const run = async (point: string, documents?: string) => {
    const args = [
      rig.dataDir,
      String(Date.now()),
      point,
      ...(documents === undefined ? [] : ["1", documents]),
    ];
    const child = spawn(process.execPath, [program, ...args]);
    let said = "";
    child.stdout.on("data", (bytes) => (said += bytes));
    child.stderr.on("data", (bytes) => (said += bytes));
    const [code, signal] = await once(child, "close");
    assert.ok(!said.includes(SECRET));
    return { end: signal ?? code, said };
  };
  const mail = (): Way => ({
    ...{ kind: "mail", to: "doctor@practice.example", from: "hub@home.example", security: "plain" },
    ...{ host: "127.0.0.1", port: smtp.port, user: "hub", password: SECRET },
  });

  for (const point of ["found", "begun", "making", "leaving", "connected", "answered", "noted"])
    it(`at "${point}" of a mail has it arrive ${point === "answered" ? "twice at most, under one Message-ID" : "once"}`, async () => {
      const id = queue(mail());
      if (point === "connected") smtp.misbehaviour = "hang";
      const { end, said } = await run(point);
      assert.equal(end, "SIGKILL", said);
      smtp.misbehaviour = undefined;
      const again = await run("end");
      assert.equal(again.end, 0, again.said);
      assert.equal(outbox.delivery(id)!.state, "accepted");
      // The server's answer was on its way to a row that was never written: SMTP knows no way to ask.
      assert.equal(smtp.mails.length, point === "answered" ? 2 : 1);
      const ids = smtp.mails.map(({ data }) => /^Message-ID:\s+(<\S+>)/im.exec(data)![1]);
      assert.equal(new Set(ids).size, 1);
    });

  it("leaves one whole file in a folder, wherever it was killed", async () => {
    const id = queue({ kind: "folder", dir: folder });
    for (const point of ["begun", "leaving", "answered"]) assert.equal((await run(point)).end, "SIGKILL");
    assert.equal((await run("end")).end, 0);
    assert.equal(outbox.delivery(id)!.state, "accepted");
    const files = readdirSync(folder);
    assert.equal(files.length, 1);
    assert.equal(readFileSync(join(folder, files[0]!), "utf8"), "%PDF-1.7 test");
  });

  describe("after it had an answer and before it noted it", () => {
    const source = sourceOf({ signals: [noise(5_000, 30_000)] });
    const pdf = Buffer.from("%PDF-1.7 test\n");
    const again = async (way: Way, made: Partial<Documents>) => {
      const id = queue(way);
      const file = join(folder, "documents");
      writeFileSync(file, serialize({ [way.kind]: made }));
      const { end, said } = await run("answered", file);
      assert.equal(end, "SIGKILL", said);
      assert.equal((await run("end", file)).end, 0);
      const { state, attempts } = outbox.delivery(id)!;
      assert.deepEqual([state, attempts], ["accepted", 2]);
    };

    describe("of an archive", () => {
      const dir = scratch();
      let archive: Orthanc | undefined;
      // Before the clock stands still: it is asked now and then whether it is there.
      before(async function () {
        skipUnless(ORTHANC !== undefined, this, "Orthanc (Debian: orthanc)");
        archive = await Orthanc.start(dir);
      });
      after(() => archive?.end());

      it("sends a study again, which is there once", async () => {
        const node = { host: "127.0.0.1", port: archive!.port, aeTitle: "ORTHANC", callingAeTitle: "AVNODE" };
        const dicom = [...dicomFiles(source).map(bytesOf), dicomPdf(source, pdf)];
        await again({ kind: "dicom", ...node }, { dicom });
        assert.equal((await archive!.instances()).length, 2);
      });
    });

    it("sends a transaction again, under one key, that leaves a server with each resource once", async () => {
      const fhir = await FhirServer.start();
      try {
        const bundle = fhirBundle({ source, pdf, proof: Buffer.from("a proof") });
        await again({ kind: "fhir", url: `${fhir.url}/r4` }, { bundle });
        assert.equal(fhir.keys.length, 2);
        assert.equal(new Set(fhir.keys).size, 1);
        assert.deepEqual([...fhir.kept.keys()].sort(), bundle.entry.map(({ request }) => request.url).sort());
      } finally {
        await fhir.stop();
      }
    });
  });

  it("leaves no password in any file of the hub", async () => {
    queue(mail());
    await run("answered");
    await run("end");
    // What was sent to the server shows that the password was there to leak.
    assert.equal(smtp.mails[0]!.user, "hub");
    for (const name of readdirSync(rig.dataDir, { recursive: true, withFileTypes: true }))
      if (name.isFile())
        assert.ok(!readFileSync(join(name.parentPath, name.name)).includes(SECRET), name.name);
    assert.ok(!JSON.stringify(rig.logged).includes(SECRET));
  });
});
