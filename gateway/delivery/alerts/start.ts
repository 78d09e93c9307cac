/** Alerts and the watcher of a running hub, with everything real. */
import type { Clock } from "../../clock";
import type { Config } from "../../config/config";
import type { HubStatus } from "../../health/status";
import { StoreError } from "../../store/errors";
import type { Log } from "../../store/log";
import { Outbox } from "../../store/outbox/outbox";
import type { StoreReader } from "../../store/reader";
import type { Way } from "../../web/schema/delivery";
import { hostIn, isThisMachine } from "../near";
import { noteLeft } from "../start";
import { pingByHttp, Watcher } from "../watcher";
import { requireAllowed } from "../way";
import { Alerts, type Tell } from "./alerts";
import { lookOut } from "./lookout";
import { tellByHttp } from "./ways";

const SILENT_HOURS = 24;
type Receiver = NonNullable<Config["alerts"]>["to"][number];

interface Parts {
  config: Pick<Config, "alerts" | "watcher">;
  reader: StoreReader;
  status: () => HubStatus;
  dataDir: string;
  clock: Clock;
  log: Log;
}

/** @returns what ends them; @throws STORE_* where the outbox cannot be opened */
export function startAlerts(parts: Parts): () => void {
  const { config, reader, status, dataDir, clock, log } = parts;
  const { alerts: wanted, watcher: watched } = config;
  const ends: (() => void)[] = [];
  if (wanted) {
    const outbox = Outbox.open<Way>(dataDir, () => clock.now());
    const { quiet, findings = false, silentHours = SILENT_HOURS } = wanted;
    const looked = { status, reader, outbox, findings, silentMs: silentHours * 3600_000 };
    const alerts = new Alerts({
      ...{ quiet, clock, log, random: Math.random },
      lookout: () => lookOut(looked, clock.now()),
      ways: wanted.to.map((to) => teller(to, outbox, parts)),
    });
    ends.push(() => {
      alerts.stop();
      outbox.close();
    });
  }
  if (watched) {
    const ping = (url: string, timeoutMs: number) => {
      requireNear(url, reader.kind !== "home");
      return pingByHttp(url, timeoutMs);
    };
    const watcher = new Watcher({ url: watched.url, isWell: () => status().ok, clock, log, ping });
    ends.push(() => watcher.stop());
  }
  return () => {
    for (const end of ends) end();
  };
}

function teller(to: Receiver, outbox: Outbox<Way>, { reader, dataDir, clock }: Parts): Tell {
  const isDemo = reader.kind !== "home";
  const note = (who: string, address: string) =>
    noteLeft(dataDir, clock, { kind: "delivery", to: who, address, detail: `alert by ${to.kind}` });
  return async (lines) => {
    if (to.kind !== "mail") {
      requireNear(to.url, isDemo);
      // The path of it is as good as a password.
      note("family", new URL(to.url).host);
      return tellByHttp(to, lines, isDemo);
    }
    const way = outbox.recipients().find(({ name }) => name === to.recipient)?.way;
    if (way?.kind !== "mail")
      throw new StoreError(
        "ALERT_RECIPIENT",
        "alerts.to in the configuration file names no recipient by mail: see 'avnode recipients'",
      );
    requireAllowed(way, isDemo);
    note(to.recipient, way.to);
    const { mailAlert } = require("../mail") as typeof import("../mail");
    return mailAlert(way, lines, isDemo);
  };
}

/** @throws OUTBOX_DEMO */
function requireNear(url: string, isDemo: boolean): void {
  if (isDemo && !isThisMachine(hostIn(url)))
    throw new StoreError("OUTBOX_DEMO", "a demo tells nothing to another machine");
}
