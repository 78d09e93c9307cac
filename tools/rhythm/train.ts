/**
 * Trains the models of gateway/rhythm/episodes and says how they do on records that they have not seen:
 *   npx ts-node tools/rhythm/train.ts [--check] [--only intervals,local,strips,fibrillation] DATA…
 * Each DATA holds folders of recordings (ltafdb, cinc2017, mitdb, cpsc2021). The same data give the same files, byte for
 * byte. Intervals come first: what they say is a feature of the rest. With --check it writes nothing.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { STRIP_CLASSES } from "../../gateway/rhythm/episodes/strip";
import { crossValidateFibrillation, decided, mixed, trainFibrillation } from "./fibrillation";
import { crossValidateIntervals, intervalWindows, trainIntervals, type Windows } from "./intervals";
import { crossValidateLocal, localIntervals, trainLocal } from "./local";
import { pack, packNetworks, sourceOf } from "./pack";
import { type Strips, stripsOf, windowsOf } from "./signals";
import {
  confusion,
  crossValidateStrips,
  f1Of,
  foldsOf,
  meanF1,
  SHAPE,
  trainStrips,
  weighClasses,
} from "./strips";

const MODELS = join(__dirname, "../../gateway/rhythm/episodes/models");
const TREES = { name: "PackedTrees", from: "../../trees/levels" };
const INTERVAL_FOLDS = 7;
const STRIP_FOLDS = 5;
const FIBRILLATION_FOLDS = 8;
const NETWORKS = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean" }, only: { type: "string" } },
});
const wanted = (part: string) => values.only === undefined || values.only.split(",").includes(part);
const note = (text: string) => process.stderr.write(`${text}\n`);
const write = (file: string, source: string) => {
  if (!values.check) writeFileSync(join(MODELS, file), source);
};
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(2)} %`;

if (wanted("intervals")) {
  const windows = intervalWindows(positionals, 1, note);
  reportIntervals(windows);
  write(
    "rr.ts",
    sourceOf("RR_MODEL", TREES, pack(trainIntervals(windows, () => true)), [
      "Fibrillation by the intervals between beats (irregularity.ts).",
      `It has seen one window of 30 s in six of ${windows.names.length} records of the Long-Term AF Database`,
      `(PhysioNet, ODC-BY 1.0), annotations only: ${windows.names.join(" ")}.`,
    ]),
  );
}

if (wanted("local")) {
  const data = localIntervals(positionals, note);
  const said = crossValidateLocal(data, INTERVAL_FOLDS);
  const found = { tp: 0, fn: 0, fp: 0, tn: 0 };
  for (const [i, label] of data.labels.entries())
    found[label === 1 ? (said[i]! > 0.5 ? "tp" : "fn") : said[i]! > 0.5 ? "fp" : "tn"]++;
  const { tp, fn, fp, tn } = found;
  console.log(
    `ltafdb: ${data.rows} intervals, most near a change, ${INTERVAL_FOLDS} folds by record: Se ${percent(tp, tp + fn)} Sp ${percent(tn, tn + fp)}`,
  );
  write(
    "local.ts",
    sourceOf("LOCAL_MODEL", TREES, pack(trainLocal(data, () => true)), [
      "Fibrillation beat by beat (local.ts).",
      `It has seen about two thousand intervals, most near a change, of each of ${data.names.length} records of the Long-Term AF`,
      `Database (PhysioNet, ODC-BY 1.0), annotations only: ${data.names.join(" ")}.`,
    ]),
  );
}

if (wanted("strips") || wanted("fibrillation")) {
  const strips = stripsOf(positionals, STRIP_CLASSES.join(""), note);

  if (wanted("fibrillation")) makeFibrillation(strips);
  if (wanted("strips")) makeStrips(strips);
}

function reportIntervals(windows: Windows): void {
  const answers = crossValidateIntervals(windows, INTERVAL_FOLDS);
  console.log(
    `ltafdb: ${windows.rows} windows, ${windows.names.length} records, ${INTERVAL_FOLDS} folds by record`,
  );
  const counts = (limit: number, counted: (record: number) => boolean) => {
    const found = { tp: 0, fn: 0, fp: 0, tn: 0 };
    for (let i = 0; i < windows.rows; i++) {
      if (!counted(windows.records[i]!)) continue;
      const said = answers[i]! > limit;
      found[windows.labels[i] === 1 ? (said ? "tp" : "fn") : said ? "fp" : "tn"]++;
    }
    return found;
  };
  for (const limit of [0.3, 0.4, 0.5, 0.6, 0.7]) {
    const { tp, fn, fp, tn } = counts(limit, () => true);
    console.log(`from ${limit}: Se ${percent(tp, tp + fn)} Sp ${percent(tn, tn + fp)}`);
  }
  for (const [record, name] of windows.names.entries()) {
    const { tp, fn, fp, tn } = counts(0.5, (of) => of === record);
    console.log(`${name}\tfound ${tp} of ${tp + fn}\tfalse ${fp} of ${fp + tn}`);
  }
}

function makeStrips(strips: Strips): void {
  const fold = foldsOf(strips, STRIP_FOLDS, 1);
  const said = crossValidateStrips(strips, fold, STRIP_FOLDS, NETWORKS, note);
  console.log(
    `cinc2017: ${strips.rows} strips, ${STRIP_FOLDS} folds by strip; weights of classes from the other folds`,
  );
  const all = STRIP_CLASSES.map(() => STRIP_CLASSES.map(() => 0));
  for (let f = 0; f < STRIP_FOLDS; f++) {
    const weights = weighClasses(strips, said, (i) => fold[i] !== f);
    const counts = confusion(strips, said, weights, (i) => fold[i] === f);
    console.log(`fold ${f + 1}: mean F1 ${meanF1(counts).toFixed(4)}, weights ${weights.join(" ")}`);
    for (const [a, row] of counts.entries()) for (const [b, count] of row.entries()) all[a]![b]! += count;
  }
  console.log(`mean F1 over N, A, O ${meanF1(all).toFixed(4)}; reference by row, answer by column:`);
  console.log(["", ...STRIP_CLASSES, "F1"].join("\t"));
  for (const [k, row] of all.entries())
    console.log([STRIP_CLASSES[k], ...row, f1Of(all)[k]!.toFixed(4)].join("\t"));
  const answered = all.reduce((sum, row) => sum + row[0]! + row[1]! + row[2]!, 0);
  console.log(`answered (not ~): ${percent(answered, strips.rows)}`);
  const weights = weighClasses(strips, said, () => true);
  if (values.check) return;
  const models = trainStrips(strips, Int32Array.from(strips.labels.keys()), NETWORKS);
  const seen = [
    `It has seen ${strips.rows} strips of the PhysioNet/CinC Challenge 2017 (ODC-BY 1.0), labels of version 3.`,
  ];
  write(
    "strip.ts",
    sourceOf(
      "STRIP_MODEL",
      TREES,
      pack(models.forest),
      ["What a strip is, by its figures (strip.ts).", ...seen],
      [
        "",
        "/** Of N, A, O and ~, tuned on strips that the models had not seen. */",
        `export const STRIP_WEIGHTS = ${JSON.stringify(weights).replaceAll(",", ", ")};`,
      ],
    ),
  );
  write(
    "network.ts",
    sourceOf(
      "NETWORK_MODEL",
      { name: "PackedNetworks", from: "../network" },
      packNetworks(SHAPE, models.networks),
      ["What a strip is, by its beats one by one (strip.ts).", ...seen],
    ),
  );
}

