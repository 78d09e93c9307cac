/** The radio's peripheral side by the runtime's Bluetooth: one service, nameless once owned, no console. */
import { Gatt } from "../../protocol/names";
import type { RadioPort } from "../board/board";
import type { BoardSpec } from "../board/spec";

/** Only who connects reads it; the runtime's own would tell two bytes of the address. */
const NAME = "avnode";
/** Of a notification whatever else was agreed on (Core 5.x Vol 3 Part F 3.2.8: MTU 23, less 3). */
const LEAST_BYTES = 20;
const ATT_HEADER_BYTES = 3;
/** Seen at once while it waits for its owner; later its hub has all day. */
const UNOWNED_INTERVAL_MS = 250;
const OWNED_INTERVAL_MS = 500;
/** While it takes nobody, so that a hub that scans half of the time hears it for sure (Core 4.x allows no less). */
const CLOSED_INTERVAL_MS = 100;
const CONNECTION_INTERVAL_MS = 20;
/**
 * The stack queues one notification per connection interval; a second one would vanish without a word. Not more often
 * than an interval comes, with room for the central's rounding up.
 */
const NOTIFICATIONS_PER_SECOND = 40;
/** A new address that often, which only a bonded hub could resolve. */
const ADDRESS_S = 900;

const HEART_RATE = "180D";
const HEART_RATE_MEASUREMENT = "2A37";
/** Heart rate as a byte, RR intervals follow (Heart Rate Service 1.0, 3.1.1.1). */
const HEART_RATE_FLAGS = 0x10;

function none(): void {}

export class EspruinoRadio implements RadioPort {
  onConnect: () => void = none;
  onDisconnect: () => void = none;
  onWrite: (bytes: Uint8Array) => void = none;
  readonly notificationsPerSecond = NOTIFICATIONS_PER_SECOND;
  private connected = false;
  private owned = false;
  private admits = true;
  private bytes = LEAST_BYTES;
  /** Handed to the runtime again and again: building it anew would cost more than the sending. */
  private readonly uplink: GattCharacteristic = { notify: true };
  private readonly update: GattServices = {};

  constructor(private readonly spec: BoardSpec) {
    const self = this;
    this.update[Gatt.service] = {};
    this.update[Gatt.service][Gatt.uplink] = this.uplink;
    this.protect();
    NRF.setServices(this.services(), { uart: false });
    NRF.setConnectionInterval(CONNECTION_INTERVAL_MS);
    NRF.on("connect", function () {
      self.bytes = LEAST_BYTES;
      self.connected = true;
      self.onConnect();
    });
    NRF.on("mtu", function (mtu) {
      self.bytes = Math.max(LEAST_BYTES, Math.min(self.spec.notificationBytes, mtu - ATT_HEADER_BYTES));
    });
    NRF.on("disconnect", function () {
      self.connected = false;
      self.onDisconnect();
      // Whoever was connected may have written another name.
      self.advertise(self.owned);
    });
  }

  /** Pairing only as the second wall: what the protocol protects needs none, and a pairing is a way in. */
  private protect(): void {
    const wall = this.walled();
    NRF.setSecurity({
      pair: wall,
      bond: wall,
      lesc: wall,
      // A unit without display and keys has nothing to compare.
      mitm: false,
      privacy: { mode: "device_privacy", addr_type: "random_private_resolvable", addr_cycle_s: ADDRESS_S },
    });
  }

  private walled(): boolean {
    return this.spec.has.lesc && this.spec.radio !== undefined && this.spec.radio.secondWall === true;
  }

  private services(): GattServices {
    const self = this;
    const services: GattServices = {};
    const own: GattServices[""] = {};
    own[Gatt.uplink] = {
      notify: true,
      maxLen: this.spec.notificationBytes,
      onWriteDesc: function (event) {
        // Before that, whatever was notified went nowhere: the hello is due now.
        if (new Uint8Array(event.data)[0] & 1) self.onConnect();
      },
    };
    own[Gatt.downlink] = {
      writable: true,
      maxLen: this.spec.notificationBytes,
      onWrite: function (event) {
        self.onWrite(new Uint8Array(event.data));
      },
    };
    if (this.walled()) own[Gatt.downlink].security = { write: { encrypted: true } };
    services[Gatt.service] = own;
    if (this.spec.radio !== undefined && this.spec.radio.heartRateService === true) {
      services[HEART_RATE] = {};
      services[HEART_RATE][HEART_RATE_MEASUREMENT] = {
        notify: true,
        maxLen: 4,
        value: [HEART_RATE_FLAGS, 0],
      };
    }
    return services;
  }

  advertise(owned: boolean): void {
    this.owned = owned;
    const interval = owned ? OWNED_INTERVAL_MS : UNOWNED_INTERVAL_MS;
    const data: { [uuid: string]: undefined } = {};
    data[Gatt.service] = undefined;
    NRF.setAdvertising(data, {
      name: NAME,
      showName: !owned,
      discoverable: true,
      manufacturer: false,
      connectable: this.admits,
      interval: this.admits ? interval : CLOSED_INTERVAL_MS,
    });
  }

  admit(anybody: boolean): void {
    this.admits = anybody;
    this.advertise(this.owned);
  }

  disconnect(): void {
    if (this.connected) NRF.disconnect();
  }

  notificationBytes(): number {
    return this.bytes;
  }

  notify(bytes: Uint8Array): void {
    if (!this.connected) return;
    this.uplink.value = bytes;
    try {
      NRF.updateServices(this.update);
    } catch {
      // The connection went meanwhile, or the stack is busy: lost, as any notification may be.
    }
  }

  /** Tells the standard service of a beat. @param rrMs since the beat before */
  beat(rrMs: number): void {
    if (!this.connected || !(rrMs > 0)) return;
    const rr = Math.min(65535, Math.round((rrMs * 1024) / 1000));
    const value = [HEART_RATE_FLAGS, Math.min(255, Math.round(60000 / rrMs)), rr & 255, rr >> 8];
    const update: GattServices = {};
    update[HEART_RATE] = {};
    update[HEART_RATE][HEART_RATE_MEASUREMENT] = { notify: true, value };
    try {
      NRF.updateServices(update);
    } catch {
      // Lost, as any notification may be.
    }
  }
}
