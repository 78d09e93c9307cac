/**
 * What a controller delivers, made fit for noble: whole and well-formed, or not at all.
 *
 * noble trusts the other end. A length of zero in a discovery's answer loops until memory is gone, a short packet is
 * read past its end, fragments that never add up are kept for ever, every request is answered. Anybody in range can
 * send these.
 */
import { H4 } from "./h4";

/** A packet for noble, nothing, or the handle of a link that must go. */
export type Verdict = Buffer | number | undefined;

const Cid = { att: 4, signaling: 5 };
const Att = {
  error: 0x01,
  mtuRequest: 0x02,
  mtuResponse: 0x03,
  typeResponse: 0x09,
  groupResponse: 0x11,
  writeResponse: 0x13,
  notification: 0x1b,
};
/** Of an ATT packet, by opcode; what is not named here is not for a client that discovers, subscribes and writes. */
const LEAST_BYTES: Record<number, number> = {
  [Att.error]: 5,
  [Att.mtuRequest]: 3,
  [Att.mtuResponse]: 3,
  [Att.typeResponse]: 6,
  [Att.groupResponse]: 8,
  [Att.writeResponse]: 1,
  [Att.notification]: 3,
};
/** Core 5.4 Vol 3 Part F 3.4.4: handle and value of a CCCD; of a characteristic with a short and a long UUID. */
const TYPE_RECORDS = [4, 7, 21];
/** Group's handles and its short or long UUID. */
const GROUP_RECORDS = [6, 20];
/** The largest MTU that is agreed on is 247; a packet beyond double that is none of ours. */
const MAX_PDU_BYTES = 512;
/** A handheld has three services of three characteristics each. */
const MAX_DISCOVERY_ANSWERS = 64;
/** A handheld asks for the MTU and for an interval; each answer takes room in the controller. */
const MAX_REQUESTS = 16;
const PARAMETER_REQUEST = 0x12;
/** Intervals of 7.5 to 100 ms, in 1.25 ms; up to four events skipped; 2 to 10 s until the link is lost, in 10 ms. */
const PARAMETERS = { interval: [6, 80], latency: [0, 4], timeout: [200, 1000] } as const;

/** By event code: the fewest bytes, header and type included, that noble reads. */
const LEAST_EVENT_BYTES: Record<number, number> = { 5: 7, 8: 7, 14: 7, 15: 7, 19: 4, 62: 5 };
const COMPLETED_PACKETS = 0x13;
const LE_META = 0x3e;
/** The same by LE subevent: connected, connection updated, data length, connected (enhanced). */
const LEAST_LE_BYTES: Record<number, number> = { 1: 22, 3: 13, 7: 14, 10: 34 };
/** Advertising reports by subevent: the bytes of one but for its data, and where their number stands. */
const REPORTS: Record<number, { bytes: number; length: number }> = {
  2: { bytes: 10, length: 8 },
  13: { bytes: 24, length: 23 },
};

interface Peer {
  /** L2CAP packet under way, header included. */
  pieces: Buffer[];
  have: number;
  want: number;
  answers: number;
  requests: number;
}

export class Inbound {
  private readonly peers = new Map<number, Peer>();

  /** @param onAtt sees each ATT packet that noble will */
  constructor(private readonly onAtt: (handle: number, att: Buffer) => void) {}

  /** The link ended: what was under way is forgotten. */
  forget(handle: number): void {
    this.peers.delete(handle);
  }

  clear(): void {
    this.peers.clear();
  }

  admit(packet: Buffer): Verdict {
    if (packet[0] === H4.event) return isEvent(packet) ? packet : undefined;
    if (packet[0] === H4.acl) return this.acl(packet);
    // Linux shows commands of other processes; noble looks at one of them.
    return packet[0] === H4.command && packet.length >= 6 ? packet : undefined;
  }

