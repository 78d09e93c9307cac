/** Debian's Orthanc as an archive of a test's own, in a folder that goes with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { skipUnless } from "../../machine";
import { freePort } from "../../ports";

const ORTHANC = "/usr/sbin/Orthanc";
const POLL_MS = 100;
export const AE_TITLE = "ARCHIVE";

export interface Orthanc {
  dicomPort: number;
  /** Ids of what it holds. */
  instances(): Promise<string[]>;
  /** A file as it holds it. */
  file(instance: string): Promise<Buffer>;
  stop(): Promise<void>;
}

export function skipUnlessOrthanc(context: Mocha.Context): void {
  skipUnless(existsSync(ORTHANC), context, `${ORTHANC} (Debian: orthanc)`);
}

/** @param more of its configuration */
export async function startOrthanc(dir: string, more: object = {}): Promise<Orthanc> {
  const [httpPort, dicomPort] = [await freePort(), await freePort()];
  const storage = join(dir, `orthanc-${dicomPort}`);
  mkdirSync(storage);
  const file = join(storage, "configuration.json");
  const configuration = {
    ...{ StorageDirectory: storage, IndexDirectory: storage, Plugins: [] },
    ...{ HttpPort: httpPort, RemoteAccessAllowed: false, AuthenticationEnabled: false },
    ...{ DicomPort: dicomPort, DicomAet: AE_TITLE, DicomCheckCalledAet: true },
    ...more,
  };
  writeFileSync(file, JSON.stringify(configuration));
  const child: ChildProcess = spawn(ORTHANC, [file], { stdio: "ignore" });
  const address = `http://127.0.0.1:${httpPort}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Orthanc ended with ${child.exitCode}`);
    const answer = await fetch(`${address}/system`).catch(() => undefined);
    if (answer?.ok) break;
    await wait(POLL_MS);
  }
  return {
    dicomPort,
    instances: async () => (await (await fetch(`${address}/instances`)).json()) as string[],
    file: async (instance) =>
      Buffer.from(await (await fetch(`${address}/instances/${instance}/file`)).arrayBuffer()),
    async stop() {
      const ended = once(child, "close");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
