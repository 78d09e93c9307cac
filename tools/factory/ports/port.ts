/** Where units are plugged in. */
import type { Wire } from "../../firmware/console";
import type { Operator, Wait } from "../selftest";

const AIR = "air ";

/** What a connection over the air tells of a unit. */
export const airHint = (address: string) => AIR + address;

/** What a station notes of a unit that came over a network: no more than that, for its connection tells nothing. */
export const NETWORK_HINT = "a network";

/** By which way a unit came of which this is noted. */
export function wayOf(hint: string | null | undefined): "air" | "network" | "cable" {
  if (hint?.startsWith(AIR)) return "air";
  return hint === NETWORK_HINT ? "network" : "cable";
}

export interface OpenWire extends Wire {
  /**
   * What the connection itself tells of the unit, as a USB descriptor does: a locked unit says nothing else. Another unit
   * tells another.
   */
  readonly hint?: string;
  /** Of the unit's radio, where it is spoken to over the air: nobody is, once it is locked. */
  readonly address?: string;
  /** Serial of its chip, where it is locked and what it said on the air showed who it is. */
  readonly chip?: string;
  close(): Promise<void>;
  /** Set by whoever reads; called once when the unit was unplugged, or restarted where that cuts the connection. */
  onGone: () => void;
}

/** Why a slot waits, to whoever stands there; undefined for no more than that nobody is there. */
export type Tell = (why: string | undefined) => void;

/** How a unit on the air is told from others. */
export interface Likeness {
  /** Of its radio, where it said one; lower case, with colons. Locked units may hide it. */
  address?: string;
  /** Whether this alias, from a hello (protocol/session.ts), is the unit's. */
  isOwn(alias: Uint8Array): boolean;
}

/** The unit on the air, with its console where it offers one there, which no locked unit does. */
export interface Met {
  console?: OpenWire;
}

export interface Port {
  readonly name: string;
  /** Resolves when a unit is there; rejects only when `signal` says so. */
  waitForUnit(signal: AbortSignal, tell?: Tell): Promise<OpenWire>;
  /** Resolves when the unit that was served has been taken away; absent where `waitForUnit` gives the next one. */
  waitForRemoval?(signal: AbortSignal): Promise<void>;
  /** It gives one unit and never another. */
  readonly isSingle?: boolean;
  /** Where others may hear the keys that a unit gets; absent for a cable. */
  readonly heardOver?: "the air" | "a network";
  /** What does the hands' part of the self-test by itself; absent where somebody must be asked. */
  readonly jig?: Operator;
  /** Lets time pass for a unit that is a model. */
  readonly wait?: Wait;
  /**
   * Looks for the unit on the air, for so long at most; absent where there is no adapter.
   * @returns undefined when it is not there; @throws UnitFailure E09 where nobody could look
   */
  meet?(unit: Likeness, patienceMs: number): Promise<Met | undefined>;
}