  private acl(packet: Buffer): Verdict {
    if (packet.length < 5) return undefined;
    const word = packet.readUInt16LE(1);
    const handle = word & 0xfff;
    const first = word >> 12 === 2;
    if (!first && word >> 12 !== 1) return undefined;
    const body = packet.subarray(5);
    const peer = this.peer(handle);
    if (first) {
      if (body.length < 4) return handle;
      peer.pieces = [];
      peer.have = 0;
      peer.want = body.readUInt16LE(0) + 4;
      if (peer.want > MAX_PDU_BYTES) return handle;
    } else if (peer.want === 0 || body.length === 0) return undefined;
    peer.pieces.push(body);
    peer.have += body.length;
    if (peer.have > peer.want) return handle;
    if (peer.have < peer.want) return undefined;
    const pdu = peer.pieces.length === 1 ? body : Buffer.concat(peer.pieces);
    peer.pieces = [];
    peer.want = 0;
    return this.whole(handle, peer, pdu);
  }

  private whole(handle: number, peer: Peer, pdu: Buffer): Verdict {
    const cid = pdu.readUInt16LE(2);
    const data = pdu.subarray(4);
    let verdict: boolean | undefined;
    if (cid === Cid.att) verdict = admitAtt(peer, data);
    // The hub never pairs: what would pair (SMP) has nobody to talk to.
    else if (cid === Cid.signaling) verdict = admitSignaling(peer, data);
    if (verdict === undefined) return undefined;
    if (!verdict) return handle;
    if (cid === Cid.att) this.onAtt(handle, data);
    const header = Buffer.alloc(5);
    header[0] = H4.acl;
    header.writeUInt16LE(handle | (2 << 12), 1);
    header.writeUInt16LE(pdu.length, 3);
    return Buffer.concat([header, pdu]);
  }

  private peer(handle: number): Peer {
    let peer = this.peers.get(handle);
    if (!peer) {
      peer = { pieces: [], have: 0, want: 0, answers: 0, requests: 0 };
      this.peers.set(handle, peer);
    }
    return peer;
  }
}

function isEvent(packet: Buffer): boolean {
  const least = LEAST_EVENT_BYTES[packet[1]];
  if (least === undefined || packet.length < least) return false;
  if (packet[1] === LE_META) return isLeEvent(packet);
  return packet[1] !== COMPLETED_PACKETS || packet.length >= 4 + 4 * packet[3];
}

function isLeEvent(packet: Buffer): boolean {
  const report = REPORTS[packet[3]];
  // Others are of no use, and what noble does with them may change.
  if (!report) return packet.length >= (LEAST_LE_BYTES[packet[3]] ?? Number.POSITIVE_INFINITY);
  let at = 5;
  for (let reports = packet[4]; reports > 0; reports--) {
    if (at + report.bytes > packet.length) return false;
    at += report.bytes + packet[at + report.length];
  }
  return at <= packet.length;
}

/** @returns true for noble, false when the link must go, undefined to leave it out */
function admitAtt(peer: Peer, att: Buffer): boolean | undefined {
  const opcode = att[0];
  const least = LEAST_BYTES[opcode];
  if (least === undefined) return undefined;
  if (att.length < least) return false;
  if (opcode === Att.mtuRequest) return ++peer.requests <= MAX_REQUESTS ? true : undefined;
  const records =
    opcode === Att.typeResponse ? TYPE_RECORDS : opcode === Att.groupResponse ? GROUP_RECORDS : undefined;
  if (!records) return true;
  if (++peer.answers > MAX_DISCOVERY_ANSWERS) return false;
  return records.includes(att[1]) && (att.length - 2) % att[1] === 0;
}

function admitSignaling(peer: Peer, data: Buffer): boolean | undefined {
  if (data.length < 12 || data[0] !== PARAMETER_REQUEST) return undefined;
  if (++peer.requests > MAX_REQUESTS) return undefined;
  const [least, most, latency, timeout] = [4, 6, 8, 10].map((at) => data.readUInt16LE(at));
  const { interval, latency: events, timeout: lost } = PARAMETERS;
  const good =
    least >= interval[0] &&
    least <= most &&
    most <= interval[1] &&
    latency <= events[1] &&
    timeout >= lost[0] &&
    timeout <= lost[1];
  return good ? true : undefined;
}
