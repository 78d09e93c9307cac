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
  /** A line at once, also where nobody watches: of what runs for an hour. */
  tell(text: string): void;
  /** A bar that is held to was missed: a note, and the benchmark's answer is no. */
  miss(text: string): void;
  /** Also what takes minutes. */
  long: boolean;
  /** Of the radio: how long, and how many of them; its own by default. */
  minutes?: number;
  handhelds?: number;
}

export type Area = (context: Context) => Promise<Row[]>;
