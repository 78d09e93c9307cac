/**
 * One simulated LE controller: commands in, events out. It advertises, scans and initiates; the air decides who hears it.
 *
 * A 5.0 controller without encryption, extended advertising, accept list and private addresses; what it does not know
 * it answers as the specification says, Unknown HCI Command.
 */
import {
  ADVERTISING_UNIT_MS,
  addressBytes,
  addressText,
  type ConnectionTiming,
  DEFAULT_EVENT_MASK,
  DEFAULT_LE_EVENT_MASK,
  Event,
  INTERVAL_UNIT_MS,
  MAX_PDU_OCTETS,
  MIN_PDU_OCTETS,
  Opcode,
  PacketType,
  ReportType,
  Status,
  SUPERVISION_UNIT_MS,
  transmitUs,
  unmasked,
} from "./hci";
import type { Link, LinkEnd, LinkHost } from "./link";
import type { HostPort } from "./transport";

/** What a controller asks of the air around it. */
export interface Surroundings {
  readonly aclPackets: number;
  readonly linksPerController: number;
  /** It began or stopped to advertise, or to look for a peer. */
  changed(controller: Controller): void;
  /** dBm. */
  rssi(a: LinkHost, b: LinkHost): number;
  detached(controller: Controller): void;
}

export interface Advertising {
  intervalMs: number;
  /** of {@link ReportType} */
  type: number;
  data: Buffer;
  scanResponse: Buffer;
}

export interface Initiating {
  peer: string;
  timing: ConnectionTiming;
  /** share of the time that it listens */
  duty: number;
}

/** What brings the reports of a scan back that died silently. */
export type NumbCure = "scan" | "reset" | "reopen";

type Answer = readonly [status: number, ...returned: number[]];
type Command = { bytes: number; run: (parameters: Buffer) => Answer | "started" };

const FIRST_HANDLE = 0x0040;
/** Whom it remembers having reported, when asked to filter duplicates. */
const DUPLICATES_KEPT = 128;
const DISCONNECT_REASONS = [0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b];
/** LE Data Packet Length Extension, bit 5: Vol 6, Part B, 4.6. */
const LE_FEATURES = [0x20, 0, 0, 0, 0, 0, 0, 0];
/** Bluetooth 5.0 twice, of no manufacturer. */
const VERSION = [9, 0, 0, 9, 0xff, 0xff, 0, 0];

export class Controller implements LinkHost {
  advertising: Advertising | undefined;
  scanning: { active: boolean; duty: number } | undefined;
  initiating: Initiating | undefined;
  readonly links = new Map<number, { link: Link; end: LinkEnd }>();

  private eventMask = DEFAULT_EVENT_MASK;
  private leEventMask = DEFAULT_LE_EVENT_MASK;
  private advertisingParameters = { intervalMs: 1280, type: ReportType.connectable as number };
  private advertisingData: Buffer = Buffer.alloc(0);
  private scanResponseData: Buffer = Buffer.alloc(0);
  private scanParameters = { active: false, duty: 1 };
  private filterDuplicates = false;
  private readonly reported = new Set<string>();
  private numb: NumbCure | undefined;
  private detachedYet = false;

  constructor(
    private readonly port: HostPort,
    public address: string,
    private readonly air: Surroundings,
  ) {}

  congested(): boolean {
    return this.port.congested();
  }

  get full(): boolean {
    return this.links.size >= this.air.linksPerController;
  }

  /** @param packet one whole H4 packet of the host, its type first */
  receive(packet: Buffer): void {
    if (packet[0] === PacketType.command) this.command(packet.readUInt16LE(1), packet.subarray(4));
    else if (packet[0] === PacketType.acl) this.aclFromHost(packet);
  }

  event(packet: Buffer): void {
    if (!this.detachedYet && unmasked(packet, this.eventMask, this.leEventMask)) this.port.send(packet);
  }

  data(handle: number, starts: boolean, bytes: Buffer): void {
    if (this.detachedYet) return;
    const header = Buffer.from([PacketType.acl, 0, 0, 0, 0]);
    header.writeUInt16LE(handle | (starts ? 0x2000 : 0x1000), 1);
    header.writeUInt16LE(bytes.length, 3);
    this.port.send(Buffer.concat([header, bytes]));
  }

