/** What the thread that analyses and the hub tell each other. */
import type { Checkpoint } from "../store/findings/types";
import type { FreshBeats, Pulse } from "./follow";

export interface WorkerSettings {
  dataDir: string;
  /** Ids of recordings that are left alone. */
  aside: string[];
}

export type ToWorker =
  /** Frames came, or nothing did for a while. */
  | { t: "wake" }
  /** By its owner: nothing of this recording is kept in memory. */
  | { t: "erased"; recording: string }
  /** Of the last checkpoint; without a number it was not kept, and of one that is left alone it never will be. */
  | { t: "kept"; number?: number; isLeft?: boolean };

/** How far analysis is. */
export interface Progress {
  /** Recordings of which more is here than was analysed, and how many of them wait for frames that the handheld holds. */
  recordings: number;
  incomplete: number;
  /** Of signal. */
  behindSeconds: number;
}

export type FromWorker =
  /** Works on this recording from now on; whatever happens is its doing. */
  | { t: "at"; recording: string }
  | { t: "checkpoint"; checkpoint: Checkpoint }
  /** Nothing of this recording can be analysed, and why. */
  | { t: "aside"; recording: string; reason: string }
  /** Of a recording that runs. Unix ms of its newest sample, by a clock that the hub had set. */
  | { t: "pulse"; device: string; recording: string; at: number; pulse: Pulse }
  /** In place of what was said so of this recording before; its next checkpoint has them, too. */
  | { t: "fresh"; recording: string; fresh: FreshBeats }
  /** Nothing is said any more of a recording that was erased. */
  | { t: "gone"; recording: string }
  /** Waits for a word. */
  | ({ t: "idle" } & Progress);
