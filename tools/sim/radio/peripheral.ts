/**
 * The virtual handheld's radio on the real bleno: what firmware/espruino/radio.ts is on a board, with one connection, the
 * same service, the same names on the air, and a queue that swallows.
 */
import type { Characteristic, ConnectionHandle, PrimaryService } from "@stoprocent/bleno";
import { Gatt } from "../../../protocol/names";
import type { HandheldRadio } from "../handheld";
import { Stack } from "./bleno";
import type { Peripheral } from "./lossy";

const NAME = "avnode";
/** ATT: opcode and handle stand before what a notification carries (Core 5.4 Vol 3 Part F 3.4.7.1). */
const ATT_HEADER_BYTES = 3;
const LEAST_BYTES = 20;
/** While it takes nobody, as on a board. */
const CLOSED_ADVERTISING_MS = 100;
/** A controller that is not there is asked for again. */
const RETRY_MS = 500;
/** AD types (Assigned Numbers 2.3): flags "general discoverable, no BR/EDR", complete lists. */
const FLAGS = [0x02, 0x01, 0x06];
const ALL_UUIDS_128 = 0x07;
const WHOLE_NAME = 0x09;

export interface PeripheralOptions {
  /** UNIX socket of the virtual radio. */
  socket: string;
  /** Lower case, with colons. */
  address: string;
  /** Largest notification and write that the board takes, 20 to 244. */
  notificationBytes: number;
  /** Notifications that the stack holds; the next one vanishes. */
  queue: number;
  /** What the board paces itself to. */
  notificationsPerSecond: number;
  advertisingMs: number;
}

interface Connection {
  handle: ConnectionHandle;
  /** Sends a notification; absent until the central subscribes. */
  update?: (bytes: Buffer) => void;
}

export class BlenoRadio implements HandheldRadio {
  readonly peripheral: Peripheral;
  readonly counters = {
    notified: 0,
    /** Never queued: the queue was full, or nobody subscribed. */
    vanished: 0,
    written: 0,
    connects: 0,
    /** Centrals that found it taken. */
    turnedAway: 0,
  };
  private stack: Stack | undefined;
  private connection: Connection | undefined;
  private owned = false;
  private admits = true;
  private address: string;
  /** In stacks that are closed. */
  private choked = 0;
  private retry: NodeJS.Timeout | undefined;

  constructor(private readonly options: PeripheralOptions) {
    this.address = options.address;
    this.peripheral = {
      notify: (bytes) => this.notify(bytes),
      notificationBytes: () => this.notificationBytes(),
      onConnect: nothing,
      onDisconnect: nothing,
      onWrite: nothing,
    };
  }

  get notificationsPerSecond(): number {
    return this.options.notificationsPerSecond;
  }

  status() {
    return {
      ...this.counters,
      linked: this.connection !== undefined,
      subscribed: this.connection?.update !== undefined,
      notificationBytes: this.notificationBytes(),
      choked: this.choked + (this.stack?.choked ?? 0),
    };
  }

  powerOn(): void {
    if (!this.stack) this.open();
  }

  /** Whoever is connected hears nothing any more. */
  powerOff(): void {
    clearTimeout(this.retry);
    this.choked += this.stack?.choked ?? 0;
    this.stack?.close();
    this.stack = undefined;
    this.connection = undefined;
  }

  drop(): void {
    if (this.connection) this.stack!.disconnect(this.connection.handle);
  }

  advertise(owned: boolean): void {
    this.owned = owned;
    // While somebody is connected nothing is on the air; the end of the connection sees to it.
    if (this.stack?.bleno.state === "poweredOn" && !this.connection) this.beSeen();
  }

  admit(anybody: boolean): void {
    this.admits = anybody;
    this.advertise(this.owned);
  }

  /** A new address, as a handheld takes one every quarter of an hour; a connection would not outlive it here. */
  moveTo(address: string): void {
    this.address = address;
    if (this.stack) this.reopen();
  }

