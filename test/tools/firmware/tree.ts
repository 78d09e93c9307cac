/** A copy of what the build reads, somewhere else, with entries that tests write. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(__dirname, "../../..");

/** Brings the whole state machine in, and runs no line of it. */
export const MAIN = `
import { Monitor } from "../monitor";
declare function print(monitor: unknown): void;
export function run(spec: { name: string }): void {
  print(spec.name === "nobody" ? new Monitor(spec as never) : spec);
}
`;

export const BOOT = `
declare const APP_CRC: number;
declare const APP_LENGTH: number;
declare const DEV: boolean;
declare const APP_COUNTER: number;
declare const APP_VERSION: string;
declare const RELEASE_KEY: string;
declare const SLOTS: { name: string } | null;
declare const print: any;
/** What runs in its place. */
export function chosen(): string {
  print(DEV, APP_LENGTH, APP_CRC, APP_COUNTER, APP_VERSION, RELEASE_KEY, SLOTS && SLOTS.name);
  return "print('chosen')";
}
`;

export class Tree {
  readonly root = mkdtempSync(join(tmpdir(), "avnode-firmware-"));

  /** @param main, boot sources of the entries; "" leaves the real one */
  constructor(main = MAIN, boot = BOOT) {
    for (const part of [
      "protocol",
      "firmware",
      "tools/firmware",
      "tools/lint",
      "tools/transpiler.cjs",
      "package.json",
      "tsconfig.json",
    ])
      cpSync(join(ROOT, part), join(this.root, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.root, "node_modules"));
    rmSync(join(this.root, "firmware/dist"), { recursive: true, force: true });
    if (main) this.write("firmware/espruino/main.ts", main);
    if (boot) this.write("firmware/espruino/boot.ts", boot);
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), text);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
