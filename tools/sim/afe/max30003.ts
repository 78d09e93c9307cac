/**
 * The MAX30003 at its registers: what a microcontroller sees on SPI and INTB. Written from the data sheet (rev. 3, as public
 * drivers quote it), not from our driver, in the language of the firmware and without imports, so that it also runs inside the
 * interpreter in place of the chip.
 *
 * Of the data sheet: registers, reset values, reserved bits, commands, FIFO and its tags, clear behaviour of the interrupt
 * terms, rates, calibration source, lead-off comparators and their 115 ms, R-R resolution. Assumed, since it says nothing:
 * how long the PLL takes to lock and what it converts unlocked (here: nothing, and the sample clock starts anew), what
 * INFO reads as the first command after a reset (here: 0), the unused bits of a FIFO word (here: ones), what an
 * overflowed FIFO reads beside its tag (here: 0). Not modelled: the analogue chain and the digital filters; `next` gives
 * what the converter would.
 */
export interface Max30003Options {
  /** Virtual or real, monotonic. */
  nowMs: () => number;
  /** The next sample, signed 18 bit; called once per sample instant, whatever becomes of the sample. */
  next: () => number;
  /** The crystal as it is, 32768 plus its error. */
  fclkHz: number;
  pllLockMs: number;
  /** What INFO reads: D[23:20] is 0101, D[19:16] the revision. */
  info: number;
}

const FIFO_WORDS = 32;
/** ETAG. */
const FAST = 1;
const LAST = 2;
const EMPTY = 6;
const OVERFLOW = 7;
const UNUSED_TAG = 7;

/** Writable registers: address, value after reset, bits that exist. */
const REGISTERS = [
  [0x02, 0x000003, 0xf00f03],
  [0x03, 0x000003, 0xf00f03],
  [0x04, 0x780004, 0xf80077],
  [0x05, 0x3f0000, 0xff0000],
  [0x10, 0x000004, 0xf83fff],
  [0x12, 0x004800, 0x707fff],
  [0x14, 0x300000, 0xbf0000],
  [0x15, 0x805000, 0xc37000],
  [0x1d, 0x3f2300, 0xffbf00],
  [0x1e, 0x202400, 0x3f3700],
];
const STATUS = 0x01;
const EN_INT = 0x02;
const MNGR_INT = 0x04;
const MNGR_DYN = 0x05;
const SW_RST = 0x08;
const SYNCH = 0x09;
const FIFO_RST = 0x0a;
const INFO = 0x0f;
const CNFG_GEN = 0x10;
const CNFG_CAL = 0x12;
const CNFG_EMUX = 0x14;
const CNFG_ECG = 0x15;
const CNFG_RTOR1 = 0x1d;
const ECG_FIFO_BURST = 0x20;
const ECG_FIFO = 0x21;
const RTOR = 0x25;

const EINT = 0x800000;
const EOVF = 0x400000;
const FSTINT = 0x200000;
const DCLOFFINT = 0x100000;
const LONINT = 0x000800;
const RRINT = 0x000400;
const SAMP = 0x000200;
const PLLINT = 0x000100;
/** Interrupt terms that are held until STATUS is read, should their cause be gone. */
const HELD = FSTINT | DCLOFFINT | LONINT | PLLINT | 0x0f;

/** Clocks of the master clock per sample, by FMSTR and RATE; 0 = reserved. */
const DIVIDERS = [
  [64, 128, 256, 0],
  [64, 128, 256, 0],
  [0, 0, 160, 0],
  [0, 0, 160, 0],
];
/** Master clock per clock given. */
const MASTER = [1, 32000 / 32768, 32000 / 32768, 31968.78 / 32768];
const LEAD_OFF_NANOAMPS = [0, 5, 10, 20, 50, 100, 0, 0];
const LEAD_OFF_MILLIVOLTS = [300, 400, 450, 500];
const BIAS_MEGOHMS = [50, 100, 200, 0];
const LEAD_OFF_MS = 115;
const SATURATED_MS = 125;
const FAST_MS = 500;