function makeFibrillation(strips: Strips): void {
  const sets = ["mitdb", "cpsc2021"].map((set) => windowsOf(positionals, set, note));
  const data = mixed(strips, sets);
  const said = crossValidateFibrillation(data, FIBRILLATION_FOLDS);
  const answers = decided(said, (i) => data.sets[i]! > 0 && data.groups[i] === data.groups[i - 1]);
  console.log(`windows and strips of ${FIBRILLATION_FOLDS} folds by record or patient`);
  const line = (name: string, counted: (row: number) => boolean) => {
    const found = { tp: 0, fn: 0, fp: 0, tn: 0 };
    for (let i = 0; i < data.rows; i++)
      if (counted(i)) found[data.labels[i] ? (answers[i] ? "tp" : "fn") : answers[i] ? "fp" : "tn"]++;
    const { tp, fn, fp, tn } = found;
    console.log(
      `${name}: Se ${percent(tp, tp + fn)} (${tp} of ${tp + fn}) Sp ${percent(tn, tn + fp)} (false ${fp} of ${fp + tn})`,
    );
  };
  for (const [index, set] of ["cinc2017", "mitdb", "cpsc2021"].entries())
    line(set, (i) => data.sets[i] === index);
  const withAf = new Set(data.groups.filter((_, i) => data.labels[i] === 1));
  line("mitdb, records without fibrillation", (i) => data.sets[i] === 1 && !withAf.has(data.groups[i]!));
  const records = [...new Set(data.groups.filter((_, i) => data.sets[i]! > 0))];
  for (const record of records) line(record, (i) => data.groups[i] === record);
  write(
    "af.ts",
    sourceOf("AF_MODEL", TREES, pack(trainFibrillation(data, Int32Array.from(data.labels.keys()))), [
      "Fibrillation by intervals and waves (fibrillation.ts).",
      "It has seen, all leads: strips N, A and O of the PhysioNet/CinC Challenge 2017 (ODC-BY 1.0), the MIT-BIH",
      "Arrhythmia Database (ODC-BY 1.0) and CPSC 2021 (CC-BY 4.0):",
      `${records.join(" ")}.`,
    ]),
  );
}
