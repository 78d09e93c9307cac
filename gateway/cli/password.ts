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
  if (!terminal.stdin.isTTY) return firstLine(terminal);
  const [first, again] = await hidden([prompt, "once more: "], terminal);
  if (first === again) return first!;
  throw new CliError(Exit.usage, "the two passwords differ: nothing was changed; run it again");
}

/** What a file ends with is no part of a password. */
async function firstLine({ stdin }: Terminal): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8").split(/\r?\n/)[0]!;
}

/** Reads lines of the terminal that show none of what is typed. */
function hidden(prompts: string[], { stdin, stderr }: Terminal): Promise<string[]> {
  const { createInterface } = require("node:readline") as typeof import("node:readline");
  const { Writable } = require("node:stream") as typeof import("node:stream");
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Before the first prompt, and over all of them: the terminal itself echoes what is typed outside.
  const typed = createInterface({ input: stdin, output: nowhere, terminal: true });
  const lines: string[] = [];
  stderr.write(prompts[0]!);
  return new Promise((done, failed) => {
    typed.on("line", (line) => {
      lines.push(line);
      stderr.write("\n");
      if (lines.length < prompts.length) return stderr.write(prompts[lines.length]!);
      done(lines);
      return typed.close();
    });
    typed.on("close", () =>
      failed(new CliError(Exit.usage, "no password was given: nothing was changed; run it again")),
    );
  });
}
