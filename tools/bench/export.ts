/** Exports of a day: how long they take beside reading the day twice, and what memory they need. */
import { join } from "node:path";
import { studyOf } from "../../gateway/document/study";
import { FORMATS } from "../../gateway/export/formats";
import { saveFiles } from "../../gateway/export/save";
import { survey } from "../../gateway/export/survey";
import type { ExportFormat } from "../../gateway/schema/exportformats";
import { StoreReader } from "../../gateway/store/reader";
import type { Context, Row } from "./area";
import { recordDay } from "./day";
import { inFolder } from "./folder";
import { secondsOf } from "./rounds";

const FORMATS_MEASURED = ["edf", "wfdb", "csv"] as const satisfies ExportFormat[];
const ROUNDS = 3;
const EDF_BUDGET_SECONDS = 5;
const MEBIBYTE = 2 ** 20;
/** Pieces between two looks at the memory. */
const PROBE_EVERY = 64;

export function benchExport(context: Context): Promise<Row[]> {
  return inFolder(async (folder) => {
    const dataDir = await recordDay(join(folder, "day"), context);
    const reader = StoreReader.open(dataDir);
    try {
      const { id } = reader.recordings()[0]!;
      const source = () => ({ reader, study: studyOf(reader, id), dataDir, name: "day" });
      const reading = await median(() => void survey(source()));
      const rows: Row[] = [];
      for (const format of FORMATS_MEASURED) {
        context.progress(`exporting a day as ${format}`);
        const out = join(folder, `day.${format}`);
        let most = 0;
        const seconds = await median(async () => {
          const before = process.memoryUsage().rss;
          let pieces = 0;
          const files = await FORMATS[format].make(source());
          saveFiles(
            files.map((file) => ({
              path: `${out}.${file.name}`,
              file: {
                ...file,
                *pieces() {
                  for (const piece of file.pieces()) {
                    if (pieces++ % PROBE_EVERY === 0)
                      most = Math.max(most, process.memoryUsage().rss - before);
                    yield piece;
                  }
                },
              },
            })),
          );
        });
        const budget: Record<string, number> = format === "edf" ? { budget: EDF_BUDGET_SECONDS } : {};
        rows.push(
          {
            name: `export/day-${format}`,
            value: seconds,
            unit: "s",
            peers: { ...budget, "reading it twice": 2 * reading },
          },
          { name: `export/day-${format}-memory`, value: most / MEBIBYTE, unit: "MiB", peers: {} },
        );
        if (format === "edf" && seconds > EDF_BUDGET_SECONDS)
          context.miss(`a day to EDF+ took ${seconds.toFixed(1)} s, not ${EDF_BUDGET_SECONDS} at most`);
      }
      context.note(`medians of ${ROUNDS} rounds; memory is what the process grew by while it wrote, at most`);
      return rows;
    } finally {
      reader.close();
    }
  });
}

async function median(work: () => void | Promise<void>): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) seconds.push(await secondsOf(async () => work()));
  return seconds.sort((a, b) => a - b)[ROUNDS >> 1]!;
}
