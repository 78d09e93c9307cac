import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Config } from "../config/config";
import { defaultDataDir } from "../config/places";
import type { Hub, HubOptions } from "../hub";
import type { ExternalBroker } from "../mqtt/client";
import type { Radio } from "../radio/radio";
import type { Role } from "../roles";
import type { Log } from "../store/log";
import type { LiveView } from "./live";
import type { DataOption } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

interface StartOptions extends DataOption {
  demo?: boolean;
  role?: string;
  config?: string;
}

/** Starts a hub with a simulated handheld; the tools bring it, the gateway knows nothing of simulation. */
export type StartDemo = (options: {
  dataDir: string;
  startHub(radio: Radio): Promise<Hub>;
}) => Promise<{ hub: Hub; stop(): Promise<void> }>;

export function addStart(program: Command, terminal: Terminal, startDemo?: StartDemo): void {
  program
    .command("start")
    .description("run the hub")
    .option("--demo", "with a simulated handheld that replays a real ECG, in a data directory of its own")
    .option("--role <roles>", "run only some of it: relay, store", "relay,store")
    .option("--config <file>", "YAML file; none is needed")
    .option("--data <dir>", "data directory")
    .action(async (options: StartOptions) => {
      const roles = rolesOf(options.role!);
      const config = options.config === undefined ? {} : readConfigFile(options.config);
      const broker = brokerOf(config);
      if (!roles.includes("store") && !("url" in broker))
        throw new CliError(
          Exit.usage,
          "a relay alone needs the store's broker; give its broker.url in --config FILE",
        );
      const stop = options.demo
        ? await demo(options, config, roles, broker, terminal, startDemo)
        : await plain(options, config, roles, broker, terminal);
      await signalled(terminal);
      terminal.say("stopping");
      await stop();
    });
}

async function plain(
  options: StartOptions,
  config: Config,
  roles: Role[],
  broker: HubOptions["broker"],
  terminal: Terminal,
) {
  const { startHub } = require("../hub") as typeof import("../hub");
  const dataDir = options.data ?? config.dataDir ?? defaultDataDir("home", terminal.env);
  const log = logTo(terminal, config, (line) => terminal.say(line));
  const hub = await startHub({ dataDir, kind: "home", broker, roles, log });
  announce(terminal, hub, dataDir, broker);
  terminal.say(
    hub.port === undefined
      ? "no Bluetooth radio in this version: run 'avnode start --demo', or let relays publish to that broker"
      : `no Bluetooth radio in this version: run 'avnode start --demo', or let relays publish to mqtt://127.0.0.1:${hub.port}`,
  );
  return () => hub.stop();
}

async function demo(
  options: StartOptions,
  config: Config,
  roles: Role[],
  broker: HubOptions["broker"],
  terminal: Terminal,
  startDemo?: StartDemo,
) {
  if (!startDemo) throw new CliError(Exit.usage, "this build has no demo; run 'avnode start'");
  if (roles.length < 2) throw new CliError(Exit.usage, "the demo is one process; run it without --role");
  const { startHub } = require("../hub") as typeof import("../hub");
  const { LiveView } = require("./live") as typeof import("./live");
  const dataDir = options.data ?? defaultDataDir("demo", terminal.env);
  let live: LiveView | undefined;
  const log = logTo(terminal, config, (line) =>
    live && terminal.stdout.isTTY ? live.say(line) : terminal.say(line),
  );
  terminal.say("DEMO: a simulated handheld replays a real heart's record; nothing here is yours");
  const running = await startDemo({
    dataDir,
    startHub: async (radio) => {
      const hub = await startHub({ dataDir, kind: "demo", broker, roles, radio, log });
      announce(terminal, hub, dataDir, broker);
      const store = hub.store!;
      live = new LiveView({
        out: terminal.stdout,
        isTty: terminal.stdout.isTTY,
        infoOf: (id) => store.reader.recording(id),
        mark: "DEMO",
      });
      store.onStored = (frames) => live!.stored(frames);
      store.onReceipted = (device, receipt) => live!.receipted(device, receipt);
      return {
        ...hub,
        async stop() {
          store.flush();
          live!.stop();
          store.onStored = () => {};
          await hub.stop();
        },
      };
    },
  });
  return () => running.stop();
}

function announce(terminal: Terminal, hub: Hub, dataDir: string, broker: HubOptions["broker"]): void {
  terminal.say(`avnode hub: recordings are kept in ${dataDir}`);
  const where = typeof broker === "object" && "url" in broker ? broker.url : `mqtt://127.0.0.1:${hub.port}`;
  terminal.say(`broker: ${where} · stop with Ctrl-C`);
}

function rolesOf(text: string): Role[] {
  const { ROLES } = require("../roles") as typeof import("../roles");
  return text.split(",").map((word) => {
    const role = ROLES.find((known) => known === word.trim());
    if (!role)
      throw new CliError(
        Exit.usage,
        `--role ${word.trim()}: not in this version; known roles are ${ROLES.join(", ")}`,
      );
    return role;
  });
}

function readConfigFile(file: string): Config {
  const { readConfig } = require("../config/config") as typeof import("../config/config");
  return readConfig(file);
}

function brokerOf({ broker = {} }: Config): ExternalBroker | { port: number } {
  const { url, username, password, ca, cert, key, port = 1883 } = broker;
  if (url === undefined) return { port };
  const pem = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file));
  return { url, username, password, ca: pem(ca), cert: pem(cert), key: pem(key) };
}

function logTo(terminal: Terminal, config: Config, write: (line: string) => void): Log {
  const { makeLog } = require("./log") as typeof import("./log");
  return makeLog(config.logLevel ?? "info", config.name, terminal.stderr.isTTY, write);
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function signalled(terminal: Terminal): Promise<void> {
  return new Promise((done) => {
    let asked = false;
    const onSignal = () => {
      if (asked) {
        terminal.say("stopped at once: what was receipted is on disk, the rest comes again");
        process.exit(130);
      }
      asked = true;
      done();
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}
