import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";
import { systemClock } from "../../gateway/clock";
import { analysedLead } from "../../gateway/findings/lead";
import { startHub } from "../../gateway/hub";
import { loadBrokerUsers } from "../../gateway/mqtt/users";
import { Relay } from "../../gateway/relay/relay";
import { Analysis } from "../../gateway/rhythm/analysis";
import type { Finding } from "../../gateway/rhythm/findings";
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
import { freePort } from "../ports";
import { scratch } from "./rig";

const ROOT = path.join(__dirname, "../..");
const RATE = 128;
const SPEED = 20;
/** In seconds of signal. */
const FIBRILLATES = { from: 60, to: 270 };
const LENGTH = 330;
const SEED = 20261128;

/** A heart that fibrillates for a while. */
class Evening extends GeneratedSource {
  private position = 0;

  constructor(private readonly ecg: EcgGenerator) {
    super(ecg);
  }

  override read(count: number): Int32Array[] {
    const seconds = this.position / RATE;
    const af = seconds >= FIBRILLATES.from && seconds < FIBRILLATES.to;
    this.ecg.set({ af, heartRateBpm: af ? 95 : 65 });
    this.position += count;
    return super.read(count);
  }
}

describe("an evening of fibrillation, recorded while the hub that analyses it is killed", () => {
  const dataDir = path.join(scratch(), "data");
  /** As the program is shipped: from source, hub and thread would spend their short lives compiling. */
  const built = path.join(ROOT, "dist", `findings-${process.pid}`);
  let handheld: VirtualHandheld | undefined;
  let radio: Radio;
  let relay: Relay | undefined;
  let hub: ChildProcess | undefined;
  let port: number;

  after(async () => {
    handheld?.powerOff();
    await relay?.stop();
    radio?.close();
    if (hub) await kill(hub);
    fs.rmSync(built, { recursive: true, force: true });
  });

  const start = () =>
    spawn(process.execPath, [path.join(built, "hub.js"), dataDir, String(port)], { stdio: "inherit" });

  function kill(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
    });
  }

  async function claimBeforehand(): Promise<void> {
    const first = await startHub({
      ...{ dataDir, kind: "import", broker: "memory" },
      radio: new SimHubRadio([{ id: "simulated", radio }]),
    });
    await claimIfNew(handheld!, first.store!);
    await waitUntil("the claim to be proved", () => handheld!.monitor!.keys()!.confirmed, 120_000);
    await first.stop();
  }

  it("is one event, and the analysis says what one without a kill says", async function () {
    buildSync({
      entryPoints: {
        hub: path.join(__dirname, "findings-hub.ts"),
        findingsworker: path.join(ROOT, "gateway/findings/findingsworker.ts"),
      },
      ...{ outdir: built, bundle: true, platform: "node", format: "cjs", target: "node20.19" },
      ...{ packages: "external", logLevel: "warning" },
    });
    port = await freePort();
    radio = new Radio({ ...PERFECT, latencyMs: [1, 5] }, systemClock, new Random(SEED));
    handheld = new VirtualHandheld({ clock: systemClock, radio, ...newKeepsake(SEED) });
    const ecg = new EcgGenerator({ rate: RATE, bits: 16, gainCountsPerMillivolt: 400, seed: SEED });
    handheld.powerOn(new SimFrontEnd(new Evening(ecg), systemClock, { burstMs: 50, speed: SPEED }));
    await claimBeforehand();
    hub = start();
    const { relay: user } = loadBrokerUsers(dataDir, false);
    relay = new Relay({
      radio: new SimHubRadio([{ id: "simulated", radio }]),
      broker: { url: `mqtt://127.0.0.1:${port}`, username: "relay", password: user!.password },
      clock: systemClock,
    });
    await waitUntil("the hub's time", () => handheld!.monitor!.status(0, 0).trust > 0, 240_000);
    handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
    const reader = StoreReader.open(dataDir);
    try {
      const recording = () => reader.recordings()[0];
      const analysis = () => recording() && reader.findings.of(recording()!.id).at(-1);
      let analysed = 0;
      for (let kills = 0; kills < 2; kills++) {
        // Behind a checkpoint, so that there is something to lose and something to double.
        await waitUntil("a checkpoint", () => (analysis()?.samples ?? 0) > analysed, 240_000);
        analysed = analysis()!.samples;
        await kill(hub);
        hub = start();
      }
      await waitUntil("the evening's end", () => (recording()?.samples ?? 0) >= LENGTH * RATE, 240_000);
      handheld.act((monitor) => monitor.stop());
      await waitUntil("the whole analysis", () => analysis()?.ended === true, 240_000);
      const { id, open, startMs } = recording()!;
      const whole = new Analysis(analysedLead(open!).settings);
      const expected: Finding[] = [];
      for (const { samples } of reader.pieces(id)) expected.push(...whole.push(samples[0]!).episodes);
      expected.push(...whole.end().episodes);
      const spans = (episodes: Finding[]) =>
        episodes.map(({ rhythm, from, to }) => `${rhythm} ${from} to ${to}`).sort();
      assert.deepEqual(spans(analysis()!.episodes), spans(expected));
      assert.deepEqual(analysis()!.summary, JSON.parse(JSON.stringify(whole.summary())));
      assert.equal(reader.findings.of(id).length, 1);

      const events = reader.findings.listed().filter(({ kind }) => kind === "af");
      assert.equal(events.length, 1, JSON.stringify(events));
      const [from, to] = [events[0]!.fromMs!, events[0]!.toMs!].map((ms) => (ms - startMs) / 1000);
      assert.ok(Math.abs(from! - FIBRILLATES.from) <= 45, `${from} s`);
      assert.ok(Math.abs(to! - FIBRILLATES.to) <= 45, `${to} s`);
      const report = reader.verify();
      assert.deepEqual([report.ok, report.problems], [true, []]);
    } finally {
      reader.close();
    }
  });
});
