/** A recording as text: one row per sample with its raw counts and, for calibrated leads, its physical value. */

import { Absences, nameOf, unitOf } from "../document/signal";
import { gathered } from "./pieces";
import { gapText, provenance } from "./provenance";
import type { ExportSource, OutFile } from "./source";

/** What spreadsheets would calculate; -aVR is a lead's name and none of it. */
const FORMULA = /^(?:[=@]|[+-].*[(|!])/;

/**
 * Rows of absent samples are absent; a `# gap` line stands in their place. Samples are numbered, and times counted, from
 * the recording's start, of a stretch too.
 */
export function csvFiles(source: ExportSource): OutFile[] {
  return [{ name: `${source.name}.csv`, pieces: () => gathered(csvText(source)) }];
}

function* csvText({ reader, study }: ExportSource): Generator<string> {
  const { info, from, to } = study;
  const { rateNum, rateDen, leads } = info.open;
  const calibrated = leads.flatMap((lead, index) => (lead.gain > 0 ? [{ lead, index }] : []));
  const columns = [
    "sample",
    "time_s",
    ...leads.map((lead, index) => `${nameOf(lead, index)}_counts`),
    ...calibrated.map(({ lead, index }) => `${nameOf(lead, index)}_${unitOf(lead)}`),
  ];
  const absences = new Absences(reader, info, from);
  const gaps = (first: number, end: number) =>
    absences.upTo(first, end).map((gap) => `# ${gapText(gap, 0)}\n`);
  yield [...provenance(study, [], 0).map((line) => `# ${line}`), columns.map(quoted).join(",")].join("\n") +
    "\n";
  for (const { firstSample, samples } of study.pieces()) {
    const length = samples[0]!.length;
    yield* gaps(firstSample, firstSample + length);
    let rows = "";
    for (let i = 0; i < length; i++) {
      const at = firstSample + i;
      rows += `${at},${(at * rateDen) / rateNum}`;
      for (const values of samples) rows += `,${values[i]}`;
      for (const { lead, index } of calibrated)
        rows += `,${(samples[index]![i]! - lead.baseline) / lead.gain}`;
      rows += "\n";
    }
    yield rows;
  }
  yield* gaps(to, to);
}

/** A lead is called as whoever's record was imported called it: RFC 4180's quotes alone keep no spreadsheet from it. */
function quoted(text: string): string {
  const name = FORMULA.test(text) ? `'${text}` : text;
  return /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