export class Max30003Model {
  /** Sample instants since the sample clock last started, all that FIFO and overflow took. */
  converted = 0;
  /** Samples that no read can ever return. */
  lost = 0;
  private readonly registers: number[] = [];
  private readonly masks: number[] = [];
  private readonly fifo = new Int32Array(FIFO_WORDS);
  private head = 0;
  private unread = 0;
  private overflowed = false;
  private held = 0;
  /** The sample clock: instant n is at `gridMs` + n periods; negative while it does not run. */
  private gridMs = -1;
  private lockedFromMs = 0;
  private fresh = true;
  private positiveMegohms = 0.05;
  private negativeMegohms = 0.05;
  private offSinceMs = -1;
  private saturatedSince = -1;
  private fastUntilMs = -1;
  private wasFast = false;
  private lastBeatMs = -1;
  private rtor = 0;
  private sampledMs = -1;
  private calibrationMs = 0;
  /** The transaction: bytes so far, the command's address, what goes out. */
  private position = -1;
  private command = 0;
  private shift = 0;
  private out = 0;

  constructor(private readonly options: Max30003Options) {
    for (let i = 0; i < REGISTERS.length; i++) this.masks[REGISTERS[i][0]] = REGISTERS[i][2];
    this.reset();
  }

  /** One transaction under chip select. */
  transfer(bytes: Uint8Array): Uint8Array {
    const answer = new Uint8Array(bytes.length);
    this.select();
    for (let i = 0; i < bytes.length; i++) answer[i] = this.exchange(bytes[i]);
    this.deselect();
    return answer;
  }

  select(): void {
    this.advance();
    this.position = 0;
  }

  /** Eight clocks. @returns what stood on DOUT */
  exchange(byte: number): number {
    const at = this.position++;
    if (at === 0) {
      this.command = byte;
      return 0;
    }
    const address = this.command >> 1;
    const reads = (this.command & 1) === 1;
    const phase = (at - 1) % 3;
    if (at > 3 && !(reads && address === ECG_FIFO_BURST)) return 0;
    if (!reads) {
      this.shift = ((this.shift << 8) | byte) & 0xffffff;
      if (phase === 2) this.write(address, this.shift);
      return 0;
    }
    if (phase === 0) this.out = this.peek(address);
    const sent = (this.out >> (16 - 8 * phase)) & 0xff;
    if (phase === 2) this.completed(address);
    return sent;
  }

  deselect(): void {
    this.position = -1;
  }

  /** INTB, open drain with a pull-up or CMOS alike: true = low, the chip wants service. */
  interruptLow(): boolean {
    this.advance();
    const enabled = this.registers[EN_INT];
    return (enabled & 3) !== 0 && (this.status() & enabled & 0xf00f00) !== 0;
  }

  /** When INTB may change by itself next; infinite while nothing is sampled. */
  nextMs(): number {
    this.advance();
    return this.gridMs < 0 ? Number.POSITIVE_INFINITY : this.gridMs + (this.converted + 1) * this.periodMs();
  }

  /** Resistance of each electrode's contact to the body, MΩ; infinite = off. */
  electrodes(positiveMegohms: number, negativeMegohms: number): void {
    this.advance();
    this.positiveMegohms = positiveMegohms;
    this.negativeMegohms = negativeMegohms;
    this.watchLeads();
  }

  /** The PLL loses lock and finds it again `ms` later. */
  losePll(ms: number): void {
    this.advance();
    this.lockedFromMs = this.options.nowMs() + ms;
    this.stopClock();
    if (this.enabled()) this.held |= PLLINT;
  }

