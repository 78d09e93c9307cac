/** `avnode simulate`: one seed, or many. */
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { CliError, Exit, type Terminal } from "../../../gateway/cli/terminal";
import { table } from "../../../gateway/cli/text";
import { FAULTS, parseFaults } from "./faults";
import type { Outcome } from "./simulate";

interface Options {
  seed?: string;
  hours: string;
  faults?: string;
  runs: string;
  workers?: string;
  json?: boolean;
  trace?: boolean;
}

/** Three minutes: long enough that every fault strikes a few times. */
const SHORT_HOURS = "0.05";
const MAX_HOURS = 1000;

export function addSimulate(program: Command, terminal: Terminal): void {
  const rows = Object.entries(FAULTS).map(([name, what]) => [`  ${name}`, what]);
  program
    .command("simulate")
    .description(
      "attack the whole system in virtual time, with faults that a seed decides, and check its promises",
    )
    .option("--seed <n>", "what decides everything; without it one is drawn and told")
    .option("--hours <h>", "virtual hours of trouble", SHORT_HOURS)
    .option("--faults <names>", "only these, separated by commas; with a minus before each, all but these")
    .option("--runs <n>", "so many seeds, counting up", "1")
    .option("--workers <n>", "processes to share the seeds among; by default one per core")
    .option("--json", "print a line of JSON per seed")
    .option("--trace", "tell every event on stderr (one seed)")
    .addHelpText(
      "after",
      `\nFaults (a seed meets about half of those asked for):\n${rows.map(([n, w]) => `${n!.padEnd(13)} ${w}`).join("\n")}`,
    )
    .action((options: Options) => run(options, terminal));
}

/** @throws CliError with exit 1 when a seed failed */
async function run(options: Options, terminal: Terminal): Promise<void> {
  // The simulator is large, and other commands need nothing of it.
  const { simulateRuns, spawnSelf } = require("./runs") as typeof import("./runs");
  const seed =
    options.seed === undefined ? Math.floor(Math.random() * 1e9) : whole("--seed", options.seed, 0);
  const runs = whole("--runs", options.runs, 1);
  const hours = Number(options.hours);
  if (!(hours > 0 && hours <= MAX_HOURS))
    throw new CliError(Exit.usage, `--hours ${options.hours}: give a number above 0, ${MAX_HOURS} at most`);
  const workers =
    options.workers === undefined ? availableParallelism() : whole("--workers", options.workers, 1);
  const faults = chosen(options.faults);
  const common = [
    "--hours",
    String(hours),
    ...(options.faults === undefined ? [] : ["--faults", options.faults]),
  ];
  const bar = terminal.progress("simulating");
  const outcomes: Outcome[] = [];
  await simulateRuns({
    ...{ seed, hours, faults, runs, workers },
    trace: options.trace && runs === 1 ? (line) => terminal.say(line) : undefined,
    spawnWorker: (from, count) =>
      spawnSelf([
        "simulate",
        "--seed",
        `${from}`,
        "--runs",
        `${count}`,
        "--workers",
        "1",
        "--json",
        ...common,
      ]),
    onOutcome(outcome) {
      outcomes.push(outcome);
      bar.update(outcomes.length, runs);
      if (options.json) terminal.json(outcome);
      if (!outcome.ok) tell(outcome, common, terminal);
    },
  }).finally(() => bar.stop());
  if (!options.json) summarize(outcomes, terminal);
  const failed = outcomes.filter(({ ok }) => !ok).length;
  if (failed > 0) throw new CliError(Exit.no, `${failed} of ${runs} seeds failed`);
}

function chosen(text: string | undefined) {
  try {
    return parseFaults(text ?? "all");
  } catch (error) {
    throw new CliError(Exit.usage, `--faults: ${(error as Error).message}`);
  }
}

function tell({ seed, violations, handhelds, faults }: Outcome, common: string[], terminal: Terminal): void {
  terminal.say(`seed ${seed} fails (${handhelds} handhelds; ${faults.join(", ") || "no faults"}):`);
  for (const { at, what } of violations) terminal.say(`  ${(at / 1000).toFixed(3)} s: ${what}`);
  terminal.say(`  once more: npx avnode simulate --seed ${seed} ${common.join(" ")} --trace`);
}

function summarize(outcomes: Outcome[], terminal: Terminal): void {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes)
    for (const [kind, count] of Object.entries(outcome.counts)) counts[kind] = (counts[kind] ?? 0) + count;
  const rows = Object.entries(counts)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, count]) => [kind, String(count)]);
  for (const line of table(["WHAT", "HOW OFTEN"], rows)) terminal.print(line);
  const [first] = outcomes;
  if (outcomes.length === 1) terminal.print(`event hash of seed ${first!.seed}: ${first!.hash}`);
  if (outcomes.every(({ ok }) => ok))
    terminal.print(`${outcomes.length} of ${outcomes.length} seeds kept every promise`);
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && /^\d+$/.test(text)) return value;
  throw new CliError(Exit.usage, `${option} ${text}: give a whole number, ${least} or more`);
}
