import { WfdbError } from "./errors";

const FIXED_BYTES = 20;
/** MOPT 0030: IEEE little-endian, 16-bit signed integers, full numeric matrix (MATLAB Level 4 MAT-file format). */
const TYPE_INT16 = 30;

/** What a `.mat` signal file has to be for its WFDB header to be true. */
export interface ExpectedMatrix {
  file: string;
  leads: number;
  samples: number;
  byteOffset: number;
  format: number;
}

/**
 * Checks the preamble of a MATLAB v4 file of the PhysioNet/CinC kind: one int16 matrix of a row per lead and a column
 * per sample, which in MATLAB's column order is format 16 behind the preamble.
 * @param preamble the bytes before the first sample, or their first 20 and more
 * @throws WfdbError `WFDB_MATLAB`, `WFDB_UNSUPPORTED` for other element types
 */
export function checkMatlabPreamble(preamble: Buffer, expected: ExpectedMatrix): void {
  const refuse: (field: string, problem: string) => never = (field, problem) => {
    throw new WfdbError(
      "WFDB_MATLAB",
      { file: expected.file, field },
      problem,
      "the header must describe one MATLAB v4 int16 matrix; make it again with wfdb2mat or fix the header",
    );
  };
  if (preamble.length < FIXED_BYTES) refuse("byte offset", `${preamble.length} is less than a matrix header`);
  const type = preamble.readUInt32LE(0);
  if (type !== TYPE_INT16 || expected.format !== 16) {
    throw new WfdbError(
      "WFDB_UNSUPPORTED",
      { file: expected.file, field: "matrix type" },
      `type ${type} with format ${expected.format} is not the int16 matrix (type ${TYPE_INT16}, format 16) that is read here`,
      "save the signal as a MATLAB v4 int16 matrix, or convert the record to format 16",
    );
  }
  const [rows, columns, imaginary, nameBytes] = [4, 8, 12, 16].map((at) =>
    preamble.readUInt32LE(at),
  ) as number[];
  if (rows !== expected.leads) refuse("matrix rows", `${rows} rows for ${expected.leads} leads`);
  if (columns !== expected.samples)
    refuse("matrix columns", `${columns} columns for ${expected.samples} samples`);
  if (imaginary !== 0) refuse("imaginary flag", `${imaginary}: the matrix is not real`);
  if (FIXED_BYTES + nameBytes! !== expected.byteOffset) {
    refuse(
      "byte offset",
      `${expected.byteOffset}, yet the matrix starts at byte ${FIXED_BYTES + nameBytes!}`,
    );
  }
}
