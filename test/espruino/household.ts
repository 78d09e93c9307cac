/**
 * A house whose handheld is the real interpreter: real relay, broker and store in this process, both sides in virtual time.
 * Neither clock runs by itself; `pass` lets the same time pass on both.
 */
import { crc32 } from "node:zlib";
import type { Identity } from "../../firmware/board/board";
import type { Max30003Spec } from "../../firmware/board/spec";
import { encodeIdentity } from "../../firmware/identity";
import { type Hub, startHub } from "../../gateway/hub";
import type { RecordingInfo } from "../../gateway/store/infos";
import type { Store } from "../../gateway/store/store";
import { toHex } from "../../protocol/bytes";
import type { Status } from "../../protocol/command";
import { Op } from "../../protocol/command";
import { encodeDossier } from "../../protocol/dossier";
import { dossierOf, simulatedIdentity } from "../../tools/sim/handheld";
import { Random } from "../../tools/sim/random";
import { VirtualTime } from "../../tools/sim/time";
import type { BuiltFirmware } from "./firmware";
import { EspruinoRadio } from "./radio";
import { Unit } from "./unit";

const START = Date.UTC(2026, 10, 27, 12);
/** How finely both clocks keep step. */
const STEP_MS = 50;
/** The handheld's own is three seconds. */
const HOLD_MS = 3500;
const PRESS_MS = 200;

const nameOf = ({ device, epoch, recording }: RecordingInfo) => `${device}-${epoch}-${recording}`;

/** A handheld that a station has made. */
export interface Made {
  /** Of its flash, the shim's `.boot0` beside what the station wrote. */
  image: Uint8Array;
  identity: Required<Identity>;
  dossier: Uint8Array;
}

export interface HouseholdOptions {
  dataDir: string;
  firmware: BuiltFirmware;
  /** What the front end's converter sees from the moment that its clock starts, signed 18 bit. */
  samples: Int32Array;
  /** Of its Storage otherwise; see UnitParts. */
  inRam?: boolean;
  /** Left out, it is one that no factory made. */
  made?: Made;
  /** Share of the notifications that get lost. */
  loss?: number;
  /** Of the handheld's random numbers and of what gets lost. */
  seed: number | string;
}

export class Household {
  readonly identity: Required<Identity>;
  readonly unit: Unit;
  readonly radio: EspruinoRadio;
  private constructor(
    private readonly time: VirtualTime,
    private readonly hub: Hub,
    parts: Pick<Household, "identity" | "unit" | "radio">,
    private readonly dossier: Uint8Array,
    private readonly pins: { button: string; pressed: number },
  ) {
    ({ identity: this.identity, unit: this.unit, radio: this.radio } = parts);
  }

  /** The handheld is off at first. From here on this process lives in virtual time, until `close`. */
  static async open({
    dataDir,
    firmware,
    samples,
    inRam,
    made,
    loss = 0,
    seed,
  }: HouseholdOptions): Promise<Household> {
    const identity = made?.identity ?? simulatedIdentity();
    const dossier = made?.dossier ?? encodeDossier(dossierOf(identity));
    const { board } = firmware;
    const frontEnd = board.frontEnd as Max30003Spec;
    const random = new Random(seed);
    const draws = random.fork("handheld");
    const parts = {
      wiring: { cs: frontEnd.cs, int: frontEnd.int, fclkHz: frontEnd.fclkHz },
      inRam,
      samples: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
      random: (length: number) => Uint8Array.from({ length }, () => draws.int(256)),
    };
    const files = { ...firmware.files, identity: encodeIdentity(identity, (bytes) => crc32(bytes)) };
    const unit = made ? Unit.of(made.image, parts) : await Unit.with({ files, ...parts });
    const radio = new EspruinoRadio({ loss, random: random.fork("radio") });
    const time = new VirtualTime(START);
    try {
      const hub = await time.until(
        startHub({ dataDir, kind: made ? "home" : "import", broker: "memory", radio }),
      );
      return new Household(time, hub, { identity, unit, radio }, dossier, board.pins);
    } catch (error) {
      time.restore();
      throw error;
    }
  }

  get store(): Store {
    return this.hub.store!;
  }

  get device(): string {
    return toHex(this.identity.device);
  }

  /** Lets this much time pass on both sides. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      const step = Math.min(left, STEP_MS);
      if (this.unit.on) await this.radio.turn(this.unit, step);
      await this.time.pass(step);
    }
  }

  /** Lets time pass until it is so. @throws after `limitMs` */
  async until(what: string, isSo: () => boolean, limitMs: number): Promise<void> {
    for (let waited = 0; !isSo(); waited += STEP_MS) {
      if (waited > limitMs) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`);
      await this.pass(STEP_MS);
    }
  }

  private async button(down: boolean): Promise<void> {
    const { button, pressed } = this.pins;
    await this.unit.ask("drive", button, down ? pressed : 1 - pressed);
  }

  private async pushed(ms: number): Promise<void> {
    await this.button(true);
    await this.pass(ms);
    await this.button(false);
    await this.pass(STEP_MS);
  }

  press(): Promise<void> {
    return this.pushed(PRESS_MS);
  }

  /** @param heldMs how long the button stays down from before the power comes */
  async powerOn(heldMs = 0): Promise<void> {
    const { button, pressed } = this.pins;
    const released = 1 - pressed;
    this.unit.powerOn({ [button]: heldMs > 0 ? pressed : released });
    if (heldMs === 0) return;
    await this.pass(heldMs);
    await this.button(false);
  }

  async powerOff(): Promise<void> {
    await this.unit.powerOff();
    this.radio.gone();
  }

  /** Asks for the handheld with the code on its label, and holds its button. */
  async claim(): Promise<void> {
    const claim = this.store.claim(this.identity.claimCode);
    await this.pushed(HOLD_MS);
    await this.until("the claim", () => this.store.claimState(claim)?.state === "claimed", 60_000);
    // By now the hub knows the maker.
    this.store.addDossier(this.dossier);
    // Recordings that begin before the hub has set the clock would not know when they were made.
    await this.pass(2000);
  }

  /** Begins a recording by a command of the hub. @param seconds 0 = until it is stopped */
  record(mode: number, seconds: number): void {
    this.store.command(this.device, { op: Op.start, mode, seconds });
  }

  stop(): void {
    this.store.command(this.device, { op: Op.stop });
  }

  /** Number of a recording of the newest ownership, as the store names it. */
  id(recording: number, epoch = 1): string {
    return `${this.device}-${epoch}-${recording}`;
  }

  /** The newest that the handheld sent. */
  get status(): Status | undefined {
    return this.store.reader.devices().find(({ id }) => id === this.device)?.status;
  }

  /** The recording as the store has it, if it has any of it. */
  recording(id: string): RecordingInfo | undefined {
    return this.store.reader
      .recordings({ device: this.device })
      .find((info) => info.id === id || nameOf(info) === id);
  }

  async close(): Promise<void> {
    await this.unit.powerOff();
    try {
      await this.time.until(this.hub.stop());
    } finally {
      this.time.restore();
    }
  }
}
