/** What systemd would hear of a hub (sd_notify(3)): real datagrams, from the program as it is started. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";
import { systemClock } from "../../../gateway/clock";
import { Supervisor } from "../../../gateway/health/supervisor";
import { NO_ADAPTERS } from "../../../gateway/radio/radio";
import { silentLog } from "../../../gateway/store/log";
import { PYTHON, skipUnless } from "../../machine";

const ROOT = path.join(__dirname, "../../..");
const LIMIT_MS = 120_000;
/** Half of it from one sign of life to the next. */
const WATCHDOG_MS = 1000;
/** In which a hub that lives would say so ten times. */
const SILENT_MS = 5 * WATCHDOG_MS;
/** Node has no datagrams over UNIX sockets. One line for each, once it listens. */
const RECEIVER = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("[]", flush=True)
while True:
    print(json.dumps(s.recv(4096).decode().split("\\n")), flush=True)
`;
const PROBLEM = "no Bluetooth adapter is here";

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + LIMIT_MS; !isSo(); await pass(20))
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe("a hub under systemd's watchdog", function () {
  let folder: string;
  let receiver: ChildProcess;
  let hub: ChildProcess | undefined;
  let program: string | undefined;
  let heard: string[];
  let env: NodeJS.ProcessEnv;
  const beats = () => heard.filter((one) => one === "WATCHDOG=1").length;
  const lives = async () => {
    const before = beats();
    await until("signs of life", () => beats() > before + 2);
  };
  /** At most what was under way is still heard. */
  const isSilent = async () => {
    const before = beats();
    await pass(SILENT_MS);
    assert.ok(beats() <= before + 2, `${beats() - before} signs of life`);
  };

  before(function () {
    skipUnless(
      spawnSync("systemd-notify", ["--version"]).status === 0,
      this,
      "systemd-notify (Debian: systemd)",
    );
    skipUnless(fs.existsSync(PYTHON), this, `${PYTHON} (Debian: python3)`);
  });
  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "av-"));
    const socket = path.join(folder, "notify");
    env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: String(1000 * WATCHDOG_MS) };
    heard = [];
    receiver = spawn(PYTHON, ["-c", RECEIVER, socket], { stdio: ["ignore", "pipe", "inherit"] });
    let rest = "";
    let listens = false;
    receiver.stdout!.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      listens = true;
      for (const line of lines) heard.push(...JSON.parse(line));
    });
    await until("the receiver", () => listens);
  });
  afterEach(async () => {
    hub?.kill("SIGKILL");
    receiver.kill("SIGKILL");
    fs.rmSync(folder, { recursive: true, force: true });
  });
  after(() => {
    if (program) fs.rmSync(program, { force: true });
  });

  /** As it is shipped, of today's source. */
  function start(config: string): ChildProcess {
    program = path.join(ROOT, "dist", `supervised-${process.pid}.js`);
    buildSync({
      ...{ entryPoints: [path.join(ROOT, "tools/avnode.ts")], outfile: program, bundle: true },
      ...{ platform: "node", format: "cjs", packages: "external", logLevel: "warning" },
    });
    const file = path.join(folder, "avnode.yaml");
    fs.writeFileSync(file, config);
    const words = [program, "start", "--config", file, "--data", path.join(folder, "data")];
    return spawn(process.execPath, words, { env: { ...process.env, ...env }, stdio: "ignore" });
  }

  it("is ready, says what is wrong, lives, is silent while it hangs, lives again, and says that it stops", async () => {
    hub = start(`broker: { port: 0 }\nweb: { port: 0 }\nradio: { adapters: ["unix:${folder}/nothing"] }\n`);
    await until("READY=1", () => heard.includes("READY=1"));
    assert.equal(heard[0], "READY=1");
    assert.ok(
      heard.some((one) => one.startsWith(`STATUS=0 handhelds connected; ${PROBLEM}`)),
      heard.join("\n"),
    );
    await lives();
    // An event loop that does not turn.
    hub.kill("SIGSTOP");
    await isSilent();
    hub.kill("SIGCONT");
    await lives();
    const ended = once(hub, "exit");
    hub.kill("SIGTERM");
    await ended;
    await until("STOPPING=1", () => heard.includes("STOPPING=1"));
    assert.equal(hub.exitCode, 0);
    await isSilent();
  });

  it("is silent when a radio that worked is beyond help for minutes, and lives again when it is back", async () => {
    let healthy = true;
    let passedMs = 0;
    const supervisor = new Supervisor({
      status: () => ({
        ...{ pid: 1, version: "0", roles: [], startedAt: 0, ok: healthy, problems: healthy ? [] : [PROBLEM] },
        ...{ broker: { address: "", connected: true }, limits: [], presences: [] },
        radio: {
          ...{ ...NO_ADAPTERS, simulated: false, healthy },
          adapters: [
            {
              id: "hci0",
              state: healthy ? "on" : "gone",
              scanning: healthy,
              links: 0,
              recoveries: 0,
              heardAt: 1,
            },
          ],
        },
      }),
      clock: { now: () => Date.now() + passedMs, after: systemClock.after },
      log: silentLog,
      env: { ...process.env, ...env },
    });
    supervisor.ready();
    try {
      await lives();
      healthy = false;
      await until("the word of it", () => heard.includes(`STATUS=0 handhelds connected; ${PROBLEM}`));
      await lives();
      passedMs = 10 * 60_000;
      await isSilent();
      healthy = true;
      await lives();
    } finally {
      await supervisor.stopping();
    }
    await until("STOPPING=1", () => heard.includes("STOPPING=1"));
  });
});
