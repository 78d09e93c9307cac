import assert from "node:assert/strict";
import fs from "node:fs";
import { connect as connectTcp } from "node:net";
import os from "node:os";
import path from "node:path";
import { connectAsync } from "mqtt";
import { type Hub, startHub } from "../../gateway/hub";
import { NO_ADAPTERS, type RadioHandlers, type RadioLink } from "../../gateway/radio/radio";

async function eventually<T>(look: () => T | undefined, what: string): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const seen = look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("the hub", () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "avnode-hub-"));
  let hub: Hub;
  let air: RadioHandlers;

  before(async () => {
    const radio = {
      start(handlers: RadioHandlers) {
        air = handlers;
      },
      async stop() {},
      status: () => NO_ADAPTERS,
    };
    const disk = () => ({ freeBytes: 9e9, freePercent: 17 });
    hub = await startHub({ dataDir, kind: "home", broker: { port: 0 }, radio, disk });
  });
  after(async () => {
    await hub.stop();
    fs.rmSync(dataDir, { recursive: true });
  });

  const counted = (kind: string) =>
    eventually(() => {
      const unknown = hub.store!.reader.refusals() as Record<string, number | undefined>;
      return unknown[kind];
    }, `${kind} to be counted on disk`);

  it("shows a CBOR bomb on MQTT where `avnode devices` looks, and lives", async () => {
    const client = await connectAsync(`mqtt://127.0.0.1:${hub.port}`, {
      protocolVersion: 4,
      ...hub.broker!.users.relay,
    });
    await client.publishAsync("avnode/v1/00112233aabbccdd/frames", Buffer.alloc(100_000, 0x9f), { qos: 1 });
    await client.endAsync();
    assert.equal(await counted("envelope"), 1);
  });

  it("says on its own broker what runs full, and keeps that for whoever comes later", async () => {
    const client = await connectAsync(`mqtt://127.0.0.1:${hub.port}`, {
      protocolVersion: 4,
      ...hub.broker!.users.relay,
    });
    let text = "";
    client.on("message", (_topic, payload) => {
      text = payload.toString();
    });
    await client.subscribeAsync("avnode/v1/limits", { qos: 1 });
    const [limit] = JSON.parse(await eventually(() => text || undefined, "what runs full")).limits;
    assert.deepEqual([limit.limit, limit.level, limit.share], ["disk", "near", 0.83]);
    await client.endAsync();
  });

  it("shows a topic of a megabyte there, and lives", async () => {
    const topic = Buffer.alloc(1_048_576, "a");
    const { password } = hub.broker!.users.relay;
    // A CONNECT as MQTT 3.1.1 §3.1 has it: client "abc", user "relay", its password of 43 characters.
    const connect = Buffer.concat([
      Buffer.from("104300044d51545404c2003c0003616263000572656c6179002b", "hex"),
      Buffer.from(password),
    ]);
    // A PUBLISH as MQTT 3.1.1 §3.3 has it; its topic's length field holds but 65,535, so the packet claims the rest.
    const length = topic.length + 2;
    const head = [0x30, (length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14, 0xff, 0xff];
    const socket = connectTcp(hub.port!, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(Buffer.concat([connect, Buffer.from(head), topic]));
    await counted("broker");
    socket.destroy();
  });

  it("shows bytes from the radio there that no handheld sends, and lives", async () => {
    const link: RadioLink = { id: "x", notificationBytes: 20, write() {}, close() {} };
    air.onLink(link);
    air.onNotification(link, new Uint8Array(1));
    assert.equal(await counted("notification"), 1);
    air.onClosed(link, "peer");
  });
});
