/** What a seed decides before time begins: how many handhelds there are, how they are, and which faults they meet. */
import type { EcgSettings } from "../ecg/settings";
import type { RadioFaults } from "../radio/lossy";
import type { Random } from "../random";
import type { Fault } from "./faults";

export interface UnitPlan {
  radio: RadioFaults;
  ringPages: number;
  ecg: Partial<EcgSettings>;
  burstMs: number;
  /** Probability that a reading of the FIFO comes too late. */
  fifoLoss: number;
  clockRate: number;
}

export interface Plan {
  durationMs: number;
  /** Those that this seed meets, of those that were asked for. */
  faults: ReadonlySet<Fault>;
  units: UnitPlan[];
}

/** A seed meets about half of the faults: where all are on at once, some hide others. */
const MEETS = 0.5;
const MAX_UNITS = 8;
/** One handheld is enough for most bugs, and eight cost eight times the time. */
const MORE_UNITS = 0.4;
const SMALL_RING = [6, 14] as const;
const RING = [32, 64] as const;
/**
 * What the hub writes at once in answer to a hello with the button held, generously: its hello and a claim. A radio that
 * cannot queue that loses the same end of it every time, and such a handheld can never be claimed.
 */
const ANSWER_BYTES = 288;

export function drawPlan(random: Random, chosen: ReadonlySet<Fault>, durationMs: number): Plan {
  const faults = new Set([...chosen].filter(() => random.chance(MEETS)));
  // Alone, a fault that was asked for is met for sure.
  if (chosen.size <= 2) for (const fault of chosen) faults.add(fault);
  let units = 1;
  while (units < MAX_UNITS && random.chance(MORE_UNITS)) units++;
  return {
    durationMs,
    faults,
    units: Array.from({ length: units }, (_, i) => drawUnit(random.fork(`unit ${i}`), faults, durationMs)),
  };
}

function drawUnit(random: Random, faults: ReadonlySet<Fault>, durationMs: number): UnitPlan {
  const upTo = (fault: Fault, most: number) => (faults.has(fault) ? random.between([0, most]) : 0);
  const slowMs = random.between([5, 150]);
  const plan: UnitPlan = {
    radio: {
      loss: upTo("loss", 0.25),
      duplicate: upTo("duplicate", 0.2),
      reorder: upTo("reorder", 0.2),
      latencyMs: [random.between([1, 5]), slowMs],
      disconnectEveryMs: faults.has("disconnect") ? [500, random.between([5000, 120_000])] : undefined,
      absences: drawAbsences(random, faults, durationMs),
      notificationBytes: [20, 64, 128, 244, 244, 244][random.int(6)]!,
      notificationsPerSecond: random.between([80, 150]),
      queue: 8 + random.int(32),
      connectMs: [20, random.between([50, 2000])],
    },
    ringPages: Math.floor(random.between(faults.has("overflow") ? SMALL_RING : RING)),
    ecg: {
      rate: [128, 128, 256][random.int(3)]!,
      leads: [1, 1, 1, 3][random.int(4)]!,
      gainCountsPerMillivolt: 400,
      heartRateBpm: random.between([50, 110]),
      noiseMillivolts: { baseline: 0.05, mains: 0, muscle: 0.01 },
      seed: random.int(1000),
    },
    burstMs: [125, 250, 1000, 2500][random.int(4)]!,
    fifoLoss: upTo("fifo", 0.05),
    clockRate: faults.has("drift") ? random.between([0.98, 1.02]) : 1,
  };
  const { radio } = plan;
  radio.queue = Math.max(radio.queue, Math.ceil(ANSWER_BYTES / (radio.notificationBytes - 2)));
  return plan;
}

/** A ring overflows only while nobody collects. */
function drawAbsences(random: Random, faults: ReadonlySet<Fault>, durationMs: number) {
  if (!faults.has("absence") && !faults.has("overflow")) return [];
  return Array.from({ length: 1 + random.int(2) }, () => {
    const fromMs = random.between([0, durationMs]);
    return { fromMs, toMs: Math.min(durationMs, fromMs + random.between([1000, durationMs / 2])) };
  });
}