  /** The R-R detector, which is not modelled, finds an R wave. */
  beat(): void {
    this.advance();
    if ((this.registers[CNFG_RTOR1] & 0x8000) === 0 || !this.enabled()) return;
    const now = this.options.nowMs();
    if (this.lastBeatMs >= 0) {
      const ticks = Math.floor(((now - this.lastBeatMs) * this.masterHz()) / 256000);
      this.rtor = (ticks & 0x3fff) << 10;
    }
    this.lastBeatMs = now;
    this.held |= RRINT;
  }

  /** As by power lost and found again. */
  reset(): void {
    for (let i = 0; i < REGISTERS.length; i++) this.registers[REGISTERS[i][0]] = REGISTERS[i][1];
    this.held = 0;
    this.fresh = true;
    this.offSinceMs = -1;
    this.fastUntilMs = -1;
    this.wasFast = false;
    this.saturatedSince = -1;
    this.lastBeatMs = -1;
    this.rtor = 0;
    this.empty();
    this.stopClock();
  }

  private masterHz(): number {
    return this.options.fclkHz * MASTER[(this.registers[CNFG_GEN] >> 20) & 3];
  }

  private periodMs(): number {
    const divider = DIVIDERS[(this.registers[CNFG_GEN] >> 20) & 3][this.registers[CNFG_ECG] >> 22];
    return divider === 0 ? Number.POSITIVE_INFINITY : (divider * 1000) / this.masterHz();
  }

  private enabled(): boolean {
    return (this.registers[CNFG_GEN] & 0x080000) !== 0;
  }

  private locked(): boolean {
    return this.options.nowMs() >= this.lockedFromMs;
  }

  private stopClock(): void {
    this.gridMs = -1;
    this.converted = 0;
  }

  /** What has happened since the last look. */
  private advance(): void {
    const now = this.options.nowMs();
    if (!this.enabled()) return;
    if (now < this.lockedFromMs) {
      this.held |= PLLINT;
      return;
    }
    if (this.gridMs < 0) this.gridMs = this.lockedFromMs;
    const period = this.periodMs();
    while (this.gridMs + (this.converted + 1) * period <= now) {
      this.converted++;
      this.convert(this.gridMs + this.converted * period);
    }
  }

  private convert(atMs: number): void {
    const heart = this.options.next();
    const emux = this.registers[CNFG_EMUX];
    let value = heart;
    if ((emux & 0x0f0000) !== 0)
      value = this.counts(
        this.calibration((emux >> 18) & 3, atMs) - this.calibration((emux >> 16) & 3, atMs),
      );
    else if ((emux & 0x300000) !== 0) value = 0;
    if ((emux & 0x800000) !== 0) value = -value;
    value = Math.max(-131072, Math.min(131071, value));
    const fast = this.fast(value, atMs);
    this.sampledMs = atMs;
    const pulse = [1, 2, 4, 16][this.registers[MNGR_INT] & 3];
    if (this.converted % pulse === 0) this.held |= SAMP;
    if (((this.registers[MNGR_INT] >> 4) & 3) === 2) this.held &= ~RRINT;
    if (this.overflowed) {
      this.lost++;
      return;
    }
    if (this.unread === FIFO_WORDS) {
      this.overflowed = true;
      this.lost += this.unread + 1;
      return;
    }
    const tag = fast ? FAST : 0;
    this.fifo[(this.head + this.unread) % FIFO_WORDS] = ((value & 0x3ffff) << 6) | (tag << 3) | UNUSED_TAG;
    this.unread++;
  }

  private counts(millivolts: number): number {
    const gain = 20 << ((this.registers[CNFG_ECG] >> 16) & 3);
    return Math.round((millivolts * gain * 131072) / 1000);
  }

  /** Voltage at an input of the multiplexer against VMID, mV. */
  private calibration(selection: number, atMs: number): number {
    const config = this.registers[CNFG_CAL];
    if (selection < 2 || (config & 0x400000) === 0) return 0;
    const cycle = 128 * Math.pow(4, (config >> 12) & 7);
    const clocks = ((atMs - this.calibrationMs) * this.masterHz()) / 1000;
    const high = (config & 0x800) !== 0 ? cycle / 2 : config & 0x7ff;
    const magnitude = (config & 0x100000) !== 0 ? 0.5 : 0.25;
    const rest = (config & 0x200000) !== 0 ? -magnitude : 0;
    const level = clocks % cycle < high ? magnitude : rest;
    return selection === 2 ? level : -level;
  }

