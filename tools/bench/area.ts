/** What an area of the benchmark is given and what it gives back. */

export interface Row {
  /** `area/what`. */
  name: string;
  value: number;
  unit: string;
  /** The same quantity of others, measured on the same input in the same run. */
  peers: Record<string, number>;
}

export interface Context {
  /** A line beneath the area's table: where it ran, on what, what was left out. */
  note(text: string): void;
  /** What is being done right now. */
  progress(text: string): void;
  /** Also what takes minutes. */
  long: boolean;
}

export type Area = (context: Context) => Promise<Row[]>;
