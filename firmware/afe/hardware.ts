/** What the drivers of front ends ask of the hardware; `espruino/hardware.ts` stands behind it, or a model in tests. */

/** A chip on SPI with an interrupt line. */
export interface SpiChip {
  /** Monotonic; the clock that `watch` tells. */
  nowMs(): number;
  /** Runs every `ms`; returns what ends it. */
  every(ms: number, run: () => void): () => void;
  /** One transaction under chip select; as many bytes come back. */
  transfer(bytes: Uint8Array): Uint8Array;
  /** Fills `words` with the 24-bit words, most significant byte first, behind the first byte of what `transfer` returned. */
  words24(bytes: Uint8Array, words: Int32Array): void;
  /** Calls with the time of each falling edge of the interrupt line; returns what ends it. An edge may be missed. */
  watch(fell: (atMs: number) => void): () => void;
}

/** A converter that samples by itself into two buffers, and the pins of the amplifier before it. */
export interface SampledPin {
  /** Monotonic. */
  nowMs(): number;
  /**
   * Converts to 8 bits, unsigned, `rate` times a second; `full` gets one buffer while the other one fills, and it is
   * overwritten from the next call on. Returns what ends it.
   */
  sample(rate: number, samples: number, full: (buffer: Uint8Array) => void): () => void;
  /** Fills `words` with `table[byte]` for each byte. */
  remap(bytes: Uint8Array, table: Int16Array, words: Int32Array): void;
  /** True while the amplifier says that an electrode is off. */
  leadOff(): boolean;
  /** Switches the amplifier. */
  power(on: boolean): void;
}
