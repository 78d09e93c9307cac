/** Two days without a network, by processes that are killed, and then real servers. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serialize } from "node:v8";
import type { Documents } from "../../../gateway/delivery/documents";
import type { Way } from "../../../gateway/schema/delivery";
import type { Delivery } from "../../../gateway/store/outbox/outbox";
import { scratch } from "../../e2e/rig";
import { ORTHANC, skipUnless } from "../../machine";
import { freePort } from "../../ports";
import { builtCarrier } from "./builtcarrier";
import { FhirServer } from "./fhirserver";
import { Orthanc } from "./orthanc";
import { OutRig } from "./outrig";
import { attachmentOf, SmtpServer } from "./smtpserver";

const MINUTE_MS = 60_000;
const HOURS = 48;
/** A minute takes a tenth of a second. */
const HASTE = 600;
const LIFE_MINUTES = 5;
const SLOW = process.env.AVNODE_SLOW === "1";
/** From one start to the next. */
const EVERY_MINUTES = SLOW ? LIFE_MINUTES : 90;
const KILLS = (HOURS * 60) / EVERY_MINUTES;

describe(`an outbox through ${HOURS} hours without a network, its process killed ${KILLS} times (AVNODE_SLOW=1: every 5 minutes)`, function () {
  this.timeout(SLOW ? 30 * MINUTE_MS : 4 * MINUTE_MS);
  const dir = scratch();
  const folder = join(dir, "stick");
  const file = join(dir, "documents");
  const program = builtCarrier();
  const made: Partial<Record<Way["kind"], Documents>> = {};
  const ends: (() => unknown)[] = [];
  const ids: Partial<Record<Way["kind"], number>> = {};
  let rig: OutRig;
  let ports: Record<"smtp" | "dicom" | "fhir", number>;
  let now: number;

  before(async function () {
    skipUnless(ORTHANC !== undefined, this, "Orthanc (Debian: orthanc)");
    rig = new OutRig();
    ends.push(() => rig.end());
    ports = { smtp: await freePort(), dicom: await freePort(), fhir: await freePort() };
    const ways: Way[] = [
      {
        ...{ kind: "mail", to: "doctor@practice.example", from: "hub@home.example", security: "plain" },
        ...{ host: "127.0.0.1", port: ports.smtp },
      },
      {
        ...{ kind: "dicom", host: "127.0.0.1", port: ports.dicom },
        ...{ aeTitle: "ORTHANC", callingAeTitle: "AVNODE" },
      },
      { kind: "fhir", url: `http://127.0.0.1:${ports.fhir}/r4` },
      { kind: "folder", dir: folder },
    ];
    const { rig: store } = rig;
    for (const way of ways) {
      ids[way.kind] = rig.send(way);
      made[way.kind] = await rig.make(way);
    }
    store.store.flush();
    // Made once: what a document takes to be made is no part of an outage.
    writeFileSync(file, serialize(made));
    now = rig.clock.now();
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  async function carry(point: string): Promise<string | number> {
    const args = [program, rig.rig.dataDir, String(now), point, String(HASTE), file];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    const [code, signal] = await once(child, "close");
    return signal ?? code;
  }
  const deliveries = (): Delivery[] => Object.values(ids).map((id) => rig.outbox.delivery(id)!);

  it("keeps everything, and tries at most as often as its backoff says, but for what a kill cut off", async () => {
    for (let kills = 0; kills < KILLS; kills++) {
      assert.equal(await carry(String(LIFE_MINUTES * MINUTE_MS)), "SIGKILL");
      now += EVERY_MINUTES * MINUTE_MS;
    }
    for (const { state, attempts } of deliveries()) {
      assert.ok(state === "queued" || state === "sending", state);
      // Doubling from a minute to six hours: some 16 tries in two days.
      assert.ok(attempts >= 5 && attempts <= 30, `${attempts} attempts`);
    }
  });

  it("then leaves once: one mail, one study, one transaction, one file", async () => {
    const smtp = await SmtpServer.start(undefined, ports.smtp);
    ends.push(() => smtp.stop());
    const fhir = await FhirServer.start(undefined, ports.fhir);
    ends.push(() => fhir.stop());
    const archive = await Orthanc.start(dir, { DicomPort: ports.dicom });
    ends.push(() => archive.end());
    mkdirSync(folder);
    assert.equal(await carry("end"), 0);
    for (const { state, reason } of deliveries()) assert.equal(state, "accepted", reason);
    // Another start finds nothing to do.
    now += 24 * 60 * MINUTE_MS;
    assert.equal(await carry("end"), 0);

    assert.equal(smtp.mails.length, 1);
    const mailed = attachmentOf(smtp.mails[0]!.data, "application/pdf");
    assert.ok(mailed.equals(made.mail!.pdf));
    const instances = await archive.instances();
    assert.equal(instances.length, 2);
    const objects = await Promise.all(instances.map((one) => archive.file(one)));
    assert.equal(objects.filter((one) => one.includes(Buffer.from(made.dicom!.pdf))).length, 1);
    assert.deepEqual([fhir.keys.length, fhir.refused], [1, []]);
    const files = readdirSync(folder);
    assert.equal(files.length, 1);
    assert.ok(readFileSync(join(folder, files[0]!)).equals(made.folder!.pdf));
  });
});
