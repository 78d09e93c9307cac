/** A Bluetooth host without a stack: its program says what bytes it likes to its controller and to its peers. */
import { connect, type Socket } from "node:net";
import { H4Splitter } from "../../../gateway/radio/h4";
import { Gatt } from "../../../protocol/names";
import { addressBytes, Opcode, PacketType } from "../../../tools/sim/radio/hci";

/** ACL buffers of the controller, and octets of each. */
const BUFFERS = 8;
const BUFFER_BYTES = 251;
const L2CAP_ATT = 4;
/** What waits for buffers; a flood's rest is thrown away. */
const MAX_WAITING = 64;
/** Core 5.4 Vol 4 Part E 7.7: disconnection, completed packets, LE meta. */
const DISCONNECTED = 0x05;
const COMPLETED = 0x13;
const LE_META = 0x3e;

export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll("-", ""), "hex").reverse();
}

export class RawHost {
  onLinked: (handle: number) => void = () => {};
  onEnded: (handle: number, reason: number) => void = () => {};
  /** Data of one advertisement. */
  onAdvertisement: (data: Buffer) => void = () => {};
  /** One ATT PDU of the peer's. */
  onAtt: (handle: number, pdu: Buffer) => void = () => {};
  private underWay = 0;
  private readonly waiting: Buffer[] = [];
  private readonly partial = new Map<number, Buffer>();
  private readonly splitter = new H4Splitter((packet) => this.take(packet));

  private constructor(private readonly socket: Socket) {
    socket.on("data", (chunk) => this.splitter.push(chunk));
    socket.on("error", () => {});
  }

  static async open(path: string, address: string): Promise<RawHost> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", resolve);
    });
    const host = new RawHost(socket);
    socket.write(`#${address}\n`);
    host.command(Opcode.reset, []);
    // LE events are masked by default (7.3.1).
    host.command(Opcode.setEventMask, Array(8).fill(0xff));
    return host;
  }

  close(): void {
    this.socket.destroy();
  }

  command(opcode: number, parameters: ArrayLike<number>): void {
    if (!this.socket.writable) return;
    this.socket.write(
      Buffer.from([
        PacketType.command,
        opcode & 255,
        opcode >> 8,
        parameters.length,
        ...Array.from(parameters),
      ]),
    );
  }

  /** Connectable, with our service, as an owned handheld. */
  advertise(intervalMs: number): void {
    const units = Math.round(intervalMs / 0.625);
    const [low, high] = [units & 255, units >> 8];
    const data = Buffer.concat([Buffer.from([2, 1, 6, 17, 7]), uuidBytes(Gatt.service)]);
    this.command(Opcode.leSetAdvertisingParameters, [low, high, low, high, ...Array(9).fill(0), 7, 0]);
    this.command(Opcode.leSetAdvertisingData, Buffer.concat([Buffer.from([data.length]), data], 32));
    this.command(Opcode.leSetAdvertisingEnable, [1]);
  }

  /** Hears whoever advertises, again and again, and asks for scan responses. */
  listen(): void {
    this.command(Opcode.leSetScanParameters, [1, 0x10, 0, 0x10, 0, 0, 0]);
    this.command(Opcode.leSetScanEnable, [1, 0]);
  }

  /** Waits for this peer as long as it takes. */
  initiate(peer: string): void {
    const timing = [24, 0, 24, 0, 0, 0, 200, 0, 0, 0, 0, 0];
    this.command(Opcode.leCreateConnection, [0x10, 0, 0x10, 0, 0, 0, ...addressBytes(peer), 0, ...timing]);
  }

  /** @returns false where it was thrown away */
  att(handle: number, pdu: Uint8Array): boolean {
    const header = Buffer.alloc(4);
    header.writeUInt16LE(pdu.length & 0xffff, 0);
    header.writeUInt16LE(L2CAP_ATT, 2);
    return this.acl(handle, Buffer.concat([header, pdu]));
  }

  /** L2CAP with whatever header it likes. */
  acl(handle: number, l2cap: Uint8Array): boolean {
    if (this.waiting.length > MAX_WAITING) return false;
    for (let at = 0; at < Math.max(1, l2cap.length); at += BUFFER_BYTES) {
      const body = l2cap.subarray(at, at + BUFFER_BYTES);
      const head = Buffer.from([PacketType.acl, 0, 0, 0, 0]);
      head.writeUInt16LE(handle | (at === 0 ? 0 : 0x1000), 1);
      head.writeUInt16LE(body.length, 3);
      this.waiting.push(Buffer.concat([head, body]));
    }
    this.pump();
    return true;
  }

  private pump(): void {
    while (this.underWay < BUFFERS && this.waiting.length > 0 && this.socket.writable) {
      this.underWay++;
      this.socket.write(this.waiting.shift()!);
    }
  }

  private take(packet: Buffer): void {
    if (packet[0] === PacketType.acl) this.takeAcl(packet);
    else if (packet[1] === DISCONNECTED) {
      // Whatever it still had under way is not reported any more (7.7.5).
      this.underWay = 0;
      this.waiting.length = 0;
      this.onEnded(packet.readUInt16LE(4), packet[6]!);
    } else if (packet[1] === COMPLETED) {
      for (let i = 0; i < packet[3]!; i++) this.underWay -= packet.readUInt16LE(6 + 4 * i);
      this.underWay = Math.max(0, this.underWay);
      this.pump();
    } else if (packet[1] === LE_META && packet[3] === 1 && packet[4] === 0) {
      this.underWay = 0;
      this.onLinked(packet.readUInt16LE(5));
    } else if (packet[1] === LE_META && packet[3] === 2) this.onAdvertisement(packet.subarray(14, -1));
  }

  private takeAcl(packet: Buffer): void {
    const header = packet.readUInt16LE(1);
    const handle = header & 0x0fff;
    const continues = ((header >> 12) & 3) === 1;
    const body = packet.subarray(5);
    const all = continues ? Buffer.concat([this.partial.get(handle) ?? Buffer.alloc(0), body]) : body;
    if (all.length < 4 || all.length < 4 + all.readUInt16LE(0)) {
      this.partial.set(handle, all);
      return;
    }
    this.partial.delete(handle);
    if (all.readUInt16LE(2) === L2CAP_ATT) this.onAtt(handle, all.subarray(4));
  }
}
