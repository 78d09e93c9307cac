/** The real Espruino interpreter (its build for Linux) as a child process: one script to its end, or a session over stdio. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const BINARY = process.env.AVNODE_ESPRUINO;

/** Skips the suite by name where there is no interpreter. */
export function skipUnlessInterpreter(context: Mocha.Context): void {
  if (BINARY) return;
  console.log("      skipped: AVNODE_ESPRUINO is not set (the path of an Espruino 2v29 built for Linux)");
  context.skip();
}

/** What the interpreter says when something of ours failed; that a tag does not verify is an answer like any other. */
const TROUBLE =
  /^(?:Uncaught |(?:New i|I)nterpreter error|Execution Interrupted|ERROR: (?!Authenticated)|ASSERT)/;
/** What it keeps of its flash, in the folder that it is started in. */
const FLASH_IMAGE = "espruino.flash";
/** Ends the banner that it greets with. */
const BEGIN = "-- begin --";
/** Console input is a ring of 1,024 bytes that overflows silently while a statement runs. */
const MAX_LINE = 500;
const DEFAULT_SECONDS = 20;

export interface InterpreterOptions {
  /** An image of its flash to start from; its storage is empty without one. */
  flash?: string | Uint8Array;
  /** After that long it is killed, and whoever waits for it gets an error. */
  seconds?: number;
}

/** Those that run: whatever becomes of a test, none outlives the process that started it. */
const running = new Set<ChildProcessWithoutNullStreams>();
process.on("exit", () => {
  // SIGTERM is trapped by the interpreter.
  for (const child of running) child.kill("SIGKILL");
});

/** The trouble that its output tells of, with the lines around it. */
export class InterpreterTrouble extends Error {
  constructor(
    message: string,
    readonly lines: readonly string[],
  ) {
    super(`${message}\n${lines.slice(-25).join("\n")}`);
  }
}

export class Interpreter {
  /** Its own working folder: files written here are there for its `require("fs")`. */
  readonly folder = mkdtempSync(join(tmpdir(), "avnode-espruino-"));
  /** Everything printed so far, banner left out. */
  readonly lines: string[] = [];
  private child: ChildProcessWithoutNullStreams | undefined;
  private begun = false;
  private rest = "";
  private ended = false;
  private asked = 0;
  private trouble = "";
  private readonly waiting = new Set<() => void>();

  constructor(private readonly options: InterpreterOptions = {}) {
    const { flash } = options;
    if (typeof flash === "string") copyFileSync(flash, this.flashPath);
    else if (flash) writeFileSync(this.flashPath, flash);
  }

  get flashPath(): string {
    return join(this.folder, FLASH_IMAGE);
  }

  /** The flash as its file holds it; nothing while no script has touched it. */
  flash(): Buffer | undefined {
    return existsSync(this.flashPath) ? readFileSync(this.flashPath) : undefined;
  }

  /**
   * Runs a script until nothing of it is due any more.
   * @returns what it printed
   * @throws InterpreterTrouble when an error was not caught, memory ran out, or time
   */
  async run(script: string): Promise<string[]> {
    const from = this.lines.length;
    this.start(script);
    await this.until(() => this.ended, "the script's end");
    if (this.trouble) throw new InterpreterTrouble(this.trouble, this.lines);
    return this.lines.slice(from);
  }

  /** Starts a script that stays: a session may `ask` meanwhile. */
  start(script: string): void {
    if (this.child && !this.ended) throw new Error("this interpreter runs already: close it first");
    const file = join(this.folder, "script.js");
    // No prompt between the lines. On the first line, so that line numbers of errors stay the script's.
    writeFileSync(file, `echo(0);print("${BEGIN}");${script}`);
    this.launch([file]);
  }

  /** Starts with nothing but what its flash boots. */
  open(): void {
    this.launch([]);
    this.send("echo(0)");
  }

  private launch(args: string[]): void {
    this.begun = args.length === 0;
    this.ended = false;
    this.rest = "";
    const child = spawn(resolve(BINARY!), args, { cwd: this.folder });
    this.child = child;
    running.add(child);
    const timer = setTimeout(
      () => {
        this.trouble ||= "the interpreter ran out of time";
        child.kill("SIGKILL");
      },
      (this.options.seconds ?? DEFAULT_SECONDS) * 1000,
    );
    child.stdin.on("error", () => {});
    child.stdout.on("data", (chunk: Buffer) => this.take(chunk.toString("latin1")));
    child.on("close", () => {
      clearTimeout(timer);
      running.delete(child);
      if (this.rest) this.line(this.rest);
      this.ended = true;
      this.wake();
    });
  }

  private take(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop()!;
    for (const line of lines) this.line(line.replace(/\r$/, ""));
    this.wake();
  }

  private line(line: string): void {
    if (!this.begun) {
      this.begun = line === BEGIN;
      return;
    }
    this.lines.push(line);
    if (!this.trouble && TROUBLE.test(line)) this.trouble = line;
  }

  private wake(): void {
    for (const look of [...this.waiting]) look();
  }

  /** Resolves when `done` holds of what was printed; rejects when the interpreter ended or had trouble before. */
  until(done: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (done()) resolve();
        else if (this.ended || this.trouble) {
          const why = this.trouble || `the interpreter ended before ${what}`;
          reject(new InterpreterTrouble(why, this.lines));
        } else return;
        this.waiting.delete(look);
      };
      this.waiting.add(look);
      look();
    });
  }

  /** Types one line into its console; nothing is echoed. */
  send(line: string): void {
    if (line.length > MAX_LINE) throw new Error(`a line of ${line.length} bytes overflows the console`);
    this.child!.stdin.write(`\x10${line}\n`, "latin1");
  }

  /** Evaluates an expression in the session. @returns what `print` makes of it, one line */
  async ask(expression: string): Promise<string> {
    const mark = `<${++this.asked}>`;
    this.send(`print("${mark}",${expression})`);
    const found = () => this.lines.findIndex((line) => line.startsWith(mark));
    await this.until(() => found() >= 0, `an answer to ${expression}`);
    return this.lines[found()]!.slice(mark.length + 1);
  }

  /** Hands bytes to a function of the session, whatever their number: it gets one hexadecimal string. */
  async give(name: string, bytes: Uint8Array): Promise<string> {
    const text = Buffer.from(bytes).toString("hex");
    await this.ask('(global.__given="")');
    for (let at = 0; at < text.length; at += 400)
      await this.ask(`(global.__given+="${text.slice(at, at + 400)}").length`);
    return this.ask(`${name}(__given)`);
  }

  /** Power off: it has no chance to finish anything. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || this.ended) return;
    await new Promise((resolve) => {
      child.once("close", resolve);
      child.kill("SIGKILL");
    });
  }

  /** Ends it and removes its folder. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs one script in an interpreter of its own. @returns what it printed */
export async function interpret(script: string, options: InterpreterOptions = {}): Promise<string[]> {
  const interpreter = new Interpreter(options);
  try {
    return await interpreter.run(script);
  } finally {
    await interpreter.close();
  }
}
