import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openAccess } from "../../../../gateway/access/database";
import { Egress } from "../../../../gateway/access/egress";
import { systemClock } from "../../../../gateway/clock";
import type { Config } from "../../../../gateway/config/config";
import { startAlerts } from "../../../../gateway/delivery/alerts/start";
import type { HubStatus } from "../../../../gateway/health/status";
import { Rig } from "../../store/rig";

describe("alerts of a demo hub", () => {
  let rig: Rig;
  let end: () => void;
  const got: { method?: string; url?: string }[] = [];
  const server = createServer(({ method, url }, answer) => {
    got.push({ method, url });
    answer.end();
  });
  before((done) => void server.listen(0, "127.0.0.1", done));
  after((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  beforeEach(() => {
    rig = new Rig();
    got.length = 0;
  });
  afterEach(() => {
    end();
    rig.end();
  });

  const start = (config: Pick<Config, "alerts" | "watcher">, ok: boolean) => {
    const status = () => ({ ok, problems: ok ? [] : ["no adapter"], limits: [] }) as unknown as HubStatus;
    const log = {
      info: () => {},
      warn: (f: object, t: string) => void rig.logged.push({ level: "warn", fields: f, text: t }),
      error: () => {},
    };
    end = startAlerts({
      config,
      reader: rig.store.reader,
      status,
      dataDir: rig.dataDir,
      clock: systemClock,
      log,
    });
  };
  /** Virtual minutes, with real time for what goes over loopback. */
  const wait = async (minutes: number, until = 1) => {
    await rig.time.tickAsync(minutes * 60_000);
    for (let n = 0; n < 2000 && got.length < until; n++) await new Promise(setImmediate);
  };
  const left = () => {
    const db = openAccess(rig.dataDir);
    try {
      return new Egress(db, systemClock).list(10);
    } finally {
      db.close();
    }
  };
  const here = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/geheim`;

  it("reach a server on this machine, and the ledger tells of them without the URL's secret", async () => {
    start({ alerts: { to: [{ kind: "webhook", url: here() }] } }, false);
    await wait(6);
    assert.deepEqual(got, [{ method: "POST", url: "/geheim" }]);
    const [entry] = left();
    assert.equal(entry!.detail, "alert by webhook");
    assert.ok(!JSON.stringify(left()).includes("geheim"));
  });

  it("reach nobody elsewhere, and say so without the URL", async () => {
    const url = "https://watch.example/geheim";
    start({ alerts: { to: [{ kind: "ntfy", url }] }, watcher: { url } }, false);
    await wait(10, 0);
    assert.deepEqual(left(), []);
    assert.ok(rig.logged.some(({ text }) => text.includes("could not tell an alert")));
    assert.ok(!JSON.stringify(rig.logged).includes("geheim"));
  });

  it("leave the watcher without a word while something is wrong", async () => {
    start({ watcher: { url: here() } }, false);
    await wait(5, 0);
    assert.deepEqual(got, []);
    end();
    start({ watcher: { url: here() } }, true);
    await wait(1.5);
    assert.deepEqual(got, [{ method: "GET", url: "/geheim" }]);
  });
});
