/**
 * Trains the forests that class beats, or says by cross-validation how well that goes:
 *
 *     ts-node tools/rhythm/beats/main.ts DATA            writes gateway/rhythm/beats/model.ts
 *     ts-node tools/rhythm/beats/main.ts DATA --folds 11 [--seed S]
 *
 * DATA holds `mitdb/` (DS1) and `cinc2017/` (160 strips). Records are held out whole, both leads. Where DATA holds
 * `nstdb/`, what a held out record is with noise added is told, too, and counts nowhere.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BeatForests, BeatJudge } from "../../../gateway/rhythm/beats/judge";
import {
  type BeatCounts,
  fibrillation,
  figures,
  gross,
  LEARNING_SECONDS,
} from "../../../gateway/rhythm/score/beats";
import {
  compareClasses,
  isPaced,
  referenceClasses,
  supraventricular,
  ventricular,
} from "../../../gateway/rhythm/score/classes";
import { encodeForest } from "../../../gateway/rhythm/trees/nodes";
import { arrhythmiaRecords, type MeasuredRecord, strips } from "./rows";
import { train } from "./train";

const SEED = "a";
/** Strips with that label which make one record. */
const STRIPS = { N: 15, A: 10 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folds: { type: "string" },
    seed: { type: "string", default: SEED },
  },
});
const [data] = positionals;
if (data === undefined) throw new Error("name the folder that holds mitdb/ and cinc2017/");

const [first, second] = [0, 1].map((lead) => arrhythmiaRecords(join(data, "mitdb"), lead));
const others = (["N", "A"] as const).flatMap((label) => strips(join(data, "cinc2017"), label, STRIPS[label]));
if (values.folds) validate(Number(values.folds));
else ship();

function forestsFor(held: string[]): BeatForests {
  const seen = [...first!, ...second!].filter(({ name }) => !held.includes(name));
  return train([...seen, ...others], values.seed);
}

function ship(): void {
  const { wide, early } = forestsFor([]);
  const names = first!.map(({ name }) => name).join(" ");
  const text = `/**
 * The forests that class beats, as base64. Written by \`ts-node tools/rhythm/beats/main.ts DATA\`, seed
 * "${values.seed}"; do not edit. They saw both leads of these records of the MIT-BIH Arrhythmia Database: ${names};
 * and of CinC 2017 ${others.reduce((sum, { strips }) => sum + strips, 0)} strips that are labelled N or A, as normal beats.
 */
export const FOREST =
  "${encodeForest(wide).toString("base64")}";

/** Tells supraventricular beats from normal ones: sees also what timing-model.ts says. */
export const EARLY_FOREST =
  "${encodeForest(early).toString("base64")}";
`;
  writeFileSync(join(__dirname, "../../../gateway/rhythm/beats/model.ts"), text);
}

function validate(folds: number): void {
  const stressed = join(data!, "nstdb");
  const noisy = existsSync(stressed) ? arrhythmiaRecords(stressed, 0) : [];
  const veb: BeatCounts[] = [];
  const sveb: BeatCounts[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const held = first!.filter((_, index) => index % folds === fold);
    const forests = forestsFor(held.map(({ name }) => name));
    for (const record of held) {
      const confusion = confusionOf(record, forests);
      if (isPaced(record.annotations)) continue;
      veb.push(ventricular(confusion));
      sveb.push(supraventricular(confusion));
      console.log(record.name, "VEB", text(veb.at(-1)!), "SVEB", text(sveb.at(-1)!));
      for (const stress of noisy.filter(({ name }) => name.startsWith(`${record.name}e`))) {
        const confused = confusionOf(stress, forests);
        console.log(
          stress.name,
          "VEB",
          text(ventricular(confused)),
          "SVEB",
          text(supraventricular(confused)),
        );
      }
    }
  }
  console.log("gross VEB", text(gross(veb)), "SVEB", text(gross(sveb)));
}

function confusionOf(record: MeasuredRecord, forests: BeatForests) {
  const judge = new BeatJudge(forests, 1);
  const beats = record.rows.map((row) => judge.judge([row]));
  return compareClasses(referenceClasses(record.annotations), beats, {
    rate: record.rate,
    from: LEARNING_SECONDS * record.rate,
    excluded: fibrillation(record.annotations, record.samples),
  });
}

function text(counts: BeatCounts): string {
  const { found, missed, extra, sensitivity, positivePredictivity } = figures(counts);
  const percent = (share: number | undefined) => (share === undefined ? "-" : (100 * share).toFixed(2));
  return `${found} -${missed} +${extra} Se ${percent(sensitivity)} PPV ${percent(positivePredictivity)}`;
}
