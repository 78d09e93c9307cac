/** The recordings that models learn from, as WFDB files in folders named after their sets. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Annotation, readAnnotations } from "../../gateway/wfdb/annotations";
import { isBeat } from "../../gateway/wfdb/codes";

/** Files of a set with that ending in all folders that hold it, by name, without the ending. */
export function filesOf(folders: string[], set: string, ending: string): string[] {
  return folders
    .map((folder) => join(folder, set))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(ending))
        .map((name) => join(folder, name.slice(0, -ending.length))),
    )
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

export const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Labels of the CinC 2017 set by strip. */
export function labelsOf(folders: string[]): Map<string, string> {
  const labels = new Map<string, string>();
  for (const folder of folders) {
    const path = join(folder, "cinc2017/REFERENCE-v3.csv");
    if (!existsSync(path)) continue;
    for (const line of readFileSync(path, "utf8").trim().split("\n")) {
      const [strip, label] = line.trim().split(",");
      labels.set(strip!, label!);
    }
  }
  return labels;
}

export interface Reference {
  /** Seconds. */
  beats: number[];
  /** Fibrillation, in seconds. */
  af: { from: number; to: number }[];
  flutter: { from: number; to: number }[];
}

export function referenceOf(path: string, rate: number): Reference {
  const annotations = readAnnotations(`${path}.atr`);
  const beats = annotations.filter(({ code }) => isBeat(code)).map(({ sample }) => sample / rate);
  const end = beats.at(-1) ?? 0;
  return {
    beats,
    af: spansOf(annotations, "(AFIB", rate, end),
    flutter: spansOf(annotations, "(AFL", rate, end),
  };
}

/** From each such annotation to the next rhythm. */
function spansOf(annotations: Annotation[], rhythm: string, rate: number, end: number) {
  const spans: { from: number; to: number }[] = [];
  let from: number | undefined;
  for (const { sample, aux } of annotations) {
    if (!aux?.startsWith("(")) continue;
    if (from !== undefined) spans.push({ from, to: sample / rate });
    from = aux.startsWith(rhythm) ? sample / rate : undefined;
  }
  if (from !== undefined) spans.push({ from, to: end });
  return spans;
}

/** Share of a time that fibrillation covers. */
export function shareOf(af: { from: number; to: number }[], from: number, to: number): number {
  let sum = 0;
  for (const span of af) sum += Math.max(0, Math.min(to, span.to) - Math.max(from, span.from));
  return sum / (to - from);
}
