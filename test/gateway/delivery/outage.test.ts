/** Two days without a network, for a mail, an archive, a FHIR server and a share, and a hub that does not live long. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CarrierParts } from "../../../gateway/delivery/carrier";
import { type Documents, makeDocuments } from "../../../gateway/delivery/documents";
import { Random } from "../../../tools/sim/random";
import { scratch } from "../../e2e/rig";
import { ORTHANC, skipUnless } from "../../machine";
import { freePort } from "../../ports";
import { FhirServer } from "./fhirserver";
import { Orthanc } from "./orthanc";
import { OutRig } from "./outrig";
import { attachmentOf, SmtpServer } from "./smtpserver";

const MINUTE_MS = 60_000;
const OUTAGE_MS = 48 * 60 * MINUTE_MS;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

describe(`48 hours without a network, with a hub that is killed every few minutes, seed ${seed}`, function () {
  this.timeout(300_000);
  const dir = scratch();
  const ends: (() => unknown)[] = [];
  before(function () {
    skipUnless(ORTHANC !== undefined, this, "Orthanc (Debian: orthanc)");
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  it("end with exactly one of each at its server", async () => {
    const random = new Random(seed);
    const rig = new OutRig();
    ends.push(() => rig.end());
    const share = join(dir, "share");
    // Until the network is back nobody listens there, and the share is not mounted.
    const ports = { smtp: await freePort(), dicom: await freePort(), fhir: await freePort() };
    const host = "127.0.0.1";
    const sent = [
      rig.send({
        ...{ kind: "mail", to: "doctor@practice.example", from: "hub@home.example", security: "plain" },
        ...{ host, port: ports.smtp },
      }),
      rig.send({ kind: "dicom", host, port: ports.dicom, aeTitle: "ORTHANC", callingAeTitle: "AVNODE" }),
      rig.send({ kind: "fhir", url: `http://${host}:${ports.fhir}/r4` }),
      rig.send({ kind: "folder", dir: share }),
    ];
    // The recording stays as it is, and so does what is made of it.
    const made = new Map<string, Promise<Documents>>();
    const { reader } = rig.rig.store;
    const make: CarrierParts["make"] = ({ dataDir, id, way }) => {
      const { kind } = way;
      if (!made.has(kind)) made.set(kind, makeDocuments(reader, dataDir, id, way));
      return made.get(kind)!;
    };
    const until = rig.clock.now() + OUTAGE_MS;
    let lives = 0;
    for (; rig.clock.now() < until; lives++) {
      const kill = rig.carryUntilKilled({ make });
      // Some die in the middle of an attempt, others between two.
      await new Promise((done) => setTimeout(done, random.int(20)));
      kill();
      rig.skip((2 + random.int(5)) * MINUTE_MS);
    }
    const attempts = sent.map((id) => rig.outbox.delivery(id)!.attempts);
    assert.ok(lives > 400, `${lives} lives`);
    // Not one at every start: from a minute to six hours between them, and what it died over at once.
    for (const many of attempts)
      assert.ok(many > 8 && many < lives / 4, `${attempts} attempts in ${lives} lives`);

    const smtp = await SmtpServer.start(undefined, ports.smtp);
    const orthanc = await Orthanc.start(dir, { DicomPort: ports.dicom });
    const fhir = await FhirServer.start(undefined, ports.fhir);
    ends.push(...[smtp, fhir].map((server) => () => server.stop()), () => orthanc.end());
    mkdirSync(share);
    rig.carry({ make });
    for (const id of sent) assert.equal((await rig.ended(id)).state, "accepted");
    assert.equal(smtp.mails.length, 1);
    const { pdf } = await made.get("folder")!;
    assert.deepEqual(attachmentOf(smtp.mails[0]!.data, "application/pdf"), pdf);
    const instances = await orthanc.instances();
    const pdfs = await Promise.all(instances.map((one) => orthanc.pdf(one)));
    assert.equal(instances.length, 2);
    // An element of DICOM has an even length.
    assert.deepEqual(pdfs.find((one) => one)!.subarray(0, pdf.length), pdf);
    assert.equal(fhir.keys.length, 1);
    const files = readdirSync(share);
    assert.equal(files.length, 1);
    assert.deepEqual(readFileSync(join(share, files[0]!)), pdf);
  });
});
