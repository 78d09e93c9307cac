/** Whether a running hub is well, and what its owner should do where it is not. Without names and health data. */
import { type Clock, systemClock } from "../clock";
import type { AnalysisStatus } from "../findings/analyst";
import type { Hub } from "../hub";
import type { AdapterStatus, RadioStatus } from "../radio/radio";
import type { Role } from "../roles";
import type { Said } from "../schema/wrong";
import type { Health } from "../store/commit";
import { diskOf } from "./disk";
import type { Limit } from "./limits";
import type { HubStatus } from "./status";

export interface HealthOptions {
  hub: Pick<Hub, "store" | "analyst" | "carrier" | "limits" | "broker" | "relay" | "radio" | "connected">;
  dataDir: string;
  version: string;
  roles: readonly Role[];
  /** Address of the broker, as it is said to people. */
  broker: string;
  clock?: Clock;
}

interface Problem {
  text: string;
  /** Without a code where an adapter says it. */
  said: Said;
}

export class HubHealth {
  /** Where the API is, once it is open. */
  web?: { address: string; taken?: number };
  private readonly startedAt: number;

  constructor(private readonly options: HealthOptions) {
    this.startedAt = (options.clock ?? systemClock).now();
  }

  status(): HubStatus {
    const { hub, dataDir, version, roles, broker } = this.options;
    const radio = hub.radio?.status();
    const store = hub.store && { ...hub.store.health, disk: diskOf(dataDir) };
    const connected = hub.connected();
    const analysis = hub.analyst?.status();
    const limits = hub.limits?.list() ?? [];
    const severe = [...problemsOfStore(store), ...problemsOfBroker(connected)];
    const problems = [...severe, ...problemsOfRadio(radio), ...problemsOfAnalysis(analysis)];
    return {
      pid: process.pid,
      version,
      roles: [...roles],
      startedAt: this.startedAt,
      ok: severe.length === 0 && works(radio) && !limits.some(stopsReceipts),
      problems: problems.map(({ text }) => text),
      said: problems.map(({ said }) => said),
      store,
      analysis,
      limits,
      broker: { address: broker, connected },
      web: this.web?.address,
      taken: [hub.broker?.taken, this.web?.taken].filter((port) => port !== undefined),
      radio,
      presences: hub.relay?.presenceStatus() ?? [],
    };
  }
}

export function problemsOfStore(store: Health | undefined): Problem[] {
  if (!store || store.ok) return [];
  const { reason = "" } = store;
  return [
    {
      text: `the store cannot be written (${reason}): make room or repair the disk; it goes on by itself, and handhelds keep what they have until then`,
      said: { code: "store", values: { reason } },
    },
  ];
}

/** Of a ring its handheld's owner is told; the hub works. */
function stopsReceipts({ what, level }: Limit): boolean {
  return what === "disk" && level === "full";
}

function problemsOfBroker(connected: boolean): Problem[] {
  if (connected) return [];
  return [
    {
      text: "the broker cannot be reached: see that it runs, and that its address and password in --config FILE hold",
      said: { code: "broker" },
    },
  ];
}

/** Recording and receipts do not depend on it: what is wrong here leaves `ok`. */
function problemsOfAnalysis(analysis: AnalysisStatus | undefined): Problem[] {
  if (!analysis) return [];
  const { running, failures, aside } = analysis;
  const problems: Problem[] = [];
  // One that failed once is started again within a second.
  if (failures > 1 || (failures === 1 && !running))
    problems.push({
      text: `nothing new is found in recordings: the thread that analyses them failed ${failures === 1 ? "and hangs" : `${failures} times in a row`}; see why in the hub's log, and restart the hub. Recording goes on`,
      said: { code: "analysis" },
    });
  if (aside.length > 0)
    problems.push({
      text: `findings are missing of ${aside.length === 1 ? "a recording that was" : `${aside.length} recordings that were`} set aside: see which, and why, in 'avnode status'`,
      said: { code: "aside", values: { count: aside.length } },
    });
  return problems;
}

function problemsOfRadio(radio: RadioStatus | undefined): Problem[] {
  if (!radio || radio.simulated) return [];
  if (radio.adapters.length === 0)
    return [
      {
        text: "no Bluetooth adapter is here: plug one in, and it is used at once; where handhelds are heard by relays elsewhere alone, radio.enabled: false in --config FILE says so",
        said: { code: "no-adapter" },
      },
    ];
  const advised = radio.adapters
    .filter(needsItsOwner)
    .map(({ id, advice }) => ({ text: `adapter ${id}: ${advice}`, said: {} }));
  if (radio.healthy || advised.length > 0) return advised;
  return [
    {
      text: "no Bluetooth adapter works: see that one is plugged in and switched on ('rfkill list'), then restart the hub",
      said: { code: "adapters-off" },
    },
  ];
}

/** One adapter suffices, and none does not; of a simulated radio nothing is asked. */
function works(radio: RadioStatus | undefined): boolean {
  if (!radio || radio.simulated) return true;
  return radio.healthy && !radio.adapters.every(needsItsOwner);
}

/** What is said of one that works, such as that another program uses it too, is no problem yet. */
function needsItsOwner({ state, recoveries, advice }: AdapterStatus): boolean {
  return advice !== undefined && (state !== "on" || recoveries > 0);
}
