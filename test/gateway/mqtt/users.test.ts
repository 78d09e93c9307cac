import assert from "node:assert/strict";
import { type EventEmitter, once as onceOf } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { type Hub, startHub } from "../../../gateway/hub";
import { type Broker, startBroker } from "../../../gateway/mqtt/broker";
import {
  type BrokerUsers,
  brokerUsersPath,
  loadBrokerUsers,
  maySubscribe,
} from "../../../gateway/mqtt/users";

const once = (emitter: unknown, event: string) => onceOf(emitter as EventEmitter, event);
const ALIAS = "0011223344556677";
const topicOf = (kind: string) => `avnode/v1/${ALIAS}/${kind}`;

describe("the embedded broker's users", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-users-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("are made once per data directory, in a file that is its owner's alone", () => {
    const users = loadBrokerUsers(dir);
    assert.deepEqual(loadBrokerUsers(dir), users);
    assert.equal(statSync(brokerUsersPath(dir)).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(brokerUsersPath(dir), "utf8")), users);
    const other = mkdtempSync(join(tmpdir(), "avnode-users-"));
    const passwords = [users, loadBrokerUsers(other)].flatMap(({ relay, store }) => [
      relay.password,
      store.password,
    ]);
    rmSync(other, { recursive: true });
    assert.equal(new Set(passwords).size, 4);
    for (const password of passwords) assert.equal(Buffer.from(password, "base64url").length, 32);
  });

  it("are refused when others may read them, or when a password is short or gone", () => {
    loadBrokerUsers(dir);
    chmodSync(brokerUsersPath(dir), 0o604);
    assert.throws(() => loadBrokerUsers(dir), { code: "BROKER_USERS_MODE" });
    chmodSync(brokerUsersPath(dir), 0o600);
    const store = { username: "store", password: "s".repeat(43) };
    const list = { relay: { username: "relay", password: new Array(43).fill(0) }, store };
    const damaged = ["", "{}", '{"relay":{"username":"relay","password":""}}', "null", JSON.stringify(list)];
    for (const text of damaged) {
      writeFileSync(brokerUsersPath(dir), text);
      assert.throws(() => loadBrokerUsers(dir), { code: "BROKER_USERS_FORM", message: /Remove it/ });
    }
  });

  it("listen to avnode's topics alone, and to what is theirs", () => {
    for (const filter of ["#", "avnode/v1/#", "avnode/v1/+/+", "+/v1/+/downlink", topicOf("frames")])
      assert.equal(maySubscribe("relay", filter), false, filter);
    for (const filter of ["#", "avnode/v1/#", "avnode/v1/+/downlink", "avnode/v1/a/frames", "$SYS/#"])
      assert.equal(maySubscribe("store", filter), false, filter);
    assert.equal(maySubscribe(undefined, "avnode/v1/checkpoint"), false);
    assert.deepEqual(
      (["relay", "store", "homeassistant", undefined] as const).map((role) =>
        maySubscribe(role, "avnode/v1/limits"),
      ),
      [true, true, false, false],
    );
    assert.equal(maySubscribe("relay", topicOf("downlink")), true);
    assert.equal(maySubscribe("store", "avnode/v1/+/frames"), true);
  });
});

describe("the embedded broker", () => {
  let broker: Broker;
  const clients: MqttClient[] = [];
  before(async () => {
    broker = await startBroker({ port: 0 });
  });
  after(async () => {
    for (const client of clients) client.end(true);
    await broker.close();
  });
  function client(credentials: IClientOptions): MqttClient {
    const options: IClientOptions = { protocolVersion: 4, reconnectPeriod: 0, ...credentials };
    const made = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, options);
    clients.push(made);
    return made;
  }

  const strangers: [string, string, (users: BrokerUsers) => IClientOptions][] = [
    ["nobody", "anonymous", () => ({})],
    ["a user without a password", "credentials", () => ({ username: "relay" })],
    ["a wrong password", "credentials", () => ({ username: "relay", password: "x" })],
    ["one role under the other's password", "credentials", ({ store }) => ({ ...store, username: "relay" })],
    ["a name that every object has", "credentials", () => ({ username: "constructor", password: "x" })],
    [
      "a password with a byte more",
      "credentials",
      ({ relay }) => ({ ...relay, password: relay.password + "A" }),
    ],
  ];
  for (const [name, kind, credentials] of strangers) {
    it(`refuses ${name} as MQTT has it, and counts it`, async () => {
      const before = broker.refusals()[kind] ?? 0;
      const [error] = await once(client(credentials(broker.users)), "error");
      assert.equal(error.code, 4);
      assert.equal(broker.refusals()[kind], before + 1);
    });
  }

  it("asks the connections of its own process alike", async () => {
    const stranger = new mqtt.MqttClient(() => broker.connect(), { protocolVersion: 4, reconnectPeriod: 0 });
    clients.push(stranger);
    assert.equal((await once(stranger, "error"))[0].code, 4);
  });

  for (const [role, topics] of [
    ["relay", [topicOf("downlink"), "avnode/v1/checkpoint", "avnode/v1/limits"]],
    ["store", [topicOf("frames"), topicOf("status")]],
  ] as const)
    for (const topic of topics) {
      it(`ends the connection of a ${role} that publishes to ${topic}`, async () => {
        const sender = client(broker.users[role]);
        await once(sender, "connect");
        const before = broker.refusals().topic ?? 0;
        sender.publish(topic, "x", { qos: 1 });
        await once(sender, "close");
        assert.equal(broker.refusals().topic, before + 1);
      });
    }

  it("delivers a relay no frames of others", async () => {
    const relay = client(broker.users.relay);
    await once(relay, "connect");
    const granted = await relay.subscribeAsync("avnode/v1/+/frames").catch((error: Error) => error);
    assert.ok(granted instanceof Error || granted[0]!.qos === 128);
  });
});

describe("a hub whose broker is told to listen elsewhere", () => {
  let dir: string;
  let hub: Hub | undefined;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-users-"));
  });
  after(async () => {
    await hub?.stop();
    rmSync(dir, { recursive: true });
  });

  it("demands the same credentials there, shows who had none, and takes who has them", async () => {
    // Another address of the loopback network: this machine's own are not a test's to open.
    hub = await startHub({ dataDir: dir, kind: "home", broker: { port: 0, host: "127.0.0.2" } });
    const url = `mqtt://127.0.0.2:${hub.port}`;
    const stranger = mqtt.connect(url, { protocolVersion: 4, reconnectPeriod: 0 });
    assert.equal((await once(stranger, "error"))[0].code, 4);
    stranger.end(true);
    assert.equal(hub.broker!.refusals().anonymous, 1);
    const { relay } = JSON.parse(readFileSync(brokerUsersPath(dir), "utf8"));
    const known = await mqtt.connectAsync(url, { protocolVersion: 4, ...relay });
    await known.publishAsync(topicOf("status"), "here", { qos: 1 });
    await known.endAsync();
  });
});
