/** Viewers of a live stream, on a thread of theirs. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { login } from "./session";

/** Says "watching" when all of them have their first event, and how many blocks they got when it is asked. */
const WATCH = `
const { parentPort, workerData } = require("node:worker_threads");
const { port, path, headers, count, silent } = workerData;
let watching = 0, blocks = 0;
for (let n = 0; n < count + silent; n++) require("node:http").get({ port, path, headers }, (answer) => {
  let isNew = true;
  answer.setEncoding("latin1").on("data", (text) => {
    if (isNew && ++watching === count + silent) parentPort.postMessage("watching");
    isNew = false;
    if (n >= count) return answer.pause();
    blocks += text.split("event: block").length - 1;
  });
});
parentPort.on("message", () => parentPort.postMessage(blocks));
`;

export class Watchers {
  private constructor(private readonly thread: Worker) {}

  /** Once all of them have their first event. @param silent how many more never read anything behind it */
  static async of(address: string, handheld: string, count: number, silent = 0): Promise<Watchers> {
    const { host, port } = new URL(address);
    const thread = new Worker(WATCH, {
      eval: true,
      workerData: {
        ...{ port, count, silent, path: `/api/live?handheld=${handheld}` },
        headers: { ...(await login(address)), host },
      },
    });
    if (count + silent > 0) await once(thread, "message");
    return new Watchers(thread);
  }

  /** That all who read got together. */
  async blocks(): Promise<number> {
    this.thread.postMessage("how many");
    const [got] = await once(this.thread, "message");
    return got as number;
  }

  async stop(): Promise<void> {
    await this.thread.terminate();
  }
}
