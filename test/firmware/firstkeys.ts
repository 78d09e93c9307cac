/** A unit's keys right behind its first claim, each field told from the others. */
import { type Keys, seenNothing } from "../../firmware/vault";

const fill = (length: number, value: number) => new Uint8Array(length).fill(value);

export const FIRST_KEYS: Keys = {
  epoch: 1,
  recording: 1,
  chainKey: fill(32, 1),
  receiptKey: fill(32, 2),
  alias: fill(8, 3),
  previousClose: fill(32, 0),
  leaf: 0,
  seen: seenNothing(),
  confirmed: true,
};
