import { writeFileSync } from "node:fs";
import { symbolOf } from "./codes";
import { WfdbError } from "./errors";
import { attempt, readWhole } from "./files";

const MAX_FILE_BYTES = 1 << 28;
const MAX_INTERVAL = 0x3ff;
const MAX_LONG_INTERVAL = 0x7fffffff;
const MAX_CODE = 58;
const MAX_AUX_BYTES = 255;

const SKIP = 59;
const NUM = 60;
const SUB = 61;
const CHN = 62;
const AUX = 63;

/** One label of an annotation file. */
export interface Annotation {
  /** Sample intervals since the record's sample 0. */
  sample: number;
  /** 0 to 58, by ecgcodes.h; `codes.ts` has the symbols. */
  code: number;
  symbol: string;
  /** -128 to 127 */
  subtype: number;
  /** 0 to 255 */
  channel: number;
  /** -128 to 127 */
  num: number;
  /** One character per byte (ISO 8859-1), without closing NULs; e.g. "(AFIB" at a rhythm change. */
  aux?: string;
}

/** Reads an annotation file in MIT format. @throws WfdbError */
export function readAnnotations(path: string): Annotation[] {
  return decodeAnnotations(readWhole(path, MAX_FILE_BYTES), path);
}

/** Writes an annotation file in MIT format; annotations in order of time. @throws WfdbError */
export function writeAnnotations(path: string, annotations: Annotation[]): void {
  const bytes = encodeAnnotations(annotations, path);
  attempt(path, () => writeFileSync(path, bytes));
}

/**
 * Decodes MIT format, after annot(5): words of 6 bits code and 10 bits value, low byte first. Of `num`, `subtype` and
 * `channel` the low byte counts, as in the WFDB library's types.
 * @param file names the file in errors
 * @throws WfdbError `WFDB_ANNOTATION`
 */
export function decodeAnnotations(bytes: Buffer, file: string): Annotation[] {
  const annotations: Annotation[] = [];
  let sample = 0;
  let num = 0;
  let channel = 0;
  let at = 0;
  const refuse: (problem: string) => never = (problem) => {
    throw new WfdbError("WFDB_ANNOTATION", { file, field: `byte ${at}` }, problem, "fetch the file again");
  };
  const need = (length: number) => {
    if (at + length > bytes.length) refuse("the file ends within an annotation or without its end mark");
  };
  for (;;) {
    need(2);
    const word = bytes.readUInt16LE(at);
    if (word === 0) return annotations;
    const code = word >> 10;
    const value = word & MAX_INTERVAL;
    const latest = annotations.at(-1);
    if (code > SKIP && latest === undefined)
      refuse(`code ${code} modifies an annotation, but none precedes it`);
    at += 2;
    switch (code) {
      case SKIP:
        need(4);
        // PDP-11 order: the high half comes first, each half low byte first.
        sample += (bytes.readUInt16LE(at) << 16) | bytes.readUInt16LE(at + 2);
        at += 4;
        break;
      case NUM:
        num = signedByte(value);
        latest!.num = num;
        break;
      case SUB:
        latest!.subtype = signedByte(value);
        break;
      case CHN:
        channel = value & 0xff;
        latest!.channel = channel;
        break;
      case AUX:
        need(value);
        latest!.aux = bytes.toString("latin1", at, at + value).replace(/\0+$/, "");
        at += value + (value % 2);
        break;
      default:
        sample += value;
        if (sample < 0) refuse(`annotation at sample ${sample}`);
        annotations.push({ sample, code, symbol: symbolOf(code), subtype: 0, channel, num });
    }
  }
}

/**
 * Encodes MIT format.
 * @param file names the file in errors
 * @throws WfdbError `WFDB_WRITE`
 */
export function encodeAnnotations(annotations: Annotation[], file: string): Buffer {
  const words: number[] = [];
  const put = (code: number, value: number) => words.push((code << 10) | (value & MAX_INTERVAL));
  let sample = 0;
  let num = 0;
  let channel = 0;
  annotations.forEach((annotation, index) => {
    checkAnnotation(annotation, sample, `annotation ${index}`, file);
    let interval = annotation.sample - sample;
    while (interval > MAX_INTERVAL) {
      const skip = Math.min(interval, MAX_LONG_INTERVAL);
      put(SKIP, 0);
      words.push(skip >>> 16, skip & 0xffff);
      interval -= skip;
    }
    put(annotation.code, interval);
    if (annotation.num !== num) put(NUM, annotation.num);
    if (annotation.subtype !== 0) put(SUB, annotation.subtype);
    if (annotation.channel !== channel) put(CHN, annotation.channel);
    if (annotation.aux !== undefined) {
      const text = Buffer.from(annotation.aux, "latin1");
      put(AUX, text.length);
      for (let at = 0; at < text.length; at += 2) words.push(text[at]! | ((text[at + 1] ?? 0) << 8));
    }
    ({ sample, num, channel } = annotation);
  });
  words.push(0);
  const bytes = Buffer.alloc(words.length * 2);
  words.forEach((word, index) => {
    bytes.writeUInt16LE(word, index * 2);
  });
  return bytes;
}

function checkAnnotation(annotation: Annotation, previousSample: number, field: string, file: string): void {
  const refuse: (problem: string) => never = (problem) => {
    throw new WfdbError(
      "WFDB_WRITE",
      { file, field },
      problem,
      "nothing was written; correct the annotation",
    );
  };
  const { sample, code, num, subtype, channel, aux = "" } = annotation;
  if (!Number.isSafeInteger(sample) || sample < previousSample)
    refuse(`sample ${sample} follows ${previousSample}`);
  // Code 0 at interval 0 is the end mark.
  if (!Number.isInteger(code) || code < 1 || code > MAX_CODE) refuse(`code ${code} is not 1 to ${MAX_CODE}`);
  if (num !== signedByte(num)) refuse(`num ${num} is not -128 to 127`);
  if (subtype !== signedByte(subtype)) refuse(`subtype ${subtype} is not -128 to 127`);
  if (channel !== (channel & 0xff)) refuse(`channel ${channel} is not 0 to 255`);
  if (aux.length > MAX_AUX_BYTES || [...aux].some((character) => character.codePointAt(0)! > 0xff)) {
    refuse(`aux is not up to ${MAX_AUX_BYTES} ISO 8859-1 characters`);
  }
}

function signedByte(value: number): number {
  return (value << 24) >> 24;
}
