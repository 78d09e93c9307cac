/**
 * An attacker in range, as a process of its own: no stack, raw HCI. Usage: AttackArguments as JSON; it says now and then
 * what it did, and ends with the channel to the test.
 */
import { fromHex } from "../../../protocol/bytes";
import { encodeHeader, FrameType } from "../../../protocol/header";
import { Gatt } from "../../../protocol/names";
import {
  decodeDeviceHello,
  encodeDeviceHello,
  encodeStoreHello,
  messageType,
} from "../../../protocol/session";
import { Random } from "../../../tools/sim/random";
import { RawHost, uuidBytes } from "./rawhost";

export type AttackArguments = { socket: string; seed: number } & (
  | {
      /** Fake handhelds, each with an address of its own. */
      attack: "silent" | "garbage" | "endless" | "fragments" | "hellos";
      count: number;
      advertisingMs: number;
      /** For "hellos": the stolen name, hex. */
      alias?: string;
    }
  /** Hears advertisements, of whoever it is. */
  | { attack: "listen"; address: string }
  /** Connects to a handheld as its hub would, and holds the link. `again`: also whenever it was put out. */
  | { attack: "squat"; address: string; victim: string; again: boolean }
  /**
   * The same, answers its hellos, and writes each of these (hex), forged receipts and commands, and random bytes to its
   * downlink.
   */
  | { attack: "command"; address: string; victim: string; recorded: string[]; cccd: number; downlink: number }
);

export interface AttackReport {
  links: number;
  /** Requests answered, notifications or writes sent, advertisements heard. */
  sent: number;
  /** Notifications that a handheld gave the attacker, or different advertisements, hex, the first ones. */
  heard: string[];
  /** How long each link lasted, ms. */
  heldMs: number[];
  linked: boolean;
}

const REPORT_MS = 100;
const MAX_HEARD = 200;
const ATT_ERROR = 0x01;
const NOTIFICATION = 0x1b;
/** Handles of the fake's only service, as GATT would number them. */
const UPLINK = 3;
const CCCD = 4;
const DOWNLINK = 6;
/** Second byte of a fragment that is a whole message. */
const WHOLE = 0x80;

const given: AttackArguments = JSON.parse(process.argv[2]!);
const random = new Random(given.seed);
const report: AttackReport = { links: 0, sent: 0, heard: [], heldMs: [], linked: false };

function bytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.int(256)));
}

function refuse(request: Buffer, code: number): Buffer {
  return Buffer.from([ATT_ERROR, request[0]!, request[1] ?? 0, request[2] ?? 0, code]);
}

/** As a handheld's GATT would answer: Core 5.4 Vol 3 Part F 3.4. */
function answer(request: Buffer): Buffer | undefined {
  const from = request.length >= 3 ? request.readUInt16LE(1) : 0;
  const type = request.length >= 7 ? request.readUInt16LE(5) : 0;
  const declared = (at: number, properties: number, value: number, uuid: string) =>
    Buffer.concat([Buffer.from([9, 21, at, 0, properties, value, 0]), uuidBytes(uuid)]);
  switch (request[0]) {
    case 0x02:
      return Buffer.from([0x03, 131, 0]);
    case 0x10:
      if (from > 1) return refuse(request, 0x0a);
      return Buffer.concat([Buffer.from([0x11, 20, 1, 0, DOWNLINK, 0]), uuidBytes(Gatt.service)]);
    case 0x06:
      return from > 1 ? refuse(request, 0x0a) : Buffer.from([0x07, 1, 0, DOWNLINK, 0]);
    case 0x08:
      // The CCCD is read before it is written.
      if (type === 0x2902 && from <= CCCD) return Buffer.from([0x09, 4, CCCD, 0, 0, 0]);
      if (type !== 0x2803 || from > 5) return refuse(request, 0x0a);
      return from <= 2 ? declared(2, 0x10, UPLINK, Gatt.uplink) : declared(5, 0x0c, DOWNLINK, Gatt.downlink);
    case 0x04:
      return from > CCCD ? refuse(request, 0x0a) : Buffer.from([0x05, 1, CCCD, 0, 0x02, 0x29]);
    case 0x12:
      return Buffer.from([0x13]);
    case 0x52:
      return undefined;
    default:
      return refuse(request, 0x06);
  }
}

/** Services and characteristics that never end. */
function endless(request: Buffer): Buffer | undefined {
  const from = request.length >= 3 ? request.readUInt16LE(1) : 0;
  const [low, high] = [from & 255, from >> 8];
  if (request[0] === 0x10) return Buffer.from([0x11, 6, low, high, low, high, 0x0d, 0x18]);
  if (request[0] === 0x06) return Buffer.from([0x07, low, high, low, high]);
  if (request[0] === 0x08) return Buffer.from([0x09, 7, low, high, 0x10, low, high, 0x37, 0x2a]);
  if (request[0] === 0x04) return Buffer.from([0x05, 1, low, high, 0x02, 0x29]);
  return answer(request);
}

function garble(host: RawHost, handle: number, request: Buffer): void {
  const right = answer(request) ?? bytes(4);
  const kind = random.int(5);
  if (kind === 0) host.att(handle, bytes(random.int(600)));
  else if (kind === 1) host.att(handle, right.subarray(0, random.int(right.length)));
  else if (kind === 2) host.att(handle, Buffer.concat([right, bytes(500)]));
  else if (kind === 3)
    host.acl(handle, bytes(random.int(251))); // not even L2CAP
  else host.att(handle, right); // a step further, for garbage at the next
}

