/** What becomes of a delivery, from the outbox to a server that misbehaves and back to its state. */
import assert from "node:assert/strict";
import { storeDicom } from "../../../gateway/delivery/cstore";
import { mailReport } from "../../../gateway/delivery/mail";
import type { Transport } from "../../../gateway/delivery/transport";
import { dicomFiles } from "../../../gateway/export/dicom";
import type { Way } from "../../../gateway/web/schema/delivery";
import { scratch } from "../../e2e/rig";
import { ORTHANC, skipUnless } from "../../machine";
import { freePort } from "../../ports";
import { bytesOf, noise, sourceOf } from "../export/source";
import { Orthanc } from "./orthanc";
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
    ["hang", /Greeting never received/, "once"],
    ["greylist", /451 4\.7\.1 come again later/, "once"],
    // It has the mail and did not say so: at least once is what SMTP offers.
    ["drop-after-data", /closed/i, "each time"],
  ] as const)
    it(`("${misbehaviour}") keeps the mail waiting, and has it ${times} under one Message-ID`, async () => {
      const id = send(misbehaviour);
      const waiting = await rig.until(id, ({ attempts, state }) => attempts === 1 && state === "queued");
      smtp.misbehaviour = undefined;
      assert.match(waiting.reason!, why);
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
  this.timeout(60_000);
  const dir = scratch(true);
  before(function () {
    skipUnless(ORTHANC !== undefined, this, "Orthanc (Debian: orthanc)");
  });

  it("keeps the delivery waiting, which says so, until there is room", async () => {
    const port = await freePort();
    const full = await Orthanc.start(dir, {
      DicomPort: port,
      MaximumStorageSize: 1,
      MaximumStorageMode: "Reject",
    });
    const rig = new OutRig();
    try {
      const filler = dicomFiles(sourceOf({ signals: [noise(440_000, 30_000)] })).map(bytesOf);
      const way: Way = {
        kind: "dicom",
        host: "127.0.0.1",
        port,
        aeTitle: "ORTHANC",
        callingAeTitle: "AVNODE",
      };
      await storeDicom(filler, way);
      const id = rig.send(way);
      rig.carry();
      const { reason } = await rig.until(id, ({ attempts, state }) => attempts === 1 && state === "queued");
      assert.match(reason!, /is full \(status A7/);
    } finally {
      await rig.end();
      await full.end();
    }
  });
});
