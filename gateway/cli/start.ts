import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { systemClock } from "../clock";
import type { Config } from "../config/config";
import { defaultDataDir } from "../config/places";
import type { HealthOptions } from "../health/health";
import { RecentLines } from "../health/recentlines";
import type { HubStatus } from "../health/status";
import type { EmbeddedPlace, Hub, HubOptions } from "../hub";
import type { ExternalBroker } from "../mqtt/client";
import type { Radio } from "../radio/radio";
import type { Role } from "../roles";
import type { Log } from "../store/log";
import type { Web, WebOptions, WebPlace } from "../web/server";
import type { LiveView } from "./live";
import type { DataOption } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

/** As many links as one adapter commonly bears. */
const MAX_HANDHELDS = 8;

interface StartOptions extends DataOption {
  demo?: boolean;
  virtualRadio?: boolean;
  handhelds?: string;
  handheld?: string;
  role?: string;
  config?: string;
}

/** Starts a hub with a simulated handheld; the tools bring it, the gateway knows nothing of simulation. */
export type StartDemo = (options: {
  dataDir: string;
  /** Handhelds in processes of their own, behind a Bluetooth stack and a radio that is software; one without. */
  virtualRadio?: { handhelds: number };
  /** Folder of a virtual handheld from the factory; the demo's own without one. */
  handheld?: string;
  startHub(radio: Radio): Promise<Hub>;
}) => Promise<{ hub: Hub; stop(): Promise<void> }>;

export function addStart(program: Command, terminal: Terminal, version: string, startDemo?: StartDemo): void {
  program
    .command("start")
    .description("run the hub")
    .option("--demo", "with a simulated handheld that replays a real ECG, in a data directory of its own")
    .option("--virtual-radio", "the demo through real Bluetooth stacks, over a radio that is software")
    .option("--handhelds <count>", "so many of them behind the virtual radio; one by default")
    .option("--handheld <dir>", "the demo with this virtual handheld from the factory, for you to claim")
    .option("--role <roles>", "run only some of it: relay, store", "relay,store")
    .option("--config <file>", "YAML file; none is needed")
    .option("--data <dir>", "data directory")
    .action(async (options: StartOptions) => {
      if (options.virtualRadio && !options.demo)
        throw new CliError(Exit.usage, "--virtual-radio is for the demo; run it with --demo");
      if (options.handhelds !== undefined && !options.virtualRadio)
        throw new CliError(Exit.usage, "--handhelds is for the virtual radio; run it with --virtual-radio");
      if (options.handheld !== undefined && (!options.demo || options.virtualRadio))
        throw new CliError(
          Exit.usage,
          "--handheld is for the demo; run it with --demo, without --virtual-radio",
        );
      const roles = rolesOf(options.role!);
      const configFile = options.config ?? ownConfigFile(options, terminal);
      const config = options.config !== undefined || existsSync(configFile) ? readConfigFile(configFile) : {};
      const broker = brokerOf(config);
      requireBroker(roles, broker);
      // From here on, so that a signal while the last parts load ends what runs already in order.
      const asked = signalled(terminal);
      const stop = options.demo
        ? await demo(options, config, configFile, roles, broker, terminal, version, startDemo)
        : await plain(options, config, configFile, roles, broker, terminal, version);
      await asked;
      terminal.say("stopping");
      await stop();
    });
}

/** Where the page keeps settings, and the next start finds them. */
function ownConfigFile({ data, demo }: StartOptions, terminal: Terminal): string {
  const { defaultConfigFile } = require("../config/settings") as typeof import("../config/settings");
  return defaultConfigFile(data ?? defaultDataDir(demo ? "demo" : "home", terminal.env));
}

