/**
 * One adapter, kept alive for years: it is opened, scans, and is brought back by ever stronger remedies whenever it
 * stops doing what it says. Stacks have been seen to say "scanning" and deliver nothing, and never to answer a connect.
 */
import type { Clock } from "../clock";
import type { Log } from "../store/log";
import { retryDelay } from "./backoff";
import {
  type Advertisement,
  type Central,
  CentralError,
  type CentralLink,
  type CentralState,
} from "./central";
import type { AdapterStatus } from "./radio";

export interface AdapterLimits {
  /** From one look at it to the next. The watch counts these steps: a hub's wall clock may jump when it finds the time. */
  watchMs: number;
  /** From opening it to "on". */
  openMs: number;
  /** From asking for a scan to the stack's word that it runs. */
  scanMs: number;
  /** Nothing heard for so long although a known handheld should be near. */
  quietMs: number;
  /** Nothing heard for so long, whoever should be near. */
  desertedMs: number;
  /** A remedy of the adapter's gets so long to work, and twice as long each time from the third on. */
  remedyMs: number;
  /** In trouble that a new process may end, for so long. */
  unhealthyMs: number;
  /** Open links are no longer spared for so long as the adapter cannot scan beside them. */
  sparesLinksMs: number;
  /** An adapter that may only be out of everybody's reach asks for no restart of a hub that runs for less. */
  restartsApartMs: number;
}

export const ADAPTER_LIMITS: AdapterLimits = {
  watchMs: 5000,
  openMs: 10000,
  scanMs: 10000,
  quietMs: 30000,
  desertedMs: 600000,
  remedyMs: 15000,
  unhealthyMs: 300000,
  sparesLinksMs: 300000,
  restartsApartMs: 4 * 3600000,
};

const LONGEST_REOPEN_MS = 60000;
const LONGEST_REMEDY_MS = 600000;
/** Between closing and opening anew: the kernel takes a moment to let go. */
const BREATH_MS = 500;
/** Before a scan that stopped by itself is asked for again. */
const RESUME_MS = 250;
/** Longer than a handheld's pause between advertisements. */
const LISTEN_MS = 1500;

export interface AdapterOptions {
  id: string;
  /** @throws when the stack cannot even be loaded */
  open: () => Central;
  clock: Clock;
  log: Log;
  random: () => number;
  limits: AdapterLimits;
  /** What the owner can do about this state, as one line. */
  advise: (state: CentralState) => string | undefined;
  /** Other programs have links through it that a reset would end; asked seldom. */
  isShared: () => boolean;
  /** Known handhelds that this adapter should hear. */
  expectsSomebody: () => boolean;
  linkCount: () => number;
  onHeard: (seen: Advertisement) => void;
  /** A connect may begin now. */
  onReady: () => void;
  /** Whatever was connected through it is not any more. */
  onDown: () => void;
}

type Remedy = "scan restarted" | "reset" | "opened anew";

interface Symptom {
  kind: "disabled" | "not-on" | "not-scanning" | "not-connecting" | "missing" | "deserted";
  text: string;
  remedies: readonly Remedy[];
  /** From a remedy to the next one; doubles up to the longest once all were tried. */
  everyMs: number;
  longestMs: number;
  /** A new process may end it; not so what is switched off, or may just be quiet. */
  isGrave: boolean;
  told: "warn" | "info" | "never";
}

/** Known handhelds may be out of reach in turn; so many in a row are the adapter's fault, or an attacker's. */
const CONNECTS_TRUSTED = 4;
const LADDER: readonly Remedy[] = ["scan restarted", "reset", "opened anew"];

export class Adapter {
  readonly id: string;
  private state: CentralState = "starting";
  private central?: Central;
  private scanning = false;
  private scansSince = 0;
  private stopped = false;
  /** Rejects the connect that is under way. */
  private abandon?: (error: CentralError) => void;
  private heardAt?: number;
  /** Counted by the watch. */
  private notOnMs = 0;
  private notScanningMs = 0;
  private quietMs = 0;
  /** Quiet while somebody was expected. */
  private missingMs = 0;
  /** No remedy brought anything to be heard, whoever's; so until something is. */
  private isDeaf = false;
  private upMs = 0;
  private failedConnects = 0;
  private troubleMs = 0;
  private graveMs = 0;
  private waitMs = 0;
  private remediesDone = 0;
  /** The newest; it lasts until the adapter works. */
  private trouble?: Symptom;
  private toldState?: CentralState;
  private cancelWatch: () => void = () => {};
  private cancelOpen: () => void = () => {};
  private cancelResume: () => void = () => {};

