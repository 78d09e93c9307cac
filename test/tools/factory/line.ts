/** A whole station in a temporary folder, with keys of its own, for virtual units that take a firmware of a few packets. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Terminal } from "../../../gateway/cli/terminal";
import { encodeClaimCode } from "../../../protocol/claim";
import type { Bench } from "../../../tools/factory/bench";
import { initStation } from "../../../tools/factory/init";
import { createKeys, releasePublicKey } from "../../../tools/factory/keys";
import { readLabel } from "../../../tools/factory/label/scan";
import { readLog } from "../../../tools/factory/log";
import { type OpeningOptions, openBench } from "../../../tools/factory/opening";
import { openSealedFile } from "../../../tools/factory/sealedfile";
import { readStation, type Station } from "../../../tools/factory/station";
import { decodeUnitLine, type UnitLine } from "../../../tools/factory/unitline";
import { boardNamed } from "../../../tools/firmware/boards";
import { buildFirmware, writeBuild } from "../../../tools/firmware/build";
import { Tree } from "../firmware/tree";

/** Eight packets of it, behind the boot code that real units get. */
const APPLICATION = `
export function run(spec: { name: string }): void {
  spec.name = ${JSON.stringify("0123456789".repeat(350))};
}
`;
export const PASSPHRASE = "a passphrase of the tests";
const RELEASE_PASSPHRASE = "and one of their releases";
const QUICK = {
  pace: { quietMs: 10, listenMs: 5, lastMs: 20, airMs: 1000 },
  patience: { timeoutMs: 400, tries: 6, settleMs: 20 },
};

export class Line {
  readonly folder = mkdtempSync(join(tmpdir(), "avnode-line-"));
  readonly keys = join(this.folder, "keys");
  readonly firmware = join(this.folder, "firmware");
  private stations = 0;

  constructor() {
    createKeys(this.keys, PASSPHRASE, RELEASE_PASSPHRASE);
    const releaseKey = releasePublicKey(this.keys);
    const tree = new Tree(APPLICATION, "");
    try {
      writeBuild(buildFirmware({ board: boardNamed("xiaoble"), releaseKey, root: tree.root }), this.firmware);
    } finally {
      tree.remove();
    }
  }

  /** @returns its folder */
  station(deviceClass: Station["deviceClass"] = "simulated"): string {
    const dir = join(this.folder, `station ${++this.stations}`);
    mkdirSync(dir);
    initStation({
      dir,
      keys: this.keys,
      passphrase: PASSPHRASE,
      firmware: this.firmware,
      root: "",
      maker: "Example Works",
      name: "bench 1",
      board: "xiaoble",
      deviceClass,
      batch: "T1",
      numbering: { prefix: "T1-", digits: 4, first: 1 },
      signing: { trees: 1, height: 5 },
      ports: [],
    });
    return dir;
  }

  open(dir: string, more: Partial<OpeningOptions> = {}): Bench {
    const terminal = {} as Terminal;
    const { keys } = this;
    const options = { keys, passphrase: PASSPHRASE, ahead: 8, terminal, scan: false, ask: false, ...more };
    return { ...openBench(dir, readStation(dir), options), ...QUICK };
  }

  /** What only the sealed files hold. */
  secrets(): Uint8Array[] {
    return [
      ["maker.sealed", "avnode/maker-key", PASSPHRASE],
      ["box.sealed", "avnode/factory-box", PASSPHRASE],
      ["release.sealed", "avnode/release-key", RELEASE_PASSPHRASE],
    ].map(([file, type, passphrase]) => {
      const { secret } = openSealedFile(join(this.keys, file!), type!, passphrase!);
      // The maker's names the release key behind its seed.
      return secret.subarray(0, 32);
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** The log's lines; it verifies. */
export function linesOf({ journal, station }: Bench): UnitLine[] {
  const { leaves, problems } = readLog(journal.db, station);
  if (problems.length > 0) throw new Error(problems.join("; "));
  return leaves.map(decodeUnitLine);
}

/** A secret as somebody may have written it down. */
export function writtenAs(secret: Uint8Array): Buffer[] {
  const bytes = Buffer.from(secret);
  const texts = [
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.join(","),
    bytes.join(", "),
    ...(bytes.length === 16 ? claimTexts(bytes) : []),
  ];
  return [bytes, ...texts.map((text) => Buffer.from(text))];
}

function claimTexts(code: Uint8Array): string[] {
  const text = encodeClaimCode(code);
  const plain = text.replace(/ /g, "");
  return [text, text.toUpperCase(), plain, plain.toUpperCase(), text.replace(/ /g, "-")];
}

/** Every file in it, and what it holds. */
export function filesIn(dir: string): { path: string; bytes: Buffer }[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ path, bytes: readFileSync(path) }));
}

/** Of those that are pictures of a label, the code that a scanner reads. */
export async function scannedFrom(files: { path: string; bytes: Buffer }[]): Promise<typeof files> {
  const pictures = files.filter(({ path }) => path.endsWith(".png"));
  return Promise.all(
    pictures.map(async ({ path, bytes }) => ({ path, bytes: Buffer.from(await readLabel(bytes, path)) })),
  );
}

/** @returns files that hold one of them, in any writing */
export function holding(files: { path: string; bytes: Buffer }[], secrets: Uint8Array[]): string[] {
  const written = secrets.flatMap(writtenAs);
  return files.filter(({ bytes }) => written.some((one) => bytes.includes(one))).map(({ path }) => path);
}
