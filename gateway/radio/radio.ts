/** What the relay needs of a radio: a Bluetooth adapter in the house, or the simulator's. */

/** One connection to one handheld. Bytes may be lost either way, repeated or reordered: nothing here is an answer. */
export interface RadioLink {
  /** Names the connection in logs; it says nothing about who is at the other end. */
  readonly id: string;
  /** The most that one notification or write carries, 20 to 244. */
  readonly notificationBytes: number;
  write(bytes: Uint8Array): void;
  close(): void;
}

export interface RadioHandlers {
  onLink(link: RadioLink): void;
  onNotification(link: RadioLink, bytes: Uint8Array): void;
  /** Once per link, whoever ended it; also for every open link when the radio stops. */
  onClosed(link: RadioLink): void;
}

export interface Radio {
  start(handlers: RadioHandlers): void;
  stop(): void;
}
