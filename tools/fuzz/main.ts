/**
 * `npm run fuzz -- [target…] [--runs N | --seconds S] [--seed N]`: coverage-guided fuzzing of every decoder of bytes
 * that come from outside. Results on stdout, everything else on stderr. Exit codes: 0 nothing found, 1 a crash found,
 * 2 wrong use, 3 it could not be done.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleTargets } from "./bundle";
import { readCorpus, writeCorpus } from "./corpus";
import { type Crash, type Outcome, runOnce } from "./loop";
import { runTarget } from "./session";
import type { Target } from "./target";

const ROOT = join(__dirname, "../..");
const FOUND = 1;
const WRONG_USE = 2;
const FAILED = 3;
const DEFAULT_SECONDS = 60;
/** More different crashes of one target than this tell nobody more. */
const MAX_CRASHES = 8;
const USAGE =
  "npm run fuzz -- [target…] [--runs N | --seconds S] [--seed N] [--keep] [--json] [--replay FILE]";

class WrongUse extends Error {}

function positive(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new WrongUse(`--${name} ${text} is no number above 0`);
  return value;
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      /** Inputs to each target. */
      runs: { type: "string" },
      /** Time of all targets together. */
      seconds: { type: "string" },
      seed: { type: "string" },
      /** Writes what was found worth keeping to the corpus. */
      keep: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      /** Runs the input in this file, with the stack of what it throws. */
      replay: { type: "string" },
      /** Where inputs that crash are written. */
      crashes: { type: "string", default: join(ROOT, "fuzz-crashes") },
      corpus: { type: "string", default: join(ROOT, "test/fuzz/corpus") },
      /** File that exports the targets. */
      targets: { type: "string", default: join(__dirname, "targets/index.ts") },
      /** An input that takes so many seconds hangs. */
      hang: { type: "string", default: "20" },
    },
  });
  const runs = positive(values.runs, "runs");
  const seconds = positive(values.seconds, "seconds");
  if (runs !== undefined && seconds !== undefined) throw new WrongUse("give --runs or --seconds, not both");
  if (values.replay !== undefined && positionals.length !== 1)
    throw new WrongUse("--replay wants the one target that the file is for");
  return {
    ...values,
    names: positionals,
    runs: runs ?? Number.POSITIVE_INFINITY,
    seconds: seconds ?? (runs === undefined ? DEFAULT_SECONDS : Number.POSITIVE_INFINITY),
    seed: values.seed ?? String(Date.now() % 1_000_000),
    hangMs: positive(values.hang, "hang")! * 1000,
    entry: resolve(values.targets),
  };
}

type Arguments = ReturnType<typeof readArguments>;

function chosen(targets: Target[], names: string[]): Target[] {
  for (const name of names)
    if (!targets.some((target) => target.name === name)) {
      const known = targets.map((target) => target.name).join(", ");
      throw new WrongUse(`there is no target "${name}"; targets: ${known}`);
    }
  return names.length === 0 ? targets : targets.filter(({ name }) => names.includes(name));
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function replay(target: Target, file: string): Promise<void> {
  const verdict = await runOnce(target, readFileSync(file));
  if ("crash" in verdict) {
    console.log(`${target.name}: ${verdict.crash}`);
    process.exitCode = FOUND;
    // Once more, and nothing catches what it throws.
    await target.run(readFileSync(file));
    return;
  }
  console.log(`${target.name}: ${verdict.read ? "read" : "refused"}`);
}

/** @returns the line that says what was found, and how to see it again */
function save({ target, message, input }: Crash, args: Arguments): string {
  mkdirSync(args.crashes, { recursive: true });
  const name = `${target}-${createHash("sha256").update(input).digest("hex").slice(0, 12)}.bin`;
  const file = join(args.crashes, name);
  writeFileSync(file, input);
  const shown = relative(process.cwd(), file);
  return `${target}: ${message}\n  ${input.length} bytes in ${shown}; replay: npm run fuzz -- ${target} --replay ${shown}`;
}

const grouped = (value: number) => Math.round(value).toLocaleString("en");

function lineOf({ target, inputs, read, seconds, edges, corpus, crashes }: Outcome): string {
  const share = ((100 * read) / inputs).toFixed(0);
  return [
    target.padEnd(16),
    `${grouped(inputs)} inputs`.padStart(18),
    `${grouped(inputs / seconds)}/s`.padStart(12),
    `${share} % read`.padStart(10),
    `${edges} edges`.padStart(11),
    `${corpus.length} kept`.padStart(9),
    `${crashes.length} crashes`.padStart(11),
  ].join("");
}

async function fuzzAll(targets: Target[], args: Arguments): Promise<void> {
  const bundle = await bundleTargets(args.entry);
  console.error(`seed ${args.seed}, ${targets.length} targets, ${grouped(bundle.edges)} edges instrumented`);
  const outcomes: Outcome[] = [];
  for (const { name } of targets) {
    const outcome = await runTarget(bundle, {
      target: name,
      bounds: {
        seed: args.seed,
        runs: args.runs,
        seconds: args.seconds / targets.length,
        crashes: MAX_CRASHES,
      },
      kept: readCorpus(args.corpus, name),
      hangMs: args.hangMs,
      progress: (inputs) => progress(`${name}: ${grouped(inputs)} inputs`),
    });
    progress("");
    outcomes.push(outcome);
    if (!args.json) console.log(lineOf(outcome));
    for (const crash of outcome.crashes) console.error(save(crash, args));
    if (args.keep) writeCorpus(args.corpus, name, outcome.corpus);
  }
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((all, one) => all + of(one), 0);
  const crashes = sum((one) => one.crashes.length);
  if (args.json)
    console.log(
      JSON.stringify({
        seed: args.seed,
        targets: outcomes.map(({ corpus, crashes: found, ...rest }) => ({
          ...rest,
          kept: corpus.length,
          crashes: found.map(({ message, input }) => ({
            message,
            input: Buffer.from(input).toString("hex"),
          })),
        })),
      }),
    );
  else console.log(`${grouped(sum((one) => one.inputs))} inputs, ${crashes} crashes, seed ${args.seed}`);
  if (crashes > 0) process.exitCode = FOUND;
}

async function main(): Promise<void> {
  try {
    const args = readArguments();
    const { targets } = require(args.entry) as { targets: Target[] };
    const wanted = chosen(targets, args.names);
    if (args.replay === undefined) await fuzzAll(wanted, args);
    else await replay(wanted[0]!, args.replay);
  } catch (error) {
    const wrong =
      error instanceof WrongUse || /^ERR_PARSE_ARGS/.test((error as { code?: string }).code ?? "");
    console.error(wrong ? `fuzz: ${(error as Error).message}\nhint: ${USAGE}` : error);
    if (wrong) process.exitCode = WRONG_USE;
    else process.exitCode ??= FAILED;
  }
}

void main();
