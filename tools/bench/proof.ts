/** Proofs and verification: how large, how long. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { ed25519Verify, nodeCrypto } from "../../gateway/crypto";
import { noTrust } from "../../gateway/proof/trust";
import { writeProof } from "../../gateway/proof/write";
import { StoreReader } from "../../gateway/store/reader";
import { judge } from "../../gateway/web/verify/judge";
import { verifyProof } from "../../protocol/proof/verify";
import type { Context, Row } from "./area";
import { recordDay } from "./day";
import { inFolder } from "./folder";
import { importStrip } from "./importedstrip";
import { secondsOf } from "./rounds";

const ROUNDS = 5;

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
      const note = `verify.html's judge with its curve, on Node; a day is ${recording!.frames} frames in a database of ${(bytes / 1e6).toFixed(1)} MB`;
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

async function median(work: () => void | Promise<void>): Promise<number> {
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
  const page = await median(async () => void (await judge({ bytes: proof, trust: "", revocations: [] })));
  return [
    row(`${what}-size`, proof.length, "bytes"),
    row(`${what}-verify`, 1000 * seconds, "ms", { budget: 2000 }),
    row(`${what}-verify-html`, 1000 * page, "ms", { budget: 3000 }),
  ];
}

/** Through the whole path, so that the handheld signs it. @returns its opened proof */
async function importedStrip(folder: string): Promise<Uint8Array> {
  const { dataDir, id } = await importStrip(folder);
  const reader = StoreReader.open(dataDir);
  try {
    return writeOf(reader, id);
  } finally {
    reader.close();
  }
}
