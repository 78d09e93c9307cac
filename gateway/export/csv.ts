/** A recording as text: one row per sample with its raw counts and, for calibrated leads, its physical value. */
import { Absences, type ExportSource, nameOf, openRecording, provenance, unitOf } from "./signal";

const ROWS_PER_CHUNK = 4096;
/** What spreadsheets would calculate; -aVR is a lead's name and none of it. */
const FORMULA = /^(?:[=@]|[+-].*[(|!])/;

/**
 * Rows of absent samples are absent; a `# gap` line stands in their place.
 * @param write called with pieces of the file, in order; memory does not grow with the recording
 * @throws STORE_*
 */
export function exportCsv(reader: ExportSource, id: string, write: (text: string) => void): void {
  const info = openRecording(reader, id);
  const { rateNum, rateDen, leads } = info.open;
  const calibrated = leads.flatMap((lead, index) => (lead.gain > 0 ? [{ lead, index }] : []));
  const columns = [
    "sample",
    "time_s",
    ...leads.map((lead, index) => `${nameOf(lead, index)}_counts`),
    ...calibrated.map(({ lead, index }) => `${nameOf(lead, index)}_${unitOf(lead)}`),
  ];
  const absences = new Absences(reader, info);
  const tell = (first: number, end: number) => {
    for (const gap of absences.upTo(first, end))
      write(`# gap of ${gap.samples} samples at ${gap.firstSample}: ${gap.why}\n`);
  };
  write(
    [...provenance(info, []).map((line) => `# ${line}`), columns.map(quoted).join(",")].join("\n") + "\n",
  );
  let rows: string[] = [];
  const flush = () => {
    if (rows.length > 0) write(rows.join("\n") + "\n");
    rows = [];
  };
  for (const { firstSample, samples } of reader.pieces(info.id)) {
    const length = samples[0]!.length;
    if (absences.isBehind(firstSample)) flush();
    tell(firstSample, firstSample + length);
    for (let i = 0; i < length; i++) {
      const at = firstSample + i;
      let row = `${at},${(at * rateDen) / rateNum}`;
      for (const values of samples) row += `,${values[i]}`;
      for (const { lead, index } of calibrated)
        row += `,${(samples[index]![i]! - lead.baseline) / lead.gain}`;
      rows.push(row);
    }
    if (rows.length >= ROWS_PER_CHUNK) flush();
  }
  flush();
  tell(info.samples, info.samples);
}

/** A lead is called as whoever's record was imported called it: RFC 4180's quotes alone keep no spreadsheet from it. */
function quoted(text: string): string {
  const name = FORMULA.test(text) ? `'${text}` : text;
  return /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
