/** A unit's open console, spoken to in Espruino's packets: expressions, and files that go on where they were cut short. */
import { setTimeout as pause } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { loadConnection } from "./connection";

/** Bytes to and from the unit's console, whatever carries them and however it cuts them. */
export interface Wire {
  write(bytes: Uint8Array): void;
  /** Set by whoever reads. */
  onData: (bytes: Uint8Array) => void;
}

export interface Patience {
  /** For one answer. */
  timeoutMs: number;
  tries: number;
  /** Between two tries. */
  settleMs: number;
}

/**
 * The console's input holds 1,024 bytes, and overflows without a word. Linux' takes half of that at once, and rests for
 * 50 ms.
 */
const CHUNK_BYTES = 448;
/**
 * Reading the CRC of a file takes a unit well under a second. Consoles lose a byte now and then, and the packet with it. A
 * unit gives up an unfinished packet five seconds after its beginning, as this side does; its word of that must pass.
 */
const PATIENCE: Patience = { timeoutMs: 5000, tries: 5, settleMs: 1000 };
/** Type of a packet. */
const ANSWER = 0;
/** Base64 of them fits into one expression. */
const PIECE_BYTES = 384;

/** Ctrl-C and Ctrl-D, which a console takes out of whatever comes, and 255, which Linux' takes for nothing. */
const CONTROLS = [3, 4, 255];
/** What is typed is not shown again, which for a long line, letter by letter, takes minutes. */
const QUIET = "\x10echo(0)\n";
/** Ends what runs within the tenth of a second that follows, and the line that was begun. */
const BREAK = "\x03\x03\n";
const BREAK_MS = 250;
/** Packet lengths to choose from, none of which is written with such a byte. */
const CHUNKS = [CHUNK_BYTES, 416, 368, 352, 336, 320, 304, 288, 272];

/** Most bytes in a packet, such that the last one's length is written without such a byte either. */
export function chunkFor(length: number): number {
  return CHUNKS.find((chunk) => !CONTROLS.includes((length % chunk) & 255))!;
}

/** Blanks behind an expression whose length would be written with such a byte. */
function padded(expression: string): string {
  return CONTROLS.includes(expression.length & 255) ? padded(`${expression} `) : expression;
}

/** The library rejects with strings. */
export const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const quoted = (storage: string) => JSON.stringify(storage);

export class UnitConsole {
  private readonly parts = loadConnection();
  readonly patience: Patience;
  private asked = 0;
  private left = false;

  constructor(wire: Wire, patience: Partial<Patience> = {}) {
    this.patience = { ...PATIENCE, ...patience };
    const { connection } = this.parts;
    connection.chunkSize = CHUNK_BYTES;
    connection.writeLowLevel = async (data) => wire.write(Buffer.from(data, "latin1"));
    wire.onData = (bytes) => {
      try {
        connection.rxDataHandler(Uint8Array.from(bytes).buffer);
      } catch {
        // It throws at an answer that it cannot read; whoever waits for one is told when its time is over.
      }
    };
    connection.openHandler();
    wire.write(Buffer.from(QUIET));
  }

  /** @returns the expression's value, as far as JSON goes */
  ask(expression: string, patience: Partial<Patience> = {}): Promise<unknown> {
    const { timeoutMs, tries } = { ...this.patience, ...patience };
    return this.persist(tries, () => this.evaluate(expression, timeoutMs));
  }

