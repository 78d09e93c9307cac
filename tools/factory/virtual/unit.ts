/**
 * A blank unit as its console shows it: Espruino's packets, its Storage, its flash, and what the boot code makes of it. The
 * boot code that was flashed runs here as it stands; of the application only that it was started.
 */
import { createHash } from "node:crypto";
import { type Context, createContext, runInContext } from "node:vm";
import { crc32 } from "node:zlib";
import type { Identity } from "../../../firmware/board/board";
import { decodeIdentity } from "../../../firmware/identity";
import type { Flashed } from "../../sim/keepsake";
import { type FrontEndFaults, ModelFrontEnd } from "./frontend";
import { ACK, NAK, PacketReader, PacketType, packet } from "./packets";
import { ModelStorage } from "./storage";

export interface UnitFaults {
  frontEnd?: FrontEndFaults;
  /** Power goes once so many bytes arrived, counted from when the fault was set. */
  diesAfterBytes?: number;
  /** Power goes in the midst of this write to Storage, counted from 1 and from when the fault was set. */
  diesAtWrite?: number;
  /** Every so many-th byte gets lost on its way. */
  losesEvery?: number;
  /** A bit of this file falls as it is written. */
  rots?: string;
  /** Boot code cannot take its console away. */
  staysOpen?: boolean;
  /** It is never heard on the air. */
  silentRadio?: boolean;
  /** Pages of flash hold nothing. */
  badFlash?: boolean;
  batteryMillivolts?: number;
}

export interface UnitOptions {
  /** Serial of its chip. */
  chip: string;
  /** `process.env.BOARD` and `process.version`. */
  runtime?: string;
  version?: string;
  storageBytes?: number;
  /** Bytes a second that its console takes; as fast as it goes when left out. */
  bytesPerSecond?: number;
  /** Until it gives up an unfinished packet, as the runtime does after five seconds. */
  packetMs?: number;
  faults?: UnitFaults;
}

/** By the boot code, to the application. */
interface Told {
  /** Base64. */
  key: string;
  counter: number;
  version: string;
}

/** The supply went; nothing that ran goes on. */
class PowerLost extends Error {}

const LATIN: BufferEncoding = "latin1";
const PACKET_MS = 5000;
const XIAO = { runtime: "XIAOBLE", version: "2v29", storageBytes: 2097152, packetMs: PACKET_MS };
const PAGE_BYTES = 4096;
/** Of the longest string that lies in memory as it is. */
const AREA_BYTES = 65535;
/** Of the reference board: its battery's divider, and the pin that grounds it, which the runtime inverts. */
const RATIO = 1510 / 510;
const FOOT = "D14";
const REFERENCE_VOLTS = 3.6;

export class VirtualUnit {
  readonly chip: string;
  faults: UnitFaults;
  buttonHeld = false;
  /** Bytes to whoever is connected; set by the wire. */
  send: (text: string) => void = () => {};
  /** Power is gone; set by the wire. */
  lost: () => void = () => {};
  /** SHA-256 of the application that runs, undefined while none does. */
  application: string | undefined;
  /** Its console is gone. */
  locked = false;
  /** What the boot code told it at its newest start. */
  booted: Pick<Flashed, "key" | "counter" | "version"> | undefined;
  private readonly storage: ModelStorage;
  private readonly pages = new Map<number, Buffer>();
  private readonly options: Required<Omit<UnitOptions, "faults" | "bytesPerSecond">> &
    Pick<UnitOptions, "bytesPerSecond">;
  private on = false;
  private advertises = false;
  private context: Context | undefined;
  private reader: PacketReader | undefined;
  private frontEnd: ModelFrontEnd | undefined;
  private file: { name: string; size: number; at: number } | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private bootedMs = 0;
  /** Taking bytes that arrived before. */
  private busyUntilMs = 0;
  /** The unfinished packet that a timer is set for. */
  private watched = 0;
  private taken = 0;
  private writes = 0;

  constructor({ faults = {}, ...options }: UnitOptions) {
    this.options = { ...XIAO, ...options };
    this.chip = options.chip;
    this.faults = faults;
    this.storage = new ModelStorage(this.options.storageBytes, () => this.written());
  }

