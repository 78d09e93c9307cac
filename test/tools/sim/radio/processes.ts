/** Processes of a test that talk in lines; they end with their stdin, and with the test whatever happens. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const WAIT_LIMIT_MS = 60_000;

/** What a line said; each test knows what its processes say. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of the test's own processes
type Line = any;

export class LineProcess {
  readonly lines: Line[] = [];
  private readonly child: ChildProcessWithoutNullStreams;
  private complaints = "";

  /** @param script TypeScript, relative to the repository */
  constructor(script: string, ...parameters: string[]) {
    const root = join(__dirname, "../../../..");
    this.child = spawn(
      process.execPath,
      ["-r", "ts-node/register/transpile-only", join(root, script), ...parameters],
      {
        cwd: root,
      },
    );
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.lines.push(line.startsWith("{") ? JSON.parse(line) : line);
    });
    this.child.stderr.on("data", (chunk) => {
      this.complaints += chunk;
    });
  }

  /** @returns the first line, old or new, that satisfies */
  async line(what: string, satisfies: (line: Line) => boolean): Promise<Line> {
    const untilMs = Date.now() + WAIT_LIMIT_MS;
    for (;;) {
      const found = this.lines.find(satisfies);
      if (found !== undefined) return found;
      if (Date.now() > untilMs) {
        throw new Error(`no ${what}; last ${JSON.stringify(this.lines.at(-1))}; ${this.complaints}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  write(line: unknown): void {
    this.child.stdin.write(`${JSON.stringify(line)}\n`);
  }

  /** SIGKILL, and waits until it is dead. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const dead = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await dead;
  }
}
