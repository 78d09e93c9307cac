/** Debian's mosquitto as a test's own broker, on loopback. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { MOSQUITTO } from "./machine";

/** A broker that forgets everything when it is killed; whoever calls ends it. `lines` say who may come. */
export function startMosquitto(folder: string, port: number, ...lines: string[]): ChildProcess {
  const config = join(folder, `mosquitto-${port}.conf`);
  const rest = ["persistence false", "user root", ""];
  writeFileSync(config, [`listener ${port} 127.0.0.1`, ...lines, ...rest].join("\n"));
  return spawn(MOSQUITTO!, ["-c", config], { stdio: "ignore" });
}

/** Waits until it can be reached. */
export async function listening(broker: ChildProcess, port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isHere = await new Promise((done) => {
      socket.once("connect", () => done(true)).once("error", () => done(false));
    });
    socket.destroy();
    if (isHere) return;
    assert.equal(broker.exitCode, null, "mosquitto ended");
    await new Promise((done) => setTimeout(done, 20));
  }
}
