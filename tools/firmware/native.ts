/**
 * Compiles the encoder in C to a blob for E.nativeCall, and checks that it runs wherever it is put. `npm run build:native`
 * writes firmware/native/blob.ts, which is checked in: a build of the firmware needs no C compiler.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NATIVE = join(__dirname, "../../firmware/native");
const PREFIX = "arm-none-eabi-";
const FLAGS = [
  "-mcpu=cortex-m4",
  "-mthumb",
  "-mfloat-abi=soft",
  // Constants in instructions: pools of them need code at a multiple of four, and Espruino gives a multiple of two.
  "-mslow-flash-data",
  "-Os",
  "-ffreestanding",
  "-fno-tree-loop-distribute-patterns",
  "-fno-jump-tables",
  "-nostdlib",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-Wl,--build-id=none",
];

/** What compiles it here, or nothing where Debian's gcc-arm-none-eabi is not installed. */
export function nativeCompiler(): string | undefined {
  const { status, stdout } = spawnSync(`${PREFIX}gcc`, ["-dumpfullversion"], { encoding: "utf8" });
  return status === 0 ? `${PREFIX}gcc ${stdout.trim()}` : undefined;
}

/** @throws when it does not compile, or when the code depends on where it stands */
export function compileNative(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "avnode-native-"));
  try {
    const elf = join(folder, "encode.elf");
    const bin = join(folder, "encode.bin");
    const script = `-Wl,-T,${join(NATIVE, "blob.ld")}`;
    execFileSync(`${PREFIX}gcc`, [...FLAGS, script, "-o", elf, join(NATIVE, "encode.c")]);
    const listing = execFileSync(`${PREFIX}objdump`, ["-d", elf], { encoding: "utf8" });
    const bound = /^.*(?:\[pc|\badr\b|\t(?:ldrd|strd|ldm|stm)(?!.*\bsp\b)).*$/m.exec(listing);
    if (bound) throw new Error(`the blob depends on its address or on alignment: ${bound[0].trim()}`);
    execFileSync(`${PREFIX}objcopy`, ["-O", "binary", elf, bin]);
    return readFileSync(bin);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) {
  const compiler = nativeCompiler();
  if (!compiler) {
    console.error("no arm-none-eabi-gcc: install Debian's gcc-arm-none-eabi");
    process.exitCode = 3;
  } else {
    const blob = Buffer.from(compileNative());
    writeFileSync(
      join(NATIVE, "blob.ts"),
      `// Made by \`npm run build:native\` from encode.c; test/firmware/native compiles it again and compares.
export const NATIVE_COMPILER = "${compiler}";
/** Thumb-2 code of Cortex-M4, base64; its entry stands first. */
export const NATIVE_BLOB =
  "${blob.toString("base64")}";
`,
    );
    console.error(`firmware/native/blob.ts: ${blob.length} bytes by ${compiler}`);
  }
}
