/** The doctor's copy, the whole way: a recording in a store, a press or a rule, documents, real servers, and what is said. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import sinon from "sinon";
import { Store } from "../../gateway/store/store";
import type { Way } from "../../gateway/web/schema/delivery";
import { writeRecord } from "../../gateway/wfdb/write";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { importRecords } from "../../tools/sim/import";
import { type Built, built } from "../gateway/cli/built";
import { FhirStub } from "../gateway/delivery/fhirserver";
import { Orthanc } from "../gateway/delivery/orthanc";
import { SmtpServer } from "../gateway/delivery/smtpserver";
import { pydicom } from "../gateway/export/pydicom";
import { digestOf } from "../gateway/export/read";
import { certify, hasOpenssl, makeCa } from "../gateway/mqtt/certificates";
import { ORTHANC, PYTHON, skipUnless, skipUnlessPython } from "../machine";
import { scratch } from "./rig";

const RATE = 128;
const SECONDS = 60;
const HOUR_MS = 3600_000;
const SECRET = "geheimnis-4711";
const PDF_OF_DICOM = `import sys, pydicom
ds = pydicom.dcmread(sys.argv[1])
open(sys.argv[2], "wb").write(ds.EncapsulatedDocument)`;

interface Told {
  recording: string;
  recipient: { name: string };
  state: string;
  attempts: number;
  reason?: string;
}

describe("delivery by a real hub to real servers", function () {
  this.timeout(240_000);
  const dir = scratch(true);
  const dataDir = join(dir, "data");
  const ends: (() => unknown)[] = [];
  let program: Built;
  let hub: ChildProcess;
  let address: string;
  let headers: Record<string, string>;
  const ids: Record<string, string> = {};
  const signals: Record<string, Int32Array> = {};
  let [smtp, fhir, plain, tls]: [SmtpServer?, FhirStub?, Orthanc?, Orthanc?] = [];
  let caPem: string;

  before(async function () {
    skipUnless(ORTHANC !== undefined, this, "Orthanc (Debian: orthanc)");
    skipUnless(hasOpenssl, this, "openssl (Debian: openssl)");
    skipUnlessPython(this, "pydicom");
    program = built();
    ends.push(() => program.remove());
    const dist = join(program.program, "..");
    buildSync({
      ...{ entryPoints: [join(__dirname, "delivery-hub.ts")], outdir: dist, bundle: true, platform: "node" },
      ...{ format: "cjs", packages: "external", logLevel: "warning" },
    });
    const ca = makeCa(dir, "ca");
    const server = certify(dir, "server", ca, "IP:127.0.0.1");
    caPem = readFileSync(ca.cert, "utf8");
    const read = (file: string) => readFileSync(file, "utf8");
    smtp = await SmtpServer.start({ cert: read(server.cert), key: read(server.key) });
    ends.push(() => smtp!.stop());
    fhir = await FhirStub.start();
    ends.push(() => fhir!.stop());
    plain = await Orthanc.start(dir);
    ends.push(() => plain!.end());
    tls = await Orthanc.start(dir, {
      ...{ DicomTlsEnabled: true, DicomTlsRemoteCertificateRequired: false },
      ...{ DicomTlsCertificate: server.cert, DicomTlsPrivateKey: server.key },
      DicomTlsTrustedCertificates: ca.cert,
    });
    ends.push(() => tls!.end());
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  /** A synthetic heart through handheld, radio and broker, and then Ada's. */
  async function record(name: string, af: boolean, agoMs = 0): Promise<void> {
    const heart = new EcgGenerator({
      ...{ rate: RATE, bits: 16, gainCountsPerMillivolt: 400, seed: 7 },
      ...{ af, heartRateBpm: af ? 95 : 65 },
    });
    const [signal] = heart.read(SECONDS * RATE);
    const lead = { name: "I", unit: "mV", gain: 400, baseline: 0, adcZero: 0, bits: 16 };
    signals[name] = signal!;
    writeRecord(dir, {
      name,
      rateNum: RATE,
      rateDen: 1,
      leads: [lead],
      signals: [signal!],
      start: undefined,
    });
    // An import's time runs ahead of ours: it begins long ago, or what it made would end after rules of today.
    const began = sinon.stub(Date, "now").returns(Date.now() - agoMs);
    const { recordings } = await importRecords([join(dir, name)], { dataDir });
    began.restore();
    ids[name] = recordings[0]!.id;
    const store = Store.openAsIs(dataDir);
    const ada = store.reader.people()[0] ?? store.addPerson({ name: "Ada" });
    store.assign(ids[name], ada.id);
    store.close();
  }

  async function ask(method: string, path: string, body?: object) {
    const answer = await fetch(`${address}${path}`, {
      ...{ method, headers: { ...headers, ...(body && { "content-type": "application/json" }) } },
      body: body && JSON.stringify(body),
    });
    const value = await answer.json();
    assert.ok(answer.ok, JSON.stringify(value));
    return { answer, value };
  }

  async function start(): Promise<void> {
    const args = [join(program.program, "../delivery-hub.js"), dataDir];
    hub = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const child = hub;
    ends.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    });
    address = String((await once(hub.stdout!, "data"))[0]).trim();
    headers = { origin: address };
    const { answer, value } = await ask("POST", "/api/login", {});
    const cookie = answer.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    headers = { ...headers, cookie, "x-avnode-csrf": (value as { csrf: string }).csrf };
  }

  const add = async (name: string, way: Way, rule = "press") =>
    ask("POST", "/api/recipients", { ...{ name, way, rule }, consent: { who: "Ada", text: "Agreed." } });
  const outbox = async () =>
    ((await ask("GET", "/api/deliveries")).value as { deliveries: Told[] }).deliveries;
  const folder = (name: string) => {
    mkdirSync(join(dir, name), { recursive: true });
    return { kind: "folder", dir: join(dir, name) } as const;
  };
  const filesIn = (name: string) => readdirSync(join(dir, name)).map((file) => join(dir, name, file));
  /** Until so many have come to an end: nothing else in a real hub says so. */
  async function ended(count: number): Promise<Told[]> {
    for (;;) {
      const all = await outbox();
      if (all.filter(({ state }) => state !== "queued" && state !== "sending").length >= count) return all;
      await new Promise((done) => setTimeout(done, 200));
    }
  }
  const isSound = (pdf: string, id: string) => {
    const { status, stdout, stderr } = program.run("verify", pdf);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(id));
  };

  it("by their rules, only what ended after they were said", async () => {
    await record("before", true, HOUR_MS);
    await start();
    await add("all", folder("all"), "every");
    await add("fibrillation", folder("fibrillation"), "af");
    await ended(0);
    hub.kill("SIGKILL");
    await once(hub, "exit");
    await record("sinus", false);
    await record("af", true);
    await start();
    const told = (await ended(3)).map(({ recording, recipient, state }) => [
      recording,
      recipient.name,
      state,
    ]);
    assert.deepEqual(
      told.sort(),
      [
        [ids.af, "all", "accepted"],
        [ids.af, "fibrillation", "accepted"],
        [ids.sinus, "all", "accepted"],
      ].sort(),
    );
    assert.equal(filesIn("all").length, 2);
    assert.equal(filesIn("fibrillation").length, 1);
    isSound(filesIn("fibrillation")[0]!, ids.af!);
  });

  it("by press: mail, archives, FHIR server and folder have it once each, and every report is sound", async () => {
    const node = { kind: "dicom", host: "127.0.0.1", aeTitle: "ORTHANC", callingAeTitle: "AVNODE" } as const;
    const ways: Record<string, Way> = {
      mail: {
        ...{ kind: "mail", to: "doctor@practice.example", from: "hub@home.example", host: "127.0.0.1" },
        ...{ port: smtp!.port, security: "starttls", user: "hub", password: SECRET, ca: caPem },
      },
      dicom: { ...node, port: plain!.port },
      dicomtls: { ...node, port: tls!.port, tls: { ca: caPem } },
      fhir: { kind: "fhir", url: fhir!.url, token: fhir!.token },
      folder: folder("folder"),
    };
    for (const [name, way] of Object.entries(ways)) {
      await add(name, way);
      const { status, stderr } = program.run("send", ids.sinus!, "--to", name, "--data", dataDir);
      assert.equal(status, 0, stderr);
    }
    const told = (await ended(8)).filter(({ recipient }) => recipient.name in ways);
    for (const { recipient, state, attempts, reason } of told)
      assert.deepEqual([state, attempts], ["accepted", 1], `${recipient.name}: ${reason}`);

    assert.deepEqual(
      smtp!.mails.map(({ tls, user }) => ({ tls, user })),
      [{ tls: true, user: "hub" }],
    );
    const attached = /filename=ecg-report\.pdf[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(
      smtp!.mails[0]!.data,
    )![1]!;
    const pdfs = [writtenTo("mail.pdf", Buffer.from(attached, "base64")), ...filesIn("folder")];
    for (const [name, archive] of Object.entries({ plain, tls })) {
      const instances = await archive!.instances();
      assert.equal(instances.length, 2, name);
      const files = await Promise.all(
        instances.map(async (one) => writtenTo(`${name}-${one}.dcm`, await archive!.file(one))),
      );
      const isReport = (file: string) => readFileSync(file).includes("1.2.840.10008.5.1.4.1.1.104.1");
      const [read] = pydicom(files.filter((file) => !isReport(file)));
      assert.deepEqual(read!.digests, [digestOf(signals.sinus!)], name);
      const pdf = join(dir, `${name}.pdf`);
      execFileSync(PYTHON, ["-c", PDF_OF_DICOM, files.find(isReport)!, pdf]);
      pdfs.push(pdf);
    }
    assert.equal(fhir!.taken.length, 1);
    assert.deepEqual(fhir!.answers, [200, 200]);
    const report = [...fhir!.kept.values()].find(({ resourceType }) => resourceType === "DiagnosticReport")!;
    const [{ data }] = report.presentedForm as [{ data: string }];
    pdfs.push(writtenTo("fhir.pdf", Buffer.from(data, "base64")));
    assert.equal(pdfs.length, 5);
    for (const pdf of pdfs) isSound(pdf, ids.sinus!);
  });

  function writtenTo(name: string, bytes: Uint8Array): string {
    writeFileSync(join(dir, name), bytes);
    return join(dir, name);
  }

  it("and once more, when the same is asked again: nothing leaves", async () => {
    const { status, stdout } = program.run("send", ids.sinus!, "--to", "mail", "--data", dataDir);
    assert.deepEqual([status, /^accepted:/.test(stdout)], [0, true]);
    assert.equal((await outbox()).length, 8);
    assert.equal(smtp!.mails.length, 1);
  });

  it("and no password is in any file of the hub", async () => {
    for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true }))
      if (entry.isFile())
        assert.ok(!readFileSync(join(entry.parentPath, entry.name)).includes(SECRET), entry.name);
  });
});
