/** `avnode factory evidence` and `avnode factory check-evidence`. */
import { readFileSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import type { Command } from "commander";
import { askSecret } from "../../gateway/cli/asking";
import { CliError, Exit, type Terminal } from "../../gateway/cli/terminal";
import { counted, printable } from "../../gateway/cli/text";
import { MAKER_PASSPHRASE } from "./passphrases";

interface EvidenceOptions {
  batch?: string;
  output?: string;
  keys?: string;
  json?: boolean;
}

export function addEvidence(factory: Command, terminal: Terminal): void {
  factory
    .command("evidence <station>")
    .description("write what a security review asks of a batch: signed JSON, and Markdown to read")
    .option("--batch <name>", "which (default: the one that the station makes now)")
    .option(
      "-o, --output <file>",
      "JSON to write (default: evidence-BATCH.json, in the station's folder); the Markdown lies beside it",
    )
    .option("--keys <dir>", "folder of the maker's keys (default: keys, in the station's folder)")
    .option("--json", "print JSON")
    .action((station: string, options: EvidenceOptions) => evidence(station, options, terminal));
  factory
    .command("check-evidence <file>")
    .description("verify an evidence file: the maker's signature, and each line's place in the station's log")
    .option("--json", "print JSON")
    .action((file: string, options: { json?: boolean }) => check(file, options, terminal));
}

async function evidence(station: string, options: EvidenceOptions, terminal: Terminal): Promise<void> {
  const { canonical, gatherEvidence } = require("./evidence") as typeof import("./evidence");
  const { evidenceMarkdown } = require("./evidencetext") as typeof import("./evidencetext");
  const { openStationMaker } = require("./maker") as typeof import("./maker");
  const { readStation } = require("./station") as typeof import("./station");
  const { saveFiles } = require("../../gateway/export/save") as typeof import("../../gateway/export/save");
  const dir = resolve(station);
  const keys = options.keys ?? join(dir, "keys");
  // Before anything is asked.
  readStation(dir);
  const maker = openStationMaker(dir, keys, await askSecret(terminal, MAKER_PASSPHRASE));
  const found = gatherEvidence(dir, maker, Date.now(), options.batch);
  const name = `evidence-${found.batch.replace(/[^0-9A-Za-z.-]/g, "_")}.json`;
  const file = resolve(options.output ?? join(dir, name));
  const readable = `${extname(file) === "" ? file : file.slice(0, -extname(file).length)}.md`;
  if (readable === file)
    throw new CliError(Exit.usage, `${file} would be the Markdown beside it: end the file's name in .json`);
  const contents = [`${canonical(found)}\n`, evidenceMarkdown(found, basename(file))];
  saveFiles(
    [file, readable].map((path, i) => ({
      file: { name: path, pieces: () => [Buffer.from(contents[i]!)] },
      path,
    })),
  );
  const { unitsPassed, turns } = found.figures;
  if (options.json) terminal.json({ file, readable, batch: found.batch, unitsPassed, turns });
  else for (const path of [file, readable]) terminal.print(path);
  terminal.say(`batch ${found.batch}: ${counted(unitsPassed, "unit")} passed in ${counted(turns, "turn")}`);
  for (const problem of found.log.problems) terminal.say(`the station's log: ${problem}`);
}

/** @throws CliError */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(
      Exit.failed,
      `cannot read the evidence: ${(error as Error).message}; name the JSON that 'avnode factory evidence' wrote`,
    );
  }
}

function check(file: string, { json }: { json?: boolean }, terminal: Terminal): void {
  const { evidenceProblems } = require("./evidencecheck") as typeof import("./evidencecheck");
  const { fingerprintOf } =
    require("../../gateway/store/makers") as typeof import("../../gateway/store/makers");
  const { evidence: found, problems } = evidenceProblems(textOf(file));
  const { batch, makerKey, figures } = found;
  if (json) terminal.json({ file, batch, makerKey, problems });
  else
    terminal.print(
      `batch ${printable(batch)}: ${counted(figures.unitsPassed, "unit")}, ${counted(found.lines.length, "line")} with their proofs; ${found.log.size - found.lines.length} more in the log, of other batches by the maker's word`,
    );
  terminal.say(
    `maker ${makerKey}, fingerprint ${fingerprintOf(Buffer.from(makerKey, "hex"))}: compare it with the maker's papers`,
  );
  if (problems.length > 0) throw new CliError(Exit.no, `${file} shows nothing: ${problems.join("; ")}`);
}
