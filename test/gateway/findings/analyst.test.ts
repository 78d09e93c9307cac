import assert from "node:assert/strict";
import { systemClock } from "../../../gateway/clock";
import { Analyst, type Thread } from "../../../gateway/findings/analyst";
import type { FromWorker, ToWorker, WorkerSettings } from "../../../gateway/findings/messages";
import type { Checkpoint } from "../../../gateway/store/findings/types";
import { silentLog } from "../../../gateway/store/log";
import { Rig } from "../store/rig";

/** A thread that does what the test says. */
class Puppet implements Thread {
  readonly told: ToWorker[] = [];
  isTerminated = false;
  private readonly listeners: Record<string, ((value: never) => void)[]> = {
    message: [],
    error: [],
    exit: [],
  };

  constructor(readonly settings: WorkerSettings) {}

  postMessage(message: ToWorker): void {
    this.told.push(message);
  }
  on(event: string, listener: (value: never) => void): void {
    this.listeners[event]!.push(listener);
  }
  async terminate(): Promise<void> {
    this.isTerminated = true;
    this.emit("exit");
  }
  says(message: FromWorker): void {
    this.emit("message", message);
  }
  dies(error = new Error("a defect")): void {
    this.emit("error", error);
    this.emit("exit");
  }
  private emit(event: string, value?: unknown): void {
    for (const listener of this.listeners[event]!) listener(value as never);
  }
}

const IDLE: FromWorker = { t: "idle", recordings: 0, incomplete: 0, behindSeconds: 0 };

