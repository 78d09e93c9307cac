import type { Command } from "commander";
import type { PasswordRole } from "../access/passwords";
import { askNewSecrets } from "./asking";
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
      const [password] = options.remove
        ? []
        : await askNewSecrets(terminal, [`the ${role}'s new password: `]);
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
