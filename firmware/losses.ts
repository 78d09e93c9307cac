/** What is gone from the ring: exact runs, with the chain around them as far as a page tells it. */
import { chainNext, HASH_BYTES } from "../protocol/chain";
import type { Crypto } from "../protocol/crypto";
import { typeOf } from "../protocol/header";
import type { Hole } from "../protocol/receipt";
import type { Flash } from "./board/board";
import { type Directory, PageState } from "./directory";
import type { Ledger } from "./ledger";
import { type Crc32, FIRST_RECORD_AT, readHead, readRecord } from "./page";

/** A run of frames that had to go, unreceipted. */
export interface Evicted {
  recording: number;
  from: number;
  to: number;
  firstSample: number;
  endSample: number;
  /** Chain before frame `from`, zeros where nobody here knows it any more; and after frame `to`. */
  before: Uint8Array;
  chain: Uint8Array;
}

/** Where a page ends: the next sequence and sample, the chain, the type of its last frame. */
export interface PageEnd {
  sequence: number;
  sample: number;
  chain: Uint8Array;
  lastType: number;
}

const NO_HASH: Uint8Array = new Uint8Array(HASH_BYTES);
const EVERYTHING: Hole[] = [{ from: 0, length: 0xffffffff }];

export class Losses {
  constructor(
    private readonly flash: Flash,
    private readonly crc32: Crc32,
    private readonly crypto: Crypto,
    private readonly directory: Directory,
    private readonly ledger: Ledger,
  ) {}

  /** What a page takes with it when it goes. */
  runsOf(page: number): Evicted[] {
    const directory = this.directory;
    const place = directory.find(directory.recording[page], directory.first[page]);
    if (directory.owed[page] < directory.count[page] || !directory.follows(place + 1))
      return this.walkRuns(page);
    // All of it, and the next page says what came of it: hashing every frame would take as long as an erase.
    const head = readHead(this.flash, page, this.crc32)!;
    const behind = readHead(this.flash, directory.order[place + 1], this.crc32)!;
    const run: Evicted = {
      recording: head.recording,
      from: head.firstSequence,
      to: behind.firstSequence - 1,
      firstSample: head.firstSample,
      endSample: behind.firstSample,
      before: head.chain,
      chain: behind.chain,
    };
    return [run];
  }

  private walkRuns(page: number): Evicted[] {
    const head = readHead(this.flash, page, this.crc32)!;
    const runs: Evicted[] = [];
    let chain = head.chain;
    let firstSample = head.firstSample;
    let sequence = head.firstSequence;
    let record = readRecord(this.flash, page, FIRST_RECORD_AT, this.crc32);
    while (record) {
      const before = chain;
      chain = chainNext(this.crypto, chain, record.frame);
      if (!this.ledger.covers(head.recording, sequence)) {
        const last = runs.length > 0 ? runs[runs.length - 1] : undefined;
        if (last && last.to === sequence - 1) {
          last.to = sequence;
          last.endSample = record.endSample;
          last.chain = chain;
        } else {
          const endSample = record.endSample;
          runs.push({
            recording: head.recording,
            from: sequence,
            to: sequence,
            firstSample,
            endSample,
            before,
            chain,
          });
        }
      }
      firstSample = record.endSample;
      sequence++;
      record = readRecord(this.flash, page, record.nextAt, this.crc32);
    }
    return runs;
  }

  /** Which of these frames, that the store misses, the ring has no more; as far as a page behind them tells the chain. */
  gone(recording: number, holes: Hole[]): Evicted[] {
    const directory = this.directory;
    const runs: Evicted[] = [];
    for (let h = 0; h < holes.length; h++) {
      const from = holes[h].from;
      const end = from + holes[h].length;
      for (let place = directory.find(recording, from) + 1; place < directory.standing; place++) {
        const page = directory.order[place];
        if (directory.recording[page] !== recording || directory.first[page] > end) break;
        if (!directory.follows(place)) runs.push(this.before(place, from));
      }
    }
    return runs;
  }

  /** What is missing before the page at this place of the order, from frame `from` on. */
  private before(place: number, from: number): Evicted {
    const directory = this.directory;
    const head = readHead(this.flash, directory.order[place], this.crc32)!;
    let before: PageEnd = { sequence: 0, sample: 0, chain: NO_HASH, lastType: 0 };
    if (place > 0 && directory.recording[directory.order[place - 1]] === head.recording)
      before = this.endOf(directory.order[place - 1]);
    const first = Math.max(from, before.sequence);
    return {
      recording: head.recording,
      from: first,
      to: head.firstSequence - 1,
      firstSample: before.sample,
      endSample: head.firstSample,
      before: first === before.sequence ? before.chain : NO_HASH,
      chain: head.chain,
    };
  }

  /** Holes before the pages of every recording of which something is held. */
  holes(): Evicted[] {
    const directory = this.directory;
    let runs: Evicted[] = [];
    let done = 0;
    for (let place = 0; place < directory.standing; place++) {
      const page = directory.order[place];
      const recording = directory.recording[page];
      if (recording === done || directory.state[page] !== PageState.held) continue;
      done = recording;
      runs = runs.concat(this.gone(recording, EVERYTHING));
    }
    return runs;
  }

  endOf(page: number): PageEnd {
    const head = readHead(this.flash, page, this.crc32)!;
    const end: PageEnd = {
      sequence: head.firstSequence,
      sample: head.firstSample,
      chain: head.chain,
      lastType: 0,
    };
    let record = readRecord(this.flash, page, FIRST_RECORD_AT, this.crc32);
    while (record) {
      end.chain = chainNext(this.crypto, end.chain, record.frame);
      end.sequence++;
      end.sample = record.endSample;
      end.lastType = typeOf(record.frame);
      record = readRecord(this.flash, page, record.nextAt, this.crc32);
    }
    return end;
  }
}
