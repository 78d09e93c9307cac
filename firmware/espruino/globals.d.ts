/**
 * What the firmware uses of Espruino 2v29, and nothing more; the runtime's own reference says the rest. Seen by
 * tsconfig.firmware.json only: `process`, `require` and the timers are others than Node's.
 */

interface FlashLibrary {
  /** Where the chip's page at an address begins, and how long it is; undefined where there is no flash. */
  getFree(): { addr: number; length: number }[];
  getPage(address: number): { addr: number; length: number } | undefined;
  erasePage(address: number): void;
  write(data: Uint8Array, address: number): void;
  /** undefined for a length of 0. */
  read(length: number, address: number): Uint8Array;
}

interface StorageLibrary {
  /** A string of bytes that stays in flash; undefined where there is no such file. */
  read(name: string): string | undefined;
  read(name: string, offset: number, length: number): string | undefined;
  readArrayBuffer(name: string): ArrayBuffer | undefined;
  /** @throws a string or an Error when there is no room */
  write(name: string, data: string, offset: number, size: number): boolean;
}

interface CryptoLibrary {
  SHA256(message: Uint8Array): ArrayBuffer;
}

interface AesLibrary {
  ccmEncrypt(
    message: Uint8Array,
    key: Uint8Array,
    nonce: Uint8Array,
    tagBytes: number,
  ): { data: ArrayBuffer; tag: ArrayBuffer } | undefined;
  /** Prints an error and returns undefined when the tag does not verify. */
  ccmDecrypt(
    message: Uint8Array,
    key: Uint8Array,
    nonce: Uint8Array,
    tag: Uint8Array,
  ): ArrayBuffer | undefined;
}

interface GattCharacteristic {
  value?: Uint8Array | number[];
  maxLen?: number;
  notify?: boolean;
  writable?: boolean;
  security?: { write: { encrypted: boolean } };
  onWrite?(event: { data: ArrayBuffer }): void;
  /** The client configuration was written: bit 0 of its first byte asks for notifications. */
  onWriteDesc?(event: { data: ArrayBuffer }): void;
}

interface GattServices {
  [service: string]: { [characteristic: string]: GattCharacteristic };
}

interface RuntimeRadio {
  setServices(services: GattServices, options: { uart: boolean }): void;
  /** @throws an Error when the stack refuses; a full queue swallows without one */
  updateServices(services: GattServices): void;
  setAdvertising(
    data: { [uuid: string]: undefined },
    options: {
      name: string;
      showName: boolean;
      discoverable: boolean;
      manufacturer: boolean;
      connectable: boolean;
      /** ms */
      interval: number;
    },
  ): void;
  setSecurity(options: {
    pair: boolean;
    bond: boolean;
    lesc: boolean;
    mitm: boolean;
    privacy: { mode: string; addr_type: string; addr_cycle_s: number };
  }): void;
  setConnectionInterval(ms: number): void;
  disconnect(): void;
  on(event: "connect", run: (address: string) => void): void;
  on(event: "disconnect", run: (reason: number) => void): void;
  on(event: "mtu", run: (mtu: number) => void): void;
}

/** Absent in a build without Bluetooth. */
declare const NRF: RuntimeRadio;

/** Two buffers in turn; the event hands out the one that is full. */
interface RuntimeWaveform {
  on(event: "buffer", run: (buffer: Uint8Array) => void): void;
  startInput(pin: Pin, hz: number, options: { repeat: boolean }): void;
  stop(): void;
}
declare const Waveform: new (samples: number, options: { doubleBuffer: boolean }) => RuntimeWaveform;

declare const SPI1: {
  setup(options: { sck: Pin; mosi: Pin; miso: Pin; baud: number; mode: number }): void;
  send(bytes: Uint8Array, select: Pin): Uint8Array;
};

declare const E: {
  /** Elements of so many bits, most significant first, each looked up in the table if there is one. */
  mapInPlace(from: Uint8Array, to: Int32Array, table: Int16Array | undefined, bits: number): void;
  CRC32(data: Uint8Array | string): number;
  /** 32 bits; from the chip's generator on an nRF52. */
  hwRand(): number;
  /** Volts that a reading of 1 stands for; NaN where the board cannot tell. */
  getAnalogVRef(): number;
  enableWatchdog(seconds: number, automatic: boolean): void;
  kickWatchdog(): void;
  reboot(): void;
  setConsole(device: null, options: { force: boolean }): void;
  setPassword(password: string): void;
  lockConsole(): void;
  toUint8Array(data: string): Uint8Array;
  on(event: "errorFlag", run: (flags: string[]) => void): void;
};

declare const process: {
  readonly env: { BOARD: string };
  readonly version: string;
  /** Collects garbage first. */
  memory(): { flash_code_start?: number; usage: number; blocksize: number };
  on(event: "uncaughtException", run: (error: unknown) => void): void;
};

/** What the boot code says of the image that runs; absent where it was started otherwise. */
declare let avnode:
  | {
      /** LMS public key of its maker's releases in base64, "" for none. */
      key: string;
      counter: number;
      version: string;
      slot: number;
      trial: boolean;
    }
  | undefined;

/** The light on the board itself, where it has one. */
declare const LED1: Pin;

declare class Pin {
  constructor(name: string);
}

declare function require(name: "Flash"): FlashLibrary;
declare function require(name: "Storage"): StorageLibrary;
declare function require(name: "crypto"): CryptoLibrary;
/** Not by `require("crypto").AES`: a runtime with AES_CCM alone, as the XIAO's, has no such property. Undefined without either. */
declare const AES: AesLibrary;
declare function atob(base64: string): string;
declare function print(text: string): void;
/** Seconds. */
declare function getTime(): number;
/** At most a hundred years. */
declare function setTimeout(run: () => void, ms: number): number;
/** @throws when given undefined */
declare function clearTimeout(id: number): void;
declare function setInterval(run: () => void, ms: number): number;
declare function clearInterval(id: number): void;
declare function setWatch(
  /** `time` of the edge, in seconds as `getTime` counts them. */
  run: (event: { state: boolean; time: number }) => void,
  pin: Pin,
  options: { repeat: boolean; edge: string; debounce: number },
): number;
declare function clearWatch(id: number): void;
declare function pinMode(pin: Pin, mode: string): void;
declare function digitalRead(pin: Pin): number;
declare function digitalWrite(pin: Pin, value: number): void;
/** 0 to 1. */
declare function analogRead(pin: Pin): number;
declare function analogWrite(pin: Pin, duty: number, options: { freq: number }): void;
