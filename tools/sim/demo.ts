/** The demo: a virtual handheld on a real hub in real time, playing a real heart's record over and over. */
import path from "node:path";
import { systemClock } from "../../gateway/clock";
import type { Hub } from "../../gateway/hub";
import type { Radio as HubRadio } from "../../gateway/radio/radio";
import { readRecord } from "../../gateway/wfdb/read";
import { MonitorState } from "../../protocol/command";
import { ClockTrust, RecordingMode } from "../../protocol/open";
import { SimFrontEnd } from "./frontend";
import { openHouse } from "./house";
import { keptIn, openKeepsake } from "./keepsake";
import { claimIfNew, holdUntilOwned, waitUntil } from "./owner";
import type { RadioFaults } from "./radio/lossy";
import { RecordSource } from "./source";

/** A good day in a living room. */
const LIVING_ROOM: RadioFaults = {
  loss: 0.01,
  duplicate: 0,
  reorder: 0,
  latencyMs: [8, 40],
  notificationBytes: 244,
  notificationsPerSecond: 100,
  queue: 16,
  connectMs: [100, 300],
};
const BURST_MS = 125;
export const CLOCK_MS = 3000;
export const CLEAN_STOP_MS = 3000;
/** For the last word of the handheld, that it holds nothing any more. */
export const LAST_WORD_MS = 200;

export interface Demo {
  hub: Hub;
  /** Closes the recording, waits for its receipts, and stops everything. */
  stop(): Promise<void>;
}

/** Where a record that plays without end begins: the heart went on beating while nobody listened. */
export function samplesSince1970(rate: number): number {
  return Math.floor((Date.now() / 1000) * rate);
}

/**
 * @param options.record WFDB record to play
 * @param options.handheld folder of a virtual handheld from the factory, which is claimed by whoever has its code; without
 * one the demo makes its own and claims it
 * @param options.startHub starts the hub with the demo's radio
 */
export async function startDemo(options: {
  dataDir: string;
  record: string;
  handheld?: string;
  startHub(radio: HubRadio): Promise<Hub>;
}): Promise<Demo> {
  const fromFactory = options.handheld !== undefined;
  const record = readRecord(options.record);
  const house = await openHouse({
    keepsake: fromFactory ? keptIn(options.handheld!) : openKeepsake(path.join(options.dataDir, "handheld")),
    radio: LIVING_ROOM,
    seed: Date.now(),
    startHub: options.startHub,
  });
  const { handheld } = house;
  const source = new RecordSource(record, true, samplesSince1970(record.rate));
  handheld.powerOn(new SimFrontEnd(source, systemClock, { burstMs: BURST_MS, speed: 1 }));
  const begin = async () => {
    // A real handheld keeps time by a battery; this one waits a moment for the hub's, then records without it.
    const isClockSet = () => handheld.monitor!.status(0, 0).trust > ClockTrust.unknown;
    await waitUntil("the time", isClockSet, CLOCK_MS).catch(() => {});
    handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
  };
  let letGo = () => {};
  if (fromFactory) letGo = holdUntilOwned(handheld, systemClock, () => void begin());
  else {
    await claimIfNew(handheld, house.store);
    await begin();
  }
  return {
    hub: house.hub,
    async stop() {
      letGo();
      handheld.act((monitor) => monitor.stop());
      const receipted = () => handheld.monitor?.state === MonitorState.idle;
      // What is not receipted by then stays in the handheld's flash and goes at the next start.
      await waitUntil("the last receipts", receipted, CLEAN_STOP_MS).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, LAST_WORD_MS));
      await house.close();
    },
  };
}
