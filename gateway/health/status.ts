/** What a running hub says of itself, to whoever asks on its machine. */
import type { AnalysisStatus } from "../findings/analyst";
import type { RadioStatus } from "../radio/radio";
import type { Role } from "../roles";
import type { Said } from "../schema/wrong";
import type { Health } from "../store/commit";
import type { Disk } from "./disk";
import type { Limit } from "./limits";

/** A handheld that is connected right now. */
export interface PresenceStatus {
  /** Name on the air, hex; the store knows whose it is. */
  alias: string;
  /** Of the radio's links, `LinkStatus.id`. */
  links: string[];
  /** Unix time in ms. */
  since: number;
}

export interface HubStatus {
  pid: number;
  version: string;
  roles: Role[];
  /** Unix time in ms. */
  startedAt: number;
  /** False when something does not work that should. */
  ok: boolean;
  /** What is wrong and what to do, but for `limits`; also of an adapter beside one that works, which leaves `ok`. */
  problems: string[];
  /** Each of `problems` by its code, in the same order. */
  said?: Said[];
  /** Where it has that role: whether the disk takes frames, and the room on it. */
  store?: Health & { disk: Disk };
  /** Where it has the store's role. */
  analysis?: AnalysisStatus;
  /** How full things are, the fullest first; with what to do. */
  limits: Limit[];
  broker: { address: string; connected: boolean };
  /** Address of the page and its API. */
  web?: string;
  /** Default ports that another program has, so that broker or API are at another. */
  taken?: number[];
  radio?: RadioStatus;
  presences: PresenceStatus[];
}
