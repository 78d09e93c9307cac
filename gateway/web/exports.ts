/** Recordings as files, made on a thread and streamed as fast as they are taken. */
import { Readable } from "node:stream";
import type { Worker } from "node:worker_threads";
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import type { Clock } from "../clock";
import { FORMATS } from "../export/formats";
import { BINARY } from "../schema/endpoint";
import { exportRecording } from "../schema/exports";
import type { ExportBegin, ExportEnd, ExportOrder } from "./exportworker";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";
import { startThread } from "./thread";

/** Whoever takes nothing for so long leaves his place to the next. */
const STALLED_MS = 30_000;

export function addExports(app: FastifyInstance, { hub, dataDir, clock, egress }: ApiParts): void {
  const { reader } = hub;
  let running: ExportStream | undefined;
  app.addHook("onClose", async () => void running?.destroy());

  addRoute(app, exportRecording, async ({ params, query }, request, reply) => {
    const { id, simulated } = reader.recording(params.id);
    const { format, from, to } = query;
    const nameless = query.nameless !== undefined;
    if (!FORMATS[format].cuts && (from ?? to) !== undefined)
      throw new Refused(400, "EXPORT_WHOLE", `a ${format} is of the whole recording`);
    // Refuses what is not there to be read, without a thread.
    reader.blocks(id);
    if (running && !running.destroyed)
      throw new Refused(503, "WEB_BUSY", "another recording is being exported; try again when it is done");
    const name = `${simulated ? "simulated" : "ecg"}-${id}`;
    const stream = new ExportStream({ dataDir, id, format, from, to, nameless, name }, clock);
    running = stream;
    let begun: ExportBegin;
    try {
      begun = await stream.begun;
    } catch (error) {
      stream.destroy();
      throw error;
    }
    const { role } = request.asker!;
    egress.tell({ kind: "export", to: role, address: request.ip, recording: id, detail: format });
    reply.headers({
      "content-type": BINARY,
      "content-disposition": `attachment; filename="${name}${begun.ending}"`,
    });
    return stream;
  });
}

class ExportStream extends Readable {
  /** Once there is a first piece of it. @throws Refused with why it cannot be exported */
  readonly begun: Promise<ExportBegin>;
  private readonly worker: Worker;
  private readonly taken = new Int32Array(new SharedArrayBuffer(4));
  private readonly pieces: Uint8Array[] = [];
  private ended = false;
  private wanted = false;
  private cancelStalled: () => void = () => {};

  constructor(
    order: Omit<ExportOrder, "taken">,
    private readonly clock: Clock,
  ) {
    super();
    // It is told by the answer's status, or by a connection that ends too soon.
    this.on("error", () => {});
    const taken = this.taken.buffer as SharedArrayBuffer;
    this.worker = startThread("exportworker", { ...order, taken } satisfies ExportOrder);
    this.begun = new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        reject(error);
        this.destroy(error);
      };
      let begin: ExportBegin;
      this.worker.on("message", (message: ExportBegin | Uint8Array | ExportEnd) => {
        if ("ending" in message) {
          begin = message;
          return;
        }
        if (message instanceof Uint8Array) this.pieces.push(message);
        else if (message.code !== undefined) return fail(new Refused(422, message.code, message.message!));
        else this.ended = true;
        resolve(begin);
        this.give();
      });
      this.worker.once("error", fail);
      this.worker.once("exit", () => {
        if (!this.ended) fail(new Refused(503, "WEB_STOPPED", "the hub stops"));
      });
    });
    this.begun.catch(() => {});
  }

  override _read(): void {
    this.wanted = true;
    this.watch();
    this.give();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.cancelStalled();
    void this.worker.terminate();
    done(error);
  }

  private give(): void {
    while (this.wanted && this.pieces.length > 0) {
      this.wanted = this.push(this.pieces.shift());
      Atomics.add(this.taken, 0, 1);
      Atomics.notify(this.taken, 0);
    }
    this.watch();
    if (this.ended && this.pieces.length === 0) {
      this.cancelStalled();
      this.push(null);
    }
  }

  private watch(): void {
    this.cancelStalled();
    this.cancelStalled = this.clock.after(STALLED_MS, () => {
      // While it is wanted it is the thread that takes its time.
      if (!this.wanted) this.destroy(new Error("nobody took the export"));
    });
  }
}
