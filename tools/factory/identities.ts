/** Signing keys with their trees, made ahead by threads while units are flashed; each is handed out once. */
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { nodeCrypto } from "../../gateway/crypto";
import { type PublicTree, SIGNING_SEED_BYTES, type Signing } from "../../protocol/trees";

export interface Made {
  signing: Signing;
  trees: PublicTree[];
}

interface Order {
  signing: Signing;
  done(made: Made): void;
  failed(error: Error): void;
}

export class Identities {
  private readonly orders: Order[] = [];
  private readonly ready: Promise<Made>[] = [];
  private readonly threads: Worker[] = [];
  private ended = false;

  /** @param ahead so many are made before anybody asks */
  constructor(
    private readonly shape: Omit<Signing, "seed">,
    private readonly ahead: number,
    threads: number,
  ) {
    for (let i = 0; i < threads; i++) this.serve();
    this.refill();
  }

  /** One that nobody had. */
  take(): Promise<Made> {
    const made = this.ready.shift() ?? this.make(nodeCrypto.random(SIGNING_SEED_BYTES));
    this.refill();
    return made;
  }

  /** The trees of a seed that a unit has. */
  again(seed: Uint8Array): Promise<Made> {
    return this.make(seed);
  }

  async close(): Promise<void> {
    this.ended = true;
    const over = new Error("the station ends");
    for (const { failed } of this.orders.splice(0)) failed(over);
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }

  private refill(): void {
    while (!this.ended && this.ready.length < this.ahead) {
      const made = this.make(nodeCrypto.random(SIGNING_SEED_BYTES));
      // Whoever takes it is told; nobody may.
      made.catch(() => {});
      this.ready.push(made);
    }
  }

  private make(seed: Uint8Array): Promise<Made> {
    return new Promise((done, failed) => {
      this.orders.push({ signing: { ...this.shape, seed }, done, failed });
      this.wake();
    });
  }

  private wake: () => void = () => {};

  /** One thread, one order at a time. */
  private serve(): void {
    const ending = extname(__filename);
    const thread = new Worker(join(__dirname, `treesworker${ending}`), {
      execArgv: ending === ".ts" ? ["-r", "ts-node/register/transpile-only"] : [],
    });
    this.threads.push(thread);
    let order: Order | undefined;
    const next = () => {
      if (order || this.ended) return;
      order = this.orders.shift();
      if (order) thread.postMessage(order.signing);
    };
    thread.on("message", (trees: PublicTree[]) => {
      order!.done({ signing: order!.signing, trees });
      order = undefined;
      next();
    });
    thread.on("error", (error) => {
      order?.failed(error);
      for (const waiting of this.orders.splice(0)) waiting.failed(error);
    });
    const before = this.wake;
    this.wake = () => {
      before();
      next();
    };
  }
}
