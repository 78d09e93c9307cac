/** What the read side tells of handhelds and recordings. */
import type { Status } from "../../protocol/command";
import type { Header } from "../../protocol/header";
import type { Open } from "../../protocol/open";

/** What a unit's maker says of it. */
export interface RevokedInfo {
  /** Unix seconds from which on its key counts as lost. */
  since: number;
  reason: string;
}

export interface DeviceInfo {
  /** Hex. */
  id: string;
  alias: string;
  class: "locked" | "dev" | "simulated" | "adopted";
  /** Its fingerprint; of a real handheld alone. */
  maker?: string;
  revoked?: RevokedInfo;
  name?: string;
  person?: string;
  epoch: number;
  /** Unix ms. */
  claimedAt: number;
  lastContact?: number;
  /** The newest that it sent, if any. */
  status?: Status;
  recordings: number;
  /** Messages refused, by kind. */
  refusals: Record<string, number>;
}

export type RecordingState = "recording" | "closed" | "truncated" | "pending";

export interface RecordingInfo {
  id: string;
  device: string;
  epoch: number;
  recording: number;
  open?: Open;
  /** Unix ms of sample 0, 0 when unknown, and a ClockTrust. */
  startMs: number;
  trust: number;
  /** Frames held, and frames that are neither held nor declared lost. */
  frames: number;
  holes: number;
  /** Sample positions per lead, gaps included; and how many stand in declared gaps. */
  samples: number;
  dropped: number;
  state: RecordingState;
  simulated: boolean;
  /** Taken over from a file: no handheld signed it. */
  adopted: boolean;
  /** Logged when its handheld's maker had revoked it already, or not yet. */
  revoked?: RevokedInfo;
  person?: string;
  marks: number;
  /** "altered": its row in the database is not as this store wrote it. */
  flags: ("altered" | "malformed" | "conflict" | "after-close")[];
  /** Unix ms of the first and the newest frame's arrival. */
  firstAt?: number;
  lastAt?: number;
  /** Unix ms; its key and frames are gone, its row and its place in the log stay. */
  erasedAt?: number;
  /** Code of the error for which an erasure that was asked for was refused. */
  erasureRefused?: string;
}

export interface OpenedFrame {
  header: Header;
  frame: Uint8Array;
  body: Uint8Array;
}

/** One block's samples. */
export interface Piece {
  firstSample: number;
  /** One array per lead, of equal length. */
  samples: Int32Array[];
}

/** Samples that are not held and were declared lost; reason is a DropReason. */
export interface Gap {
  firstSample: number;
  samples: number;
  reason: number;
}

/**
 * Adopted: as it was taken over from a file, which no handheld signed. Erased: by its owner, as the log says too. Revoked:
 * whole and unchanged, and its maker no longer vouches for its handheld's key.
 */
export type Verdict = "authentic" | "adopted" | "erased" | "revoked" | "altered" | "missing";

export function isSound(verdict: Verdict): boolean {
  return verdict === "authentic" || verdict === "adopted" || verdict === "erased";
}

export interface VerifiedRecording {
  id: string;
  verdict: Verdict;
  /** What a reader should know of an authentic recording: simulated, open, truncated, gaps. */
  notes: string[];
  problems: string[];
  frames: number;
  samples: number;
}

export interface VerifyReport {
  ok: boolean;
  recordings: VerifiedRecording[];
  /** Of the store as a whole. */
  notes: string[];
  problems: string[];
  /** What handhelds saw in the log before a restore, and this store cannot show. */
  missing: string[];
}
