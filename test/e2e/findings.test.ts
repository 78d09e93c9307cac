import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import Database from "better-sqlite3";
import { buildSync } from "esbuild";
import { systemClock } from "../../gateway/clock";
import { analyseNow } from "../../gateway/findings/again";
import { analysedLead } from "../../gateway/findings/lead";
import { startHub } from "../../gateway/hub";
import { loadBrokerUsers } from "../../gateway/mqtt/users";
import { Relay } from "../../gateway/relay/relay";
import { Analysis, type Results } from "../../gateway/rhythm/analysis";
import type { Finding } from "../../gateway/rhythm/findings";
import type { Beat } from "../../gateway/rhythm/types";
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
const SLOW = process.env.AVNODE_SLOW === "1";
const KILLS = SLOW ? 20 : 3;
/** In seconds of signal. */
const LENGTH = SLOW ? 1500 : 330;
const FIBRILLATES = { from: 60, to: LENGTH - 60 };
const SEED = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);
/** What a hub is killed behind, and how soon at most. */
const POINTS = ["a checkpoint", "new frames", "its start"] as const;
const SOON_MS = 1500;

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

describe(`an evening of fibrillation, recorded while the hub that analyses it is killed ${KILLS} times (AVNODE_SLOW=1: 20), seed ${SEED}`, () => {
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

  /** All that is said of a recording; what number an event has depends on what became of others. */
  function found(reader: StoreReader, id: string) {
    const events = reader.findings.listed().map(({ id: _, ...event }) => event);
    return { analyses: reader.findings.of(id), beats: reader.findings.beats(id), events };
  }

  /** The same frames, analysed by one process from their first to their last. */
  async function uninterrupted(id: string) {
    const copy = path.join(scratch(), "copy");
    fs.cpSync(dataDir, copy, { recursive: true });
    const db = new Database(path.join(copy, "avnode.db"));
    db.exec("DELETE FROM resumes; DELETE FROM beats; DELETE FROM analyses; DELETE FROM events");
    db.close();
    analyseNow(copy, id, () => {});
    const reader = StoreReader.open(copy);
    try {
      return found(reader, id);
    } finally {
      reader.close();
    }
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
      const random = new Random(SEED);
      for (let kills = 0; kills < KILLS; kills++) {
        const before = { stored: recording()?.samples ?? 0, analysed: analysis()?.samples ?? 0 };
        // Behind a checkpoint there is something to lose and something to double.
        const behind = kills < POINTS.length ? POINTS[kills] : POINTS[random.int(POINTS.length)];
        const isThere = () =>
          behind === "a checkpoint"
            ? (analysis()?.samples ?? 0) > before.analysed
            : behind === "its start" || (recording()?.samples ?? 0) > before.stored;
        await waitUntil(`something behind ${behind}`, isThere, 240_000);
        await setTimeout(random.int(SOON_MS));
        await kill(hub);
        const [stored, analysed] = [recording()?.samples ?? 0, analysis()?.samples ?? 0].map((n) => n / RATE);
        console.log(`      killed behind ${behind}: ${analysed} s analysed of ${stored} s`);
        hub = start();
      }
      await waitUntil("the evening's end", () => (recording()?.samples ?? 0) >= LENGTH * RATE, 240_000);
      handheld.act((monitor) => monitor.stop());
      await waitUntil("the whole analysis", () => analysis()?.ended === true, 240_000);
      const { id, open, startMs } = recording()!;
      const whole = new Analysis(analysedLead(open!).settings);
      const expected: Finding[] = [];
      const beats: Beat[] = [];
      const take = (results: Results) => {
        expected.push(...results.episodes);
        beats.push(...results.beats);
      };
      for (const { samples } of reader.pieces(id)) take(whole.push(samples[0]!));
      take(whole.end());
      const spans = (episodes: Finding[]) =>
        episodes.map(({ rhythm, from, to }) => `${rhythm} ${from} to ${to}`).sort();
      assert.deepEqual(spans(analysis()!.episodes), spans(expected));
      assert.deepEqual(analysis()!.summary, JSON.parse(JSON.stringify(whole.summary())));
      assert.deepEqual(
        reader.findings.beats(id)!.beats.map((one) => `${one.class} ${one.sample}`),
        beats.map((one) => `${one.class} ${one.sample}`),
      );
      await kill(hub);
      assert.deepEqual(found(reader, id), await uninterrupted(id));

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
