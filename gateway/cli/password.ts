import type { Command } from "commander";
import type { PasswordRole } from "../access/passwords";
import { type DataOption, dataDirOf } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

interface PasswordOptions extends DataOption {
  viewer?: boolean;
  remove?: boolean;
}

export function addPassword(program: Command, terminal: Terminal): void {
  program
    .command("password")
    .description("set the owner's password for page and API: asked twice, or read from standard input")
    .option("--viewer", "a viewer's, who may look and change nothing")
    .option("--remove", "remove it; without the owner's, page and API are this machine's alone")
    .option("--data <dir>", "data directory")
    .action(async (options: PasswordOptions) => {
      const { openAccess } = require("../access/database") as typeof import("../access/database");
      const { Passwords } = require("../access/passwords") as typeof import("../access/passwords");
      const role: PasswordRole = options.viewer ? "viewer" : "owner";
      const dataDir = dataDirOf(options, terminal);
      const password = options.remove ? undefined : await ask(`the ${role}'s new password: `, terminal);
      const db = openAccess(dataDir);
      try {
        const passwords = new Passwords(db);
        if (password !== undefined) await passwords.set(role, password);
        else if (!passwords.remove(role))
          throw new CliError(Exit.no, `cannot remove the ${role}'s password: there is none in ${dataDir}`);
      } finally {
        db.close();
      }
      const whose = role === "owner" ? "all sessions are" : "a viewer's sessions are";
      terminal.say(`the ${role}'s password is ${options.remove ? "removed" : "set"}; ${whose} ended`);
    });
}

async function ask(prompt: string, terminal: Terminal): Promise<string> {
  if (!process.stdin.isTTY) return firstLine();
  const first = await hidden(prompt, terminal);
  if ((await hidden("once more: ", terminal)) === first) return first;
  throw new CliError(Exit.usage, "the two passwords differ: nothing was changed; run it again");
}

/** The first line alone: what a file ends with is no part of a password. */
async function firstLine(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8").split(/\r?\n/)[0]!;
}

/** Reads a line of the terminal that shows none of it. */
function hidden(prompt: string, terminal: Terminal): Promise<string> {
  const { createInterface } = require("node:readline") as typeof import("node:readline");
  const { Writable } = require("node:stream") as typeof import("node:stream");
  terminal.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  return new Promise((done, failed) => {
    line.once("line", (text) => {
      done(text);
      line.close();
    });
    line.once("close", () => {
      terminal.stderr.write("\n");
      failed(new CliError(Exit.usage, "no password was given: nothing was changed"));
    });
  });
}
