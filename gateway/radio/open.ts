/** The hub's radio: every adapter of the machine, through noble. */
import { type Clock, systemClock } from "../clock";
import type { Log } from "../store/log";
import { presentAdapters } from "./adapters";
import { BluetoothRadio, type Dial, type RadioLimits } from "./bluetooth";
import { DIAL_LIMITS, type DialLimits, dial } from "./dial";
import { BluetoothLink } from "./link";
import { openNoble } from "./noble";
import { adviser, surroundings } from "./permission";
import type { Radio } from "./radio";

export interface RadioSettings {
  /** Ids, "hci0" or "unix:PATH"; all that the kernel knows by default. */
  adapters?: readonly string[];
  /** HCI_CHANNEL_USER: an adapter belongs to the hub alone. */
  exclusive?: boolean;
}

export interface OpenOptions extends RadioSettings {
  clock?: Clock;
  log?: Log;
  limits?: Partial<RadioLimits>;
  /** Of the steps behind the connect, whose limit is one of the radio's. */
  dialLimits?: Partial<Omit<DialLimits, "connectMs">>;
}

export function openBluetooth({ adapters, exclusive = false, dialLimits, ...rest }: OpenOptions): Radio {
  const clock = rest.clock ?? systemClock;
  return new BluetoothRadio({
    ...rest,
    open: (id) => openNoble(id, { exclusive }),
    dial: dialler(clock, { ...DIAL_LIMITS, ...dialLimits }),
    list: () => presentAdapters(adapters),
    ...adviser(clock, () => surroundings(exclusive)),
  });
}

/** Links are numbered as they come. */
export function dialler(clock: Clock, limits: DialLimits): Dial {
  let links = 0;
  return async (central, address, { connectMs }, signal) => {
    const open = await dial(central, address, { ...limits, connectMs }, clock, signal);
    return new BluetoothLink(String(++links), open, clock);
  };
}
