/**
 * Slots: room for whole images beside the one that the factory flashed. The first page of each is its head: the release as
 * it travels, and words that are only ever cleared, so that every step of an update is one write that a power cut leaves
 * done or not done.
 */
import { cut, putBytes, takeBytes } from "../protocol/bytes";
import { decodeRelease, type Release, splitRelease } from "../protocol/release";
import type { Flash } from "./board/board";
import type { Crc32 } from "./page";

const MAGIC = 0x5355;
const FIRST_BYTES = 4;
const CRC_BYTES = 4;
const CLEARED = new Uint8Array(4);

/** Words behind the head, in order: all ones when it is written, cleared once. */
export const Word = {
  /** The whole image was verified where it stands. */
  ready: 0,
  /** Its owner wants it to run. */
  asked: 1,
  /** The boot code is about to run it for the first time. */
  tried: 2,
  /** It has shown that it works. */
  kept: 3,
};

/** Of the factory's image, which stands in no slot. */
export const GOLDEN = -1;

export interface Found {
  slot: number;
  /** As it travels. */
  bytes: Uint8Array;
  release: Release;
  /** Which words are cleared. */
  words: boolean[];
}

/** May run: kept, or asked for and never tried. */
function runs(words: boolean[]): boolean {
  return words[Word.kept] || (words[Word.ready] && words[Word.asked] && !words[Word.tried]);
}

/** Where the words begin, behind the release as it travels and a CRC-32. */
function wordsAt(bytes: number): number {
  return FIRST_BYTES + ((bytes + 3) & ~3) + CRC_BYTES;
}

export class Slots {
  private readonly pagesEach: number;

  constructor(
    private readonly flash: Flash,
    readonly count: number,
    private readonly crc32: Crc32,
  ) {
    this.pagesEach = Math.floor(flash.pages / count);
  }

  /** Bytes of the longest image. */
  room(): number {
    return (this.pagesEach - 1) * this.flash.pageBytes;
  }

  /** Pages of a slot that an image needs, its head included. */
  pagesFor(bytes: number): number {
    return 1 + Math.ceil(bytes / this.flash.pageBytes);
  }

  /** Where a slot's image begins, in bytes of the flash. */
  imageAt(slot: number): number {
    return (slot * this.pagesEach + 1) * this.flash.pageBytes;
  }

  private headAt(slot: number): number {
    return slot * this.pagesEach * this.flash.pageBytes;
  }

  /** What a slot's head says; undefined where none stands, or a torn one. */
  find(slot: number): Found | undefined {
    const at = this.headAt(slot);
    const first = this.flash.read(at, FIRST_BYTES);
    const length = takeBytes(first, 2, 2);
    const end = wordsAt(length);
    if (takeBytes(first, 0, 2) !== MAGIC || end + 4 * (Word.kept + 1) > this.flash.pageBytes)
      return undefined;
    const head = this.flash.read(at, end + 4 * (Word.kept + 1));
    if (takeBytes(head, end - CRC_BYTES, CRC_BYTES) !== this.crc32(head.subarray(0, end - CRC_BYTES)))
      return undefined;
    const bytes = cut(head, FIRST_BYTES, FIRST_BYTES + length);
    const words: boolean[] = [];
    for (let word = Word.ready; word <= Word.kept; word++)
      words.push(takeBytes(head, end + 4 * word, 4) === 0);
    try {
      return { slot, bytes, release: decodeRelease(splitRelease(bytes).encoded), words };
    } catch {
      // Nothing of ours: whoever wrote it must not keep the factory's image from running.
      return undefined;
    }
  }

  /** Makes a slot's head void before its page is erased: of a torn erase nothing may be left that runs. */
  spoil(slot: number): void {
    this.flash.write(this.headAt(slot), CLEARED);
  }

  /** @param page of the slot, from 0 */
  erase(slot: number, page: number): void {
    this.flash.erase(slot * this.pagesEach + page);
  }

  /** Writes the head of a release into an erased page. @returns false when the worn page does not keep it */
  writeHead(slot: number, bytes: Uint8Array): boolean {
    const end = wordsAt(bytes.length);
    const head = new Uint8Array(end);
    head.fill(0xff);
    putBytes(head, 0, MAGIC, 2);
    putBytes(head, 2, bytes.length, 2);
    head.set(bytes, FIRST_BYTES);
    putBytes(head, end - CRC_BYTES, this.crc32(head.subarray(0, end - CRC_BYTES)) | 0, CRC_BYTES);
    this.flash.write(this.headAt(slot), head);
    return this.find(slot) !== undefined;
  }

  /** Bytes of the image. */
  read(slot: number, at: number, length: number): Uint8Array {
    return this.flash.read(this.imageAt(slot) + at, length);
  }

  /** Within one page. @returns false when the worn page does not keep it */
  write(slot: number, at: number, bytes: Uint8Array): boolean {
    const padded = new Uint8Array((bytes.length + 3) & ~3);
    padded.fill(0xff);
    padded.set(bytes, 0);
    this.flash.write(this.imageAt(slot) + at, padded);
    return this.crc32(this.read(slot, at, padded.length)) === this.crc32(padded);
  }

  /** Clears a word of a head that stands. @returns false when the worn page does not keep it */
  clear(found: Found, word: number): boolean {
    const at = this.headAt(found.slot) + wordsAt(found.bytes.length) + 4 * word;
    this.flash.write(at, CLEARED);
    found.words[word] = takeBytes(this.flash.read(at, 4), 0, 4) === 0;
    return found.words[word];
  }

  /**
   * What runs now, as the boot code decides: of what may run the highest counter above the factory's, if its image is as it
   * was written. A new one is marked as tried before it runs: whatever becomes of it, the next start runs another.
   * @param golden counter of the factory's image
   * @param crcOf CRC-32 of the first bytes of a slot's image
   * @returns undefined for the factory's
   */
  choose(golden: number, crcOf: (slot: number, bytes: number) => number): Found | undefined {
    let limit = Infinity;
    for (let i = 0; i < this.count; i++) {
      const best = this.highest(golden, limit);
      if (!best) return undefined;
      const release = best.release;
      if (
        crcOf(best.slot, release.bytes) === release.crc32 &&
        (best.words[Word.kept] || this.clear(best, Word.tried))
      )
        return best;
      limit = release.counter;
    }
    return undefined;
  }

  /** Of what may run the highest counter between two, both excluded. */
  private highest(above: number, below: number): Found | undefined {
    let best: Found | undefined;
    let most = above;
    for (let slot = 0; slot < this.count; slot++) {
      const found = this.find(slot);
      if (!found || !runs(found.words)) continue;
      const counter = found.release.counter;
      if (counter <= most || counter >= below) continue;
      best = found;
      most = counter;
    }
    return best;
  }
}