  constructor(private readonly options: AdapterOptions) {
    this.id = options.id;
  }

  start(): void {
    this.open();
    this.watch();
  }

  stop(): void {
    this.stopped = true;
    this.cancelWatch();
    this.close();
  }

  get isReady(): boolean {
    return this.state === "on" && this.abandon === undefined;
  }

  /** It scanned for a while since its newest connect: a row of strangers must not keep it from hearing known ones. */
  get hasListened(): boolean {
    return this.scanning && Math.abs(this.options.clock.now() - this.scansSince) >= LISTEN_MS;
  }

  get isOn(): boolean {
    return this.state === "on";
  }

  /** Nothing that this process can do has helped for long. */
  get isBeyondHelp(): boolean {
    return this.graveMs >= this.options.limits.unhealthyMs;
  }

  /** Works as its owner left it: missing rights, or switched off. */
  get isDisabled(): boolean {
    return this.state === "off" || this.state === "no-permission";
  }

  /** A notification is as good a sign of life as an advertisement, only not of the scan. */
  notified(): void {
    this.heardAt = this.options.clock.now();
  }

  /** Of a handheld that proved itself before. */
  connected(isReached: boolean): void {
    this.failedConnects = isReached ? 0 : this.failedConnects + 1;
  }

  status(): Omit<AdapterStatus, "links"> {
    const isRecovering = this.remediesDone > 0 && (this.state === "starting" || this.state === "gone");
    const { trouble } = this;
    const isTroubled = trouble?.told === "warn";
    const advice =
      isTroubled && this.remediesDone >= LADDER.length
        ? `${this.id} ${trouble.text}; ${this.remediesDone} attempts did not help: unplug it and plug it in again`
        : this.options.advise(this.state);
    return {
      id: this.id,
      state: isRecovering ? "recovering" : this.state,
      scanning: this.scanning,
      heardAt: this.heardAt,
      recoveries: isTroubled ? this.remediesDone : 0,
      advice,
    };
  }

  /** One at a time; the scan rests meanwhile, by the stack's own doing. @throws CentralError */
  connect(address: string): Promise<CentralLink> {
    const { central } = this;
    if (!central || !this.isReady)
      return Promise.reject(new CentralError("ADAPTER_BUSY", `${this.id} cannot connect now`));
    return new Promise((resolve, reject) => {
      const end = () => {
        if (this.abandon !== abandon) return false;
        this.abandon = undefined;
        this.resume();
        return true;
      };
      const abandon = (error: CentralError) => {
        if (end()) reject(error);
      };
      this.abandon = abandon;
      central.connect(address).then(
        (link) => {
          if (!end()) return link.disconnect();
          resolve(link);
          this.options.onReady();
        },
        (error) => {
          if (end()) reject(error);
        },
      );
    });
  }

  /** Also frees the adapter for the next connect when the stack says nothing to it. */
  cancel(address: string): void {
    const abandon = this.abandon;
    try {
      this.central?.cancel(address);
    } catch (error) {
      this.options.log.warn(
        { adapter: this.id },
        `${this.id}: giving up a connect: ${(error as Error).message}`,
      );
    }
    abandon?.(new CentralError("CONNECT_CANCELLED", `the connect to ${address} was given up`));
  }

  private open(): void {
    this.state = "starting";
    let central: Central;
    try {
      central = this.options.open();
    } catch (error) {
      this.state = "gone";
      this.options.log.warn(
        { adapter: this.id },
        `${this.id}: cannot be opened: ${(error as Error).message}`,
      );
      return;
    }
    this.central = central;
    // What a closed one still says is of the past.
    const isMine = () => this.central === central;
    central.open({
      onState: (state) => isMine() && this.changed(state),
      onHeard: (seen) => isMine() && this.options.onHeard(seen),
      onSign: () => isMine() && this.sign(),
      onScanning: (on) => isMine() && this.scans(on),
    });
  }

  private close(): void {
    this.cancelOpen();
    this.cancelResume();
    const { central } = this;
    this.central = undefined;
    this.state = "starting";
    this.down("was closed");
    try {
      central?.close();
    } catch (error) {
      this.options.log.warn({ adapter: this.id }, `${this.id}: closing it: ${(error as Error).message}`);
    }
  }

