/**
 * The air of a simulated house: who hears whom, which connections come about, and what goes wrong.
 *
 * Modelled: advertising with its random delay, scan requests, connection events of a stated number of packets,
 * acknowledgement and back-pressure, supervision. A lost PDU is repeated in the next event, as on the real link, so
 * loss is delay; bytes vanish with the connection only. Not modelled: collisions, peripheral latency, and that links
 * of one controller share its time on the air.
 */
import type { Clock } from "../../../gateway/clock";
import type { Random } from "../random";
import { Controller, type NumbCure, type Surroundings } from "./controller";
import { ReportType } from "./hci";
import { Link, type LinkEnd, type LinkHost, type LinkRules, type Verdict } from "./link";
import { delayed, type HostPort } from "./transport";

export interface AirSettings {
  /** data PDUs per connection event in each direction, where the interval leaves time for them */
  packetsPerEvent: number;
  /** ACL buffers of each controller, of 251 bytes */
  aclPackets: number;
  linksPerController: number;
  /** that a data PDU has to be sent again, 0 to 1 */
  loss: number;
  /** between a controller and its host */
  transportMs: readonly [from: number, to: number];
  /** dBm, where {@link Air.signal} says nothing else */
  rssi: number;
}

export const AIR_DEFAULTS: Readonly<AirSettings> = {
  packetsPerEvent: 6,
  aclPackets: 8,
  linksPerController: 16,
  loss: 0,
  transportMs: [0, 0],
  rssi: -55,
};

export interface AirLink {
  central: string;
  peripheral: string;
  intervalMs: number;
  supervisionMs: number;
  /** of each end, the central's first: delivered, sent again, waiting */
  packets: [number, number];
  repeats: [number, number];
  queued: [number, number];
}

export interface AirStats {
  controllers: number;
  connects: number;
  /** by HCI reason, as the end that did not ask for it learns it */
  disconnects: Record<number, number>;
  /** ACL packets delivered over links that have ended and those that stand */
  packets: number;
  repeats: number;
  swallowed: number;
}

/** advDelay: Vol 6, Part B, 4.4.2.2.1. */
const ADVERTISING_DELAY_MS = [0, 10] as const;

const L2CAP_ATT = 0x0004;
const ATT_ERROR_RESPONSE = 0x01;

