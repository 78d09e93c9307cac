/** From times on the interpreter to what a XIAO nRF52840 would take: the arithmetic, with every assumption named. */
import type { BoardSpec } from "../../firmware/board/spec";

export interface Measured {
  /** Seconds of each round, by name. */
  rows: Record<string, number[]>;
  /** Of an encoded second, by rate. */
  bytes: number[];
  notifications: number[];
  /** Whether the recorded seconds' notifications went out and the receipts were taken. */
  arrived: boolean[];
}

/** ms a sample on an nRF52 at 64 MHz, from instruction counts, within 40 %. */
const KNOWN = {
  riceFlat: 3.0,
  riceByClass: 4.9,
  delta8: 0.55 / 0.39,
  pack12: 0.41 / 0.39,
  callback: 1.15,
  copy: 0.02,
};
const NAMES: Record<keyof typeof KNOWN, string> = {
  riceFlat: "one flat Rice function",
  riceByClass: "class-based bit writer, Rice",
  delta8: "delta8 with escape",
  pack12: "pack12",
  callback: "a callback per sample, empty",
  copy: "typed-array copy",
};
/**
 * Compiled by the runtime against interpreted, of the encoder: 41,400 instructions a sample against 139,000, counted on
 * the runtime built for ARM (the flat Rice loop: 28,417 against 83,307). The build for Linux compiles nothing.
 */
const JIT = 0.3;
/** The same in C, ms a sample, and what calls it, ms a block, by instructions as well. */
const NATIVE_MS = 0.005;
const NATIVE_CALL_MS = 16;

/** mA at 3.3 V. */
const CPU_MA = 3.3;
const IDLE_MA = 0.005;
/** 85 µW. */
const FRONT_END_MA = 0.026;
/** A connection event every 50 ms without data, and what a notification adds, mC. */
const EVENTS_PER_SECOND = 20;
const EVENT_MC = 0.006;
const NOTIFICATION_MC = 0.012;
const BATTERY_MAH = 100;

/** Ring: a frame's header and tag, its padding to 32 bytes, and the record around it; a page's head. */
const FRAME_BYTES = 19;
const RECORD_BYTES = 20;
const PAGE_HEAD_BYTES = 68;

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

export function table({ rows, bytes, notifications }: Measured, rates: number[], board: BoardSpec): string {
  const time = (name: string) => median(rows[name]!);
  const middle = rates[1]!;
  const reference = time("riceFlat") / middle;
  /** Estimated ms on the chip. */
  const ms = (seconds: number) => (seconds / reference) * KNOWN.riceFlat;
  const lines = [
    "Measured by `npm run cost`: times on the interpreter's build for Linux, as multiples of the flat Rice loop in the same",
    "run (median). **Estimates** for a XIAO nRF52840 take 3.0 ms a sample for that loop; within 40 %, until run on hardware.",
    "",
    "| reference, a sample | of the flat loop | as known, ms | by this run, ms |",
    "| --- | --- | --- | --- |",
  ];
  for (const [name, known] of Object.entries(KNOWN)) {
    const ratio = time(name) / middle / reference;
    const shown = [ratio.toFixed(3), known.toFixed(2), (ratio * KNOWN.riceFlat).toFixed(2)];
    lines.push(`| ${NAMES[name as keyof typeof KNOWN]} | ${shown.join(" | ")} |`);
  }
  lines.push(
    "",
    `| one lead | ${rates.map((rate) => `${rate} Hz`).join(" | ")} |`,
    "| --- | --- | --- | --- |",
  );
  const row = (what: string, of: (rate: number, i: number) => string) =>
    lines.push(`| ${what} | ${rates.map(of).join(" | ")} |`);
  const each = (name: string) => rates.map((_, i) => ms(time(`${name}${i}`)));
  const encodeMs = each("encode");
  const secondMs = each("second").map((second, i) => second - ms(time(`bench${i}`)));
  const receiptMs = each("receipt");
  /** Burst by burst it is begun anew; that is interpreted in any case. */
  const pieces = each("grow").map((grow, i) => Math.max(0, grow - encodeMs[i]!));
  const encoders: [string, number[]][] = [
    ["interpreted", encodeMs.map((encode, i) => encode + pieces[i]!)],
    ['encoder compiled by `"jit"`', encodeMs.map((encode, i) => JIT * encode + pieces[i]!)],
    ["encoder in native C", rates.map((rate) => NATIVE_MS * rate + NATIVE_CALL_MS)],
  ];
  const everything = (i: number, encoder: number) => (encoder + secondMs[i]! + receiptMs[i]!) / 10;
  row("encoder, a sample, of the flat loop", (rate, i) => (time(`encode${i}`) / rate / reference).toFixed(2));
  row("encoder, a block of a second, ms", (_, i) => encodeMs[i]!.toFixed(0));
  row("frame: body, seal, chain, checksum, notifications, ms", (_, i) => ms(time(`frame${i}`)).toFixed(0));
  row("a second beside the encoder: FIFO, sampler, frame, ring, link, ms", (_, i) => secondMs[i]!.toFixed(0));
  row("a receipt, ms", (_, i) => receiptMs[i]!.toFixed(0));
  for (const [name, encoder] of encoders) {
    row(`CPU, ${name}: the encoder alone, %`, (_, i) => (encoder[i]! / 10).toFixed(1));
    row(`CPU, ${name}: everything, with a receipt a second, %`, (_, i) =>
      everything(i, encoder[i]!).toFixed(1),
    );
  }
  row("bits a sample, of a made-up heart of 18 bits with noise", (rate, i) =>
    ((8 * bytes[i]!) / rate).toFixed(2),
  );
  row("notifications a second", (_, i) => notifications[i]!.toFixed(0));
  const inFlash = bytes.map((n) => Math.ceil((n + 8) / 32) * 32 + FRAME_BYTES + RECORD_BYTES);
  const perPage = inFlash.map((n) => Math.floor((board.ring.pageBytes - PAGE_HEAD_BYTES) / n));
  row("ring full after, hours", (_, i) => ((board.ring.pages * perPage[i]!) / 3600).toFixed(1));
  const milliamps = (i: number, cpu: number) =>
    IDLE_MA +
    FRONT_END_MA +
    (cpu / 100) * CPU_MA +
    EVENTS_PER_SECOND * EVENT_MC +
    notifications[i]! * NOTIFICATION_MC;
  for (const [name, encoder] of encoders)
    row(`battery, ${name}, hours`, (_, i) => {
      const cpu = everything(i, encoder[i]!);
      return cpu > 100 ? "does not keep up" : (BATTERY_MAH / milliamps(i, cpu)).toFixed(0);
    });
  lines.push(
    "",
    `"jit" is taken as ${JIT} of interpreted: instructions of the encoder counted on the runtime built for ARM, 41,400 a sample`,
    `against 139,000; that build is no part of this run. Native C as ${NATIVE_MS} ms a sample and ${NATIVE_CALL_MS} ms a block around it. Everything else`,
    "is interpreted, in all rows: a whole unit that records a second on a chip, a flash and a radio that cost next to nothing;",
    "so the SPI transfer, the flash's own time and the radio's stack are not in it, nor is loading code from outer flash.",
    `Battery: ${BATTERY_MAH} mAh; CPU ${CPU_MA} mA while it runs, ${1000 * IDLE_MA} µA asleep, MAX30003 85 µW, connected with an event each`,
    `${1000 / EVENTS_PER_SECOND} ms of ${1000 * EVENT_MC} µC, ${1000 * NOTIFICATION_MC} µC a notification; no light. Heap: \`npm run test:espruino\` prints it.`,
  );
  return lines.join("\n");
}
