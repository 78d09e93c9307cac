/** A station in a temporary folder, with small trees and a firmware that is a few bytes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { board as linux } from "../../../firmware/board/linux";
import { ed25519Signer } from "../../../gateway/crypto";
import { toHex } from "../../../protocol/bytes";
import { type Bench, readFirmware } from "../../../tools/factory/bench";
import { Identities } from "../../../tools/factory/identities";
import { createJournal, Journal } from "../../../tools/factory/journal";
import { StationLog } from "../../../tools/factory/log";
import { openWith, sealWith } from "../../../tools/factory/sealedfile";
import { type Station, writeStation } from "../../../tools/factory/station";
import { describeFile, type Manifest } from "../../../tools/firmware/manifest";

export const MAKER = ed25519Signer(Buffer.alloc(32, 7));
export const APPLICATION = `"${"0123456789".repeat(1300)}"`;
export const BOOT_CODE = "1;";

export const STATION: Station = {
  maker: "Example Works",
  makerKey: toHex(MAKER.publicKey),
  id: "0011223344556677",
  name: "bench 1",
  board: "linux",
  deviceClass: "locked",
  batch: "T1",
  numbering: { prefix: "T1-", digits: 4, first: 1 },
  signing: { trees: 1, height: 5 },
  ports: [],
};

export function makeStation(
  dir: string,
  station = STATION,
  code = { application: APPLICATION, bootCode: BOOT_CODE },
): void {
  writeStation(dir, station);
  createJournal(dir, station);
  const files = [
    describeFile("avnode.js", "avnode", code.application),
    describeFile("bootcde.js", ".bootcde", code.bootCode),
  ];
  const manifest: Partial<Manifest> = {
    name: "avnode",
    board: "linux",
    runtime: "LINUX",
    runtimeVersion: "2v29",
    locked: true,
    files,
  };
  const firmware = join(dir, "firmware");
  mkdirSync(firmware);
  writeFileSync(join(firmware, "avnode.js"), code.application);
  writeFileSync(join(firmware, "bootcde.js"), code.bootCode);
  writeFileSync(join(firmware, "manifest.json"), JSON.stringify(manifest));
}

const BOX_KEY = Buffer.alloc(32, 9);

/** @param over what is another in this test */
export function openBench(dir: string, over: Partial<Bench> = {}): Bench {
  const journal = new Journal(dir);
  const { station = STATION, maker = MAKER } = over;
  return {
    dir,
    station,
    board: linux,
    firmware: readFirmware(dir, station),
    journal,
    log: new StationLog(journal.db, maker),
    maker,
    box: {
      seal: (plain, place) => sealWith(BOX_KEY, plain, place),
      open: (sealed, place) => new Uint8Array(openWith(BOX_KEY, sealed, place)),
    },
    identities: new Identities(STATION.signing, 1, 1),
    selfTest: async () => ({
      passed: true,
      checks: [{ name: "battery", passed: true, measured: "3900 mV", wanted: "≥ 3600 mV" }],
    }),
    busy: new Map(),
    now: () => Date.now(),
    // The ports of these tests hear nothing, unless it is about that.
    withoutAir: true,
    pace: { quietMs: 20, listenMs: 10, lastMs: 20, airMs: 1000 },
    patience: { timeoutMs: 500, tries: 4, settleMs: 20 },
    ...over,
  };
}

export async function closeBench(bench: Bench): Promise<void> {
  await bench.identities.close();
  bench.journal.close();
}
