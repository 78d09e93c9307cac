/** A handheld that is the real interpreter: firmware from its Storage, the shim around it, and requests through named pipes. */
import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync, writeFileSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { bundleFile } from "./bundle";
import { Interpreter } from "./interpreter";
import type { Wiring } from "./shim/chip";

/** Reads the shim into RAM before the firmware's own boot code runs, as `.boot0` of any Espruino may. */
export const BOOT0 = 'eval(require("fs").readFileSync("shim.js"));';
/** Of the shim's random numbers, for one boot. */
const RANDOM_BYTES = 65536;
/** Real time; under virtual time a test's own clock stands still. */
const realTimeout = setTimeout;
const realClear = clearTimeout;
const ANSWER_MS = 120_000;
/** Virtual time does not count for the interpreter's own limit. */
const NO_LIMIT_SECONDS = 2_000_000;

export interface Answer {
  /** Notifications that left the radio, base64. */
  notified: string[];
  /** It ended the connection. */
  disconnected: boolean;
  value: unknown;
}

/** A write to a characteristic: service, characteristic, bytes in base64. */
export type Write = [string, string, string];

/**
 * Files of its Storage, by name.
 * @param flash to which they are added; an empty one without
 * @returns the image of a flash that holds them
 */
export async function flashed(
  files: Record<string, string | Uint8Array>,
  flash?: Uint8Array,
): Promise<Buffer> {
  const interpreter = new Interpreter({ seconds: 60, flash });
  try {
    const names = Object.keys(files);
    for (const [i, name] of names.entries())
      writeFileSync(join(interpreter.folder, `file${i}`), files[name]!);
    const script = names
      .map((name, i) => `s.write(${JSON.stringify(name)},require("fs").readFileSync("file${i}"));`)
      .join("");
    await interpreter.run(`var s=require("Storage");${script}`);
    return interpreter.flash()!;
  } finally {
    await interpreter.close();
  }
}

/** The runtime marks columns under source lines that stand on one line of tens of thousands. */
const withoutCarets = (text: string) => text.replace(/\s*\^\s*$/gm, "");

interface Said extends Answer {
  errors: string[];
  printed: string[];
}

let shim: string | undefined;

export interface UnitParts {
  /** Of its Storage, beside the shim's. */
  files: Record<string, string | Uint8Array>;
  wiring: Wiring;
  /** Runs the application from a copy in RAM: reading code from flash, the build for Linux is seven times slower. */
  inRam?: boolean;
  /** int32, little-endian. */
  samples: Uint8Array;
  /** So many random bytes for one boot. */
  random(length: number): Uint8Array;
}

export class Unit {
  /** Requests answered so far. */
  requests = 0;
  /** What its firmware printed so far, wherever its console was. */
  readonly printed: string[] = [];
  private interpreter: Interpreter | undefined;
  private down = -1;
  private up: Socket | undefined;
  private heard = "";
  private answered: (line: string) => void = () => {};
  private failed: (error: Error) => void = () => {};

  /** A new one, never switched on. */
  static async with(parts: UnitParts): Promise<Unit> {
    return new Unit(await flashed({ ".boot0": BOOT0, ...parts.files }), parts);
  }

  /** One whose flash holds this, the shim's `.boot0` included. */
  static of(image: Uint8Array, parts: Omit<UnitParts, "files">): Unit {
    return new Unit(image, parts);
  }

  private constructor(
    private image: Uint8Array,
    private readonly parts: Omit<UnitParts, "files">,
  ) {}

  get on(): boolean {
    return this.interpreter !== undefined;
  }

  /** What it printed on its console since it was switched on. */
  get console(): readonly string[] {
    return this.interpreter!.lines;
  }

  /** Types a line into its console. */
  type(line: string): void {
    this.interpreter!.send(line);
  }

  /** True when its file system has this file. */
  has(file: string): boolean {
    return existsSync(join(this.interpreter!.folder, file));
  }

  /** All of its flash, as it stands. */
  flash(): Uint8Array {
    return this.interpreter?.flash() ?? this.image;
  }

  /** Changes its flash while it is off. */
  damage(change: (flash: Buffer) => void): void {
    const flash = Buffer.from(this.image);
    change(flash);
    this.image = flash;
  }

  /** Boots from its flash. @param levels of pins that are not low */
  powerOn(levels: Record<string, number> = {}): void {
    const { wiring, samples, random, inRam = false } = this.parts;
    // In a function of its own: names at the top level are global, and the firmware uses the same short ones.
    shim ??= `(function(){${bundleFile("shim/main", { minify: true })}})()`;
    const interpreter = new Interpreter({ flash: this.image, seconds: NO_LIMIT_SECONDS });
    const place = (name: string) => join(interpreter.folder, name);
    writeFileSync(place("shim.js"), shim);
    writeFileSync(place("board"), JSON.stringify({ wiring, levels, inRam }));
    writeFileSync(place("samples"), samples);
    writeFileSync(place("random"), random(RANDOM_BYTES));
    execFileSync("mkfifo", [place("down"), place("up")]);
    // For reading and writing, so that neither waits for the interpreter to open its end.
    const flags = constants.O_RDWR | constants.O_NONBLOCK;
    this.down = openSync(place("down"), flags);
    this.up = new Socket({ fd: openSync(place("up"), flags) });
    this.up.on("data", (chunk: Buffer) => this.take(chunk.toString("latin1")));
    this.interpreter = interpreter;
    this.heard = "";
    interpreter.open();
    interpreter
      .until(() => false, "anybody let it")
      .catch((error: Error) => {
        if (this.interpreter === interpreter) this.failed(error);
      });
  }

  private take(text: string): void {
    this.heard += text;
    const end = this.heard.indexOf("\n");
    if (end < 0) return;
    const line = this.heard.slice(0, end);
    this.heard = this.heard.slice(end + 1);
    this.answered(line);
  }

  /** @throws when it died, or when something threw in it that nothing there caught */
  async ask(name: string, ...args: unknown[]): Promise<Answer> {
    const request = JSON.stringify({ name, with: args });
    let timer: NodeJS.Timeout | undefined;
    const line = new Promise<string>((resolve, reject) => {
      this.answered = resolve;
      this.failed = reject;
      timer = realTimeout(
        () => reject(new Error(`no answer to ${name} within ${ANSWER_MS / 1000} s`)),
        ANSWER_MS,
      );
    });
    writeSync(this.down, String(request.length).padStart(8, "0") + request, null, "latin1");
    const answer = await line.finally(() => realClear(timer));
    this.requests++;
    const { errors, printed, ...rest } = JSON.parse(answer) as Said;
    this.printed.push(...printed);
    if (errors.length > 0)
      throw new Error(`the handheld at ${name}: ${errors.map(withoutCarets).join("; ")}`);
    return rest;
  }

  /** The power fails: nothing is left but the flash. */
  async powerOff(): Promise<void> {
    const { interpreter } = this;
    if (!interpreter) return;
    this.interpreter = undefined;
    await interpreter.kill();
    this.image = interpreter.flash() ?? this.image;
    this.up!.destroy();
    closeSync(this.down);
    await interpreter.close();
  }
}
