/**
 * Trains the models of gateway/rhythm/episodes and says how they do on records that they have not seen:
 *   npx ts-node tools/rhythm/train.ts [--check] [--only intervals,strips] DATA…
 * Each DATA holds folders of recordings (ltafdb, cinc2017, mitdb, cpsc2021). The same data give the same files.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crossValidateIntervals, intervalWindows, trainIntervals, type Windows } from "./intervals";
import { pack, sourceOf } from "./pack";

const MODELS = join(__dirname, "../../gateway/rhythm/episodes/models");
const FOLDS = 7;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean" }, only: { type: "string" } },
});
const wanted = (part: string) => values.only === undefined || values.only.split(",").includes(part);
const note = (text: string) => process.stderr.write(`${text}\n`);

if (wanted("intervals")) {
  const windows = intervalWindows(positionals, 1, note);
  if (values.check) reportIntervals(windows);
  const packed = pack(trainIntervals(windows, () => true));
  writeFileSync(
    join(MODELS, "rr.ts"),
    sourceOf("RR_MODEL", packed, [
      "Fibrillation by the intervals between beats (irregularity.ts).",
      `It has seen one window of 30 s in six of ${windows.names.length} records of the Long-Term AF Database`,
      `(PhysioNet, ODC-BY 1.0), annotations only: ${windows.names.join(" ")}.`,
    ]),
  );
}

function reportIntervals(windows: Windows): void {
  const answers = crossValidateIntervals(windows, FOLDS);
  console.log(`ltafdb, ${windows.rows} windows of ${windows.names.length} records, ${FOLDS} folds by record`);
  for (const limit of [0.3, 0.4, 0.5, 0.6, 0.7]) {
    const [tp, fn, fp, tn] = countsAt(windows, answers, limit, () => true);
    console.log(
      `from ${limit}: Se ${((100 * tp) / (tp + fn)).toFixed(2)} % Sp ${((100 * tn) / (tn + fp)).toFixed(2)} %`,
    );
  }
  for (const [record, name] of windows.names.entries()) {
    const [tp, fn, fp, tn] = countsAt(windows, answers, 0.5, (of) => of === record);
    console.log(`${name}\taf ${tp} of ${tp + fn}\tfalse ${fp} of ${fp + tn}`);
  }
}

function countsAt(
  windows: Windows,
  answers: Float64Array,
  limit: number,
  counted: (record: number) => boolean,
) {
  const counts: [number, number, number, number] = [0, 0, 0, 0];
  for (let i = 0; i < windows.rows; i++)
    if (counted(windows.records[i]!)) counts[2 * (1 - windows.labels[i]!) + (answers[i]! > limit ? 0 : 1)]!++;
  return counts;
}
