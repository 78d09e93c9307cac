/** One link over noble's GATT client: what a promise waits for, and an end to all that waits. */
import { EventEmitter } from "node:events";
import { Gatt as Names } from "../../protocol/names";
import { CentralError, type CentralLink, type Served } from "./central";
import type { AclStream, Gatt, Hci, NobleParts } from "./nobleparts";

const bare = (uuid: string) => uuid.replaceAll("-", "");

const Att = { error: 0x01, mtuRequest: 0x02 };
const ATT_INVALID_PDU = 0x04;
const ATT_UNLIKELY = 0x0e;
const ATT_HEADER_BYTES = 3;
const LEAST_MTU = 23;
/** 247 of ATT, 4 of L2CAP: one link layer packet of 251 bytes. */
const MTU = 247;
/** Packets of one link under way; of a controller's few buffers, a handheld out of reach must not hold all. */
const PACKETS_AHEAD = 2;

/** The HCI of noble's, without its SMP: the hub never pairs. */
class Stream extends EventEmitter implements AclStream {
  /** Until the controller's buffers are known, and for a moment after that. */
  unsent = 0;

  constructor(
    private readonly hci: Hci,
    private readonly handle: number,
    private readonly onSent: () => void,
  ) {
    super();
  }

  write(cid: number, data: Buffer): void {
    this.unsent++;
    const sent = () => {
      this.unsent--;
      this.onSent();
    };
    this.hci.writeAclDataPkt(this.handle, cid, data).then(sent, sent);
  }

  encrypt(): void {}
}

type Step = "mtu" | "discovery" | "subscribe";

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: CentralError): void;
}

export class NobleLink implements CentralLink {
  onNotification: (bytes: Uint8Array) => void = () => {};
  onClosed: (reason?: number) => void = () => {};
  /** It was told to end: nothing that still comes over it is of interest. */
  leaving = false;
  refused = false;
  private readonly stream: Stream;
  private readonly gatt: Gatt;
  private mtu = LEAST_MTU;
  /** What is, or was, discovered; as noble writes UUIDs. */
  private served: Served = { service: "", uplink: "", downlink: "" };
  /** Handle of the uplink's value. */
  private uplink?: number;
  private ended = false;
  private step?: Waiting<void> & { name: Step };
  private writes: Waiting<void>[] = [];
  private asked?: Waiting<number>;

  constructor(
    { Gatt, Signaling }: NobleParts,
    private readonly hci: Hci,
    readonly handle: number,
    readonly address: string,
  ) {
    this.stream = new Stream(hci, handle, () => this.drain());
    this.gatt = new Gatt(address, this.stream, MTU);
    this.gatt._security = "medium";
    this.gatt.on("mtu", (_, mtu: number) => {
      this.mtu = bounded(mtu);
      this.done("mtu");
    });
    this.gatt.on("servicesDiscover", (_, services: string[]) => this.found(services));
    this.gatt.on("characteristicsDiscover", (_, __, found: FoundCharacteristic[]) => this.foundIn(found));
    this.gatt.on("notify", () => this.done("subscribe"));
    this.gatt.on("handleNotify", (_, value: number, bytes: Buffer) => {
      if (value === this.uplink) later(() => this.onNotification(bytes));
    });
    const signaling = new Signaling(handle, this.stream, hci.isUserChannel());
    signaling.on("connectionParameterUpdateRequest", (...update: Parameters<Hci["connUpdateLe"]>) =>
      hci.connUpdateLe(...update),
    );
  }

  get payloadBytes(): number {
    return this.mtu - ATT_HEADER_BYTES;
  }

  exchangeMtu(): Promise<void> {
    return this.begin("mtu", () => this.gatt.exchangeMtu());
  }

  discover({ service, uplink, downlink }: Served = Names): Promise<void> {
    return this.begin("discovery", () => {
      this.served = { service: bare(service), uplink: bare(uplink), downlink: bare(downlink) };
      this.gatt.discoverServices([this.served.service]);
    });
  }

  async subscribe(): Promise<void> {
    this.insistDiscovered();
    await this.begin("subscribe", () => this.gatt.notify(this.served.service, this.served.uplink, true));
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.insistOpen();
    this.insistDiscovered();
    if (bytes.length > this.payloadBytes)
      throw new CentralError(
        "WRITE_LENGTH",
        `a write of ${bytes.length} bytes where ${this.payloadBytes} fit`,
      );
    this.gatt.write(this.served.service, this.served.downlink, Buffer.from(bytes), true);
    await new Promise<void>((resolve, reject) => {
      this.writes.push({ resolve, reject });
    });
  }

