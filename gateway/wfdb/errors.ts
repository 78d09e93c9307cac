/**
 * Stable codes of everything that reading or writing WFDB refuses.
 *
 * | code | means |
 * | --- | --- |
 * | `WFDB_FILE` | a file is missing, unreadable, or not a regular file |
 * | `WFDB_HEADER` | a header field is absent, malformed or out of range |
 * | `WFDB_UNSUPPORTED` | legal WFDB that this reader does not read (segments, several samples per frame, other formats) |
 * | `WFDB_PATH` | a header names a signal file outside its own directory |
 * | `WFDB_SIZE` | header and signal file disagree about how many samples there are |
 * | `WFDB_TOO_LARGE` | the record does not fit the reader's memory bound |
 * | `WFDB_MATLAB` | a `.mat` file is not the MATLAB v4 int16 matrix that its header implies |
 * | `WFDB_CHECKSUM`, `WFDB_INITIAL` | the samples are not those that the header vouches for |
 * | `WFDB_ANNOTATION` | an annotation file is malformed or cut short |
 * | `WFDB_WRITE` | what was given to a writer cannot be expressed in WFDB |
 */
export type WfdbErrorCode =
  | "WFDB_FILE"
  | "WFDB_HEADER"
  | "WFDB_UNSUPPORTED"
  | "WFDB_PATH"
  | "WFDB_SIZE"
  | "WFDB_TOO_LARGE"
  | "WFDB_MATLAB"
  | "WFDB_CHECKSUM"
  | "WFDB_INITIAL"
  | "WFDB_ANNOTATION"
  | "WFDB_WRITE";

/** Where in a file the fault lies. `line` counts from 1, `field` is the name that header(5) gives it. */
export interface WfdbPlace {
  file: string;
  line?: number;
  field?: string;
}

/** The only error that this folder throws on bad input; its message names file, line, field, value and remedy. */
export class WfdbError extends Error {
  readonly code: WfdbErrorCode;
  readonly file: string;
  readonly line?: number;
  readonly field?: string;

  constructor(code: WfdbErrorCode, place: WfdbPlace, problem: string, remedy: string) {
    const line = place.line === undefined ? "" : ` line ${place.line}`;
    const field = place.field === undefined ? "" : `, ${place.field}`;
    super(`${place.file}${line}${field}: ${problem}; ${remedy}`);
    this.name = "WfdbError";
    this.code = code;
    this.file = place.file;
    this.line = place.line;
    this.field = place.field;
  }
}
