/** Backups of a store with a recording of 24 hours: the first, the next, and what receipts wait for one beside them. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import Database from "better-sqlite3";
import { runBackup } from "../../gateway/backup/run";
import { Keyring } from "../../gateway/store/keyring";
import { UNPACED } from "../../gateway/store/receipts";
import { Store } from "../../gateway/store/store";
import type { Area, Row } from "./area";
import { inFolder } from "./folder";
import { BenchHandheld } from "./handheld";

const DAY_FRAMES = 86_400;
const BURST = 64;
/** What comes between two backups of a test. */
const MORE_FRAMES = 3600;
const PROBES = 400;
const PROBE_MS = 10;
const PROGRAM = join(__dirname, "../avnode.ts");

export const benchBackup: Area = (context) =>
  inFolder(async (folder) => {
    const dataDir = join(folder, "store");
    const store = Store.open({ dataDir, kind: "demo", receipts: UNPACED });
    const handheld = new BenchHandheld((alias, message) => {
      setImmediate(() => store.receive(alias, message));
    });
    let receipted = 0;
    store.onSend = (_alias, message) => handheld.take(message);
    handheld.onReceipt = ({ next }) => {
      receipted = next;
    };
    store.claim(handheld.identity.claimCode);
    await handheld.own();
    let fed = 0;
    const feed = async (count: number) => {
      for (const frame of handheld.frames(count)) {
        store.receive(handheld.alias, frame);
        if (++fed % BURST === 0) await wait(0);
      }
      while (receipted < fed) await wait(1);
    };
    // A recovery code costs half a second once, and is not what is measured.
    const backupKey = randomBytes(32);
    Keyring.load(dataDir).amend(dataDir, { backupKey, backupSalt: backupKey.subarray(0, 16) });
    try {
      context.progress("recording a day");
      await feed(DAY_FRAMES);
      const dir = join(folder, "backup");
      const once = (peers: Record<string, number>, name: string): Row => {
        const { seconds, frames } = runBackup({ dataDir, dir, onCode: () => {} });
        context.note(
          `${name}: ${frames} frames, copied in ${seconds.copy.toFixed(2)} s, verified in ${seconds.verify.toFixed(2)} s`,
        );
        return { name: `backup/${name}`, value: seconds.copy + seconds.verify, unit: "s", peers };
      };
      context.progress("backing up");
      const plain = await onlineBackup(dataDir, join(folder, "plain.db"));
      const rows = [once({ "SQLite's online backup, unverified": plain }, "first-seconds")];
      await feed(MORE_FRAMES);
      rows.push(once({}, "hour-later-seconds"), once({}, "nothing-new-seconds"));
      context.progress("receipts beside a backup");
      const probe = async () => {
        const took: number[] = [];
        for (let i = 0; i < PROBES; i++) {
          const began = performance.now();
          await feed(1);
          took.push(performance.now() - began);
          await wait(PROBE_MS);
        }
        return took.sort((a, b) => a - b)[Math.floor(0.99 * PROBES)]!;
      };
      const alone = await probe();
      const child = spawn(
        process.execPath,
        [
          "-r",
          "ts-node/register/transpile-only",
          PROGRAM,
          "backup",
          join(folder, "beside"),
          "--data",
          dataDir,
        ],
        { stdio: "ignore" },
      );
      const ended = new Promise((done) => child.once("close", done));
      const beside = await probe();
      await ended;
      rows.push({
        name: "backup/receipt-p99-ms",
        value: beside,
        unit: "ms",
        peers: { "without a backup": alone },
      });
      return rows;
    } finally {
      store.close();
    }
  });

async function onlineBackup(dataDir: string, to: string): Promise<number> {
  const db = new Database(join(dataDir, "avnode.db"), { readonly: true });
  const began = performance.now();
  await db.backup(to);
  const seconds = (performance.now() - began) / 1000;
  db.close();
  return seconds;
}
