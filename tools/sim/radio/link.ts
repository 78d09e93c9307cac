/** One connection between two simulated controllers: connection events, acknowledgement, supervision. */
import type { Clock } from "../../../gateway/clock";
import type { Random } from "../random";
import {
  type ConnectionTiming,
  Event,
  INTERVAL_UNIT_MS,
  MIN_PDU_OCTETS,
  Status,
  SUPERVISION_UNIT_MS,
  transmitUs,
} from "./hci";

/** What becomes of a packet that would arrive now; a reply goes back in the peer's name. */
export type Verdict = "pass" | "swallow" | { reply: Buffer };

/** What a link needs of the controller at one of its ends. */
export interface LinkHost {
  readonly address: string;
  congested(): boolean;
  event(packet: Buffer): void;
  /** @param packet L2CAP bytes, @param starts whether they begin a PDU */
  data(handle: number, starts: boolean, packet: Buffer): void;
  /** The handle is free again. */
  forget(handle: number): void;
}

export interface LinkRules {
  readonly packetsPerEvent: number;
  /** that a PDU fails its checksum, which ends its connection event */
  readonly loss: number;
  /** Out of range of each other, or jammed: nothing gets through. */
  carries(link: Link): boolean;
  judge(link: Link, to: LinkEnd, starts: boolean, packet: Buffer): Verdict;
  closed(link: Link, reason: number): void;
}

interface Packet {
  starts: boolean;
  bytes: Buffer;
  /** octets that the peer has acknowledged */
  sent: number;
}

export interface LinkEnd {
  readonly host: LinkHost;
  readonly handle: number;
  readonly queue: Packet[];
  /** the most that one PDU of this end carries */
  octets: number;
  /** Its controller forgot the link without telling the peer. */
  gone: boolean;
  /** the rest of a PDU that was swallowed goes the same way */
  swallowing: boolean;
  packets: number;
  repeats: number;
}

/** 150 µs between packets, an empty acknowledgement of 80 µs: Vol 6, Part B, 4.1 and 2.4. */
const PDU_OVERHEAD_US = 150 + 80 + 150;

/** New parameters count from an instant at least six connection events ahead: Vol 6, Part B, 5.1.1. */
const INSTANT_EVENTS = 6;

/** The central's end first. */
export class Link {
  readonly ends: readonly [LinkEnd, LinkEnd];
  private eventIndex = 0;
  private cancelEvent: (() => void) | undefined;
  private cancelSupervision: (() => void) | undefined;
  private cancelInstant: (() => void) | undefined;
  private isCut = false;
  private ending: { by: LinkEnd; reason: number } | undefined;
  private over = false;
  /** the event that the present interval counts from */
  private base: { ms: number; index: number };

  constructor(
    central: { host: LinkHost; handle: number },
    peripheral: { host: LinkHost; handle: number },
    public timing: ConnectionTiming,
    private readonly rules: LinkRules,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.ends = [newEnd(central), newEnd(peripheral)];
    this.base = { ms: clock.now(), index: 0 };
  }

  get intervalMs(): number {
    return this.timing.interval * INTERVAL_UNIT_MS;
  }

  get supervisionMs(): number {
    return this.timing.supervision * SUPERVISION_UNIT_MS;
  }

  peerOf(end: LinkEnd): LinkEnd {
    return this.ends[end === this.ends[0] ? 1 : 0];
  }

  send(end: LinkEnd, starts: boolean, bytes: Buffer): void {
    end.queue.push({ starts, bytes, sent: 0 });
    this.schedule();
  }

  /** A host asks for the end; its peer learns of it at the next connection event, with the host's reason. */
  terminate(by: LinkEnd, reason: number): void {
    this.ending ??= { by, reason };
    this.schedule();
  }

  /** The controller at this end is off, or was reset. */
  abandon(end: LinkEnd): void {
    end.gone = true;
    end.queue.length = 0;
    this.review();
  }

  /** Nothing gets through any more, for good. */
  cut(): void {
    this.isCut = true;
    this.review();
  }

  /** Looks again whether anything gets through; a link over which nothing does ends with its supervision timeout. */
  review(): void {
    if (this.over) return;
    if (this.ends.every((end) => end.gone)) {
      this.close(Status.connectionTimeout);
    } else if (this.carries()) {
      this.cancelSupervision?.();
      this.cancelSupervision = undefined;
      this.schedule();
    } else {
      this.cancelEvent?.();
      this.cancelEvent = undefined;
      this.cancelSupervision ??= this.clock.after(this.supervisionMs, () =>
        this.close(Status.connectionTimeout),
      );
    }
  }

