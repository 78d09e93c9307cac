/** What is typed at a station, by whoever stands there or by a scanner: one slot asks at a time, the others wait. */
import { createInterface } from "node:readline";
import type { Terminal } from "../../gateway/cli/terminal";

/** @param begun called when the lines go to this asker; @returns lines typed from then on */
export type Typed = (begun: () => void) => AsyncIterable<string>;

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
  return async function* (begun) {
    const before = turn;
    let done = () => {};
    turn = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    try {
      begun();
      while (!ended) {
        const line = await new Promise<string | undefined>((resolve) => {
          take = resolve;
        });
        if (line !== undefined) yield line;
      }
    } finally {
      take = () => {};
      done();
    }
  };
}

/** @returns whether the answer was yes; no when nothing is typed any more */
export async function isYes(lines: AsyncIterable<string>): Promise<boolean> {
  for await (const line of lines) {
    const [letter] = line.trim().toLowerCase();
    if (letter === "y" || letter === "n") return letter === "y";
  }
  return false;
}
