/** One handheld of the simulation with its radio, its flash and its front end, each of which can be made to fail. */
import type { FrontEnd, Identity, Reading } from "../../../firmware/board/board";
import type { Monitor } from "../../../firmware/monitor";
import { type Clock, systemClock } from "../../../gateway/clock";
import { nodeCrypto } from "../../../gateway/crypto";
import { toHex } from "../../../protocol/bytes";
import type { Crypto } from "../../../protocol/crypto";
import { encodeDossier } from "../../../protocol/dossier";
import type { Lead } from "../../../protocol/open";
import { SIGNING_SEED_BYTES } from "../../../protocol/trees";
import { EcgGenerator } from "../ecg/generator";
import { SimFlash } from "../flash";
import { SimFrontEnd } from "../frontend";
import { simulatedIdentity, VirtualHandheld } from "../handheld";
import { VAULT } from "../keepsake";
import { Radio, type RadioFaults } from "../radio/lossy";
import type { Random } from "../random";
import { GeneratedSource } from "../source";
import type { Chronicle } from "./chronicle";
import { DriftingClock } from "./lifetime";
import type { UnitPlan } from "./plan";
import { placeOf, type Story, type Truth } from "./truth";

/** Parts that a test may plant a bug in. */
export interface Parts {
  /** After each boot, before anything else happens to the unit. */
  booted?(monitor: Monitor): void;
}

const RING_PAGE = { pageBytes: 4096, writeBytes: 4 };

export class Unit {
  readonly device: string;
  readonly flash: SimFlash;
  readonly vault: SimFlash;
  readonly radio: Radio;
  readonly radioFaults: RadioFaults;
  readonly handheld: VirtualHandheld;
  private readonly identity: Identity;
  private readonly clock: Clock;
  private readonly crypto: Crypto;
  private readonly source: GeneratedSource;

  /** @param original the unit whose identity and flash this one has a copy of */
  constructor(
    readonly name: string,
    readonly plan: UnitPlan,
    private readonly random: Random,
    private readonly truth: Truth,
    private readonly chronicle: Chronicle,
    private readonly parts: Parts,
    original?: Unit,
  ) {
    const seeded = random.fork("identity");
    const made = { random: (length: number) => seeded.bytes(length) };
    // A tree costs 50 ms: those of one seed's handhelds serve the next seed's too.
    const signing = {
      seed: nodeCrypto.sha256(Buffer.from(name)).slice(0, SIGNING_SEED_BYTES),
      trees: 1,
      height: 5,
    };
    this.identity = original?.identity ?? simulatedIdentity(made as Crypto, signing);
    this.device = toHex(this.identity.device);
    this.crypto = truth.ofUnit(name, this.device, random.fork("crypto"));
    this.clock = plan.clockRate === 1 ? systemClock : new DriftingClock(plan.clockRate);
    this.radioFaults = { ...plan.radio };
    this.radio = new Radio(this.radioFaults, systemClock, random.fork("radio"));
    const torn = random.fork("torn");
    this.flash = new SimFlash({ ...RING_PAGE, pages: plan.ringPages, random: torn });
    this.vault = new SimFlash({ ...VAULT, random: torn });
    this.source = new GeneratedSource(new EcgGenerator(plan.ecg));
    this.handheld = new VirtualHandheld({
      clock: this.clock,
      flash: this.flash,
      vault: this.vault,
      radio: this.radio,
      identity: this.identity,
      crypto: this.crypto,
    });
  }

  get isOn(): boolean {
    return this.handheld.monitor !== undefined;
  }

  get claimCode(): Uint8Array {
    return this.identity.claimCode;
  }

  /** What the maker gives along with the unit. */
  get dossier(): Uint8Array {
    return encodeDossier(this.handheld.dossier);
  }

  /**
   * Boots, whole again if its power had failed.
   * @param cutAt the flash operation of the boot at which it fails again
   * @param buttonHeld meanwhile: its owner gives it up
   */
  powerOn(cutAt?: number, buttonHeld = false): void {
    this.disarm();
    if (cutAt !== undefined) this.flash.cutAfter(cutAt);
    this.chronicle.event(buttonHeld ? "wipe" : "boot", this.name);
    const monitor = this.handheld.powerOn(this.frontEnd(), buttonHeld);
    if (!monitor) return;
    this.parts.booted?.(monitor);
    const { link } = monitor;
    const appended = link.appended.bind(link);
    link.appended = (recording, sequence) => {
      const story = this.storyOf(recording, monitor);
      if (story) story.appended = sequence + 1;
      appended(recording, sequence);
    };
  }

  powerOff(): void {
    this.chronicle.event("off", this.name);
    this.handheld.powerOff();
  }

  /** Lets its power fail at a flash operation to come. */
  cutAfter(operations: number, inVault: boolean): void {
    this.chronicle.event("power cut due", this.name, operations, String(inVault));
    (inVault ? this.vault : this.flash).cutAfter(operations);
  }

  /** No power cut is due any more. */
  disarm(): void {
    for (const chip of [this.flash, this.vault]) chip.restore();
  }

  /** Copies what a thief would read from the chips of another unit. */
  copyFlash(original: Unit): void {
    for (const [from, to] of [
      [original.flash, this.flash],
      [original.vault, this.vault],
    ] as const) {
      from.restore();
      for (let page = 0; page < from.pages; page++)
        to.write(page * from.pageBytes, from.read(page * from.pageBytes, from.pageBytes));
    }
  }

  private storyOf(recording: number, monitor: Monitor): Story | undefined {
    const { epoch } = monitor.keys()!;
    return this.truth.story(this.name, placeOf(this.device, epoch, recording));
  }

  /** Notes what it delivers, and loses of it what a FIFO loses that is read too late. */
  private frontEnd(): FrontEnd {
    const { burstMs, fifoLoss } = this.plan;
    const inner = new SimFrontEnd(this.source, systemClock, { burstMs, speed: 1 });
    const random = this.random.fork(`fifo ${this.handheld.powerCuts} ${Date.now()}`);
    let story: Story | undefined;
    const read = (): Reading => {
      const { leads } = inner.read();
      const { length } = leads[0]!;
      const lost = length > 1 && random.chance(fifoLoss) ? 1 + random.int(length - 1) : 0;
      const reading = { leads: leads.map((lead) => lead.subarray(lost)), lost };
      story?.trace.add(reading);
      return reading;
    };
    const { name, packing, bearsMs, rateNum, rateDen, bits } = inner;
    const leads: Lead[] = inner.leads;
    return {
      ...{ name, packing, bearsMs, rateNum, rateDen, bits, leads },
      start: (ready) => {
        story = this.truth.newest(this.name);
        inner.start(ready);
      },
      stop: () => inner.stop(),
      read,
    };
  }
}
