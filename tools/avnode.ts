/** The program: the gateway's commands, and the tools' own. */
import { join } from "node:path";
import type { Command } from "commander";
import { type Extras, run } from "../gateway/cli/program";
import type { DataOption } from "../gateway/cli/reading";
import { Exit, type Terminal } from "../gateway/cli/terminal";
import { table } from "../gateway/cli/text";
import { defaultDataDir } from "../gateway/config/places";
import type { Radio } from "../gateway/radio/radio";
import { addFactory } from "./factory/command";
import { addSimulate } from "./sim/simulate/command";

// From dist/avnode.js and from tools/avnode.ts alike.
const ROOT = join(__dirname, "..");
const DEMO_RECORD = join(ROOT, "tools/sim/records/mitdb208x");
const { version } = require(join(ROOT, "package.json")) as { version: string };

// Whatever is heavy is loaded when a command needs it.
const startDemo: Extras["startDemo"] = (options) => {
  const given = { ...options, record: DEMO_RECORD };
  if (options.virtualRadio) {
    const virtual = require("./sim/virtualdemo") as typeof import("./sim/virtualdemo");
    return virtual.startVirtualDemo({ ...given, ...options.virtualRadio, openRadio: openVirtual });
  }
  const sim = require("./sim/demo") as typeof import("./sim/demo");
  return sim.startDemo(given);
};

const openVirtual = (adapter: string): Radio => {
  const { openBluetooth } = require("../gateway/radio/open") as typeof import("../gateway/radio/open");
  return openBluetooth({ adapters: [adapter] });
};

function addImport(program: Command, terminal: Terminal): void {
  program
    .command("import <record...>")
    .description(
      "play WFDB records through the whole path, as fast as it goes, into a data directory of its own",
    )
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action(async (records: string[], options: DataOption & { json?: boolean }) => {
      const { importRecords } = require("./sim/import") as typeof import("./sim/import");
      const bar = terminal.progress("importing");
      const dataDir = options.data ?? defaultDataDir("import", terminal.env);
      const result = await importRecords(records, {
        dataDir,
        progress: (done, total) => bar.update(done, total),
      }).finally(() => bar.stop());
      for (const { id } of result.recordings) analyse(dataDir, id, terminal);
      if (options.json) return terminal.json(result);
      const rows = result.recordings.map(({ id, record, leads, samples }) => [
        id,
        record,
        String(leads),
        String(samples),
      ]);
      for (const line of table(["ID", "RECORD", "LEADS", "SAMPLES"], rows)) terminal.print(line);
      terminal.say(`kept in ${dataDir}`);
    });
}

function analyse(dataDir: string, id: string, terminal: Terminal): void {
  const { analyseNow } = require("../gateway/findings/again") as typeof import("../gateway/findings/again");
  const bar = terminal.progress("analyzing");
  try {
    analyseNow(dataDir, id, (done, total) => bar.update(done, total));
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    if (!code.startsWith("ANALYSIS_")) throw error;
    bar.stop();
    terminal.say(`${id} is not analysed: ${message}`);
  } finally {
    bar.stop();
  }
}

function addTools(program: Command, terminal: Terminal): void {
  addImport(program, terminal);
  addSimulate(program, terminal);
  addFactory(program, terminal);
}

// Whoever reads no further (`| head`) wants no more; what was not told is not done.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(Exit.failed);
});

run(process.argv.slice(2), version, { startDemo, add: addTools }).then((code) => {
  process.exitCode = code;
});
