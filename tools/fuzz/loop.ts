/** Drives one target: runs inputs, keeps those that reach something new, and changes what it kept. */
import { createHash } from "node:crypto";
import { Random } from "../sim/random";
import { begin, end, exceeded, Seen, TooManySteps } from "./coverage";
import { Mutator } from "./mutate";
import type { Target } from "./target";

/** So often the clock is looked at. */
const CLOCK_EVERY = 64;
const DEFAULT_MAX_BYTES = 4096;
const DEFAULT_MAX_STEPS = 1_000_000;

export interface Crash {
  target: string;
  /** What was thrown, or why the input was stopped. */
  message: string;
  input: Uint8Array;
}

export interface Outcome {
  target: string;
  inputs: number;
  /** Of those, how many were read and not refused. */
  read: number;
  seconds: number;
  edges: number;
  /** SHA-256 over all inputs run: the same for the same seed and number of inputs. */
  hash: string;
  crashes: Crash[];
  /** The fewest and shortest inputs found that take every branch that was taken. */
  corpus: Uint8Array[];
}

export interface Bounds {
  seed: string;
  /** Inputs, the initial ones included. */
  runs: number;
  seconds: number;
  /** Different crashes after which to stop. */
  crashes: number;
}

/** What an input did, as far as it matters here. */
export type Verdict = { read: boolean } | { crash: string };

/** Runs one input. */
export async function runOnce(target: Target, input: Uint8Array): Promise<Verdict> {
  begin(target.maxSteps ?? DEFAULT_MAX_STEPS);
  try {
    const read = target.run(input);
    const verdict = { read: typeof read === "boolean" ? read : await read };
    if (exceeded()) throw new TooManySteps("took too many branches");
    return verdict;
  } catch (error) {
    const { code } = error as { code?: unknown };
    const refused = typeof code === "string" && target.codes.test(code) && !exceeded();
    return refused ? { read: false } : { crash: describe(error) };
  } finally {
    end();
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const { code } = error as { code?: unknown };
  return `${error.name}${code === undefined ? "" : ` ${String(code)}`}: ${error.message}`;
}

/** Two inputs crash alike when what they threw differs in numbers and bytes only. */
function kindOf(message: string): string {
  return message.replace(/[0-9a-f]{6,}|\d+/g, "#").slice(0, 120);
}

/**
 * @param kept inputs of earlier runs, beside the target's seeds
 * @param watch is told of every input before it runs
 */
export async function fuzz(
  target: Target,
  kept: Uint8Array[],
  words: Uint8Array[],
  bounds: Bounds,
  watch: (input: Uint8Array) => void,
): Promise<Outcome> {
  const maxBytes = target.maxBytes ?? DEFAULT_MAX_BYTES;
  const random = new Random(`${bounds.seed} ${target.name}`);
  const own = (target.words ?? []).map((word) => Buffer.from(word));
  // Half of the words tried are the target's own, if it has any.
  while (own.length > 0 && own.length < words.length) own.push(...own);
  const mutator = new Mutator(random, [...own, ...words], maxBytes);
  const first = [...target.seeds(), ...kept].filter(({ length }) => length <= maxBytes);
  const seen = new Seen();
  const hash = createHash("sha256");
  const length = Buffer.alloc(4);
  const kinds = new Set<string>();
  const corpus: Uint8Array[] = [];
  /** Of those, what was read: what is refused early hides what comes later. */
  const good: Uint8Array[] = [];
  const crashes: Crash[] = [];
  const began = process.hrtime.bigint();
  const elapsed = () => Number(process.hrtime.bigint() - began) / 1e9;
  const pick = (): Uint8Array => {
    const from = random.chance(0.5) && good.length > 0 ? good : corpus;
    if (from.length === 0) return new Uint8Array(0);
    // The newest third gets as much as all together.
    const newest = random.chance(0.5) ? Math.ceil(from.length / 3) : from.length;
    return from[from.length - 1 - random.int(newest)]!;
  };
  let inputs = 0;
  let read = 0;
  while (inputs < bounds.runs && crashes.length < bounds.crashes) {
    if (inputs >= first.length && inputs % CLOCK_EVERY === 0 && elapsed() >= bounds.seconds) break;
    const input = first[inputs] ?? mutator.mutate(pick(), pick());
    inputs++;
    watch(input);
    length.writeUInt32BE(input.length);
    hash.update(length).update(input);
    const verdict = await runOnce(target, input);
    if ("crash" in verdict) {
      const kind = kindOf(verdict.crash);
      if (!kinds.has(kind)) crashes.push({ target: target.name, message: verdict.crash, input });
      kinds.add(kind);
    } else {
      if (verdict.read) read++;
      if (!seen.add()) continue;
      corpus.push(input);
      if (verdict.read) good.push(input);
    }
  }
  return {
    target: target.name,
    inputs,
    read,
    seconds: elapsed(),
    edges: seen.edges,
    hash: hash.digest("hex"),
    crashes,
    corpus: await essence(target, corpus),
  };
}

/** Of inputs that did not crash, those needed to take every branch that they take together, short ones first. */
async function essence(target: Target, corpus: Uint8Array[]): Promise<Uint8Array[]> {
  const seen = new Seen();
  const needed: Uint8Array[] = [];
  for (const input of corpus.toSorted((a, b) => a.length - b.length)) {
    const before = seen.edges;
    await runOnce(target, input);
    seen.add();
    if (seen.edges > before) needed.push(input);
  }
  return needed;
}