async function plain(
  options: StartOptions,
  config: Config,
  configFile: string,
  roles: Role[],
  broker: HubOptions["broker"],
  terminal: Terminal,
  version: string,
) {
  const { startHub } = require("../hub") as typeof import("../hub");
  const { diskOf } = require("../health/disk") as typeof import("../health/disk");
  const dataDir = options.data ?? config.dataDir ?? defaultDataDir("home", terminal.env);
  const place = webPlaceOf(config);
  const lines = new RecentLines();
  const log = logTo(terminal, config, lines, (line) => terminal.say(line));
  const hub = await startHub({
    dataDir,
    kind: "home",
    broker,
    roles,
    radio: radioOf(config, roles, log),
    log,
    homeAssistant: config.homeAssistant,
    analyse: true,
    deliver: true,
    adopt: true,
    update: true,
    disk: () => diskOf(dataDir),
  });
  announce(terminal, hub, dataDir, broker, config);
  const { keepCopies } = require("./copies") as typeof import("./copies");
  const copies = keepCopies(dataDir, config, log);
  sayRadio(terminal, hub, placeOf(hub, broker), dataDir);
  const told = { hub, dataDir, version, roles, broker: placeOf(hub, broker) };
  const configured = configuredOf(config, configFile, told.broker, lines);
  const stopTelling = await tell(told, place, configured, log, terminal, (line) => terminal.say(line));
  return async () => {
    await stopTelling();
    await copies.stop();
    await hub.stop();
  };
}

async function demo(
  options: StartOptions,
  config: Config,
  configFile: string,
  roles: Role[],
  broker: HubOptions["broker"],
  terminal: Terminal,
  version: string,
  startDemo?: StartDemo,
) {
  if (!startDemo) throw new CliError(Exit.usage, "this build has no demo; run 'avnode start'");
  if (roles.length < 2) throw new CliError(Exit.usage, "the demo is one process; run it without --role");
  const { startHub } = require("../hub") as typeof import("../hub");
  const { diskOf } = require("../health/disk") as typeof import("../health/disk");
  const { LiveView } = require("./live") as typeof import("./live");
  const dataDir = options.data ?? defaultDataDir("demo", terminal.env);
  const place = webPlaceOf(config);
  let live: LiveView | undefined;
  const say = (line: string) => (live && terminal.stdout.isTTY ? live.say(line) : terminal.say(line));
  const lines = new RecentLines();
  const log = logTo(terminal, config, lines, say);
  terminal.say("DEMO: a simulated handheld replays a real heart's record; nothing here is yours");
  const running = await startDemo({
    dataDir,
    virtualRadio: options.virtualRadio ? { handhelds: handheldsOf(options.handhelds ?? "1") } : undefined,
    handheld: options.handheld,
    startHub: async (radio) => {
      const hub = await startHub({
        dataDir,
        kind: "demo",
        broker,
        roles,
        radio,
        log,
        homeAssistant: config.homeAssistant,
        analyse: true,
        deliver: true,
        adopt: true,
        update: true,
        disk: () => diskOf(dataDir),
      });
      announce(terminal, hub, dataDir, broker, config);
      const store = hub.store!;
      live = new LiveView({
        out: terminal.stdout,
        isTty: terminal.stdout.isTTY,
        infoOf: (id) => store.reader.recording(id),
        mark: "DEMO",
      });
      const view = live;
      const unfollow = store.events.on("stored", (frames) => view.stored(frames));
      store.events.on("receipted", (device, receipt) => view.receipted(device, receipt));
      store.events.on("found", (events) => view.found(events));
      return {
        ...hub,
        async stop() {
          store.flush();
          view.stop();
          unfollow();
          await hub.stop();
        },
      };
    },
  });
  const { hub } = running;
  const shown = dataDir.includes(" ") ? `'${dataDir}'` : dataDir;
  say(`more of it: avnode status --data ${shown}`);
  if (options.virtualRadio && Number(options.handhelds ?? 1) > 1)
    say(`${options.handhelds} handhelds, one of them drawn; all of them: avnode devices --data ${shown}`);
  const told = { hub, dataDir, version, roles, broker: placeOf(hub, broker) };
  const configured = configuredOf(config, configFile, told.broker, lines);
  const stopTelling = await tell(told, place, configured, log, terminal, say);
  return async () => {
    await stopTelling();
    await running.stop();
  };
}

function handheldsOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_HANDHELDS) return count;
  throw new CliError(Exit.usage, `--handhelds ${text}: expected 1 to ${MAX_HANDHELDS}`);
}

/** What the page shows and changes of it. @param broker as it is said to people */
function configuredOf(
  config: Config,
  configFile: string,
  broker: string,
  lines: RecentLines,
): WebOptions["configured"] {
  const { backup, homeAssistant } = config;
  const sealed = { kind: "broker", to: broker, readable: false } as const;
  const told = { kind: "homeassistant", to: broker, readable: true } as const;
  const outlets = [...(isBrokerOutside(config) ? [sealed] : []), ...(homeAssistant?.discovery ? [told] : [])];
  return { configFile, backup, outlets, recentLog: () => lines.all() };
}

