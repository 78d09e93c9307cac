/**
 * The drill: a hub is encrypted by a stranger. Three handhelds go on as though nothing had happened, their flash is
 * small, and the newest backup is some minutes old.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createCipheriv, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { encodeRecoveryCode } from "../../gateway/backup/code";
import { lostSinceRestore } from "../../gateway/backup/lost";
import { runBackup } from "../../gateway/backup/run";
import { systemClock } from "../../gateway/clock";
import { type Hub, startHub } from "../../gateway/hub";
import { toHex } from "../../protocol/bytes";
import { RecordingMode } from "../../protocol/open";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { VirtualHandheld } from "../../tools/sim/handheld";
import { type Keepsake, newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { SimHubRadio } from "../../tools/sim/radio/hub";
import { PERFECT, Radio } from "../../tools/sim/radio/lossy";
import { Random } from "../../tools/sim/random";
import { GeneratedSource } from "../../tools/sim/source";
import { VirtualTime } from "../../tools/sim/time";
import { scratch } from "./rig";

const PROGRAM = path.join(__dirname, "../../tools/avnode.ts");
const RATE = 256;
/** Two minutes of signal or so: what is receipted is soon written over. */
const RING = { pageBytes: 4096, pages: 10, writeBytes: 4 };

class Unit {
  readonly keepsake: Keepsake;
  readonly radio: Radio;
  readonly handheld: VirtualHandheld;

  constructor(readonly name: string) {
    this.keepsake = newKeepsake(name, RING);
    this.radio = new Radio({ ...PERFECT, latencyMs: [5, 20] }, systemClock, new Random(name));
    this.handheld = new VirtualHandheld({ clock: systemClock, radio: this.radio, ...this.keepsake });
    const ecg = new EcgGenerator({ rate: RATE, gainCountsPerMillivolt: 400, seed: name.charCodeAt(0) });
    this.handheld.powerOn(new SimFrontEnd(new GeneratedSource(ecg), systemClock, { burstMs: 500, speed: 1 }));
  }

  get device(): string {
    return toHex(this.handheld.identity.device);
  }

  start(seconds: number): void {
    this.handheld.act((monitor) => monitor.start(RecordingMode.fixed, seconds));
  }

  /** Nothing of it waits for a receipt. */
  isDrained(): boolean {
    return this.handheld.monitor!.status(0, 0).backlog === 0;
  }

  async record(seconds: number): Promise<void> {
    this.start(seconds);
    await waitUntil(
      "the recording to be receipted",
      () => this.handheld.monitor!.status(0, 0).state === 1,
      3600_000,
      1000,
    );
  }
}

/** Frames that a store holds, as "device/recording/sequence". */
function framesIn(dataDir: string): Set<string> {
  const db = new Database(path.join(dataDir, "avnode.db"), { readonly: true });
  const rows = db
    .prepare(
      "SELECT lower(hex(device)) || '/' || number || '/' || sequence FROM frames JOIN recordings ON key = recording",
    )
    .pluck()
    .all() as string[];
  db.close();
  return new Set(rows);
}

/** In place, as such programs do. */
function encryptAll(dataDir: string): void {
  const key = randomBytes(32);
  for (const name of readdirSync(dataDir)) {
    const file = path.join(dataDir, name);
    if (!statSync(file).isFile()) continue;
    const cipher = createCipheriv("aes-256-ctr", key, randomBytes(16));
    writeFileSync(file, cipher.update(readFileSync(file)));
  }
}

function avnode(env: Record<string, string>, ...words: string[]) {
  const args = ["-r", "ts-node/register/transpile-only", PROGRAM, ...words];
  return spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, ...env } });
}

