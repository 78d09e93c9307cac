/** Proofs and verification: how large, how long. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ed25519Verify, nodeCrypto } from "../../gateway/crypto";
import { noTrust } from "../../gateway/proof/trust";
import { writeProof } from "../../gateway/proof/write";
import { StoreReader } from "../../gateway/store/reader";
import { UNPACED } from "../../gateway/store/receipts";
import { Store } from "../../gateway/store/store";
import { writeRecord } from "../../gateway/wfdb/write";
import { verifyProof } from "../../protocol/proof/verify";
import { EcgGenerator } from "../sim/ecg/generator";
import { importRecords } from "../sim/import";
import type { Context, Row } from "./area";
import { inFolder } from "./folder";
import { BenchHandheld } from "./handheld";
import { secondsOf } from "./rounds";

const ROUNDS = 5;
const RATE = 256;
const STRIP_SECONDS = 30;
const DAY_SECONDS = 86_400;
/** Frames that come in one turn of the event loop. */
const BURST = 64;

export function benchProof(context: Context): Promise<Row[]> {
  return inFolder(async (folder) => {
    context.progress("recording a strip");
    const strip = await importedStrip(folder);
    context.progress("recording a day");
    const dayDir = await recordedDay(join(folder, "day"), context);
    const day = StoreReader.open(dayDir);
    try {
      const [recording] = day.recordings();
      const bytes = statSync(join(dayDir, "avnode.db")).size;
      const seconds = await median(() => void day.verify());
      const note = `a day is ${recording!.frames} frames in a database of ${(bytes / 1e6).toFixed(1)} MB`;
      context.note(`${note}; medians of ${ROUNDS} rounds`);
      return [
        ...(await proofRows("30s", strip)),
        ...(await proofRows("day", writeOf(day, recording!.id))),
        row("store-verify-day", seconds, "s", { budget: 3 }),
        row("store-verify", bytes / 1e6 / seconds, "MB/s"),
      ];
    } finally {
      day.close();
    }
  });
}

function row(what: string, value: number, unit: string, peers: Record<string, number> = {}): Row {
  return { name: `proof/${what}`, value, unit, peers };
}

async function median(work: () => void): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) seconds.push(await secondsOf(async () => work()));
  return seconds.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

function writeOf(reader: StoreReader, id: string): Uint8Array {
  const evidence = reader.log.evidence(id);
  return writeProof(evidence, { open: true, hub: reader.log.key(evidence.origin) });
}

async function proofRows(what: string, proof: Uint8Array): Promise<Row[]> {
  const crypto = { sha256: nodeCrypto.sha256, open: nodeCrypto.open, ed25519: ed25519Verify };
  const { verdict } = verifyProof(crypto, proof, noTrust());
  if (verdict !== "simulated" && verdict !== "truncated")
    throw new Error(`the proof of a ${what} is ${verdict}`);
  const seconds = await median(() => void verifyProof(crypto, proof, noTrust()));
  return [
    row(`${what}-size`, proof.length, "bytes"),
    row(`${what}-verify`, 1000 * seconds, "ms", { budget: 2000 }),
  ];
}

/** Through the whole path, so that the handheld signs it. @returns its opened proof */
async function importedStrip(folder: string): Promise<Uint8Array> {
  const ecg = new EcgGenerator({ rate: RATE, bits: 18, seed: "bench" });
  const signal = ecg.read(STRIP_SECONDS * RATE)[0]!;
  const lead = { name: "I", unit: "mV", gain: 4000, baseline: 0, adcZero: 0, bits: 18 };
  writeRecord(folder, {
    name: "strip",
    rateNum: RATE,
    rateDen: 1,
    leads: [lead],
    signals: [signal],
    start: undefined,
  });
  const dataDir = join(folder, "strip-data");
  const { recordings } = await importRecords([join(folder, "strip")], { dataDir });
  const reader = StoreReader.open(dataDir);
  try {
    return writeOf(reader, recordings[0]!.id);
  } finally {
    reader.close();
  }
}

/** 24 hours in a store, logged hour by hour and still running. */
async function recordedDay(dataDir: string, context: Context): Promise<string> {
  const store = Store.open({ dataDir, kind: "demo", receipts: UNPACED });
  const handheld = new BenchHandheld((alias, message) => {
    setImmediate(() => store.receive(alias, message));
  });
  let receipted = 0;
  store.onSend = (_alias, message) => handheld.take(message);
  handheld.onReceipt = ({ next }) => {
    receipted = next;
  };
  store.claim(handheld.identity.claimCode);
  await handheld.own();
  for (let hour = 1; hour <= 24; hour++) {
    context.progress(`recording a day: hour ${hour}`);
    const frames = handheld.frames(DAY_SECONDS / 24 + (hour === 24 ? 1 : 0));
    for (const [index, frame] of frames.entries()) {
      store.receive(handheld.alias, frame);
      if (index % BURST === BURST - 1) await nextTurn();
    }
    while (receipted < (hour * DAY_SECONDS) / 24) await nextTurn();
  }
  store.close();
  return dataDir;
}
