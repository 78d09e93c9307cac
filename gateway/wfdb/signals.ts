/**
 * Storage formats of signal files, after signal(5): where sample `index` of a file lies, all signals counted. Callers
 * have checked `index` against `capacity`.
 */
export interface SignalFormat {
  min: number;
  max: number;
  /** Bytes that hold so many samples. */
  bytesFor(samples: number): number;
  /** Samples that so many bytes hold. */
  capacity(bytes: number): number;
  /** A last group of samples may be padded with zeros to a multiple of so many bytes. */
  groupBytes: number;
  read(bytes: Uint8Array, index: number): number;
  /** `bytes` starts as zeros and each index is written once, in any order. */
  write(bytes: Uint8Array, index: number, value: number): void;
}

export type FormatNumber = 16 | 24 | 80 | 212;

/** What stands in a file for "no sample here"; it is read and written as the number it is. */
export const INVALID_SAMPLE: Record<FormatNumber, number> = {
  16: -32768,
  24: -8388608,
  80: -128,
  212: -2048,
};

/** 16-bit two's complement, low byte first. */
const format16: SignalFormat = {
  min: -32768,
  max: 32767,
  groupBytes: 1,
  bytesFor: (samples) => samples * 2,
  capacity: (bytes) => Math.floor(bytes / 2),
  read: (bytes, index) => ((bytes[index * 2]! | (bytes[index * 2 + 1]! << 8)) << 16) >> 16,
  write(bytes, index, value) {
    bytes[index * 2] = value;
    bytes[index * 2 + 1] = value >> 8;
  },
};

/** 24-bit two's complement, low byte first. */
const format24: SignalFormat = {
  min: -8388608,
  max: 8388607,
  groupBytes: 1,
  bytesFor: (samples) => samples * 3,
  capacity: (bytes) => Math.floor(bytes / 3),
  read(bytes, index) {
    const at = index * 3;
    return ((bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) << 8) >> 8;
  },
  write(bytes, index, value) {
    bytes[index * 3] = value;
    bytes[index * 3 + 1] = value >> 8;
    bytes[index * 3 + 2] = value >> 16;
  },
};

/** 8-bit offset binary: the byte is the value plus 128. */
const format80: SignalFormat = {
  min: -128,
  max: 127,
  groupBytes: 1,
  bytesFor: (samples) => samples,
  capacity: (bytes) => bytes,
  read: (bytes, index) => bytes[index]! - 128,
  write(bytes, index, value) {
    bytes[index] = value + 128;
  },
};

/**
 * 12-bit two's complement, two samples in three bytes: the middle byte holds the four high bits of the first sample
 * below those of the second. Samples of all signals share the pairs, so a pair can hold two signals or two times.
 */
const format212: SignalFormat = {
  min: -2048,
  max: 2047,
  groupBytes: 3,
  bytesFor: (samples) => Math.ceil((samples * 3) / 2),
  capacity: (bytes) => Math.floor((bytes * 2) / 3),
  read(bytes, index) {
    const at = Math.floor(index / 2) * 3;
    const middle = bytes[at + 1]!;
    const code =
      index % 2 === 0 ? bytes[at]! | ((middle & 0x0f) << 8) : bytes[at + 2]! | ((middle & 0xf0) << 4);
    return (code << 20) >> 20;
  },
  write(bytes, index, value) {
    const at = Math.floor(index / 2) * 3;
    const high = (value >> 8) & 0x0f;
    if (index % 2 === 0) {
      bytes[at] = value;
      bytes[at + 1] = bytes[at + 1]! | high;
    } else {
      bytes[at + 1] = bytes[at + 1]! | (high << 4);
      bytes[at + 2] = value;
    }
  },
};

const formats: Record<FormatNumber, SignalFormat> = {
  16: format16,
  24: format24,
  80: format80,
  212: format212,
};

/** The format of that number, undefined where this folder does not have it. */
export function signalFormat(number: number): SignalFormat | undefined {
  return Object.hasOwn(formats, number) ? formats[number as FormatNumber] : undefined;
}

/** The header's 16-bit signed checksum: the sum of all samples, whatever their storage format. */
export function checksum16(signal: Int32Array): number {
  let sum = 0;
  for (const value of signal) sum = (sum + value) | 0;
  return (sum << 16) >> 16;
}
