/**
 * An attacker in range: processes with raw HCI against the real hub and the real firmware over the air. Squatting has a
 * file of its own.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { MonitorState } from "../../../protocol/command";
import { FrameType } from "../../../protocol/header";
import { messageType } from "../../../protocol/session";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { until } from "../../../tools/sim/radio/until";
import { assertComplete, sampled } from "./rig";
import { Att, Siege } from "./siege";

const UNIT = "c0:00:00:00:00:01";
const RATE = 256;
/** A fifth of the real ones, so that more fakes have their turn. */
const LIMITS = { strangerMs: 6000, unprovedMs: 6000 };
/** What goes before an ATT write's value, and before a fragment's. */
const WRITE_HEADER = 3;
const FRAGMENT_HEADER = 2;
const ATT_WRITES_FORGED = 150;
const SAMPLED_SECONDS = 5;
/** MiB; what the fakes may cost. */
const MAX_GROWN = 64;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

describe(`an attacker in range (seed ${seed})`, function () {
  let siege: Siege;
  let unit: UnitProcess;

  before(async () => {
    siege = await Siege.open(seed, LIMITS);
    unit = await siege.handheld("unit", UNIT);
  });
  after(() => siege?.close());
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(siege.hub.log());
  });

  /** What nobody may find on the air: keys, numbers, and what the recording says. */
  const secrets = async (): Promise<[string, Buffer][]> => {
    const { hub, rig } = siege;
    const { recording } = await unit.status();
    const { device, claimCode } = unit.papers;
    const json = (file: string) => JSON.parse(fs.readFileSync(file, "utf8"));
    const keyring = json(path.join(hub.dataDir, "keyring.json"));
    const { signing } = json(path.join(rig.folder, "unit", "identity.json"));
    const found: [string, Buffer][] = [
      ["device", Buffer.from(device, "hex")],
      ["claim code", Buffer.from(claimCode, "hex")],
      ["signing seed", Buffer.from(signing.seed, "hex")],
      ...["wrapKey", "macKey", "signKey"].map((name): [string, Buffer] => [
        name,
        Buffer.from(keyring[name], "hex"),
      ]),
    ];
    hub.read((reader) => {
      const info = reader.recordings({ device }).find((one) => one.recording === recording)!;
      for (const { body } of reader.frames(info.id))
        for (let at = 0; at + 8 <= body.length; at += 8)
          found.push(["a frame's content", Buffer.from(body.subarray(at, at + 8))]);
      for (const { samples } of reader.pieces(info.id)) {
        const [lead] = samples;
        for (let at = 0; at + 4 <= lead!.length; at += 64) {
          const [narrow, wide] = [Buffer.alloc(8), Buffer.alloc(16)];
          for (let i = 0; i < 4; i++) {
            narrow.writeInt16LE((lead![at + i]! << 16) >> 16, 2 * i);
            wide.writeInt32LE(lead![at + i]!, 4 * i);
          }
          found.push(["samples", narrow], ["samples", wide]);
        }
      }
    });
    // Padding and other runs of one byte say nothing.
    return found.filter(([, bytes]) => new Set(bytes).size > 3);
  };

  /** The random name that the hub answers: no secret, and what else an attacker needs to say hello in its place. */
  const alias = () =>
    siege
      .writesTo(UNIT)
      .map((write) => write.subarray(WRITE_HEADER + FRAGMENT_HEADER))
      .find((message) => messageType(message) === FrameType.storeHello)!
      .subarray(1, 9);

  it("reads nothing: no samples, keys or numbers in what the air carries, nor in advertisements", async () => {
    const listener = siege.attack({ attack: "listen", address: "ba:d0:00:00:00:01" });
    await sampled(unit, SAMPLED_SECONDS * RATE);
    siege.cutFromHub(UNIT);
    await until("an advertisement", () => listener.report.sent > 0);
    await until("the hub to have it again", () => siege.isLive(unit));
    await listener.kill();
    const air = Buffer.concat(siege.captured.map(({ packet }) => packet));
    const advertised = Buffer.from(listener.report.heard.join(""), "hex");
    const all = await secrets();
    assert.ok(all.length > 100, `${all.length} secrets`);
    for (const [name, bytes] of all) {
      assert.equal(air.indexOf(bytes), -1, `${name} in clear`);
      assert.equal(advertised.indexOf(bytes), -1, `${name} in an advertisement`);
    }
    assert.ok(air.indexOf(alias()) >= 0, "what is in clear is found");
    assert.equal(advertised.indexOf("avnode"), -1, "the project's name, of a handheld with an owner");
    console.log(
      `      ${air.length} bytes captured, ${siege.notifications()} of them notifications to the hub, and ` +
        `${listener.report.heard.length} different advertisements: none of ${all.length} secrets in them`,
    );
  });

  it("commands nothing and frees nothing, by recorded, forged and random messages to a handheld that he has", async () => {
    const writes = siege.writesTo(UNIT);
    // Of each kind, receipts most of all, the first and the newest.
    const different = [...new Set(writes.map((write) => write.subarray(WRITE_HEADER).toString("hex")))];
    const recorded = [...different.slice(0, 20), ...different.slice(20).slice(-40)];
    assert.ok(recorded.length > 10, `${recorded.length} recorded`);
    const subscription = siege.attTo(UNIT, Att.writeRequest)[0]!;
    const before = await unit.status();
    const attacker = siege.attack({
      ...{ attack: "command", address: "ba:d0:00:00:00:02", victim: UNIT, recorded },
      ...{ cccd: subscription[1]!, downlink: writes[0]![1]! },
    });
    await until("the attacker to have it", () => {
      siege.cutFromHub(UNIT);
      return attacker.report.linked;
    });
    const backlogs = [(await unit.status()).backlog];
    await until("its messages", async () => {
      backlogs.push((await unit.status()).backlog);
      return attacker.report.sent >= ATT_WRITES_FORGED;
    });
    const after = await unit.status();
    const written = after.radio.written - before.radio.written;
    backlogs.push(after.backlog);
    for (const [i, backlog] of backlogs.entries())
      assert.ok(i === 0 || backlog >= backlogs[i - 1]!, `flash was freed: ${backlogs} frames owed`);
    assert.ok(after.backlog > backlogs[0]!, "it goes on recording into its flash");
    assert.deepEqual([after.state, after.recording], [MonitorState.recording, before.recording]);
    assert.ok(attacker.report.heard.length > 0, "it answered hellos");
    assert.ok(written >= ATT_WRITES_FORGED / 2, `${written} writes arrived`);
    await attacker.kill();
    const left = Date.now();
    await until("the hub to have it again", () => siege.isLive(unit));
    console.log(
      `      ${attacker.report.sent} messages thrown at the handheld, ${recorded.length} different ones recorded: nothing ` +
        `obeyed; ${backlogs[0]} frames owed, then ${after.backlog}; the hub had it again ${Date.now() - left} ms after he left`,
    );
  });

  it("neither crashes, swells nor starves the hub with fake handhelds of every kind", async () => {
    const { hub } = siege;
    const { pid } = hub;
    const stolen = alias().toString("hex");
    const beforeMiB = siege.hubMemory();
    // The few that answer first: of 300 that stay silent some are always waiting for a turn.
    const few = [
      siege.attack({ attack: "fragments", count: 2, advertisingMs: 100 }),
      siege.attack({ attack: "hellos", count: 2, advertisingMs: 100, alias: stolen }),
      siege.attack({ attack: "garbage", count: 4, advertisingMs: 100 }),
      siege.attack({ attack: "endless", count: 4, advertisingMs: 100 }),
    ];
    await until("the floods", () => few.slice(0, 2).every(({ report }) => report.sent > 100));
    const crowd = [...few, siege.attack({ attack: "silent", count: 300, advertisingMs: 500 })];
    await until("each kind to be dialled", () => crowd.every(({ report }) => report.links > 0), 120_000);
    const amidMiB = siege.hubMemory();
    siege.cutFromHub(UNIT);
    const cutAt = Date.now();
    await until("the cut to be felt", async () => !(await unit.status()).radio.linked);
    await until("the hub to have its handheld again in the crowd", () => siege.isLive(unit));
    const backMs = Date.now() - cutAt;
    await sampled(unit, SAMPLED_SECONDS * RATE);
    await assertComplete(unit, hub);
    const afterMiB = siege.hubMemory();
    assert.equal(hub.pid, pid);
    assert.ok(crowd.every(({ runs }) => runs));
    assert.ok(afterMiB - beforeMiB < MAX_GROWN, `the hub grew from ${beforeMiB} to ${afterMiB} MiB`);
    const { closes, nearby } = await hub.radio();
    const links = crowd.map(({ report }) => report.links);
    const sent = crowd.map(({ report }) => report.sent);
    console.log(
      `      312 fakes (fragments, hellos, garbage, endless, silent), ${nearby.length} listed as near: ${links} links, ` +
        `${sent} packets sent; the handheld, cut off, was live again after ${backMs} ms and its recording complete; the ` +
        `hub's memory ${beforeMiB.toFixed(0)}, ${amidMiB.toFixed(0)}, ${afterMiB.toFixed(0)} MiB; links ended by ` +
        JSON.stringify(closes),
    );
  });
});
