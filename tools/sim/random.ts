import { createHash } from "node:crypto";

/**
 * Seeded randomness of the simulator: xoshiro128** (Blackman, Vigna, "Scrambled linear pseudorandom number
 * generators", ACM TOMS 47(4), 2021, doi:10.1145/3460772). Not for keys.
 */
export class Random {
  private spareGaussian = Number.NaN;

  /**
   * @param seed any number or string; 7 and "7" are the same seed, because a command line cannot tell them apart
   */
  constructor(seed: number | string) {
    this.identity = digest(Buffer.from(String(seed)));
    this.state = new Uint32Array(4);
    for (let i = 0; i < 4; i++) this.state[i] = this.identity.readUInt32LE(4 * i);
  }

  private readonly identity: Buffer;
  private readonly state: Uint32Array;

  /** A generator in a state given word by word: for known-answer tests. Not all words may be 0. */
  static fromState(words: readonly [number, number, number, number]): Random {
    const random = new Random(words.join());
    random.state.set(words);
    return random;
  }

  /** 32 random bits as an integer, 0 to 2^32 - 1. */
  uint32(): number {
    const s = this.state;
    const s1 = s[1]!;
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
    s[2]! ^= s[0]!;
    s[3]! ^= s1;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= s1 << 9;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /** Uniform in [0, 1), in steps of 2^-32. */
  next(): number {
    return this.uint32() / 0x100000000;
  }

  /** Uniform integer, 0 to n - 1. n is at most 2^32; the bias is below n / 2^32. */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Uniform in [from, to). */
  between(range: readonly [from: number, to: number]): number {
    return range[0] + this.next() * (range[1] - range[0]);
  }

  /** True with the given probability. Always draws, so that a probability of 0 shifts nothing that follows. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  bytes(n: number): Uint8Array {
    const bytes = new Uint8Array(n);
    for (let i = 0; i < n; i++) bytes[i] = this.uint32() >>> 24;
    return bytes;
  }

  /** Normal deviate, mean 0, variance 1 (Marsaglia's polar method, doi:10.1137/1006063). */
  gaussian(): number {
    const spare = this.spareGaussian;
    if (!Number.isNaN(spare)) {
      this.spareGaussian = Number.NaN;
      return spare;
    }
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const square = u * u + v * v;
      if (square > 0 && square < 1) {
        const scale = Math.sqrt((-2 * Math.log(square)) / square);
        this.spareGaussian = v * scale;
        return u * scale;
      }
    }
  }

  /**
   * An independent generator for one part of the simulation. It depends on the seed and the label alone, not on what
   * was drawn before, so that one part drawing more does not change the others.
   */
  fork(label: string): Random {
    return new Random(digest(this.identity, Buffer.from(label)).toString("hex"));
  }
}

function digest(...parts: Buffer[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
