/** The one table of formats: what a recording, or a stretch of it, is written as. */
import type { ExportFormat } from "../schema/exportformats";
import type { ExportSource, OutFile } from "./source";

/**
 * Files are taken in order, each to its end: a header may follow the samples that it vouches for.
 * @throws EXPORT_*, STORE_*, FRAME_*, BLOCK_*
 */
export type Make = (source: ExportSource) => OutFile[] | Promise<OutFile[]>;

interface Format {
  /** Of its files' names. */
  endings: string[];
  /** False where it is always of the whole recording. */
  cuts: boolean;
  make: Make;
}

/** Each is loaded when it is wanted. */
export const FORMATS: Record<ExportFormat, Format> = {
  wfdb: {
    endings: [".hea", ".dat", ".atr"],
    cuts: true,
    make: (source) => (require("./wfdb") as typeof import("./wfdb")).wfdbFiles(source),
  },
  edf: {
    endings: [".edf", ".bdf"],
    cuts: true,
    make: (source) => (require("./edf") as typeof import("./edf")).edfFiles(source),
  },
  dicom: {
    endings: [".dcm"],
    cuts: true,
    make: (source) => (require("./dicom") as typeof import("./dicom")).dicomFiles(source),
  },
  fhir: {
    endings: [".json"],
    cuts: true,
    make: (source) => (require("./fhir") as typeof import("./fhir")).fhirFiles(source),
  },
  aecg: {
    endings: [".xml"],
    cuts: true,
    make: (source) => (require("./aecg") as typeof import("./aecg")).aecgFiles(source),
  },
  csv: {
    endings: [".csv"],
    cuts: true,
    make: (source) => (require("./csv") as typeof import("./csv")).csvFiles(source),
  },
  proof: {
    endings: [".proof"],
    cuts: false,
    make: (source) => (require("./proof") as typeof import("./proof")).proofFiles(source),
  },
};
