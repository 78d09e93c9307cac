import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { serveStatus } from "../../../gateway/health/socket";
import type { HubStatus } from "../../../gateway/health/status";
import { NO_ADAPTERS } from "../../../gateway/radio/radio";
import { scratch } from "../../e2e/rig";
import { Rig, START } from "../store/rig";

async function avnode(...words: string[]) {
  const caught = { out: "", err: "" };
  const into = (which: "out" | "err") =>
    ({
      write: (text: string) => {
        caught[which] += text;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const code = await run(words, "0.0.0", {}, new Terminal(into("out"), into("err"), {}));
  return { code, ...caught };
}

describe("avnode status", function () {
  const folder = scratch();
  let rig: Rig;
  let alias: string;
  let id: string;
  before(() => {
    rig = new Rig();
    const handheld = rig.claimed();
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    rig.deliver(handheld, made, [0]);
    const altered = Uint8Array.from(made.frames[1]!);
    altered[altered.length - 1]! ^= 1;
    rig.send(handheld, altered);
    assert.equal(rig.refused(handheld)["wrong-tag"], 1);
    ({ alias, id } = rig.store.reader.devices()[0]!);
    rig.time.restore();
  });
  after(() => rig.end());

  const status = (): HubStatus => ({
    pid: 1,
    version: "1.2.3",
    roles: ["relay", "store"],
    startedAt: START,
    ok: false,
    problems: ["adapter hci1: run: sudo setcap"],
    store: { ok: true, forgotten: 0, disk: { freeBytes: 5e9, freePercent: 50 } },
    broker: { address: "mqtt://127.0.0.1:1883", connected: true },
    web: "http://127.0.0.1:8480",
    taken: [8471],
    radio: {
      ...NO_ADAPTERS,
      simulated: false,
      adapters: [
        { id: "hci0", state: "on", scanning: true, links: 1, recoveries: 0, heardAt: START },
        { id: "hci1", state: "no-permission", scanning: false, links: 0, recoveries: 0, advice: "setcap" },
      ],
      links: [{ id: "l1", adapter: "hci0", rssi: -61, since: START, notificationBytes: 244 }],
      connects: 3,
      closes: { lost: 2 },
    },
    limits: [
      {
        ...{ what: "ring", device: id, alias, permille: 834, level: "near", at: START, since: START },
        advice: "keep it near",
      },
      { what: "disk", permille: 500, level: "ok", at: START, since: START },
    ],
    presences: [{ alias, links: ["l1"], since: START }],
  });

  it("joins what the store's files say with what the running hub says", async () => {
    const socket = await serveStatus(rig.dataDir, status);
    const { code, out, err } = await avnode("status", "--data", rig.dataDir);
    const json = JSON.parse((await avnode("status", "--json", "--data", rig.dataDir)).out);
    await socket.close();
    assert.equal(code, 0, err);
    assert.match(out, /^hub {8}running since 2026-11-2\d .*: avnode 1\.2\.3, relay and store$/m);
    assert.match(out, /^broker {5}mqtt:\/\/127\.0\.0\.1:1883, connected$/m);
    assert.match(out, /^page {7}http:\/\/127\.0\.0\.1:8480$/m);
    assert.match(out, new RegExp(`^ring +${id} +83 % +NEARLY FULL `, "m"));
    assert.match(out, /^disk +- +50 % +ok /m);
    assert.match(out, new RegExp(`^do next {4}handheld ${id}: keep it near$`, "m"));
    assert.match(out, /^port {7}another program has 8471: /m);
    assert.match(out, /^radio {6}1 link now, 3 since the start; ended or failed: 2 lost$/m);
    assert.match(out, /^adapter {4}hci0 on, scanning, 1 link, heard somebody /m);
    assert.match(out, /^adapter {4}hci1 no-permission, 0 links\. setcap$/m);
    assert.match(out, new RegExp(`^${id} .*SIMULATED.* -61 dBm `, "m"));
    assert.match(out, /ago +1 +[0-9a-f]{16} +altered on the way/);
    assert.doesNotMatch(out, /stored already/, "repetitions are routine");
    assert.match(out, /^do next {4}adapter hci1: run: sudo setcap$/m);
    assert.deepEqual(json.hub, status());
    assert.deepEqual(json.handhelds[0].connection.links, [{ id: "l1", adapter: "hci0", rssi: -61 }]);
    assert.equal(json.refusals[0].kind, "wrong-tag");
  });

  it("says in one line how far analysis is, and what was set aside", async () => {
    const progress = {
      running: true,
      failures: 0,
      recordings: 0,
      incomplete: 0,
      behindSeconds: 0,
      aside: [],
    };
    const line = async (analysis: HubStatus["analysis"]) => {
      const socket = await serveStatus(rig.dataDir, () => ({ ...status(), analysis }));
      const { out } = await avnode("status", "--data", rig.dataDir);
      await socket.close();
      return out.split("\n").filter((one) => one.startsWith("analysis"));
    };
    assert.deepEqual(await line(progress), ["analysis   up to date"]);
    const aside = [{ recording: "00ff", reason: "none of its leads is an ECG" }];
    assert.deepEqual(
      await line({ running: false, failures: 0, recordings: 2, incomplete: 1, behindSeconds: 3723, aside }),
      [
        "analysis   behind by 01:02:03 in 2 recordings; 1 recording waits for frames; its thread is being started; " +
          "00ff set aside: none of its leads is an ECG",
      ],
    );
  });

  it("tells a simulated radio from one that has no adapter, and what to do about that", async () => {
    const shown = async (radio: HubStatus["radio"], problems: string[]) => {
      const socket = await serveStatus(rig.dataDir, () => ({ ...status(), radio, problems }));
      const { out } = await avnode("status", "--data", rig.dataDir);
      await socket.close();
      return out;
    };
    const simulated = await shown(NO_ADAPTERS, []);
    assert.match(simulated, /^radio {6}simulated$/m);
    assert.doesNotMatch(simulated, /^adapter/m);
    const bare = await shown({ ...NO_ADAPTERS, simulated: false }, ["plug one in"]);
    assert.match(bare, /^radio {6}0 links now.*\nadapter {4}NONE$/m);
    assert.match(bare, /^do next {4}plug one in$/m);
  });

  it("tells as much as the files do when the hub is stopped", async () => {
    const { code, out } = await avnode("status", "--data", rig.dataDir);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^${id} .*SIMULATED +- `, "m"));
    assert.doesNotMatch(out, /^(broker|radio|adapter)/m);
    assert.equal(JSON.parse((await avnode("status", "--json", "--data", rig.dataDir)).out).hub, undefined);
  });

  it("tells of a relay that keeps no store, and refuses where there is neither", async () => {
    const dataDir = join(folder, "relay");
    const socket = await serveStatus(dataDir, () => ({ ...status(), roles: ["relay"], store: undefined }));
    const { code, out } = await avnode("status", "--data", dataDir);
    await socket.close();
    assert.equal(code, 0);
    assert.match(out, /^hub .*1\.2\.3, relay$/m);
    const empty = join(folder, "empty");
    mkdirSync(empty);
    assert.equal((await avnode("status", "--data", empty)).code, 3);
  });
});
