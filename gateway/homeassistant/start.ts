/** Whether Home Assistant is told anything, and what the broker must let pass for it. */
import { type Clock, systemClock } from "../clock";
import type { BrokerAddress } from "../mqtt/client";
import { type Log, silentLog } from "../store/log";
import { Announcer } from "./announcer";
import type { LimitView } from "./hubstate";
import { type Announcement, readLedger } from "./ledger";
import type { HandheldView } from "./state";
import { DEFAULT_PREFIX } from "./topics";
import type { HealthValues } from "./values";

export interface HomeAssistantSettings {
  discovery: boolean;
  /** The second switch: heart rate and findings too. */
  values?: boolean;
  /** Of Home Assistant's discovery topics, by default "homeassistant". */
  prefix?: string;
}

/** What is to be announced, and what was. */
export interface HomeAssistantPlan {
  prefix?: string;
  values: boolean;
  ledger: Announcement[];
  /** Of both. */
  prefixes: string[];
}

export function planHomeAssistant(
  dataDir: string,
  settings: HomeAssistantSettings | undefined,
  log: Log = silentLog,
): HomeAssistantPlan {
  const ledger = readLedger(dataDir, ({ message }) =>
    log.warn(
      { dataDir },
      `home assistant: what was announced before is not known (${message.split("\n")[0]}); remove entities that stay there by hand`,
    ),
  );
  const prefix = settings?.discovery ? (settings.prefix ?? DEFAULT_PREFIX) : undefined;
  const prefixes = new Set(ledger.map((one) => one.prefix));
  if (prefix !== undefined) prefixes.add(prefix);
  return { prefix, values: settings?.values === true, ledger, prefixes: [...prefixes] };
}

export interface StartHomeAssistant {
  plan: HomeAssistantPlan;
  view: HandheldView;
  broker: BrokerAddress;
  dataDir: string;
  /** Who knows heart rate and findings; without one neither is announced. */
  health?: HealthValues;
  /** What runs full; without it nothing is said of that. */
  limits?: LimitView;
  clock?: Clock;
  log?: Log;
}

/** @returns undefined when there is nothing to say and nothing to take back: then there is not even a connection */
export function startHomeAssistant({ plan, health, ...rest }: StartHomeAssistant): Announcer | undefined {
  if (plan.prefixes.length === 0) return undefined;
  const { clock = systemClock, log = silentLog, view, limits, broker, dataDir } = rest;
  const { prefix, ledger } = plan;
  const values = plan.values ? health : undefined;
  return new Announcer({ view, limits, broker, dataDir, ledger, prefix, values, clock, log });
}
