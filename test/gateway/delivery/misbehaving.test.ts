/** What becomes of a delivery, from the outbox to a server that misbehaves and back to its state. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import sinon from "sinon";
import { DeliveryError } from "../../../gateway/delivery/error";
import { mailReport } from "../../../gateway/delivery/mail";
import type { Transport } from "../../../gateway/delivery/transport";
import type { Way } from "../../../gateway/schema/delivery";
import { scratch } from "../../e2e/rig";
import { startArchive } from "./archive";
import { FhirServer } from "./fhirserver";
import { OutRig, SHORT } from "./outrig";
import { type Misbehaviour, SmtpServer } from "./smtpserver";

const TIMES = { connectMs: 300, silenceMs: 300, wholeMs: 1000 };
const impatient: Transport = (way, documents, key) =>
  mailReport(way as Extract<Way, { kind: "mail" }>, documents, key, TIMES);

describe("a mail server that misbehaves", function () {
  this.timeout(30_000);
  let rig: OutRig;
  let smtp: SmtpServer;
  beforeEach(async () => {
    rig = new OutRig();
    smtp = await SmtpServer.start();
  });
  afterEach(async () => {
    await rig.end();
    await smtp.stop();
  });

  const send = (misbehaviour: Misbehaviour) => {
    smtp.misbehaviour = misbehaviour;
    const id = rig.send({
      ...{ kind: "mail", to: "doctor@practice.example", from: "hub@home.example", security: "plain" },
      ...{ host: "127.0.0.1", port: smtp.port },
    });
    rig.carry({ make: async () => SHORT, handOver: impatient });
    return id;
  };

  for (const [misbehaviour, why, times] of [
    // Which of the two clocks strikes first, a loaded machine decides.
    ["hang", /Greeting never received|Timeout/, "once"],
    ["greylist", /451 4\.7\.1 come again later/, "once"],
    // It has the mail and did not say so: at least once is what SMTP offers.
    ["drop-after-data", /closed/i, "each time"],
  ] as const)
    it(`("${misbehaviour}") keeps the mail waiting, and has it ${times} under one Message-ID`, async () => {
      const id = send(misbehaviour);
      const { reason } = await rig.until(id, ({ reason }) => reason !== undefined);
      smtp.misbehaviour = undefined;
      assert.match(reason!, why);
      const { state, attempts } = await rig.ended(id);
      assert.equal(state, "accepted");
      assert.ok(attempts >= 2);
      assert.equal(smtp.mails.length, times === "once" ? 1 : attempts);
      const ids = smtp.mails.map(({ data }) => /^Message-ID:\s+(<\S+>)/im.exec(data)![1]);
      assert.equal(new Set(ids).size, 1);
    });

  for (const [misbehaviour, why] of [
    ["refuse", /550 5\.1\.1 nobody of that name/],
    ["reject-data", /554 5\.7\.1 not here/],
  ] as const)
    it(`("${misbehaviour}") has it bounced at once, with its words`, async () => {
      const id = send(misbehaviour);
      const { state, attempts, reason } = await rig.ended(id);
      assert.deepEqual([state, attempts], ["bounced", 1]);
      assert.match(reason!, why);
    });
});

describe("an archive that is full", function () {
  this.timeout(30_000);

  it("keeps the delivery waiting, which says so, until there is room", async () => {
    const archive = await startArchive(0xa700);
    const rig = new OutRig();
    try {
      const node = { host: "127.0.0.1", port: archive.port, aeTitle: "ARCHIVE", callingAeTitle: "AVNODE" };
      const id = rig.send({ kind: "dicom", ...node });
      rig.carry();
      const { reason } = await rig.until(id, ({ reason }) => reason !== undefined);
      assert.match(reason!, /is full \(status A700\)/);
      archive.status = 0;
      const refused = archive.asked.length;
      assert.equal((await rig.ended(id)).state, "accepted");
      // The waveform with its report beside it, under the UIDs that it came with before.
      assert.equal(archive.asked.length, refused + 2);
      assert.equal(new Set(archive.asked).size, 2);
    } finally {
      await rig.end();
      archive.end();
    }
  });
});

describe("a FHIR server that is busy", function () {
  this.timeout(30_000);

  it("is left alone for as long as it asks, and then takes the bundle", async () => {
    const fhir = await FhirServer.start();
    const rig = new OutRig();
    try {
      fhir.busyFor = 7200;
      const id = rig.send({ kind: "fhir", url: `${fhir.url}/r4` });
      const before = rig.clock.now();
      rig.carry();
      const { nextAt, reason } = await rig.until(id, (one) => one.reason !== undefined);
      assert.match(reason!, /status 503/);
      assert.ok(nextAt! >= before + 7_200_000);
      fhir.busyFor = undefined;
      const { state, attempts } = await rig.ended(id);
      assert.deepEqual([state, attempts, fhir.keys.length], ["accepted", 2, 1]);
    } finally {
      await rig.end();
      await fhir.stop();
    }
  });
});

describe("a report that cannot be made", () => {
  it("is given up at once: nobody has refused it, and another try makes it no shorter", async () => {
    const rig = new OutRig();
    try {
      const id = rig.send({ kind: "folder", dir: "/nowhere" });
      const make = () => Promise.reject(new DeliveryError("DELIVERY_DOCUMENT", "it is too long", false));
      rig.carry({ make });
      const { state, attempts, reason } = await rig.ended(id);
      assert.deepEqual([state, attempts, reason], ["failed", 1, "it is too long"]);
    } finally {
      await rig.end();
    }
  });
});

describe("a folder on a disk that is full", () => {
  const dir = scratch();
  afterEach(() => sinon.restore());

  it("keeps the delivery waiting, and holds no half file meanwhile", async () => {
    const rig = new OutRig();
    const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    const real = fs.promises.open;
    const opening = sinon.stub(fs.promises, "open").callsFake(async (...words) => {
      const handle = await real(...words);
      handle.writeFile = async () => {
        throw full;
      };
      return handle;
    });
    try {
      const id = rig.send({ kind: "folder", dir });
      rig.carry({ make: async () => SHORT });
      const { reason } = await rig.until(id, (one) => one.reason !== undefined);
      assert.match(reason!, /it has no room/);
      assert.deepEqual(fs.readdirSync(dir), []);
      opening.restore();
      assert.equal((await rig.ended(id)).state, "accepted");
      const [file, ...others] = fs.readdirSync(dir);
      assert.deepEqual(others, []);
      assert.deepEqual(fs.readFileSync(join(dir, file!)), SHORT.pdf);
    } finally {
      await rig.end();
    }
  });
});
