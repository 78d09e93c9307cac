/** What pydicom finds in DICOM waveforms. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { PYTHON } from "../../machine";

export interface Read {
  sopClass: string;
  uid: string;
  modality: string;
  name: string;
  patient: string;
  birthDate: string;
  sex: string;
  at: string;
  description: string;
  rate: number;
  samples: number;
  labels: string[];
  codes: string[];
  scaled: boolean[];
  digests: string[];
  first: number[];
  absent: number[];
  padding: number;
  texts: string[];
}

/** One process for all of them: it takes long to start. */
export function pydicom(files: string[]): Read[] {
  const said = execFileSync(PYTHON, [join(__dirname, "dicomreader.py")], {
    ...{ input: files.join("\n"), encoding: "utf8", maxBuffer: 1 << 26 },
  });
  return said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
