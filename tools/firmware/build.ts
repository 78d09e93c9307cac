/** Builds the firmware for a board: application, boot code that knows the application's checksum, manifest, source maps. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BoardSpec } from "../../firmware/board/spec";
import { type Bundle, bundle } from "./bundle";
import { FirmwareFailure } from "./failure";
import { describeFile, type Manifest, manifestOf, revisionOf } from "./manifest";
import { type Lack, lacksOf } from "./needs";
import { missingOf } from "./runtime";

const ROOT = join(__dirname, "../..");
const APPLICATION = { file: "avnode.js", storage: "avnode" };
const BOOT_SOURCE = "firmware/espruino/boot.ts";
const BOOT_CODE = { file: "bootcde.js", storage: ".bootcde" };

export interface BuildRequest {
  board: BoardSpec;
  /** Keeps the console, for developers. */
  dev?: boolean;
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

/** @throws FirmwareFailure BOARD_LACKS, BUNDLE_FAILED */
export function buildFirmware({ board, dev = false, root = ROOT }: BuildRequest): FirmwareBuild {
  refuse(board, lacksOf(board));
  const application = bundle({
    root,
    source: `import { run } from "./firmware/espruino/main";\nrun(${JSON.stringify(board)});\n`,
    file: APPLICATION.file,
  });
  const flashed = describeFile(APPLICATION.file, APPLICATION.storage, application.code);
  const bootCode = bundle({
    root,
    source: readFileSync(join(root, BOOT_SOURCE), "utf8"),
    sourceFile: BOOT_SOURCE,
    file: BOOT_CODE.file,
    define: {
      APP_CRC: String(flashed.crc32),
      APP_LENGTH: String(flashed.bytes),
      DEV: String(dev),
    },
  });
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
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
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
