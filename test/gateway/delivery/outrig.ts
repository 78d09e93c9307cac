/** Ada's recordings in a store, an outbox, and carriers in this process that run in haste, for real servers to talk to. */
import assert from "node:assert/strict";
import type { Clock } from "../../../gateway/clock";
import { Carrier, type CarrierParts } from "../../../gateway/delivery/carrier";
import { type Documents, makeDocuments } from "../../../gateway/delivery/documents";
import { addRecipient, sendRecording } from "../../../gateway/delivery/sending";
import { handOver } from "../../../gateway/delivery/transport";
import type { Way } from "../../../gateway/schema/delivery";
import { silentLog } from "../../../gateway/store/log";
import { type Delivery, Outbox } from "../../../gateway/store/outbox/outbox";
import { Rig } from "../store/rig";

/** A minute of the carrier's takes 20 ms. */
const HASTE = 3000;
const consent = { who: "Ada", text: "Reports go to the practice." };

/** Where only the way matters. */
export const SHORT: Documents = { pdf: Buffer.from("%PDF-1.7 test"), hasProof: true, simulated: true };

export class OutRig {
  readonly rig = new Rig();
  readonly recordings: string[];
  readonly outbox: Outbox<Way>;
  readonly clock: Clock;
  private readonly carriers: Carrier[] = [];

  constructor(recordings = 1) {
    const handheld = this.rig.claimed();
    for (let n = 0; n < recordings; n++) this.rig.deliver(handheld, handheld.record(5));
    this.rig.time.tick(5000);
    const { store } = this.rig;
    this.recordings = store.reader.recordings().map(({ id }) => id);
    const { id } = store.addPerson({ name: "Ada" });
    for (const recording of this.recordings) store.assign(recording, id);
    const start = Date.now();
    // Sockets want real time.
    this.rig.time.restore();
    const begun = performance.now();
    this.clock = {
      now: () => start + Math.round((performance.now() - begun) * HASTE),
      after: (ms, run) => {
        const timer = setTimeout(run, ms / HASTE);
        return () => clearTimeout(timer);
      },
    };
    this.outbox = Outbox.open(this.rig.dataDir, this.clock.now);
  }

  /** @returns id of the delivery of the first recording */
  send(way: Way): number {
    const { reader } = this.rig.store;
    const details = {
      name: `recipient ${this.outbox.recipients().length}`,
      way,
      rule: "press",
      consent,
    } as const;
    const { id } = addRecipient(reader, this.outbox, details, this.clock.now(), () => {});
    return sendRecording(reader, this.outbox, this.recordings[0]!, id).id;
  }

  make(way: Way): Promise<Documents> {
    const { dataDir, store } = this.rig;
    const answering = { label: "Dr Weiss", now: this.clock.now(), nonce: "ab".repeat(16) };
    return makeDocuments(store.reader, dataDir, this.recordings[0]!, way, answering);
  }

  carry(changes: Partial<CarrierParts> = {}): Carrier {
    const { dataDir, store } = this.rig;
    const carrier = new Carrier({
      ...{
        reader: store.reader,
        outbox: Outbox.open<Way>(dataDir, this.clock.now),
        dataDir,
        clock: this.clock,
      },
      ...{ log: silentLog, random: () => 0.5, handOver, leaving: () => {} },
      makeLink: () => assert.fail("no link is asked for"),
      make: async ({ id, way, answering }) => makeDocuments(store.reader, dataDir, id, way, answering),
      ...changes,
    });
    this.carriers.push(carrier);
    return carrier;
  }

  /** @returns it as it is then */
  async until(id: number, isSo: (delivery: Delivery) => boolean): Promise<Delivery> {
    for (;;) {
      const delivery = this.outbox.delivery(id)!;
      if (isSo(delivery)) return delivery;
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  ended(id: number): Promise<Delivery> {
    return this.until(id, ({ state }) => state !== "queued" && state !== "sending");
  }

  async end(): Promise<void> {
    await Promise.all(this.carriers.map((one) => one.stop()));
    this.outbox.close();
    this.rig.end();
  }
}