describe("a hub that was encrypted by a stranger", () => {
  const folder = scratch();
  const dataDir = path.join(folder, "hub");
  const backupDir = path.join(folder, "stick");
  const restored = path.join(folder, "new");

  it("comes back from its backup; what is lost is what came after that and no flash holds, and it is listed exactly", async function () {
    const time = new VirtualTime(Date.now());
    try {
      await time.until(drill());
    } finally {
      time.restore();
    }
  });

  async function drill(): Promise<void> {
    const units = ["a", "b", "c"].map((name) => new Unit(name));
    const [a, b, c] = units as [Unit, Unit, Unit];
    const startOn = (dir: string): Promise<Hub> => {
      const radio = new SimHubRadio(units.map((unit) => ({ id: unit.name, radio: unit.radio })));
      return startHub({ dataDir: dir, kind: "import", broker: "memory", radio });
    };
    const pass = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const hub = await startOn(dataDir);
    for (const { handheld } of units) await claimIfNew(handheld, hub.store!);

    // Fill: whole recordings, and one that runs on through all that follows.
    await b.record(60);
    await c.record(45);
    a.start(3600);
    await pass(90);

    let code!: Uint8Array;
    runBackup({
      dataDir,
      dir: backupDir,
      onCode: (made) => {
        code = made;
      },
    });
    const inBackup = framesIn(backupDir);

    // What comes now is in no backup. Of b whole recordings are written over, of c everything stays in flash.
    for (let i = 0; i < 5; i++) await b.record(50);
    await c.record(40);
    await waitUntil(
      "everything so far to be receipted",
      () => units.every((unit) => unit.isDrained()),
      240_000,
    );
    hub.store!.flush();
    const receipted = framesIn(dataDir);
    await hub.stop();
    encryptAll(dataDir);
    assert.throws(() => framesIn(dataDir));

    // No hub for a while; the handhelds record on.
    c.start(30);
    await pass(20);

    const env = { AVNODE_RECOVERY_CODE: encodeRecoveryCode(code) };
    const back = avnode(env, "restore", backupDir, "--data", restored, "--json");
    assert.equal(back.status, 0, back.stderr);
    assert.deepEqual(JSON.parse(back.stdout).problems, []);
    assert.deepEqual(framesIn(restored), inBackup);

    const again = await startOn(restored);
    await waitUntil(
      "what the handhelds hold",
      () => units.every((unit) => unit.isDrained() || unit === a),
      600_000,
      1000,
    );
    await b.record(30);
    a.handheld.act((monitor) => monitor.stop());
    await waitUntil(
      "the end of it all",
      () => units.every((unit) => unit.handheld.monitor!.status(0, 0).state === 1),
      600_000,
      1000,
    );
    again.store!.flush();
    const held = framesIn(restored);

    // The truth, which no hub knew.
    const lost = new Set([...receipted].filter((frame) => !held.has(frame)));
    for (const frame of inBackup) assert.ok(held.has(frame), frame);
    const report = lostSinceRestore(restored)!;
    const listed = new Set<string>();
    for (const { device, recording, frames, final, unknown } of report.recordings) {
      assert.equal(final, true);
      assert.equal(unknown, frames.length === 0);
      const place = `${device}/${recording}/`;
      for (const { from, length } of frames) for (let i = 0; i < length; i++) listed.add(place + (from + i));
      // Of one that is gone whole, and the one after it too, nobody knows how much it was.
      if (unknown) for (const frame of lost) if (frame.startsWith(place)) listed.add(frame);
    }
    assert.deepEqual([...listed].sort(), [...lost].sort());
    const of = (unit: Unit) => [...lost].filter((frame) => frame.startsWith(unit.device)).length;
    assert.ok(of(a) > 0 && of(b) > 0, "the drill lost too little to mean anything");
    assert.equal(of(c), 0);
    const whole = report.recordings.filter(
      ({ frames, device }) => device === b.device && frames[0]?.from === 0,
    );
    assert.ok(whole.length > 0, "no recording was lost whole");
    const unknown = report.recordings.filter((one) => one.unknown);
    assert.ok(unknown.length > 0 && unknown.every(({ device }) => device === b.device));
    assert.ok(report.echoes.length > 0, "no close saw the log beyond the backup");

    // Nothing is altered, and what is missing is what is listed.
    const verdicts = again.store!.reader.verify();
    assert.deepEqual(verdicts.problems, []);
    // So is what closes saw of the log beyond the backup, and nothing of it where none did.
    const saw = (device: string) =>
      Math.max(...report.echoes.filter((one) => one.device === device).map(({ size }) => size));
    const witnesses = [...new Set(report.echoes.map(({ device }) => device))];
    assert.deepEqual(
      verdicts.missing.map((each) => each.split(" leaves,")[0]).sort(),
      witnesses.map((device) => `handheld ${device} saw a log of ${saw(device)}`).sort(),
    );
    for (const { verdict, id, problems } of verdicts.recordings) {
      assert.notEqual(verdict, "altered", problems.join());
      if (verdict === "missing") assert.ok(report.recordings.some((one) => one.id === id));
    }
    await again.stop();
    for (const unit of units) {
      unit.handheld.powerOff();
      unit.radio.close();
    }
    const told = avnode({}, "status", "--data", restored);
    assert.match(told.stdout, /lost, or dropped by a full memory/);
    rmSync(dataDir, { recursive: true });
  }
});
