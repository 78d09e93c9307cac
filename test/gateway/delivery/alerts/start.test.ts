import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { openAccess } from "../../../../gateway/access/database";
import { Egress } from "../../../../gateway/access/egress";
import { systemClock } from "../../../../gateway/clock";
import { AlertBook } from "../../../../gateway/delivery/alerts/book";
import { startAlerts } from "../../../../gateway/delivery/alerts/start";
import { HubHealth } from "../../../../gateway/health/health";
import type { HubStatus } from "../../../../gateway/health/status";
import type { AlertTopic } from "../../../../gateway/schema/alerts";
import { AlertRows } from "../../../../gateway/store/alertrows";
import { BackupRig } from "../../backup/rig";
import type { Rig } from "../../store/rig";

const SECRET = "geheim-4711";
const ALL: AlertTopic[] = ["hub", "handheld", "delivery", "finding"];

describe("alerts of a demo hub", () => {
  let rig: BackupRig;
  let book: AlertBook;
  let ends: (() => void)[];
  let got: string[];
  let answer: RequestListener;
  const server = createServer((request, response) => {
    got.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  before((done) => void server.listen(0, "127.0.0.1", done));
  after((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  beforeEach(() => {
    rig = new BackupRig();
    [got, ends, answer] = [[], [], (_, response) => response.end()];
    book = AlertBook.open(rig.dataDir, true, () => {});
  });
  afterEach(() => {
    for (const end of ends) end();
    book.close();
    rig.end();
  });

  const start = (status: () => HubStatus) => {
    const log = {
      info: () => {},
      warn: (f: object, t: string) => void rig.logged.push({ level: "warn", fields: f, text: t }),
      error: () => {},
    };
    const { reader } = rig.store;
    const alerts = startAlerts({ reader, status, dataDir: rig.dataDir, clock: systemClock, log });
    let running = true;
    const end = () => {
      if (running) alerts.stop();
      running = false;
    };
    ends.push(end);
    return { ...alerts, stop: end };
  };
  const said = (ok: boolean) => () =>
    ({ ok, problems: ok ? [] : ["no adapter: plug one in"], limits: [] }) as unknown as HubStatus;
  const real = () => {
    const hub = { store: rig.store, connected: () => true };
    const options = { dataDir: rig.dataDir, version: "1.2.3", roles: ["store" as const], broker: "" };
    const health = new HubHealth({ hub, ...options });
    return () => health.status();
  };
  /** Virtual minutes, with real time for what goes over loopback. */
  const wait = async (minutes: number, until = 0) => {
    for (let n = 0; n < minutes; n++) {
      await rig.time.tickAsync(60_000);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    }
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
  const here = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${SECRET}`;

  it("reach a server on this machine, and the ledger tells of them without the URL's secret", async () => {
    book.add({ kind: "webhook", url: here() }, ALL);
    start(said(false));
    await wait(6, 1);
    assert.deepEqual(got, [`POST /${SECRET}`]);
    assert.equal(left()[0]!.detail, "alert by webhook");
    assert.ok(!JSON.stringify(left()).includes(SECRET));
  });

  it("are set for nobody elsewhere, and what an edited row names is told nothing", async () => {
    for (const url of ["https://watch.example/x", "http://10.0.0.1/x"]) {
      assert.throws(() => book.add({ kind: "ntfy", url }, ALL), { code: "OUTBOX_DEMO" });
      assert.throws(() => book.setWatcher(url), { code: "OUTBOX_DEMO" });
    }
    book.add({ kind: "webhook", url: here() }, ALL);
    rig.sql("UPDATE alerts SET body = substr(body, 1, length(body) - 1) || x'00'");
    assert.deepEqual(book.wanted().listeners, []);
    start(said(false));
    await wait(10);
    assert.equal(got.length, 0);
  });

  it("keep no secret in any file of the hub or its log", async () => {
    book.add({ kind: "ntfy", url: here(), token: SECRET }, ALL);
    book.setWatcher(here());
    answer = (_, response) => response.writeHead(500).end();
    start(said(false));
    await wait(20, 1);
    assert.match(book.told()[0]!.reason!, /it says 500$/);
    for (const name of readdirSync(rig.dataDir, { recursive: true, withFileTypes: true }))
      if (name.isFile())
        assert.ok(!readFileSync(join(name.parentPath, name.name)).includes(SECRET), name.name);
    assert.ok(rig.logged.some(({ text }) => text.includes("could not tell an alert")));
    assert.ok(!JSON.stringify(rig.logged).includes(SECRET));
  });

  it("are told while the store takes frames, however a server behaves", async () => {
    answer = () => {};
    book.add({ kind: "webhook", url: here() }, ALL);
    book.setWatcher(here());
    start(said(false));
    await wait(6, 1);
    const handheld = rig.claimed();
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    assert.ok(handheld.newestReceipt(made.number));
    assert.equal(rig.store.health.ok, true);
  });

  it("go on in the run that follows one that ended while it gathered, and tell once", async () => {
    book.add({ kind: "webhook", url: here() }, ALL);
    start(said(false)).stop();
    const ended = start(said(false));
    await wait(2);
    ended.stop();
    start(said(false));
    await wait(30, 1);
    assert.deepEqual(got, [`POST /${SECRET}`]);
  });

  it("leave the watcher without a word while the store cannot be written, and go on when it can", async () => {
    book.setWatcher(here());
    const handheld = rig.claimed();
    const { watcher } = start(real());
    await wait(3, 3);
    assert.deepEqual(new Set(got), new Set([`GET /${SECRET}`]));
    const appender = stuck(rig);
    rig.deliver(handheld, handheld.record(2));
    assert.equal(rig.store.health.ok, false);
    got.length = 0;
    await wait(5);
    assert.equal(got.length, 0);
    await assert.rejects(watcher.ping(), /not well/);
    appender.free();
    rig.deliver(handheld, handheld.record(2));
    await wait(3, 1);
    assert.equal(rig.store.health.ok, true);
    assert.ok(got.length > 0);
  });

  it("tell nobody anything after a restore, the watcher too, until somebody says the times again", async () => {
    book.add({ kind: "webhook", url: here() }, ALL);
    book.setWatcher(here());
    book.keep([]);
    rig.backup();
    const dataDir = join(rig.folder, "restored");
    rig.restore({ dataDir });
    const again = AlertBook.open(dataDir, true, () => {});
    ends.push(() => again.close());
    assert.equal(book.wanted().paused, false);
    assert.equal(again.wanted().paused, true);
    // What is changed meanwhile does not set it going.
    again.add({ kind: "webhook", url: here() }, []);
    again.setWatcher(here());
    assert.equal(again.wanted().paused, true);
    assert.deepEqual(again.told(), []);
    const { reader } = rig.store;
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const alerts = startAlerts({ reader, status: said(true), dataDir, clock: systemClock, log });
    ends.unshift(() => alerts.stop());
    await wait(10);
    assert.equal(got.length, 0);
    again.setTimes({ gatherMinutes: 5, silentHours: 24 });
    assert.equal(again.wanted().paused, false);
    await wait(2, 1);
    assert.ok(got.includes(`GET /${SECRET}`));
  });

  it("wait for a store whose rows are an earlier avnode's, rather than read them wrongly", () => {
    rig.sql("PRAGMA user_version = 6");
    for (const table of ["alerts", "adoptions", "makers", "revocations", "updates", "orders"])
      rig.sql(`DROP TABLE ${table}`);
    assert.throws(() => AlertRows.open(rig.dataDir), { code: "STORE_OLDER" });
  });
});

/** Makes every commit fail as on a disk without room. */
function stuck(rig: Rig): { free(): void } {
  const appender = rig.store["storeLog"]["appender"];
  const sign = appender.sign.bind(appender);
  appender.sign = (now) => {
    sign(now);
    throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  };
  return {
    free() {
      appender.sign = sign;
    },
  };
}