  async rssi(): Promise<number> {
    this.insistOpen();
    this.asked?.reject(new CentralError("SUPERSEDED", "the signal was asked for again"));
    return new Promise((resolve, reject) => {
      this.asked = { resolve, reject };
      this.hci.readRssi(this.handle);
    });
  }

  refuse(): void {
    this.refused = true;
    this.disconnect();
  }

  disconnect(): void {
    if (this.ended || this.leaving) return;
    this.leaving = true;
    this.hci.disconnect(this.handle);
  }

  // What the central has to tell.

  /** An ATT packet that noble gets next. */
  seen(att: Buffer): void {
    if (att[0] === Att.mtuRequest) this.mtu = bounded(att.readUInt16LE(1));
    if (att[0] !== Att.error) return;
    // noble keeps the command under way for ever where it is answered with this one.
    if (att[4] === ATT_INVALID_PDU) att[4] = ATT_UNLIKELY;
    // The others end in noble's events: with what was found until then, and the MTU that there was.
    if (this.step?.name === "subscribe") this.failed("ATT", `refused with ATT error ${hex(att[4]!)}`);
  }

  received(cid: number, data: Buffer): void {
    this.stream.emit("data", cid, data);
  }

  rssiRead(dbm: number): void {
    this.asked?.resolve(dbm);
    this.asked = undefined;
  }

  /** The controller has more room, perhaps. */
  drain(): void {
    if (this.writes.length === 0 || this.underWay() > PACKETS_AHEAD) return;
    for (const { resolve } of this.writes.splice(0)) resolve();
  }

  /** @param reason HCI error code; without one the adapter went */
  end(reason?: number): void {
    if (this.ended) return;
    this.ended = true;
    const error = new CentralError("LINK_ENDED", "the link ended");
    this.step?.reject(error);
    this.step = undefined;
    this.asked?.reject(error);
    this.asked = undefined;
    for (const { reject } of this.writes.splice(0)) reject(error);
    later(() => this.onClosed(reason));
  }

  private begin(name: Step, run: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.insistOpen();
      if (this.step) throw new CentralError("BUSY", `${name} during ${this.step.name}`);
      this.step = { name, resolve, reject };
      try {
        run();
      } catch (error) {
        // A handheld may name handles that no request can carry.
        this.failed("DISCOVERED", String(error));
      }
    });
  }

  private found(services: string[]): void {
    const { service } = this.served;
    if (services.includes(service)) this.gatt.discoverCharacteristics(service, []);
    else this.failed("NO_SERVICE", "it does not have the service");
  }

  private foundIn(characteristics: FoundCharacteristic[]): void {
    const can = (uuid: string, what: string) =>
      characteristics.some((one) => one.uuid === uuid && one.properties.includes(what));
    const { service, uplink, downlink } = this.served;
    if (can(uplink, "notify") && can(downlink, "writeWithoutResponse")) {
      this.uplink = this.gatt._characteristics[service]![uplink]!.valueHandle;
      this.done("discovery");
    } else this.failed("NO_CHARACTERISTIC", "its service lacks the characteristics");
  }

  private done(name: Step): void {
    if (this.step?.name !== name) return;
    this.step.resolve();
    this.step = undefined;
  }

  private failed(code: string, message: string): void {
    this.step?.reject(new CentralError(code, message));
    this.step = undefined;
  }

  private underWay(): number {
    const { _aclQueue: queue, _aclConnections: connections } = this.hci;
    let packets = this.gatt._commandQueue.length + this.stream.unsent;
    for (const { handle } of queue) if (handle === this.handle) packets++;
    return packets + (connections.get(this.handle)?.pending ?? 0);
  }

  private insistDiscovered(): void {
    if (this.uplink === undefined)
      throw new CentralError("NOT_DISCOVERED", "its characteristics are not known");
  }

  private insistOpen(): void {
    if (this.ended || this.leaving) throw new CentralError("LINK_ENDED", "the link ended");
  }
}

interface FoundCharacteristic {
  uuid: string;
  properties: string[];
}

function bounded(mtu: number): number {
  return Math.max(LEAST_MTU, Math.min(MTU, mtu));
}

/** Outside of noble's parser: an error of whoever listens must not be taken for one of a handheld's. */
export function later(run: () => void): void {
  queueMicrotask(run);
}

export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