  /** Power failures begin to count anew. */
  harm(faults: UnitFaults): void {
    this.faults = faults;
    this.taken = 0;
    this.writes = 0;
  }

  /** @param off whether the electrodes hang in the air; they are shorted otherwise */
  electrodes(off: boolean): void {
    this.frontEnd?.electrodes(off);
  }

  /** Its clock is put forward. */
  passes(ms: number): void {
    this.bootedMs -= ms;
  }

  /** It advertises. */
  get onAir(): boolean {
    return this.on && this.advertises && !this.faults.silentRadio;
  }

  /** What the factory wrote into it. @returns undefined without an identity; @throws IDENTITY_* */
  identity(): Identity | undefined {
    const file = this.storage.read("identity");
    return file === undefined ? undefined : decodeIdentity(Buffer.from(file, LATIN), (bytes) => crc32(bytes));
  }

  /** What stands in Storage under this name. */
  stored(name: string): Buffer | undefined {
    const file = this.storage.read(name);
    return file === undefined ? undefined : Buffer.from(file, LATIN);
  }

  /** Puts a file there as somebody else would have. */
  plant(name: string, bytes: Uint8Array): void {
    this.storage.write(name, Buffer.from(bytes).toString(LATIN));
  }

  /** What its flash holds from an address on. */
  flash(address: number, length: number): Buffer {
    return Buffer.from(Array.from({ length }, (_, i) => this.page(address + i)[(address + i) % PAGE_BYTES]!));
  }

  /** Flashes bytes there as somebody else would have, its bootloader for one. */
  burn(address: number, bytes: Uint8Array): void {
    for (const [i, byte] of bytes.entries()) this.page(address + i)[(address + i) % PAGE_BYTES] = byte;
  }

  powerOn(): void {
    if (this.on) return;
    this.on = true;
    this.boot();
  }

  powerOff(): void {
    this.on = false;
    this.halt();
  }

  /** Bytes that reach its console. */
  take(bytes: Uint8Array): void {
    if (!this.on) return;
    const { losesEvery = 0, diesAfterBytes = Number.POSITIVE_INFINITY } = this.faults;
    let text = "";
    for (const byte of bytes) {
      this.taken++;
      if (this.taken >= diesAfterBytes) {
        this.fail();
        return;
      }
      if (losesEvery === 0 || this.taken % losesEvery !== 0) text += String.fromCharCode(byte);
    }
    if (this.locked) return;
    const { bytesPerSecond } = this.options;
    if (bytesPerSecond === undefined) this.guard(() => this.read(text));
    else {
      const now = performance.now();
      this.busyUntilMs = Math.max(now, this.busyUntilMs) + (1000 * bytes.length) / bytesPerSecond;
      this.later(this.busyUntilMs - now, () => this.read(text));
    }
  }

  private read(text: string): void {
    const { reader } = this;
    if (!reader) return;
    reader.take(text);
    if (reader.begun === this.watched) return;
    this.watched = reader.begun;
    const { begun } = reader;
    if (begun > 0)
      this.later(this.options.packetMs, () => {
        if (reader !== this.reader || reader.begun !== begun) return;
        reader.forget();
        this.answer(NAK);
      });
  }

  private boot(): void {
    this.bootedMs = performance.now();
    this.busyUntilMs = 0;
    this.watched = 0;
    this.locked = false;
    this.advertises = false;
    this.application = undefined;
    this.file = undefined;
    this.frontEnd = new ModelFrontEnd(() => this.uptimeMs(), this.faults.frontEnd ?? {});
    this.reader = new PacketReader(
      (type, data) => this.packet(type, data),
      (text) => this.typed(text),
    );
    this.context = createContext(this.scope());
    const bootCode = this.storage.read(".bootcde");
    if (bootCode === undefined) return;
    this.guard(() => {
      try {
        runInContext(bootCode, this.context!);
      } catch (error) {
        if (error instanceof PowerLost) throw error;
        // As the runtime does: an error of the boot code is told on the console, if there is one.
        this.answer(`Uncaught ${error}\r\n`);
      }
    });
  }

