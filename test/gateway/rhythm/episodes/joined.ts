/** Episodes as whoever reads them gets them: neighbouring windows of one rhythm are one. */
import { FindingJoiner } from "../../../../gateway/rhythm/findings";
import type { Episode } from "../../../../gateway/rhythm/types";

export function joined(episodes: Episode[]): Episode[] {
  const joiner = new FindingJoiner();
  const found = episodes.flatMap((episode) => joiner.add(episode)).concat(joiner.end());
  return found.map(({ evidence: _, ...episode }) => episode).sort((a, b) => a.from - b.from || a.to - b.to);
}
