/** An adapter through noble: its HCI and GATT, with our own account of scans, connects and links. */
import { existsSync } from "node:fs";
import { Advertisers } from "./advert";
import {
  type Central,
  CentralError,
  type CentralHandlers,
  type CentralLink,
  type CentralState,
} from "./central";
import { H4 } from "./h4";
import { type HciBinding, HciDriver } from "./hcisocket";
import { Inbound } from "./inbound";
import { hex, later, NobleLink } from "./noblelink";
import {
  type ConnectionParameters,
  type Hci,
  type HciOptions,
  loadNoble,
  type NobleParts,
} from "./nobleparts";

export interface NobleOptions {
  /** The adapter belongs to the hub alone: HCI_CHANNEL_USER, past the kernel's own Bluetooth. */
  exclusive: boolean;
  /** UUIDs of services that are listened for, ours alone by default. */
  services?: string[];
}

/** The controller, or the handheld through it, said no. */
export class HciError extends CentralError {
  /** @param reason HCI error code, Core 5.4 Vol 1 Part F */
  constructor(message: string, reason: number) {
    super("HCI", `${message}: HCI error ${hex(reason)}`, { reason });
  }
}

/** 15 to 30 ms between connection events; lost after 5 s of silence, where noble's own 420 ms lose whoever turns round. */
const CONNECTION: ConnectionParameters = { minInterval: 12, maxInterval: 24, latency: 0, timeout: 500 };
/** Half of the time, in 0.625 ms: links and connects take place beside the scan. */
const SCAN = { interval: 0x60, window: 0x30 };
const ADDRESS = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** Core 5.4 Vol 4 Part E 7.7: what is read of events before noble is. */
const Event = { commandComplete: 0x0e, completedPackets: 0x13 };
const LE_CREATE_CONNECTION = 0x200d;
const LE_CREATE_CONNECTION_CANCEL = 0x200e;
const Report = { connectable: 0, directed: 1, scanResponse: 4 };
const ExtendedReport = { connectable: 1, scanResponse: 8 };

/**
 * @param id "hci0", "unix:PATH" of a virtual radio's socket, or "unix:PATH#aa:bb:cc:dd:ee:ff" for an address there
 * @throws CentralError on another id; and when noble or its driver cannot be loaded
 */
