/** What is owed to the store: which frame is sent next, and its bytes. */
import type { Flash } from "./board/board";
import { type Directory, NO_PAGE } from "./directory";
import type { Ledger } from "./ledger";
import { type Crc32, FIRST_RECORD_AT, nextRecord, readRecord } from "./page";

/** No page has such a serial: the next search begins anew. */
const ANEW = -1;

export class Owing {
  /** Behind the frame that was given last, in the search that began with the page of that serial. */
  private givenFrom = ANEW;
  private givenRecording = 0;
  private givenSequence = 0;
  /** Where a frame begins in the page of that serial: behind the one read last, because frames are mostly read in order... */
  private readSerial = 0;
  private readSequence = 0;
  private readAt = 0;
  /** ...and the one written last, because it is sent first. */
  private wroteSerial = 0;
  private wroteSequence = 0;
  private wroteAt = 0;

  constructor(
    private readonly flash: Flash,
    private readonly crc32: Crc32,
    private readonly directory: Directory,
    private readonly ledger: Ledger,
  ) {}

  /** Notes where a frame was just written. */
  wrote(page: number, sequence: number, at: number): void {
    this.wroteSerial = this.directory.serial[page];
    this.wroteSequence = sequence;
    this.wroteAt = at;
  }

  owes(recording: number, sequence: number): boolean {
    const page = this.directory.pageOf(recording, sequence);
    return page !== NO_PAGE && this.owesOf(page, sequence);
  }

  private owesOf(page: number, sequence: number): boolean {
    const owed = this.directory.owed[page];
    if (owed === 0) return false;
    return (
      owed === this.directory.count[page] || !this.ledger.covers(this.directory.recording[page], sequence)
    );
  }

  rewind(): void {
    this.givenFrom = ANEW;
  }

  next(
    skip: (recording: number, sequence: number) => boolean,
    fromSerial: number,
  ): { recording: number; sequence: number } | undefined {
    const directory = this.directory;
    if (fromSerial !== this.givenFrom) this.begin(fromSerial);
    const reached = directory.find(this.givenRecording, this.givenSequence);
    for (let place = Math.max(reached, directory.oldestOwed()); place < directory.standing; place++) {
      const page = directory.order[place];
      if (directory.owed[page] === 0) continue;
      const recording = directory.recording[page];
      const end = directory.first[page] + directory.count[page];
      let sequence = directory.first[page];
      if (recording === this.givenRecording) sequence = Math.max(sequence, this.givenSequence);
      for (; sequence < end; sequence++) {
        if (!this.owesOf(page, sequence) || skip(recording, sequence)) continue;
        this.givenRecording = recording;
        this.givenSequence = sequence + 1;
        return { recording, sequence };
      }
      // Passed over for good, until the next rewind: what is under way is not looked at for every frame again.
      this.givenRecording = recording;
      this.givenSequence = end;
    }
    return undefined;
  }

  private begin(fromSerial: number): void {
    const directory = this.directory;
    this.givenFrom = fromSerial;
    this.givenRecording = 0;
    this.givenSequence = 0;
    if (fromSerial === 0) return;
    const place = directory.findSerial(fromSerial);
    if (place < directory.standing) {
      this.givenRecording = directory.recording[directory.order[place]];
      this.givenSequence = directory.first[directory.order[place]];
    } else this.givenRecording = 0xffffffff;
  }

  /** A frame as it stands in flash, or nothing when the ring has it no more. */
  read(recording: number, sequence: number): Uint8Array | undefined {
    const directory = this.directory;
    const page = directory.pageOf(recording, sequence);
    if (page === NO_PAGE) return undefined;
    const serial = directory.serial[page];
    let at = FIRST_RECORD_AT;
    let skip = sequence - directory.first[page];
    if (serial === this.wroteSerial && sequence === this.wroteSequence) {
      at = this.wroteAt;
      skip = 0;
    } else if (serial === this.readSerial && sequence >= this.readSequence) {
      at = this.readAt;
      skip = sequence - this.readSequence;
    }
    while (skip > 0) {
      at = nextRecord(this.flash, page, at);
      skip--;
    }
    const record = readRecord(this.flash, page, at, this.crc32);
    if (!record) {
      this.lostFrom(page, sequence);
      return undefined;
    }
    this.readSerial = serial;
    this.readSequence = sequence + 1;
    this.readAt = record.nextAt;
    return record.frame;
  }

  /** A record that rotted ends its page: nothing behind it is sure any more, and a receipt will name it as missing. */
  private lostFrom(page: number, sequence: number): void {
    const directory = this.directory;
    if (page === directory.writing) return;
    const first = directory.first[page];
    directory.setOwed(page, this.ledger.owed(directory.recording[page], first, sequence - first));
    directory.count[page] = sequence - first;
    if (sequence === first) directory.forget(page);
  }
}
