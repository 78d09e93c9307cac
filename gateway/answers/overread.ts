/** What a clinician says, as a layer beside the recording: the same whether it came by a link or on a form. */
import type { z } from "zod";
import type { OverReadSaid, overRead } from "../schema/overreads";
import { StoreError } from "../store/errors";
import type { AnalysisInfo } from "../store/findings/types";
import type { OverReadFinding, OverReadLayer } from "../store/layers/rows";
import type { StoreReader } from "../store/reader";

export type OverReadBody = z.output<(typeof overRead)["body"]>;

/**
 * @param id whole
 * @returns what was said, with the automatic findings as they stand; how it came is the caller's to add
 * @throws OVERREAD_EMPTY, OVERREAD_ANALYSIS, OVERREAD_EPISODE, OVERREAD_STRETCH
 */
export function overReadOf(
  reader: StoreReader,
  id: string,
  { name, comment, findings, analysis: number }: OverReadBody,
): Omit<OverReadLayer, "link" | "form"> {
  if (findings.length === 0 && comment === "")
    throw new StoreError(
      "OVERREAD_EMPTY",
      "a signature alone says nothing: accept, change or add a finding, or write a comment",
    );
  const analysis = reader.findings.of(id).find((one) => one.number === number);
  if (number !== undefined && !analysis)
    throw new StoreError("OVERREAD_ANALYSIS", `no analysis ${number} of this recording is kept`);
  const { samples } = reader.recording(id);
  return {
    name,
    analysis: analysis && { number: analysis.number, version: analysis.version },
    findings: findings.map((said) => kept(said, analysis, samples)),
    comment,
  };
}

/** @throws OVERREAD_* for an episode that the analysis has not, or a stretch that the recording has not */
function kept(said: OverReadSaid, analysis: AnalysisInfo | undefined, samples: number): OverReadFinding {
  const { verdict, note } = said;
  const automatic = said.verdict === "added" ? undefined : analysis?.episodes[said.episode];
  if (said.verdict !== "added" && !automatic)
    throw new StoreError(
      "OVERREAD_EPISODE",
      `that analysis has no episode ${said.episode}; read its findings anew`,
    );
  if (said.verdict !== "added" && said.verdict !== "changed") return { verdict, automatic, note };
  const { rhythm, from, to } = said;
  if (from >= to || to > samples)
    throw new StoreError(
      "OVERREAD_STRETCH",
      `samples ${from} to ${to} are no stretch of this recording's ${samples}`,
    );
  return { verdict, automatic, finding: { rhythm, from, to }, note };
}