export function openNoble(id: string, options: NobleOptions): NobleCentral {
  const native = /^hci(\d{1,3})$/.exec(id);
  const socket = /^unix:([^#]+)(?:#([0-9a-f:]{17}))?$/.exec(id);
  if (!native && !socket) throw new CentralError("ADAPTER_ID", `${id} is neither hciN nor unix:PATH`);
  const place = native
    ? { hciDriver: HciDriver.adapter, deviceId: Number(native[1]), bindParams: {} }
    : { hciDriver: HciDriver.socket, bindParams: { path: socket![1], address: socket![2] } };
  const isExclusive = options.exclusive || socket !== null;
  return new NobleCentral(id, loadNoble(), place, isExclusive, options.services);
}

interface Connect {
  address: string;
  /** Its turn came; before that, the controller may still have to forget another one. */
  started: boolean;
  resolve(link: CentralLink): void;
  reject(error: CentralError): void;
}

export class NobleCentral implements Central {
  state: CentralState = "starting";
  readonly counters = {
    /** Links ended for what came over them. */
    refused: 0,
    /** Packets that noble threw an error at. */
    choked: 0,
  };
  private readonly hci: Hci;
  private readonly advertisers: Advertisers;
  private readonly links = new Map<number, NobleLink>();
  private readonly inbound = new Inbound((handle, att) => this.links.get(handle)?.seen(att));
  private handlers?: CentralHandlers;
  private closed = false;
  /** Everything is to be forgotten when the reset is answered. */
  private resetting = false;
  /** The newest error of the driver's while it does not work. */
  private trouble?: Error;
  private scanWanted = false;
  /** What the controller was last told, by us or, where it is shared, by others. */
  private scanAsked = false;
  private scansUnanswered = 0;
  private connecting?: Connect;
  /** What the controller is at, until it says that it is over; it outlasts a connect that was given up. */
  private initiating?: { address: string; cancelled: boolean };
  private cancelReset: () => void = () => {};

  constructor(
    readonly id: string,
    private readonly noble: NobleParts,
    place: Omit<HciOptions, "userChannel">,
    private readonly exclusive: boolean,
    services?: string[],
  ) {
    this.advertisers = new Advertisers(services);
    const tap: HciBinding["tap"] = {
      packet: (packet) => this.received(packet),
      error: (error) => this.troubled(error),
    };
    const options: HciOptions = {
      ...place,
      bindParams: { ...place.bindParams, tap },
      userChannel: exclusive,
    };
    // noble begins with the old commands and goes on with the new ones, which a controller need not bear; shared with
    // a kernel that uses the new ones there is no choice.
    if (exclusive) options.extended = false;
    this.hci = new noble.Hci(options);
    const { _socket: socket } = this.hci;
    const write = socket.write.bind(socket);
    socket.write = (packet) => write(listeningThroughout(packet));
  }

  open(handlers: CentralHandlers): void {
    this.handlers = handlers;
    const { hci } = this;
    hci.on("stateChange", (state: string) => this.changed(state));
    hci.on("reset", () => this.wasReset());
    hci.on("leScanEnableSet", (status: number) => this.scanAnswered(status));
    hci.on("leScanEnableSetCmd", (on: boolean) => this.scanCommanded(on));
    hci.on(
      "leAdvertisingReport",
      (_, type: number, address: string, kind: string, data: Buffer, rssi: number) => {
        const connectable = type === Report.connectable || type === Report.directed;
        this.heard(address, kind, type === Report.scanResponse ? undefined : connectable, data, rssi);
      },
    );
    hci.on(
      "leExtendedAdvertisingReport",
      (_, type: number, address: string, kind: string, __, rssi: number, data: Buffer) => {
        const connectable = (type & ExtendedReport.connectable) !== 0;
        this.heard(address, kind, type & ExtendedReport.scanResponse ? undefined : connectable, data, rssi);
      },
    );
    hci.on("leConnComplete", (status, handle, role, _, address, __, ___, ____, _____, resolved) =>
      this.completed(status, handle, role, address, resolved),
    );
    hci.on("disconnComplete", (handle: number, reason: number) => this.disconnected(handle, reason));
    hci.on("aclDataPkt", (handle: number, cid: number, data: Buffer) =>
      this.links.get(handle)?.received(cid, data),
    );
    hci.on("rssiRead", (handle: number, rssi: number) => this.links.get(handle)?.rssiRead(rssi));
    hci.init();
  }

  /** Rests while it connects. */
  scan(on: boolean): void {
    this.scanWanted = on;
    if (this.state !== "on") return;
    if (!on) this.rest();
    else if (!this.connecting && !this.initiating) this.listen();
  }

  /** One at a time. @throws HciError too */
  connect(address: string): Promise<CentralLink> {
    return new Promise((resolve, reject) => {
      if (!ADDRESS.test(address)) throw new CentralError("ADDRESS", `${address} is no address`);
      if (this.state !== "on") throw new CentralError("ADAPTER_DOWN", `${this.id} is ${this.state}`);
      if (this.connecting) throw new CentralError("CONNECT_BUSY", `${this.id} connects already`);
      this.connecting = { address, started: false, resolve, reject };
      if (this.scanAsked) this.rest();
      if (!this.initiating) this.start(this.connecting);
    });
  }

  cancel(address: string): void {
    const { connecting } = this;
    if (connecting?.address !== address) return;
    this.connecting = undefined;
    this.cancelReset();
    if (connecting.started && this.initiating) {
      this.initiating.cancelled = true;
      this.hci.cancelConnect();
    }
    connecting.reject(new CentralError("CONNECT_CANCELLED", `the connect to ${address} was given up`));
    this.goOn();
  }

  reset(): void {
    if (this.closed || !this.handlers) return;
    this.forgetAll("was reset");
    this.become("starting");
    // Otherwise noble sees no need to tell that it works again.
    this.hci._state = null;
    this.scanWanted = false;
    this.resetting = true;
    this.hci.reset();
  }

  close(): void {
    if (this.closed) return;
    for (const link of this.links.values()) link.disconnect();
    this.forgetAll("was closed");
    this.closed = true;
    this.state = "gone";
    this.hci.removeAllListeners();
    this.hci.stop();
    // A driver that says after its end that the adapter is there would have noble open it again.
    this.hci._socket.removeAllListeners();
  }

  // What the driver delivers.

  private received(packet: Buffer): void {
    if (this.closed) return;
    const isAcl = packet[0] === H4.acl && packet.length >= 3;
    const link = isAcl ? this.links.get(packet.readUInt16LE(1) & 0xfff) : undefined;
    // Of a link that is none of ours, or no longer.
    if (isAcl && (!link || link.leaving)) return;
    const admitted = this.inbound.admit(packet);
    if (admitted === undefined) return;
    if (typeof admitted === "number") {
      this.refuse(link);
      return;
    }
    try {
      this.hci.onSocketData(admitted);
    } catch {
      this.counters.choked++;
      if (link) this.refuse(link);
    }
    if (admitted[0] === H4.event) this.eventPassed(admitted);
  }

  private refuse(link: NobleLink | undefined): void {
    this.counters.refused++;
    link?.refuse();
  }

  private eventPassed(packet: Buffer): void {
    if (packet[1] === Event.completedPackets) for (const link of this.links.values()) link.drain();
    // The controller knew of no connect to give up: nothing will say that it is over.
    const isRefusal = packet[1] === Event.commandComplete && packet[6] !== 0;
    if (isRefusal && packet.readUInt16LE(4) === LE_CREATE_CONNECTION_CANCEL && this.initiating?.cancelled)
      this.initiated();
  }

  private troubled(error: Error): void {
    if (this.closed) return;
    this.trouble = error;
    const why = this.whyNot();
    // Of what noble makes nothing: an adapter that is pulled out, or for others alone, shows at the next write.
    if (this.state === "on" ? this.isMissing() : why === "no-permission") this.become(why);
  }

  private changed(state: string): void {
    if (state === "poweredOn") {
      this.trouble = undefined;
      this.become("on");
      this.goOn();
    } else if (state === "unauthorized") this.become("no-permission");
    else this.become(this.whyNot());
  }

  private whyNot(): CentralState {
    const { code = "", message = "" } = (this.trouble ?? {}) as NodeJS.ErrnoException;
    if (/^(EPERM|EACCES)$/.test(code) || /not permitted|permission denied/i.test(message))
      return "no-permission";
    return this.isMissing() ? "gone" : "off";
  }

  /** A socket that closed is. */
  private isMissing(): boolean {
    return this.id.startsWith("unix:") || !existsSync(`/sys/class/bluetooth/${this.id}`);
  }

  private become(state: CentralState): void {
    if (this.closed || state === this.state) return;
    const before = this.state;
    this.state = state;
    if (before === "on") this.forgetAll(`is ${state}`);
    later(() => !this.closed && this.handlers?.onState(state));
  }

  /** Nothing of what was under way goes on. */
  private forgetAll(what: string): void {
    this.cancelReset();
    const { connecting, links } = this;
    this.connecting = undefined;
    this.initiating = undefined;
    this.scanAsked = false;
    this.scansUnanswered = 0;
    const ended = [...links.values()];
    links.clear();
    this.inbound.clear();
    this.forgetConnections();
    connecting?.reject(new CentralError("ADAPTER_DOWN", `${this.id} ${what}`));
    for (const link of ended) link.end();
  }

  private forgetConnections(): void {
    this.hci._aclConnections.clear();
    this.hci._aclQueue = [];
  }

  private wasReset(): void {
    // What came between the command and its answer is of the past, too.
    if (this.resetting) this.forgetConnections();
    this.resetting = false;
  }

  // Scanning.

  private heard(
    address: string,
    kind: string,
    connectable: boolean | undefined,
    data: Buffer,
    rssi: number,
  ): void {
    if (!this.closed) this.handlers?.onSign();
    const seen = this.advertisers.heard(address, kind, connectable, data);
    if (!seen) return;
    const { addressType: _, ...said } = seen;
    const heard = { address, rssi, ...said };
    later(() => !this.closed && this.handlers?.onHeard(heard));
  }

  private listen(): void {
    if (this.scanAsked) this.askScan(false);
    // Forgotten at a reset, and not to be changed under way.
    this.hci.setScanParameters(SCAN.interval, SCAN.window);
    this.askScan(true);
  }

  private rest(): void {
    this.askScan(false);
  }

  private askScan(on: boolean): void {
    this.scanCommanded(on);
    this.hci.setScanEnabled(on, false);
  }

  private scanCommanded(on: boolean): void {
    this.scanAsked = on;
    this.scansUnanswered++;
  }

  private scanAnswered(status: number): void {
    this.scansUnanswered = Math.max(0, this.scansUnanswered - 1);
    if (this.state !== "on" || this.scansUnanswered > 0 || status !== 0) return;
    const on = this.scanAsked;
    later(() => !this.closed && this.handlers?.onScanning(on));
  }

  // Connecting.

  private start(connect: Connect): void {
    connect.started = true;
    const create = () => {
      this.initiating = { address: connect.address, cancelled: false };
      this.hci.createLeConnAfterReset(
        connect.address,
        this.advertisers.addressType(connect.address),
        CONNECTION,
      );
    };
    // noble's remedy for connects that never return, on a controller that it shares with the kernel (its issue 12).
    if (this.exclusive || this.links.size > 0) create();
    else {
      this.hci.once("reset", create);
      this.cancelReset = () => this.hci.removeListener("reset", create);
      this.hci.reset();
    }
  }

  /** A connection, or the end of an attempt at one: our own, somebody else's, or one that was given up. */
  private completed(status: number, handle: number, role: number, address: string, resolved?: string): void {
    const { initiating } = this;
    if (status !== 0) {
      if (initiating) this.initiated(new HciError(`no connection to ${initiating.address}`, status));
      return;
    }
    const isOurs = initiating && (address === initiating.address || resolved === initiating.address);
    if (!isOurs) {
      // Where the adapter is shared, it may be a keyboard's.
      if (this.exclusive) this.hci.disconnect(handle);
      return;
    }
    const { connecting } = this;
    if (role !== 1 && connecting?.address === initiating.address) {
      this.connecting = undefined;
      this.links.get(handle)?.end();
      this.inbound.forget(handle);
      const link = new NobleLink(this.noble, this.hci, handle, connecting.address);
      this.links.set(handle, link);
      connecting.resolve(link);
    } else this.hci.disconnect(handle);
    this.initiated();
  }

  /** The controller is free for the next one. @param error why the connect, if it still is, came to nothing */
  private initiated(error?: CentralError): void {
    this.initiating = undefined;
    const { connecting } = this;
    if (error && connecting?.started) {
      this.connecting = undefined;
      connecting.reject(error);
    }
    this.goOn();
  }

  private goOn(): void {
    if (this.state !== "on" || this.initiating) return;
    if (this.connecting) {
      if (!this.connecting.started) this.start(this.connecting);
    } else if (this.scanWanted && !this.scanAsked) this.listen();
  }

  private disconnected(handle: number, reason: number): void {
    const link = this.links.get(handle);
    if (!link) return;
    this.links.delete(handle);
    this.inbound.forget(handle);
    link.end(reason);
  }
}

/**
 * With the old command noble listens half of the time for whom it connects to, with the new one all of it. An attacker who
 * wants the same handheld listens all of it.
 */
function listeningThroughout(packet: Buffer): Buffer {
  const isConnect = packet[0] === H4.command && packet.readUInt16LE(1) === LE_CREATE_CONNECTION;
  // Window and interval: Core 5.4 Vol 4 Part E 7.8.12.
  if (isConnect) packet.copy(packet, 6, 4, 6);
  return packet;
}
