import { existsSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import type { Config } from "../config/config";
import type { UnitOptions } from "../health/unit";
import type { Role } from "../roles";
import { brokerOf, readConfigFile, requireBroker, rolesOf } from "./start";
import { CliError, Exit, type Terminal } from "./terminal";

export interface Program {
  /** Absolute paths of the files themselves, not of links to them. */
  node: string;
  program: string;
}

export function addService(
  program: Command,
  terminal: Terminal,
  running: () => Program = () => ({
    node: realpathSync(process.execPath),
    program: realpathSync(process.argv[1]!),
  }),
): void {
  program
    .command("service")
    .description("print a systemd unit that runs the hub with no more rights than it needs")
    .option("--role <roles>", "run only some of it: relay, store", "relay,store")
    .option("--config <file>", "YAML file that the hub is to read; none is needed")
    .action((options: { role: string; config?: string }) => {
      const { unitText } = require("../health/unit") as typeof import("../health/unit");
      const roles = rolesOf(options.role);
      const config = options.config === undefined ? undefined : resolve(options.config);
      const { node, program } = running();
      refuse("Node", node, "install it for the whole machine, as under /usr/local");
      const folder = dirname(dirname(program));
      const copy = folder.includes("'") ? "copy its folder" : `run: sudo cp -a '${folder}' /opt/avnode`;
      refuse(
        "the program",
        program,
        `its folder, with dist, node_modules and package.json, goes under /opt: ${copy}; then: ${node} /opt/avnode/dist/avnode.js service`,
      );
      if (config !== undefined) refuse("--config", config, "move it, as to /etc/avnode.yaml");
      const { dataDir, writes } = foldersOf(config, roles);
      terminal.print(unitText({ node, program, config, roles, dataDir, writes }).trimEnd());
    });
}

/** Folders that this configuration has the hub write to. @throws CliError where a path of it is out of reach */
function foldersOf(file: string | undefined, roles: Role[]): Pick<UnitOptions, "dataDir" | "writes"> {
  const config: Config = file === undefined ? {} : readConfigFile(file);
  const { dataDir, broker, web, backup } = config;
  requireBroker(roles, brokerOf(config));
  const named: [string, string | undefined][] = [
    ["dataDir", dataDir],
    ["broker.ca", broker?.ca],
    ["broker.cert", broker?.cert],
    ["broker.key", broker?.key],
    ["web.cert", web?.cert],
    ["web.key", web?.key],
    ["backup.dir", backup?.dir],
  ];
  for (const [key, path] of named) if (path !== undefined) refuse(key, path, `name another place in ${file}`);
  return { dataDir, writes: [dataDir, backup?.dir].filter((folder) => folder !== undefined) };
}

/** A link out of reach is as far as a file out of reach. */
function refuse(what: string, path: string, advice: string): void {
  const { unusable } = require("../health/unit") as typeof import("../health/unit");
  const target = existsSync(path) ? realpathSync(path) : path;
  const why = unusable(path) ?? unusable(target);
  if (why) throw new CliError(Exit.usage, `${what}: ${unusable(path) ? path : target} ${why}; ${advice}`);
}
