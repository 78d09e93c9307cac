/** One signal of a record: how its sample values relate to the body's voltages. */
export interface WfdbLead {
  name: string;
  /** Physical unit; "mV" where the header states none (header(5)). */
  unit: string;
  /** Counts per unit. 0 = uncalibrated, also where the header states none; 200 may then be assumed for display. */
  gain: number;
  /** Sample value of 0 units; the ADC zero where the header states none. */
  baseline: number;
  /** Sample value in the middle of the ADC's range. */
  adcZero: number;
  /** ADC resolution, 0 where the header states none. */
  bits: number;
}

/** Start of a record as its header tells it, in local time of nobody knows where. */
export interface WfdbStart {
  /** DD/MM/YYYY */
  date?: string;
  /** HH:MM:SS, with a fraction where the header has one */
  time?: string;
}

/** A whole single-segment record in memory. */
export interface WfdbRecord {
  name: string;
  /** Samples per second and signal. */
  rate: number;
  /** `rateNum / rateDen` is the header's decimal text exactly, in lowest terms. */
  rateNum: number;
  rateDen: number;
  /** Per signal. */
  samples: number;
  leads: WfdbLead[];
  start?: WfdbStart;
  /** Info strings: the comment lines behind the last signal line, without `#` and outer spaces. */
  comments: string[];
  /**
   * One array of `samples` raw ADC values per lead. The markers by which WFDB says "no sample here" (`INVALID_SAMPLE`
   * in signals.ts) stay the numbers that they are.
   */
  signals: Int32Array[];
}
