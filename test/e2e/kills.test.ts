import assert from "node:assert/strict";
import { type ChildProcess, fork, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";
import { systemClock } from "../../gateway/clock";
import { startHub } from "../../gateway/hub";
import type { DataKind } from "../../gateway/store/claims";
import { openToWrite } from "../../gateway/store/directory";
import { StoreReader } from "../../gateway/store/reader";
import { RecordingMode } from "../../protocol/open";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { VirtualHandheld } from "../../tools/sim/handheld";
import { newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { SimHubRadio } from "../../tools/sim/radio/hub";
import { PERFECT, Radio } from "../../tools/sim/radio/lossy";
import { Random } from "../../tools/sim/random";
import { GeneratedSource } from "../../tools/sim/source";
import { stored, WitnessedSource } from "../../tools/sim/witness";
import { MOSQUITTO, skipUnless } from "../machine";
import { startMosquitto } from "../mosquitto";
import { freePort } from "../ports";
import type { FromRelay, ToRelay } from "./relay-process";
import { scratch } from "./rig";

const ROOT = path.join(__dirname, "../..");
const KILLS = 60;
const RATE = 256;
const SPEED = 10;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

/** As the program is shipped: started from source it would spend its short life compiling. */
function bundle(entry: string): string {
  const outfile = path.join(ROOT, "dist", `kills-${process.pid}-${path.basename(entry, ".ts")}.js`);
  buildSync({
    ...{ entryPoints: [path.join(ROOT, entry)], outfile, bundle: true, platform: "node", format: "cjs" },
    ...{ target: "node20.19", packages: "external", logLevel: "warning" },
  });
  return outfile;
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

describe(`hub, broker and relay processes, killed ${KILLS} times at random (seed ${seed})`, () => {
  const folder = scratch();
  const dataDir = path.join(folder, "data");
  const children: Record<string, ChildProcess> = {};
  const files: string[] = [];
  let handheld: VirtualHandheld | undefined;
  let radio: Radio;
  let port: number;

  before(function () {
    skipUnless(MOSQUITTO !== undefined, this, "mosquitto (Debian: mosquitto)");
  });
  after(async () => {
    handheld?.powerOff();
    radio?.close();
    for (const child of Object.values(children)) await killed(child);
    for (const file of files) fs.rmSync(file, { force: true });
  });

  const starts: Record<string, () => void> = {
    broker() {
      children["broker"] = startMosquitto(folder, port, "allow_anonymous true");
    },
    hub() {
      const config = path.join(folder, "hub.yaml");
      fs.writeFileSync(config, `broker:\n  url: mqtt://127.0.0.1:${port}\n`);
      const args = [files[0]!, "start", "--role", "store", "--config", config, "--data", dataDir];
      const log = fs.openSync(path.join(folder, "hub.log"), "a");
      children["hub"] = spawn(process.execPath, args, { stdio: ["ignore", "ignore", log] });
      fs.closeSync(log);
    },
    relay() {
      const child = fork(files[1]!, [`mqtt://127.0.0.1:${port}`], { stdio: "ignore", execArgv: [] });
      children["relay"] = child;
      const send = (message: ToRelay) => {
        if (child.connected) child.send(message, () => {});
      };
      child.on("message", (message: FromRelay) => {
        if (child !== children["relay"]) return;
        if ("down" in message) radio.central.write(Buffer.from(message.down, "base64"));
        else {
          radio.central.onConnect = (bytes) => send({ opened: bytes });
          radio.central.onNotification = (bytes) => send({ up: Buffer.from(bytes).toString("base64") });
          radio.central.onDisconnect = () => send({ closed: true });
          radio.centralOn();
        }
      });
      child.once("exit", () => {
        if (child === children["relay"]) radio.centralOff();
      });
    },
  };

  /** What the directory says that it is for. */
  function setKind(now: DataKind, kind: DataKind): void {
    const { db, meta } = openToWrite(dataDir, now);
    meta.set("kind", kind);
    db.close();
  }

  /** A home's data directory believes no simulated handheld: this one is claimed, and verified, while it is another. */
  async function claimBeforehand(): Promise<void> {
    const hub = await startHub({
      ...{ dataDir, kind: "import", broker: { url: `mqtt://127.0.0.1:${port}` } },
      radio: new SimHubRadio([{ id: "simulated", radio }]),
    });
    await claimIfNew(handheld!, hub.store!);
    await waitUntil("the claim to be proved", () => handheld!.monitor!.keys()!.confirmed, 120_000);
    await hub.stop();
    setKind("import", "home");
  }

  it("have lost, altered and doubled nothing of what a handheld recorded meanwhile", async function () {
    const random = new Random(seed);
    files.push(bundle("tools/avnode.ts"), bundle("test/e2e/relay-process.ts"));
    port = await freePort();
    radio = new Radio({ ...PERFECT, latencyMs: [1, 5] }, systemClock, random.fork("radio"));
    handheld = new VirtualHandheld({ clock: systemClock, radio, ...newKeepsake(seed) });
    const ecg = new EcgGenerator({ rate: RATE, gainCountsPerMillivolt: 400, seed });
    const source = new WitnessedSource(new GeneratedSource(ecg));
    handheld.powerOn(new SimFrontEnd(source, systemClock, { burstMs: 100, speed: SPEED }));
    starts["broker"]!();
    await claimBeforehand();
    starts["hub"]!();
    starts["relay"]!();
    handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
    const held = () => handheld!.monitor!.status(0, 0);
    const kills: Record<string, number> = { broker: 0, hub: 0, relay: 0 };
    const receipted = () => handheld!.monitor!["recorder"]["sequence"] - held().backlog;
    for (let kill = 0; kill < KILLS; kill++) {
      // Some right after a start, some when frames flow: of every ten at least one, however slow the machine.
      await new Promise((resolve) => setTimeout(resolve, random.between([50, 900])));
      const before = receipted();
      if (kill % 10 === 9) await waitUntil("a receipt", () => receipted() > before, 120_000);
      const victim = Object.keys(starts)[random.int(3)]!;
      kills[victim]!++;
      await killed(children[victim]!);
      starts[victim]!();
    }
    handheld.act((monitor) => monitor.stop());
    await waitUntil("everything to be receipted", () => held().backlog === 0, 240_000);
    for (const child of Object.values(children)) await killed(child);
    assert.ok(Math.min(...Object.values(kills)) >= 5, JSON.stringify(kills));
    setKind("home", "import");
    const reader = StoreReader.open(dataDir);
    try {
      const [recording, ...others] = reader.recordings();
      assert.deepEqual(others, []);
      assert.equal(recording!.state, "closed");
      assert.deepEqual(reader.gaps(recording!.id), []);
      assert.deepEqual(stored(reader, recording!.id, 1), source.witnessed());
      const report = reader.verify();
      assert.deepEqual(report.problems, []);
      assert.equal(report.ok, true);
    } finally {
      reader.close();
    }
  });
});
