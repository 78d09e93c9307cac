/** Alerts and the watcher of a running hub, with everything real. */
import { copiesBeside } from "../../backup/status";
import type { Clock } from "../../clock";
import type { HubStatus } from "../../health/status";
import { Tally } from "../../mqtt/tally";
import type { Way } from "../../schema/delivery";
import { codeOf } from "../../store/errors";
import type { Log } from "../../store/log";
import { Outbox } from "../../store/outbox/outbox";
import type { StoreReader } from "../../store/reader";
import { noteLeft } from "../start";
import { pingByHttp, Watcher } from "../watcher";
import { Alerts, type Tell } from "./alerts";
import { AlertBook } from "./book";
import { lookOut } from "./lookout";
import { addressOf, requireNear, tell } from "./ways";

/** What reads through every recording, or opens a file, is looked at less often. */
const SLOWLY_MS = 10 * 60_000;

interface Parts {
  reader: StoreReader;
  status: () => HubStatus;
  dataDir: string;
  clock: Clock;
  log: Log;
}

/** @throws STORE_* where its rows cannot be opened */
export function startAlerts(parts: Parts): { watcher: Watcher; stop(): void } {
  const { reader, status, dataDir, clock, log } = parts;
  const isDemo = reader.kind !== "home";
  const book = AlertBook.open(dataDir, isDemo, () => {});
  const outbox = Outbox.open<Way>(dataDir, () => clock.now());
  const altered = slowly(clock, () => reader.altered());
  const copies = slowly(clock, () => copiesBeside(dataDir, clock.now()));
  const looked = {
    ...{ status, outbox, copies },
    reader: { devices: () => reader.devices(), findings: reader.findings, altered },
  };
  const alerts = new Alerts({
    ...{ book, clock, log, random: Math.random, tell: teller(isDemo, parts) },
    lookout: (now, { silentHours }) => lookOut(looked, now, silentHours),
  });
  const watcher = new Watcher({
    ...{ clock, log, isWell: () => status().ok },
    url: () => {
      const { watcher: url, paused } = book.wanted();
      return paused ? undefined : url;
    },
    ping: async (url) => {
      requireNear(url, isDemo);
      await pingByHttp(url);
    },
  });
  return {
    watcher,
    stop() {
      watcher.stop();
      alerts.stop();
      outbox.close();
      book.close();
    },
  };
}

/**
 * Each in the ledger before it leaves. Where that cannot be written, what tells of nobody's health leaves all the same: a
 * disk that is full is just what has to be told.
 */
function teller(isDemo: boolean, { dataDir, clock, log }: Parts): Tell {
  const tally = new Tally("ledger", clock, log);
  return async ({ way }, message, isHealth) => {
    try {
      const address = addressOf(way);
      noteLeft(dataDir, clock, { kind: "delivery", to: "family", address, detail: `alert by ${way.kind}` });
    } catch (error) {
      if (isHealth) throw error;
      tally.count(codeOf(error).toLowerCase(), "an alert leaves that could not be noted in the ledger");
    }
    await tell(way, message, isDemo);
  };
}

function slowly<T>(clock: Clock, look: () => T): () => T {
  let seen: { at: number; value: T } | undefined;
  return () => {
    const now = clock.now();
    if (!seen || Math.abs(now - seen.at) >= SLOWLY_MS) seen = { at: now, value: look() };
    return seen.value;
  };
}
