/**
 * The demo through real Bluetooth stacks: every handheld is a process with bleno, the air between is another, and the
 * hub's radio is the one that drives adapters. Whatever is started here ends with this process, however it ends.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Hub } from "../../gateway/hub";
import type { Radio as HubRadio } from "../../gateway/radio/radio";
import type { Store } from "../../gateway/store/store";
import { readRecord } from "../../gateway/wfdb/read";
import { fromHex } from "../../protocol/bytes";
import { MonitorState } from "../../protocol/command";
import { ClockTrust } from "../../protocol/open";
import { CLEAN_STOP_MS, CLOCK_MS, type Demo, LAST_WORD_MS, samplesSince1970 } from "./demo";
import type { UnitStatus } from "./radio/messages";
import { endWithin, startProcess } from "./radio/process";
import { UnitProcess } from "./radio/unitprocess";

const CLAIM_MS = 60_000;
const LOOK_MS = 100;
const AIR_END_MS = 2000;
/** So that two hearts do not beat as one. */
const APART_SECONDS = 37;

export interface VirtualDemoOptions {
  dataDir: string;
  /** WFDB record to play. */
  record: string;
  handhelds: number;
  /** @param adapter "unix:" and the path of a socket that speaks HCI */
  openRadio(adapter: string): HubRadio;
  /** Starts the hub with that radio. */
  startHub(radio: HubRadio): Promise<Hub>;
}

/** @throws VIRTUAL_RADIO where bleno is not installed */
export async function startVirtualDemo(options: VirtualDemoOptions): Promise<Demo> {
  demandBleno();
  const { dataDir, record, handhelds } = options;
  const { rate } = readRecord(record);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "av-"));
  const socket = path.join(folder, "air");
  const units: UnitProcess[] = [];
  let air: ChildProcess | undefined;
  let hub: Hub | undefined;
  const close = async () => {
    await Promise.all(units.map((unit) => unit.powerOff()));
    await hub?.stop();
    air?.stdin?.end();
    if (air) await endWithin(air, AIR_END_MS);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    const radio = options.openRadio(`unix:${socket}`);
    air = await startAir(socket);
    hub = await options.startHub(radio);
    const { store } = hub;
    if (!store) throw new Error("a demo needs a hub with a store");
    await Promise.all(
      Array.from({ length: handhelds }, async (_, index) => {
        const from = samplesSince1970(rate) + Math.floor(index * APART_SECONDS * rate);
        units[index] = await UnitProcess.start({
          socket,
          address: `c0:a7:0d:e0:00:${(index + 1).toString(16).padStart(2, "0")}`,
          // The first is the one of the demo without this radio.
          keepsake: path.join(dataDir, index === 0 ? "handheld" : `handheld-${index + 1}`),
          source: { record, from },
        });
      }),
    );
    for (const unit of units) await claimIfNew(unit, store);
    await Promise.all(units.map(beginRecording));
    return { hub, stop: () => finish(units).then(close) };
  } catch (error) {
    await close();
    throw error;
  }
}

function demandBleno(): void {
  try {
    require.resolve("@stoprocent/bleno/package.json");
  } catch {
    throw Object.assign(
      new Error(
        "the virtual radio needs @stoprocent/bleno, which comes with a checkout only: run 'npm ci' in one, or 'avnode start --demo' here",
      ),
      { code: "VIRTUAL_RADIO" },
    );
  }
}

async function startAir(socket: string): Promise<ChildProcess> {
  const air = startProcess("airprocess", [socket], ["pipe", "pipe", "inherit"]);
  await Promise.race([once(air.stdout!, "data"), once(air, "exit")]);
  if (air.exitCode !== null) throw new Error("the virtual radio's process ended before it was ready");
  return air;
}

async function claimIfNew(unit: UnitProcess, store: Store): Promise<void> {
  if ((await unit.status()).owned) return;
  const { claimCode, dossier } = unit.papers;
  const claim = store.claim(fromHex(claimCode), { dossier: fromHex(dossier) });
  await unit.tell({ do: "hold" });
  const claimed = () => store.claimState(claim)?.state === "claimed";
  if (!(await cameToBe(unit, claimed, CLAIM_MS)))
    throw new Error(`waited ${CLAIM_MS / 1000} s in vain for the handheld to be claimed`);
}

/** Waits a moment for the hub's time, then records without it. */
async function beginRecording(unit: UnitProcess): Promise<void> {
  await cameToBe(unit, ({ trust }) => trust > ClockTrust.unknown, CLOCK_MS);
  await unit.tell({ do: "start" });
}

/** What is not receipted by then stays in the handhelds' flash and goes at the next start. */
async function finish(units: UnitProcess[]): Promise<void> {
  const last = async (unit: UnitProcess) => {
    await unit.tell({ do: "stop" });
    await cameToBe(unit, ({ state }) => state === MonitorState.idle, CLEAN_STOP_MS);
  };
  // One whose process died has said its last word already.
  await Promise.all(units.map((unit) => last(unit).catch(() => {})));
  await new Promise((resolve) => setTimeout(resolve, LAST_WORD_MS));
}

async function cameToBe(
  unit: UnitProcess,
  isSo: (status: UnitStatus) => boolean,
  limitMs: number,
): Promise<boolean> {
  for (const deadline = Date.now() + limitMs; ; ) {
    if (isSo(await unit.status())) return true;
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