/** Whether frames go to a broker that is not the hub's own, or other machines may listen at that one. */
function isBrokerOutside({ broker: { url, host = "localhost" } = {} }: Config): boolean {
  const { isLoopback } = require("../access/throttle") as typeof import("../access/throttle");
  return url !== undefined || !(host === "localhost" || isLoopback(host));
}

/** Before anything starts. @throws what reading the certificate's files does */
function webPlaceOf({ web }: Config): WebPlace | undefined {
  if (web === undefined) return undefined;
  const { host, port, names } = web;
  return { host, port, names, cert: pem(web.cert), key: privatePem(web.key) };
}

/** Page, status socket and supervisor: loaded when the hub works already, for it records without them, too. */
async function tell(
  told: HealthOptions,
  place: WebPlace | undefined,
  configured: WebOptions["configured"],
  log: Log,
  { env, stderr: { isTTY: isTty } }: Terminal,
  say: (line: string) => void,
): Promise<() => Promise<void>> {
  const { HubHealth } = require("../health/health") as typeof import("../health/health");
  const { serveStatus } = require("../health/socket") as typeof import("../health/socket");
  const { Supervisor } = require("../health/supervisor") as typeof import("../health/supervisor");
  const health = new HubHealth(told);
  const status = () => health.status();
  const goOn = (error: Error & { code?: string }) => {
    log.error({ code: error.code }, `${error.message}; the hub goes on without it`);
    return undefined;
  };
  const socket = await serveStatus(told.dataDir, status).catch(goOn);
  const alerts = openAlerts(told, status, log);
  const web = await openWeb(told, place, configured, status, alerts?.watcher, log).catch(goOn);
  if (web) sayWeb(web, told.hub, say);
  if (web?.setupCode !== undefined) await sayFirstRun(web.address, web.setupCode, isTty, say).catch(goOn);
  health.web = web;
  if (web && told.hub.carrier) {
    const { fromOutside } = require("../web/reachable") as typeof import("../web/reachable");
    told.hub.carrier.page = fromOutside(web.address, place?.names);
  }
  const supervisor = new Supervisor({ status, clock: systemClock, log, env });
  supervisor.ready();
  return async () => {
    alerts?.stop();
    await supervisor.stopping();
    await web?.stop();
    await socket?.close();
  };
}

/** Where the store is; the hub goes on without them. */
function openAlerts({ hub, dataDir }: HealthOptions, status: () => HubStatus, log: Log) {
  if (!hub.store) return undefined;
  const { startAlerts } = require("../delivery/alerts/start") as typeof import("../delivery/alerts/start");
  try {
    return startAlerts({ reader: hub.store.reader, status, dataDir, clock: systemClock, log });
  } catch (error) {
    log.error({ code: (error as { code?: string }).code }, `no alerts: ${(error as Error).message}`);
    return undefined;
  }
}

/** A relay alone has no page. */
function sayWeb(
  { address, taken, warning }: Web,
  { store }: HealthOptions["hub"],
  say: (line: string) => void,
) {
  const { reachable } = require("../web/reachable") as typeof import("../web/reachable");
  const place = takenText(taken) + reachable(address);
  const what = store ? `page: ${place}` : `health: ${place}/health`;
  say(warning === undefined ? what : `${what} · ${warning}`);
}

/** The address with the code in it: behind the #, where nothing on the way sees it. */
async function sayFirstRun(
  address: string,
  code: string,
  isTty: boolean,
  say: (line: string) => void,
): Promise<void> {
  const { reachable } = require("../web/reachable") as typeof import("../web/reachable");
  const { isLoopback } = require("../access/throttle") as typeof import("../access/throttle");
  const page = `${reachable(address)}/#/setup/${code}`;
  say(`set it up at ${page} · the code is ${code}, until the next start`);
  // A phone does not reach this machine's own address.
  if (!isTty || isLoopback(new URL(page).hostname)) return;
  const { qrLines } = require("./qr") as typeof import("./qr");
  for (const line of await qrLines(page)) say(line);
}

