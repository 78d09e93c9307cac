import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ask, tell, tellTest } from "../../../../gateway/delivery/alerts/ways";
import type { AlertWay } from "../../../../gateway/schema/alerts";
import { SmtpServer } from "../smtpserver";

const MESSAGE = {
  title: "Your ECG hub needs a look",
  lines: ["possible AF in a recording: show a clinician", "two"],
};
const SECRET = "geheim";

describe("alerts on their way", () => {
  let got: { request: IncomingMessage; body: string }[];
  let answer: RequestListener;
  let server: Server;
  beforeEach((done) => {
    got = [];
    answer = (_, response) => response.end();
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (piece) => {
        body += piece;
      });
      request.on("end", () => {
        got.push({ request, body });
        answer(request, response);
      });
    });
    server.listen(0, "127.0.0.1", done);
  });
  afterEach((done) => {
    // One test has closed it already.
    server.close(() => done());
    server.closeAllConnections();
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${SECRET}`;
  const refused = async (work: Promise<void>, why: RegExp) =>
    assert.rejects(work, ({ message }: Error) => {
      assert.match(message, why);
      assert.ok(!message.includes(SECRET), message);
      return true;
    });

  it("have nothing in their title but that the hub needs a look", async () => {
    await tell({ kind: "ntfy", url: url(), token: "tk_1" }, MESSAGE, false);
    await tell({ kind: "webhook", url: url() }, MESSAGE, false);
    const [ntfy, webhook] = got;
    assert.equal(ntfy!.request.headers["title"], MESSAGE.title);
    assert.equal(ntfy!.request.headers.authorization, "Bearer tk_1");
    assert.equal(ntfy!.body, MESSAGE.lines.join("\n\n"));
    assert.deepEqual(JSON.parse(webhook!.body), MESSAGE);
  });

  it("of a demo say so in their title and their text, and reach this machine alone", async () => {
    await tell({ kind: "ntfy", url: url() }, MESSAGE, true);
    assert.match(got[0]!.request.headers["title"] as string, /^DEMO: /);
    assert.match(got[0]!.body, /^DEMO: simulated/);
    for (const far of ["https://ntfy.example/x", "http://192.168.1.2/x"])
      await assert.rejects(tellTest({ kind: "ntfy", url: far }, true), { code: "OUTBOX_DEMO" });
  });

  it("go to no other house without TLS", async () => {
    const way: AlertWay = { kind: "webhook", url: "http://hook.example/x" };
    await assert.rejects(tell(way, MESSAGE, false), { code: "OUTBOX_PLAIN" });
  });

  it("have failed where a server says no, or points elsewhere, which is not followed", async () => {
    for (const status of [500, 403, 301, 302, 307, 308]) {
      answer = (_, response) => response.writeHead(status, { location: "/elsewhere" }).end();
      await refused(
        tell({ kind: "ntfy", url: url() }, MESSAGE, false),
        status < 400 ? /points to another place/ : new RegExp(`it says ${status}$`),
      );
    }
    assert.ok(got.every(({ request }) => request.url === `/${SECRET}`));
  });

  it("do not wait for a server that hangs, or whose answer comes byte by byte", async () => {
    answer = () => {};
    await refused(ask(url(), { method: "GET" }, 100), /no answer in time$/);
    answer = (_, response) => {
      response.writeHead(200).write("a");
    };
    // What it says behind its status is read by nobody.
    await ask(url(), { method: "GET" }, 5000);
  });

  it("say that nobody listens there, or that the connection broke", async () => {
    const address = url();
    answer = (request) => request.socket.destroy();
    await refused(ask(address, { method: "GET" }), /^127\.0\.0\.1:\d+: (UND_ERR_SOCKET|ECONNRESET)$/);
    await new Promise((done) => server.close(done));
    await refused(ask(address, { method: "GET" }), /ECONNREFUSED$/);
  });

  it("come by mail without a finding in the subject, and say why where they do not", async () => {
    const smtp = await SmtpServer.start();
    try {
      const way: AlertWay = {
        ...{ kind: "mail", host: "127.0.0.1", port: smtp.port, security: "plain" },
        ...{ to: "ada@home.example", from: "hub@home.example" },
      };
      await tell(way, MESSAGE, false);
      await tell(way, MESSAGE, true);
      const [real, demo] = smtp.mails;
      assert.match(real!.data, /^Subject: Your ECG hub needs a look\r$/m);
      assert.match(real!.data, /possible AF in a recording: show a clinician/);
      assert.match(demo!.data, /^Subject: DEMO: Your ECG hub needs a look\r$/m);
      assert.match(demo!.data, /^DEMO: simulated/m);
      for (const misbehaviour of ["refuse", "greylist", "reject-data"] as const) {
        smtp.misbehaviour = misbehaviour;
        await assert.rejects(tell(way, MESSAGE, false), { code: "DELIVERY_MAIL" });
      }
      assert.equal(smtp.mails.length, 2);
    } finally {
      await smtp.stop();
    }
  });
});