  private down(what: string): void {
    this.scanning = false;
    this.abandon?.(new CentralError("ADAPTER_DOWN", `${this.id} ${what}`));
    this.options.onDown();
  }

  private changed(state: CentralState): void {
    const before = this.state;
    if (state === before) return;
    this.state = state;
    if (before === "on") this.down(`is ${state}`);
    const advice = this.options.advise(state);
    // Once: an adapter that is opened again and again to see whether it is still off says so each time.
    if (state !== "starting" && state !== this.toldState) {
      this.toldState = state;
      this.options.log[state === "on" ? "info" : "warn"](
        { adapter: this.id, state },
        `${this.id}: ${state}${advice ? `. ${advice}` : ""}`,
      );
    }
    if (state !== "on") return;
    this.notOnMs = 0;
    this.notScanningMs = 0;
    this.resume();
    this.options.onReady();
  }

  private sign(): void {
    this.heardAt = this.options.clock.now();
    this.quietMs = 0;
    this.missingMs = 0;
    this.isDeaf = false;
    // Whatever the stack said before, it does scan.
    this.notScanningMs = 0;
  }

  private scans(on: boolean): void {
    if (on && !this.scanning) this.scansSince = this.options.clock.now();
    this.scanning = on;
    if (on) this.notScanningMs = 0;
    else this.resume();
  }

  /** The scan is asked for again: stacks end it at a connect, and for reasons of their own. */
  private resume(): void {
    this.cancelResume();
    if (this.stopped || !this.isReady || this.scanning) return;
    this.cancelResume = this.options.clock.after(RESUME_MS, () => {
      if (this.isReady && !this.scanning) this.command("scan", (central) => central.scan(true));
    });
  }

  private command(what: string, run: (central: Central) => void): void {
    try {
      if (this.central) run(this.central);
    } catch (error) {
      this.options.log.warn({ adapter: this.id }, `${this.id}: ${what}: ${(error as Error).message}`);
    }
  }

  private watch(): void {
    const { watchMs } = this.options.limits;
    this.cancelWatch = this.options.clock.after(watchMs, () => {
      this.upMs += watchMs;
      this.count();
      if (this.trouble) this.troubleMs += watchMs;
      if (this.trouble?.isGrave) this.tellBeyondHelp();
      const symptom = this.symptom();
      if (symptom) this.treat(symptom);
      else if (this.scanning) this.works();
      this.watch();
    });
  }

  private count(): void {
    const { watchMs } = this.options.limits;
    if (this.state !== "on") {
      this.notOnMs += watchMs;
      return;
    }
    if (!this.isReady) return;
    this.quietMs += watchMs;
    this.missingMs = this.isDeaf || this.options.expectsSomebody() ? this.missingMs + watchMs : 0;
    if (this.scanning) this.notScanningMs = 0;
    else this.notScanningMs += watchMs;
  }

  private symptom(): Symptom | undefined {
    const { limits } = this.options;
    const { state } = this;
    const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
    if (state === "off" || state === "no-permission")
      // Nothing but its owner helps; it may be so by her wish.
      return {
        kind: "disabled",
        text: `is ${state}`,
        remedies: ["opened anew"],
        everyMs: LONGEST_REOPEN_MS,
        longestMs: LONGEST_REOPEN_MS,
        isGrave: false,
        told: "never",
      };
    if (state !== "on") {
      if (state === "starting" && this.notOnMs < limits.openMs) return undefined;
      return {
        kind: "not-on",
        text: state === "gone" ? "is gone" : `did not start within ${seconds(limits.openMs)}`,
        remedies: ["opened anew"],
        everyMs: limits.watchMs,
        longestMs: LONGEST_REOPEN_MS,
        isGrave: true,
        told: "warn",
      };
    }
    if (this.notScanningMs >= limits.scanMs)
      return {
        kind: "not-scanning",
        text: `does not scan, for ${seconds(this.notScanningMs)}`,
        remedies: LADDER,
        everyMs: limits.remedyMs,
        longestMs: LONGEST_REOPEN_MS,
        isGrave: true,
        told: "warn",
      };
    if (this.failedConnects >= CONNECTS_TRUSTED)
      return {
        kind: "not-connecting",
        text: `heard known handhelds but did not reach them ${this.failedConnects} times`,
        remedies: ["reset", "opened anew"],
        everyMs: limits.remedyMs,
        longestMs: LONGEST_REMEDY_MS,
        isGrave: false,
        told: "warn",
      };
    // Who does not scan hears nothing: that has its own remedies, which must not begin anew in between.
    if (!this.scanning) return undefined;
    if (this.missingMs >= limits.quietMs)
      return {
        kind: "missing",
        text: this.isDeaf
          ? `has heard no device at all for ${seconds(this.quietMs)}`
          : `heard nothing for ${seconds(this.missingMs)} although a known handheld should be near`,
        remedies: LADDER,
        everyMs: limits.remedyMs,
        longestMs: LONGEST_REMEDY_MS,
        // Its owner may have left with it, in a house without any other device: one restart is tried, and seldom.
        isGrave: this.isDeaf && this.upMs >= limits.restartsApartMs && this.options.linkCount() === 0,
        told: "warn",
      };
    if (this.quietMs >= limits.desertedMs)
      return {
        kind: "deserted",
        text: `heard nothing for ${seconds(this.quietMs)}`,
        remedies: LADDER,
        everyMs: limits.desertedMs,
        longestMs: limits.desertedMs,
        isGrave: false,
        told: "info",
      };
    return undefined;
  }

