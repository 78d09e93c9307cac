/**
 * `npm run bench -- [area…] [--json] [--long]`: measures avnode beside its peers, on the same input in the same run; of
 * the area radio also how long and with how many, `--minutes M --handhelds N`. Results on stdout, everything else on
 * stderr. Exit codes: 0 done, 1 a bar was missed, 2 wrong use, 3 an area could not be measured.
 */
import { parseArgs } from "node:util";
import type { Area, Row } from "./area";
import { tableOf } from "./table";

/** Loaded when they are wanted: to compile all of them takes longer than to run some. */
const AREAS: Record<string, () => Area> = {
  codec: () => (require("./codec") as typeof import("./codec")).benchCodec,
  store: () => (require("./store") as typeof import("./store")).benchStore,
  ingest: () => (require("./ingest") as typeof import("./ingest")).benchIngest,
  log: () => (require("./log") as typeof import("./log")).benchLog,
  proof: () => (require("./proof") as typeof import("./proof")).benchProof,
  report: () => (require("./report") as typeof import("./report")).benchReport,
  page: () => (require("./page") as typeof import("./page")).benchPage,
  start: () => (require("./start") as typeof import("./start")).benchStart,
  backup: () => (require("./backup") as typeof import("./backup")).benchBackup,
  export: () => (require("./export") as typeof import("./export")).benchExport,
  drain: () => (require("./drain") as typeof import("./drain")).benchDrain,
  radio: () => (require("./radio") as typeof import("./radio")).benchRadio,
  rhythm: () => (require("./rhythm") as typeof import("./rhythm")).benchRhythm,
  factory: () => (require("./factory") as typeof import("./factory")).benchFactory,
};
const USAGE = "npm run bench -- [area…] [--json] [--long] [--minutes M] [--handhelds N]";
const MISSED = 1;
/** A week; and as many links as an adapter of the air bears. */
const MAX_MINUTES = 10_080;
const MAX_HANDHELDS = 16;
const WRONG_USE = 2;
const FAILED = 3;

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

interface Wanted {
  areas: string[];
  json: boolean;
  long: boolean;
  minutes?: number;
  handhelds?: number;
}

function readArguments(): Wanted {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      long: { type: "boolean", default: false },
      minutes: { type: "string" },
      handhelds: { type: "string" },
    },
  });
  for (const area of positionals) {
    if (!Object.hasOwn(AREAS, area)) throw new Error(`there is no area "${area}"`);
  }
  const { json, long, minutes, handhelds } = values;
  return {
    areas: positionals.length > 0 ? positionals : Object.keys(AREAS),
    ...{ json, long },
    minutes: minutes === undefined ? undefined : within("minutes", minutes, MAX_MINUTES),
    handhelds: handhelds === undefined ? undefined : within("handhelds", handhelds, MAX_HANDHELDS),
  };
}

function within(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`--${option} ${text}: expected 1 to ${most}`);
}

async function main(): Promise<void> {
  let wanted: Wanted;
  try {
    wanted = readArguments();
  } catch (error) {
    const areas = Object.keys(AREAS).join(", ");
    console.error(`bench: ${(error as Error).message}\nhint: ${USAGE}; areas: ${areas}`);
    process.exitCode = WRONG_USE;
    return;
  }
  const all: Row[] = [];
  for (const area of wanted.areas) {
    const notes: string[] = [];
    try {
      const rows = await AREAS[area]!()({
        note: (text) => notes.push(text),
        progress: (text) => progress(`${area}: ${text}`),
        tell: (text) => {
          progress("");
          console.error(`${area}: ${text}`);
        },
        miss: (text) => {
          notes.push(`MISSED: ${text}`);
          process.exitCode = MISSED;
        },
        ...wanted,
      });
      all.push(...rows);
      progress("");
      if (!wanted.json) console.log([...tableOf(rows), ""].join("\n"));
    } catch (error) {
      progress("");
      notes.push(`could not be measured: ${(error as Error).stack}`);
      process.exitCode = FAILED;
    }
    for (const note of notes) console.error(`${area}: ${note}`);
  }
  if (wanted.json) console.log(JSON.stringify(all));
}

void main();
