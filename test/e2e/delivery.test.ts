/** What is sent leaves a real hub, `avnode start` as it is shipped, for real servers, and each has it once. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Delivery, Way } from "../../gateway/schema/delivery";
import { FhirServer } from "../gateway/delivery/fhirserver";
import { Orthanc } from "../gateway/delivery/orthanc";
import { attachmentOf, SmtpServer } from "../gateway/delivery/smtpserver";
import { digestOf } from "../gateway/export/read";
import { certify, hasOpenssl, makeCa } from "../gateway/mqtt/certificates";
import { PULSES, RATE, Written } from "../gateway/report/made";
import { ORTHANC, PYTHON, skipUnless, skipUnlessPython } from "../machine";
import { PageHub } from "./pagehub";
import { scratch } from "./rig";

const SECONDS = 30;
const SIGNAL = Int32Array.from({ length: SECONDS * RATE }, (_, sample) => PULSES(sample));
const CLIENT = { id: "hub", secret: "geheimnis-fhir" };
const consent = { who: "Ada", text: "Reports go to the practice." };

describe("a recording that is sent by mail, to two archives, to a FHIR server and into a folder", function () {
  this.timeout(180_000);
  const dir = scratch();
  const ends: (() => Promise<unknown>)[] = [];
  let hub: PageHub;
  let smtp: SmtpServer;
  let fhir: FhirServer;
  let archives: Record<"plain" | "tls", Orthanc>;
  let recording: string;
  let handheld: string;
  let deliveries: Delivery[];
  const folder = join(dir, "practice");

  before(async function () {
    skipUnless(ORTHANC !== undefined, this, "Orthanc (Debian: orthanc)");
    skipUnless(hasOpenssl, this, "openssl (Debian: openssl)");
    skipUnlessPython(this, "pydicom");
    mkdirSync(folder);
    const ca = makeCa(dir, "ca");
    const [server, client] = [
      certify(dir, "server", ca, "IP:127.0.0.1"),
      certify(dir, "client", ca, "DNS:hub"),
    ];
    const [cert, key, caPem] = [server.cert, server.key, ca.cert].map((file) => readFileSync(file, "utf8"));
    smtp = await SmtpServer.start({ cert: cert!, key: key! });
    ends.push(() => smtp.stop());
    fhir = await FhirServer.start(CLIENT);
    ends.push(() => fhir.stop());
    const secured = {
      ...{ DicomTlsEnabled: true, DicomTlsRemoteCertificateRequired: true },
      ...{ DicomTlsCertificate: server.cert, DicomTlsPrivateKey: server.key },
      DicomTlsTrustedCertificates: ca.cert,
    };
    archives = { plain: await Orthanc.start(dir), tls: await Orthanc.start(dir, secured) };
    ends.push(...Object.values(archives).map((one) => () => one.end()));

    hub = await PageHub.build("--demo");
    ends.push(() => hub.remove());
    const data = join(hub.folder, "data");
    const written = new Written();
    recording = written.record({ seconds: SECONDS });
    handheld = written.handheld.hex;
    written.rig.store.assign(recording, written.rig.store.addPerson({ name: "Ada Weiss" }).id);
    written.rig.store.flush();
    cpSync(written.rig.dataDir, data, { recursive: true });
    written.end();

    const node = { host: "127.0.0.1", aeTitle: "ORTHANC", callingAeTitle: "AVNODE" };
    const own = [client.cert, client.key].map((file) => readFileSync(file, "utf8"));
    const ways: Record<string, Way> = {
      mail: {
        ...{ kind: "mail", to: "doctor@practice.example", from: "hub@home.example", security: "starttls" },
        ...{ host: "127.0.0.1", port: smtp.port, user: "hub", password: "geheimnis-mail", ca: caPem! },
      },
      plain: { kind: "dicom", ...node, port: archives.plain.port },
      tls: {
        kind: "dicom",
        ...node,
        port: archives.tls.port,
        tls: { ca: caPem!, cert: own[0]!, key: own[1]! },
      },
      fhir: {
        ...{ kind: "fhir", url: `${fhir.url}/r4` },
        token: { url: `${fhir.url}/token`, clientId: CLIENT.id, clientSecret: CLIENT.secret },
      },
      folder: { kind: "folder", dir: folder },
    };
    await hub.start(/page: /, {}, ["radio:", "  enabled: false"]);
    await analysed();
    for (const [name, way] of Object.entries(ways)) {
      const file = join(dir, `${name}.json`);
      writeFileSync(file, JSON.stringify({ name, way, rule: "press", consent }), { mode: 0o600 });
      avnode("recipients", "add", file, "--data", data);
      avnode("send", recording, "--to", name, "--data", data);
    }
    deliveries = await ended();
    // Pressed once more, it is there already.
    for (const name of Object.keys(ways)) avnode("send", recording, "--to", name, "--data", data);
    await hub.stop();
    await hub.start(/page: /, {}, ["radio:", "  enabled: false"]);
    deliveries = await ended();
    await hub.stop();
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  function avnode(...words: string[]): string {
    const { status, stdout, stderr } = hub.program.run(...words);
    assert.equal(status, 0, stderr);
    return stdout;
  }

  /** An analysis that ends meanwhile makes another version of what is sent. */
  const analysed = () =>
    until<{ analysis?: { ended: boolean } }>(`recordings/${recording}/findings`, ({ analysis }) =>
      Boolean(analysis?.ended),
    );
  /** As the API tells them, once none waits. */
  const ended = async () =>
    (
      await until<{ deliveries: Delivery[] }>("deliveries", ({ deliveries }) =>
        deliveries.every(({ state }) => state !== "queued" && state !== "sending"),
      )
    ).deliveries;

  /** @returns what the owner's API says once it is so */
  async function until<T>(path: string, isSo: (answer: T) => boolean): Promise<T> {
    const headers = { origin: hub.address, "content-type": "application/json" };
    const login = await fetch(`${hub.address}/api/login`, { method: "POST", headers, body: "{}" });
    assert.equal(login.status, 200);
    const cookie = login.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    for (;;) {
      const answer = (await (await fetch(`${hub.address}/api/${path}`, { headers: { cookie } })).json()) as T;
      if (isSo(answer)) return answer;
      await new Promise((done) => setTimeout(done, 250));
    }
  }

  /** By whoever believes the simulation's maker, as a test may. */
  function requireProven(pdf: Buffer): void {
    const [file, trust] = [join(dir, "arrived.pdf"), join(dir, "trust")];
    writeFileSync(file, pdf);
    writeFileSync(trust, avnode("trust", "--data", join(hub.folder, "data")).replace("# maker", "maker"));
    const said = avnode("verify", file, "--trust", trust);
    assert.match(
      said,
      new RegExp(`^AUTHENTIC .*\nrecording 1 of epoch 1 of handheld ${handheld}, 00:00:30 long`),
    );
  }

  it("is accepted by each at the first attempt, as the API says", () => {
    assert.deepEqual(
      deliveries.map(({ recipient, state, attempts, reason }) => [recipient.name, state, attempts, reason]),
      ["folder", "fhir", "tls", "plain", "mail"].map((name) => [name, "accepted", 1, undefined]),
    );
  });

  it("comes by mail once, over TLS, from somebody known there, with a report that proves itself", () => {
    assert.equal(smtp.mails.length, 1);
    const { tls, user, password, data } = smtp.mails[0]!;
    assert.deepEqual([tls, user, password], [true, "hub", "geheimnis-mail"]);
    assert.doesNotMatch(data, /Weiss/);
    requireProven(attachmentOf(data, "application/pdf"));
  });

  for (const kind of ["plain", "tls"] as const)
    it(`is in the ${kind} archive once, sample for sample, with its report beside it`, async () => {
      const instances = await archives[kind].instances();
      const pdfs = await Promise.all(instances.map((one) => archives[kind].pdf(one)));
      assert.equal(instances.length, 2);
      const waveform = join(dir, `${kind}.dcm`);
      writeFileSync(waveform, await archives[kind].file(instances[pdfs.indexOf(undefined)]!));
      const reader = join(__dirname, "../gateway/export/dicomreader.py");
      const said = JSON.parse(execFileSync(PYTHON, [reader], { input: waveform, encoding: "utf8" }));
      assert.deepEqual(said.digests, [digestOf(SIGNAL)]);
      requireProven(pdfs.find((pdf) => pdf !== undefined)!);
    });

  it("is taken by the FHIR server's validator once, with its report", () => {
    assert.deepEqual(fhir.refused, []);
    assert.equal(fhir.keys.length, 1);
    const report = [...fhir.kept.values()].find(({ resourceType }) => resourceType === "DiagnosticReport")!;
    const { presentedForm } = report as unknown as { presentedForm: { data: string }[] };
    requireProven(Buffer.from(presentedForm[0]!.data, "base64"));
  });

  it("is bounced once its sender says that the mail came back, and nothing else is", () => {
    const data = ["--data", join(hub.folder, "data")];
    const { id } = deliveries.find(({ recipient }) => recipient.name === "mail")!;
    assert.equal(avnode("outbox", "bounced", String(id), ...data), `bounced: recording ${recording}\n`);
    const listed = JSON.parse(avnode("outbox", "--json", ...data)).deliveries as {
      id: number;
      state: string;
    }[];
    for (const one of listed) assert.equal(one.state, one.id === id ? "bounced" : "accepted");
  });

  it("lies in the folder once, beside a form to answer on", () => {
    const files = readdirSync(folder).sort();
    assert.equal(files.length, 2);
    assert.match(files[0]!, /^answer-form-\w+\.html$/);
    requireProven(readFileSync(join(folder, files[1]!)));
  });
});
