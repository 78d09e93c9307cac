/** The open frame's body: all that is needed to read the recording's blocks, and what the recording before it had. */
import { Reader, Writer } from "./bytes";
import { HASH_BYTES } from "./chain";
import type { BlockShape } from "./codec/block";
import { refusal } from "./refusal";

/** How far an absolute time may be believed. */
export const ClockTrust = { unknown: 0, sinceBoot: 1, setByHub: 2 };

export const RecordingMode = { strip: 1, fixed: 2, continuous: 3 };

export const MAX_LEADS = 64;
export const MAX_TEXT_BYTES = 40;

export interface Lead {
  name: string;
  /** Physical unit of the calibrated signal, e.g. `mV`. */
  unit: string;
  /** Counts per unit; 0 = uncalibrated. */
  gain: number;
  /** Count that means 0 units. */
  baseline: number;
  /** Count at the middle of the converter's range. */
  adcZero: number;
}

/** What the ring still knew of recording n when n+1 began. */
export interface Previous {
  recording: number;
  /** Frames that were written, 0 when the ring holds none of it any more. */
  frames: number;
  /** True when its last frame is a close. */
  closed: boolean;
  /** Chain after those frames; zeros when frames is 0. */
  chain: Uint8Array;
}

export interface Open {
  /** Samples per second and lead, an exact ratio. */
  rateNum: number;
  rateDen: number;
  frontEnd: string;
  firmware: string;
  /** Range of a sample: signed, two's complement. */
  bits: number;
  /** Samples per lead in a full block. */
  nominal: number;
  /** Unix time of sample 0 in ms, 0 when unknown. */
  startMs: number;
  trust: number;
  mode: number;
  /** Length asked for in seconds, 0 = until stopped. */
  seconds: number;
  previous?: Previous;
  leads: Lead[];
}

const FIXED_BYTES = 4 + 4 + 1 + 1 + 1 + 2 + 8 + 1 + 1 + 4 + 1 + 1;
const PREVIOUS_BYTES = 4 + 4 + 1 + HASH_BYTES;

function check(open: Open): void {
  const shape = open.bits >= 2 && open.bits <= 24 && open.nominal >= 1 && open.nominal <= 65535;
  if (!shape)
    throw refusal(
      "OPEN_SHAPE",
      "bits must be 2..24 and nominal 1..65535, got " + open.bits + " and " + open.nominal,
    );
  if (open.rateNum < 1 || open.rateDen < 1) throw refusal("OPEN_RATE", "the sampling rate is not positive");
  if (open.leads.length < 1 || open.leads.length > MAX_LEADS) {
    throw refusal("OPEN_LEADS", open.leads.length + " leads: 1 to " + MAX_LEADS + " fit an open frame");
  }
  if (open.trust > ClockTrust.setByHub)
    throw refusal("OPEN_TRUST", "clock trust " + open.trust + " is not known");
  if (open.mode < RecordingMode.strip || open.mode > RecordingMode.continuous) {
    throw refusal("OPEN_MODE", "recording mode " + open.mode + " is not known");
  }
  const texts = [open.frontEnd, open.firmware];
  for (let i = 0; i < open.leads.length; i++) {
    const gain = open.leads[i].gain;
    // 1/gain tells -0, which would be a second way to say "uncalibrated".
    if (!(gain >= 0 && gain < Infinity && 1 / gain > 0))
      throw refusal("OPEN_GAIN", "lead " + i + " has a gain of " + gain);
    texts.push(open.leads[i].name, open.leads[i].unit);
  }
  for (let i = 0; i < texts.length; i++) {
    if (texts[i].length > MAX_TEXT_BYTES) {
      throw refusal(
        "OPEN_TEXT",
        "a name of " + texts[i].length + " characters: " + MAX_TEXT_BYTES + " at most",
      );
    }
  }
}

export function encodeOpen(open: Open): Uint8Array {
  check(open);
  const previous = open.previous;
  let length = FIXED_BYTES + open.frontEnd.length + open.firmware.length + (previous ? PREVIOUS_BYTES : 0);
  for (let i = 0; i < open.leads.length; i++)
    length += 18 + open.leads[i].name.length + open.leads[i].unit.length;
  const writer = new Writer(length)
    .uint(open.rateNum, 4)
    .uint(open.rateDen, 4)
    .text(open.frontEnd)
    .text(open.firmware)
    .uint(open.bits, 1)
    .uint(open.nominal, 2)
    .uint(open.startMs, 8)
    .uint(open.trust, 1)
    .uint(open.mode, 1)
    .uint(open.seconds, 4)
    .uint(previous ? 1 : 0, 1);
  if (previous) {
    writer
      .uint(previous.recording, 4)
      .uint(previous.frames, 4)
      .uint(previous.closed ? 1 : 0, 1)
      .raw(previous.chain, HASH_BYTES);
  }
  writer.uint(open.leads.length, 1);
  for (let i = 0; i < open.leads.length; i++) {
    const lead = open.leads[i];
    writer.text(lead.name).text(lead.unit).float64(lead.gain).int32(lead.baseline).int32(lead.adcZero);
  }
  return writer.done();
}

function flag(reader: Reader): boolean {
  const value = reader.uint(1);
  if (value > 1) throw refusal("OPEN_FLAG", "a flag must be 0 or 1, got " + value);
  return value === 1;
}

/** @throws OPEN_* */
export function decodeOpen(body: Uint8Array): Open {
  const reader = new Reader(body, "OPEN");
  const open: Open = {
    rateNum: reader.uint(4),
    rateDen: reader.uint(4),
    frontEnd: reader.text(),
    firmware: reader.text(),
    bits: reader.uint(1),
    nominal: reader.uint(2),
    startMs: reader.uint(8),
    trust: reader.uint(1),
    mode: reader.uint(1),
    seconds: reader.uint(4),
    leads: [],
  };
  if (flag(reader)) {
    open.previous = {
      recording: reader.uint(4),
      frames: reader.uint(4),
      closed: flag(reader),
      chain: reader.raw(HASH_BYTES),
    };
  }
  const count = reader.uint(1);
  for (let i = 0; i < count; i++) {
    open.leads.push({
      name: reader.text(),
      unit: reader.text(),
      gain: reader.float64(),
      baseline: reader.int32(),
      adcZero: reader.int32(),
    });
  }
  reader.end();
  check(open);
  return open;
}

/** The shape that the recording's blocks decode with. */
export function blockShape(open: Open): BlockShape {
  return { leads: open.leads.length, bits: open.bits, nominal: open.nominal };
}