  private treat(symptom: Symptom): void {
    const { random, log, limits } = this.options;
    if (this.trouble?.kind !== symptom.kind) this.forget();
    this.trouble = symptom;
    if (!symptom.isGrave && this.scanning) this.graveMs = 0;
    this.waitMs -= limits.watchMs;
    if (this.waitMs > 0) return;
    const remedy = this.remedyFor(symptom);
    this.remediesDone++;
    const doublings = Math.max(1, this.remediesDone - symptom.remedies.length + 1);
    this.waitMs = retryDelay(doublings, random, {
      firstMs: symptom.everyMs,
      longestMs: symptom.longestMs,
    });
    // The first ones, then ever more seldom: it may go on for months.
    if (symptom.told !== "never" && isTold(this.remediesDone))
      log[symptom.told](
        { adapter: this.id, step: remedy, attempt: this.remediesDone },
        `${this.id}: ${symptom.text}; ${remedy}, attempt ${this.remediesDone}`,
      );
    if (symptom.kind === "missing" && remedy === "opened anew") this.isDeaf = true;
    this.apply(remedy);
  }

  private tellBeyondHelp(): void {
    const before = this.isBeyondHelp;
    this.graveMs += this.options.limits.watchMs;
    if (this.isBeyondHelp && !before)
      this.options.log.error({ adapter: this.id }, `${this.id}: nothing helped; a restart of the hub may`);
  }

  /** The strongest one whose turn has come; but a link that is open says that the adapter works, and is data. */
  private remedyFor({ kind, remedies, isGrave }: Symptom): Remedy {
    // Most likely nobody is at home: no reason to take a keyboard from its computer every ten minutes.
    if (kind === "deserted" && this.options.isShared()) return "scan restarted";
    const next = remedies[Math.min(this.remediesDone, remedies.length - 1)]!;
    if (this.state !== "on" || this.options.linkCount() === 0) return next;
    return isGrave && this.troubleMs >= this.options.limits.sparesLinksMs ? next : "scan restarted";
  }

  private apply(remedy: Remedy): void {
    if (remedy === "opened anew") {
      this.close();
      this.notOnMs = 0;
      this.cancelOpen = this.options.clock.after(BREATH_MS, () => this.open());
      return;
    }
    if (remedy === "reset") {
      this.down("was reset");
      this.command("reset", (central) => central.reset());
    } else this.command("scan", (central) => central.scan(false));
    this.scanning = false;
    this.resume();
  }

  private works(): void {
    const { trouble } = this;
    if (trouble?.told === "warn") {
      const hasHeard = trouble.kind !== "missing" || this.quietMs <= this.options.limits.watchMs;
      this.options.log.info(
        { adapter: this.id, attempts: this.remediesDone },
        `${this.id}: ${hasHeard ? "works again" : "no known handheld is expected any more"}`,
      );
    }
    this.forget();
    this.graveMs = 0;
  }

  private forget(): void {
    this.trouble = undefined;
    this.troubleMs = 0;
    this.waitMs = 0;
    this.remediesDone = 0;
  }
}

function isTold(attempt: number): boolean {
  return attempt <= LADDER.length || (attempt & (attempt - 1)) === 0;
}