  private open(): void {
    const { socket, notificationBytes } = this.options;
    const stack = new Stack(socket, this.address, notificationBytes + ATT_HEADER_BYTES);
    this.stack = stack;
    stack.bleno.on("accept", (_, handle) => this.accepted(handle));
    stack.bleno.on("disconnect", (_, handle) => this.ended(handle));
    let worked = false;
    stack.open((on) => {
      if (on) {
        worked = true;
        stack.bleno.setServices([this.service()]);
        this.beSeen();
      } else if (worked) later(() => this.stack === stack && this.reopen());
    });
    this.retry = setTimeout(() => !worked && this.reopen(), RETRY_MS);
  }

  private reopen(): void {
    const { connection } = this;
    this.powerOff();
    this.open();
    if (connection) later(() => this.peripheral.onDisconnect());
  }

  private accepted(handle: ConnectionHandle): void {
    // bleno would go on advertising; a handheld has one connection.
    this.stack!.bleno.stopAdvertising();
    if (this.connection) {
      this.counters.turnedAway++;
      this.stack!.disconnect(handle);
      return;
    }
    this.counters.connects++;
    this.connection = { handle };
    later(() => this.peripheral.onConnect());
  }

  private ended(handle: ConnectionHandle): void {
    if (this.connection?.handle !== handle) return;
    this.connection = undefined;
    const { stack } = this;
    later(() => {
      this.peripheral.onDisconnect();
      if (this.stack === stack && !this.connection) this.beSeen();
    });
  }

  private beSeen(): void {
    const uuid = Buffer.from(Gatt.service.replaceAll("-", ""), "hex").reverse();
    const parts = [Buffer.from(FLAGS), field(ALL_UUIDS_128, uuid)];
    if (!this.owned) parts.push(field(WHOLE_NAME, Buffer.from(NAME)));
    this.stack!.bleno.stopAdvertising();
    this.stack!.setAdvertising(this.admits, this.admits ? this.options.advertisingMs : CLOSED_ADVERTISING_MS);
    this.stack!.bleno.startAdvertisingWithEIRData(Buffer.concat(parts));
  }

  private service(): PrimaryService {
    const { Characteristic, PrimaryService } = this.stack!.bleno;
    const uplink = new Characteristic({
      uuid: Gatt.uplink,
      properties: ["notify"],
      onSubscribe: (handle, _, update) => {
        if (this.connection?.handle !== handle) return;
        this.connection.update = update;
        // Before that, whatever was notified went nowhere: the hello is due now.
        later(() => this.peripheral.onConnect());
      },
      onUnsubscribe: (handle) => {
        if (this.connection?.handle === handle) this.connection.update = undefined;
      },
    });
    return new PrimaryService({
      uuid: Gatt.service,
      characteristics: [uplink, this.downlink(Characteristic)],
    });
  }

  private downlink(Kind: typeof Characteristic): Characteristic {
    return new Kind({
      uuid: Gatt.downlink,
      properties: ["write", "writeWithoutResponse"],
      onWriteRequest: (handle, data, offset, _, answer) => {
        if (offset !== 0) return answer(Kind.RESULT_INVALID_OFFSET);
        if (data.length > this.options.notificationBytes) return answer(Kind.RESULT_INVALID_ATTRIBUTE_LENGTH);
        answer(Kind.RESULT_SUCCESS);
        if (this.connection?.handle !== handle) return;
        this.counters.written++;
        later(() => this.peripheral.onWrite(new Uint8Array(data)));
      },
    });
  }

  private notificationBytes(): number {
    if (!this.connection) return LEAST_BYTES;
    const agreed = this.stack!.mtu(this.connection.handle) - ATT_HEADER_BYTES;
    return Math.max(LEAST_BYTES, Math.min(this.options.notificationBytes, agreed));
  }

  private notify(bytes: Uint8Array): void {
    this.counters.notified++;
    const { connection, stack } = this;
    const goes =
      connection?.update &&
      bytes.length <= this.notificationBytes() &&
      stack!.pending(connection.handle) < this.options.queue;
    if (goes) connection.update!(Buffer.from(bytes));
    else this.counters.vanished++;
  }
}

function field(type: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([1 + bytes.length, type]), bytes]);
}

/** The firmware runs outside of bleno's parser: an error of its own must not be taken for one of a central's. */
function later(run: () => void): void {
  queueMicrotask(run);
}

function nothing(): void {}
