/** Runs on the interpreter: a whole unit that records and sends, over hardware that costs next to nothing. */
import { type Max30003Hooks, max30003 } from "../../firmware/afe/max30003";
import type { Board, EncodeWords, Flash, FrontEnd, Identity, RadioPort } from "../../firmware/board/board";
import type { Max30003Spec } from "../../firmware/board/spec";
import { words24 } from "../../firmware/espruino/hardware";
import { Monitor } from "../../firmware/monitor";
import { seenNothing, Vault } from "../../firmware/vault";
import { cut } from "../../protocol/bytes";
import { encodeCommand, Op } from "../../protocol/command";
import type { Crypto } from "../../protocol/crypto";
import { fragment } from "../../protocol/fragments";
import { FrameType } from "../../protocol/header";
import { Direction, linkKey } from "../../protocol/keys";
import { RecordingMode } from "../../protocol/open";
import { encodeReceipt } from "../../protocol/receipt";
import { sealFrame } from "../../protocol/seal";
import { decodeDeviceHello, encodeStoreHello } from "../../protocol/session";

export const BURST = 16;
const PAGE_BYTES = 1024;
/** As few and small as do: what fills the heap here is the program. */
const RING_PAGES = 4;
const VAULT_PAGE_BYTES = 256;
/** The interrupt in STATUS; the tag of a word that is the last one in the FIFO. */
const EINT = 0x80;
const LAST = 2 << 3;
const STORE_ID = new Uint8Array(8);
const GENERATION = new Uint8Array(8);

function nothing(): void {}

/** In RAM; the interpreter's own writes a file on Linux. */
class RamFlash implements Flash {
  private readonly bytes: Uint8Array;

  constructor(
    readonly pageBytes: number,
    readonly pages: number,
  ) {
    this.bytes = new Uint8Array(pageBytes * pages);
    this.bytes.fill(0xff);
  }

  read(address: number, length: number): Uint8Array {
    return cut(this.bytes, address, address + length);
  }

  write(address: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, address);
  }

  erase(page: number): void {
    this.bytes.fill(0xff, page * this.pageBytes, (page + 1) * this.pageBytes);
  }
}

interface Timer {
  dueMs: number;
  run: () => void;
}

/** A board whose radio ends here, whose chip always has a burst, and whose time is what it is told. */
class CheapBoard implements Board {
  readonly crypto: Crypto;
  readonly crc32 = E.CRC32;
  readonly encode: EncodeWords;
  readonly flash = new RamFlash(PAGE_BYTES, RING_PAGES);
  readonly vault = new RamFlash(VAULT_PAGE_BYTES, 2);
  readonly eraseMs = 85;
  readonly tidyMs = 0;
  readonly frontEnd: FrontEnd;
  readonly radio: RadioPort;
  readonly identity: Identity = {
    device: new Uint8Array(8),
    claimCode: new Uint8Array(16),
    certificate: new Uint8Array(0),
  };
  nowMs = 0;
  notified = 0;
  last: Uint8Array = new Uint8Array(0);
  edge: (atMs: number) => void = nothing;
  private pollMs = 0;
  private polledMs = 0;
  private poll = nothing;
  private timers: Timer[] = [];

  constructor(rate: Max30003Spec["rate"], encode: EncodeWords, notificationBytes: number, crypto: Crypto) {
    const self = this;
    this.crypto = crypto;
    this.encode = encode;
    const status = new Uint8Array(4);
    status[1] = EINT;
    const fifo = new Uint8Array(1 + 3 * BURST);
    fifo[3 * BURST] = LAST;
    const spec: Max30003Spec = {
      kind: "max30003",
      sck: "",
      mosi: "",
      miso: "",
      cs: "",
      int: "",
      fclkHz: 32768,
      rate,
      gain: 20,
    };
    const hooks: Max30003Hooks = { failed: nothing };
    // INFO and CNFG_GEN as the driver wants to find them.
    const general = new Uint8Array([0, 0x08, 0x12, 0x17]);
    const info = new Uint8Array([0, 0x50, 0, 0]);
    this.frontEnd = max30003(
      spec,
      {
        nowMs() {
          return self.nowMs;
        },
        every(ms, run) {
          self.pollMs = ms;
          self.polledMs = self.nowMs;
          self.poll = run;
          return nothing;
        },
        transfer(bytes) {
          const command = bytes[0];
          if (command === 0x41) return fifo;
          if (command === 0x03) return status;
          return command === 0x1f ? info : general;
        },
        words24,
        watch(fell) {
          self.edge = fell;
          return nothing;
        },
      },
      hooks,
      "electrodes",
    );
    this.radio = {
      notificationsPerSecond: 40,
      notificationBytes() {
        return notificationBytes;
      },
      notify(bytes) {
        self.notified++;
        self.last = bytes;
      },
      advertise: nothing,
      admit: nothing,
      disconnect: nothing,
      onConnect: nothing,
      onDisconnect: nothing,
      onWrite: nothing,
    };
  }

