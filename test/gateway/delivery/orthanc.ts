/** Debian's Orthanc as a test's own archive, on loopback, forgotten when it ends. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ORTHANC } from "../../machine";
import { freePort } from "../../ports";

export class Orthanc {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly web: number,
  ) {}

  static async start(folder: string, options: object = {}): Promise<Orthanc> {
    const [port, web] = [await freePort(), await freePort()];
    const store = join(folder, `orthanc-${port}`);
    mkdirSync(store);
    const config = join(folder, `orthanc-${port}.json`);
    writeFileSync(
      config,
      JSON.stringify({
        ...{ Name: "test", StorageDirectory: store, IndexDirectory: store, Plugins: [] },
        ...{ DicomPort: port, DicomAet: "ORTHANC", DicomCheckCalledAet: true },
        ...{ HttpPort: web, RemoteAccessAllowed: false, AuthenticationEnabled: false },
        ...options,
      }),
    );
    const child = spawn(ORTHANC!, [config], { stdio: "ignore" });
    const archive = new Orthanc(child, port, web);
    for (;;) {
      assert.equal(child.exitCode, null, "Orthanc ended");
      const isHere = await archive.get("/system").then(
        () => true,
        () => false,
      );
      if (isHere) return archive;
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async instances(): Promise<string[]> {
    return JSON.parse((await this.get("/instances")).toString());
  }

  /** The file, as the archive gives it back. */
  file(instance: string): Promise<Buffer> {
    return this.get(`/instances/${instance}/file`);
  }

  /** The PDF within it; of anything else nothing. */
  pdf(instance: string): Promise<Buffer | undefined> {
    return this.get(`/instances/${instance}/pdf`).catch(() => undefined);
  }

  async end(): Promise<void> {
    const ended = once(this.child, "close");
    this.child.kill("SIGKILL");
    await ended;
  }

  private async get(path: string): Promise<Buffer> {
    const answer = await fetch(`http://127.0.0.1:${this.web}${path}`);
    assert.equal(answer.status, 200, path);
    return Buffer.from(await answer.arrayBuffer());
  }
}
