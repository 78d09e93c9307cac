/** Which of a recording's leads is analysed, and how it is read. */
import type { Lead, Open } from "../../protocol/open";
import { countsPerMillivolt, isGain } from "../rhythm/gain";
import { StoreError } from "../store/errors";
import type { AnalysedLead } from "../store/findings/types";

/** Samples a second that the analysis is made for. */
const LOWEST_RATE = 100;
const HIGHEST_RATE = 1000;

/** Calibrated as a voltage, or not at all. */
function isEcg({ gain, unit }: Lead): boolean {
  return gain <= 0 || /^[muµμ]?[Vv]$/.test(unit.trim());
}

/** The first lead that is an ECG. @throws ANALYSIS_LEAD, ANALYSIS_RATE, ANALYSIS_GAIN where nothing can be analysed */
export function analysedLead({ leads, rateNum, rateDen, bits }: Open): AnalysedLead {
  const lead = leads.findIndex(isEcg);
  if (lead < 0) throw new StoreError("ANALYSIS_LEAD", "none of its leads is an ECG");
  const rate = rateNum / rateDen;
  if (!(rate >= LOWEST_RATE && rate <= HIGHEST_RATE))
    throw new StoreError(
      "ANALYSIS_RATE",
      `it has ${rate} samples a second, where ${LOWEST_RATE} to ${HIGHEST_RATE} are understood`,
    );
  const { name, adcZero } = leads[lead]!;
  const gain = countsPerMillivolt({ ...leads[lead]!, unit: leads[lead]!.unit.trim() });
  if (!isGain(gain))
    throw new StoreError("ANALYSIS_GAIN", `its lead ${name} has ${gain} counts per millivolt`);
  // A converter that counts from elsewhere tells of its zero, not of its ends.
  const rails = adcZero === 0 ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 } : undefined;
  return { lead, name, settings: { rate, gain, ...(rails && { rails }) } };
}