  private halt(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.context = undefined;
    this.reader = undefined;
  }

  /** Power goes by itself. */
  private fail(): void {
    this.powerOff();
    this.faults = { ...this.faults, diesAfterBytes: undefined, diesAtWrite: undefined };
    this.lost();
  }

  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof PowerLost)) throw error;
      this.fail();
    }
  }

  private later(ms: number, run: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (this.on) this.guard(run);
    }, ms);
    this.timers.add(timer);
    return timer;
  }

  private uptimeMs(): number {
    return performance.now() - this.bootedMs;
  }

  private written(): void {
    this.writes++;
    if (this.writes === this.faults.diesAtWrite) throw new PowerLost();
  }

  private answer(text: string): void {
    if (!this.locked) this.send(text);
  }

  private packet(type: number, data: string): void {
    if (type === PacketType.eval) {
      this.evaluate(data);
      return;
    }
    try {
      if (type === PacketType.fileSend) {
        const { fn, s, offs = 0 } = JSON.parse(data) as { fn: string; s: number; offs?: number };
        this.file = { name: fn, size: s, at: offs };
        // A file that goes on stands already; another takes its place.
        if (offs === 0) this.storage.erase(fn);
      } else if (type === PacketType.data && this.file) {
        const { name, size, at } = this.file;
        this.storage.write(name, data, at, size);
        if (name === this.faults.rots) this.storage.rot(name, at);
        this.file.at += data.length;
        if (this.file.at >= size) this.file = undefined;
      } else throw new Error("a packet that means nothing here");
      this.answer(ACK);
    } catch (error) {
      if (error instanceof PowerLost) throw error;
      this.file = undefined;
      this.answer(NAK);
    }
  }

  private evaluate(expression: string): void {
    let value: unknown;
    try {
      value = runInContext(`(${expression}\n)`, this.context!);
    } catch (error) {
      if (error instanceof PowerLost) throw error;
      this.answer(`${NAK}Uncaught ${error}\r\n`);
      return;
    }
    const told = (JSON.stringify(value) ?? "undefined").replace(
      /[\x7f-\uffff]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    this.answer(ACK + packet(PacketType.response, told));
  }

  /** A line that somebody typed is run, and its value shown. */
  private typed(text: string): void {
    for (const line of text.split(/[\p{Cc}]+/u)) {
      if (line.trim() === "") continue;
      try {
        const value = runInContext(line, this.context!);
        this.answer(`=${String(value)}\r\n>`);
      } catch (error) {
        if (error instanceof PowerLost) throw error;
        this.answer(`Uncaught ${error}\r\n>`);
      }
    }
  }

  private page(address: number): Buffer {
    const start = address - (address % PAGE_BYTES);
    let page = this.pages.get(start);
    if (!page) {
      page = Buffer.alloc(PAGE_BYTES, 0xff);
      this.pages.set(start, page);
    }
    return page;
  }

  /** What a script of the runtime finds. */
  private scope(): Record<string, unknown> {
    const bytesOf = (data: string | ArrayBuffer | ArrayLike<number>) =>
      typeof data === "string"
        ? Buffer.from(data, LATIN)
        : Buffer.from(
            data instanceof Object && "byteLength" in data && !("length" in data)
              ? new Uint8Array(data as ArrayBuffer)
              : (data as Uint8Array),
          );
    const { storage, options } = this;
    const { chip, runtime, version } = options;
    const Storage = {
      list: () => storage.list(),
      read: (name: string, offset?: number, length?: number) => storage.read(name, offset, length),
      readArrayBuffer: (name: string) => {
        const file = storage.read(name);
        return file === undefined ? undefined : new Uint8Array(Buffer.from(file, LATIN)).buffer;
      },
      write: (name: string, data: string | ArrayBuffer, offset?: number, size?: number) =>
        storage.write(name, bytesOf(data).toString(LATIN), offset, size),
      erase: (name: string) => storage.erase(name),
      eraseAll: () => storage.eraseAll(),
      compact: () => storage.compact(),
      getFree: () => storage.free(),
    };
    const Flash = {
      getPage: (address: number) => ({ addr: address - (address % PAGE_BYTES), length: PAGE_BYTES }),
      erasePage: (address: number) => {
        this.written();
        this.page(address).fill(0xff);
      },
      write: (data: string | ArrayBuffer, address: number) => {
        this.written();
        const bytes = bytesOf(data);
        const page = this.page(address);
        for (let i = 0; i < bytes.length; i++) {
          const at = (address % PAGE_BYTES) + i;
          page[at]! &= this.faults.badFlash ? 0x55 : bytes[i]!;
        }
      },
      read: (length: number, address: number) => new Uint8Array(this.flash(address, length)),
    };
    const crypto = {
      SHA256: (data: string | ArrayBuffer) =>
        new Uint8Array(createHash("sha256").update(bytesOf(data)).digest()).buffer,
    };
    const modules: Record<string, unknown> = { Storage, Flash, crypto };
    const E = {
      CRC32: (data: string | ArrayBuffer | undefined) =>
        data === undefined ? undefined : crc32(bytesOf(data)),
      hwRand: () =>
        createHash("sha256").update(`${chip} ${this.uptimeMs()} ${this.taken}`).digest().readInt32BE(),
      memoryArea: (address: number, length: number) =>
        length > AREA_BYTES ? undefined : this.flash(address, length).toString(LATIN),
      toUint8Array: (data: string | ArrayBuffer) => new Uint8Array(bytesOf(data)),
      reboot: () => {
        // The console's own connection goes with it.
        this.powerOff();
        this.lost();
      },
      getAnalogVRef: () => REFERENCE_VOLTS,
      setPassword: () => {},
      lockConsole: () => {},
      setConsole: (device: unknown) => {
        if (device === null && !this.faults.staysOpen) this.locked = true;
      },
    };
    const every = (run: () => void, ms: number) => {
      const again = () => {
        run();
        timers.set(id, this.later(ms, again));
      };
      const id = timers.size + 1;
      timers.set(id, this.later(ms, again));
      return id;
    };
    const timers = new Map<number, NodeJS.Timeout>();
    const levels = new Map<string, number>();
    return {
      process: { env: { SERIAL: chip, BOARD: runtime }, version, memory: () => ({}) },
      require: (name: string) => modules[name],
      E,
      NRF: {
        disconnect() {},
        sleep() {},
        setServices() {},
      },
      SPI1: {
        setup() {},
        send: (data: string | ArrayBuffer | number[]) =>
          this.frontEnd!.transfer(new Uint8Array(bytesOf(data))),
      },
      Pin: class {
        constructor(readonly name: string) {}
      },
      pinMode() {},
      digitalWrite: (pin: { name: string }, level: number) => void levels.set(pin.name, level),
      // To ground while it is held.
      digitalRead: () => (this.buttonHeld ? 0 : 1),
      analogWrite() {},
      analogRead: () =>
        levels.get(FOOT) ? (this.faults.batteryMillivolts ?? 3900) / 1000 / RATIO / REFERENCE_VOLTS : 1,
      getTime: () => this.uptimeMs() / 1000,
      setTimeout: (run: () => void, ms: number) => void this.later(ms, run),
      setInterval: every,
      clearInterval: (id: number) => clearTimeout(timers.get(id)),
      print: (...words: unknown[]) => this.answer(`${words.join(" ")}\r\n`),
      btoa: (data: string | ArrayBuffer) => bytesOf(data).toString("base64"),
      atob: (text: string) => Buffer.from(text, "base64").toString(LATIN),
      // What the boot code has found to be its application: it begins, and is not played through.
      eval: (code: string) => {
        if (code === "") return;
        this.application = createHash("sha256").update(code, LATIN).digest("hex");
        const { key, counter, version } = (this.context as unknown as { avnode: Told }).avnode;
        this.booted = { key: Buffer.from(key, "base64"), counter, version };
        this.advertises = storage.read("identity") !== undefined;
      },
    };
  }
}
