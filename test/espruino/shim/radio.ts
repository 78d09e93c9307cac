/**
 * `NRF` of a board with Bluetooth, as far as firmware of ours can see it: refuses what the runtime refuses, and loses
 * without a word what it loses.
 */
import { advertisement, scanResponse, uuidBytes } from "./advertising";
import { after, cancel, every, uptimeMs } from "./clock";
import type { Said } from "./said";

interface Characteristic {
  value?: unknown;
  maxLen?: number;
  notify?: boolean;
  writable?: boolean;
  onWrite?: (event: { data: ArrayBuffer }) => void;
  onWriteDesc?: (event: { data: ArrayBuffer }) => void;
}
type Services = { [service: string]: { [characteristic: string]: Characteristic } };
type Listener = (argument: unknown) => void;

const NORDIC_UART = "6e400001-b5a3-f393-e0a9-e50e24dcca9e";
/** The runtime's name for a board that nobody named ends in its serial number. */
const DEFAULT_NAME = "XIAOBLE 5e1f";
/** Unless the firmware asks for another. The stack holds one notification until the next comes round. */
const CONNECTION_INTERVAL_MS = 30;
/** Of an attribute, in one write or notification. */
const ATT_HEADER = 3;
const SERVICE_OPTIONS = ["hid", "uart", "ancs", "ams", "cts", "advertise"];

export class Radio {
  uart = true;
  services: Services = {};
  advertising: number[] = [];
  scan: number[] = [];
  deviceName = DEFAULT_NAME;
  connected = false;
  security: unknown;
  private connectionIntervalMs = CONNECTION_INTERVAL_MS;
  /** The central asked for notifications. */
  private subscribed = false;
  /** Notifications that found the queue full. */
  vanished = 0;
  private scanUuids: string[] = [];
  private advertisingIsDefault = true;
  private needsRestart = false;
  private mtu = 23;
  /** Waits for the next connection event. */
  private held: string | undefined;
  private events = 0;
  private readonly listeners: { [event: string]: Listener[] } = {};

  constructor(private readonly said: Said) {
    this.refresh();
  }

  private refresh(): void {
    if (this.advertisingIsDefault) this.advertising = advertisement(undefined, undefined, this.deviceName);
    this.scan = scanResponse(this.uart ? [NORDIC_UART].concat(this.scanUuids) : this.scanUuids);
  }

  /** A central connects and asks for notifications of everything. @param mtu what both agree on */
  connect(mtu: number): void {
    if (this.connected) throw new Error("connected already");
    this.connected = true;
    this.mtu = mtu;
    this.emit("connect", "d0:0d:d0:0d:d0:0d random");
    this.emit("mtu", mtu);
    const self = this;
    this.events = every(function () {
      if (self.held !== undefined) self.said.notifications.push(self.held);
      self.held = undefined;
    }, this.connectionIntervalMs);
    this.subscribed = true;
    const enabled = new Uint8Array([1, 0]).buffer as ArrayBuffer;
    for (const service in this.services)
      for (const one in this.services[service]) {
        const known = this.services[service][one];
        if (known.notify && known.onWriteDesc) this.guarded(known.onWriteDesc, { data: enabled });
      }
  }

  disconnect(): void {
    if (!this.connected) return;
    this.connected = false;
    this.subscribed = false;
    this.held = undefined;
    cancel(this.events);
    this.needsRestart = false;
    this.emit("disconnect", 0x13);
  }

  /** A central writes without asking for a response. */
  write(service: string, characteristic: string, bytes: ArrayBuffer): void {
    if (!this.connected) throw new Error("nobody is connected who could write");
    const known = this.find(service, characteristic);
    const length = bytes.byteLength;
    if (!known.writable) throw new Error("a write to what is not writable");
    if (length > this.mtu - ATT_HEADER || (known.maxLen !== undefined && length > known.maxLen))
      throw new Error("a write of " + length + " bytes is too long");
    if (known.onWrite) this.guarded(known.onWrite, { data: bytes });
  }

  /** What the firmware throws ends nothing here. */
  private guarded<T>(run: (argument: T) => void, argument: T): void {
    try {
      run(argument);
    } catch (error) {
      this.said.failed(error);
    }
  }

  private emit(event: string, argument: unknown): void {
    const listeners = this.listeners[event] || [];
    for (let i = 0; i < listeners.length; i++) this.guarded(listeners[i], argument);
  }

  private find(service: string, characteristic: string): Characteristic {
    uuidBytes(service);
    uuidBytes(characteristic);
    const known = this.services[service] && this.services[service][characteristic];
    if (!known) throw new Error("Unable to find service with UUID " + characteristic);
    return known;
  }

