/** Flash over raw pages of the chip: free ones, or those within a Storage file that was made once and is left alone since. */
import { ascii, sameBytes } from "../../protocol/bytes";
import type { Flash } from "../board/board";
import type { FlashRegion } from "../board/spec";

/** Storage: a file's header is its size (flags in the top byte) and its name, filled up with zeros; then its bytes follow. */
const HEADER_BYTES = 32;
const NAME_BYTES = 28;
const UNWRITTEN = 0xffffffff;
/** Files begin at such addresses. */
const FILE_ALIGNMENT = 4;
/** So many bytes of the file are compared between its two ways of being read. */
const PROBE_BYTES = 16;

class RawFlash implements Flash {
  private readonly chip = require("Flash");

  constructor(
    private readonly start: number,
    private readonly chipPageBytes: number,
    readonly pageBytes: number,
    readonly pages: number,
  ) {}

  read(address: number, length: number): Uint8Array {
    return length > 0 ? this.chip.read(length, this.start + address) : new Uint8Array(0);
  }

  write(address: number, bytes: Uint8Array): void {
    this.chip.write(bytes, this.start + address);
  }

  erase(page: number): void {
    // The runtime refuses an address that some division left as a double.
    const from = (this.start + page * this.pageBytes) | 0;
    for (let at = 0; at < this.pageBytes; at += this.chipPageBytes) this.chip.erasePage(from + at);
  }
}

function chipPage(address: number): { addr: number; length: number } {
  const page = require("Flash").getPage(address);
  if (!page) throw new Error("no flash at " + address + ": the board file names another address");
  return page;
}

function roundUp(value: number, step: number): number {
  return (Math.ceil(value / step) * step) | 0;
}

function word(bytes: Uint8Array): number {
  return bytes[0] + bytes[1] * 256 + bytes[2] * 65536 + bytes[3] * 16777216;
}

/** A chip's build says where Storage begins; the one for Linux does not, and has it at the beginning of its flash. */
function storageStart(): number {
  const told = process.memory().flash_code_start;
  return told === undefined ? require("Flash").getFree()[0].addr : told;
}

/** Where the bytes of a Storage file begin, by walking the headers from `start`; 0 without such a file. */
function findFile(start: number, fileName: string, size: number): number {
  const chip = require("Flash");
  const name = new Uint8Array(NAME_BYTES);
  name.set(ascii(fileName), 0);
  let address = start;
  let page = chip.getPage(address);
  while (page) {
    const header = chip.read(HEADER_BYTES, address);
    const length = word(header);
    if (length === UNWRITTEN || length === 0) {
      // The rest of this page is free; a file may begin with the next one.
      address = page.addr + page.length;
    } else {
      if (length === size && sameBytes(header.subarray(HEADER_BYTES - NAME_BYTES), name))
        return address + HEADER_BYTES;
      address = roundUp(address + HEADER_BYTES + (length % 16777216), FILE_ALIGNMENT);
    }
    page = chip.getPage(address);
  }
  return 0;
}

/** The runtime and this walk must mean the same bytes, else every page written would destroy another file. */
function probe(name: string, offset: number, found: Uint8Array): boolean {
  const text = require("Storage").read(name, offset, PROBE_BYTES)!;
  for (let i = 0; i < PROBE_BYTES; i++) if (text.charCodeAt(i) !== found[i]) return false;
  return true;
}

/** Pages within a Storage file, and where in the file they begin. */
export interface FileFlash {
  flash: Flash;
  offset: number;
}

/** The file begins anywhere, so that one page of the chip may be lost before the first whole one. */
function sizeOf(region: FlashRegion): number {
  return region.pages * region.pageBytes + chipPage(storageStart()).length;
}

/** @returns undefined while the file is not made. @throws Error when it is not as it should be */
export function findRegion(region: FlashRegion): FileFlash | undefined {
  if (require("Storage").read(region.name, 0, 1) === undefined) return undefined;
  const first = storageStart();
  const chipBytes = chipPage(first).length;
  const size = sizeOf(region);
  const begin = findFile(first, region.name, size);
  const start = roundUp(begin, chipBytes);
  const offset = start - begin;
  if (begin === 0 || !probe(region.name, offset, require("Flash").read(PROBE_BYTES, start)))
    throw new Error(
      "the Storage file " + region.name + " is not of " + size + " bytes where it should stand",
    );
  return { flash: new RawFlash(start, chipBytes, region.pageBytes, region.pages), offset };
}

function withinFile(region: FlashRegion): Flash {
  const found = findRegion(region);
  if (found) return found.flash;
  require("Storage").write(region.name, "", 0, sizeOf(region));
  return findRegion(region)!.flash;
}

/** @throws Error when the region is not there, or no room for its file */
export function openFlash(region: FlashRegion): Flash {
  if (region.kind === "file") return withinFile(region);
  return new RawFlash(region.address, chipPage(region.address).length, region.pageBytes, region.pages);
}
