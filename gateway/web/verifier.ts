/** Verifies on a thread of its own: it takes seconds, and receipts must not wait for it. */
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { Refused } from "../access/guard";
import type { VerifyReport } from "../store/infos";

export class Verifier {
  private running?: { id: string; worker: Worker; report: Promise<VerifyReport> };

  constructor(private readonly dataDir: string) {}

  /** Whoever asks for the one that is being verified gets the same report. @throws Refused while it is another one */
  verify(id: string): Promise<VerifyReport> {
    const { running } = this;
    if (running && running.id !== id)
      throw new Refused(503, "WEB_BUSY", "another recording is being verified; try again in a few seconds");
    return running?.report ?? this.begin(id);
  }

  async stop(): Promise<void> {
    await this.running?.worker.terminate();
  }

  private begin(id: string): Promise<VerifyReport> {
    const ending = extname(__filename);
    const worker = new Worker(join(__dirname, `verifyworker${ending}`), {
      workerData: { dataDir: this.dataDir, id },
      execArgv: ending === ".ts" ? ["-r", "ts-node/register/transpile-only"] : [],
    });
    const report = new Promise<VerifyReport>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Refused(503, "WEB_STOPPED", "the hub stops")));
    }).finally(() => {
      this.running = undefined;
    });
    this.running = { id, worker, report };
    return report;
  }
}
