/**
 * The handheld's loops over a lead's words. They name few variables, call nothing, and have neither break, continue nor
 * switch, so that Espruino compiles them; what looks clumsy here was counted in its instructions.
 */
import { CONTEXT_ROW, SYMBOLS, WORDS } from "./codes";
import type { BitSink } from "./write";

/** Quotients that one step appends: 0 to 23, and those of the first two ranges, which are as good as quotients. */
const QUOTIENTS = 48;
/** A row of STEPS: its quotients, then the words of symbols 24 to 31. */
const ROW = QUOTIENTS + 8;
/** Shift 0 has a row for every context; 1 to 5 have those of reduced magnitudes 16 to 31: contexts 12 to 15. */
const SHIFTS = 6;
/** Of a lead that looks as if its codes were longer than its samples. */
export const TOO_WILD = 16;

/** Each is described where it is defined. */
export interface Loops {
  startOf(words: Int32Array, left: number, right: number, bits: number): number;
  putCodes(
    words: Int32Array,
    from: number,
    left: number,
    right: number,
    magnitude: number,
    sink: BitSink,
  ): number;
  putSamples(words: Int32Array, left: number, right: number, bits: number, sink: BitSink): void;
}

function make(): Loops {
  const STEPS = new Int32Array((16 + 4 * (SHIFTS - 1)) * ROW);
  /** `shift << 11 | row` of every running magnitude that shifts 0 to 5 reduce to at most 31. */
  const STATE = new Uint16Array(32 << (SHIFTS - 1));

  /**
   * A step is `(word - quotient) << shift`, times 32, plus the bits of word and rest together: `(acc << bits) + (step >> 5)
   * + u` appends the word and what of u is below the quotient, without a mask.
   */
  function fill(steps: Int32Array, words: Uint16Array, context: number, shift: number): void {
    "jit";
    let row = (context + 4 * shift) * 56;
    const symbols = context * 32;
    let word = 0;
    let q = 0;
    for (q = 0; q < 24; q++) {
      word = words[symbols + q];
      steps[row + q] = (((word >> 4) - q) << shift) * 32 + (word & 15) + shift;
    }
    word = words[symbols + 24];
    for (q = 24; q < 32; q++)
      steps[row + q] = ((((word >> 4) << 3) - 24) << shift) * 32 + (word & 15) + 3 + shift;
    word = words[symbols + 25];
    for (q = 32; q < 48; q++)
      steps[row + q] = ((((word >> 4) << 4) - 32) << shift) * 32 + (word & 15) + 4 + shift;
    row += 24;
    for (q = 24; q < 32; q++) {
      word = words[symbols + q];
      steps[row + q] = (word >> 4) * 32 + (word & 15);
    }
  }

  /** From magnitude `s` on, `1 << shift` of them have the state of reduced magnitude `t`; returns the next. */
  function fillStates(state: Uint16Array, s: number, shift: number, context: number): number {
    "jit";
    const value = (shift << 11) | ((context + 4 * shift) * 56);
    const end = s + (1 << shift);
    let at = s;
    while (at < end) {
      state[at] = value;
      at++;
    }
    return at;
  }

  for (let c = 0; c < 16; c++) for (let k = 0; k < (c < 12 ? 1 : SHIFTS); k++) fill(STEPS, WORDS, c, k);
  let reached = 0;
  for (let k = 0; k < SHIFTS; k++)
    for (let t = k > 0 ? 16 : 0; t < 32; t++)
      reached = fillStates(STATE, reached, k, CONTEXT_ROW[t] / SYMBOLS);

  /**
   * The level that the first four second differences suggest, -1 for a flat line, or `TOO_WILD`. The second difference is
   * the one that a handheld takes: choosing between it and the first would save 0.5 % on MIT-BIH.
   */
  function startOf(words: Int32Array, left: number, right: number, bits: number): number {
    "jit";
    const count = words.length;
    const first = (words[0] << left) >> right;
    let last = first;
    let before = 0;
    let sum = 0;
    let x = 0;
    let d = 0;
    let t = 1;
    while (t < count && t < 5) {
      x = (words[t] << left) >> right;
      d = x - last;
      last = x;
      x = d - before;
      before = d;
      sum += x < 0 ? -x : x;
      t++;
    }
    if (sum < 1) {
      while (t < count && (words[t] << left) >> right === first) t++;
      return t < count ? 0 : -1;
    }
    if (sum >> (bits - 2) > 1 && t > 4) return 16;
    t = 3 * (t - 1);
    sum *= 8;
    d = 0;
    while (t <= sum && d < 15) {
      t += t;
      d++;
    }
    return d;
  }

  /**
   * Appends the codes of a lead's second differences, two samples a turn. The first sample is coded apart.
   * @param words one a sample, `word << left >> right`, at most 23 bits
   * @param from of the first code, 1 or more; to the end of `words`
   * @param magnitude running, before that code: 2^level - 1 at the beginning
   * @param sink with room for 5 bytes a code
   * @returns the running magnitude behind the last code
   */
  function putCodes(
    words: Int32Array,
    from: number,
    left: number,
    right: number,
    magnitude: number,
    sink: BitSink,
  ): number {
    "jit";
    const steps = STEPS;
    const state = STATE;
    const bytes = sink.bytes;
    const count = words.length;
    const end = count - 1;
    let at = sink.position;
    let acc = sink.acc;
    let n = sink.pending;
    let s = magnitude;
    // Sample and first difference of the one before, x and d or y and b in turn.
    let y = (words[from - 1] << left) >> right;
    let b = 0;
    if (from > 1) b = y - ((words[from - 2] << left) >> right);
    let x = 0;
    let d = 0;
    // Residual, residual without its sign, quotient, state and then step.
    let r = 0;
    let u = 0;
    let q = 0;
    let e = 0;
    // Quotients below `top` take one step; none does while s has no STATE of its own, and u and s are reduced by `wide`.
    let top = 48;
    let wide = 0;
    let late = 0;
    let i = from;
    while (i < count) {
      x = (words[i] << left) >> right;
      d = x - y;
      r = d - b;
      if (s < 1024) e = state[s];
      else {
        top = 0;
        wide = s < 32768 ? 5 : 11;
        e = s >> wide;
        e = state[e < 1024 ? e : 1023];
      }
      if (r < 0) {
        u = ~(r + r);
        s -= r + (s >> 2);
      } else {
        u = r + r;
        s += r - (s >> 2);
      }
      q = u >> (e >> 11);
      if (q < top) {
        e = steps[(e & 2047) + q];
        acc = (acc << (e & 31)) + (e >> 5) + u;
        n += e & 31;
        if (n > 15) {
          n -= 16;
          e = acc >> n;
          bytes[at] = e >> 8;
          bytes[at + 1] = e;
          at += 2;
        }
        if (i < end) {
          y = (words[i + 1] << left) >> right;
          b = y - x;
          r = b - d;
          if (s < 1024) e = state[s];
          else {
            top = 0;
            wide = s < 32768 ? 5 : 11;
            e = s >> wide;
            e = state[e < 1024 ? e : 1023];
          }
          if (r < 0) {
            u = ~(r + r);
            s -= r + (s >> 2);
          } else {
            u = r + r;
            s += r - (s >> 2);
          }
          q = u >> (e >> 11);
          if (q < top) {
            e = steps[(e & 2047) + q];
            acc = (acc << (e & 31)) + (e >> 5) + u;
            n += e & 31;
          } else late = 1;
        }
        i += 2;
      } else {
        y = x;
        b = d;
        i += 1;
        late = 1;
      }
      if (late) {
        late = 0;
        x = u;
        u >>= wide;
        r = e >> 11;
        q = u >> r;
        e = e & 2047;
        if (q < 48) {
          e = steps[e + q];
          acc = (acc << (e & 31)) + (e >> 5) + u;
          n += e & 31;
        } else {
          q = (q - 16) >> 3;
          top = 48;
          while (q > 1 && top < 55) {
            q >>= 1;
            top += 1;
          }
          e = steps[e + top];
          acc = (acc << (e & 31)) + (e >> 5);
          n += e & 31;
          if (n > 15) {
            n -= 16;
            e = acc >> n;
            bytes[at] = e >> 8;
            bytes[at + 1] = e;
            at += 2;
          }
          if (top < 55) {
            u -= 16 << r;
            r += top - 45;
          } else {
            // 28 bits in all: 14, what is left of 14 less `wide`, and those.
            r = 14 - wide;
            acc = (acc << 14) + ((u >> r) & 16383);
            n += 14;
            if (n > 15) {
              n -= 16;
              e = acc >> n;
              bytes[at] = e >> 8;
              bytes[at + 1] = e;
              at += 2;
            }
          }
          acc = (acc << r) + (u & ((1 << r) - 1));
          n += r;
        }
        if (n > 15) {
          n -= 16;
          e = acc >> n;
          bytes[at] = e >> 8;
          bytes[at + 1] = e;
          at += 2;
        }
        acc = (acc << wide) + (x & ((1 << wide) - 1));
        n += wide;
        wide = 0;
        top = 48;
      }
      if (n > 15) {
        n -= 16;
        e = acc >> n;
        bytes[at] = e >> 8;
        bytes[at + 1] = e;
        at += 2;
      }
    }
    if (n > 7) {
      n -= 8;
      bytes[at] = acc >> n;
      at += 1;
    }
    sink.position = at;
    sink.acc = acc;
    sink.pending = n;
    return s;
  }

  /** Appends a lead's samples as they are, in `bits` each. */
  function putSamples(words: Int32Array, left: number, right: number, bits: number, sink: BitSink): void {
    "jit";
    const bytes = sink.bytes;
    const count = words.length;
    const high = bits > 16 ? bits - 16 : 0;
    const low = bits - high;
    const highMask = (1 << high) - 1;
    const lowMask = (1 << low) - 1;
    let at = sink.position;
    let acc = sink.acc;
    let n = sink.pending;
    let x = 0;
    let e = 0;
    for (let i = 0; i < count; i++) {
      x = (words[i] << left) >> right;
      acc = (acc << high) | ((x >> low) & highMask);
      n += high;
      if (n > 15) {
        n -= 16;
        e = acc >> n;
        bytes[at] = e >> 8;
        bytes[at + 1] = e;
        at += 2;
      }
      acc = (acc << low) | (x & lowMask);
      n += low;
      if (n > 15) {
        n -= 16;
        e = acc >> n;
        bytes[at] = e >> 8;
        bytes[at + 1] = e;
        at += 2;
      }
    }
    if (n > 7) {
      n -= 8;
      bytes[at] = acc >> n;
      at += 1;
    }
    sink.position = at;
    sink.acc = acc;
    sink.pending = n;
  }

  return { startOf, putCodes, putSamples };
}

let made: Loops | undefined;

/**
 * Made at the first call: seconds on a handheld, 10 KB of tables and 25 KB of compiled code, and for nothing where native
 * code encodes. Espruino compiles a function where it is defined, so that these are defined in one.
 */
export function loops(): Loops {
  if (!made) made = make();
  return made;
}
