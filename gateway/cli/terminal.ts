/**
 * The program's voice, stated once. Results go to stdout, everything else to stderr. An error is one lower-case line:
 * `avnode: <what failed>: <why>; <what to do>`. Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 could not be done.
 */
import type { SingleBar } from "cli-progress";
import { printable } from "./text";

export const Exit = { done: 0, no: 1, usage: 2, failed: 3 } as const;

/** An error that knows its exit code. */
export class CliError extends Error {
  constructor(
    readonly exit: number,
    message: string,
  ) {
    super(message);
  }
}

export interface Progress {
  update(done: number, total: number): void;
  stop(): void;
}

export class Terminal {
  /** What is to be said when the bar is gone, which would wipe it out; undefined while there is no bar. */
  private held: string[] | undefined;

  constructor(
    readonly stdout: NodeJS.WriteStream = process.stdout,
    readonly stderr: NodeJS.WriteStream = process.stderr,
    readonly env: NodeJS.ProcessEnv = process.env,
    readonly stdin: NodeJS.ReadStream = process.stdin,
  ) {}

  /** A line of the result. */
  print(line: string): void {
    this.stdout.write(`${line}\n`);
  }

  /** The whole result, for a program. Bytes become hex. What would draw over a terminal is escaped, and nothing lost. */
  json(value: unknown): void {
    const text = JSON.stringify(value, function (this: Record<string, unknown>, key: string, plain: unknown) {
      // Buffers have turned themselves into objects by now; `this` still holds the original.
      const original = this[key];
      return original instanceof Uint8Array ? Buffer.from(original).toString("hex") : plain;
    });
    this.print(text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped));
  }

  /** Anything that is not the result. */
  say(line: string): void {
    if (this.held) this.held.push(line);
    else this.stderr.write(`${line}\n`);
  }

  /** @returns the exit code for this error, after telling it */
  fail(error: unknown): number {
    const { message, code, stack } = error as Error & { code?: string };
    if (error instanceof CliError || typeof code === "string") {
      this.say(`avnode: ${oneLine(message)}`);
      if (error instanceof CliError) return error.exit;
      // A code mistyped, a password too short, a configuration that says what cannot be.
      return /^(CLAIM_CODE|RECOVERY_CODE|CONFIG|ACCESS_PASSWORD|DEVICE_NAME)/.test(code ?? "")
        ? Exit.usage
        : Exit.failed;
    }
    this.say(
      `avnode: a defect of avnode itself: ${oneLine(message ?? String(error))}; please report it with these lines`,
    );
    if (stack) this.say(stack.split("\n").map(printable).join("\n"));
    return Exit.failed;
  }

  /**
   * Drawn only for a person who watches.
   * @param printing results come one by one: where they appear on a terminal, they are the progress
   */
  progress(label: string, printing = false): Progress {
    if (!this.stderr.isTTY || (printing && this.stdout.isTTY)) return { update() {}, stop() {} };
    let bar: SingleBar | undefined;
    return {
      update: (done, total) => {
        if (!bar) {
          // Loaded late: most commands draw no bar.
          const { SingleBar, Presets } = require("cli-progress") as typeof import("cli-progress");
          const format = `${label} {bar} {percentage} % · {eta_formatted}`;
          bar = new SingleBar(
            { format, stream: this.stderr, hideCursor: true, clearOnComplete: true },
            Presets.shades_grey,
          );
          bar.start(total, 0);
          this.held = [];
        }
        bar.update(done);
      },
      stop: () => {
        bar?.stop();
        const held = this.held ?? [];
        this.held = undefined;
        for (const line of held) this.say(line);
      },
    };
  }
}

/** As JSON has it, a pair of surrogates too. */
function escaped(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}

function oneLine(message: string): string {
  const line = printable(message.split("\n")[0]!).trim();
  // A word in capitals (WFDB, EACCES) stays.
  return /^[A-Z][a-z]/.test(line) ? line.charAt(0).toLowerCase() + line.slice(1) : line;
}