  private fast(value: number, atMs: number): boolean {
    const dynamic = this.registers[MNGR_DYN];
    const mode = dynamic >> 22;
    if (mode === 2) {
      if (Math.abs(value) <= 2048 * ((dynamic >> 16) & 0x3f)) this.saturatedSince = -1;
      else if (this.saturatedSince < 0) this.saturatedSince = atMs;
      else if (atMs - this.saturatedSince > SATURATED_MS) this.fastUntilMs = atMs + FAST_MS;
    }
    const now = mode === 1 || (mode === 2 && atMs <= this.fastUntilMs);
    if (now && !this.wasFast) this.held |= FSTINT;
    this.wasFast = now;
    return now;
  }

  private empty(): void {
    this.head = 0;
    this.unread = 0;
    this.overflowed = false;
  }

  /** Voltage that the lead-off current makes at a pin, against VMID, mV. */
  private leadMillivolts(megohms: number, biased: boolean, sign: number): number {
    const config = this.registers[CNFG_GEN];
    const bias =
      biased && ((config >> 4) & 3) === 1 ? BIAS_MEGOHMS[(config >> 2) & 3] : Number.POSITIVE_INFINITY;
    const path = megohms === 0 ? 0 : 1 / (1 / megohms + 1 / bias);
    const nanoamps = LEAD_OFF_NANOAMPS[(config >> 8) & 7];
    return nanoamps === 0 ? 0 : sign * nanoamps * Math.min(path, 1e6);
  }

  /** LDOFF_PH, PL, NH, NL as the comparators stand. */
  private leadBits(): number {
    const config = this.registers[CNFG_GEN];
    if (((config >> 12) & 3) !== 1 || !this.enabled()) return 0;
    const sign = (config & 0x800) !== 0 ? -1 : 1;
    const positive = this.leadMillivolts(this.positiveMegohms, (config & 2) !== 0, sign);
    const negative = this.leadMillivolts(this.negativeMegohms, (config & 1) !== 0, -sign);
    const limit = LEAD_OFF_MILLIVOLTS[(config >> 6) & 3];
    let bits = 0;
    if (positive > limit) bits |= 8;
    if (positive < -limit) bits |= 4;
    if (negative > limit) bits |= 2;
    if (negative < -limit) bits |= 1;
    return bits;
  }

  private watchLeads(): void {
    if (this.leadBits() === 0) {
      this.settleLeads();
      this.offSinceMs = -1;
    } else if (this.offSinceMs < 0) this.offSinceMs = this.options.nowMs();
    const ultraLow = ((this.registers[CNFG_GEN] >> 22) & 3) === 1 && !this.enabled();
    if (ultraLow && this.positiveMegohms < 100 && this.negativeMegohms < 100) this.held |= LONINT;
  }

  /** What the comparators said long enough is held, even if it ends before anybody looks. */
  private settleLeads(): void {
    if (this.offSinceMs >= 0 && this.options.nowMs() - this.offSinceMs > LEAD_OFF_MS) this.held |= DCLOFFINT;
  }

  private status(): number {
    this.settleLeads();
    if ((this.held & DCLOFFINT) !== 0) this.held |= this.leadBits();
    const config = this.registers[MNGR_INT];
    if ((config & 4) !== 0 && this.options.nowMs() - this.sampledMs > this.periodMs() / 4) this.held &= ~SAMP;
    let bits = this.held;
    if (this.overflowed) bits |= EOVF;
    if (this.unread > config >> 19) bits |= EINT;
    return bits;
  }