  private update(service: string, characteristic: string, next: Characteristic): void {
    const known = this.find(service, characteristic);
    if (next.value === undefined) return;
    const bytes = E.toString(next.value);
    if (known.maxLen !== undefined && bytes.length > known.maxLen) throw new Error("ERR 0xc (DATA_SIZE)");
    if (!next.notify || !this.subscribed) return;
    if (!known.notify) throw new Error("ERR 0x8 (INVALID_STATE): a notification of what has none");
    // The stack would cut it short without a word, which no firmware can mean.
    if (bytes.length > this.mtu - ATT_HEADER)
      throw new Error("a notification of " + bytes.length + " bytes at an MTU of " + this.mtu);
    if (this.held !== undefined) this.vanished++;
    else this.held = btoa(bytes);
  }

  private setServices(data: Services | undefined, options: { [name: string]: unknown } | undefined): void {
    for (const name in options || {})
      if (SERVICE_OPTIONS.indexOf(name) < 0) throw new Error("Unknown option " + name);
    const asked = options || {};
    for (const service in data || {}) {
      uuidBytes(service);
      for (const characteristic in data![service]) {
        uuidBytes(characteristic);
        const one = data![service][characteristic];
        if (one.value === undefined && one.maxLen === undefined) one.maxLen = 1;
        else if (one.maxLen === undefined) one.maxLen = E.toString(one.value).length;
      }
    }
    this.services = data || {};
    this.uart = asked.uart !== false;
    this.scanUuids = (asked.advertise as string[]) || [];
    // Services change when the stack restarts, and it does not while somebody is connected.
    this.needsRestart = this.connected;
    this.refresh();
  }

  private setAdvertising(data: unknown, options: { name?: string } | undefined): void {
    if (options && options.name !== undefined) this.deviceName = options.name;
    this.advertisingIsDefault = data === undefined;
    this.advertising = advertisement(data, options, this.deviceName);
  }

  install(scope: { [name: string]: unknown }): void {
    const self = this;
    scope.NRF = {
      setServices: function (
        data: Services | undefined,
        options: { [name: string]: unknown } | undefined,
      ): void {
        self.setServices(data, options);
      },
      updateServices: function (data: Services): void {
        if (self.needsRestart) throw new Error("Can't update services until BLE restart");
        for (const service in data)
          for (const one in data[service]) self.update(service, one, data[service][one]);
      },
      setAdvertising: function (data: unknown, options: { name?: string } | undefined): void {
        self.setAdvertising(data, options);
      },
      getAdvertisingData: function (data: unknown, options: { manufacturer?: number } | undefined): number[] {
        const asked = options || {};
        if (asked.manufacturer === undefined) asked.manufacturer = 0;
        return advertisement(data, asked, self.deviceName);
      },
      setScanResponse: function (data: number[] | undefined): void {
        if (data) self.scan = data;
        else self.refresh();
      },
      setSecurity: function (options: unknown): void {
        self.security = options;
      },
      setConnectionInterval: function (interval: unknown): void {
        self.connectionIntervalMs = typeof interval === "number" ? interval : CONNECTION_INTERVAL_MS;
      },
      setTxPower: function (): void {},
      setAddress: function (): void {},
      getAddress: function (): string {
        return "e0:00:00:00:5e:1f random";
      },
      getSecurityStatus: function (): unknown {
        return { connected: self.connected, encrypted: false, mitm_protected: false, bonded: false };
      },
      restart: function (): void {
        if (!self.connected) self.needsRestart = false;
      },
      disconnect: function (): void {
        if (!self.connected) return;
        after(function () {
          self.disconnect();
          self.said.disconnected = true;
        }, 1);
      },
      wake: function (): void {},
      sleep: function (): void {
        self.advertising = [];
        self.said.disconnected = self.connected;
        self.disconnect();
      },
      on: function (event: string, run: Listener): void {
        if (!self.listeners[event]) self.listeners[event] = [];
        self.listeners[event].push(run);
      },
    };
  }

  /** As a scanner and whoever connects would see it. */
  seen(): unknown {
    return {
      advertising: btoa(E.toString(this.advertising)),
      scanResponse: btoa(E.toString(this.scan)),
      name: this.deviceName,
      uart: this.uart,
      services: Object.keys(this.services),
      connected: this.connected,
      security: this.security === undefined ? null : this.security,
      vanished: this.vanished,
      atMs: uptimeMs(),
    };
  }
}
