/** What a virtual handheld's process and the one that started it say to each other, over the channel between them. */
import type { EcgSettings } from "../ecg/settings";
import type { Witnessed } from "../witness";

export interface UnitArguments {
  /** UNIX socket of the virtual radio, and the handheld's address there. */
  socket: string;
  address: string;
  /** Folder of its flash and identity; a new unit is made in an empty one. */
  keepsake: string;
  /** A WFDB record without end, from this sample; or a generated ECG. */
  source: { record: string; from?: number } | { ecg: Partial<EcgSettings> };
  /** How often the front end's FIFO is read, ms. */
  burstMs?: number;
  /** Of the radio; by default those of a XIAO BLE. */
  notificationBytes?: number;
  queue?: number;
  notificationsPerSecond?: number;
  advertisingMs?: number;
}

/** What the hand of an owner does, and what only a test can. */
export type UnitCommand =
  | { do: "status" }
  | { do: "hold" }
  | { do: "press" }
  /** A continuous recording without `seconds`, a strip with them. */
  | { do: "start"; seconds?: number }
  | { do: "stop" }
  | { do: "battery"; millivolts: number }
  | { do: "address"; address: string }
  /** Ends the process, once it is answered. */
  | { do: "powerOff" };

export interface UnitStatus {
  /** One of MonitorState. */
  state: number;
  owned: boolean;
  /** One of ClockTrust. */
  trust: number;
  /** Frames that no receipt covers. */
  backlog: number;
  /** The newest recording's number, 0 before the first. */
  recording: number;
  /** One of Pattern. */
  pattern: number;
  /** Of the newest recording since this process runs. */
  witnessed: Witnessed;
  /** Of its process, user and system, since its start. */
  cpuMicros: number;
  radio: {
    linked: boolean;
    subscribed: boolean;
    notificationBytes: number;
    notified: number;
    /** Notifications that went nowhere: the queue was full, or nobody listened. */
    vanished: number;
    written: number;
    connects: number;
    /** Centrals that found it taken. */
    turnedAway: number;
    /** Packets of a central's that the stack could not parse. */
    choked: number;
  };
}

/** What the factory printed and published of the unit, hex. */
export interface UnitPapers {
  device: string;
  claimCode: string;
  dossier: string;
}

/** Every command is answered once, in order. */
export type FromUnit = { papers: UnitPapers } | { status: UnitStatus } | { error: string };
