/** What the relay needs of a radio: the Bluetooth adapters of the house, or the simulator's. */

/** One connection to one handheld. Bytes may be lost either way, repeated or reordered: nothing here is an answer. */
export interface RadioLink {
  /** Names the connection in logs; it says nothing about who is at the other end. */
  readonly id: string;
  /** The most that one notification or write carries now, 20 to 244; it may change while the link lasts. */
  readonly notificationBytes: number;
  /** Goes when the link's pace allows; of what a bounded queue cannot take, the newest is dropped. */
  write(bytes: Uint8Array): void;
  /** @param cause why the hub lets go, one of {@link CloseCause} */
  close(cause: CloseCause): void;
}

/** Why a link ended, or was never made; steps name the wait that ran out. */
export const CLOSE_CAUSES = [
  "connect",
  "discovery",
  "mtu",
  "subscribe",
  "first-frame",
  "silence",
  "peer",
  "lost",
  "adapter",
  "write",
  "refused",
  "superseded",
  "stopping",
] as const;
export type CloseCause = (typeof CLOSE_CAUSES)[number];

export interface RadioHandlers {
  onLink(link: RadioLink): void;
  onNotification(link: RadioLink, bytes: Uint8Array): void;
  /** Once per link, whoever ended it; also for every open link when the radio stops. */
  onClosed(link: RadioLink, cause: CloseCause): void;
}

export interface Radio {
  start(handlers: RadioHandlers): void;
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
  status(): RadioStatus;
  /**
   * The store answered this link's alias as only a session of its own handheld is answered: it is worth its place. A
   * radio that has room for all need not know.
   */
  proved?(link: RadioLink): void;
}

export interface AdapterStatus {
  /** "hci0", or the path of a socket. */
  id: string;
  state: "starting" | "on" | "off" | "no-permission" | "gone" | "recovering";
  scanning: boolean;
  links: number;
  /** Unix time in ms of the newest advertisement or notification. */
  heardAt?: number;
  /** Attempts to bring it back since it last worked. */
  recoveries: number;
  /** What is wrong with it and what to do, as one line for its owner. */
  advice?: string;
}

export interface LinkStatus {
  id: string;
  adapter: string;
  /** dBm. */
  rssi?: number;
  /** Unix time in ms. */
  since: number;
  notificationBytes: number;
}

/** A handheld that advertises, connected or not. */
export interface NearbyStatus {
  address: string;
  /** Only a unit without an owner says one. */
  name?: string;
  /** dBm. */
  rssi: number;
  /** Unix time in ms. */
  heardAt: number;
  adapter: string;
}

export interface RadioStatus {
  /** No adapter belongs to it; a radio that has none and should is one that waits for its owner. */
  simulated: boolean;
  /** False when no adapter has worked, or been there after one was, for so long that only a restart may help. */
  healthy: boolean;
  adapters: AdapterStatus[];
  links: LinkStatus[];
  /** Bounded, the newest first. */
  nearby: NearbyStatus[];
  /** Since the start. */
  connects: number;
  closes: Partial<Record<CloseCause, number>>;
  /** Sum over ended and open links, ms. */
  linkMs: number;
}

/** Of a simulated radio. */
export const NO_ADAPTERS: Readonly<RadioStatus> = {
  simulated: true,
  healthy: true,
  adapters: [],
  links: [],
  nearby: [],
  connects: 0,
  closes: {},
  linkMs: 0,
};
