import assert from "node:assert/strict";
import { Supervisor } from "../../../gateway/health/supervisor";
import { type AdapterStatus, NO_ADAPTERS } from "../../../gateway/radio/radio";
import { silentLog } from "../../../gateway/store/log";
import { VirtualTime } from "../../../tools/sim/time";

const WATCHED = { NOTIFY_SOCKET: "/nowhere", WATCHDOG_USEC: "60000000", WATCHDOG_PID: String(process.pid) };

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

  const supervisor = (env: NodeJS.ProcessEnv, send = async (said: string[]) => void sent.push(...said)) =>
    new Supervisor({
      status: () => ({
        pid: 1,
        version: "0",
        roles: [],
        startedAt: 0,
        ok: healthy,
        problems: [],
        broker: { address: "", connected: true },
        presences: [],
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
