import assert from "node:assert/strict";
import { mkdirSync, renameSync } from "node:fs";
import { Schedule } from "../../../gateway/backup/schedule";
import { statusOf } from "../../../gateway/backup/status";
import { systemClock } from "../../../gateway/clock";
import { BackupRig } from "./rig";

const HOUR = 3600_000;

describe("scheduled backups", function () {
  let rig: BackupRig;
  let schedule: Schedule;
  let runs = 0;
  const warned: string[] = [];

  beforeEach(() => {
    rig = new BackupRig();
    // Days pass below: a store that looks twice a second whether anybody asks for something would make them long.
    rig.store.close();
    rig.store = { close() {} } as typeof rig.store;
    runs = 0;
    warned.length = 0;
  });
  afterEach(() => {
    schedule.stop();
    rig.end();
  });

  function start(): void {
    const run = async () => {
      runs++;
      try {
        rig.backup({ onCode: undefined, everyHours: 24 });
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    };
    const log = { info() {}, warn: (_: object, text: string) => void warned.push(text), error() {} };
    schedule = new Schedule({
      dataDir: rig.dataDir,
      dir: rig.dir,
      everyHours: 24,
      clock: systemClock,
      log,
      run,
    });
  }

  it("run when the newest good one is old enough, and not before", async () => {
    rig.backup();
    start();
    await rig.time.tickAsync(23 * HOUR);
    assert.equal(runs, 0);
    await rig.time.tickAsync(2 * HOUR);
    assert.equal(runs, 1);
    await rig.time.tickAsync(24 * HOUR);
    assert.equal(runs, 2);
    const [copy] = statusOf(rig.dataDir, Date.now()).copies;
    assert.deepEqual([copy!.kind, copy!.ok, copy!.late], ["backup every 24 h", true, false]);
  });

  it("tell of a stick that is out, once, and go on when it is back", async () => {
    rig.backup();
    const away = `${rig.dir}-away`;
    renameSync(rig.dir, away);
    start();
    await rig.time.tickAsync(30 * HOUR);
    assert.equal(runs, 0);
    assert.equal(warned.length, 1);
    assert.match(warned[0]!, /has no backup: put the medium in/);
    const status = statusOf(rig.dataDir, Date.now());
    assert.equal(status.copies[0]!.ok, false);
    assert.ok(status.advice.some((text) => /put the medium in/.test(text)));
    renameSync(away, rig.dir);
    await rig.time.tickAsync(HOUR);
    assert.equal(runs, 1);
    assert.equal(statusOf(rig.dataDir, Date.now()).copies[0]!.ok, true);
  });

  it("do not begin on a directory where nobody has backed up by hand", async () => {
    mkdirSync(rig.dir);
    start();
    await rig.time.tickAsync(HOUR);
    assert.equal(runs, 0);
    assert.equal(warned.length, 1);
  });
});
