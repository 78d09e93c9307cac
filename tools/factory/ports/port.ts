/** Where units are plugged in. */
import type { Wire } from "../../firmware/console";
import type { Operator, Wait } from "../selftest";

const AIR = "air ";

/** What a connection over the air tells of a unit. */
export const airHint = (address: string) => AIR + address;
export const isAirHint = (hint: string | null | undefined) => hint?.startsWith(AIR) === true;

export interface OpenWire extends Wire {
  /**
   * What the connection itself tells of the unit, as a USB descriptor does: a locked unit says nothing else. Another unit
   * tells another.
   */
  readonly hint?: string;
  /** Of the unit's radio, where it is spoken to over the air: nobody is, once it is locked. */
  readonly address?: string;
  close(): Promise<void>;
  /** Set by whoever reads; called once when the unit was unplugged, or restarted where that cuts the connection. */
  onGone: () => void;
}

/** Why a slot waits, to whoever stands there. */
export type Tell = (why: string) => void;

/** What was heard on the air. */
export type Seen = "by its address" | "by a new address, taken for its own";

export interface Port {
  readonly name: string;
  /** Resolves when a unit is there; rejects only when `signal` says so. */
  waitForUnit(signal: AbortSignal, tell?: Tell): Promise<OpenWire>;
  /** Resolves when the unit that was served has been taken away; absent where `waitForUnit` gives the next one. */
  waitForRemoval?(signal: AbortSignal): Promise<void>;
  /** Told when the unit is about to restart: what was heard of it before counts no more. */
  restarts?(): void;
  /** It gives one unit and never another. */
  readonly isSingle?: boolean;
  /**
   * Other ways to the unit's console than the wire, to be tried once it is locked; with a wire where one is offered, which
   * no locked unit does. @param address of its radio, where it said one
   */
  otherPaths?(address?: string): Promise<{ name: string; wire?: OpenWire }[]>;
  /** What does the hands' part of the self-test by itself; absent where somebody must be asked. */
  readonly jig?: Operator;
  /** Lets time pass for a unit that is a model. */
  readonly wait?: Wait;
  /** How an adapter hears the unit advertise, if it does; absent where there is none. @param address as above */
  seen?(address?: string): Promise<Seen | undefined>;
}
