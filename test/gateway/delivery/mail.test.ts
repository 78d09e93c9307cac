import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Documents } from "../../../gateway/delivery/documents";
import { DeliveryError } from "../../../gateway/delivery/error";
import { mailReport, mailTest } from "../../../gateway/delivery/mail";
import type { Way } from "../../../gateway/schema/delivery";
import { scratch } from "../../e2e/rig";
import { skipUnless } from "../../machine";
import { certify, hasOpenssl, makeCa } from "../mqtt/certificates";
import { type Misbehaviour, SmtpServer } from "./smtpserver";

const KEY = "ab".repeat(32);
const TIMES = { connectMs: 500, silenceMs: 500, wholeMs: 2000 };
const documents: Documents = { pdf: Buffer.from("%PDF-1.7 test"), hasProof: true, simulated: false };

describe("a report by mail", function () {
  this.timeout(30_000);
  const dir = scratch();
  let server: SmtpServer;
  beforeEach(async () => {
    server = await SmtpServer.start();
  });
  afterEach(() => server.stop());
  const way = (changes = {}): Extract<Way, { kind: "mail" }> => ({
    ...{ kind: "mail", to: "doctor@practice.example", from: "hub@home.example", security: "plain" },
    ...{ host: "127.0.0.1", port: server.port },
    ...changes,
  });
  const failure = async (misbehaviour: Misbehaviour) => {
    server.misbehaviour = misbehaviour;
    try {
      await mailReport(way(), documents, KEY, TIMES);
    } catch (error) {
      assert.ok(error instanceof DeliveryError, String(error));
      return error;
    }
    throw new Error("it was accepted");
  };

  it("arrives whole, once, with nothing of the patient in subject or file name", async () => {
    await mailReport(way(), documents, KEY, TIMES);
    assert.equal(server.mails.length, 1);
    const { data, to } = server.mails[0]!;
    assert.match(to, /doctor@practice\.example/);
    assert.match(data, /^Subject: ECG report\r$/m);
    assert.match(data, new RegExp(`^Message-ID:\\s+<${KEY}@home\\.example>\r$`, "m"));
    assert.match(data, /filename=ecg-report\.pdf/);
    assert.ok(data.includes(Buffer.from("%PDF-1.7 test").toString("base64")));
  });

  it("is in the recipient's language, and DEMO in every one", async () => {
    await mailReport(way({ language: "de" }), { ...documents, simulated: true }, KEY, TIMES);
    const { data } = server.mails[0]!;
    assert.match(data, /^Subject: DEMO: EKG-Bericht\r$/m);
    assert.match(data.replaceAll("=\r\n", ""), /DEMO: Die Aufzeichnung ist simuliert/);
    assert.doesNotMatch(data, /ECG recorded/);
  });

  it("shows the strip within its words where there is a picture", async () => {
    const picture = Buffer.from("a picture");
    await mailReport(way(), { ...documents, picture }, KEY, TIMES);
    const { data } = server.mails[0]!;
    const [, cid] = /<img src=3D"cid:([^"]+)"/.exec(data.replaceAll("=\r\n", ""))!;
    assert.match(data, new RegExp(`^Content-Id: <${cid}>\r$`, "im"));
    assert.ok(data.includes(picture.toString("base64")));
    assert.match(data, /^Content-Type: text\/plain/m);
  });

  it("says DEMO in the subject of what is simulated", async () => {
    await mailReport(way(), { ...documents, simulated: true }, KEY, TIMES);
    await mailTest(way(), true, TIMES);
    for (const { data } of server.mails) assert.match(data, /^Subject: DEMO: /m);
  });

  it("is tried again where the server hangs, greylists, or drops the connection after DATA", async () => {
    for (const misbehaviour of ["hang", "greylist", "drop-after-data"] as const)
      assert.equal((await failure(misbehaviour)).retry, true, misbehaviour);
  });

  it("is not tried again where the server refuses the mail", async () => {
    for (const misbehaviour of ["refuse", "reject-data"] as const)
      assert.equal((await failure(misbehaviour)).retry, false, misbehaviour);
  });

  it("says nothing to a server without the TLS that was asked for", async () => {
    await assert.rejects(mailReport(way({ security: "starttls" }), documents, KEY, TIMES), { retry: true });
    await assert.rejects(
      mailReport(way({ security: "starttls", user: "u", password: "geheim" }), documents, KEY, TIMES),
      (error: Error) => !error.message.includes("geheim"),
    );
    assert.deepEqual(server.mails, []);
  });

  it("goes over STARTTLS to a server whose certificate its CA signed, and tells no other its password", async function () {
    skipUnless(hasOpenssl, this, "openssl (Debian: openssl)");
    const [ours, stranger] = [makeCa(dir, "ours"), makeCa(dir, "stranger")];
    const { cert, key } = certify(dir, "server", ours, "IP:127.0.0.1");
    const read = (file: string) => readFileSync(file, "utf8");
    const secure = await SmtpServer.start({ cert: read(cert), key: read(key) });
    try {
      const to = (ca: string) =>
        way({ port: secure.port, security: "starttls", user: "hub", password: "geheim", ca: read(ca) });
      await assert.rejects(mailReport(to(stranger.cert), documents, KEY, TIMES), { retry: true });
      assert.deepEqual([secure.mails, secure.logins], [[], []]);
      await mailReport(to(ours.cert), documents, KEY, TIMES);
      assert.deepEqual([secure.mails.length, secure.logins], [1, ["hub"]]);
    } finally {
      await secure.stop();
    }
  });
});
