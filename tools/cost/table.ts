/** From times on the interpreter to what a XIAO nRF52840 would take: the arithmetic, with every assumption named. */
import type { BoardSpec } from "../../firmware/board/spec";

export interface Measured {
  /** Seconds of each round, by name. */
  rows: Record<string, number[]>;
  /** Of an encoded second, by rate. */
  bytes: number[];
  notifications: number[];
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
/** Compiled by the runtime against interpreted, for a flat Rice function. */
const JIT = 0.39;
/** The same in C, ms a sample. */
const NATIVE_MS = 0.005;

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
  const encodeMs = rates.map((_, i) => ms(time(`encode${i}`)));
  const frameMs = rates.map((_, i) => ms(time(`frame${i}`)));
  const share = (i: number, encoder: number) => (encoder + frameMs[i]!) / 10;
  row("encoder, a sample, of the flat loop", (rate, i) => (time(`encode${i}`) / rate / reference).toFixed(2));
  row("encoder, a block of a second, ms", (_, i) => encodeMs[i]!.toFixed(0));
  row("frame: body, seal, chain, checksum, notifications, ms", (_, i) => frameMs[i]!.toFixed(0));
  row("CPU, interpreted, %", (_, i) => share(i, encodeMs[i]!).toFixed(0));
  row('CPU, encoder compiled by `"jit"`, %', (_, i) => share(i, JIT * encodeMs[i]!).toFixed(0));
  row("CPU, encoder in native C, %", (rate, i) => share(i, NATIVE_MS * rate).toFixed(1));
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
  const hours = (i: number, encoder: number) =>
    share(i, encoder) > 100 ? "does not keep up" : (BATTERY_MAH / milliamps(i, share(i, encoder))).toFixed(0);
  row("battery, interpreted, hours", (_, i) => hours(i, encodeMs[i]!));
  row('battery, encoder compiled by `"jit"`, hours', (_, i) => hours(i, JIT * encodeMs[i]!));
  row("battery, native C, hours", (rate, i) => hours(i, NATIVE_MS * rate));
  lines.push(
    "",
    `Taken for granted: "jit" ${JIT} of interpreted, native C ${NATIVE_MS} ms a sample; sampler, ring and link beside the frame are not`,
    `in the shares. Battery: ${BATTERY_MAH} mAh; CPU ${CPU_MA} mA while it runs, ${1000 * IDLE_MA} µA asleep, MAX30003 85 µW, connected with an event each`,
    `${1000 / EVENTS_PER_SECOND} ms of ${1000 * EVENT_MC} µC, ${1000 * NOTIFICATION_MC} µC a notification; no light. Heap: \`npm run test:espruino\` prints it.`,
  );
  return lines.join("\n");
}
