/** Which version of what is said of a recording a document would tell: its place in the log, its analysis, its over-reads. */
import type { StoreReader } from "../store/reader";

/** @param id whole; undefined before all of it is in the log */
export function versionOf(reader: StoreReader, id: string): string | undefined {
  const place = reader.log.place(id);
  if (!place) return undefined;
  const analysis = reader.findings.telling(id);
  return [
    `${place.log}.${place.index}`,
    // One under way says something else once it has ended.
    analysis?.ended ? analysis.number : 0,
    reader.overReads(id).length,
  ].join("/");
}
