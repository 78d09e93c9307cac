/** Scores as tables. Each record behind the first five minutes where there is more of it, else whole. */
import type { AfCounts, AfFigures } from "../rhythm/score/af";
import type { BeatFigures } from "../rhythm/score/beats";
import type { RecordScore, SetScore } from "../rhythm/score/record";
import type { AfSetScore } from "../rhythm/score/rhythm";
import { table } from "./text";

const LEARNED = "5 min";
const WHOLE = "start";

const percent = (share: number | undefined) => (share === undefined ? "-" : (100 * share).toFixed(2));

/** All beats, ventricular and supraventricular ectopic ones; of these, records that are not paced. */
export function beatTable(set: SetScore): string[] {
  const unpaced = set.records.filter(({ paced }) => !paced);
  return table(
    ["RECORD", "OF", "FROM", "FOUND", "MISSED", "EXTRA", "SE %", "PPV %", "F1 %"],
    [
      ...beatRows("beats", set.records, set),
      ...beatRows(
        "VEB",
        unpaced.map(({ record, veb }) => ({ record, ...veb })),
        set.veb,
      ),
      ...beatRows(
        "SVEB",
        unpaced.map(({ record, sveb }) => ({ record, ...sveb })),
        set.sveb,
      ),
    ],
  );
}

function beatRows(
  of: string,
  records: Pick<RecordScore, "record" | "whole" | "learned">[],
  { gross, average }: Pick<SetScore, "gross" | "average">,
): string[][] {
  const shares = ({ sensitivity, positivePredictivity, f1 }: SetScore["average"]["whole"]) =>
    [sensitivity, positivePredictivity, f1].map(percent);
  const row = (name: string, figures: BeatFigures, from: string) => [
    name,
    of,
    from,
    ...[figures.found, figures.missed, figures.extra].map(String),
    ...shares(figures),
  ];
  const mean = (figures: SetScore["average"]["whole"], from: string) => [
    "average",
    of,
    from,
    ...["-", "-", "-"],
    ...shares(figures),
  ];
  return [
    ...records.map(({ record, whole, learned }) => row(record, learned ?? whole, learned ? LEARNED : WHOLE)),
    row("gross", gross.learned, LEARNED),
    mean(average.learned, LEARNED),
    row("gross", gross.whole, WHOLE),
    mean(average.whole, WHOLE),
  ];
}

/** By episode (how many of the annotated were found, how many of ours are right), by duration, and by 30 s. */
export function afTable({ records, gross, average }: AfSetScore): string[] {
  const shares = (figures: Omit<AfFigures, keyof AfCounts>) =>
    [
      figures.durationSensitivity,
      figures.durationPositivePredictivity,
      figures.windowSensitivity,
      figures.windowSpecificity,
      figures.falseShare,
    ].map(percent);
  const row = (name: string, by: string, figures: AfFigures, from: string) => [
    name,
    by,
    from,
    `${figures.found}/${figures.episodes}`,
    `${figures.right}/${figures.answers}`,
    ...shares(figures),
  ];
  const mean = (figures: Omit<AfFigures, keyof AfCounts>, from: string) => [
    "average",
    "",
    from,
    ...[figures.episodeSensitivity, figures.episodePositivePredictivity].map((share) =>
      share === undefined ? "-" : `${percent(share)} %`,
    ),
    ...shares(figures),
  ];
  return table(
    [
      "RECORD",
      "AF BY",
      "FROM",
      "FOUND",
      "RIGHT",
      "TIME SE %",
      "TIME PPV %",
      "30 S SE %",
      "30 S SP %",
      "FALSE %",
    ],
    [
      ...records.map(({ record, by, whole, learned }) =>
        row(record, by, learned ?? whole, learned ? LEARNED : WHOLE),
      ),
      row("gross", "", gross.learned, LEARNED),
      mean(average.learned, LEARNED),
      row("gross", "", gross.whole, WHOLE),
      mean(average.whole, WHOLE),
    ],
  );
}
