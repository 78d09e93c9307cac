/**
 * A handheld without its radio and ring: claims, sessions and frames of one long recording, as fast as they are wanted.
 * The firmware's own would be paced by a simulated radio, which is not what is measured here.
 */
import { Session } from "../../firmware/session";
import { type Keys, seenNothing } from "../../firmware/vault";
import { nodeCrypto as crypto } from "../../gateway/crypto";
import { encodeData } from "../../protocol/bodies";
import { sameBytes } from "../../protocol/bytes";
import { decodeClaim } from "../../protocol/claim";
import { encodeBlock } from "../../protocol/codec/block";
import { encodeStatus, MonitorState } from "../../protocol/command";
import { FrameType } from "../../protocol/header";
import {
  claimKey,
  Direction,
  firstChainKey,
  nextChainKey,
  receiptKey,
  recordingKey,
} from "../../protocol/keys";
import { ClockTrust, encodeOpen, type Open, RecordingMode } from "../../protocol/open";
import type { Receipt } from "../../protocol/receipt";
import { openFrame, sealFrame } from "../../protocol/seal";
import { decodeStoreHello, encodeDeviceHello, messageType, type StoreHello } from "../../protocol/session";
import { EcgGenerator } from "../sim/ecg/generator";
import { simulatedIdentity } from "../sim/handheld";
import { inTime } from "./rounds";

export const RATE = 256;
export const BITS = 18;
/** Counts. */
export const MILLIVOLT = 4000;
/** Different seconds of ECG; then they come again. */
const SECONDS = 600;
const RECORDING = 1;
const HELLO_AGAIN_MS = 500;
const OWN_MS = 15_000;

const OPEN: Omit<Open, "leads"> = {
  rateNum: RATE,
  rateDen: 1,
  frontEnd: "generated ECG",
  firmware: "bench",
  bits: BITS,
  nominal: RATE,
  startMs: 0,
  trust: ClockTrust.unknown,
  mode: RecordingMode.continuous,
  seconds: 0,
};
const lead = { unit: "mV", gain: MILLIVOLT, baseline: 0, adcZero: 0 };

export class BenchHandheld {
  readonly identity = simulatedIdentity();
  alias: Uint8Array = crypto.random(8);
  onReceipt: (receipt: Receipt) => void = () => {};
  private proved = () => {};
  private keys?: Keys;
  private session?: Session;
  private nonce: Uint8Array = new Uint8Array(16);
  private answer?: StoreHello;
  private sequence = 0;

  /** @param blocks seconds of its signal, which come again and again; generated ECG by default */
  constructor(
    private readonly send: (alias: Uint8Array, message: Uint8Array) => void,
    private readonly leads: readonly string[] = ["I"],
    private blocks?: readonly Uint8Array[],
  ) {}

  /** The owner holds the button until the store, where the claim is filed, has proved that it took the handheld. */
  async own(): Promise<void> {
    const owned = new Promise<void>((resolve) => {
      this.proved = resolve;
    });
    const again = setInterval(() => this.hello(!this.keys), HELLO_AGAIN_MS);
    this.hello(true);
    try {
      await inTime(owned, OWN_MS, "the store did not take the handheld");
    } finally {
      clearInterval(again);
    }
  }

  private hello(claimable: boolean): void {
    this.nonce = crypto.random(16);
    const epoch = this.keys?.epoch ?? 0;
    this.send(this.alias, encodeDeviceHello({ alias: this.alias, epoch, nonce: this.nonce, claimable }));
  }

  take(message: Uint8Array): void {
    const type = messageType(message);
    if (type === FrameType.storeHello) this.takeHello(decodeStoreHello(message));
    else if (type === FrameType.claim) this.takeClaim(message);
    else if (type !== FrameType.helloRequest) {
      const body = this.session!.open(message);
      this.proved();
      if (type === FrameType.receipt) this.onReceipt(this.session!.receipt(body, this.keys!.recording));
    }
  }

  /** The recording's next frames: the open frame first, then a second of ECG each, about 250 bytes. */
  frames(count: number): Uint8Array[] {
    const { keys } = this;
    if (!keys) throw new Error("an unclaimed handheld does not seal");
    const key = recordingKey(crypto, keys.chainKey, this.identity.device, keys.epoch, RECORDING);
    this.blocks ??= secondsOfEcg(this.leads.length);
    const made: Uint8Array[] = [];
    for (const end = this.sequence + count; this.sequence < end; this.sequence++) {
      const first = this.sequence === 0;
      const place = { epoch: keys.epoch, recording: RECORDING, sequence: this.sequence };
      const firstSample = (this.sequence - 1) * RATE;
      const body = first
        ? encodeOpen({ ...OPEN, leads: this.leads.map((name) => ({ name, ...lead })) })
        : encodeData({ firstSample, block: this.blocks[this.sequence % this.blocks.length]! });
      made.push(sealFrame(crypto, key, { type: first ? FrameType.open : FrameType.data, ...place }, body));
    }
    return made;
  }

  private takeHello(hello: StoreHello): void {
    if (!sameBytes(hello.deviceNonce, this.nonce)) return;
    this.answer = hello;
    if (!this.keys) return;
    this.session = new Session(crypto, this.keys, hello);
    const key = claimKey(crypto, this.identity.claimCode, Direction.up, hello.deviceNonce, hello.nonce);
    const header = { type: FrameType.claim, epoch: this.keys.epoch, recording: 0, sequence: 1 };
    this.send(this.alias, sealFrame(crypto, key, header, this.identity.certificate));
    this.send(this.alias, this.session.seal(FrameType.status, encodeStatus(this.status())));
  }

  private takeClaim(message: Uint8Array): void {
    const { deviceNonce, nonce } = this.answer!;
    const key = claimKey(crypto, this.identity.claimCode, Direction.down, deviceNonce, nonce);
    const { root, alias } = decodeClaim(openFrame(crypto, key, message));
    this.keys = {
      epoch: 1,
      recording: RECORDING,
      chainKey: nextChainKey(crypto, firstChainKey(crypto, root)),
      receiptKey: receiptKey(crypto, root),
      alias,
      previousClose: new Uint8Array(32),
      leaf: 0,
      seen: seenNothing(),
      confirmed: false,
    };
    this.alias = alias;
    this.hello(false);
  }

  private status() {
    return {
      state: MonitorState.recording,
      batteryMillivolts: 3900,
      ringPermille: 0,
      backlog: 0,
      oldestRecording: RECORDING,
      newestRecording: RECORDING,
      uptimeMs: 1000,
      trust: ClockTrust.unknown,
      lastCommand: 0,
      refused: 0,
      signatures: 0,
      firmware: "bench",
    };
  }
}

function secondsOfEcg(leads: number): Uint8Array[] {
  const noiseMillivolts = { baseline: 0.1, mains: 0, muscle: 0.0015 };
  const ecg = new EcgGenerator({ rate: RATE, bits: BITS, leads, noiseMillivolts, seed: "bench" });
  const shape = { leads, bits: BITS, nominal: RATE };
  return Array.from({ length: SECONDS }, () => encodeBlock(ecg.read(RATE), shape));
}