  /** Heard on the air; a host that is far behind does not hear of it. */
  report(type: number, from: Controller, data: Buffer): void {
    if (!this.scanning || this.numb || this.port.congested()) return;
    if (this.filterDuplicates) {
      const key = `${type} ${from.address}`;
      if (this.reported.has(key)) return;
      if (this.reported.size >= DUPLICATES_KEPT) this.reported.clear();
      this.reported.add(key);
    }
    this.event(Event.advertisingReport(type, addressBytes(from.address), data, this.air.rssi(this, from)));
  }

  freeHandle(): number {
    let handle = FIRST_HANDLE;
    while (this.links.has(handle)) handle++;
    return handle;
  }

  /** The link stands: whoever it was made for stops advertising, or looking. */
  connected(link: Link, end: LinkEnd): void {
    const central = link.ends[0] === end;
    if (central) this.initiating = undefined;
    else this.advertising = undefined;
    this.links.set(end.handle, { link, end });
    const peer = addressBytes(link.peerOf(end).host.address);
    this.event(Event.connectionComplete(end.handle, central ? 0 : 1, peer, link.timing));
    this.air.changed(this);
  }

  forget(handle: number): void {
    this.links.delete(handle);
  }

  /** Reports cease, though the scan goes on as far as the host can tell. */
  benumb(cure: NumbCure): void {
    this.numb = cure;
  }

  /** The host is gone, or torn off: links are not ended, they are heard no more. */
  detach(): void {
    if (this.detachedYet) return;
    this.detachedYet = true;
    this.standBy();
    this.port.close();
    this.air.detached(this);
  }

  private standBy(): void {
    this.advertising = undefined;
    this.scanning = undefined;
    this.initiating = undefined;
    const links = [...this.links.values()];
    this.links.clear();
    for (const { link, end } of links) link.abandon(end);
    this.air.changed(this);
  }

  private aclFromHost(packet: Buffer): void {
    const header = packet.readUInt16LE(1);
    const open = this.links.get(header & 0x0fff);
    if (!open) return;
    let underWay = 0;
    for (const { end } of this.links.values()) underWay += end.queue.length;
    if (underWay >= this.air.aclPackets || packet.length - 5 > MAX_PDU_OCTETS) {
      this.event(Event.aclOverflow());
      return;
    }
    // Packet boundary flag: 0b01 continues, all else begins (Vol 4, Part E, 5.4.2).
    open.link.send(open.end, ((header >> 12) & 3) !== 1, Buffer.from(packet.subarray(5)));
  }

  private command(opcode: number, parameters: Buffer): void {
    const command = this.commands[opcode];
    if (!command) {
      this.event(Event.commandStatus(opcode, Status.unknownCommand));
      return;
    }
    const fits = parameters.length === command.bytes;
    const answer = fits ? command.run(parameters) : INVALID;
    if (answer !== "started") this.answer(opcode, answer);
  }

  private answer(opcode: number, [status, ...returned]: Answer): void {
    const packet = STARTING.has(opcode)
      ? Event.commandStatus(opcode, status)
      : Event.commandComplete(opcode, status, returned);
    this.event(packet);
  }

  /** Tells that the command is under way, and only then does it: its events must not come before that. */
  private begin(opcode: number, act: () => void): "started" {
    this.answer(opcode, [Status.ok]);
    act();
    return "started";
  }

