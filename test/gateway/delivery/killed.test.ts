import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addRecipient, sendRecording } from "../../../gateway/delivery/sending";
import { Outbox } from "../../../gateway/store/outbox/outbox";
import type { Way } from "../../../gateway/web/schema/delivery";
import { ORTHANC, skipUnless } from "../../machine";
import { freePort } from "../../ports";
import { Rig } from "../store/rig";
import { FhirServer } from "./fhirserver";
import { Orthanc } from "./orthanc";
import { SmtpServer } from "./smtpserver";

const SECRET = "geheimnis-4711";
const consent = { who: "Ada", text: "Reports go to the doctor." };

describe("a carrier killed with SIGKILL", function () {
  this.timeout(120_000);
  let rig: Rig;
  let outbox: Outbox<Way>;
  let smtp: SmtpServer;
  let folder: string;
  let queuedAt: number;

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
    queuedAt = Date.now();
    return sendRecording(rig.store.reader, outbox, id, recipient.id).id;
  };
  const run = async (point: string) => {
    const args = ["-r", "ts-node/register/transpile-only", join(__dirname, "killedcarrier.ts")];
    const child = spawn(process.execPath, [...args, rig.dataDir, String(queuedAt), point]);
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

  it("stores one waveform and one report in an archive, wherever it was killed", async function () {
    skipUnless(ORTHANC !== undefined, this, "Orthanc (Debian: orthanc)");
    const port = await freePort();
    const node = { host: "127.0.0.1", port, aeTitle: "ORTHANC", callingAeTitle: "AVNODE" };
    const id = queue({ kind: "dicom", ...node });
    // An archive takes its time to start.
    rig.time.restore();
    const archive = await Orthanc.start(folder, { DicomPort: port });
    try {
      for (const point of ["making", "leaving", "answered"]) assert.equal((await run(point)).end, "SIGKILL");
      // It has both already, and is sent them again: nobody wrote down that it has.
      assert.equal((await archive.instances()).length, 2);
      assert.equal((await run("end")).end, 0);
      assert.equal(outbox.delivery(id)!.state, "accepted");
      assert.equal((await archive.instances()).length, 2);
    } finally {
      await archive.end();
    }
  });

  it("puts one set of resources on a FHIR server, under one key, wherever it was killed", async () => {
    const fhir = await FhirServer.start();
    try {
      const id = queue({ kind: "fhir", url: `${fhir.url}/r4` });
      for (const point of ["making", "leaving", "answered"]) assert.equal((await run(point)).end, "SIGKILL");
      const kept = structuredClone(fhir.kept);
      assert.equal((await run("end")).end, 0);
      assert.equal(outbox.delivery(id)!.state, "accepted");
      assert.deepEqual([fhir.keys.length, new Set(fhir.keys).size], [2, 1]);
      assert.deepEqual(fhir.kept, kept);
    } finally {
      await fhir.stop();
    }
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
