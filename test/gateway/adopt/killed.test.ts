import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyFile } from "../../../gateway/adopt/waiting";
import { Adoptions } from "../../../gateway/store/adoptions";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { scratch } from "../../e2e/rig";
import { noise } from "../export/source";
import { edfBytes } from "./edffile";

const RECORDS = 1200;
const SIGNAL = noise(250 * RECORDS, 32_767);

/** @returns the signal that ended it, or what it said of the file, after which it is asked to end */
async function runHub(dataDir: string, ...where: string[]): Promise<string> {
  const child = fork(join(__dirname, "hubprocess.ts"), [dataDir, ...where], {
    execArgv: ["-r", "ts-node/register/transpile-only"],
  });
  const closed = once(child, "close");
  child.once("message", () => child.kill("SIGTERM"));
  const told = once(child, "message");
  const first = await Promise.race([told, closed]);
  const [, signal] = (await closed) as [number, string];
  return signal ?? String(first[0]);
}

describe("A hub that is killed while it adopts", function () {
  this.timeout(60_000);
  const dir = scratch(true);

  for (const [moment, nth] of [
    ["before-tell", 1],
    ["after-tell", 1],
    ["commit", 1],
    ["commit", 2],
    ["before-tell", 2],
    ["after-tell", 2],
  ] as const) {
    it(`has the file once, whole, when it runs again: ${moment} ${nth}`, async () => {
      const dataDir = join(dir, `${moment}${nth}`);
      Store.open({ dataDir, kind: "home" }).close();
      const file = join(dir, "old.edf");
      const counts = Array.from({ length: RECORDS }, (_, i) => [...SIGNAL.subarray(250 * i, 250 * (i + 1))]);
      writeFileSync(file, edfBytes({ signals: [{ label: "ECG II", counts }] }));
      const adoptions = Adoptions.open(dataDir);
      const number = adoptions.file(await copyFile(dataDir, file), "Ada");
      assert.equal(await runHub(dataDir, moment, String(nth)), "SIGKILL");
      const isTold = adoptions.get(number)!.done !== undefined;
      assert.equal(isTold, moment === "after-tell" && nth === 2);
      // What was told before the kill is not told again: the next start only clears away.
      if (isTold) adoptions.file(await copyFile(dataDir, file), "Ada");
      const id = await runHub(dataDir);
      assert.deepEqual(adoptions.waiting(), []);
      adoptions.close();
      assert.deepEqual(readdirSync(join(dataDir, "adopting")), []);
      const reader = StoreReader.open(dataDir);
      const here = reader.recordings().filter(({ erasedAt }) => erasedAt === undefined);
      assert.deepEqual(
        here.map((one) => [one.id, one.state, one.person, one.samples]),
        [[id, "closed", "Ada", SIGNAL.length]],
      );
      const kept = [...reader.pieces(id)].flatMap(({ samples }) => [...samples[0]!]);
      assert.deepEqual(Int32Array.from(kept), SIGNAL);
      const report = reader.verify();
      assert.deepEqual([report.ok, report.problems], [true, []]);
      reader.close();
    });
  }
});
