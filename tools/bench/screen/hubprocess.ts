/**
 * The hub that browsers are served by, in a process of its own, commanded by the one that forked it: of a recording that
 * is there, or with a handheld on a radio that is nothing but a function call.
 */
import type { Hub } from "../../../gateway/hub";
import { startHub } from "../../../gateway/hub";
import { NO_ADAPTERS, type Radio, type RadioHandlers, type RadioLink } from "../../../gateway/radio/radio";
import { Store } from "../../../gateway/store/store";
import { startWeb } from "../../../gateway/web/server";
import { encodeBlock } from "../../../protocol/codec/block";
import { fragment, MAX_NOTIFICATION_BYTES, Reassembler } from "../../../protocol/fragments";
import { EcgGenerator } from "../../sim/ecg/generator";
import { BenchHandheld, BITS, MILLIVOLT, RATE } from "../handheld";

const LEADS = ["I", "II", "V5"];
const BLOCK_MS = 1000;
/** Different seconds of the other leads. */
const SECONDS = 60;
const SPIKE_SAMPLES = 3;
const PARTIAL_MESSAGES = 8;
const CLAIM_MS = 200;

export interface Orders {
  /** Of a data directory. @returns address */
  serve(dataDir: string, page: string): string;
  /** With a handheld that records. @returns address */
  record(dataDir: string, page: string): string;
  /** A block each second. @returns when the last notification of each was handed to the hub, Unix ms */
  send(blocks: number): number[];
}

/** Hands each message over in the fragments of a notification, with nothing between. */
class CallRadio implements Radio {
  private handlers?: RadioHandlers;
  private sent = 0;
  private readonly reassembler = new Reassembler(PARTIAL_MESSAGES);
  private readonly link: RadioLink = {
    id: "call",
    notificationBytes: MAX_NOTIFICATION_BYTES,
    write: (bytes) => {
      const message = this.reassembler.add(bytes);
      if (message) this.onMessage(message);
    },
    close: () => {},
  };
  onMessage: (message: Uint8Array) => void = () => {};

  start(handlers: RadioHandlers): void {
    this.handlers = handlers;
    handlers.onLink(this.link);
  }

  notify(message: Uint8Array): void {
    for (const piece of fragment(message, this.sent++ & 255, MAX_NOTIFICATION_BYTES))
      this.handlers!.onNotification(this.link, piece);
  }

  async stop(): Promise<void> {}

  status = () => NO_ADAPTERS;
}

/** Lead I is a spike of 1 mV as each block begins, and nothing else; the others have an ECG. */
function spikes(): Uint8Array[] {
  const ecg = new EcgGenerator({ rate: RATE, bits: BITS, leads: LEADS.length, seed: "screen" });
  const shape = { leads: LEADS.length, bits: BITS, nominal: RATE };
  return Array.from({ length: SECONDS }, () => {
    const samples = ecg.read(RATE);
    samples[0]!.fill(0).fill(MILLIVOLT, 0, SPIKE_SAMPLES);
    return encodeBlock(samples, shape);
  });
}

const radio = new CallRadio();
const handheld = new BenchHandheld((_alias, message) => radio.notify(message), LEADS, spikes());
radio.onMessage = (message) => setImmediate(() => handheld.take(message));

const orders: {
  [Name in keyof Orders]: (...args: Parameters<Orders[Name]>) => Promise<ReturnType<Orders[Name]>>;
} = {
  async serve(dataDir, page) {
    return (await startWeb({ dataDir, place: { port: 0 }, hub: Store.openAsIs(dataDir), page })).address;
  },
  async record(dataDir, page) {
    const hub: Hub = await startHub({ dataDir, kind: "demo", broker: { port: 0 }, radio });
    while (!hub.connected()) await new Promise((resolve) => setTimeout(resolve, CLAIM_MS));
    hub.store!.claim(handheld.identity.claimCode);
    await handheld.own();
    radio.notify(handheld.frames(1)[0]!);
    return (await startWeb({ dataDir, place: { port: 0 }, hub: hub.store, page })).address;
  },
  send: (blocks) =>
    new Promise((resolve) => {
      const times: number[] = [];
      const timer = setInterval(() => {
        const [frame] = handheld.frames(1);
        times.push(performance.timeOrigin + performance.now());
        radio.notify(frame!);
        if (times.length < blocks) return;
        clearInterval(timer);
        resolve(times);
      }, BLOCK_MS);
    }),
};

process.on("message", async ({ name, args }: { name: keyof Orders; args: never }) => {
  const order = orders[name] as (...args: unknown[]) => Promise<unknown>;
  try {
    process.send!({ result: await order(...(args as unknown[])) });
  } catch (error) {
    process.send!({ error: (error as Error).stack });
  }
});

// The process that forked it is gone.
process.on("disconnect", () => process.exit());
