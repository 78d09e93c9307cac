import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { StoreReader } from "../../gateway/store/reader";
import { scratch } from "./rig";

const PROGRAM = path.join(__dirname, "../../tools/avnode.ts");

/** Runs the demo until it says that so many seconds are receipted, then ends it by `signal`. @returns seconds receipted last */
function demoUntil(dataDir: string, seconds: number, signal: NodeJS.Signals): Promise<number> {
  return new Promise((resolve, reject) => {
    const args = ["-r", "ts-node/register/transpile-only", PROGRAM, "start", "--demo", "--data", dataDir];
    const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let receipted = 0;
    let told = false;
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`too little was receipted in four minutes:\n${said}`));
    }, 240_000);
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      for (const [, h, m, s] of said.matchAll(/receipted up to (\d+):(\d+):(\d+)/g)) {
        receipted = Number(h) * 3600 + Number(m) * 60 + Number(s);
      }
      // Once: a second Ctrl-C means "at once".
      if (receipted >= seconds && !told) told = child.kill(signal);
    };
    child.stdout!.on("data", listen);
    child.stderr!.on("data", listen);
    child.on("close", () => {
      clearTimeout(limit);
      resolve(receipted);
    });
  });
}

describe("the program, killed with SIGKILL", () => {
  const dataDir = path.join(scratch(), "demo");

  it("has lost nothing that was receipted, and goes on where it was", async function () {
    const told = await demoUntil(dataDir, 3, "SIGKILL");
    const killed = StoreReader.open(dataDir);
    const [first] = killed.recordings();
    assert.ok(first!.samples >= told * 360, `${first!.samples} samples are there, ${told} s were receipted`);
    assert.equal(killed.verify().ok, true);
    killed.close();

    await demoUntil(dataDir, 2, "SIGINT");
    const reader = StoreReader.open(dataDir);
    const report = reader.verify();
    assert.deepEqual(report.problems, []);
    assert.equal(report.ok, true);
    const recordings = reader.recordings();
    assert.equal(recordings.length, 2);
    // What the handheld held at the kill came with the next start; its end is known from the recording after it.
    const states = recordings.map(({ recording, state }) => `${recording} ${state}`).sort();
    assert.deepEqual(states, ["1 truncated", "2 closed"]);
    reader.close();
  });
});
