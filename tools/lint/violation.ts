/** One place that breaks a rule, and what to write instead. */
export interface Violation {
  /** Relative to the checked tree. */
  file: string;
  line: number;
  message: string;
}
