/**
 * The virtual handheld: the real firmware on a simulated board. Its power can fail at any flash write; then nothing of
 * it runs any more until it is powered on again, with only its flash to remember by.
 */
import { crc32 } from "node:zlib";
import type { Board, Booted, Flash, FrontEnd, Identity, RadioPort } from "../../firmware/board/board";
import { Monitor } from "../../firmware/monitor";
import { GOLDEN, Slots, Word } from "../../firmware/slot";
import type { Clock } from "../../gateway/clock";
import { nodeCrypto } from "../../gateway/crypto";
import { certifySimulated } from "../../gateway/store/makers";
import { toHex } from "../../protocol/bytes";
import { encodeCertificate } from "../../protocol/certificate";
import type { Crypto } from "../../protocol/crypto";
import type { Dossier } from "../../protocol/dossier";
import { type PublicTree, publicTree, SIGNING_SEED_BYTES, type Signing } from "../../protocol/trees";
import { PowerCut } from "./flash";
import type { Radio } from "./radio/lossy";

/** The simulated link, or a Bluetooth stack over a virtual controller. */
export interface HandheldRadio extends Pick<Radio, "peripheral" | "powerOn" | "powerOff" | "drop"> {
  /** As {@link RadioPort.notificationsPerSecond}; absent where the radio says by its own figures what it carries. */
  readonly notificationsPerSecond?: number;
  /** As {@link RadioPort.advertise}; absent where nothing is on the air. */
  advertise?(owned: boolean): void;
  /** As {@link RadioPort.admit}; absent where everybody is at hand already. */
  admit?(anybody: boolean): void;
}

export interface HandheldParts {
  clock: Clock;
  /** The ring's flash, and the two pages of the vault. */
  flash: Flash;
  vault: Flash;
  radio: HandheldRadio;
  identity: Identity;
  crypto?: Crypto;
  /** Absent in a unit that takes no update. */
  update?: UpdateParts;
}

/** What a unit that takes updates has besides. */
export interface UpdateParts {
  /** Of the board file. */
  board: string;
  /** LMS public key of the maker's releases. */
  key?: Uint8Array;
  /** Of the image that the factory flashed. */
  counter: number;
  version: string;
  slots?: { flash: Flash; count: number };
  /** Whether an image gets as far as its own watchdog; this firmware stands for every image. */
  comesUp?(image: Running): boolean;
}

/** What runs. */
export type Running = Pick<Booted, "counter" | "version" | "slot" | "trial">;

/** The boot code's watchdog. */
const WATCHDOG_MS = 30_000;

/** What the link asks of any radio at most. */
const NOTIFICATIONS_PER_SECOND = 100;
/** The reference handheld's; simulated flash erases in no time. */
const ERASE_MS = 85;

/** One tree of 32 leaves: the tables of a real unit cost seconds. */
const TREE = { trees: 1, height: 5 };

/**
 * What the factory would write, for a unit that exists in memory only.
 * @param signing makes two units sign with the same keys, which only a simulation may: a tree costs 50 ms
 */
export function simulatedIdentity(
  crypto: Crypto = nodeCrypto,
  signing: Signing = { ...TREE, seed: crypto.random(SIGNING_SEED_BYTES) },
): Required<Identity> {
  const device = crypto.random(8);
  const certificate = certifySimulated(
    device,
    treesOf(signing).map(({ publicKey }) => publicKey),
  );
  return {
    device,
    claimCode: crypto.random(16),
    certificate: encodeCertificate(certificate),
    signing,
  };
}

/** The trees of one signing key, the last few kept. */
const MAX_KEPT = 64;
const kept = new Map<string, PublicTree[]>();

function treesOf(signing: Signing): PublicTree[] {
  const name = `${toHex(signing.seed)} ${signing.trees} ${signing.height}`;
  let trees = kept.get(name);
  if (!trees) {
    trees = Array.from({ length: signing.trees }, (_, tree) => publicTree(nodeCrypto, signing, tree));
    kept.set(name, trees);
    if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!);
  }
  return trees;
}

export function dossierOf({ certificate, signing }: Identity): Dossier {
  return { certificate, leaves: signing ? treesOf(signing).map(({ leaves }) => leaves) : [] };
}

export class VirtualHandheld {
  /** The firmware while the power is on. */
  monitor: Monitor | undefined;
  /** The newest pattern that the unit showed. */
  pattern = 0;
  /** Whether it advertises without a name, as a unit does that has an owner. */
  namelessOnAir = false;
  batteryMillivolts = 3900;
  /** What the boot code chose at the newest start, in a unit that takes updates. */
  running: Running | undefined;
  /** How often the power failed in the midst of a flash operation. */
  powerCuts = 0;
  private boots = 0;
  private bootedAtMs = 0;
  private frontEnd: FrontEnd | undefined;
  private readonly timers = new Set<() => void>();

  constructor(private readonly parts: HandheldParts) {
    parts.radio.powerOff();
  }

  get identity(): Identity {
    return this.parts.identity;
  }