  private readonly commands: Record<number, Command> = {
    [Opcode.reset]: { bytes: 0, run: () => this.reset() },
    [Opcode.setEventMask]: {
      bytes: 8,
      run: (p) => {
        this.eventMask = Buffer.from(p);
        return OK;
      },
    },
    [Opcode.leSetEventMask]: {
      bytes: 8,
      run: (p) => {
        this.leEventMask = Buffer.from(p);
        return OK;
      },
    },
    [Opcode.readLeHostSupport]: { bytes: 0, run: () => [Status.ok, 1, 0] },
    [Opcode.writeLeHostSupport]: { bytes: 2, run: () => OK },
    [Opcode.readLocalVersion]: { bytes: 0, run: () => [Status.ok, ...VERSION] },
    [Opcode.readBdAddr]: { bytes: 0, run: () => [Status.ok, ...addressBytes(this.address)] },
    [Opcode.readRssi]: { bytes: 2, run: (p) => this.readRssi(p) },
    [Opcode.leReadBufferSize]: {
      bytes: 0,
      run: () => [Status.ok, MAX_PDU_OCTETS, 0, this.air.aclPackets],
    },
    [Opcode.leReadLocalFeatures]: { bytes: 0, run: () => [Status.ok, ...LE_FEATURES] },
    [Opcode.leReadMaximumDataLength]: {
      bytes: 0,
      run: () => {
        const [low, high] = [transmitUs(MAX_PDU_OCTETS) & 0xff, transmitUs(MAX_PDU_OCTETS) >> 8];
        return [Status.ok, MAX_PDU_OCTETS, 0, low, high, MAX_PDU_OCTETS, 0, low, high];
      },
    },
    [Opcode.leSetDataLength]: { bytes: 6, run: (p) => this.setDataLength(p) },
    [Opcode.leSetAdvertisingParameters]: { bytes: 15, run: (p) => this.setAdvertisingParameters(p) },
    [Opcode.leSetAdvertisingData]: {
      bytes: 32,
      run: (p) => {
        if (p[0]! > 31) return INVALID;
        this.advertisingData = Buffer.from(p.subarray(1, 1 + p[0]!));
        if (this.advertising) this.advertising.data = this.advertisingData;
        return OK;
      },
    },
    [Opcode.leSetScanResponseData]: {
      bytes: 32,
      run: (p) => {
        if (p[0]! > 31) return INVALID;
        this.scanResponseData = Buffer.from(p.subarray(1, 1 + p[0]!));
        if (this.advertising) this.advertising.scanResponse = this.scanResponseData;
        return OK;
      },
    },
    [Opcode.leSetAdvertisingEnable]: { bytes: 1, run: (p) => this.advertise(p[0] === 1) },
    [Opcode.leSetScanParameters]: { bytes: 7, run: (p) => this.setScanParameters(p) },
    [Opcode.leSetScanEnable]: { bytes: 2, run: (p) => this.scan(p[0] === 1, p[1] === 1) },
    [Opcode.leCreateConnection]: { bytes: 25, run: (p) => this.createConnection(p) },
    [Opcode.leCreateConnectionCancel]: { bytes: 0, run: () => this.cancelConnection() },
    [Opcode.leConnectionUpdate]: { bytes: 14, run: (p) => this.updateConnection(p) },
    [Opcode.disconnect]: { bytes: 3, run: (p) => this.disconnect(p) },
  };

  private reset(): Answer {
    this.standBy();
    this.eventMask = DEFAULT_EVENT_MASK;
    this.leEventMask = DEFAULT_LE_EVENT_MASK;
    this.advertisingData = Buffer.alloc(0);
    this.scanResponseData = Buffer.alloc(0);
    if (this.numb !== "reopen") this.numb = undefined;
    return OK;
  }

  private setAdvertisingParameters(p: Buffer): Answer {
    if (this.advertising) return [Status.disallowed];
    const [min, max, type, ownType] = [p.readUInt16LE(0), p.readUInt16LE(2), p[4]!, p[5]!];
    if (min > max || min < 0x20 || max > 0x4000) return INVALID;
    const known = [ReportType.connectable, ReportType.scannable, ReportType.nonConnectable] as number[];
    if (!known.includes(type) || ownType !== 0) return [Status.unsupported];
    this.advertisingParameters = { intervalMs: max * ADVERTISING_UNIT_MS, type };
    return OK;
  }

  private advertise(on: boolean): Answer {
    if (on === (this.advertising !== undefined)) return OK;
    const { intervalMs, type } = this.advertisingParameters;
    if (on && type === ReportType.connectable && this.full) return [Status.connectionLimit];
    this.advertising = on
      ? { intervalMs, type, data: this.advertisingData, scanResponse: this.scanResponseData }
      : undefined;
    this.air.changed(this);
    return OK;
  }

  private setScanParameters(p: Buffer): Answer {
    if (this.scanning) return [Status.disallowed];
    const [interval, window] = [p.readUInt16LE(1), p.readUInt16LE(3)];
    if (p[0]! > 1 || window > interval || window < 4) return INVALID;
    if (p[5] !== 0 || p[6] !== 0) return [Status.unsupported];
    this.scanParameters = { active: p[0] === 1, duty: window / interval };
    return OK;
  }