/** @throws ACCESS_* */
async function openWeb(
  { hub: { store, analyst }, dataDir }: HealthOptions,
  place: WebPlace | undefined,
  configured: WebOptions["configured"],
  status: () => HubStatus,
  watcher: WebOptions["watcher"],
  log: Log,
): Promise<Web | undefined> {
  const { startWeb } = require("../web/server") as typeof import("../web/server");
  const { pageFolder } = require("../web/files") as typeof import("../web/files");
  const { Metrics } = require("../health/metrics") as typeof import("../health/metrics");
  const metrics = new Metrics({ store, status });
  try {
    const web = await startWeb({
      dataDir,
      place,
      hub: store,
      page: pageFolder(),
      health: { status, metrics },
      configured,
      freshBeats: analyst && ((recording) => analyst.freshBeats(recording)),
      pulse: analyst && ((device) => analyst.newest(device)),
      watcher,
      log,
    });
    return {
      ...web,
      async stop() {
        await web.stop();
        metrics.close();
      },
    };
  } catch (error) {
    metrics.close();
    throw error;
  }
}

function announce(
  terminal: Terminal,
  hub: Hub,
  dataDir: string,
  broker: HubOptions["broker"],
  { homeAssistant }: Config,
): void {
  terminal.say(
    hub.store
      ? `avnode hub: recordings are kept in ${dataDir}`
      : "avnode relay: keeps no recordings, the store elsewhere does",
  );
  terminal.say(`broker: ${takenText(hub.broker?.taken)}${placeOf(hub, broker)} · stop with Ctrl-C`);
  if (!hub.store || !homeAssistant?.discovery) return;
  terminal.say(
    hub.broker
      ? `home assistant: it finds handhelds there as the user homeassistant, with its password in ${join(dataDir, "broker.json")}`
      : "home assistant: it finds handhelds on that broker",
  );
}

/** Loaded only where somebody wants it. */
function radioOf({ radio = {} }: Config, roles: Role[], log: Log): Radio | undefined {
  if (radio.enabled === false || !roles.includes("relay")) return undefined;
  const { openBluetooth } = require("../radio/open") as typeof import("../radio/open");
  return openBluetooth({ adapters: radio.adapters, exclusive: radio.exclusive, log });
}

function sayRadio(terminal: Terminal, { radio, port }: Hub, broker: string, dataDir: string): void {
  const adapters = radio?.status().adapters.map(({ id }) => id) ?? [];
  const password = port === undefined ? "" : ` with the relay's password in ${join(dataDir, "broker.json")}`;
  const relays = `relays elsewhere publish to ${broker}${password}`;
  if (adapters.length > 0) terminal.say(`radio: ${adapters.join(", ")}`);
  else if (radio)
    terminal.say(`radio: no Bluetooth adapter here; one that is plugged in is used at once, and ${relays}`);
  else terminal.say(`radio: none; ${relays}`);
}

function takenText(port: number | undefined): string {
  return port === undefined ? "" : `another program has port ${port}, so it is at `;
}

function placeOf(hub: Hub, broker: HubOptions["broker"]): string {
  if (typeof broker !== "object") return "in memory";
  return "url" in broker ? broker.url : `mqtt://${broker.host ?? "127.0.0.1"}:${hub.port}`;
}

export function rolesOf(text: string): Role[] {
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

export function readConfigFile(file: string): Config {
  const { readConfig } = require("../config/config") as typeof import("../config/config");
  return readConfig(file);
}

/** @throws CliError where a relay would have a broker of its own, on which no store listens */
export function requireBroker(roles: Role[], broker: ExternalBroker | EmbeddedPlace): void {
  if (!roles.includes("store") && !("url" in broker))
    throw new CliError(
      Exit.usage,
      "a relay alone needs the store's broker; give its broker.url in --config FILE",
    );
}

export function brokerOf({ broker = {} }: Config): ExternalBroker | EmbeddedPlace {
  const { url, username, password, ca, cert, key, host, port } = broker;
  if (url === undefined) return { port, host };
  return { url, username, password, ca: pem(ca), cert: pem(cert), key: privatePem(key) };
}

function pem(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, "utf8");
}

/** The file itself, where its name is a link to the newest, as certificate renewers keep it. */
function privatePem(file: string | undefined): string | undefined {
  const { readSecret } = require("../store/secretfile") as typeof import("../store/secretfile");
  return file === undefined ? undefined : readSecret(realpathSync(file), "CONFIG_KEY");
}

function logTo(terminal: Terminal, config: Config, lines: RecentLines, write: (line: string) => void): Log {
  const { makeLog } = require("./log") as typeof import("./log");
  return makeLog(config.logLevel ?? "info", config.name, terminal.stderr.isTTY, (line) => {
    lines.take(line);
    write(line);
  });
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
