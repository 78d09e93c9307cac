import { existsSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { askSecret } from "./asking";
import { printRecoveryCode } from "./backup";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted } from "./text";

interface MirrorOptions extends DataOption {
  invite?: boolean;
  name?: string;
  host?: string;
  port?: string;
  revoke?: string;
  config?: string;
}

export function addMirror(program: Command, terminal: Terminal): void {
  program
    .command("mirror [url]")
    .description("keep a second, live copy of a hub; on the hub itself: --invite one, or --revoke it")
    .option("--invite", "on the hub: print the URL for a new mirror, once")
    .option("--name <name>", "with --invite: what the mirror is called")
    .option("--host <address>", "with --invite: where the hub listens")
    .option("--port <number>", "with --invite: on which port")
    .option("--config <file>", "with --invite: the file that 'avnode start' is given, for its mirror.port")
    .option("--revoke <name>", "on the hub: end a mirror")
    .option("--data <dir>", "data directory of the hub, or where the mirror keeps its copy")
    .action(async (url: string | undefined, options: MirrorOptions) => {
      if (options.invite) return invite(options, terminal);
      if (options.revoke !== undefined) return revoke(options.revoke, options, terminal);
      if (options.data === undefined)
        throw new CliError(
          Exit.usage,
          "a mirror keeps its copy in a directory of its own: name it with --data DIR",
        );
      await follow(url, options.data, terminal);
    });
}

function invite(options: MirrorOptions, terminal: Terminal): void {
  const dataDir = dataDirOf(options, terminal);
  requireData(dataDir, terminal);
  const invites = require("../mirror/invites") as typeof import("../mirror/invites");
  const { makeRecoveryCode, readKeys } = require("../backup/keyfile") as typeof import("../backup/keyfile");
  const { readConfig } = require("../config/config") as typeof import("../config/config");
  const configured = options.config === undefined ? undefined : readConfig(options.config).mirror;
  const port = options.port === undefined ? configured?.port : Number(options.port);
  if (port !== undefined && !(port >= 1 && port <= 65535))
    throw new CliError(Exit.usage, `--port ${options.port}: expected a number from 1 to 65535`);
  if (!readKeys(dataDir).backupKey) makeRecoveryCode(dataDir, (code) => printRecoveryCode(code, terminal));
  const made = invites.invite(dataDir, { name: options.name, host: options.host ?? configured?.host, port });
  const host = options.host ?? configured?.host ?? ownAddress();
  terminal.say(
    `${made.name} is invited: on the other machine run 'avnode mirror --data DIR' and give it this URL, which is shown once`,
  );
  terminal.print(invites.mirrorUrl({ host, port: made.port, secret: Buffer.from(made.secret, "hex") }));
}

function revoke(name: string, options: MirrorOptions, terminal: Terminal): void {
  const dataDir = dataDirOf(options, terminal);
  requireData(dataDir, terminal);
  const invites = require("../mirror/invites") as typeof import("../mirror/invites");
  invites.revoke(dataDir, name);
  terminal.print(`${name} gets nothing more; what it has, it keeps`);
}

async function follow(given: string | undefined, dir: string, terminal: Terminal): Promise<void> {
  const { parseMirrorUrl } = require("../mirror/invites") as typeof import("../mirror/invites");
  const { follow: run } = require("../mirror/follow") as typeof import("../mirror/follow");
  const { readSecret, writeSecret } = require("../store/secretfile") as typeof import("../store/secretfile");
  const kept = join(dir, "mirror.url");
  if (given !== undefined)
    terminal.say(
      "the URL holds the mirror's secret, and others on this machine can see a command line: leave it out, and it is asked for",
    );
  const known =
    given ??
    terminal.env.AVNODE_MIRROR_URL ??
    (existsSync(kept) ? readSecret(kept, "MIRROR_URL") : undefined);
  const url = known ?? (await askSecret(terminal, "URL that 'avnode mirror --invite' printed on the hub: "));
  const address = parseMirrorUrl(url);
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  let told: string | undefined;
  await run({
    dir,
    address,
    signal: stop.signal,
    onConnected: (connected, why) => {
      // The secret is kept here, so that the next start needs no URL on a command line that others can see.
      if (connected && (given !== undefined || known === undefined)) writeSecret(kept, `${url}\n`);
      if (connected) terminal.say(`mirroring ${address.host}:${address.port} into ${dir} · stop with Ctrl-C`);
      else if (why !== told) terminal.say(`not connected, trying again: ${why}`);
      told = why;
    },
    onKeyring: () =>
      terminal.say(
        "the hub has another sealed keyring than before: if you neither renewed the recovery code nor restored it, it was broken into. The one before is kept",
      ),
    onTaken: ({ lagMs, frames }) =>
      terminal.print(`${counted(frames, "frame")} · ${(lagMs / 1000).toFixed(1)} s behind`),
  });
}

/** As the house's network knows this machine. */
function ownAddress(): string {
  for (const addresses of Object.values(networkInterfaces()))
    for (const { family, internal, address } of addresses ?? [])
      if (family === "IPv4" && !internal) return address;
  return hostname();
}
