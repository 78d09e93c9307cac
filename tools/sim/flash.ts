import * as fs from "node:fs";
import type { Flash } from "../../firmware/board/board";
import type { Random } from "./random";

export interface SimFlashOptions {
  pageBytes: number;
  pages: number;
  /** Writes begin at multiples of this and are multiples of it: 4 for the nRF52's own flash, 1 (default) outside. */
  writeBytes?: number;
  /** decides how a power cut tears */
  random: Random;
  /** Image file that every write and erase goes to before it returns; made if absent. In memory without it. */
  path?: string;
}

/**
 * The simulated supply failed. Firmware must not catch it: the processor it runs on is off. It bears no `code`, because
 * the firmware takes an error with one for the refusal of a message.
 */
export class PowerCut extends Error {}

const ERASED = 0xff;

/**
 * NOR flash: a write only clears bits, a page is erased to ones as a whole, power can fail within either. Misuse
 * throws an Error with a `code` and changes nothing.
 *
 * With an image file, killing the process is a power cut between two system calls: the kernel keeps what was written.
 */
export class SimFlash implements Flash {
  readonly pageBytes: number;
  readonly pages: number;
  /** erases of each page since this object was made; an image file does not carry them */
  readonly wear: Uint32Array;
  readonly counters = { writes: 0, erases: 0, bytesWritten: 0 };

  private readonly writeBytes: number;
  private readonly random: Random;
  private readonly content: Uint8Array;
  private readonly file: number | undefined;
  private operationsToCut = Number.POSITIVE_INFINITY;
  private off = false;

  constructor(options: SimFlashOptions) {
    this.pageBytes = options.pageBytes;
    this.pages = options.pages;
    this.writeBytes = options.writeBytes ?? 1;
    this.random = options.random;
    this.wear = new Uint32Array(this.pages);
    this.content = new Uint8Array(this.pageBytes * this.pages).fill(ERASED);
    if (options.path !== undefined) this.file = openImage(options.path, this.content);
  }

  /** A copy; may span pages. */
  read(address: number, length: number): Uint8Array {
    this.demandPower();
    this.demandRange("read", address, length);
    return this.content.slice(address, address + length);
  }

  write(address: number, bytes: Uint8Array): void {
    this.demandPower();
    this.demandWritable(address, bytes);
    this.counters.writes++;
    if (this.cutNow()) {
      const torn = this.tornWrite(address, bytes);
      this.put(address, torn);
      this.counters.bytesWritten += torn.length;
      throw cut(`the write of ${bytes.length} bytes at ${address}`);
    }
    this.put(address, bytes);
    this.counters.bytesWritten += bytes.length;
  }

  erase(page: number): void {
    this.demandPower();
    if (!Number.isInteger(page) || page < 0 || page >= this.pages) {
      throw refused("FLASH_RANGE", `cannot erase page ${page}: pages are 0 to ${this.pages - 1}`);
    }
    this.counters.erases++;
    this.wear[page]!++;
    const address = page * this.pageBytes;
    if (this.cutNow()) {
      this.put(address, this.tornErase(address));
      throw cut(`the erase of page ${page}`);
    }
    this.put(address, new Uint8Array(this.pageBytes).fill(ERASED));
  }

  /** Lets the n-th coming write or erase (1 is the next) happen in part and throw {@link PowerCut}. */
  cutAfter(n: number): void {
    if (!Number.isInteger(n) || n < 1) {
      throw refused("FLASH_CUT", `cannot cut the power at operation ${n}: give 1 for the next, or more`);
    }
    this.operationsToCut = n;
  }

  /** Power returns; no cut is due. The content is as the cut left it. */
  restore(): void {
    this.off = false;
    this.operationsToCut = Number.POSITIVE_INFINITY;
  }

  /** Closes the image file, if there is one. */
  close(): void {
    if (this.file !== undefined) fs.closeSync(this.file);
  }

