/**
 * The same two stacks over a controller that others wrote: BlueZ's emulator. One link, as it holds no more, and no
 * lost link, as it reports none; what agrees here is how the simulated air and BlueZ understand HCI.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { BTVIRT, skipUnless } from "../machine";
import { LineProcess } from "../tools/sim/radio/processes";

/** Where it listens stands fixed in the program, one socket for each kind of controller. */
const SOCKETS = ["bredrle", "bredr", "amp", "le", "mon"].map((kind) => `/tmp/bt-server-${kind}`);
const LE_SOCKET = "/tmp/bt-server-le";
const NOTIFICATIONS = 200;
const WAIT_LIMIT_MS = 30_000;

describe("noble and bleno over BlueZ's btvirt", function () {
  const processes: LineProcess[] = [];
  let emulator: ChildProcess | undefined;

  before(async function () {
    skipUnless(BTVIRT !== undefined, this, "btvirt (Debian: bluez-test-tools)");
    const free = await Promise.all(SOCKETS.map((each) => listens(each).then((taken) => !taken)));
    skipUnless(free.every(Boolean), this, "room for btvirt: another one listens");
    // Left behind by one that was killed.
    for (const each of SOCKETS) rmSync(each, { force: true });
    emulator = spawn(BTVIRT!, ["-s"], { stdio: "ignore" });
    const untilMs = Date.now() + WAIT_LIMIT_MS;
    while (!existsSync(LE_SOCKET) || !(await listens(LE_SOCKET))) {
      assert.ok(Date.now() < untilMs, "btvirt does not listen");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // It makes no controller where the kernel has no AF_ALG sockets, and resets the connection.
    skipUnless(await answers(LE_SOCKET), this, "controller of btvirt: the kernel needs AF_ALG");
  });

  after(async () => {
    await Promise.all(processes.map((each) => each.kill()));
    if (!emulator) return;
    emulator.kill("SIGKILL");
    for (const each of SOCKETS) rmSync(each, { force: true });
  });

  it("carries notifications in order, none missing", async () => {
    processes.push(new LineProcess("test/tools/sim/radio/stack-peripheral.ts", LE_SOCKET, "", "100"));
    const hub = new LineProcess("test/tools/sim/radio/stack-central.ts", LE_SOCKET, "1", "4000");
    processes.push(hub);
    const { connected } = await hub.line("connection", (line) => line.connected);
    const { counts } = await hub.line(
      `${NOTIFICATIONS} notifications`,
      (line) => line.counts?.[connected]?.next >= NOTIFICATIONS,
    );
    assert.equal(counts[connected].gaps, 0);
  });
});

function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** Whether an HCI Reset is answered by anything. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(Buffer.from([1, 3, 12, 0])));
    socket.on("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(false));
  });
}
