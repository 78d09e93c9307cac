/** Writes EDF+ and BDF+ after the text of the standard, each field as it is asked for, valid or not. */

export interface EdfSpec {
  version?: string;
  recording?: string;
  start?: string;
  headerBytes?: string;
  reserved?: string;
  records?: string;
  duration?: string;
  count?: string;
  unit?: 2 | 3;
  signals: {
    label: string;
    dimension?: string;
    physical?: [string, string];
    digital?: [string, string];
    samples?: string;
    /** Per record. */
    counts: number[][];
  }[];
  /** Per record, the annotations' bytes. */
  lists?: string[];
}

const LIST_BYTES = 60;

export function edfBytes(spec: EdfSpec): Buffer {
  const unit = spec.unit ?? 2;
  const kind = unit === 3 ? "BDF" : "EDF";
  const half = 2 ** (8 * unit - 1);
  const pad = (text: string, width: number) => text.padEnd(width).slice(0, width);
  const rows = spec.signals.map((signal) => ({
    ...{ label: signal.label, dimension: signal.dimension ?? "mV" },
    physical: signal.physical ?? ["-10", "10"],
    digital: signal.digital ?? [`${-half}`, `${half - 1}`],
    samples: signal.samples ?? `${signal.counts[0]?.length ?? 1}`,
  }));
  if (spec.lists) {
    rows.push({
      ...{ label: `${kind} Annotations`, dimension: "", physical: ["-1", "1"] },
      ...{ digital: [`${-half}`, `${half - 1}`], samples: `${LIST_BYTES / unit}` },
    });
  }
  const records = spec.signals[0]?.counts.length ?? spec.lists?.length ?? 0;
  const column = (width: number, of: (row: (typeof rows)[number]) => string) =>
    rows.map((row) => pad(of(row), width)).join("");
  const head = [
    pad(spec.version ?? (unit === 3 ? "\xffBIOSEMI" : "0"), 8),
    pad("X X X X", 80),
    pad(spec.recording ?? "Startdate 02-MAR-2021 X X X", 80),
    pad(spec.start ?? "02.03.2113.14.15", 16),
    pad(spec.headerBytes ?? `${256 * (rows.length + 1)}`, 8),
    pad(spec.reserved ?? (spec.lists ? `${kind}+C` : ""), 44),
    pad(spec.records ?? `${records}`, 8),
    pad(spec.duration ?? "1", 8),
    pad(spec.count ?? `${rows.length}`, 4),
    column(16, ({ label }) => label),
    column(80, () => ""),
    column(8, ({ dimension }) => dimension),
    column(8, ({ physical }) => physical[0]!),
    column(8, ({ physical }) => physical[1]!),
    column(8, ({ digital }) => digital[0]!),
    column(8, ({ digital }) => digital[1]!),
    column(80, () => ""),
    column(8, ({ samples }) => samples),
    column(32, () => ""),
  ];
  const parts = [Buffer.from(head.join(""), "latin1")];
  for (let record = 0; record < records; record++) {
    for (const { counts } of spec.signals) {
      const part = Buffer.alloc(counts[record]!.length * unit);
      counts[record]!.forEach((count, i) => {
        part.writeIntLE(count, i * unit, unit);
      });
      parts.push(part);
    }
    if (spec.lists) parts.push(Buffer.from(spec.lists[record]!.padEnd(LIST_BYTES, "\0"), "latin1"));
  }
  return Buffer.concat(parts);
}
