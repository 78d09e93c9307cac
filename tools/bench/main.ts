/**
 * `npm run bench -- [area…] [--json] [--long]`: measures avnode beside its peers, on the same input in the same run.
 * Results on stdout, everything else on stderr. Exit codes: 0 done, 2 wrong use, 3 an area could not be measured.
 */
import { parseArgs } from "node:util";
import type { Area, Row } from "./area";
import { benchBackup } from "./backup";
import { benchCodec } from "./codec";
import { benchDrain } from "./drain";
import { benchIngest } from "./ingest";
import { benchLog } from "./log";
import { benchProof } from "./proof";
import { benchStart } from "./start";
import { benchStore } from "./store";
import { tableOf } from "./table";

const AREAS: Record<string, Area> = {
  codec: benchCodec,
  store: benchStore,
  ingest: benchIngest,
  log: benchLog,
  proof: benchProof,
  start: benchStart,
  backup: benchBackup,
  drain: benchDrain,
};
const WRONG_USE = 2;
const FAILED = 3;

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function readArguments(): { areas: string[]; json: boolean; long: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, long: { type: "boolean", default: false } },
  });
  for (const area of positionals) {
    if (!Object.hasOwn(AREAS, area)) throw new Error(`there is no area "${area}"`);
  }
  return {
    areas: positionals.length > 0 ? positionals : Object.keys(AREAS),
    json: values.json,
    long: values.long,
  };
}

async function main(): Promise<void> {
  let wanted: ReturnType<typeof readArguments>;
  try {
    wanted = readArguments();
  } catch (error) {
    const areas = Object.keys(AREAS).join(", ");
    console.error(
      `bench: ${(error as Error).message}\nhint: npm run bench -- [area…] [--json] [--long]; areas: ${areas}`,
    );
    process.exitCode = WRONG_USE;
    return;
  }
  const all: Row[] = [];
  for (const area of wanted.areas) {
    const notes: string[] = [];
    try {
      const rows = await AREAS[area]!({
        note: (text) => notes.push(text),
        progress: (text) => progress(`${area}: ${text}`),
        long: wanted.long,
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