  private evaluate(expression: string, timeoutMs: number): Promise<unknown> {
    const { connection, parse } = this.parts;
    // Told apart by a number: an answer that comes too late is none to the next question.
    const number = ++this.asked;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        connection.removeListener("packet", heard);
        settle();
      };
      const heard = (type: number, data: string) => {
        if (type !== ANSWER) return;
        let answer: unknown;
        try {
          answer = parse(data);
        } catch {
          return;
        }
        if (Array.isArray(answer) && answer[0] === number) end(() => resolve(answer[1]));
      };
      const timer = setTimeout(() => end(() => reject(new Error("no answer"))), timeoutMs);
      connection.on("packet", heard);
      connection
        .espruinoSendPacket("EVAL", padded(`[${number},(${expression})]`))
        .catch((error) => end(() => reject(error)));
    });
  }

  /** @returns the length and CRC-32 that a file has in Storage, zeros without one */
  async standing(storage: string): Promise<[number, number]> {
    const read = `require("Storage").read(${quoted(storage)})`;
    const answer = await this.ask(`(s=>s?[s.length,E.CRC32(s)]:[0,0])(${read})`);
    // What is said of it goes into errors and logs: nothing but numbers, whoever answers.
    if (Array.isArray(answer) && answer.length === 2 && answer.every(Number.isSafeInteger))
      return answer as [number, number];
    throw new Error("an answer that cannot be");
  }

  /**
   * Writes a file into Storage, from where an earlier attempt was cut short.
   * @param data without bytes that a console takes for its own
   */
  async send(storage: string, data: Buffer, progress: (doneBytes: number) => void): Promise<void> {
    let reached = 0;
    let before = 0;
    const tell = (done: number) => {
      reached = Math.max(reached, done);
      progress(done);
    };
    await this.persist(
      this.patience.tries,
      () => this.sendOnce(storage, data, tell),
      () => {
        const further = reached > before;
        before = reached;
        return further;
      },
    );
  }

  private async sendOnce(
    storage: string,
    data: Buffer,
    progress: (doneBytes: number) => void,
  ): Promise<void> {
    const chunk = chunkFor(data.length);
    let at = await this.prefix(storage, data, chunk);
    progress(at);
    if (at === data.length) return;
    const begin = { fn: storage, s: data.length, offs: at };
    await this.parts.connection.espruinoSendPacket("FILE_SEND", JSON.stringify(begin));
    while (at < data.length) {
      const end = Math.min(at + chunk, data.length);
      await this.parts.connection.espruinoSendPacket("DATA", data.toString("latin1", at, end));
      at = end;
      progress(at);
    }
  }

  /** Bytes of the file that stand already, in whole chunks, with nothing written behind them. */
  private async prefix(storage: string, data: Buffer, chunk: number): Promise<number> {
    const [length, crc] = await this.standing(storage);
    if (length !== data.length) return 0;
    if (crc === crc32(data)) return length;
    let low = 0;
    let high = Math.ceil(length / chunk) - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const there =
        (await this.crcOf(storage, 0, middle * chunk)) === crc32(data.subarray(0, middle * chunk));
      if (there) low = middle;
      else high = middle - 1;
    }
    const blank = Buffer.alloc(length - low * chunk, 0xff);
    return (await this.crcOf(storage, low * chunk, blank.length)) === crc32(blank) ? low * chunk : 0;
  }

  private async crcOf(storage: string, offset: number, length: number): Promise<number> {
    const read = `require("Storage").read(${quoted(storage)},${offset},${length})`;
    return (await this.ask(`E.CRC32(${read})`)) as number;
  }

  /** Writes a small file of any bytes; it takes the place of an older one. */
  async write(storage: string, bytes: Uint8Array): Promise<void> {
    const name = quoted(storage);
    await this.ask(`require("Storage").erase(${name})`);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = Buffer.from(bytes.subarray(at, at + PIECE_BYTES)).toString("base64");
      // Written again after an answer was lost, it would meet its own bytes: they are what is wanted.
      const there = `btoa(s.read(${name},${at},${Math.min(PIECE_BYTES, bytes.length - at)}))==p`;
      const write = `s.write(${name},atob(p),${at},${bytes.length})`;
      await this.ask(`((s,p)=>s.read(${name})&&${there}||${write})(require("Storage"),"${piece}")`);
    }
  }

  /** @returns SHA-256 of a piece of a file, base64 */
  async sha256(storage: string, offset: number, length: number): Promise<string> {
    const read = `require("Storage").read(${quoted(storage)},${offset},${length})`;
    return (await this.ask(`btoa(require("crypto").SHA256(${read}))`)) as string;
  }

  /** Nothing is tried again from here on: the unit is gone. */
  leave(): void {
    this.left = true;
  }

  /** @param further whether the last attempt came further than the ones before it: then tries count anew */
  private async persist<T>(
    tries: number,
    attempt: () => Promise<T>,
    further: () => boolean = () => false,
  ): Promise<T> {
    const { settleMs } = this.patience;
    for (let tried = 1; ; tried++) {
      try {
        return await attempt();
      } catch (error) {
        if (further()) tried = 1;
        if (this.left || tried >= tries) throw error;
        await pause(settleMs);
        // A packet that lost its head was typed: what is left of it must not run, or swallow what comes.
        await this.parts.connection.writeLowLevel(BREAK);
        await pause(Math.min(BREAK_MS, settleMs));
        await this.parts.connection.writeLowLevel(QUIET);
      }
    }
  }
}
