/** What is typed at a station, by whoever stands there or by a scanner: one slot asks at a time, the others wait. */
import { createInterface } from "node:readline";
import type { Terminal } from "../../gateway/cli/terminal";
import { UnitFailure } from "./steps";

/** From a question's showing on; while it stands, no other slot can ask. */
export const ANSWER_MINUTES = 5;

/**
 * @param begun called when the lines go to this asker
 * @param signal ends the asking: the unit that it is about is gone
 * @returns lines typed from then on; throws UnitFailure E13 when the time for an answer is over
 */
export type Typed = (begun: () => void, signal: AbortSignal) => AsyncIterable<string>;

/** From here on the terminal's input is read by nobody else. */
export function typedLines({ stdin }: Terminal): Typed {
  const lines = createInterface({ input: stdin, terminal: false });
  let take: (line: string | undefined) => void = () => {};
  let ended = false;
  // What is typed while nobody asks is for nobody.
  lines.on("line", (line) => take(line));
  lines.on("close", () => {
    ended = true;
    take(undefined);
  });
  let turn = Promise.resolve();
  return async function* (begun, signal) {
    const before = turn;
    let done = () => {};
    turn = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_MINUTES * 60_000);
    const over = AbortSignal.any([signal, late.signal]);
    over.addEventListener("abort", () => take(undefined));
    try {
      if (!over.aborted) begun();
      while (!ended && !over.aborted) {
        const line = await new Promise<string | undefined>((resolve) => {
          take = resolve;
        });
        if (line !== undefined) yield line;
      }
      if (late.signal.aborted) throw unanswered(`nobody answered within ${ANSWER_MINUTES} minutes`);
    } finally {
      clearTimeout(timer);
      take = () => {};
      done();
    }
  };
}

/** It is no "no": nobody has seen what was asked for. */
const unanswered = (why: string) => new UnitFailure("E13", why);

/** Where the input is at its end. */
export const nothingTyped = () => unanswered("nothing can be typed any more");

/** @returns whether the answer was yes; @throws UnitFailure E13 when there is none */
export async function isYes(lines: AsyncIterable<string>): Promise<boolean> {
  for await (const line of lines) {
    // A label that is scanned meanwhile is no answer.
    const answer = line.trim().toLowerCase();
    if (/^(?:y|yes|n|no)$/.test(answer)) return answer.startsWith("y");
  }
  throw nothingTyped();
}
