/**
 * Bytes between a host and a controller, as the simulated controllers speak them: Bluetooth Core Specification 5.4,
 * Vol 4, Part E (commands and events) and Part A (H4 packet types). Little-endian throughout.
 */

export const PacketType = { command: 0x01, acl: 0x02, event: 0x04 } as const;

/** OGF << 10 | OCF. */
export const Opcode = {
  disconnect: 0x0406,
  setEventMask: 0x0c01,
  reset: 0x0c03,
  readLeHostSupport: 0x0c6c,
  writeLeHostSupport: 0x0c6d,
  readLocalVersion: 0x1001,
  readBdAddr: 0x1009,
  readRssi: 0x1405,
  leSetEventMask: 0x2001,
  leReadBufferSize: 0x2002,
  leReadLocalFeatures: 0x2003,
  leSetAdvertisingParameters: 0x2006,
  leSetAdvertisingData: 0x2008,
  leSetScanResponseData: 0x2009,
  leSetAdvertisingEnable: 0x200a,
  leSetScanParameters: 0x200b,
  leSetScanEnable: 0x200c,
  leCreateConnection: 0x200d,
  leCreateConnectionCancel: 0x200e,
  leConnectionUpdate: 0x2013,
  leSetDataLength: 0x2022,
  leReadMaximumDataLength: 0x202f,
} as const;

const EventCode = {
  disconnectionComplete: 0x05,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  numberOfCompletedPackets: 0x13,
  dataBufferOverflow: 0x1a,
  leMeta: 0x3e,
} as const;

const LeSubevent = {
  connectionComplete: 0x01,
  advertisingReport: 0x02,
  connectionUpdateComplete: 0x03,
  dataLengthChange: 0x07,
} as const;

/** Vol 1, Part F. */
export const Status = {
  ok: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  connectionTimeout: 0x08,
  connectionLimit: 0x09,
  alreadyConnected: 0x0b,
  disallowed: 0x0c,
  unsupported: 0x11,
  invalidParameters: 0x12,
  endedByRemote: 0x13,
  endedByLocalHost: 0x16,
} as const;

/** Vol 4, Part E, 7.7.65.2; a scan response is one too. */
export const ReportType = { connectable: 0, scannable: 2, nonConnectable: 3, scanResponse: 4 } as const;

/** As asked for a connection; times as the host wrote them, in units of 1.25 ms and 10 ms. */
export interface ConnectionTiming {
  interval: number;
  latency: number;
  supervision: number;
}

export const INTERVAL_UNIT_MS = 1.25;
export const SUPERVISION_UNIT_MS = 10;
export const ADVERTISING_UNIT_MS = 0.625;

/** Lower case with colons, the most significant octet first; on the wire it stands reversed. */
export function addressBytes(address: string): Buffer {
  return Buffer.from(address.replaceAll(":", ""), "hex").reverse();
}

export function addressText(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .reverse()
    .join(":");
}

function event(code: number, parameters: Uint8Array | readonly number[]): Buffer {
  return Buffer.from([PacketType.event, code, parameters.length, ...parameters]);
}

function le(subevent: number, parameters: readonly number[]): Buffer {
  return event(EventCode.leMeta, [subevent, ...parameters]);
}

function u16(value: number): [number, number] {
  return [value & 0xff, value >> 8];
}

export const Event = {
  /** @param returned what follows the status */
  commandComplete: (opcode: number, status: number, returned: readonly number[] = []) =>
    event(EventCode.commandComplete, [1, ...u16(opcode), status, ...returned]),

  commandStatus: (opcode: number, status: number) =>
    event(EventCode.commandStatus, [status, 1, ...u16(opcode)]),

  /** @param peer its address, little-endian; @param role 0 central, 1 peripheral */
  connectionComplete: (handle: number, role: 0 | 1, peer: Uint8Array, timing: ConnectionTiming) =>
    le(LeSubevent.connectionComplete, [
      Status.ok,
      ...u16(handle),
      role,
      0, // public
      ...peer,
      ...u16(timing.interval),
      ...u16(timing.latency),
      ...u16(timing.supervision),
      0, // 500 ppm
    ]),

  /** None was made; of all parameters only the status means anything. */
  connectionFailed: (status: number) =>
    le(LeSubevent.connectionComplete, [status, ...new Array<number>(17).fill(0)]),

  connectionUpdateComplete: (handle: number, timing: ConnectionTiming) =>
    le(LeSubevent.connectionUpdateComplete, [
      Status.ok,
      ...u16(handle),
      ...u16(timing.interval),
      ...u16(timing.latency),
      ...u16(timing.supervision),
    ]),

  dataLengthChange: (handle: number, txOctets: number, rxOctets: number) =>
    le(LeSubevent.dataLengthChange, [
      ...u16(handle),
      ...u16(txOctets),
      ...u16(transmitUs(txOctets)),
      ...u16(rxOctets),
      ...u16(transmitUs(rxOctets)),
    ]),

  disconnectionComplete: (handle: number, reason: number) =>
    event(EventCode.disconnectionComplete, [Status.ok, ...u16(handle), reason]),

  completedPackets: (handle: number, packets: number) =>
    event(EventCode.numberOfCompletedPackets, [1, ...u16(handle), ...u16(packets)]),

  aclOverflow: () => event(EventCode.dataBufferOverflow, [1]),

  advertisingReport: (type: number, address: Uint8Array, data: Uint8Array, rssi: number) =>
    le(LeSubevent.advertisingReport, [1, type, 0, ...address, data.length, ...data, rssi & 0xff]),
};

/** Whether a host with these masks sees the event: Vol 4, Part E, 7.3.1 and 7.8.1. */
export function unmasked(packet: Buffer, mask: Buffer, leMask: Buffer): boolean {
  const code = packet[1]!;
  if (code === EventCode.commandComplete || code === EventCode.commandStatus) return true;
  if (code === EventCode.numberOfCompletedPackets) return true;
  if (!bit(mask, code - 1)) return false;
  return code !== EventCode.leMeta || bit(leMask, packet[3]! - 1);
}

/** What the masks are after a reset: 7.3.1 has no LE events, 7.8.1 the first five of them. */
export const DEFAULT_EVENT_MASK = Buffer.from("ffffffffff1f0000", "hex");
export const DEFAULT_LE_EVENT_MASK = Buffer.from("1f00000000000000", "hex");

function bit(mask: Buffer, n: number): boolean {
  return (mask[n >> 3]! & (1 << (n & 7))) !== 0;
}

/** How long a data PDU with this payload is on the air at 1 Mbit/s, µs: Vol 6, Part B, 2.1 and 4.5.10, MIC included. */
export function transmitUs(octets: number): number {
  return 8 * (octets + 14);
}

/** The longest and the shortest payload of a data PDU. */
export const MAX_PDU_OCTETS = 251;
export const MIN_PDU_OCTETS = 27;
