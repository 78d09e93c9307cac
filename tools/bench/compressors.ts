/** Compressors of this machine on the samples of a record: whole, and as one-second blocks that each decode alone. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type EcgRecord, secondsOfRecord } from "./records";

const execFileLater = promisify(execFile);
const MAX_OUTPUT_BYTES = 2 ** 28;
/** Some 1,800 small files a record: only their compressed sizes matter here. */
const MEMORY = "/dev/shm";

interface Tool {
  /** To stdout, one self-contained stream per file that follows. */
  args: string[];
  /** Where whole files need other arguments. */
  wholeArgs?: string[];
  /** Header and trailer of each stream, not counted. */
  frameBytes?: number;
}

/** Without headers and checksums where the tool can leave them out: a block of ours carries none either. */
const GENERAL: Record<string, Tool> = {
  gzip: { args: ["-9nc"], frameBytes: 18 },
  // A dictionary larger than the block changes no byte of the output; setting it up 1,800 times takes seconds.
  xz: { args: ["-c", "--format=raw", "--lzma2=preset=9,dict=4KiB"], wholeArgs: ["-9c"] },
  zstd: { args: ["-9qc", "--no-check"] },
};

/** The names of those tools that do not run here. */
export function missingTools(): string[] {
  return [...Object.keys(GENERAL), "flac"].filter(
    (tool) => spawnSync(tool, ["--version"]).error !== undefined,
  );
}

/** Bits per sample by peer name. @param missing tools to leave out */
export async function compressorBits(ecg: EcgRecord, missing: string[]): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "avnode-bench-"));
  try {
    const files = writeFiles(ecg, folder);
    const sizes: [string, Promise<number>][] = [];
    if (!missing.includes("flac")) {
      const oneSecond = [`--blocksize=${ecg.samplesPerSecond}`];
      sizes.push(["flac -8, 1 s frames", flacBytes(files.raw, ecg, oneSecond)]);
      sizes.push(["flac -8, whole", flacBytes(files.raw, ecg, [])]);
    }
    for (const [tool, { args, wholeArgs = args, frameBytes = 0 }] of Object.entries(GENERAL)) {
      if (missing.includes(tool)) continue;
      const size = async (options: string[], inputs: string[]) =>
        (await run(tool, [...options, ...inputs])).length - frameBytes * inputs.length;
      sizes.push([`${tool} -9, 1 s of differences`, size(args, files.blocks)]);
      sizes.push([`${tool} -9, whole, of differences`, size(wholeArgs, [files.differences])]);
    }
    const bits: Record<string, number> = {};
    for (const [peer, bytes] of sizes) bits[peer] = (8 * (await bytes)) / ecg.samples.length;
    return bits;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** 16-bit little-endian files: the samples, their first differences, and these differences second by second. */
function writeFiles(ecg: EcgRecord, folder: string): { raw: string; differences: string; blocks: string[] } {
  const write = (name: string, values: Int16Array): string => {
    const file = join(folder, name);
    writeFileSync(file, new Uint8Array(values.buffer));
    return file;
  };
  const blocks = secondsOfRecord(ecg).map((block, index) => write(`block${index}`, differences(block)));
  return {
    raw: write("raw", Int16Array.from(ecg.samples)),
    differences: write("differences", differences(ecg.samples)),
    blocks,
  };
}

/** The first value stands as it is, so that the block decodes alone. */
function differences(samples: Int32Array): Int16Array {
  return Int16Array.from(samples, (value, t) => (t === 0 ? value : value - samples[t - 1]!));
}

/** Bytes of the audio frames: what is behind the last metadata block (RFC 9639, section 8). */
async function flacBytes(file: string, ecg: EcgRecord, extra: string[]): Promise<number> {
  const form = ["--force-raw-format", "--bps=16", "--sign=signed", "--endian=little", "--channels=1"];
  const rate = `--sample-rate=${ecg.samplesPerSecond}`;
  const stream = await run("flac", [
    ...["-8", "--silent", "--no-padding", "--no-seektable", "-c"],
    ...[...form, rate, ...extra, file],
  ]);
  for (let at = 4; ; ) {
    const last = stream[at]! >= 128;
    at += 4 + stream.readUIntBE(at + 1, 3);
    if (last) return stream.length - at;
  }
}

async function run(tool: string, args: string[]): Promise<Buffer> {
  const { stdout } = await execFileLater(tool, args, { encoding: "buffer", maxBuffer: MAX_OUTPUT_BYTES });
  return stdout;
}