  private put(address: number, bytes: Uint8Array): void {
    for (let done = 0; this.file !== undefined && done < bytes.length; ) {
      done += fs.writeSync(this.file, bytes, done, bytes.length - done, address + done);
    }
    this.content.set(bytes, address);
  }

  private cutNow(): boolean {
    this.operationsToCut--;
    this.off = this.operationsToCut === 0;
    return this.off;
  }

  /** Any prefix, from nothing to everything, and behind it perhaps one byte with some of its bits cleared. */
  private tornWrite(address: number, bytes: Uint8Array): Uint8Array {
    const whole = this.random.int(bytes.length + 1);
    const spared = this.random.int(256);
    if (whole === bytes.length) return bytes;
    const torn = bytes.slice(0, whole + 1);
    torn[whole] = this.content[address + whole]! & (bytes[whole]! | spared);
    return torn;
  }

  /** Every bit on its own is erased or not; how many are depends on how far the erase had come. */
  private tornErase(address: number): Uint8Array {
    const progress = this.random.next();
    const torn = this.content.slice(address, address + this.pageBytes);
    for (let i = 0; i < torn.length; i++) {
      for (let bit = 1; bit < 256; bit <<= 1) if (this.random.chance(progress)) torn[i]! |= bit;
    }
    return torn;
  }

  private demandPower(): void {
    if (this.off) throw new PowerCut("the flash has no power since a simulated cut; call restore() first");
  }

  private demandRange(what: string, address: number, length: number): void {
    const whole = Number.isInteger(address) && Number.isInteger(length) && address >= 0 && length >= 0;
    if (!whole || address + length > this.content.length) {
      throw refused(
        "FLASH_RANGE",
        `cannot ${what} ${length} bytes at ${address}: the flash has ${this.content.length} bytes`,
      );
    }
  }

  private demandWritable(address: number, bytes: Uint8Array): void {
    const { length } = bytes;
    this.demandRange("write", address, length);
    const what = `cannot write ${length} bytes at ${address}`;
    if (length === 0 || address % this.writeBytes !== 0 || length % this.writeBytes !== 0) {
      throw refused(
        "FLASH_ALIGNMENT",
        `${what}: address and length must be multiples of ${this.writeBytes}, not 0`,
      );
    }
    if (Math.floor(address / this.pageBytes) !== Math.floor((address + length - 1) / this.pageBytes)) {
      throw refused(
        "FLASH_PAGE_CROSSED",
        `${what}: it crosses a page of ${this.pageBytes} bytes; write in parts`,
      );
    }
    for (let i = 0; i < length; i++) {
      if ((this.content[address + i]! & bytes[i]!) !== bytes[i]) {
        throw refused(
          "FLASH_PROGRAM_ONE",
          `${what}: byte ${address + i} has cleared bits; erase its page first`,
        );
      }
    }
  }
}

/** Opens an image and reads it into `content`; an absent one appears at once in full, with what `content` holds. */
function openImage(path: string, content: Uint8Array): number {
  if (!fs.existsSync(path)) {
    fs.writeFileSync(`${path}.new`, content);
    fs.renameSync(`${path}.new`, path);
  }
  const file = fs.openSync(path, "r+");
  const { size } = fs.fstatSync(file);
  if (size !== content.length) {
    fs.closeSync(file);
    throw refused(
      "FLASH_IMAGE_SIZE",
      `cannot use flash image ${path}: it has ${size} bytes, this flash ${content.length}; move it away or fit the size`,
    );
  }
  for (let done = 0; done < size; ) {
    const count = fs.readSync(file, content, done, size - done, done);
    if (count === 0) throw refused("FLASH_IMAGE_SIZE", `flash image ${path} shrank while it was read`);
    done += count;
  }
  return file;
}

function cut(during: string): PowerCut {
  return new PowerCut(`simulated power cut during ${during}`);
}

function refused(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
