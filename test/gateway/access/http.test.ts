import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as connectTcp, createServer } from "node:net";
import { openAccess } from "../../../gateway/access/database";
import { Passwords } from "../../../gateway/access/passwords";
import { DEFAULT_WEB_PORT, startWeb, type Web, type WebPlace } from "../../../gateway/web/server";
import { skipUnless } from "../../machine";
import { certify, hasOpenssl, makeCa } from "../mqtt/certificates";
import { AccessRig, emptyHub, PASSWORD } from "./rig";

describe("page and API on a socket", () => {
  let rig: AccessRig;
  let hub: ReturnType<typeof emptyHub>;
  let web: Web | undefined;
  beforeEach(() => {
    rig = new AccessRig();
    hub = emptyHub(rig.dataDir);
  });
  afterEach(async () => {
    await web?.stop();
    web = undefined;
    hub.reader.close();
    await rig.close();
  });

  async function listen(place: WebPlace = {}): Promise<Web> {
    web = await startWeb({ dataDir: rig.dataDir, place: { port: 0, ...place }, hub });
    return web;
  }

  /** @returns what comes back until the connection ends */
  function raw(bytes: string, host = "127.0.0.1"): Promise<string> {
    return new Promise((done) => {
      const socket = connectTcp(web!.port, host);
      let answer = "";
      socket.on("data", (chunk) => {
        answer += chunk;
      });
      socket.on("error", () => {});
      socket.on("close", () => done(answer));
      socket.write(bytes);
    });
  }

  it("listen on 127.0.0.1 and nowhere else", async () => {
    const { address, port } = await listen();
    assert.equal(address, `http://127.0.0.1:${port}`);
    const elsewhere = new Promise((done) => {
      const socket = connectTcp(port, "127.0.0.2");
      socket.on("connect", () => done("let in")).on("error", (error: { code?: string }) => done(error.code));
    });
    assert.equal(await elsewhere, "ECONNREFUSED");
  });

  it("do not open on a port that another program has, and name its key; but beside the default one", async () => {
    const { port } = await listen();
    await assert.rejects(startWeb({ dataDir: rig.dataDir, place: { port }, hub }), {
      code: "ACCESS_LISTEN",
      message: new RegExp(
        `another program has port ${port} of 127\\.0\\.0\\.1\\. Name .* web\\.port in --config`,
      ),
    });
    const other = createServer().listen(DEFAULT_WEB_PORT, "127.0.0.1");
    // Whoever has it already will do.
    await once(other, "listening").catch(() => {});
    const beside = await startWeb({ dataDir: rig.dataDir, hub });
    assert.equal(beside.taken, DEFAULT_WEB_PORT);
    assert.notEqual(beside.port, DEFAULT_WEB_PORT);
    await beside.stop();
    other.close();
  });

  const open: [string, WebPlace][] = [
    ["every interface", { host: "0.0.0.0" }],
    ["every interface of IPv6", { host: "::" }],
    ["one of the network's addresses", { host: "192.168.1.5" }],
    ["a name", { host: "hub.local" }],
    ["loopback under a name that a proxy brings", { names: ["ecg.example"] }],
  ];
  for (const [name, place] of open) {
    it(`show nothing but the set-up on ${name} without an owner's password`, async () => {
      await rig.open(place);
      const statuses = async () =>
        Promise.all(
          ["/api/setup", "/healthz", "/api/setup/steps", "/api/status", "/api/recordings", "/api/link"].map(
            async (url) =>
              (await rig.ask("GET", url, { headers: { authorization: `Bearer ${"a".repeat(43)}` } }))
                .statusCode,
          ),
        );
      assert.deepEqual(await statuses(), [200, 200, 403, 403, 403, 403]);
      assert.deepEqual((await rig.ask("GET", "/api/setup")).json(), {
        password: false,
        open: false,
        demo: false,
      });
      assert.equal((await rig.login({})).json().code, "ACCESS_NO_PASSWORD");
    });
  }

  it("open elsewhere with a password, and let nobody in once it is removed", async () => {
    await rig.setPassword("owner", PASSWORD);
    // Another address of the loopback network, under a name: this machine's own are not a test's to open.
    const { port } = await listen({ host: "127.0.0.2", names: ["hub.local"] });
    const db = openAccess(rig.dataDir);
    new Passwords(db).remove("owner");
    db.close();
    const body = "{}";
    const head = `host: hub.local\r\norigin: http://hub.local\r\ncontent-type: application/json`;
    const answer = await raw(
      `POST /api/login HTTP/1.1\r\n${head}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      "127.0.0.2",
    );
    assert.match(answer, /^HTTP\/1\.1 403 .*ACCESS_NO_PASSWORD/s, `port ${port}`);
  });

  it("serve the others while one address opens all the connections that it can and says nothing", async () => {
    const { port } = await listen();
    const silent = Array.from({ length: 200 }, () =>
      connectTcp({ port, host: "127.0.0.1", localAddress: "127.0.0.3" }).on("error", () => {}),
    );
    try {
      await Promise.all(silent.map((socket) => once(socket, "connect").catch(() => {})));
      const answer = await raw("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
      assert.match(answer, /^HTTP\/1\.1 200 /);
    } finally {
      for (const socket of silent) socket.destroy();
    }
  });

  it("answer nothing without a host, under two, or in a form that a proxy might read otherwise", async () => {
    await listen();
    for (const head of [
      "GET /healthz HTTP/1.1\r\nhost:\r\n",
      "GET /healthz HTTP/1.0\r\n",
      "GET /healthz HTTP/1.1\r\nconnection: close\r\n",
      "GET /healthz HTTP/1.1\r\nhost: evil.example\r\n",
      "GET http://127.0.0.1/healthz HTTP/1.1\r\nhost: evil.example\r\n",
      "POST /api/login HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n",
    ]) {
      const answer = await raw(`${head.replace(/\r\n/, "\r\nconnection: close\r\n")}\r\n`);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, head);
      assert.doesNotMatch(answer, /"ok":true/, head);
    }
  });

  it("refuse headers of more than 16 KB and a body of more than 16 KB, and live on", async () => {
    const { address } = await listen();
    assert.match(
      await raw(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`),
      /^HTTP\/1\.1 431 /,
    );
    const json = "host: 127.0.0.1\r\norigin: http://127.0.0.1\r\ncontent-type: application/json";
    assert.match(
      await raw(
        `POST /api/login HTTP/1.1\r\n${json}\r\nconnection: close\r\ncontent-length: 1000000000\r\n\r\n{`,
      ),
      /^HTTP\/1\.1 413 /,
    );
    assert.deepEqual(await (await fetch(`${address}/healthz`)).json(), { ok: true });
  });

  it("ends what asks more than 600 times a minute, whatever it asks", async () => {
    const { port } = await listen();
    const agent = new (await import("node:http")).Agent({ keepAlive: true, maxSockets: 8 });
    const ask = (path: string) =>
      new Promise<number>((done, failed) => {
        httpRequest({ port, host: "127.0.0.1", path, agent }, (answer) => {
          answer.resume().on("end", () => done(answer.statusCode!));
        })
          .on("error", failed)
          .end();
      });
    const answers = await Promise.all(Array.from({ length: 650 }, () => ask("/healthz")));
    assert.equal(answers.filter((status) => status === 429).length, 50);
    agent.destroy();
  });

  it("speak https with the owner's certificate, and mark their cookies so that no http page sees them", async function () {
    skipUnless(hasOpenssl, this, "openssl (Debian: openssl)");
    const ca = makeCa(rig.dataDir, "ours");
    const { cert, key } = certify(rig.dataDir, "web", ca, "IP:127.0.0.1");
    const { address, port } = await listen({
      cert: readFileSync(cert, "utf8"),
      key: readFileSync(key, "utf8"),
    });
    assert.equal(address, `https://127.0.0.1:${port}`);
    const login = (origin: string) =>
      new Promise<{ status: number; cookies: string[] }>((done, failed) => {
        const headers = { "content-type": "application/json", origin };
        const options = { method: "POST", ca: readFileSync(ca.cert), headers };
        const request = httpsRequest(`${address}/api/login`, options, (answer) => {
          answer.resume();
          done({ status: answer.statusCode!, cookies: answer.headers["set-cookie"] ?? [] });
        });
        request.on("error", failed).end("{}");
      });
    const { status, cookies } = await login(address);
    assert.equal(status, 200);
    for (const line of cookies) assert.match(line, /^__Host-avnode-.*; Secure/);
    assert.equal((await login(address.replace("https", "http"))).status, 403);
  });

  it("over https, too, put out whoever connects and says nothing", async function () {
    skipUnless(hasOpenssl, this, "openssl (Debian: openssl)");
    this.timeout(20_000);
    const { cert, key } = certify(rig.dataDir, "web", makeCa(rig.dataDir, "ours"), "IP:127.0.0.1");
    const { port } = await listen({ cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") });
    const silent = connectTcp({ port, host: "127.0.0.1" }).on("error", () => {});
    await once(silent, "close");
  });
});