async function fakes(args: Extract<AttackArguments, { count: number }>): Promise<void> {
  for (let i = 0; i < args.count; i++) {
    const tail = [args.attack.charCodeAt(0), args.attack.charCodeAt(1), i >> 8, i & 255];
    const address = ["ba", "d0", ...tail.map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
    const host = await RawHost.open(args.socket, address);
    let flood: NodeJS.Timeout | undefined;
    host.onLinked = () => report.links++;
    host.onEnded = () => {
      clearInterval(flood);
      host.command(0x200a, [1]);
    };
    host.onAtt = (handle, pdu) => {
      if (args.attack === "silent") return;
      report.sent++;
      if (args.attack === "garbage") return garble(host, handle, pdu);
      const said = args.attack === "endless" ? endless(pdu) : answer(pdu);
      if (said) host.att(handle, said);
      if (pdu[0] !== 0x12) return;
      clearInterval(flood);
      flood = setInterval(() => {
        for (let n = 0; n < 8; n++)
          if (host.att(handle, Buffer.concat([Buffer.from([NOTIFICATION, UPLINK, 0]), hostile(args)])))
            report.sent++;
      }, 10);
    };
    host.advertise(args.advertisingMs);
  }
}

/** One notification of a flood. */
function hostile({ attack, alias = "" }: { attack: string; alias?: string }): Buffer {
  // Message numbers and indices at random: partial messages without end, contradictions, sizes that do not fit.
  if (attack !== "hellos") return bytes(1 + random.int(128));
  const hello = encodeDeviceHello({
    ...{ alias: fromHex(alias), epoch: 1, nonce: bytes(16), claimable: false },
  });
  return Buffer.concat([Buffer.from([random.int(256), WHOLE]), hello]);
}

/** Answers a handheld's hello as its store would, with everything that can be read off the air. */
function greeting(notification: Buffer): Buffer | undefined {
  if (notification[1] !== WHOLE || messageType(notification.subarray(2)) !== FrameType.deviceHello)
    return undefined;
  const { alias, nonce } = decodeDeviceHello(notification.subarray(2));
  const hello = { alias, storeId: bytes(8), generation: bytes(8), nonce: bytes(16), deviceNonce: nonce };
  return Buffer.concat([Buffer.from([random.int(256), WHOLE]), encodeStoreHello(hello)]);
}

/** A receipt or a command in its right form, by who does not have the key. */
function forged(): Buffer {
  const type = random.chance(0.5) ? FrameType.receipt : FrameType.command;
  const header = encodeHeader({ type, epoch: 1, recording: 0, sequence: random.int(64) });
  return Buffer.concat([Buffer.from([random.int(256), WHOLE]), header, bytes(96 + 8)]);
}

async function listen(args: Extract<AttackArguments, { attack: "listen" }>): Promise<void> {
  const host = await RawHost.open(args.socket, args.address);
  const heard = new Set<string>();
  host.onAdvertisement = (data) => {
    report.sent++;
    if (heard.size < MAX_HEARD) heard.add(data.toString("hex"));
    report.heard = [...heard];
  };
  host.listen();
}

async function central(args: Extract<AttackArguments, { victim: string }>): Promise<void> {
  const host = await RawHost.open(args.socket, args.address);
  let since = 0;
  let writes: NodeJS.Timeout | undefined;
  host.onLinked = (handle) => {
    since = Date.now();
    report.links++;
    report.linked = true;
    if (args.attack !== "command") return;
    host.att(handle, Buffer.from([0x02, 131, 0]));
    host.att(handle, Buffer.from([0x12, args.cccd, 0, 1, 0]));
    let n = 0;
    writes = setInterval(() => {
      const { recorded } = args;
      const turn = n++ % (recorded.length + 6);
      if (turn < recorded.length) write(handle, Buffer.from(recorded[turn]!, "hex"));
      else write(handle, turn % 2 ? bytes(3 + random.int(120)) : forged());
    }, 50);
  };
  const write = (handle: number, body: Buffer) => {
    if (args.attack !== "command") return;
    if (host.att(handle, Buffer.concat([Buffer.from([0x52, args.downlink, 0]), body]))) report.sent++;
  };
  host.onAtt = (handle, pdu) => {
    if (pdu[0] !== NOTIFICATION) return;
    if (report.heard.length < MAX_HEARD) report.heard.push(pdu.subarray(3).toString("hex"));
    const hello = greeting(pdu.subarray(3));
    if (hello) write(handle, hello);
  };
  host.onEnded = () => {
    clearInterval(writes);
    report.linked = false;
    report.heldMs.push(Date.now() - since);
    if (args.attack === "command" || args.again) host.initiate(args.victim);
  };
  host.initiate(args.victim);
}

function run(): Promise<void> {
  if ("count" in given) return fakes(given);
  return given.attack === "listen" ? listen(given) : central(given);
}

run().then(() => setInterval(() => process.connected && process.send!(report), REPORT_MS));
process.on("disconnect", () => process.exit(0));
