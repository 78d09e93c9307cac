import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { buildSync } from "esbuild";
import type { SetupState } from "../../../gateway/schema/setup";
import { Random } from "../../../tools/sim/random";
import { PASSWORD } from "../access/rig";

const ROOT = join(__dirname, "../../..");
const ORDER = ["password", "claim", "person", "recovery", "backup", undefined] as const;
/** Of which the slowest step takes some, with a hash that nobody makes quicker. */
const LATEST_MS = 1000;
const MAX_KILLS = 40;

interface Hub {
  child: ChildProcess;
  port: number;
  setupCode?: string;
  cookie?: string;
  csrf?: string;
}

describe("a first run that is killed", function () {
  this.timeout(300_000);
  const dataDir = mkdtempSync(join(tmpdir(), "avnode-setup-"));
  const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1e9);
  const random = new Random(seed);
  const built = mkdtempSync(join(tmpdir(), "avnode-setup-victim-"));
  // Once: a process per step is started.
  before(() =>
    buildSync({
      entryPoints: {
        victim: join(__dirname, "victim.ts"),
        recoveryworker: join(ROOT, "gateway/web/recoveryworker.ts"),
      },
      ...{ outdir: built, bundle: true, platform: "node", packages: "external" },
    }),
  );
  after(() => {
    for (const folder of [dataDir, built]) rmSync(folder, { recursive: true });
  });

  async function start(): Promise<Hub> {
    const child = spawn(process.execPath, [join(built, "victim.js"), dataDir], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_PATH: join(ROOT, "node_modules") },
    });
    const [line] = await once(createInterface(child.stdout!), "line");
    return { child, ...JSON.parse(line) };
  }

  async function kill({ child }: Hub): Promise<void> {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** @returns nothing when the hub is killed meanwhile */
  function ask(hub: Hub, method: string, path: string, body?: object) {
    const { port, cookie, csrf } = hub;
    const host = `hub.local:${port}`;
    const headers = {
      ...{ host, origin: `http://${host}`, "content-type": "application/json" },
      ...(cookie !== undefined && { cookie, "x-avnode-csrf": csrf }),
    };
    return new Promise<{ status: number; cookies: string[]; json: Record<string, unknown> } | undefined>(
      (done) => {
        const sent = request({ port, host: "127.0.0.1", method, path, headers }, (answer) => {
          let text = "";
          answer.on("data", (chunk) => (text += chunk));
          answer.on("error", () => done(undefined));
          answer.on("end", () =>
            done({
              status: answer.statusCode!,
              cookies: answer.headers["set-cookie"] ?? [],
              json: text === "" ? {} : JSON.parse(text),
            }),
          );
        });
        sent.on("error", () => done(undefined));
        sent.end(body && JSON.stringify(body));
      },
    );
  }

  const login = async (hub: Hub) => {
    const answer = await ask(hub, "POST", "/api/login", { password: PASSWORD, role: "owner" });
    assert.equal(answer!.status, 200, JSON.stringify(answer!.json));
    hub.cookie = answer!.cookies.map((one) => one.split(";")[0]).join("; ");
    hub.csrf = answer!.json.csrf as string;
  };

  /** Where the page would go on. */
  const stepOf = async (hub: Hub): Promise<SetupState["next"]> => {
    if (!(await ask(hub, "GET", "/api/setup"))!.json.password) {
      assert.match(hub.setupCode!, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
      return "password";
    }
    assert.equal(hub.setupCode, undefined);
    await login(hub);
    return (await ask(hub, "GET", "/api/setup/steps"))!.json.next as SetupState["next"];
  };

  /** What the page does at that step. */
  const go = async (hub: Hub, step: NonNullable<SetupState["next"]>) => {
    const settle = (state: string) => ask(hub, "PUT", `/api/setup/steps/${step}`, { state });
    if (step === "password")
      await ask(hub, "POST", "/api/setup/password", { code: hub.setupCode, password: PASSWORD });
    else if (step === "person") await ask(hub, "POST", "/api/people", { name: "Anna" });
    else if (step === "recovery") {
      await ask(hub, "POST", "/api/recovery-code", { renew: true, current: PASSWORD });
      await settle("done");
    } else await settle("skipped");
  };

  it(`at any moment goes on at that step or behind it, and loses none that was done (seed ${seed})`, async () => {
    let at = 0;
    for (let kills = 0; ; kills++) {
      assert.ok(kills < MAX_KILLS, "it comes to its end");
      const hub = await start();
      try {
        const step = await stepOf(hub);
        const now = ORDER.indexOf(step);
        assert.ok(now === at || now === at + 1, `from ${ORDER[at]} to ${step}`);
        at = now;
        if (step === undefined) break;
        const done = go(hub, step);
        // Every other time it comes to the step's end.
        if (kills % 2 === 0) await wait(random.int(LATEST_MS));
        else await done;
        await kill(hub);
        await done;
      } finally {
        if (hub.child.exitCode === null && hub.child.signalCode === null) await kill(hub);
      }
    }
  });
});
