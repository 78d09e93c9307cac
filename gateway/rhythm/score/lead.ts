/** One lead of a WFDB record as an analysis takes it: calibrated, and a gap wherever no sample is. */
import { readHeader } from "../../wfdb/header";
import type { WfdbLead, WfdbRecord } from "../../wfdb/read";
import { INVALID_SAMPLE } from "../../wfdb/signals";
import { countsPerMillivolt } from "../gain";
import type { LeadSettings } from "../quality";

export interface RecordLead {
  settings: LeadSettings & { lead: string };
  /** Signal, and the numbers of samples that are missing. */
  pieces: (Int32Array | number)[];
}

/**
 * @param path of the record
 * @throws WfdbError; RangeError for a lead that it does not have
 */
export function recordLead(
  path: string,
  { name, rate, leads, signals }: WfdbRecord,
  lead: number,
): RecordLead {
  const of = leads[lead];
  if (!of) throw new RangeError(`${name} has no lead ${lead}`);
  const signal = signals[lead]!;
  const missing = INVALID_SAMPLE[readHeader(path).signals[lead]!.format];
  const pieces: RecordLead["pieces"] = [];
  for (let at = 0; at < signal.length; ) {
    const isGap = signal[at] === missing;
    let to = at + 1;
    while (to < signal.length && (signal[to] === missing) === isGap) to++;
    pieces.push(isGap ? to - at : signal.subarray(at, to));
    at = to;
  }
  const rails = railsOf(of, pieces);
  return { settings: { rate, gain: countsPerMillivolt(of), lead: of.name, ...(rails && { rails }) }, pieces };
}

/** Where the converter ends, unless the samples show that the header is mistaken. */
function railsOf({ bits, adcZero }: WfdbLead, pieces: RecordLead["pieces"]): LeadSettings["rails"] {
  if (bits === 0) return undefined;
  const rails = { low: adcZero - 2 ** (bits - 1), high: adcZero + 2 ** (bits - 1) - 1 };
  for (const piece of pieces)
    if (typeof piece !== "number")
      for (const value of piece) if (value < rails.low || value > rails.high) return undefined;
  return rails;
}
