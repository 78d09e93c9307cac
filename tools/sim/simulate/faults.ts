/** Names of the faults that a simulation may meet, and which of them somebody asked for. */
import { nearest } from "../../../gateway/config/nearest";

/** Every fault with what it does; the table in simulate.ts says what must come of it. */
export const FAULTS = {
  loss: "radio: notifications and writes vanish",
  duplicate: "radio: notifications arrive twice",
  reorder: "radio: notifications overtake each other",
  disconnect: "radio: connections end, seconds to minutes after they began",
  absence: "owners carry their handhelds out of reach, for up to half of the time",
  fifo: "the front end's FIFO overflows and says how much it lost",
  overflow: "handhelds have a small ring, and nobody collects while it fills",
  power: "a handheld's power fails within any write or erase of its flash, also within its boot",
  battery: "a handheld is switched off between two operations, recording or not",
  drift: "the handhelds' clocks run up to 2 % fast or slow",
  clock: "the hub's clock jumps, up to a day either way",
  broker: "the broker restarts with empty state",
  relay: "the relay is killed and started again",
  store: "the store is killed between two commits, or right after one, before its receipts went out",
  statement: "a statement within the store's transaction fails, or the store is killed there",
  disk: "the disk is full for a while",
  reclaim: "an owner claims her handheld again",
  attack: "somebody who hears radio and MQTT forges, alters, replays, splices and reorders on both",
  clone: "a handheld's flash is copied, and both copies run",
} as const;

export type Fault = keyof typeof FAULTS;
const NAMES = Object.keys(FAULTS) as Fault[];

/** A word that names no fault. */
export class FaultsError extends Error {
  readonly code = "SIM_FAULTS";
}

/**
 * @param text names separated by commas: those alone; with a minus before each: all but those
 * @throws FaultsError
 */
export function parseFaults(text: string): Set<Fault> {
  const words = text.split(",").map((word) => word.trim());
  const positive = words.filter((word) => !word.startsWith("-") && word !== "all" && word !== "none");
  const chosen = new Set(positive.length > 0 || words.includes("none") ? positive.map(faultOf) : NAMES);
  for (const word of words) if (word.startsWith("-")) chosen.delete(faultOf(word.slice(1)));
  // In one order, whatever order they were named in: the seed draws along it.
  return new Set(NAMES.filter((name) => chosen.has(name)));
}

function faultOf(word: string): Fault {
  if (NAMES.includes(word as Fault)) return word as Fault;
  const close = nearest(word, NAMES);
  throw new FaultsError(
    `no fault is called ${JSON.stringify(word)}; ${close ? `did you mean ${close}?` : `known are ${NAMES.join(", ")}`}`,
  );
}