  /** New parameters, which both hosts are told of when they count. */
  update(timing: ConnectionTiming): void {
    this.cancelInstant?.();
    this.cancelInstant = this.clock.after(INSTANT_EVENTS * this.intervalMs, () => {
      this.timing = timing;
      this.base = { ms: this.clock.now(), index: this.eventIndex };
      this.tell((end) => Event.connectionUpdateComplete(end.handle, timing));
    });
  }

  /** Longer PDUs from this end; both hosts are told. */
  lengthen(end: LinkEnd, octets: number): void {
    if (end.octets === octets) return;
    end.octets = octets;
    this.tell((each) => Event.dataLengthChange(each.handle, each.octets, this.peerOf(each).octets));
  }

  private carries(): boolean {
    return !this.isCut && !this.ends.some((end) => end.gone) && this.rules.carries(this);
  }

  private tell(packet: (end: LinkEnd) => Buffer): void {
    for (const end of this.ends) if (!end.gone) end.host.event(packet(end));
  }

  private schedule(): void {
    if (this.over || this.cancelEvent || !this.carries()) return;
    if (!this.ending && this.ends.every((end) => end.queue.length === 0)) return;
    const { ms, index } = this.base;
    const passed = Math.floor((this.clock.now() - ms) / this.intervalMs);
    // Counted, because a timer that comes a little early must not get a second event out of one anchor.
    this.eventIndex = Math.max(this.eventIndex, index + passed) + 1;
    const dueMs = ms + (this.eventIndex - index) * this.intervalMs;
    this.cancelEvent = this.clock.after(Math.max(0, dueMs - this.clock.now()), () => {
      this.cancelEvent = undefined;
      this.connectionEvent();
    });
  }

  private connectionEvent(): void {
    if (this.ending) {
      this.close(this.ending.reason);
    } else {
      for (const end of this.ends) this.exchange(end);
      this.schedule();
    }
  }

  /** What one end sends in one event: until its share of packets or the time is used up, or one fails. */
  private exchange(end: LinkEnd): void {
    const peer = this.peerOf(end);
    let leftUs = this.intervalMs * 1000;
    let completed = 0;
    for (let pdus = 0; pdus < this.rules.packetsPerEvent && end.queue.length > 0; pdus++) {
      const packet = end.queue[0]!;
      const octets = Math.min(end.octets, packet.bytes.length - packet.sent);
      leftUs -= transmitUs(octets) + PDU_OVERHEAD_US;
      if ((leftUs < 0 && pdus > 0) || peer.host.congested()) break;
      if (this.rules.loss > 0 && this.random.chance(this.rules.loss)) {
        end.repeats++;
        break;
      }
      packet.sent += octets;
      if (packet.sent < packet.bytes.length) continue;
      end.queue.shift();
      end.packets++;
      completed++;
      this.arrive(end, peer, packet);
    }
    if (completed > 0) end.host.event(Event.completedPackets(end.handle, completed));
  }

  private arrive(from: LinkEnd, to: LinkEnd, { starts, bytes }: Packet): void {
    if (!starts && from.swallowing) return;
    const verdict = this.rules.judge(this, to, starts, bytes);
    from.swallowing = starts && verdict !== "pass";
    if (verdict === "pass") to.host.data(to.handle, starts, bytes);
    else if (verdict !== "swallow") from.host.data(from.handle, true, verdict.reply);
  }

  private close(reason: number): void {
    if (this.over) return;
    this.over = true;
    this.cancelEvent?.();
    this.cancelSupervision?.();
    this.cancelInstant?.();
    for (const end of this.ends) {
      if (end.gone) continue;
      end.host.forget(end.handle);
      const own = this.ending?.by === end;
      end.host.event(Event.disconnectionComplete(end.handle, own ? Status.endedByLocalHost : reason));
    }
    this.rules.closed(this, reason);
  }
}

function newEnd({ host, handle }: { host: LinkHost; handle: number }): LinkEnd {
  return {
    host,
    handle,
    queue: [],
    octets: MIN_PDU_OCTETS,
    gone: false,
    swallowing: false,
    packets: 0,
    repeats: 0,
  };
}
