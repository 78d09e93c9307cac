/**
 * What is used of noble: its HCI, its GATT client and its answer to requests for connection parameters, at version 2.8.0.
 *
 * Its upper layers are left out: they keep every address that was ever heard, adopt links that nobody asked for, lose
 * connects that were given up, and answer SIGINT with the end of the process.
 */
import type { EventEmitter } from "node:events";
import { type HciBinding, installHciSockets } from "./hcisocket";

/** Times in the units of HCI: 1.25 ms, 10 ms. */
export interface ConnectionParameters {
  minInterval: number;
  maxInterval: number;
  latency: number;
  timeout: number;
}

/**
 * Emits `stateChange`, `reset`, `leScanEnableSet`, `leScanEnableSetCmd`, `leAdvertisingReport`,
 * `leExtendedAdvertisingReport`, `leConnComplete`, `disconnComplete`, `aclDataPkt`, `rssiRead`.
 */
export interface Hci extends EventEmitter {
  readonly _socket: EventEmitter & { write(packet: Buffer): void };
  _state: string | null;
  readonly _aclConnections: Map<number, { pending: number }>;
  _aclQueue: { handle: number }[];
  init(): void;
  stop(): void;
  /** Does nothing but ask a few things while it knows of a link. */
  reset(): void;
  isUserChannel(): boolean;
  /** @throws RangeError and others where the packet is too short */
  onSocketData(packet: Buffer): void;
  /** In units of 0.625 ms. */
  setScanParameters(interval: number, window: number): void;
  setScanEnabled(on: boolean, filterDuplicates: boolean): void;
  createLeConnAfterReset(address: string, addressType: string, parameters: ConnectionParameters): void;
  cancelConnect(): void;
  /** An undefined handle ends link 0. */
  disconnect(handle: number): void;
  readRssi(handle: number): void;
  /** Times in ms. */
  connUpdateLe(handle: number, min: number, max: number, latency: number, timeout: number): void;
  /** Waits until the controller's buffers are known. */
  writeAclDataPkt(handle: number, cid: number, data: Buffer): Promise<void>;
}

/** What noble's GATT client and signaling read from and write to; in noble it would also pair. */
export interface AclStream extends EventEmitter {
  write(cid: number, data: Buffer): void;
  encrypt(): void;
}

/**
 * UUIDs are lower case without dashes. Emits, the address first: `mtu`, `servicesDiscover`, `characteristicsDiscover`,
 * `notify`, `handleNotify`; nothing at all where a subscription is refused.
 */
export interface Gatt extends EventEmitter {
  /** With "medium" it does not try to pair where it is refused. */
  _security: string;
  readonly _commandQueue: unknown[];
  readonly _characteristics: Record<string, Record<string, { valueHandle: number }>>;
  exchangeMtu(): void;
  discoverServices(uuids: string[]): void;
  discoverCharacteristics(service: string, uuids: string[]): void;
  notify(service: string, characteristic: string, on: boolean): void;
  write(service: string, characteristic: string, bytes: Buffer, withoutResponse: boolean): void;
}

export interface HciOptions {
  hciDriver: string;
  bindParams: HciBinding;
  deviceId?: number;
  userChannel: boolean;
  /** Commands for extended advertising; where it is not said, if the controller knows them. */
  extended?: boolean;
}

export interface NobleParts {
  Hci: new (options: HciOptions) => Hci;
  Gatt: new (address: string, stream: AclStream, mtu: number) => Gatt;
  /** Emits `connectionParameterUpdateRequest`: the handle, then what {@link Hci.connUpdateLe} takes. */
  Signaling: new (
    handle: number,
    stream: AclStream,
    userChannel: boolean,
  ) => EventEmitter;
}

/** @throws when the package is not there, or its driver does not load */
export function loadNoble(): NobleParts {
  installHciSockets();
  return {
    Hci: require("@stoprocent/noble/lib/hci-socket/hci"),
    Gatt: require("@stoprocent/noble/lib/hci-socket/gatt"),
    Signaling: require("@stoprocent/noble/lib/hci-socket/signaling"),
  };
}