  private peek(address: number): number {
    const fresh = this.fresh;
    this.fresh = false;
    if (address === STATUS) return this.status();
    if (address === INFO) return fresh ? 0 : this.options.info;
    if (address === RTOR) return this.rtor;
    if (address === ECG_FIFO || address === ECG_FIFO_BURST) return this.word();
    const value = this.registers[address];
    if (value === undefined) return 0;
    return address === CNFG_ECG ? this.effective(value) : value;
  }

  /** CNFG_ECG returns the low-pass filter that is in effect, not the one asked for. */
  private effective(value: number): number {
    const filter = (value >> 12) & 3;
    const rate = value >> 22;
    const supported = filter < 2 || (filter === 2 && rate < 2) || (filter === 3 && rate === 0);
    return supported ? value : (value & ~0x3000) | 0x1000;
  }

  private word(): number {
    if (this.overflowed) return (OVERFLOW << 3) | UNUSED_TAG;
    if (this.unread === 0) return (EMPTY << 3) | UNUSED_TAG;
    return this.fifo[this.head] | (this.unread === 1 ? LAST << 3 : 0);
  }

  /** The last clock of a word that was read. */
  private completed(address: number): void {
    if ((address === ECG_FIFO || address === ECG_FIFO_BURST) && this.unread > 0 && !this.overflowed) {
      this.head = (this.head + 1) % FIFO_WORDS;
      this.unread--;
    }
    const clearing = (this.registers[MNGR_INT] >> 4) & 3;
    if (address === RTOR && clearing === 1) this.held &= ~RRINT;
    if (address !== STATUS) return;
    if (clearing === 0) this.held &= ~RRINT;
    this.held &= ~(HELD | SAMP);
    if (this.enabled() && !this.locked()) this.held |= PLLINT;
    if (this.offSinceMs >= 0 && this.options.nowMs() - this.offSinceMs > LEAD_OFF_MS) {
      this.held |= DCLOFFINT | this.leadBits();
    }
    const clearFast = (this.registers[MNGR_INT] & 0x40) !== 0;
    if (this.wasFast && !clearFast) this.held |= FSTINT;
  }

  private write(address: number, value: number): void {
    this.fresh = false;
    if (value === 0 && address === SW_RST) {
      this.reset();
      return;
    }
    if (value === 0 && address === FIFO_RST) {
      if (!this.overflowed) this.lost += this.unread;
      this.empty();
      return;
    }
    if (value === 0 && address === SYNCH) {
      if (!this.overflowed) this.lost += this.unread;
      this.empty();
      this.stopClock();
      if (this.enabled() && this.locked()) this.gridMs = this.options.nowMs();
      return;
    }
    const mask = this.masks[address];
    if (mask === undefined) return;
    this.configure(address, value & mask);
  }

  private configure(address: number, value: number): void {
    const wasEnabled = this.enabled();
    const before = this.registers[address];
    // Resistive bias does not switch on without the channel.
    const biased = address === CNFG_GEN && ((value >> 4) & 3) === 1 && (value & 0x080000) === 0;
    this.registers[address] = biased ? value & ~0x30 : value;
    if (address === CNFG_CAL) this.calibrationMs = this.options.nowMs();
    if (address === MNGR_DYN) this.saturatedSince = -1;
    if (address === CNFG_GEN && this.enabled() && (!wasEnabled || ((before ^ value) & 0x300000) !== 0)) {
      this.lockedFromMs = this.options.nowMs() + this.options.pllLockMs;
      this.stopClock();
      this.held |= PLLINT;
    }
    if (!this.enabled()) this.stopClock();
    if (address === CNFG_GEN && ((value >> 22) & 3) !== 0 && ((before >> 22) & 3) === 0) this.held |= LONINT;
    if (address === CNFG_GEN || address === CNFG_EMUX) this.watchLeads();
    if (address === CNFG_ECG && this.gridMs >= 0) {
      this.gridMs = this.options.nowMs();
      this.converted = 0;
    }
  }
}
