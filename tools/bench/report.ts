/** Reports: how long a strip takes and how long a day, and how large they are. */
import { join } from "node:path";
import { studyOf } from "../../gateway/document/study";
import { analyseNow } from "../../gateway/findings/again";
import { stripPicture } from "../../gateway/report/picture";
import { makeReport } from "../../gateway/report/report";
import { StoreReader } from "../../gateway/store/reader";
import type { Context, Row } from "./area";
import { recordDay } from "./day";
import { inFolder } from "./folder";
import { importStrip } from "./importedstrip";
import { secondsOf } from "./rounds";

const ROUNDS = 5;
const RATE = 256;
/** Of a strip: who asked for it still waits. */
const BUDGET_MS = 500;

export function benchReport(context: Context): Promise<Row[]> {
  return inFolder(async (folder) => {
    context.progress("recording a strip");
    const { dataDir: stripDir } = await importStrip(folder);
    const strip = await rowsOf("30s", stripDir, context);
    context.progress("recording a day");
    const dayDir = await recordDay(join(folder, "day"), context);
    const day = await rowsOf("day", dayDir, context);
    context.note(
      `with fonts, QR code and the opened proof; first is the process' first one; medians of ${ROUNDS} rounds`,
    );
    return [...strip, ...day];
  });
}

function row(what: string, value: number, unit: string, peers: Record<string, number> = {}): Row {
  return { name: `report/${what}`, value, unit, peers };
}

async function rowsOf(what: string, dataDir: string, context: Context): Promise<Row[]> {
  const isStrip = what === "30s";
  context.progress(`analysing a ${what}`);
  const [recording] = withReader(dataDir, (reader) => reader.recordings());
  if (isStrip) analyseNow(dataDir, recording!.id, () => {});
  const reader = StoreReader.open(dataDir);
  try {
    let bytes = 0;
    const make = async () => {
      bytes = (await makeReport({ reader, dataDir }, recording!.id, { paper: "a4" })).bytes.length;
    };
    const first = 1000 * (await secondsOf(make));
    const again: number[] = [];
    for (let round = 0; round < ROUNDS; round++) again.push(1000 * (await secondsOf(make)));
    const median = again.sort((a, b) => a - b)[ROUNDS >> 1]!;
    if (isStrip && median > BUDGET_MS) context.miss(`a strip's report takes ${median.toFixed(0)} ms`);
    const study = studyOf(reader, recording!.id, { from: 0, to: 10 * RATE });
    const picture = await secondsOf(async () => void stripPicture(study, 0));
    const budget: Record<string, number> = isStrip ? { budget: BUDGET_MS } : {};
    return [
      row(`${what}-first`, first, "ms"),
      row(what, median, "ms", budget),
      row(`${what}-size`, bytes, "bytes"),
      ...(isStrip ? [row("picture", 1000 * picture, "ms")] : []),
    ];
  } finally {
    reader.close();
  }
}

function withReader<T>(dataDir: string, use: (reader: StoreReader) => T): T {
  const reader = StoreReader.open(dataDir);
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}
