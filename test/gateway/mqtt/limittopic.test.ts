/** What runs full, at a broker of the owner's: mosquitto, a disk that fills, and as much of Home Assistant as matters. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { type Clock, systemClock } from "../../../gateway/clock";
import { type Hub, startHub } from "../../../gateway/hub";
import type { LimitsMessage } from "../../../gateway/mqtt/limittopic";
import { MOSQUITTO, skipUnless } from "../../machine";
import { listening, startMosquitto } from "../../mosquitto";
import { freePort } from "../../ports";
import { Assistant } from "../homeassistant/assistant";

const GB = 1e9;
/** Waits are waited for, but no longer than this. */
const HASTY: Clock = { now: systemClock.now, after: (ms, run) => systemClock.after(Math.min(ms, 25), run) };

async function until<T>(look: () => T | undefined | false, what: string): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const seen = look();
    if (seen) return seen;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`waited in vain for ${what}`);
}

describe("what runs full, over MQTT", function () {
  this.timeout(60_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "avnode-limits-"));
  let port: number;
  let broker: ChildProcess;
  let hub: Hub | undefined;
  let room = { freeBytes: 50 * GB, freePercent: 50 };
  const clients: MqttClient[] = [];

  before(async function () {
    skipUnless(MOSQUITTO !== undefined, this, "mosquitto (Debian: mosquitto)");
    port = await freePort();
    await start();
    hub = await startHub({
      dataDir: path.join(folder, "data"),
      kind: "demo",
      broker: { url: url() },
      roles: ["store"],
      homeAssistant: { discovery: true },
      disk: () => room,
      clock: HASTY,
    });
  });
  after(async () => {
    for (const client of clients) client.end(true);
    await hub?.stop();
    broker?.kill("SIGKILL");
    fs.rmSync(folder, { recursive: true });
  });

  const url = () => `mqtt://127.0.0.1:${port}`;
  async function start(): Promise<void> {
    broker = startMosquitto(folder, port, "allow_anonymous true");
    await listening(broker, port);
  }
  /** Somebody who came late: what the broker kept, and what follows. */
  async function listener(): Promise<{ newest?: LimitsMessage; all: LimitsMessage[] }> {
    const client = await mqtt.connectAsync(url(), { protocolVersion: 4 });
    clients.push(client);
    const seen: { newest?: LimitsMessage; all: LimitsMessage[] } = { all: [] };
    client.on("message", (_topic, payload) => {
      seen.newest = JSON.parse(payload.toString());
      seen.all.push(seen.newest!);
    });
    await client.subscribeAsync("avnode/v1/limits", { qos: 1 });
    return seen;
  }
  const full = (freePercent: number, freeBytes = freePercent * GB) => {
    room = { freeBytes, freePercent };
  };

  it("is retained, changes its level at 80 and 100 % and not at every hundredth around them, and says what to do", async () => {
    const seen = await listener();
    const disk = () => seen.newest?.limits.find(({ limit }) => limit === "disk");
    const at = (level: string, share: number) =>
      until(() => disk()?.level === level && disk()!.share === share, `${level} at ${share}`);
    await at("ok", 0.5);
    assert.deepEqual([seen.newest!.v, seen.newest!.type, seen.newest!.kind], [1, "avnode/limits", "demo"]);
    assert.equal(seen.newest!.until - seen.newest!.at, 900_000);
    full(20);
    await at("near", 0.8);
    assert.match(disk()!.advice!, /make room on the hub's disk/);
    const { since } = disk()!;
    full(22);
    await at("near", 0.78);
    assert.equal(disk()!.since, since);
    full(40, 0.05 * GB);
    await at("full", 1);
    assert.match(disk()!.advice!, /no receipts go out/);
    const late = await listener();
    await until(() => late.newest?.limits[0]?.level === "full", "what the broker kept");
    full(50);
    await at("ok", 0.5);
    assert.equal(disk()!.advice, undefined);
    // Once a change, not once a look.
    assert.ok(seen.all.length <= 6, String(seen.all.length));
  });

  it("is said anew to a broker that was killed and came back empty", async () => {
    full(15);
    const before = await listener();
    await until(() => before.newest?.limits[0]?.level === "near", "near");
    for (const client of clients.splice(0)) client.end(true);
    broker.kill("SIGKILL");
    await once(broker, "exit");
    await start();
    const seen = await listener();
    await until(() => seen.newest?.limits[0]?.level === "near", "what the hub says unasked");
  });

  it("is a device of its own in Home Assistant: a problem, how full, and what to do next", async () => {
    full(50);
    const home = await Assistant.begin(url(), {});
    try {
      await until(() => home.states().disk === "50", "the disk");
      assert.equal(home.states().disk_problem, "OFF");
      assert.equal(home.states().do_next, "None");
      assert.match(JSON.stringify(home.entities.get("disk_problem")!.config), /"device_class":"problem"/);
      const [device] = [...home.devices.values()];
      assert.equal(device!.device.name, "DEMO ECG hub");
      full(12);
      await until(() => home.states().disk_problem === "ON", "the problem");
      await until(() => home.states().disk === "88", "how full");
      assert.match(home.states().do_next!, /^make room/);
      await hub!.stop();
      hub = undefined;
      await until(() => home.availability === "offline", "no state without a hub");
    } finally {
      home.end();
    }
  });
});
