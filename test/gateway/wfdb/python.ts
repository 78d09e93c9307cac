import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { PYTHON } from "../../machine";

/** What unpack.py says of one signal. */
export interface UnpackedSignal {
  sha256: string;
  sum: number;
}

/** file, format, signals in it, byte offset, samples per signal */
export type SignalRequest = [string, number, number, number, number];

/** file and its rows of sample, code, subtype, channel, num, aux */
export type UnpackedAnnotation = [number, number, number, number, number, string | null];

export function unpackSignals(request: SignalRequest[]): UnpackedSignal[][] {
  return unpack("signals", request) as UnpackedSignal[][];
}

export function unpackAnnotations(files: string[]): UnpackedAnnotation[][] {
  return unpack("annotations", files) as UnpackedAnnotation[][];
}

function unpack(what: string, request: unknown): unknown {
  const options = { input: JSON.stringify(request), maxBuffer: 1 << 28 };
  return JSON.parse(execFileSync(PYTHON, [join(__dirname, "unpack.py"), what], options).toString());
}
