/** Proofs and verification: how large, how long. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { ed25519Verify, nodeCrypto } from "../../gateway/crypto";
import { noTrust } from "../../gateway/proof/trust";
import { writeProof } from "../../gateway/proof/write";
import { StoreReader } from "../../gateway/store/reader";
import { writeRecord } from "../../gateway/wfdb/write";
import { verifyProof } from "../../protocol/proof/verify";
import { EcgGenerator } from "../sim/ecg/generator";
import { importRecords } from "../sim/import";
import type { Context, Row } from "./area";
import { recordDay } from "./day";
import { inFolder } from "./folder";
import { secondsOf } from "./rounds";

const ROUNDS = 5;
const RATE = 256;
const STRIP_SECONDS = 30;

export function benchProof(context: Context): Promise<Row[]> {
  return inFolder(async (folder) => {
    context.progress("recording a strip");
    const strip = await importedStrip(folder);
    context.progress("recording a day");
    const dayDir = await recordDay(join(folder, "day"), context);
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
