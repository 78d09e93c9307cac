/** The program's commands, and how it ends. */
import { Command, CommanderError } from "commander";
import { addAdopt } from "./adopt";
import { addAlerts } from "./alerts";
import { addAnalyze } from "./analyze";
import { addBackup } from "./backup";
import { addCheckpoint } from "./checkpoint";
import { addClaim } from "./claim";
import { addDevices } from "./devices";
import { addExport } from "./exporting";
import { addFindings } from "./findings";
import { addForget } from "./forget";
import { addForm } from "./form";
import { addMakers } from "./makers";
import { addMirror } from "./mirror";
import { addName } from "./naming";
import { addOutbox } from "./outbox";
import { addPapers } from "./papers";
import { addPassword } from "./password";
import { addProof } from "./proof";
import { addRecord } from "./record";
import { addRecordings } from "./recordings";
import { addReport } from "./report";
import { addRestore } from "./restore";
import { addRevocations } from "./revocations";
import { addScore } from "./score";
import { addService } from "./service";
import { addShow } from "./show";
import { addStart, type StartDemo } from "./start";
import { addStatus } from "./status";
import { Exit, Terminal } from "./terminal";
import { addTrust } from "./trust";
import { addUpdate } from "./update";
import { addVerify } from "./verify";

/** What the tools add to the gateway's commands. */
export interface Extras {
  startDemo?: StartDemo;
  /** Adds commands of its own. */
  add?(program: Command, terminal: Terminal): void;
}

/** Runs the command line. @returns the exit code */
export async function run(
  argv: string[],
  version: string,
  extras: Extras = {},
  terminal = new Terminal(),
): Promise<number> {
  let exit: number = Exit.done;
  const program = new Command("avnode")
    .description("open, local-first path from a handheld ECG monitor to a recording that its owner keeps")
    .version(version)
    .helpCommand(false)
    .addHelpText("after", "\nExit codes: 0 done, 1 the answer is no, 2 wrong use, 3 could not be done.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(usageError(text)),
    });
  // Inherited by every command that is added from here on.
  program.configureHelp({ showGlobalOptions: true });
  const setExit = (code: number) => {
    exit = code;
  };
  addStart(program, terminal, version, extras.startDemo);
  addService(program, terminal);
  addStatus(program, terminal);
  addClaim(program, terminal);
  addDevices(program, terminal);
  addMakers(program, terminal);
  addPapers(program, terminal);
  addRevocations(program, terminal);
  addName(program, terminal);
  addUpdate(program, terminal);
  addRecord(program, terminal);
  addRecordings(program, terminal);
  addShow(program, terminal);
  addFindings(program, terminal, setExit);
  extras.add?.(program, terminal);
  addAdopt(program, terminal);
  addExport(program, terminal);
  addReport(program, terminal);
  addForm(program, terminal);
  addOutbox(program, terminal);
  addAlerts(program, terminal);
  addProof(program, terminal);
  addTrust(program, terminal);
  addCheckpoint(program, terminal);
  addPassword(program, terminal);
  addVerify(program, terminal, setExit);
  addAnalyze(program, terminal, setExit);
  addScore(program, terminal, setExit);
  addForget(program, terminal);
  addBackup(program, terminal, setExit);
  addRestore(program, terminal, setExit);
  addMirror(program, terminal);
  // A command's own --version would be the program's otherwise. Set last: it is not for commands to inherit.
  program.enablePositionalOptions();
  try {
    await program.parseAsync(argv, { from: "user" });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.done : Exit.usage;
    return terminal.fail(error);
  }
}

/** commander's `error: unknown option '--x'` in our voice. */
function usageError(text: string): string {
  const [line, ...rest] = text.trimEnd().split("\n");
  const hint = rest
    .join(" ")
    .trim()
    .replace(/^\((.*)\)$/, "$1");
  return `avnode: ${line!.replace(/^error: /, "")}; ${hint === "" ? "'avnode --help' lists what there is" : hint}\n`;
}
