/** Builds the firmware for a board: application, boot code that knows the application's checksum, manifest, source maps. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BoardSpec } from "../../firmware/board/spec";
import { decodeLmsPublicKey } from "../../protocol/lms";
import { type Bundle, bundle } from "./bundle";
import { FirmwareFailure } from "./failure";
import { describeFile, type FlashedFile, type Manifest, manifestOf, revisionOf } from "./manifest";
import { type Lack, lacksOf } from "./needs";
import { missingOf } from "./runtime";

const ROOT = join(__dirname, "../..");
const APPLICATION = { file: "avnode.js", storage: "avnode" };
const BOOT_CODE = { file: "bootcde.js", storage: ".bootcde" };

export interface BuildRequest {
  board: BoardSpec;
  /** Keeps the console, for developers. */
  dev?: boolean;
  /** LMS public key (RFC 8554, 5.3) of the maker's releases; without one the units take no update. */
  releaseKey?: Uint8Array;
  /** Of the release that this is, 0 for none: a unit takes no update that is not above it. */
  counter?: number;
  /** As people call it; the package's when left out. */
  version?: string;
  /** Folder that holds protocol/ and firmware/. */
  root?: string;
}

export interface FirmwareBuild {
  board: BoardSpec;
  manifest: Manifest;
  application: Bundle;
  bootCode: Bundle;
}

function refuse(board: BoardSpec, lacks: Lack[]): void {
  if (lacks.length === 0) return;
  const list = lacks.map(({ capability, reason }) => `${capability}: ${reason}`).join("\n  ");
  throw new FirmwareFailure("BOARD_LACKS", `the firmware cannot run on ${board.name}\n  ${list}`);
}

function packageVersion(root: string): string {
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;
}

/** @param application the only one that it runs from the Storage file `avnode`. @throws FirmwareFailure BUNDLE_FAILED */
export function bundleBootCode(
  { board, dev = false, root = ROOT, releaseKey, counter = 0, version = packageVersion(root) }: BuildRequest,
  { bytes, crc32 }: Pick<FlashedFile, "bytes" | "crc32">,
): Bundle {
  return bundle({
    root,
    source: `import { chosen } from "./firmware/espruino/boot";\nchosen();\n`,
    evaluates: true,
    file: BOOT_CODE.file,
    define: {
      APP_CRC: String(crc32),
      APP_LENGTH: String(bytes),
      APP_COUNTER: String(counter),
      APP_VERSION: JSON.stringify(version),
      RELEASE_KEY: JSON.stringify(Buffer.from(releaseKey ?? []).toString("base64")),
      SLOTS: JSON.stringify(board.slots ?? null),
      DEV: String(dev),
    },
  });
}

/** @throws FirmwareFailure BOARD_LACKS, BUNDLE_FAILED; LMS_* for a key that is none */
export function buildFirmware(request: BuildRequest): FirmwareBuild {
  const { board, dev = false, root = ROOT, releaseKey, version = packageVersion(root) } = request;
  refuse(board, lacksOf(board));
  if (releaseKey) decodeLmsPublicKey(releaseKey);
  const application = bundle({
    root,
    source: `import { run } from "./firmware/espruino/main";\nrun(${JSON.stringify(board)});\n`,
    file: APPLICATION.file,
  });
  const flashed = describeFile(APPLICATION.file, APPLICATION.storage, application.code);
  const bootCode = bundleBootCode(request, flashed);
  const demands = [application.demands, bootCode.demands];
  const missing = missingOf(
    board,
    demands.flatMap(({ builtins }) => builtins),
    demands.flatMap(({ modules }) => modules),
  );
  if (missing.length > 0) {
    const names = [...new Set(missing)].join(", ");
    const reason = `${board.runtime} is not known to have ${names}: use what tools/firmware/runtime.ts lists, or add what you saw there`;
    refuse(board, [{ capability: "builtins", reason }]);
  }
  const files = [flashed, describeFile(BOOT_CODE.file, BOOT_CODE.storage, bootCode.code)];
  refuse(
    board,
    lacksOf(
      board,
      files.map(({ bytes }) => bytes),
    ),
  );
  return {
    board,
    manifest: manifestOf(board, version, revisionOf(root), !dev, files, demands),
    application,
    bootCode,
  };
}

/** Writes what is flashed and its manifest into `folder`, and the source maps into a folder of their own. */
export function writeBuild({ manifest, application, bootCode }: FirmwareBuild, folder: string): void {
  mkdirSync(join(folder, "maps"), { recursive: true });
  for (const [{ file }, { code, map }] of [
    [APPLICATION, application],
    [BOOT_CODE, bootCode],
  ] as const) {
    writeFileSync(join(folder, file), code, "latin1");
    writeFileSync(join(folder, "maps", `${file}.map`), map);
  }
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
}
