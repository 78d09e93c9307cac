/**
 * One adapter as a Bluetooth stack offers it: scan, connect, send, events. noble stands behind it; another stack can.
 *
 * Nothing here has a clock: a promise may never settle, an event may never come. Whoever calls brings the limits.
 */
export interface Advertisement {
  /** Lower case, with colons. A handheld may change it. */
  address: string;
  name?: string;
  /** Which of those that are listened for it says. */
  service: string;
  /** dBm. */
  rssi: number;
  connectable: boolean;
}

export type CentralState = "starting" | "on" | "off" | "no-permission" | "gone";

export interface Central {
  readonly id: string;
  readonly state: CentralState;
  /** Begins; events come from here on. */
  open(handlers: CentralHandlers): void;
  /** Asks for advertisements of the services, repeated ones too. */
  scan(on: boolean): void;
  /** @throws CentralError; never settles where the stack forgets it */
  connect(address: string): Promise<CentralLink>;
  /** Gives a connect up that is under way. */
  cancel(address: string): void;
  /** HCI Reset: the adapter forgets everything. */
  reset(): void;
  /** Lets go of the adapter for good, with every listener and timer; opening it again takes a new one. */
  close(): void;
}

export interface CentralHandlers {
  onState(state: CentralState): void;
  onHeard(seen: Advertisement): void;
  /** At every advertisement, whoever's: the scan lives. Told at once, inside the stack's own event. */
  onSign(): void;
  /** The stack says so of itself; nobody may have asked. */
  onScanning(on: boolean): void;
}

/** A service with one characteristic that notifies and one that is written without response, by their UUIDs. */
export interface Served {
  service: string;
  uplink: string;
  downlink: string;
}

export interface CentralLink {
  readonly address: string;
  /** ATT MTU less its header: what one notification or write carries, 20 to 244. */
  readonly payloadBytes: number;
  /** Finds a service, ours by default, with its two characteristics. @throws CentralError when they are not there */
  discover(served?: Served): Promise<void>;
  /** Resolves once the larger MTU is agreed on, or refused. */
  exchangeMtu(): Promise<void>;
  subscribe(): Promise<void>;
  /** Without response; resolves when the stack took it. */
  write(bytes: Uint8Array): Promise<void>;
  /** dBm. */
  rssi(): Promise<number>;
  disconnect(): void;
  /** The stack ends it because of what the handheld sent. */
  readonly refused: boolean;
  onNotification: (bytes: Uint8Array) => void;
  /** Once. @param reason HCI error code, where there is one */
  onClosed: (reason?: number) => void;
}

/** The stack, the adapter or the handheld refused. */
export class CentralError extends Error {
  /** HCI error code, Core 5.4 Vol 1 Part F, where it was the controller that refused. */
  readonly reason?: number;

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions & { reason?: number },
  ) {
    super(message, options);
    this.reason = options?.reason;
  }
}
