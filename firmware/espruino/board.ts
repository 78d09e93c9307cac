/** The board interface on the runtime's API, put together from what a board is as data. */
import type { Crypto } from "../../protocol/crypto";
import type { Board, Booted, EncodeWords, Flash, FrontEnd, Identity } from "../board/board";
import type { BoardSpec } from "../board/spec";
import { Battery } from "./battery";
import type { Clock } from "./clock";
import { EspruinoCrypto } from "./crypto";
import { openFlash } from "./flash";
import { nativeEncoder } from "./native";
import { EspruinoRadio } from "./radio";
import type { Indicator } from "./ui";

const TIDY_MARGIN = 1.3;

/** What the boot code left; undefined where something else started the application. */
function booted(spec: BoardSpec): Booted | undefined {
  if (typeof avnode === "undefined") return undefined;
  const told = avnode;
  return {
    board: spec.name,
    counter: told.counter,
    version: told.version,
    slot: told.slot,
    trial: told.trial,
    key() {
      return told.key === "" ? undefined : E.toUint8Array(atob(told.key));
    },
    restart() {
      E.reboot();
    },
  };
}

export class EspruinoBoard implements Board {
  readonly crypto: Crypto = new EspruinoCrypto();
  readonly crc32 = E.CRC32;
  readonly encode: EncodeWords | undefined;
  readonly vault: Flash;
  readonly flash: Flash;
  readonly boot: Booted | undefined;
  readonly slots: { flash: Flash; count: number } | undefined;
  readonly eraseMs: number;
  readonly tidyMs: number;
  readonly radio: EspruinoRadio;
  private readonly battery: Battery;
  private readonly watched: boolean;

  /** @throws Error when the flash is not as the board file says */
  constructor(
    spec: BoardSpec,
    readonly frontEnd: FrontEnd,
    readonly identity: Identity,
    private readonly clock: Clock,
    private readonly indicator: Indicator,
    private readonly wipe: boolean,
  ) {
    // The small files first: at first boot the ring's takes what is left.
    this.vault = openFlash(spec.vault);
    if (spec.slots) this.slots = { flash: openFlash(spec.slots), count: spec.slots.count };
    this.boot = booted(spec);
    this.flash = openFlash(spec.ring);
    this.eraseMs = spec.eraseMs;
    this.watched = spec.has.watchdog;
    this.encode = spec.has.native ? nativeEncoder() : undefined;
    this.radio = new EspruinoRadio(spec);
    this.battery = new Battery(spec.pins);
    const before = clock.uptimeMs();
    this.tidy();
    // The more variables are in use the longer it takes, and by now nearly all are that will be.
    this.tidyMs = Math.ceil((clock.uptimeMs() - before) * TIDY_MARGIN);
  }

  alive(): void {
    if (this.watched) E.kickWatchdog();
  }

  tidy(): void {
    process.memory();
  }

  uptimeMs(): number {
    return this.clock.uptimeMs();
  }

  after(ms: number, run: () => void): () => void {
    return this.clock.after(ms, run);
  }

  batteryMillivolts(): number {
    return this.battery.millivolts();
  }

  show(pattern: number): void {
    this.indicator.show(pattern);
  }

  wipeAsked(): boolean {
    return this.wipe;
  }
}
