/** What the script that watches a page says, for both sides. */

/** A canvas that must show something dark in most columns of each of its bands. */
export interface Expected {
  selector: string;
  /** Below each other. */
  bands: number;
}

export interface Watch {
  /** ms since the navigation began, when all that is expected was drawn. */
  painted(expected: Expected[]): Promise<number>;
  /** Times of the frames in which that canvas was drawn, until `stop`; ms. */
  frames(selector: string): { stop(): number[] };
  /** Wall-clock times, Unix ms, at which something dark came newly to that row, `share` of the height, until `stop`. */
  arrivals(selector: string, share: number): { stop(): number[] };
}
