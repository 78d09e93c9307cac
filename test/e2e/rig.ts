import { createHash, type Hash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { StoreReader } from "../../gateway/store/reader";
import type { Lead } from "../../protocol/open";
import type { SampleSource } from "../../tools/sim/source";

/** A fresh folder, in memory where the machine has a place for that; removed after the test's file. */
export function scratch(inMemory = false): string {
  const parent = inMemory && fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
  const folder = fs.mkdtempSync(path.join(parent, "avnode-"));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

class Digest {
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
  end(): { samples: number; leads: string[] } {
    return { samples: this.samples, leads: this.hashes.map((hash) => hash.digest("hex")) };
  }
}

/** Notes what a front end was given, before the firmware sees it. */
export class WitnessedSource implements SampleSource {
  readonly name: string;
  readonly rateNum: number;
  readonly rateDen: number;
  readonly bits: number;
  readonly leads: Lead[];
  private readonly digest: Digest;
  constructor(
    private readonly source: SampleSource,
    /** Samples per lead after which it has no more. */
    private readonly limit: number,
  ) {
    ({
      name: this.name,
      rateNum: this.rateNum,
      rateDen: this.rateDen,
      bits: this.bits,
      leads: this.leads,
    } = source);
    this.digest = new Digest(source.leads.length);
  }
  left(): number {
    return Math.min(this.source.left(), this.limit - this.digest.samples);
  }
  read(count: number): Int32Array[] {
    const signals = this.source.read(count);
    this.digest.add(signals);
    return signals;
  }
  end() {
    return this.digest.end();
  }
}

/** What the store has of a recording, in the same form; a gap or a repetition between pieces shows as an error. */
export function stored(reader: StoreReader, id: string, leads: number) {
  const digest = new Digest(leads);
  for (const piece of reader.pieces(id)) {
    if (piece.firstSample !== digest.samples)
      throw new Error(`sample ${digest.samples} is followed by ${piece.firstSample}`);
    digest.add(piece.samples);
  }
  return digest.end();
}
