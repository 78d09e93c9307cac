/** All that the firmware asks of the hardware it runs on; a board file or the simulator stands behind it. */
import type { BlockShape } from "../../protocol/codec/block";
import type { Crypto } from "../../protocol/crypto";
import type { Lead } from "../../protocol/open";
import type { Signing } from "../../protocol/trees";

/** NOR flash: writing clears bits only, erasing sets a whole page to 0xFF. */
export interface Flash {
  readonly pageBytes: number;
  readonly pages: number;
  read(address: number, length: number): Uint8Array;
  /** Within one page; address and length are multiples of 4. */
  write(address: number, bytes: Uint8Array): void;
  erase(page: number): void;
}

/** One reading of the converter's FIFO. */
export interface Reading {
  /** One array per lead, all of one length: the front end's words, which hold a sample as `Packing` says. */
  leads: Int32Array[];
  /** Samples per lead that overflowed the FIFO right before these. */
  lost: number;
}

/**
 * Where a word holds its sample: `word << left >> right`, as int32. Unpacking by itself would cost a handheld a pass over
 * every sample; the encoder does it on the way.
 */
export interface Packing {
  readonly left: number;
  readonly right: number;
}

/** An analogue front end with its own sample clock and FIFO. */
export interface FrontEnd {
  readonly name: string;
  readonly packing: Packing;
  /** How long its FIFO, just emptied, bears without being read. */
  readonly bearsMs: number;
  readonly rateNum: number;
  readonly rateDen: number;
  readonly bits: number;
  readonly leads: Lead[];
  /** Begins sampling; `ready` is called whenever the FIFO holds enough to be worth a read. */
  start(ready: () => void): void;
  stop(): void;
  /** What it returns is the caller's until the next call. */
  read(): Reading;
  /** True while the electrodes touch, as of the last reading; absent where nothing can tell. */
  contact?(): boolean;
}

/** The radio's peripheral side. A notification may vanish without a word. */
export interface RadioPort {
  /** Largest notification on this connection, 20 to 244. */
  notificationBytes(): number;
  notify(bytes: Uint8Array): void;
  /** So many a second are carried for sure; more would vanish. */
  readonly notificationsPerSecond: number;
  /** How others see it while nobody is connected: by the project's name until it has an owner, then without any name. */
  advertise(owned: boolean): void;
  /** Whether anybody may connect from its next advertisement on; it is seen either way. */
  admit(anybody: boolean): void;
  /** Ends the connection, if there is one. */
  disconnect(): void;
  onConnect: () => void;
  onDisconnect: () => void;
  onWrite: (bytes: Uint8Array) => void;
}

/** What the factory wrote. */
export interface Identity {
  device: Uint8Array;
  claimCode: Uint8Array;
  certificate: Uint8Array;
  /** What it signs its closes with; absent in a unit that cannot sign. */
  signing?: Signing;
}

/** As `encodeWords` of protocol/codec/block.ts, and equal to it bit for bit. */
export type EncodeWords = (words: Int32Array[], shape: BlockShape, left: number, right: number) => Uint8Array;

/** What the boot code says of the image that it chose. */
export interface Booted {
  /** The board file's name. */
  board: string;
  /** Of its release, 0 for one that is none. */
  counter: number;
  version: string;
  /** -1 for the factory's image. */
  slot: number;
  /** It runs for the first time, and goes unless it shows that it works. */
  trial: boolean;
  /** LMS public key of its maker's releases; undefined in a unit whose boot code holds none. */
  key(): Uint8Array | undefined;
  restart(): void;
}

export interface Board {
  readonly crypto: Crypto;
  /** The encoder in native code, where the board runs it. */
  readonly encode?: EncodeWords;
  /** CRC-32 (IEEE 802.3), unsigned. */
  crc32(bytes: Uint8Array): number;
  /** Holds the ring of sealed frames. */
  readonly flash: Flash;
  /** Absent where no boot code of ours started it: then it takes no update. */
  readonly boot?: Booted;
  /** Room for so many images beside the factory's; absent on a board that has none. */
  readonly slots?: { flash: Flash; count: number };
  /** How long erasing one of its pages stalls everything else, at worst. */
  readonly eraseMs: number;
  /** A long piece of work goes on: called every few seconds of the boot. */
  alive(): void;
  /** Two pages that hold the keys. */
  readonly vault: Flash;
  /**
   * Puts the runtime's free memory in order. Espruino walks it, node by node, for every array that it makes or lets go of,
   * and every one leaves it in more disorder: within a few thousand arrays each costs milliseconds.
   */
  tidy(): void;
  /** How long that stalls everything else. */
  readonly tidyMs: number;
  readonly frontEnd: FrontEnd;
  readonly radio: RadioPort;
  readonly identity: Identity;
  /** Monotonic since power-on, ms. */
  uptimeMs(): number;
  /** Runs once after `ms`; returns what cancels it. */
  after(ms: number, run: () => void): () => void;
  /** 0 where it cannot be read. */
  batteryMillivolts(): number;
  /** True when the button was held for ten seconds while the unit was switched on: its owner gives it up. */
  wipeAsked(): boolean;
  /** Shows a Pattern to whoever holds the unit. */
  show(pattern: number): void;
}

export const Pattern = {
  off: 0,
  claimMe: 1,
  recording: 2,
  keptHere: 3,
  hubHasIt: 4,
  nearlyFull: 5,
  identify: 6,
  noContact: 7,
  lowBattery: 8,
  /** No factory has given the unit an identity. */
  notProvisioned: 9,
  /** The program failed; it starts anew within seconds. */
  failed: 10,
};
