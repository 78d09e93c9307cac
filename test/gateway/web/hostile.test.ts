import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import { HOST, ORIGIN, VIEWER_PASSWORD } from "../access/rig";
import type { Handheld, Made } from "../store/handheld";
import { WebRig } from "./rig";

/** Of the real time, in which the server waits for what it is sent. */
const [every, stopEvery] = [setInterval, clearInterval];

describe("the page's server, attacked", function () {
  this.timeout(60_000);
  let rig: WebRig;
  let handheld: Handheld;
  let made: Made;
  let id: string;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    made = handheld.begin();
    handheld.data(made);
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
    await rig.serve();
    await rig.app.listen({ port: 0, host: "127.0.0.1" });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await rig.close();
  });

  /** One more block comes, is stored, receipted, and seen by its owner. */
  async function recordingGoesOn(): Promise<void> {
    handheld.data(made);
    rig.send(handheld, made.frames.at(-1)!);
    rig.time.tick(50);
    assert.equal(handheld.receipts.at(-1)!.next, made.frames.length);
    const answer = await rig.ask("GET", `/api/recordings/${id}`);
    assert.equal(answer.json().samples, made.samples);
  }

  function dial(localAddress = "127.0.0.1"): Socket {
    const { port } = rig.app.server.address() as AddressInfo;
    const socket = connect({ port, host: "127.0.0.1", localAddress });
    sockets.push(socket);
    return socket.on("error", () => {});
  }

  /** @returns what came until the connection ended */
  async function answerOf(socket: Socket): Promise<string> {
    let text = "";
    socket.on("data", (piece) => {
      text += piece;
    });
    if (!socket.destroyed) await once(socket, "close");
    return text;
  }

  const paths = () => [
    "/api/status",
    "/api/devices",
    "/api/recordings",
    `/api/recordings/${id}`,
    `/api/recordings/${id}/events`,
    `/api/recordings/${id}/signal?from=0&to=9`,
    `/api/recordings/${id}/proof`,
    `/api/live?handheld=${handheld.hex}`,
    "/api/openapi.json",
  ];

  it("answers under no name that is not its own", async () => {
    for (const path of paths())
      for (const host of ["evil.example", `${HOST}.evil.example`, "127.0.0.1@evil.example"]) {
        const answer = await rig.ask("GET", path, undefined, { host });
        assert.equal(answer.statusCode, 421, `${host} ${path}`);
      }
    await recordingGoesOn();
  });

  it("shows nothing to a session that it did not make, to none, or to another site's page", async () => {
    const forged = ["avnode-session=" + "A".repeat(43), "avnode-session=", "__Host-avnode-session=x", ""];
    for (const path of paths()) {
      for (const cookie of forged)
        assert.equal((await rig.ask("GET", path, undefined, { cookie })).statusCode, 401, path);
      for (const site of ["cross-site", "same-site"])
        assert.equal(
          (await rig.ask("GET", path, undefined, { "sec-fetch-site": site })).statusCode,
          403,
          path,
        );
    }
    await recordingGoesOn();
  });

  it("does nothing for a post of another site, nor without the session's own token", async () => {
    const device = `/api/devices/${handheld.hex}`;
    for (const [method, path, body] of [
      ["POST", `${device}/start`, { mode: "strip" }],
      ["POST", `${device}/stop`, undefined],
      ["PUT", `${device}/name`, { name: "theirs" }],
      ["POST", `/api/recordings/${id}/verify`, undefined],
    ] as const) {
      for (const origin of ["https://evil.example", "null", `${ORIGIN}.evil.example`])
        assert.equal((await rig.ask(method, path, body, { origin })).json().code, "ACCESS_CROSS_SITE", path);
      const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
      for (const token of ["", "x", viewer.csrf])
        assert.equal(
          (await rig.ask(method, path, body, { "x-avnode-csrf": token })).json().code,
          "ACCESS_CSRF",
        );
    }
    rig.time.tick(50);
    assert.equal(rig.store.reader.devices()[0]!.name, undefined);
    await recordingGoesOn();
  });

  it("leads out of its routes by no path", async () => {
    const outside = [
      ...["/api/recordings/..%2f..%2fkeyring.json", "/api/recordings/../keyring.json", "/keyring.json"],
      ...[
        "/api/recordings/%00",
        "/api/recordings/....//signal",
        "//avnode.db",
        "/api/devices/../../pyramid.db",
      ],
      ...["/api/recordings/*", "/api/recordings/%25", "/api/recordings/'%20OR%201=1--"],
    ];
    for (const path of outside) {
      const answer = await rig.ask("GET", path);
      assert.ok([400, 404].includes(answer.statusCode), `${path}: ${answer.statusCode}`);
      assert.doesNotMatch(answer.body, /wrapKey|SQLite/);
    }
    await recordingGoesOn();
  });

  it("refuses bodies that are too large, of another kind, or more than what was asked for", async () => {
    const name = `/api/devices/${handheld.hex}/name`;
    assert.equal((await rig.ask("PUT", name, { name: "x".repeat(20_000) })).statusCode, 413);
    assert.equal((await rig.ask("PUT", name, { name: "x".repeat(300) })).statusCode, 400);
    assert.equal((await rig.ask("PUT", name, { name: "x", id: "y" })).statusCode, 400);
    assert.equal((await rig.ask("PUT", name, { name: ["x"] })).statusCode, 400);
    const text = await rig.ask("PUT", name, undefined, { "content-type": "text/plain" });
    assert.ok([400, 415].includes(text.statusCode), text.body);
    await recordingGoesOn();
  });

  it("serves others while one address opens a thousand connections, and tells those that are too many", async () => {
    const crowd = Array.from({ length: 1000 }, () => dial("127.0.0.3"));
    const refused = crowd.map(answerOf);
    const answers: string[] = [];
    // Of a thousand, the kernel lets half knock a second time, after a second.
    await new Promise<void>((resolve) => {
      for (const one of refused)
        void one.then((text) => {
          if (answers.push(text) === 1000 - 32) resolve();
        });
    });
    assert.ok(answers.filter((text) => text.startsWith("HTTP/1.1 503 ")).length > 900);
    const mine = dial();
    mine.write(`GET /healthz HTTP/1.1\r\nhost: ${HOST}\r\nconnection: close\r\n\r\n`);
    assert.match(await answerOf(mine), /^HTTP\/1\.1 200 /);
    await recordingGoesOn();
  });

  it("ends whoever sends a request a byte now and then, of headers and of bodies", async () => {
    const [headers, body] = [dial(), dial()];
    const ends = [answerOf(headers), answerOf(body)];
    headers.write(`GET /healthz HTTP/1.1\r\nhost: ${HOST}\r\nx: `);
    body.write(
      `POST /api/login HTTP/1.1\r\nhost: ${HOST}\r\norigin: ${ORIGIN}\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n{`,
    );
    const dripping = every(() => {
      for (const socket of [headers, body]) if (socket.writable) socket.write(" ");
    }, 300);
    assert.match(await ends[0]!, /^HTTP\/1\.1 408 /);
    await recordingGoesOn();
    assert.match(await ends[1]!, /^HTTP\/1\.1 408 |^$/);
    stopEvery(dripping);
    await recordingGoesOn();
  });
});