  private scan(on: boolean, filterDuplicates: boolean): Answer {
    this.scanning = on ? this.scanParameters : undefined;
    this.filterDuplicates = filterDuplicates;
    this.reported.clear();
    if (this.numb === "scan") this.numb = undefined;
    return OK;
  }

  private createConnection(p: Buffer): Answer | "started" {
    if (this.initiating) return [Status.disallowed];
    if (this.full) return [Status.connectionLimit];
    const [interval, window, filter, peerType] = [p.readUInt16LE(0), p.readUInt16LE(2), p[4], p[5]!];
    const timing = readTiming(p, 13);
    if (!timing || window > interval || window < 4 || peerType > 1) return INVALID;
    if (filter !== 0 || p[12] !== 0) return [Status.unsupported];
    const peer = addressText(p.subarray(6, 12));
    for (const { link, end } of this.links.values()) {
      if (link.peerOf(end).host.address === peer) return [Status.alreadyConnected];
    }
    return this.begin(Opcode.leCreateConnection, () => {
      // All addresses here are public: who looks for a random one waits as it would for one that is not there.
      this.initiating = { peer: peerType === 0 ? peer : `random ${peer}`, timing, duty: window / interval };
      this.air.changed(this);
    });
  }

  private cancelConnection(): Answer | "started" {
    if (!this.initiating) return [Status.disallowed];
    return this.begin(Opcode.leCreateConnectionCancel, () => {
      this.initiating = undefined;
      this.event(Event.connectionFailed(Status.unknownConnection));
    });
  }

  private updateConnection(p: Buffer): Answer | "started" {
    const open = this.links.get(p.readUInt16LE(0));
    if (!open) return [Status.unknownConnection];
    const timing = readTiming(p, 2);
    if (!timing) return INVALID;
    // Without the Connection Parameters Request procedure only the central may.
    if (open.link.ends[0] !== open.end) return [Status.disallowed];
    return this.begin(Opcode.leConnectionUpdate, () => open.link.update(timing));
  }

  private disconnect(p: Buffer): Answer | "started" {
    const open = this.links.get(p.readUInt16LE(0));
    if (!open) return [Status.unknownConnection];
    const reason = p[2]!;
    if (!DISCONNECT_REASONS.includes(reason)) return INVALID;
    return this.begin(Opcode.disconnect, () => open.link.terminate(open.end, reason));
  }

  private setDataLength(p: Buffer): Answer | "started" {
    const handle = [p[0]!, p[1]!];
    const open = this.links.get(p.readUInt16LE(0));
    if (!open) return [Status.unknownConnection, ...handle];
    const octets = p.readUInt16LE(2);
    if (octets < MIN_PDU_OCTETS || octets > MAX_PDU_OCTETS) return [Status.invalidParameters, ...handle];
    this.answer(Opcode.leSetDataLength, [Status.ok, ...handle]);
    // The peer's controller answers with its own most: Vol 6, Part B, 5.1.9.
    open.link.lengthen(open.end, octets);
    return "started";
  }

  private readRssi(p: Buffer): Answer {
    const handle = [p[0]!, p[1]!];
    const open = this.links.get(p.readUInt16LE(0));
    if (!open) return [Status.unknownConnection, ...handle, 0];
    return [Status.ok, ...handle, this.air.rssi(this, open.link.peerOf(open.end).host) & 0xff];
  }
}

/** Commands that are answered with Command Status, not Command Complete. */
const STARTING: ReadonlySet<number> = new Set([
  Opcode.disconnect,
  Opcode.leCreateConnection,
  Opcode.leConnectionUpdate,
]);

const OK: Answer = [Status.ok];
const INVALID: Answer = [Status.invalidParameters];

/** The longest interval asked for, as most controllers choose; undefined outside the limits of 7.8.12. */
function readTiming(p: Buffer, offset: number): ConnectionTiming | undefined {
  const min = p.readUInt16LE(offset);
  const interval = p.readUInt16LE(offset + 2);
  const latency = p.readUInt16LE(offset + 4);
  const supervision = p.readUInt16LE(offset + 6);
  if (min < 6 || min > interval || interval > 3200 || latency > 499) return undefined;
  if (supervision < 10 || supervision > 3200) return undefined;
  const longestSilenceMs = (1 + latency) * interval * INTERVAL_UNIT_MS * 2;
  return supervision * SUPERVISION_UNIT_MS > longestSilenceMs
    ? { interval, latency, supervision }
    : undefined;
}
