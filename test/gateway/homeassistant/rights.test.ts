import assert from "node:assert/strict";
import { type BrokerRole, maySubscribe, refusedPublish } from "../../../gateway/mqtt/users";

const PREFIXES = ["homeassistant"];
const ID = "0123456789abcdef";
const OURS = `homeassistant/device/avnode_${ID}/config`;
const STATE = `avnode/ha/${ID}/state`;
const VALUES = `avnode/ha/${ID}/values`;
const FRAMES = "avnode/v1/0011223344556677/frames";

const allowed = (role: BrokerRole, topic: string, prefixes = PREFIXES) =>
  refusedPublish(role, topic, prefixes) === undefined;

describe("Home Assistant's user at the embedded broker", () => {
  it("publishes that it runs, and nothing else", () => {
    assert.ok(allowed("homeassistant", "homeassistant/status"));
    for (const topic of [OURS, STATE, VALUES, FRAMES, "avnode/v1/checkpoint", "homeassistant/light/x/config"])
      assert.equal(allowed("homeassistant", topic), false, topic);
  });

  it("listens under its prefix and to what it is told, never to the sealed path", () => {
    for (const filter of ["homeassistant/#", "homeassistant/status", STATE, "avnode/ha/+/values"])
      assert.ok(maySubscribe("homeassistant", filter, PREFIXES), filter);
    const sealed = [
      "#",
      "+/#",
      "avnode/#",
      "avnode/v1/#",
      "avnode/v1/+/frames",
      FRAMES,
      "avnode/ha/#",
      "$SYS/#",
    ];
    for (const filter of sealed) assert.equal(maySubscribe("homeassistant", filter, PREFIXES), false, filter);
  });

  it("is told by the store alone", () => {
    for (const topic of [OURS, STATE, VALUES]) {
      assert.ok(allowed("store", topic), topic);
      assert.equal(allowed("relay", topic), false, topic);
      assert.ok(refusedPublish(undefined, topic, PREFIXES) !== undefined, topic);
    }
    assert.equal(allowed("relay", "homeassistant/status"), false);
  });

  it("is nobody where the owner did not ask for it", () => {
    for (const topic of [OURS, STATE, VALUES, "homeassistant/status"])
      for (const role of ["store", "relay", "homeassistant"] as const)
        assert.equal(allowed(role, topic, []), false, `${role} ${topic}`);
    assert.equal(maySubscribe("homeassistant", "homeassistant/#", []), false);
    assert.equal(maySubscribe("homeassistant", STATE, []), false);
  });
});