  uptimeMs(): number {
    return this.nowMs;
  }

  alive(): void {}

  /** Costs on an nRF52840 what it costs nowhere else; the table names it apart. */
  tidy(): void {}

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { dueMs: this.nowMs + ms, run };
    this.timers.push(timer);
    return function () {
      timer.run = nothing;
      timer.dueMs = 0;
    };
  }

  /** Lets time pass and what is due run. */
  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.timers;
    this.timers = [];
    for (let i = 0; i < due.length; i++) {
      if (due[i].dueMs <= this.nowMs) due[i].run();
      else this.timers.push(due[i]);
    }
    while (this.polledMs + this.pollMs <= this.nowMs) {
      this.polledMs += this.pollMs;
      this.poll();
    }
  }

  batteryMillivolts(): number {
    return 3900;
  }

  wipeAsked(): boolean {
    return false;
  }

  show(): void {}
}

/** An owned unit that records without end, connected to a store that receipts what it gets. */
export class Unit {
  readonly board: CheapBoard;
  private readonly monitor: Monitor;
  private readonly receiptKey = new Uint8Array(32);
  private readonly down: Uint8Array;
  private readonly burstMs: number;
  private counter = 0;
  private frames = 1;

  constructor(
    private readonly rate: Max30003Spec["rate"],
    encode: EncodeWords,
    notificationBytes: number,
    crypto: Crypto,
  ) {
    this.burstMs = (1000 * BURST) / rate;
    const board = new CheapBoard(rate, encode, notificationBytes, crypto);
    this.board = board;
    const alias = new Uint8Array(8);
    new Vault(board.vault, board.crc32).save({
      epoch: 1,
      recording: 1,
      chainKey: new Uint8Array(32),
      receiptKey: this.receiptKey,
      alias,
      previousClose: new Uint8Array(32),
      leaf: 0,
      seen: seenNothing(),
      confirmed: true,
    });
    this.monitor = new Monitor(board);
    board.radio.onConnect();
    const deviceNonce = decodeDeviceHello(board.last.subarray(2)).nonce;
    const hello = {
      alias,
      storeId: STORE_ID,
      generation: GENERATION,
      nonce: new Uint8Array(16),
      deviceNonce,
    };
    this.down = linkKey(crypto, this.receiptKey, Direction.down, deviceNonce, hello.nonce, STORE_ID);
    this.say(encodeStoreHello(hello));
    this.sealed(FrameType.command, encodeCommand({ op: Op.time, unixMs: 1700000000000, uncertaintyMs: 0 }));
    this.monitor.start(RecordingMode.continuous, 0);
    board.pass(5);
    // A block becomes a frame behind the next reading: with one ahead, every second of readings makes its frame.
    this.burst();
  }

  private say(message: Uint8Array): void {
    const pieces = fragment(message, this.counter & 255, 244);
    for (let i = 0; i < pieces.length; i++) this.board.radio.onWrite(pieces[i]);
    this.counter++;
  }

  private sealed(type: number, body: Uint8Array): void {
    const header = { type, epoch: 1, recording: 0, sequence: this.counter };
    this.say(sealFrame(this.board.crypto, this.down, header, body));
  }

  /** The FIFO fills again and again, for a second. */
  record(): void {
    const bursts = this.rate / BURST;
    for (let i = 0; i < bursts; i++) this.burst();
    this.frames++;
  }

  /** What passing the time costs beside what comes due in it. */
  idle(): void {
    const bursts = this.rate / BURST;
    for (let i = 0; i < bursts; i++) this.board.pass(0);
  }

  /** Whether frames went out, and every receipt was taken. */
  arrived(): boolean {
    for (const _code in this.monitor.link.refusals) return false;
    return this.board.notified > this.frames;
  }

  /** One reading. */
  burst(): void {
    this.board.pass(this.burstMs);
    this.board.edge(this.board.nowMs);
  }

  /** The store has what was sent: its word, sealed outside of any measurement. */
  receipt(): Uint8Array {
    const body = encodeReceipt({
      storeId: STORE_ID,
      generation: GENERATION,
      checkpointSize: 0,
      checkpointRoot: new Uint8Array(32),
      recording: 1,
      next: this.frames,
      holes: [],
    });
    const header = { type: FrameType.receipt, epoch: 1, recording: 0, sequence: this.counter };
    const frame = sealFrame(this.board.crypto, this.down, header, body);
    const pieces = fragment(frame, this.counter & 255, 244);
    this.counter++;
    return pieces[0];
  }

  receipted(notification: Uint8Array): void {
    this.board.radio.onWrite(notification);
  }
}
