import assert from "node:assert/strict";
import { systemClock } from "../../../gateway/clock";
import { answering, linkMaker } from "../../../gateway/delivery/answering";
import { makeOnThread } from "../../../gateway/delivery/making";
import { Outbox } from "../../../gateway/store/outbox/outbox";
import type { Handheld } from "../store/handheld";
import { WebRig } from "./rig";

const consent = { who: "Ada", text: "Reports go to Dr Weiss." };
const secret = "geheimnis-42";
const mail = {
  ...{ kind: "mail", to: "weiss@practice.example", from: "hub@home.example", host: "127.0.0.1", port: 2525 },
  ...{ security: "starttls", user: "hub", password: secret, pdfPassword: `${secret}-pdf` },
};

describe("the outbox by the API", function () {
  this.timeout(60_000);
  let rig: WebRig;
  let handheld: Handheld;
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    await rig.serve();
  });
  afterEach(() => rig.close());

  const recorded = () => {
    const made = handheld.record(5);
    rig.deliver(handheld, made);
    rig.time.tick(5000);
    return rig.idOf(handheld, made.number);
  };
  const add = async (changes = {}) =>
    rig.ask("POST", "/api/recipients", { name: "Dr Weiss", way: mail, rule: "press", consent, ...changes });

  it("takes secrets and tells none", async () => {
    const added = await add();
    assert.equal(added.statusCode, 201, added.body);
    const listed = await rig.ask("GET", "/api/recipients");
    assert.equal(listed.json().recipients[0].way.address, "weiss@practice.example by 127.0.0.1:2525");
    for (const { body } of [added, listed]) assert.ok(!body.includes(secret), body);
    assert.ok(!JSON.stringify(rig.logged).includes(secret));
  });

  it("queues a recording that is somebody's, once, and takes back what waits", async () => {
    const recipient = (await add()).json().id;
    const id = recorded();
    const send = () => rig.ask("POST", `/api/recordings/${id}/deliveries`, { recipient });
    const refused = await send();
    assert.deepEqual([refused.statusCode, refused.json().code], [409, "OUTBOX_UNASSIGNED"]);
    rig.store.assign(id, rig.store.addPerson({ name: "Ada" }).id);
    const [first, second] = [await send(), await send()];
    assert.equal(first.statusCode, 202, first.body);
    assert.equal(first.json().state, "queued");
    assert.equal(second.json().id, first.json().id);
    const taken = await rig.ask("DELETE", `/api/deliveries/${first.json().id}`);
    assert.equal(taken.json().state, "withdrawn");
    const { deliveries } = (await rig.ask("GET", `/api/deliveries?recording=${id}`)).json();
    assert.deepEqual(
      deliveries.map(({ state }: { state: string }) => state),
      ["withdrawn"],
    );
  });

  it("takes the owner's word that what was accepted came back, writes it down, and sends it again by hand", async () => {
    const recipient = (await add()).json().id;
    const id = recorded();
    rig.store.assign(id, rig.store.addPerson({ name: "Ada" }).id);
    const send = async () =>
      (await rig.ask("POST", `/api/recordings/${id}/deliveries`, { recipient })).json();
    const delivery = (await send()).id;
    const back = () => rig.ask("POST", `/api/deliveries/${delivery}/return`);
    const early = await back();
    assert.deepEqual([early.statusCode, early.json().code], [409, "OUTBOX_NOT_ACCEPTED"]);
    const outbox = Outbox.open(rig.dataDir, () => Date.now());
    outbox.begin(delivery);
    outbox.end(delivery, "accepted");
    outbox.close();
    assert.equal((await send()).state, "accepted");
    const { state, reason } = (await back()).json();
    assert.deepEqual([state, reason], ["bounced", "it came back, as its sender was told"]);
    assert.equal((await back()).statusCode, 409);
    const [newest] = (await rig.ask("GET", "/api/egress?limit=1")).json().entries;
    assert.deepEqual([newest.kind, newest.to, newest.recording], ["return", "Dr Weiss", id]);
    const again = await send();
    assert.deepEqual([again.id, again.state, again.attempts], [delivery, "queued", 0]);
  });

  it("ends a link with the delivery that brought it, and with its recipient; the owner's own is no matter of theirs", async () => {
    const id = recorded();
    const person = await rig.give(id);
    const way = { kind: "folder", dir: "/media/practice", answers: "link" } as const;
    const linked = async (name: string) => {
      const recipient = (await add({ name, way })).json().id;
      const sent = (await rig.ask("POST", `/api/recordings/${id}/deliveries`, { recipient })).json().id;
      const asked = { label: name, recording: id, person, delivery: sent, key: name, now: Date.now() };
      const { link } = answering(
        ...[way, asked, "https://hub.example"],
        linkMaker(rig.store.reader, rig.dataDir, systemClock),
      );
      const authorization = `Bearer ${link!.split("#")[1]}`;
      const opens = async () =>
        (await rig.ask("GET", `/api/recordings/${id}`, undefined, { authorization })).statusCode;
      return { recipient, sent, opens };
    };
    await rig.ask("POST", "/api/links", { recording: id, hours: 1, label: "by hand" });
    const [taken, removed, stays] = [
      await linked("Dr Weiss"),
      await linked("Dr Braun"),
      await linked("Dr Rot"),
    ];
    for (const { opens } of [taken, removed, stays]) assert.equal(await opens(), 200);
    await rig.ask("DELETE", `/api/deliveries/${taken.sent}`);
    const outbox = Outbox.open(rig.dataDir, () => Date.now());
    outbox.begin(removed.sent);
    outbox.end(removed.sent, "accepted");
    outbox.close();
    assert.equal(await removed.opens(), 200);
    await rig.ask("DELETE", `/api/recipients/${removed.recipient}`);
    assert.deepEqual([await taken.opens(), await removed.opens(), await stays.opens()], [401, 401, 200]);
    const { links } = (await rig.ask("GET", "/api/links")).json();
    assert.deepEqual(links.map(({ label }: { label: string }) => label).sort(), ["Dr Rot", "by hand"]);
  });

  it("says why a test was not accepted", async () => {
    const { id } = (await add({ way: { kind: "folder", dir: "/nowhere/at/all" } })).json();
    const { accepted, reason } = (await rig.ask("POST", `/api/recipients/${id}/test`)).json();
    assert.equal(accepted, false);
    assert.match(reason, /is not there/);
  });

  it("refuses a recipient of a demo elsewhere", async () => {
    const answer = await add({ way: { ...mail, host: "mail.example" } });
    assert.deepEqual([answer.statusCode, answer.json().code], [409, "OUTBOX_DEMO"]);
  });

  it("has what is sent made on a thread", async () => {
    const id = recorded();
    rig.store.assign(id, rig.store.addPerson({ name: "Ada" }).id);
    const answering = { label: "Dr Weiss", now: Date.now(), nonce: "ab".repeat(16) };
    const order = { dataDir: rig.dataDir, id, answering };
    const forFolder = await makeOnThread({ ...order, way: { kind: "folder" } });
    assert.equal(Buffer.from(forFolder.pdf.subarray(0, 5)).toString(), "%PDF-");
    // PDF's catalogue names the language in which readers speak it.
    const inGerman = await makeOnThread({ ...order, way: { kind: "folder", language: "de" } });
    assert.match(Buffer.from(inGerman.pdf).toString("latin1"), /\/Lang \(de\)/);
    assert.match(Buffer.from(forFolder.pdf).toString("latin1"), /\/Lang \(en\)/);
    const { dicom } = await makeOnThread({ ...order, way: { kind: "dicom" } });
    for (const file of dicom!) assert.equal(Buffer.from(file.subarray(128, 132)).toString(), "DICM");
    const { bundle } = await makeOnThread({ ...order, way: { kind: "fhir" } });
    assert.equal((bundle as { type: string }).type, "transaction");
  });
});
