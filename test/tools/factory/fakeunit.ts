/** The least that a station can talk to: packets, expressions, files, and a restart that locks. */
import { createHash } from "node:crypto";
import { createContext, runInContext } from "node:vm";
import { crc32 } from "node:zlib";
import type { OpenWire, Port } from "../../../tools/factory/ports/port";

const ACK = "\x06";
const NAK = "\x15";

const latin = (value: string | ArrayBuffer | Uint8Array) =>
  typeof value === "string" ? Buffer.from(value, "latin1") : Buffer.from(value as Uint8Array);

export interface FakeOptions {
  chip: string;
  board?: string;
  version?: string;
  hint?: string;
  /** Of its radio, where it comes over the air. */
  address?: string;
  /** Of the port that it is at. */
  heardOver?: Port["heardOver"];
}

export class FakeUnit {
  readonly files = new Map<string, Buffer>();
  readonly evaluated: string[] = [];
  locked = false;
  /** Called with every packet before it is carried out; throws to cut the power there. */
  onPacket: (kind: number, data: string) => void = () => {};
  /** What it says instead of an expression's value, where it says something. */
  answers: (expression: string) => unknown = () => undefined;
  /** Its console is open to whoever is near, and somebody is connected there. */
  onAir = true;
  strangerOnAir = true;
  /** Stays open although its boot code says otherwise. */
  open = false;
  private wire: OpenWire | undefined;
  private heard = "";
  private file: { fn: string; s: number; offs: number } | undefined;
  private readonly context: object;

  constructor(readonly options: FakeOptions) {
    const { files } = this;
    const storage = {
      read(name: string, offset = 0, length?: number) {
        const file = files.get(name);
        return file?.subarray(offset, length === undefined ? undefined : offset + length).toString("latin1");
      },
      write: (name: string, data: string, offset = 0, size = 0) => this.put(name, latin(data), offset, size),
      erase: (name: string) => void files.delete(name),
      eraseAll: () => files.clear(),
      list: () => [...files.keys()],
    };
    const modules: Record<string, object> = {
      Storage: storage,
      Flash: { erasePage() {} },
      crypto: { SHA256: (data: string) => createHash("sha256").update(latin(data)).digest() },
    };
    this.context = createContext({
      require: (name: string) => modules[name],
      E: { CRC32: (data: string) => crc32(latin(data)), reboot: () => this.reboot() },
      btoa: (data: string) => latin(data).toString("base64"),
      atob: (text: string) => Buffer.from(text, "base64").toString("latin1"),
      process: {
        env: { SERIAL: options.chip, BOARD: options.board ?? "LINUX" },
        version: options.version ?? "2v29.277",
      },
      NRF: {
        disconnect: () => {
          this.strangerOnAir = false;
        },
        sleep: () => {
          this.onAir = false;
        },
      },
      setTimeout: (run: () => void) => setTimeout(run, 5),
    });
  }

  connect(): OpenWire {
    this.heard = "";
    const wire: OpenWire = {
      hint: this.options.hint,
      address: this.options.address,
      onData: () => {},
      onGone: () => {},
      close: async () => {
        if (this.wire === wire) this.wire = undefined;
      },
      write: (bytes) => {
        if (this.wire === wire) this.take(Buffer.from(bytes).toString("latin1"));
      },
    };
    this.wire = wire;
    return wire;
  }

  /** The power goes. */
  cut(): void {
    const { wire } = this;
    this.wire = undefined;
    this.file = undefined;
    if (this.files.has(".bootcde") && !this.open) this.locked = true;
    setImmediate(() => wire?.onGone());
  }

  private reboot(): void {
    this.cut();
  }

  private put(name: string, data: Buffer, offset: number, size: number): boolean {
    let file = this.files.get(name);
    if (offset === 0 && file?.length !== (size || data.length)) file = undefined;
    if (offset === 0 && file?.some((byte) => byte !== 0xff)) file = undefined;
    file ??= Buffer.alloc(size || data.length, 0xff);
    this.files.set(name, file);
    if (file.subarray(offset, offset + data.length).some((byte) => byte !== 0xff))
      throw new Error("not erased");
    data.copy(file, offset);
    return true;
  }

  private answer(text: string): unknown {
    const { wire } = this;
    return setImmediate(() => wire?.onData(Buffer.from(text, "latin1")));
  }

  private take(text: string): void {
    if (this.locked) return;
    this.heard += text;
    for (;;) {
      const start = this.heard.indexOf("\x10\x01");
      if (start < 0 || this.heard.length < start + 4) {
        if (start < 0 && /print\(/.test(this.heard)) this.answer("open\r\n");
        return;
      }
      const flags = (this.heard.charCodeAt(start + 2) << 8) | this.heard.charCodeAt(start + 3);
      const end = start + 4 + (flags & 0x1fff);
      if (this.heard.length < end) return;
      const data = this.heard.slice(start + 4, end);
      this.heard = this.heard.slice(end);
      const before = this.wire;
      this.onPacket(flags >> 13, data);
      if (this.wire !== before) return;
      this.carryOut(flags >> 13, data);
    }
  }

  private carryOut(kind: number, data: string): unknown {
    if (kind === 1) {
      this.evaluated.push(data);
      let value: string;
      try {
        const said = this.answers(data);
        const result = runInContext(data, this.context) as unknown[];
        value = JSON.stringify(said === undefined ? result : [result[0], said]) ?? "undefined";
      } catch {
        return this.answer(NAK);
      }
      const flags = String.fromCharCode(value.length >> 8, value.length & 255);
      return this.answer(`${ACK}\x10\x01${flags}${value}`);
    }
    if (kind === 3) {
      this.file = { offs: 0, ...(JSON.parse(data) as { fn: string; s: number }) };
      return this.answer(ACK);
    }
    if (kind === 4 && this.file) {
      try {
        this.put(this.file.fn, latin(data), this.file.offs, this.file.s);
      } catch {
        // As Espruino, which acknowledges it all the same.
      }
      this.file.offs += data.length;
      return this.answer(ACK);
    }
    return this.answer(NAK);
  }
}

/** A slot into which units are put one behind the other; a unit that lost its power comes back at once. */
export function fakePort(name: string, units: FakeUnit[]): Port {
  let unit: FakeUnit | undefined;
  return {
    name,
    heardOver: units[0]?.options.heardOver,
    async waitForUnit(signal) {
      unit ??= units.shift();
      if (unit) return unit.connect();
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
    },
    async waitForRemoval() {
      unit = undefined;
    },
  };
}
