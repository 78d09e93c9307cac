import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { openAccess } from "../../../gateway/access/database";
import { Links } from "../../../gateway/access/links";
import { takeAnswer } from "../../../gateway/answers/take";
import { systemClock } from "../../../gateway/clock";
import { answering, linkMaker } from "../../../gateway/delivery/answering";
import { type Documents, makeDocuments } from "../../../gateway/delivery/documents";
import { mailReport } from "../../../gateway/delivery/mail";
import { addRecipient } from "../../../gateway/delivery/sending";
import type { Way } from "../../../gateway/schema/delivery";
import { Outbox } from "../../../gateway/store/outbox/outbox";
import { fromOutside } from "../../../gateway/web/reachable";
import { analyse, beat, begin, heart } from "../findings/hearts";
import { Rig } from "../store/rig";
import { SmtpServer } from "./smtpserver";

const KEY = "ab".repeat(32);
const PAGE = "https://hub.example:8480";
const MAIL: Extract<Way, { kind: "mail" }> = {
  ...{ kind: "mail", to: "doctor@practice.example", from: "hub@home.example", security: "plain" },
  ...{ host: "127.0.0.1", port: 25 },
};

describe("how whoever gets a report answers", function () {
  this.timeout(120_000);
  let rig: Rig;
  let id: string;
  let server: SmtpServer;
  beforeEach(async () => {
    server = await SmtpServer.start();
    rig = new Rig();
    const handheld = rig.claimed();
    const made = begin(handheld);
    beat(handheld, made, heart(7), 60, { af: true, heartRateBpm: 95 });
    handheld.close(made);
    rig.deliver(handheld, made);
    ({ id } = rig.store.reader.recordings()[0]!);
    analyse(rig.store);
    rig.store.assign(id, rig.store.addPerson({ name: "Zoë Ünal" }).id);
  });
  afterEach(async () => {
    rig.end();
    await server.stop();
  });

  const answeringOf = (way: Way, page?: string) =>
    answering(
      way,
      { label: "Dr Weiss", recording: id, person: 1, delivery: 1, key: KEY, now: Date.now() },
      page,
      linkMaker(rig.store.reader, rig.dataDir, systemClock),
    );
  const made = (way: Way, page?: string): Promise<Documents> =>
    makeDocuments(rig.store.reader, rig.dataDir, id, way, answeringOf(way, page));
  const links = () => {
    const db = openAccess(rig.dataDir);
    try {
      return new Links(db, systemClock).list();
    } finally {
      db.close();
    }
  };
  /** On real time, which the server's connection needs. */
  const mailed = async (changes: object, documents: Documents) => {
    rig.time.restore();
    await mailReport({ ...MAIL, port: server.port, ...changes }, documents, KEY);
    return server.mails[0]!.data.replaceAll("=\r\n", "").replaceAll("=3D", "=");
  };

  it("is on a form in a mail, which names nobody and nothing found, unless something else was said", async () => {
    const outbox = Outbox.open<Way>(rig.dataDir, () => Date.now());
    const consent = { who: "Zoë", text: "Reports go there." };
    const { way } = addRecipient(
      rig.store.reader,
      outbox,
      { name: "Dr Weiss", way: MAIL, rule: "press", consent },
      Date.now(),
      () => {},
    );
    outbox.close();
    const documents = await made(way, PAGE);
    assert.deepEqual([documents.link, links()], [undefined, []]);
    const html = Buffer.from(documents.form!).toString();
    const content = JSON.parse(/id="content">([^<]+)</.exec(html)![1]!);
    assert.deepEqual([content.recording, content.person.name, content.label], [id, "Zoë Ünal", "Dr Weiss"]);
    const said = { findings: [], comment: "Seen.", name: "Dr Weiss" };
    const bytes = Buffer.from(JSON.stringify({ avnode: "answer/1", form: content.form, said }));
    assert.equal(takeAnswer(rig.store, bytes, Date.now()).known, false);
    // Of another attempt of the same delivery.
    const again = JSON.parse(
      /id="content">([^<]+)</.exec(Buffer.from((await made(way)).form!).toString())![1]!,
    );
    const second = Buffer.from(JSON.stringify({ avnode: "answer/1", form: again.form, said }));
    assert.equal(takeAnswer(rig.store, second, Date.now()).known, true);

    const mail = await mailed({}, documents);
    assert.match(mail, /filename=answer-form\.html/);
    assert.match(mail, /To answer, open the attached answer-form\.html in a browser/);
    assert.ok(server.mails[0]!.data.replaceAll("\r\n", "").includes(Buffer.from(html).toString("base64")));
    const open = mail.split("\r\n").filter((line) => /^(Subject|To|From|.*filename)/i.test(line));
    assert.doesNotMatch(open.join(), /Zo|nal|AF|fibrill/);
    assert.match(mail, /^Subject: DEMO: ECG report\r$/m);
  });

  it("is at a link, in mail and PDF, and attempts pile up none", async () => {
    const way: Way = { ...MAIL, answers: "link" };
    const documents = await made(way, PAGE);
    assert.equal((await made(way, PAGE)).link, documents.link);
    assert.equal(documents.form, undefined);
    const [link, ...more] = links();
    assert.deepEqual(more, []);
    assert.deepEqual([link!.recording, link!.label], [id, "Dr Weiss"]);
    assert.equal(link!.expiresAt, Date.now() + 30 * 86_400_000);
    const [address, token] = documents.link!.split("#");
    assert.equal(address, `${PAGE}/link`);
    const db = openAccess(rig.dataDir);
    assert.equal(new Links(db, systemClock).find(token)!.id, link!.id);
    db.close();
    const text = Buffer.from(documents.pdf).toString("latin1");
    assert.ok(text.includes(`/URI (${documents.link})`), "the PDF's address cannot be clicked");
    const mail = await mailed({ answers: "link" }, documents);
    assert.ok(mail.includes(documents.link!));
    assert.doesNotMatch(mail, /answer-form/);
  });

  it("is on a form where no other machine reaches the page", async () => {
    const documents = await made({ ...MAIL, answers: "link" });
    assert.deepEqual([documents.link, documents.form === undefined, links()], [undefined, false, []]);
    assert.equal(fromOutside("http://127.0.0.1:8480"), undefined);
    assert.equal(fromOutside("http://localhost:8480"), undefined);
    assert.equal(fromOutside("https://192.168.1.5:8480"), "https://192.168.1.5:8480");
    assert.equal(fromOutside("https://192.168.1.5:8480", ["hub.local"]), "https://hub.local:8480");
  });

  it("is on a form where deliveries brought too many links, which leave the owner's own their room", async () => {
    const db = openAccess(rig.dataDir);
    const all = new Links(db, systemClock);
    const wanted = { recording: id, person: 1, hours: 1 };
    for (let by = 2; by < 258; by++) all.make({ ...wanted, delivered: { by, secret: randomBytes(32) } });
    const documents = await made({ ...MAIL, answers: "link" }, PAGE);
    assert.deepEqual([documents.link, documents.form === undefined], [undefined, false]);
    assert.equal(all.make(wanted).recording, id);
    db.close();
  });

  it("is by no other door than a locked PDF's", async () => {
    const locked: Way = { ...MAIL, pdfPassword: "correct horse" };
    assert.equal((await made({ ...locked, answers: "form" })).form, undefined);
    const documents = await made({ ...locked, answers: "link" }, PAGE);
    const mail = await mailed({ pdfPassword: "correct horse" }, documents);
    assert.ok(!mail.includes(documents.link!.split("#")[1]!));
    assert.match(mail, /The PDF says at which address you can answer/);
  });

  it("is not at all where that was said", async () => {
    const documents = await made({ ...MAIL, answers: "none" }, PAGE);
    assert.deepEqual([documents.link, documents.form, links()], [undefined, undefined, []]);
    assert.doesNotMatch(await mailed({}, documents), /To answer/);
  });
});
