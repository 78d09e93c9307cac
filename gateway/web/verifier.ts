/** Verifies on a thread of its own: it takes seconds, and receipts must not wait for it. */
import type { Worker } from "node:worker_threads";
import { Refused } from "../access/guard";
import type { VerifyReport } from "../store/infos";
import { answerOf, startThread } from "./thread";

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
    const worker = startThread("verifyworker", { dataDir: this.dataDir, id });
    const report = answerOf<VerifyReport>(worker).finally(() => {
      this.running = undefined;
    });
    this.running = { id, worker, report };
    return report;
  }
}
