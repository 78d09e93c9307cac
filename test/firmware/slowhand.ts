/** A handheld whose work takes time, on one processor, and a converter that goes on meanwhile: what overflows shows. */
import { crc32 } from "node:zlib";
import type { Flash, FrontEnd, Reading } from "../../firmware/board/board";
import { Vault } from "../../firmware/vault";
import type { Clock } from "../../gateway/clock";
import { nodeCrypto } from "../../gateway/crypto";
import { DropReason, decodeClose, decodeData, decodeDrop, decodeMark } from "../../protocol/bodies";
import { decodeBlock } from "../../protocol/codec/block";
import { MonitorState } from "../../protocol/command";
import type { Crypto } from "../../protocol/crypto";
import { FrameType } from "../../protocol/header";
import { SimFlash } from "../../tools/sim/flash";
import { simulatedIdentity, type UpdateParts, VirtualHandheld } from "../../tools/sim/handheld";
import { PERFECT, Radio } from "../../tools/sim/radio/lossy";
import { Random } from "../../tools/sim/random";
import { FIRST_KEYS } from "./firstkeys";

const ERASE_MS = 85;
const FIFO_WORDS = 32;
const EINT_WORDS = 16;
const PAGE_BYTES = 4096;
/** One processor: what takes time delays every timer, none of which is lost. */
export class Processor implements Clock {
  private ms = 0;
  private timers: { dueMs: number; run: () => void }[] = [];
  now(): number {
    return this.ms;
  }
  after(ms: number, run: () => void): () => void {
    const timer = { dueMs: this.ms + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }
  busy(ms: number): void {
    this.ms += ms;
  }
  pass(ms: number): void {
    const until = this.ms + ms;
    for (;;) {
      const [next] = [...this.timers].sort((a, b) => a.dueMs - b.dueMs);
      if (!next || next.dueMs > until) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.ms = Math.max(this.ms, next.dueMs);
      next.run();
    }
    this.ms = Math.max(this.ms, until);
  }
}

/** Flash whose erase stalls the processor, as a chip on the same bus does. */
export class SlowFlash implements Flash {
  readonly pageBytes = PAGE_BYTES;
  erases = 0;
  writeMs = 0;
  constructor(
    readonly chip: SimFlash,
    private readonly processor: Processor,
  ) {}
  get pages(): number {
    return this.chip.pages;
  }
  read(address: number, length: number): Uint8Array {
    return this.chip.read(address, length);
  }
  write(address: number, bytes: Uint8Array): void {
    this.chip.write(address, bytes);
    this.processor.busy(this.writeMs);
  }
  erase(page: number): void {
    this.erases++;
    this.chip.erase(page);
    this.processor.busy(ERASE_MS);
  }
}

/** A sample of the signal by its index: what was kept is compared with it. */
export const sampleAt = (i: number) => Math.round(900 * Math.sin(i / 11)) + ((i * 7919) % 23);

/** A converter with its own crystal and a FIFO of 32 words that keeps the newest. */
export class FifoFrontEnd implements FrontEnd {
  readonly name = "fifo";
  readonly packing = { left: 0, right: 0 };
  readonly rateDen = 1;
  readonly bits = 18;
  readonly leads = [{ name: "I", unit: "mV", gain: 200, baseline: 0, adcZero: 0 }];
  /** Index of every sample that overflowed. */
  readonly overflowed: number[] = [];
  private running = false;
  private startMs = 0;
  private taken = 0;
  private cancel = () => {};
  constructor(
    readonly rateNum: number,
    private readonly processor: Processor,
  ) {}
  get bearsMs(): number {
    return (1000 * FIFO_WORDS) / this.rateNum;
  }
  start(ready: () => void): void {
    this.startMs = this.processor.now();
    this.taken = 0;
    this.running = true;
    this.arm(ready);
  }
  stop(): void {
    this.running = false;
    this.cancel();
  }
  read(): Reading {
    const made = Math.floor(((this.processor.now() - this.startMs) * this.rateNum) / 1000);
    const lost = Math.max(0, made - this.taken - FIFO_WORDS);
    for (let i = 0; i < lost; i++) this.overflowed.push(this.taken + i);
    const first = this.taken + lost;
    this.taken = made;
    return { leads: [Int32Array.from({ length: made - first }, (_, i) => sampleAt(first + i))], lost };
  }
  private arm(ready: () => void): void {
    const dueMs = this.startMs + ((this.taken + EINT_WORDS) * 1000) / this.rateNum;
    this.cancel = this.processor.after(Math.max(0, dueMs - this.processor.now()), () => {
      ready();
      if (this.running) this.arm(ready);
    });
  }
}

/** What was sealed, read from the plain bodies. */
export class Sealed {
  readonly samples = new Map<number, number>();
  readonly dropped = new Map<number, string>();
  closes: ReturnType<typeof decodeClose>[] = [];
  constructor(private readonly rate: number) {}
  readonly crypto: Crypto = {
    ...nodeCrypto,
    seal: (key, nonce, plain) => {
      const length = (plain[0]! << 8) | plain[1]!;
      this.take(nonce[0]! & 15, plain.slice(2, 2 + length));
      return nodeCrypto.seal(key, nonce, plain);
    },
  };
  private take(type: number, body: Uint8Array): void {
    if (type === FrameType.close) this.closes.push(decodeClose(body));
    if (type === FrameType.mark) decodeMark(body);
    if (type === FrameType.data) {
      const { firstSample, block } = decodeData(body);
      const [values] = decodeBlock(block, { leads: 1, bits: 18, nominal: this.rate });
      for (const [i, value] of values!.entries()) this.samples.set(firstSample + i, value);
    }
    if (type === FrameType.drop) {
      const drop = decodeDrop(body);
      if (drop.reason !== DropReason.frontEnd) return;
      for (let i = 0; i < drop.samples; i++) this.dropped.set(drop.firstSample + i, "front end");
    }
  }
}

/** A claimed handheld out of reach of any hub, every page of whose ring was written before by somebody else. */
export function handheldAt(rate: number, pages = 512, update?: (processor: Processor) => UpdateParts) {
  const processor = new Processor();
  const chip = new SimFlash({ pageBytes: PAGE_BYTES, pages, writeBytes: 4, random: new Random(1) });
  for (let page = 0; page < pages; page++) chip.write(page * PAGE_BYTES + 64, new Uint8Array(64));
  const flash = new SlowFlash(chip, processor);
  const vault = new SimFlash({ pageBytes: PAGE_BYTES, pages: 2, writeBytes: 4, random: new Random(2) });
  new Vault(vault, (bytes) => crc32(bytes)).save(FIRST_KEYS);
  const radio = new Radio(PERFECT, processor, new Random(3));
  const sealed = new Sealed(rate);
  const { crypto } = sealed;
  const identity = simulatedIdentity();
  const parts = { clock: processor, flash, vault, radio, identity, crypto, update: update?.(processor) };
  const handheld = new VirtualHandheld(parts);
  const frontEnd = new FifoFrontEnd(rate, processor);
  handheld.powerOn(frontEnd);
  const idle = () => handheld.monitor!.state !== MonitorState.recording;
  return { processor, flash, handheld, frontEnd, sealed, idle };
}
