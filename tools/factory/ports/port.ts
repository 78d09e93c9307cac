/** Where units are plugged in. */
import type { Wire } from "../../firmware/console";
import type { Operator, Wait } from "../selftest";

export interface OpenWire extends Wire {
  /**
   * What the connection itself tells of the unit, as a USB descriptor does: a locked unit says nothing else. Another unit
   * tells another.
   */
  readonly hint?: string;
  close(): Promise<void>;
  /** Set by whoever reads; called once when the unit was unplugged, or restarted where that cuts the connection. */
  onGone: () => void;
}

export interface Port {
  readonly name: string;
  /** Resolves when a unit is there; rejects only when `signal` says so. */
  waitForUnit(signal: AbortSignal): Promise<OpenWire>;
  /** Resolves when the unit that was served has been taken away; absent where `waitForUnit` gives the next one. */
  waitForRemoval?(signal: AbortSignal): Promise<void>;
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
  /** Whether a second adapter hears the unit advertise; absent where there is none. @param address as above */
  seen?(address?: string): Promise<boolean>;
}
