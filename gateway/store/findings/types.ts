/** What analysis says of recordings, as the store keeps it and tells it. */
import type { Summary } from "../../rhythm/analysis";
import type { Finding } from "../../rhythm/findings";
import type { LeadSettings } from "../../rhythm/quality";
import type { Beat, Rhythm } from "../../rhythm/types";

/** Which signal was analysed: the lead's place in the recording, from 0, and how it was read. */
export interface AnalysedLead {
  lead: number;
  name: string;
  settings: LeadSettings;
}

/** One step of an analysis on its way into the store: what became final since the step before, and where it goes on. */
export interface Checkpoint extends AnalysedLead {
  /** Id of the recording. */
  recording: string;
  /** Number of the analysis among those of its recording; undefined for one that begins. */
  number?: number;
  version: string;
  /** Of one that begins: number of the one under way in whose place it does, for nothing can go on from its state. */
  insteadOf?: number;
  /** First frame that the step before had not taken, and first frame and sample that this one has not. */
  from: number;
  next: number;
  samples: number;
  beats: Beat[];
  episodes: Finding[];
  /** The episode under way. */
  open?: Finding;
  summary: Summary;
  /** Nothing of the recording is to come. */
  ended: boolean;
  /** All that the analysis knows. */
  state: Uint8Array;
}

/** An analysis as it is kept. `id` is what a report cites. */
export interface AnalysisInfo extends AnalysedLead {
  /** The recording's id, a slash, and the number. */
  id: string;
  recording: string;
  number: number;
  version: string;
  /** Samples that it has taken, gaps included. */
  samples: number;
  ended: boolean;
  /** In order of their first samples; the last one may still grow unless the analysis has ended. */
  episodes: Finding[];
  /** Undefined while it has taken nothing. */
  summary?: Summary;
}

/** Beats by one analysis. */
export interface KeptBeats
  extends Pick<AnalysisInfo, "id" | "number" | "version" | "lead" | "name" | "samples" | "ended"> {
  /** Ascending. Of one that has not ended, those that were final at its last checkpoint. Confidences are in 255ths. */
  beats: Beat[];
}

/** Kinds of finding that make events: of sinus rhythm and of what cannot be read there is nothing to tell. */
export type EventKind = Exclude<Rhythm, "sinus" | "unreadable">;

/** Neighbouring episodes of one analysis within an event. Samples `from` up to, not including, `to`. */
export interface EventPart {
  /** Id of the recording, its ownership and number, by which parts are ordered, and the analysis' number. */
  recording: string;
  epoch: number;
  order: number;
  analysis: number;
  from: number;
  to: number;
  /** Unix ms of both by the handheld's clock; undefined where that was never set. */
  fromMs?: number;
  toMs?: number;
  episodes: number;
  confidence: number;
  /** The samples that show it best. */
  evidence: { from: number; to: number };
}

/** Episodes of one kind that lie near each other, as one event that grows. */
export interface EventInfo {
  id: number;
  /** Device id in hex. */
  device: string;
  kind: EventKind;
  version: string;
  /** Unix ms by the handheld's clock; undefined where that was never set. */
  fromMs?: number;
  toMs?: number;
  episodes: number;
  /** Of its most certain episode. */
  confidence: number;
  /** Where it shows best. */
  strip: { recording: string; from: number; to: number };
  parts: EventPart[];
}
