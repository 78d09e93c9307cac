import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type LookoutParts, lookOut } from "../../../../gateway/delivery/alerts/lookout";
import { tellByHttp } from "../../../../gateway/delivery/alerts/ways";
import { mailAlert } from "../../../../gateway/delivery/mail";
import { pingByHttp } from "../../../../gateway/delivery/watcher";
import { SmtpServer } from "../smtpserver";

const HOUR_MS = 3600_000;
const NOW = Date.parse("2026-06-01T12:00Z");

describe("what the family is told of", () => {
  const parts = (changes: Partial<LookoutParts> = {}): LookoutParts => ({
    status: () => ({ problems: [], limits: [] }),
    reader: { devices: () => [], findings: { listed: () => [{ id: 7, kind: "af", toMs: NOW - HOUR_MS }] } },
    outbox: { list: () => [] },
    ...{ findings: false, silentMs: 24 * HOUR_MS },
    ...changes,
  });
  const lines = (changes?: Partial<LookoutParts>) => [...lookOut(parts(changes), NOW).values()];

  it("is nothing while all is well, and a finding only where that was chosen", () => {
    assert.deepEqual(lines(), []);
    assert.match(lines({ findings: true }).join(), /^possible AF in a recording: show a clinician/);
  });

  it("is one problem however often it happened", () => {
    const keys = ["failed 2 times", "failed 3 times"].map((problem) => [
      ...lookOut(parts({ status: () => ({ problems: [problem], limits: [] }) }), NOW).keys(),
    ]);
    assert.deepEqual(keys[0], keys[1]);
  });

  it("is what runs full, a silent handheld, and a delivery that failed, once at each level", () => {
    const limit = { what: "disk", permille: 812, at: NOW, since: NOW, advice: "make room" } as const;
    const device = { id: "ab".repeat(8), name: undefined };
    const wrong = lines({
      status: () => ({
        problems: [],
        limits: [
          { ...limit, level: "near" },
          { ...limit, what: "ring", permille: 100, level: "ok" },
        ],
      }),
      reader: {
        devices: () => [
          { ...device, lastContact: NOW - 25 * HOUR_MS },
          { ...device, id: "cd", lastContact: NOW - 23 * HOUR_MS },
        ],
        findings: { listed: () => [] },
      },
      outbox: {
        list: () => [
          { id: 1, state: "failed", since: NOW - HOUR_MS },
          { id: 2, state: "accepted", since: NOW - HOUR_MS },
          { id: 3, state: "bounced", since: NOW - 30 * HOUR_MS },
        ],
      },
    });
    assert.equal(wrong.length, 3);
    assert.match(wrong[0]!, /^the disk is 81 % full: make room$/);
    assert.match(wrong[1]!, /handheld abababab for 24 hours/);
    assert.match(wrong[2]!, /a report did not get to whom it was sent/);
  });
});

describe("alerts on their way", () => {
  let got: { request: IncomingMessage; body: string }[];
  let status: number;
  const server = createServer((request, answer) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      got.push({ request, body });
      answer.writeHead(status, { location: "/elsewhere" }).end();
    });
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/topic`;
  before((done) => void server.listen(0, "127.0.0.1", done));
  after((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  beforeEach(() => {
    got = [];
    status = 200;
  });

  it("have nothing in their title but that the hub needs a look", async () => {
    await tellByHttp({ kind: "ntfy", url: url(), token: "geheim" }, ["possible AF", "two"], false);
    await tellByHttp({ kind: "webhook", url: url() }, ["one"], true);
    const [ntfy, webhook] = got;
    assert.equal(ntfy!.request.headers.title, "Your ECG hub needs a look");
    assert.equal(ntfy!.request.headers.authorization, "Bearer geheim");
    assert.equal(ntfy!.body, "possible AF\n\ntwo");
    assert.deepEqual(JSON.parse(webhook!.body), { title: "DEMO: Your ECG hub needs a look", lines: ["one"] });
  });

  it("have failed where a server says no, or points elsewhere", async () => {
    for (status of [500, 403, 302]) {
      await assert.rejects(tellByHttp({ kind: "ntfy", url: url() }, ["one"], false));
      await assert.rejects(pingByHttp(url(), 2000));
    }
    assert.equal(got.filter(({ request }) => request.url === "/elsewhere").length, 0);
  });

  it("do not wait for a server that says nothing", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    await assert.rejects(pingByHttp(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`, 100));
    silent.closeAllConnections();
    silent.close();
  });

  it("come by mail without a finding in the subject", async () => {
    const smtp = await SmtpServer.start();
    try {
      const way = { kind: "mail", host: "127.0.0.1", port: smtp.port, security: "plain" } as const;
      await mailAlert(
        { ...way, to: "ada@home.example", from: "hub@home.example" },
        ["possible AF in a recording: show a clinician"],
        false,
      );
      assert.match(smtp.mails[0]!.data, /^Subject: Your ECG hub needs a look\r$/m);
      assert.match(smtp.mails[0]!.data, /possible AF in a recording: show a clinician/);
    } finally {
      await smtp.stop();
    }
  });
});
