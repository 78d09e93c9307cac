import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HubStatus } from "../../../gateway/health/status";
import { Supervisor } from "../../../gateway/health/supervisor";
import { type AdapterStatus, NO_ADAPTERS } from "../../../gateway/radio/radio";
import { silentLog } from "../../../gateway/store/log";
import { VirtualTime } from "../../../tools/sim/time";

const WATCHED = { NOTIFY_SOCKET: "/nowhere", WATCHDOG_USEC: "60000000", WATCHDOG_PID: String(process.pid) };

const STATUS: HubStatus = {
  pid: 1,
  version: "0",
  roles: [],
  startedAt: 0,
  ok: true,
  problems: [],
  broker: { address: "", connected: true },
  limits: [],
  presences: [],
};

describe("the supervisor", () => {
  let time: VirtualTime;
  let sent: string[];
  let healthy: boolean;
  let adapters: AdapterStatus[];
  beforeEach(() => {
    time = new VirtualTime(Date.UTC(2026, 10, 28));
    sent = [];
    healthy = true;
    adapters = [{ id: "hci0", state: "on", scanning: true, links: 0, heardAt: 1, recoveries: 0 }];
  });
  afterEach(() => time.restore());

  const supervisor = (env: NodeJS.ProcessEnv, send = async (said: string[]) => sent.push(...said) > 0) =>
    new Supervisor({
      status: () => ({
        ...STATUS,
        ok: healthy,
        radio: { ...NO_ADAPTERS, simulated: false, healthy, adapters },
      }),
      clock: {
        now: () => Date.now(),
        after: (ms, run) =>
          (
            (timer) => () =>
              clearTimeout(timer)
          )(setTimeout(run, ms)),
      },
      log: silentLog,
      env,
      send,
    });
  const pass = (ms: number) => time.until(new Promise((done) => setTimeout(done, ms)));
  const beats = () => sent.filter((one) => one === "WATCHDOG=1").length;

  it("says ready, then lives at half the watchdog's time, and says that it stops", async () => {
    const one = supervisor(WATCHED);
    one.ready();
    await pass(5 * 60_000 + 10);
    assert.deepEqual(sent.slice(0, 2), ["READY=1", "STATUS=0 handhelds connected"]);
    assert.equal(beats(), 10);
    await one.stopping();
    await pass(5 * 60_000);
    assert.equal(beats(), 10);
    assert.ok(sent.includes("STOPPING=1"));
  });

  it("says ready with each beat until systemd has heard it, and never again", async () => {
    let attempts = 0;
    const one = supervisor(WATCHED, async (said) => ++attempts > 3 && sent.push(...said) > 0);
    one.ready();
    await pass(5 * 60_000 + 10);
    assert.deepEqual(sent.slice(0, 3), ["READY=1", "WATCHDOG=1", "STATUS=0 handhelds connected"]);
    assert.equal(sent.filter((each) => each === "READY=1").length, 1);
    assert.equal(beats(), 10 - 2);
    await one.stopping();
  });

  it("is silent once a radio that worked is beyond help for minutes, and goes on when it is back", async () => {
    const one = supervisor(WATCHED);
    one.ready();
    await pass(60_010);
    healthy = false;
    adapters[0]!.state = "recovering";
    await pass(10 * 60_000);
    const atMost = 2 + 180 / 30 + 1;
    assert.ok(beats() <= atMost && beats() > 2, `${beats()} beats`);
    healthy = true;
    const before = beats();
    await pass(60_000);
    assert.equal(beats(), before + 2);
    await one.stopping();
  });

  it("asks for no restart where no radio worked since the last one", async () => {
    healthy = false;
    adapters = [];
    const one = supervisor(WATCHED);
    one.ready();
    await pass(20 * 60_000 + 10);
    assert.equal(beats(), 40);
    await one.stopping();
  });

  it("starts one child at a time, however slow systemd is", async () => {
    let running = 0;
    let most = 0;
    const one = supervisor(WATCHED, async () => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, 100_000));
      running--;
      return true;
    });
    one.ready();
    await pass(20 * 60_000);
    assert.equal(most, 1);
  });

  it("says nothing without systemd, and no sign of life for another process's watchdog", async () => {
    for (const env of [{}, { WATCHDOG_USEC: "1000000" }]) {
      const one = supervisor(env);
      one.ready();
      await pass(300_000);
      await one.stopping();
      assert.deepEqual(sent, []);
    }
    const one = supervisor({ ...WATCHED, WATCHDOG_PID: "1" });
    one.ready();
    await pass(300_000);
    assert.equal(beats(), 0);
    await one.stopping();
  });
});

describe("the supervisor's systemd-notify", () => {
  const dir = mkdtempSync(join(tmpdir(), "av-"));
  after(() => rmSync(dir, { recursive: true }));

  it("has not said what it ended badly over", async () => {
    const [tried, said] = [join(dir, "tried"), join(dir, "said")];
    writeFileSync(
      join(dir, "systemd-notify"),
      `#!/bin/sh\nif [ -e ${tried} ]; then echo "$1" >> ${said}; else : > ${tried}; exit 1; fi\n`,
      { mode: 0o755 },
    );
    let beat = () => {};
    const one = new Supervisor({
      status: () => STATUS,
      clock: {
        now: () => 0,
        after: (_ms, run) => {
          beat = run;
          return () => {};
        },
      },
      log: silentLog,
      env: { NOTIFY_SOCKET: "/nowhere", PATH: `${dir}:${process.env.PATH}` },
    });
    one.ready();
    for (const deadline = Date.now() + 30_000; !existsSync(said); beat()) {
      assert.ok(Date.now() < deadline, "ready was not said again");
      await new Promise((done) => setTimeout(done, 20));
    }
    await one.stopping();
    assert.match(readFileSync(said, "utf8"), /^READY=1\n/);
  });
});
