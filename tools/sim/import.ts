/** Plays WFDB records through the whole path, as fast as it goes: handheld, radio, MQTT and store in virtual time. */

import path from "node:path";
import { systemClock } from "../../gateway/clock";
import { startHub } from "../../gateway/hub";
import type { Log } from "../../gateway/store/log";
import type { StoreReader } from "../../gateway/store/reader";
import { UNPACED } from "../../gateway/store/receipts";
import { readRecord } from "../../gateway/wfdb/read";
import type { WfdbRecord } from "../../gateway/wfdb/record";
import { toHex } from "../../protocol/bytes";
import { MonitorState } from "../../protocol/command";
import { RecordingMode } from "../../protocol/open";
import { SimFrontEnd } from "./frontend";
import type { VirtualHandheld } from "./handheld";
import { openHouse } from "./house";
import { openKeepsake } from "./keepsake";
import { claimIfNew, waitUntil } from "./owner";
import { PERFECT, type RadioFaults } from "./radio/lossy";
import { recordable } from "./recordable";
import { RecordSource } from "./source";
import { VirtualTime } from "./time";

export interface ImportOptions {
  dataDir: string;
  /** How bad the radio is; perfect unless said otherwise. */
  faults?: Partial<RadioFaults>;
  /** Of the radio's faults. */
  seed?: number | string;
  log?: Log;
  /** Samples per lead that went in so far, of all. */
  progress?: (done: number, total: number) => void;
}

export interface Imported {
  id: string;
  record: string;
  leads: number;
  samples: number;
}

/** Ten times a heart's pace: the radio, not the source, is what the signal waits for. */
const SPEED = 20;
const BURST_MS = 50;
/** The source's clock pauses at half a ring, so that an import never drops what a heart would not wait with. */
const HALF_RING_PERMILLE = 500;
/** Longest absence that a radio may have, and then some. */
const PATIENCE_MS = 24 * 3600_000;

/** @throws WFDB_* for a record that cannot be read, STORE_* for a data directory that cannot be used */
export async function importRecords(
  records: string[],
  options: ImportOptions,
): Promise<{ recordings: Imported[] }> {
  const read = records.map((record) => recordable(record, readRecord(record)));
  const time = new VirtualTime(Date.now());
  try {
    return { recordings: await time.until(play(read, options)) };
  } finally {
    time.restore();
  }
}

async function play(records: WfdbRecord[], options: ImportOptions): Promise<Imported[]> {
  const total = records.reduce((sum, record) => sum + record.samples, 0);
  const { dataDir, log } = options;
  const house = await openHouse({
    keepsake: openKeepsake(path.join(dataDir, "handheld")),
    radio: { ...PERFECT, ...options.faults },
    seed: options.seed ?? "import",
    startHub: (radio) =>
      startHub({ dataDir, kind: "import", broker: "memory", radio, log, receipts: UNPACED }),
  });
  const { store, handheld } = house;
  const recordings: Imported[] = [];
  let before = 0;
  try {
    for (const record of records) {
      const source = new RecordSource(record);
      const report = () => options.progress?.(before + record.samples - source.left(), total);
      const frontEnd = new SimFrontEnd(source, systemClock, {
        burstMs: BURST_MS,
        speed: SPEED,
        hold: () => handheld.monitor!.status(0, 0).ringPermille >= HALF_RING_PERMILLE,
        ended: () => handheld.act((monitor) => monitor.stop()),
      });
      handheld.powerOn(frontEnd);
      await claimIfNew(handheld, store);
      await waitUntil(
        "the hub to set the handheld's clock",
        () => handheld.monitor!.status(0, 0).trust > 0,
        PATIENCE_MS,
      );
      handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
      await waitUntil(
        `record ${record.name} to be receipted`,
        () => {
          report();
          // Also signed: that goes on behind the close.
          return source.left() === 0 && handheld.monitor!.state === MonitorState.idle;
        },
        PATIENCE_MS,
      );
      recordings.push(describe(handheld, store.reader, record));
      handheld.powerOff();
      before += record.samples;
    }
    return recordings;
  } finally {
    await house.close();
  }
}

function describe(handheld: VirtualHandheld, reader: StoreReader, record: WfdbRecord): Imported {
  const keys = handheld.monitor!.keys()!;
  const { id } = reader.recording(`${toHex(handheld.identity.device)}-${keys.epoch}-${keys.recording - 1}`);
  return { id, record: record.name, leads: record.leads.length, samples: record.samples };
}
