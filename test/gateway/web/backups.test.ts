import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runBackup } from "../../../gateway/backup/run";
import { systemClock } from "../../../gateway/clock";
import { makeServer } from "../../../gateway/web/server";
import { VIEWER_PASSWORD } from "../access/rig";
import { WebRig } from "./rig";

describe("backups and settings from the page", function () {
  this.timeout(60_000);
  let rig: WebRig;
  let outside: string;
  let stick: string;
  /** Ends the run that goes on. */
  let finish: (failed?: string) => void;
  beforeEach(async () => {
    rig = new WebRig();
    outside = mkdtempSync(join(tmpdir(), "avnode-stick-"));
    stick = join(outside, "copy");
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(3));
    await rig.serve();
    await start();
  });
  /** The hub's page, anew. */
  async function start(): Promise<void> {
    await rig.app.close();
    rig.app = await makeServer({
      ...{ dataDir: rig.dataDir, hub: rig.store, clock: systemClock },
      configured: {
        backup: { dir: stick, everyHours: 24 },
        media: [],
        outlets: [{ kind: "homeassistant", to: "mqtt://127.0.0.1:1883", readable: true }],
        configFile: join(rig.dataDir, "hub.yaml"),
        runBackup: async (dir) => {
          const failed = await new Promise<string | undefined>((resolve) => {
            finish = resolve;
          });
          if (failed === undefined) runBackup({ dataDir: rig.dataDir, dir, onCode: () => {} });
          return failed;
        },
      },
    });
  }
  afterEach(async () => {
    await rig.close();
    rmSync(outside, { recursive: true });
  });

  const state = async () => (await rig.ask("GET", "/api/backups")).json();
  const backUp = (dir = stick) => rig.ask("POST", "/api/backups", { dir });
  const settled = () => new Promise((turn) => setImmediate(turn));
  const makeCode = () => runBackup({ dataDir: rig.dataDir, dir: join(outside, "first"), onCode: () => {} });

  it("want a recovery code first, run once at a time, and say how it went", async () => {
    assert.deepEqual((await backUp()).json().code, "WEB_NO_RECOVERY_CODE");
    makeCode();
    const { places, schedule, recoveryCode } = await state();
    assert.deepEqual([schedule, recoveryCode], [{ dir: stick, everyHours: 24 }, true]);
    const known = places.map((one: { dir: string; known: boolean }) => [one.dir, one.known]);
    assert.deepEqual(known, [
      [join(outside, "first"), true],
      [stick, false],
    ]);
    assert.equal((await backUp()).statusCode, 202);
    assert.deepEqual((await backUp()).json().code, "WEB_BUSY");
    assert.equal((await state()).run.state, "running");
    finish("no room on the stick");
    await settled();
    const failed = (await state()).run;
    assert.deepEqual([failed.state, failed.detail, failed.dir], ["failed", "no room on the stick", stick]);
    await backUp();
    finish();
    await settled();
    const { run, copies } = await state();
    assert.equal(run.state, "done", run.detail);
    const copy = copies.find(({ place }: { place: string }) => place === stick);
    assert.deepEqual([copy.ok, copy.kind], [true, "backup"]);
    const standing = (await rig.ask("GET", "/api/egress")).json().standing;
    assert.deepEqual(
      standing.map((one: { kind: string; readable: boolean }) => [one.kind, one.readable]),
      [
        ["homeassistant", true],
        ["backup", false],
        ["backup", false],
      ],
    );
  });

  it("say after a new start, too, how the last one went and when, also one that the hub's end cut off", async () => {
    makeCode();
    await backUp();
    rig.time.tick(1000);
    finish("no room on the stick");
    await settled();
    const { run } = await state();
    await start();
    assert.deepEqual((await state()).run, run);
    assert.deepEqual(
      [run.state, run.detail, run.endedAt - run.startedAt],
      ["failed", "no room on the stick", 1000],
    );

    await backUp();
    await start();
    const cut = (await state()).run;
    assert.equal(cut.state, "failed");
    assert.match(cut.detail, /the hub ended while it was being made; back up again/);
    // Its process went on without the hub.
    runBackup({ dataDir: rig.dataDir, dir: stick, onCode: () => {} });
    assert.equal((await state()).run.state, "done");
    assert.equal((await backUp()).statusCode, 202, "another one may begin");
  });

  it("go nowhere but into the places that are listed", async () => {
    makeCode();
    for (const dir of ["/etc", rig.dataDir, join(outside, "other"), `${stick}/../other`, ""]) {
      const answer = await backUp(dir);
      assert.deepEqual([answer.statusCode, answer.json().code], [404, "WEB_BACKUP_PLACE"], dir);
    }
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    assert.equal((await rig.ask("POST", "/api/backups", { dir: stick }, {}, viewer)).statusCode, 403);
    assert.equal((await rig.ask("GET", "/api/backups", undefined, {}, viewer)).statusCode, 200);
  });

  it("are shown as they stand in the file, also a name that is longer than the page would take", async () => {
    const name = "n".repeat(61);
    writeFileSync(join(rig.dataDir, "hub.yaml"), `name: ${name}\n`);
    const answer = await rig.ask("GET", "/api/settings");
    assert.deepEqual([answer.statusCode, answer.json().settings.name], [200, name]);
  });

  it("are set by the page in the hub's configuration file, which says what waits for a new start", async () => {
    const get = async () => (await rig.ask("GET", "/api/settings")).json();
    assert.deepEqual(await get(), {
      ...{ settings: {}, file: join(rig.dataDir, "hub.yaml"), writable: true, pending: false },
    });
    const settings = { name: "hall", backup: { dir: stick, everyHours: 12 } };
    const changed = await rig.ask("PUT", "/api/settings", settings);
    assert.equal(changed.statusCode, 200, changed.body);
    assert.deepEqual([changed.json().settings, changed.json().pending], [settings, true]);
    assert.match(readFileSync(join(rig.dataDir, "hub.yaml"), "utf8"), /everyHours: 12/);
    assert.equal((await rig.ask("PUT", "/api/settings", {})).json().pending, false);
    for (const wrong of [{ web: { host: "0.0.0.0" } }, { logLevel: "all" }, { backup: { dir: stick } }])
      assert.equal((await rig.ask("PUT", "/api/settings", wrong)).statusCode, 400);
    for (const dir of ["../../outside", "backup", "~/backup"]) {
      const answer = await rig.ask("PUT", "/api/settings", { backup: { dir, everyHours: 12 } });
      assert.deepEqual([answer.statusCode, answer.json().code], [400, "WEB_BACKUP_DIR"], dir);
    }
    assert.deepEqual((await get()).settings, {});
  });
});