describe("who has recordings analysed", () => {
  let rig: Rig;
  let threads: Puppet[];
  let analyst: Analyst;
  let kept: Checkpoint[];
  let refuse: Error | undefined;
  const thread = () => threads.at(-1)!;

  beforeEach(() => {
    rig = new Rig();
    threads = [];
    kept = [];
    refuse = undefined;
    const store = {
      events: rig.store.events,
      keepFindings(checkpoint: Checkpoint) {
        if (refuse) throw refuse;
        kept.push(checkpoint);
        return 7;
      },
    };
    analyst = new Analyst({
      ...{ store, dataDir: rig.dataDir, clock: systemClock, log: silentLog },
      startThread(settings) {
        threads.push(new Puppet(settings));
        return thread();
      },
    });
    rig.time.tick(1000);
  });
  afterEach(async () => {
    await analyst.stop();
    rig.end();
  });

  it("wakes its thread at most once a second, however many frames come", () => {
    const handheld = rig.claimed();
    const made = handheld.begin();
    for (let i = 0; i < 20; i++) handheld.data(made);
    for (let i = 0; i < made.frames.length; i++) rig.deliver(handheld, made, [i]);
    rig.time.tick(1000);
    const wakes = thread().told.filter(({ t }) => t === "wake").length;
    assert.ok(wakes >= 1 && wakes <= 3, `${wakes}`);
  });

  it("keeps a checkpoint and says so; what the disk did not take is said to be lost, later", () => {
    const checkpoint = { recording: "r" } as Checkpoint;
    thread().says({ t: "checkpoint", checkpoint });
    assert.deepEqual([kept, thread().told], [[checkpoint], [{ t: "kept", number: 7 }]]);
    refuse = Object.assign(new Error("disk full"), { code: "SQLITE_FULL" });
    thread().says({ t: "checkpoint", checkpoint });
    assert.equal(thread().told.length, 1);
    rig.time.tick(5000);
    assert.deepEqual(thread().told.at(-1), { t: "kept" });
  });

  it("knows beats that are not on disk yet, until they are, the thread dies or their recording is erased", () => {
    const fresh = {
      number: 7,
      lead: 0,
      samples: 9,
      beats: [{ sample: 5, class: "N" as const, confidence: 1 }],
    };
    const say = () => thread().says({ t: "fresh", recording: "r", fresh });
    say();
    assert.deepEqual(analyst.freshBeats("r"), fresh);
    assert.equal(analyst.freshBeats("other"), undefined);
    thread().says({ t: "checkpoint", checkpoint: { recording: "r" } as Checkpoint });
    assert.equal(analyst.freshBeats("r"), undefined);
    say();
    thread().says({ t: "gone", recording: "r" });
    assert.equal(analyst.freshBeats("r"), undefined);
    say();
    thread().dies();
    assert.equal(analyst.freshBeats("r"), undefined);
  });

  it("starts a thread that died again, ever later until it works", () => {
    for (const [starts, ms] of [1000, 2000, 4000, 8000].entries()) {
      assert.equal(threads.length, starts + 1);
      thread().dies();
      assert.equal(analyst.status().running, false);
      rig.time.tick(ms - 1);
      assert.equal(threads.length, starts + 1, `${ms} ms`);
      rig.time.tick(1);
    }
    thread().says(IDLE);
    thread().dies();
    rig.time.tick(1000);
    assert.equal(threads.length, 6);
    assert.equal(analyst.status().running, true);
    assert.deepEqual(analyst.status().aside, []);
  });

  it("sets a recording aside that killed it twice, and only that one", () => {
    for (const recording of ["bad", "good", "bad"]) {
      thread().says({ t: "at", recording });
      thread().dies();
      rig.time.tick(60_000);
    }
    assert.deepEqual(thread().settings.aside, ["bad"]);
    const [aside, ...others] = analyst.status().aside;
    assert.deepEqual(others, []);
    assert.equal(aside!.recording, "bad");
    assert.match(aside!.reason, /defect/);
  });

  it("sets none aside that got past what its thread died of, however often that is", () => {
    for (let i = 0; i < 4; i++) {
      thread().says({ t: "at", recording: "long" });
      thread().dies();
      rig.time.tick(60_000);
      thread().says({ t: "at", recording: "long" });
      thread().says({ t: "checkpoint", checkpoint: { recording: "long" } as Checkpoint });
    }
    assert.deepEqual(analyst.status().aside, []);
  });

  it("blames no recording for a disk in trouble", () => {
    for (let i = 0; i < 4; i++) {
      thread().says({ t: "at", recording: "innocent" });
      thread().dies(Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR" }));
      rig.time.tick(60_000);
    }
    assert.deepEqual(analyst.status().aside, []);
  });

  it("leaves alone an analysis that somebody altered, instead of trying again for ever", () => {
    refuse = Object.assign(new Error("was altered"), { code: "STORE_ALTERED" });
    thread().says({ t: "checkpoint", checkpoint: { recording: "edited" } as Checkpoint });
    assert.deepEqual(thread().told, [{ t: "kept", isLeft: true }]);
    assert.deepEqual(analyst.status().aside, [{ recording: "edited", reason: "was altered" }]);
  });

  it("lets a checkpoint go whose recording was erased meanwhile", () => {
    refuse = Object.assign(new Error("is gone"), { code: "STORE_ERASED" });
    thread().says({ t: "checkpoint", checkpoint: { recording: "gone" } as Checkpoint });
    assert.deepEqual(thread().told, [{ t: "kept" }]);
  });

  it("ends a thread that hangs at work, and none that says that it rests", () => {
    for (let i = 0; i < 60; i++) {
      thread().says(IDLE);
      rig.time.tick(10_000);
    }
    assert.equal(threads.length, 1);
    thread().says({ t: "at", recording: "slow" });
    rig.time.tick(121_000);
    assert.equal(threads[0]!.isTerminated, true);
    rig.time.tick(1000);
    assert.equal(threads.length, 2);
  });

  it("ends a thread that hangs before its first word, or at rest, and blames no recording", () => {
    for (let hung = 1; hung <= 3; hung++) {
      rig.time.tick(121_000);
      assert.equal(thread().isTerminated, true);
      assert.equal(analyst.status().failures, hung);
      rig.time.tick(1000 * 2 ** (hung - 1));
      assert.equal(threads.length, hung + 1);
    }
    thread().says(IDLE);
    assert.equal(analyst.status().failures, 0);
    rig.time.tick(121_000);
    assert.equal(thread().isTerminated, true);
    assert.deepEqual(analyst.status().aside, []);
  });

  it("starts no other thread beside one that hangs and does not end", () => {
    const stuck = thread();
    stuck.terminate = async () => undefined;
    rig.time.tick(600_000);
    assert.equal(threads.length, 1);
    assert.deepEqual([analyst.status().running, analyst.status().failures], [false, 1]);
    stuck.says({ t: "checkpoint", checkpoint: { recording: "late" } as Checkpoint });
    assert.deepEqual(kept, []);
    stuck.dies();
    rig.time.tick(1000);
    assert.deepEqual([threads.length, analyst.status().running], [2, true]);
  });

  it("hears what a thread said while the hub itself was held up", () => {
    thread().says({ t: "at", recording: "slow" });
    rig.time.tick(120_500);
    thread().says({ t: "at", recording: "slow" });
    rig.time.tick(119_000);
    assert.deepEqual([threads.length, thread().isTerminated], [1, false]);
  });

  it("keeps nothing in memory of a recording that was erased, whatever its thread had still said", () => {
    const handheld = rig.claimed();
    const made = handheld.begin();
    for (let i = 0; i < 3; i++) handheld.data(made);
    rig.deliver(handheld, made);
    const [{ id: recording }] = rig.store.reader.recordings();
    const pulse: FromWorker = {
      ...{ t: "pulse", device: handheld.hex, recording, at: 5 },
      pulse: { sample: 100, heartRate: 61 },
    };
    const aside: FromWorker = { t: "aside", recording, reason: "none of its leads is an ECG" };
    for (const message of [pulse, aside]) thread().says(message);
    const told = () => [analyst.newest(handheld.hex), analyst.status().aside.length];
    assert.deepEqual(told(), [{ sample: 100, heartRate: 61, at: 5, recording }, 1]);
    rig.store.forget(recording);
    assert.deepEqual(told(), [undefined, 0]);
    assert.deepEqual(thread().told.at(-1), { t: "erased", recording });
    for (const message of [pulse, aside]) thread().says(message);
    thread().says({ t: "gone", recording });
    assert.deepEqual(told(), [undefined, 0]);
  });

  it("hears nothing more of a thread that it gave up", () => {
    const old = thread();
    old.dies();
    rig.time.tick(1000);
    old.says({ t: "checkpoint", checkpoint: { recording: "late" } as Checkpoint });
    assert.deepEqual(kept, []);
  });

  it("says how far it is, and the newest pulse of a handheld", () => {
    thread().says({ t: "idle", recordings: 2, incomplete: 1, behindSeconds: 90 });
    thread().says({ t: "aside", recording: "x", reason: "none of its leads is an ECG" });
    assert.deepEqual(analyst.status(), {
      ...{ running: true, failures: 0, recordings: 2, incomplete: 1, behindSeconds: 90 },
      aside: [{ recording: "x", reason: "none of its leads is an ECG" }],
    });
    const pulse = { sample: 100, heartRate: 61, rhythm: "sinus" as const };
    thread().says({ t: "pulse", device: "d", recording: "y", at: 5, pulse });
    assert.deepEqual(analyst.newest("d"), { ...pulse, recording: "y", at: 5 });
    assert.equal(analyst.newest("e"), undefined);
  });
});
