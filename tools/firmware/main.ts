/**
 * `npm run build:firmware -- --board NAME | --all [--dev] [--out DIR] [--json]`: builds the handheld's firmware into
 * firmware/dist/<board>/. Results on stdout, everything else on stderr. Exit codes: 0 done, 2 wrong use, 3 it could not
 * be built.
 */
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BOARDS, boardNamed } from "./boards";
import { buildFirmware, type FirmwareBuild, writeBuild } from "./build";
import { FirmwareFailure } from "./failure";

const DIST = join(__dirname, "../../firmware/dist");
const WRONG_USE = 2;
const FAILED = 3;
const USAGE = "npm run build:firmware -- --board NAME | --all [--dev] [--out DIR] [--json]";

function readArguments() {
  const { values } = parseArgs({
    options: {
      board: { type: "string", multiple: true, default: [] },
      all: { type: "boolean", default: false },
      dev: { type: "boolean", default: false },
      out: { type: "string", default: DIST },
      json: { type: "boolean", default: false },
    },
  });
  if (values.all === values.board.length > 0)
    throw new Error(`name a board, or --all; there are ${BOARDS.map(({ name }) => name).join(", ")}`);
  return { ...values, boards: values.all ? BOARDS : values.board.map(boardNamed) };
}

const COLUMNS = [10, 14, 9, 10, 12, 6];
const line = (cells: string[]) =>
  cells.map((cell, i) => (i < 2 ? cell.padEnd(COLUMNS[i]!) : cell.padStart(COLUMNS[i]!))).join("");

function tableOf({ board, manifest, application, bootCode }: FirmwareBuild): string[] {
  const demands = [application.demands, bootCode.demands];
  return manifest.files.map(({ file, bytes }, i) =>
    line([
      board.name,
      file,
      String(bytes),
      `${((100 * bytes) / board.storageBytes).toFixed(1)} %`,
      String(demands[i]!.topLevel),
      String(demands[i]!.jit),
    ]),
  );
}

function main(): void {
  let wanted: ReturnType<typeof readArguments>;
  try {
    wanted = readArguments();
  } catch (error) {
    console.error(`build:firmware: ${(error as Error).message}\nhint: ${USAGE}`);
    process.exitCode = WRONG_USE;
    return;
  }
  const built: FirmwareBuild[] = [];
  for (const board of wanted.boards) {
    try {
      const build = buildFirmware({ board, dev: wanted.dev });
      const folder = join(resolve(wanted.out), board.name);
      writeBuild(build, folder);
      built.push(build);
      console.error(`build:firmware: ${board.name} is in ${relative(process.cwd(), folder) || "."}`);
    } catch (error) {
      if (!(error instanceof FirmwareFailure)) throw error;
      console.error(`build:firmware: ${error.message}`);
      // Whoever asks for all gets those that can be.
      if (!(wanted.all && error.code === "BOARD_LACKS")) process.exitCode = FAILED;
    }
  }
  if (wanted.json) console.log(JSON.stringify(built.map(({ manifest }) => manifest)));
  else if (built.length > 0) {
    console.log(line(["board", "file", "bytes", "storage", "top-level", "jit"]));
    for (const build of built) console.log(tableOf(build).join("\n"));
  }
}

main();