  get dossier(): Dossier {
    return dossierOf(this.parts.identity);
  }

  /**
   * Boots with this front end soldered on.
   * @param buttonHeld for ten seconds meanwhile: wipes the unit
   * @returns the monitor, unless the power failed within the boot
   */
  powerOn(frontEnd: FrontEnd, buttonHeld = false): Monitor | undefined {
    const { clock, flash, vault, radio, identity } = this.parts;
    const boot = ++this.boots;
    this.frontEnd = frontEnd;
    this.bootedAtMs = clock.now();
    const guard = (run: () => void) => () => this.alive(boot, run);
    const booted = this.chosen(boot);
    if (boot !== this.boots) return undefined;
    const { peripheral } = radio;
    const board: Board = {
      crypto: this.parts.crypto ?? nodeCrypto,
      crc32: (bytes) => crc32(bytes),
      flash,
      boot: booted,
      slots: this.parts.update?.slots,
      eraseMs: ERASE_MS,
      alive() {},
      tidy() {},
      tidyMs: 0,
      vault,
      frontEnd: {
        ...describe(frontEnd),
        start: (ready) => frontEnd.start(guard(ready)),
        stop: () => frontEnd.stop(),
        read: () => frontEnd.read(),
        contact: frontEnd.contact && (() => frontEnd.contact!()),
      },
      radio: {
        notificationBytes: () => peripheral.notificationBytes(),
        notify: (bytes) => peripheral.notify(bytes),
        notificationsPerSecond: radio.notificationsPerSecond ?? NOTIFICATIONS_PER_SECOND,
        advertise: (owned) => {
          this.namelessOnAir = owned;
          radio.advertise?.(owned);
        },
        admit: (anybody) => radio.admit?.(anybody),
        disconnect: () => radio.drop(),
        onConnect: () => {},
        onDisconnect: () => {},
        onWrite: () => {},
      },
      identity,
      uptimeMs: () => clock.now() - this.bootedAtMs,
      after: (ms, run) => this.after(ms, guard(run)),
      batteryMillivolts: () => this.batteryMillivolts,
      wipeAsked: () => buttonHeld,
      show: (pattern) => {
        this.pattern = pattern;
      },
    };
    peripheral.onConnect = guard(() => board.radio.onConnect());
    peripheral.onDisconnect = guard(() => board.radio.onDisconnect());
    peripheral.onWrite = (bytes) => this.alive(boot, () => board.radio.onWrite(bytes));
    if (booted && !(this.parts.update!.comesUp?.(booted) ?? true)) {
      this.after(
        WATCHDOG_MS,
        guard(() => this.restart()),
      );
      return undefined;
    }
    this.alive(boot, () => {
      this.monitor = new Monitor(board);
    });
    if (this.monitor) radio.powerOn();
    return this.monitor;
  }

  /** Boots anew, as at a reset. */
  private restart(): void {
    this.powerOff();
    this.powerOn(this.frontEnd!);
  }

  /** @returns undefined in a unit that takes no update, or where the power failed meanwhile */
  private chosen(boot: number): Booted | undefined {
    const { update } = this.parts;
    this.running = undefined;
    this.alive(boot, () => {
      if (update) this.running = choose(update);
    });
    const running = this.running as Running | undefined;
    if (!update || !running) return undefined;
    return { ...running, board: update.board, key: () => update.key, restart: () => this.restart() };
  }

  powerOff(): void {
    this.boots++;
    this.monitor = undefined;
    this.frontEnd?.stop();
    for (const cancel of this.timers) cancel();
    this.timers.clear();
    this.parts.radio.powerOff();
  }

  /** Does something to the running unit, e.g. presses its button; a power cut within is survived as a unit would. */
  act(action: (monitor: Monitor) => void): void {
    this.alive(this.boots, () => {
      if (this.monitor) action(this.monitor);
    });
  }

  /** A timer that ends with the power. */
  private after(ms: number, run: () => void): () => void {
    const cancel = this.parts.clock.after(ms, () => {
      this.timers.delete(cancel);
      run();
    });
    this.timers.add(cancel);
    return () => {
      this.timers.delete(cancel);
      cancel();
    };
  }

  private alive(boot: number, run: () => void): void {
    if (boot !== this.boots) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.powerCuts++;
      this.powerOff();
    }
  }
}

/** As the boot code does (firmware/espruino/boot.ts). */
function choose({ counter, version, slots }: UpdateParts): Running {
  const images = slots && new Slots(slots.flash, slots.count, (bytes) => crc32(bytes));
  const found = images?.choose(counter, (slot, bytes) => crc32(images.read(slot, 0, bytes)));
  if (!found) return { counter, version, slot: GOLDEN, trial: false };
  const { release, slot, words } = found;
  return { counter: release.counter, version: release.version, slot, trial: !words[Word.kept] };
}

function describe(frontEnd: FrontEnd) {
  const { name, packing, bearsMs, rateNum, rateDen, bits, leads } = frontEnd;
  return { name, packing, bearsMs, rateNum, rateDen, bits, leads };
}
