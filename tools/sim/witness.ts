/** What a front end was given, noted before the firmware sees it: a recording is complete when the store has the same. */
import { createHash, type Hash } from "node:crypto";
import type { StoreReader } from "../../gateway/store/reader";
import type { Lead } from "../../protocol/open";
import type { SampleSource } from "./source";

export interface Witnessed {
  /** Of each lead. */
  samples: number;
  /** SHA-256 of each lead's samples as little-endian int32, hex. */
  leads: string[];
}

/** Hashes pieces of a recording as they come. */
export class SampleDigest {
  private readonly hashes: Hash[];
  samples = 0;

  constructor(leads: number) {
    this.hashes = Array.from({ length: leads }, () => createHash("sha256"));
  }

  add(signals: Int32Array[]): void {
    for (const [lead, signal] of signals.entries()) {
      this.hashes[lead]!.update(new Uint8Array(signal.buffer, signal.byteOffset, signal.byteLength));
    }
    this.samples += signals[0]!.length;
  }

  /** Of what came so far. */
  now(): Witnessed {
    return { samples: this.samples, leads: this.hashes.map((hash) => hash.copy().digest("hex")) };
  }
}

export class WitnessedSource implements SampleSource {
  readonly name: string;
  readonly rateNum: number;
  readonly rateDen: number;
  readonly bits: number;
  readonly leads: Lead[];
  private digest: SampleDigest;

  /** @param limit samples per lead after which it has no more */
  constructor(
    private readonly source: SampleSource,
    private readonly limit = Number.POSITIVE_INFINITY,
  ) {
    ({
      name: this.name,
      rateNum: this.rateNum,
      rateDen: this.rateDen,
      bits: this.bits,
      leads: this.leads,
    } = source);
    this.digest = new SampleDigest(source.leads.length);
  }

  /** A recording begins: what was given before belongs to others. */
  begin(): void {
    this.digest = new SampleDigest(this.leads.length);
  }

  left(): number {
    return Math.min(this.source.left(), this.limit - this.digest.samples);
  }

  read(count: number): Int32Array[] {
    const signals = this.source.read(count);
    this.digest.add(signals);
    return signals;
  }

  /** Since the recording began. One that its length ended may hold less: the last reading may go past it. */
  witnessed(): Witnessed {
    return this.digest.now();
  }
}

/** What the store has of a recording, in the same form. @throws at a gap or a repetition between pieces */
export function stored(reader: StoreReader, id: string, leads: number): Witnessed {
  const digest = new SampleDigest(leads);
  for (const piece of reader.pieces(id)) {
    if (piece.firstSample !== digest.samples)
      throw new Error(`sample ${digest.samples} is followed by ${piece.firstSample}`);
    digest.add(piece.samples);
  }
  return digest.now();
}
