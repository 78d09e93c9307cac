import { CliError, Exit } from "./terminal";
import { counted } from "./text";

/** Samples per second that the analysis is made for. */
const RATES = { least: 100, most: 1000 };

/**
 * @param doing in errors: "analyze"
 * @throws CliError for a lead that the record does not have, or a rate that cannot be analysed
 */
export function requireAnalysable(
  doing: string,
  path: string,
  record: { rate: number; leads: number },
  lead: number,
): void {
  if (lead >= record.leads)
    throw new CliError(
      Exit.failed,
      `cannot ${doing} ${path}: it has no lead ${lead}; it has ${counted(record.leads, "lead")}, counted from 0`,
    );
  if (!(record.rate >= RATES.least && record.rate <= RATES.most))
    throw new CliError(
      Exit.failed,
      `cannot ${doing} ${path}: ${record.rate} samples a second, where 100 to 1,000 are understood; resample it first`,
    );
}