export class Air implements Surroundings, LinkRules {
  private readonly settings: AirSettings;
  private readonly controllers = new Set<Controller>();
  private readonly open = new Set<Link>();
  private readonly advertisers = new Map<Controller, () => void>();
  private readonly vanished = new Set<string>();
  private readonly deaf = new Set<string>();
  private readonly jammed = new Map<string, () => void>();
  private readonly signals = new Map<string, number | null>();
  /** by address, then by ATT opcode: swallowed, or answered with an error */
  private readonly judgements = new Map<string, Map<number, "swallow" | number>>();
  private readonly counters = { connects: 0, disconnects: {} as Record<number, number>, swallowed: 0 };
  private readonly ended = { packets: 0, repeats: 0 };
  private unnamed = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    settings: Partial<AirSettings> = {},
  ) {
    this.settings = { ...AIR_DEFAULTS, ...settings };
  }

  get packetsPerEvent(): number {
    return this.settings.packetsPerEvent;
  }

  get aclPackets(): number {
    return this.settings.aclPackets;
  }

  get linksPerController(): number {
    return this.settings.linksPerController;
  }

  get loss(): number {
    return this.settings.loss;
  }

  /**
   * A controller for a host; several may have the same address, as whoever imitates another does.
   * @returns undefined while the adapter of this address is gone
   */
  attach(port: HostPort, address?: string): Controller | undefined {
    if (address && this.vanished.has(address)) return undefined;
    const own = address ?? `c0:ff:ee:00:00:${(++this.unnamed & 0xff).toString(16).padStart(2, "0")}`;
    const cable = delayed(port, this.clock, this.random, this.settings.transportMs);
    const controller = new Controller(cable, own, this);
    this.controllers.add(controller);
    return controller;
  }

  /** Tears every host off; no timer of the air is left. */
  close(): void {
    for (const controller of [...this.controllers]) controller.detach();
    for (const cancel of this.jammed.values()) cancel();
    this.jammed.clear();
  }

  // What can be done to it. Addresses are lower case, with colons.

  /** All links of this address carry nothing any more; each end finds out by its supervision timeout. */
  cut(address: string): void {
    for (const link of this.linksOf(address)) link.cut();
  }

  /** Nothing gets to or from this address for so long; links survive that if their supervision timeout is longer. */
  jam(address: string, ms: number): void {
    this.jammed.get(address)?.();
    this.jammed.set(
      address,
      this.clock.after(ms, () => {
        this.jammed.delete(address);
        this.reviewAll();
      }),
    );
    this.reviewAll();
  }

  /** Whoever connects to it waits: it advertises, but hears no request. */
  deafen(address: string, on: boolean): void {
    if (on) this.deaf.add(address);
    else this.deaf.delete(address);
  }

  /** ATT PDUs with this opcode that come to this address never arrive; without one, all do again. */
  swallow(address: string, opcode?: number): void {
    this.setVerdict(address, opcode, "swallow");
  }

  /** The same, and whoever sent them gets an ATT Error Response in this address's name. */
  refuse(address: string, opcode: number, attError: number): void {
    this.setVerdict(address, opcode, attError);
  }

  /** The adapter is pulled out: its hosts are torn off, and none gets it back until {@link restore}. */
  vanish(address: string): void {
    this.vanished.add(address);
    for (const controller of this.having(address)) controller.detach();
  }

  restore(address: string): void {
    this.vanished.delete(address);
  }

  /** Its scan reports nothing more and nobody is told, until that which cures it. */
  benumb(address: string, cure: NumbCure): void {
    for (const controller of this.having(address)) controller.benumb(cure);
  }

  /** The device goes on under another address; its links stand. */
  readdress(from: string, to: string): void {
    for (const controller of this.having(from)) controller.address = to;
  }

  /** How strongly two hear each other, dBm; null: not at all. */
  signal(a: string, b: string, dbm: number | null): void {
    this.signals.set(pair(a, b), dbm);
    this.reviewAll();
  }

  /** An ACL packet for this host, on a handle that need not exist. @param l2cap with its header */
  inject(address: string, handle: number, l2cap: Uint8Array): void {
    for (const controller of this.having(address)) controller.data(handle, true, Buffer.from(l2cap));
  }

  // What there is to see.

  links(): AirLink[] {
    return [...this.open].map(({ ends: [a, b], intervalMs, supervisionMs }) => ({
      central: a.host.address,
      peripheral: b.host.address,
      intervalMs,
      supervisionMs,
      packets: [a.packets, b.packets],
      repeats: [a.repeats, b.repeats],
      queued: [a.queue.length, b.queue.length],
    }));
  }

  stats(): AirStats {
    let { packets, repeats } = this.ended;
    for (const link of this.open) {
      for (const end of link.ends) {
        packets += end.packets;
        repeats += end.repeats;
      }
    }
    const { connects, swallowed } = this.counters;
    const disconnects = { ...this.counters.disconnects };
    return { controllers: this.controllers.size, connects, disconnects, packets, repeats, swallowed };
  }

  // What controllers and links ask.

  changed(controller: Controller): void {
    const cancel = this.advertisers.get(controller);
    if (controller.advertising && !cancel) this.scheduleAdvertising(controller, 0);
    if (!controller.advertising && cancel) {
      cancel();
      this.advertisers.delete(controller);
    }
  }

  detached(controller: Controller): void {
    this.controllers.delete(controller);
  }

  rssi(a: LinkHost, b: LinkHost): number {
    return this.signals.get(pair(a.address, b.address)) ?? this.settings.rssi;
  }

  carries({ ends: [a, b] }: Link): boolean {
    return this.hears(a.host, b.host);
  }

  judge(_: Link, to: LinkEnd, starts: boolean, packet: Buffer): Verdict {
    const judged = this.judgements.get(to.host.address);
    if (!judged || !starts || packet.length < 5 || packet.readUInt16LE(2) !== L2CAP_ATT) return "pass";
    const opcode = packet[4]!;
    const verdict = judged.get(opcode);
    if (verdict === undefined) return "pass";
    this.counters.swallowed++;
    if (verdict === "swallow") return verdict;
    const handle = packet.length >= 7 ? [packet[5]!, packet[6]!] : [0, 0];
    return { reply: Buffer.from([5, 0, L2CAP_ATT, 0, ATT_ERROR_RESPONSE, opcode, ...handle, verdict]) };
  }

  closed(link: Link, reason: number): void {
    this.open.delete(link);
    for (const end of link.ends) {
      this.ended.packets += end.packets;
      this.ended.repeats += end.repeats;
    }
    this.counters.disconnects[reason] = (this.counters.disconnects[reason] ?? 0) + 1;
  }

  private setVerdict(address: string, opcode: number | undefined, what: "swallow" | number): void {
    if (opcode === undefined) {
      this.judgements.delete(address);
      return;
    }
    const judged = this.judgements.get(address) ?? new Map();
    this.judgements.set(address, judged.set(opcode, what));
  }

  private having(address: string): Controller[] {
    return [...this.controllers].filter((controller) => controller.address === address);
  }

  private linksOf(address: string): Link[] {
    return [...this.open].filter(({ ends }) => ends.some(({ host }) => host.address === address));
  }

  private reviewAll(): void {
    for (const link of [...this.open]) link.review();
  }

  private hears(a: LinkHost, b: LinkHost): boolean {
    if (this.jammed.has(a.address) || this.jammed.has(b.address)) return false;
    return this.signals.get(pair(a.address, b.address)) !== null;
  }

  private scheduleAdvertising(controller: Controller, ms: number): void {
    const cancel = this.clock.after(ms, () => {
      this.advertisers.delete(controller);
      this.advertise(controller);
      const advertising = controller.advertising;
      if (!advertising || this.advertisers.has(controller)) return;
      const delayMs = this.random.between(ADVERTISING_DELAY_MS);
      this.scheduleAdvertising(controller, advertising.intervalMs + delayMs);
    });
    this.advertisers.set(controller, cancel);
  }

  /** One advertising event: who listens hears it, and one of those that wait for it connects. */
  private advertise(controller: Controller): void {
    const { type, data, scanResponse } = controller.advertising!;
    const wanting: Controller[] = [];
    for (const other of this.controllers) {
      if (other === controller || !this.hears(other, controller)) continue;
      if (other.scanning && this.listens(other.scanning.duty)) {
        other.report(type, controller, data);
        if (other.scanning.active && type !== ReportType.nonConnectable) {
          other.report(ReportType.scanResponse, controller, scanResponse);
        }
      }
      if (other.initiating?.peer === controller.address && this.listens(other.initiating.duty)) {
        wanting.push(other);
      }
    }
    if (wanting.length === 0 || type !== ReportType.connectable) return;
    if (this.deaf.has(controller.address) || controller.full) return;
    this.connect(wanting[this.random.int(wanting.length)]!, controller);
  }

  private listens(duty: number): boolean {
    return duty >= 1 || this.random.chance(duty);
  }

  private connect(central: Controller, peripheral: Controller): void {
    const link = new Link(
      { host: central, handle: central.freeHandle() },
      { host: peripheral, handle: peripheral.freeHandle() },
      central.initiating!.timing,
      this,
      this.clock,
      this.random,
    );
    this.open.add(link);
    this.counters.connects++;
    peripheral.connected(link, link.ends[1]);
    central.connected(link, link.ends[0]);
  }
}

function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
