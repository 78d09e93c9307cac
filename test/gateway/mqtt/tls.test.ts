import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection, type ExternalBroker } from "../../../gateway/mqtt/client";
import { MOSQUITTO, skipUnless } from "../../machine";
import { listening, startMosquitto } from "../../mosquitto";
import { freePort } from "../../ports";
import { type Certified, certify, hasOpenssl, makeCa } from "./certificates";

const TOPIC = "avnode/v1/0011223344556677/frames";

describe("a broker elsewhere over TLS (mosquitto)", function () {
  let dir: string;
  let ca: Certified;
  let stranger: Certified;
  let client: Certified;
  const running: ChildProcess[] = [];
  const connections: Connection[] = [];

  before(function () {
    skipUnless(MOSQUITTO !== undefined, this, "mosquitto (Debian: mosquitto)");
    skipUnless(hasOpenssl, this, "openssl (Debian: openssl)");
    dir = mkdtempSync(join(tmpdir(), "avnode-tls-"));
    ca = makeCa(dir, "ours");
    stranger = makeCa(dir, "stranger");
    client = certify(dir, "hub", ca, "DNS:hub");
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    for (const child of running.splice(0)) {
      const ended = once(child, "close");
      child.kill("SIGKILL");
      await ended;
    }
  });
  after(() => dir && rmSync(dir, { recursive: true }));

  /** @returns its port, once it listens */
  async function mosquitto({ cert, key }: Certified, ...lines: string[]): Promise<number> {
    const port = await freePort();
    const tls = [`cafile ${ca.cert}`, `certfile ${cert}`, `keyfile ${key}`];
    const broker = startMosquitto(dir, port, ...tls, ...lines, "allow_anonymous true");
    running.push(broker);
    await listening(broker, port);
    return port;
  }

  /** @returns "connected", or what the log says of why not */
  function outcome(broker: ExternalBroker): Promise<string> {
    return new Promise((done) => {
      const warn = (_fields: object, text: string) => done(text);
      const connection = new Connection("store", broker, { info() {}, warn, error() {} }, () => {});
      connections.push(connection);
      connection.subscribe(TOPIC, () => done("connected"));
    });
  }
  const at = (port: number, options: Partial<ExternalBroker> = {}): ExternalBroker => ({
    url: `mqtts://127.0.0.1:${port}`,
    ca: readFileSync(ca.cert),
    ...options,
  });
  const good = (name: string) => certify(dir, name, ca, "IP:127.0.0.1");

  it("is reached under the CA that is pinned, and messages pass", async () => {
    const port = await mosquitto(good("good"));
    const heard = new Promise<string>((done) => {
      const log = { info() {}, warn() {}, error() {} };
      const reader = new Connection("store", at(port), log, (_topic, payload) => done(String(payload)));
      connections.push(reader);
      reader.subscribe(TOPIC, () => {
        const writer = new Connection("relay", at(port), log, () => {});
        connections.push(writer);
        writer.publish(TOPIC, Buffer.from("sealed"));
      });
    });
    assert.equal(await heard, "sealed");
  });

  it("is refused under another CA, or when none is pinned and the system trusts none that signed it", async () => {
    const port = await mosquitto(good("good"));
    for (const pinned of [readFileSync(stranger.cert), undefined])
      assert.match(
        await outcome(at(port, { ca: pinned })),
        /no broker \(its certificate is not signed by the CA.*broker\.ca in --config FILE/,
      );
  });

  it("is refused when a stranger's CA signed it for the right name", async () => {
    const port = await mosquitto(certify(dir, "forged", stranger, "IP:127.0.0.1"));
    assert.match(await outcome(at(port)), /not signed by the CA that is trusted here/);
  });

  it("is refused under another host's certificate, and the message names the key to correct", async () => {
    const port = await mosquitto(certify(dir, "other", ca, "DNS:broker.elsewhere,IP:127.0.0.9"));
    assert.match(await outcome(at(port)), /for another host: write in broker\.url the name/);
  });

  it("is refused when its certificate has expired", async () => {
    const port = await mosquitto(certify(dir, "expired", ca, "IP:127.0.0.1", -1));
    assert.match(await outcome(at(port)), /has expired: renew it on the broker/);
  });

  it("is told apart from one that speaks no TLS, and from nobody", async () => {
    // Destroyed, not only ended: a server that closes waits for its connections.
    const plain = createServer((socket) =>
      socket.on("error", () => {}).end("who are you?\n", () => socket.destroySoon()),
    );
    await once(plain.listen(0, "127.0.0.1"), "listening");
    const { port } = plain.address() as AddressInfo;
    assert.match(
      await outcome(at(port)),
      /no broker \(it does not speak TLS on that port.*: correct broker\.url/,
    );
    await once(plain.close(), "close");
    assert.match(await outcome(at(port)), /nobody listens there: start it, or correct broker\.url/);
  });

  describe("that wants client certificates", () => {
    const required = ["require_certificate true", "use_identity_as_username true"];
    const pair = ({ cert, key }: Certified) => ({ cert: readFileSync(cert), key: readFileSync(key) });

    it("takes one that its CA signed", async () => {
      const port = await mosquitto(good("good"), ...required);
      assert.equal(await outcome(at(port, pair(client))), "connected");
    });

    it("refuses who has none, and the message says what to give", async () => {
      const port = await mosquitto(good("good"), ...required);
      assert.match(
        await outcome(at(port)),
        /it wants a client certificate: give broker\.cert and broker\.key/,
      );
    });

    it("refuses one of another CA, and the message says who must sign it", async () => {
      const port = await mosquitto(good("good"), ...required);
      const forged = certify(dir, "forged-hub", stranger, "DNS:hub");
      assert.match(await outcome(at(port, pair(forged))), /have broker\.cert signed by the broker's CA/);
    });
  });

  it("says which keys are missing when it refuses the user", async () => {
    const users = join(dir, "users");
    writeFileSync(users, "", { mode: 0o600 });
    const port = await mosquitto(good("good"), `password_file ${users}`, "allow_anonymous false");
    assert.ok(existsSync(users));
    assert.match(
      await outcome(at(port, { username: "hub", password: "wrong" })),
      /refuses this user: give its broker\.username and broker\.password/,
    );
  });
});
