import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { Duplex } from "node:stream";
import mqtt from "mqtt";
import { systemClock } from "../../../gateway/clock";
import { Limits } from "../../../gateway/health/limits";
import { rings } from "../../../gateway/health/measures";
import { ledgerPath } from "../../../gateway/homeassistant/ledger";
import {
  type HomeAssistantSettings,
  planHomeAssistant,
  startHomeAssistant,
} from "../../../gateway/homeassistant/start";
import type { HealthValue } from "../../../gateway/homeassistant/values";
import { type Broker, startBroker } from "../../../gateway/mqtt/broker";
import { MarkKind } from "../../../protocol/bodies";
import { toHex } from "../../../protocol/bytes";
import { Rig } from "../store/rig";
import { Assistant } from "./assistant";
import { CONFIG_TOPIC } from "./documented";

const ON: HomeAssistantSettings = { discovery: true };
const WITH_VALUES: HomeAssistantSettings = { discovery: true, values: true };
const DEVICE_ENTITIES = [
  "battery",
  "electrodes",
  "backlog",
  "memory",
  "memory_problem",
  "last_recording",
  "connected",
];
const RATE = 173;
const FINDING = "premature beats as an example";
const RHYTHM = "a rhythm as an example";

/** Lets sockets work while the clock stands. */
async function until(look: () => boolean, what: string): Promise<void> {
  const deadline = process.hrtime.bigint() + 15_000_000_000n;
  while (!look()) {
    if (process.hrtime.bigint() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("what Home Assistant is told", function () {
  let rig: Rig;
  let broker: Broker;
  let running: ReturnType<typeof startHomeAssistant>;
  /** The hub's part's own connection. */
  let line: Duplex;
  let value: HealthValue | undefined;
  const clients: { end(force?: boolean): unknown }[] = [];

  beforeEach(() => {
    rig = new Rig();
    value = undefined;
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end(true);
    await halt();
    rig.end();
  });

  /** Goodbyes wait a few milliseconds of their own. */
  async function halt(): Promise<void> {
    let isDone = false;
    void (async () => {
      await running?.stop();
      await broker?.close();
    })().finally(() => {
      isDone = true;
    });
    await until(() => {
      if (!isDone) rig.time.tick(10);
      return isDone;
    }, "the end of the run");
  }

  /** A run of the hub's part, on an embedded broker of its own. */
  async function run(
    settings: HomeAssistantSettings | undefined,
    isAnalysed = true,
    withLimits = false,
  ): Promise<void> {
    await halt();
    const plan = planHomeAssistant(rig.dataDir, settings);
    broker = await startBroker({ port: 0, homeAssistantPrefixes: plan.prefixes });
    const health = isAnalysed ? { newest: () => value } : undefined;
    const { dataDir } = rig;
    const { users } = broker;
    const connect = () => {
      line = broker.connect();
      return line;
    };
    running = startHomeAssistant({
      plan,
      view: rig.store.reader,
      broker: { users, connect },
      dataDir,
      health,
      limits: withLimits ? new Limits([rings(rig.store.reader)], systemClock) : undefined,
    });
  }
  async function assistant(prefix?: string): Promise<Assistant> {
    const { port, users } = broker;
    const made = await Assistant.begin(`mqtt://127.0.0.1:${port}`, users.homeassistant!, prefix);
    clients.push(made);
    return made;
  }
  const tick = (ms = 10_000) => rig.time.tick(ms);
  /** In steps in which connections can be kept alive. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10_000) {
      tick();
      for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it("is nothing without its switch: no topic, no user, no connection", async () => {
    rig.claimed();
    for (const settings of [undefined, { discovery: false }]) {
      await run(settings);
      assert.equal(running, undefined);
      assert.equal(broker.users.homeassistant, undefined);
    }
    assert.equal(existsSync(ledgerPath(rig.dataDir)), false);
  });

  it("is a device with documented entities and their states, and follows what the handheld says", async () => {
    const handheld = rig.claimed();
    await run(ON);
    const home = await assistant();
    await until(() => home.states().connected !== undefined && home.availability !== undefined, "states");
    assert.deepEqual([...home.entities.keys()].sort(), [...DEVICE_ENTITIES].sort());
    assert.deepEqual(home.states(), {
      battery: "3.9",
      electrodes: "None",
      backlog: "0",
      memory: "None",
      memory_problem: "None",
      last_recording: "None",
      connected: "ON",
    });
    assert.equal(home.availability, "online");
    assert.match([...home.devices.values()][0]!.device.name, /^SIMULATED /);

    const made = handheld.begin();
    handheld.data(made);
    rig.deliver(handheld, made);
    rig.store.receive(handheld.alias, handheld.status({ state: 2, backlog: 7, batteryMillivolts: 3704 }));
    tick();
    await until(() => home.states().backlog === "7", "the backlog");
    assert.equal(home.states().battery, "3.7");
    assert.equal(home.states().electrodes, "ON");
    assert.equal(Date.parse(home.states().last_recording!), 1_700_000_000_000);

    for (const [kind, state] of [
      [MarkKind.leadOff, "OFF"],
      [MarkKind.symptom, "OFF"],
      [MarkKind.leadOn, "ON"],
    ] as const) {
      rig.send(handheld, handheld.mark(made, { kind, sample: made.samples, uptimeMs: 1000 }));
      tick();
      await until(() => home.states().electrodes === state, `electrodes ${state} after mark ${kind}`);
    }

    await pass(200_000);
    await until(() => home.states().connected === "OFF", "the end of the connection");
    assert.equal(home.states().electrodes, "None");
  });

  it("says how full a handheld's flash is while somebody knows, and that it is a problem from 80 % on", async () => {
    const handheld = rig.claimed();
    await run(ON, true, true);
    const home = await assistant();
    await until(() => home.states().memory === "1", "its memory");
    assert.equal(home.states().memory_problem, "OFF");
    assert.equal(home.devices.size, 2, "the hub is one, too");
    rig.store.receive(handheld.alias, handheld.status({ ringPermille: 830 }));
    tick();
    await until(() => home.states().memory_problem === "ON", "that it runs full");
    assert.equal(home.states().memory, "83");
    assert.match(home.states().do_next!, /keep the handheld near the hub/);
    rig.store.receive(handheld.alias, handheld.status({ ringPermille: 100 }));
    tick();
    await until(() => home.states().memory === "10", "that it was emptied");
    await pass(900_000);
    await until(() => home.states().memory === "None", "that nobody knows any more");
    assert.equal(home.states().memory_problem, "None");
    await run(undefined);
    const after = await assistant();
    await pass(20_000);
    await until(() => after.configs.length >= 2, "that both are taken back");
    assert.deepEqual([...new Set(after.configs)], [""]);
  });

  it("comes at most every ten seconds per handheld, and only when something changed", async () => {
    const handheld = rig.claimed();
    await run(ON);
    const seen: string[] = [];
    const listener = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      protocolVersion: 4,
      ...broker.users.homeassistant,
    });
    clients.push(listener);
    listener.on("message", (_topic, payload) => seen.push(payload.toString()));
    await listener.subscribeAsync("avnode/ha/+/state");
    await until(() => seen.length === 1, "the first state");
    // An answer of the broker is behind everything that it was told before.
    const settled = () => listener.unsubscribeAsync("avnode/ha/+/values");
    for (let second = 0; second < 30; second++) {
      rig.store.receive(handheld.alias, handheld.status({ backlog: second + 1 }));
      tick(1000);
      await settled();
    }
    await until(() => seen.length === 4, "three states in thirty seconds");
    await pass(50_000);
    await settled();
    assert.equal(seen.length, 4);
  });

  it("names neither handheld, recording, person nor alias as they are called elsewhere", async () => {
    const handheld = rig.claimed();
    rig.sql("UPDATE devices SET name = 'Grandmother'");
    const made = handheld.begin();
    handheld.data(made);
    rig.deliver(handheld, made);
    const recording = rig.store.reader.recordings()[0]!.id;
    await run(ON);
    const home = await assistant();
    await until(() => home.states().connected !== undefined, "states");
    const all = JSON.stringify([[...home.devices], home.states(), home.configs]).toLowerCase();
    for (const secret of [handheld.hex, toHex(handheld.alias), recording, "grandmother"])
      assert.ok(!all.includes(secret), secret);
    const id = rig.store.reader.pseudonym("home assistant", handheld.hex);
    assert.deepEqual([...home.devices.keys()], [`avnode_${id}`]);
    assert.match(`homeassistant/device/avnode_${id}/config`, CONFIG_TOPIC);
    assert.notEqual(rig.store.reader.pseudonym("another purpose", handheld.hex), id);
  });

  it("has heart rate and findings only with the second switch and somebody who knows them", async () => {
    rig.claimed();
    value = { at: Date.now(), heartRate: RATE, rhythm: RHYTHM, finding: FINDING };
    for (const [settings, isAnalysed] of [
      [ON, true],
      [WITH_VALUES, false],
    ] as const) {
      await run(settings, isAnalysed);
      const home = await assistant();
      await until(() => home.states().connected !== undefined, "states");
      tick();
      await until(() => home.availability === "online", "availability");
      assert.deepEqual([...home.entities.keys()].sort(), [...DEVICE_ENTITIES].sort());
      assert.doesNotMatch(home.configs.join(), /heart|finding/i);
    }
    await run(WITH_VALUES);
    const home = await assistant();
    await until(() => home.states().heart_rate === undefined && home.entities.has("heart_rate"), "discovery");
    value.at = Date.now();
    tick();
    await until(() => home.states().heart_rate === String(RATE), "the heart rate");
    assert.equal(home.states().finding, FINDING);
    assert.equal(home.states().rhythm, RHYTHM);
    // An old one must not be taken for the present.
    await pass(70_000);
    await until(() => home.states().heart_rate === "None", "its end");
    assert.equal(home.states().finding, "None");
  });

  it("is said again when Home Assistant begins anew", async () => {
    rig.claimed();
    await run(ON);
    const first = await assistant();
    await until(() => first.states().connected === "ON", "states");
    first.end();
    const home = await assistant();
    await until(() => home.configs.length === 1, "the retained one");
    tick();
    await until(() => home.configs.length === 2, "the one that its birth asked for");
    // However often it says so.
    for (let i = 0; i < 50; i++) await home.birth();
    tick();
    tick();
    await until(() => home.configs.length >= 3, "one more");
    await pass(30_000);
    assert.ok(home.configs.length <= 4, String(home.configs.length));
  });

  it("follows a claim within ten seconds", async () => {
    await run(ON);
    const home = await assistant();
    rig.claimed();
    tick();
    await until(() => home.devices.size === 1, "the handheld");
  });

  it("is taken back, also from a Home Assistant that comes later, once it is switched off", async () => {
    rig.claimed();
    await run(ON);
    const before = await assistant();
    await until(() => before.devices.size === 1, "the device");
    await run(undefined);
    assert.ok(running && broker.users.homeassistant, "there is something to take back");
    const home = await assistant();
    await pass(20_000);
    await until(() => home.configs.length > 0, "the empty config");
    assert.deepEqual([...new Set(home.configs)], [""]);
    await pass(3_620_000);
    assert.equal(existsSync(ledgerPath(rig.dataDir)), false);
    await run(undefined);
    assert.equal(running, undefined);
  });

  it("loses heart rate and findings alone when their switch goes off", async () => {
    rig.claimed();
    await run(WITH_VALUES);
    const before = await assistant();
    await until(() => before.entities.has("heart_rate"), "the heart rate");
    await run(ON);
    const home = await assistant();
    await pass(20_000);
    await until(() => home.configs.length >= 3, "the entities' removal");
    const removals = home.configs.map((text) => JSON.parse(text).components.heart_rate);
    assert.ok(removals.some((one) => one && Object.keys(one).length === 1));
    // What stays retained does not name them.
    assert.equal(removals.at(-1), undefined);
    assert.deepEqual([...home.entities.keys()].sort(), [...DEVICE_ENTITIES].sort());
  });

  it("ends for a handheld that the store does not know any more", async () => {
    rig.claimed(1);
    rig.claimed(2);
    await run(ON);
    const home = await assistant();
    await until(() => home.devices.size === 2, "two handhelds");
    rig.sql("DELETE FROM devices WHERE id = ?", Buffer.from(rig.handhelds[1]!.id));
    tick();
    await until(() => home.devices.size === 1, "one handheld");
    const id = rig.store.reader.pseudonym("home assistant", rig.handhelds[0]!.hex);
    assert.deepEqual([...home.devices.keys()], [`avnode_${id}`]);
  });

  it("forgets an erased recording", async () => {
    const handheld = rig.claimed();
    const made = handheld.record(2);
    rig.deliver(handheld, made);
    await run(ON);
    const home = await assistant();
    await until(() => (home.states().last_recording ?? "None") !== "None", "the recording");
    rig.store.forget(rig.store.reader.recordings()[0]!.id);
    tick();
    await until(() => home.states().last_recording === "None", "its end");
  });

  it("moves to another prefix, and is taken back under the old one", async () => {
    rig.claimed();
    await run(ON);
    const before = await assistant();
    await until(() => before.devices.size === 1, "the device");
    await run({ discovery: true, prefix: "house/ha" });
    const [old, home] = [await assistant(), await assistant("house/ha")];
    await until(() => home.states().battery === "3.9", "states under the new prefix");
    assert.deepEqual([...home.devices.keys()], [...before.devices.keys()]);
    await pass(20_000);
    await until(() => old.configs.length > 0, "the empty config under the old one");
    assert.deepEqual([...new Set(old.configs)], [""]);
    // That a Home Assistant has begun is heard under the new one.
    const told = home.configs.length;
    await pass(20_000);
    await home.birth();
    await until(() => home.configs.length > told, "another announcement");
  });

  it("says through the broker that the hub is gone when it ends without a word, and that it is back", async () => {
    rig.claimed();
    await run(ON);
    const home = await assistant();
    await until(() => home.availability === "online", "availability");
    line.destroy();
    await until(() => home.availability === "offline", "the last will");
    const late = await assistant();
    await until(() => late.availability === "offline", "what the broker kept");
    await pass(10_000);
    await until(() => home.availability === "online" && late.availability === "online", "the hub again");
  });

  it("says that the hub is gone when it stops in order", async () => {
    rig.claimed();
    await run(ON);
    const home = await assistant();
    await until(() => home.availability === "online", "availability");
    void running!.stop();
    tick(10);
    await until(() => home.availability === "offline", "the goodbye");
  });
});
