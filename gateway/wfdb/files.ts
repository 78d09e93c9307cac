import { closeSync, openSync, readSync, statSync } from "node:fs";
import { WfdbError } from "./errors";

/** Size in bytes of a regular file. @throws WfdbError `WFDB_FILE` */
export function fileSize(file: string): number {
  const stat = attempt(file, () => statSync(file));
  // A pipe or device would block the reader or never end.
  if (!stat.isFile()) {
    throw new WfdbError("WFDB_FILE", { file }, "is not a regular file", "give the path of a file");
  }
  return stat.size;
}

/** Bytes `from` to `from + length` of a file. @throws WfdbError `WFDB_FILE`, also when they are not all there */
export function readRange(file: string, from: number, length: number): Buffer {
  return attempt(file, () => {
    const bytes = Buffer.alloc(length);
    const handle = openSync(file, "r");
    try {
      let filled = 0;
      while (filled < length) {
        const got = readSync(handle, bytes, filled, length - filled, from + filled);
        if (got === 0) throw new Error(`ends at byte ${from + filled} of ${from + length}`);
        filled += got;
      }
    } finally {
      closeSync(handle);
    }
    return bytes;
  });
}

/** A whole file of at most `limit` bytes. @throws WfdbError `WFDB_FILE`, `WFDB_TOO_LARGE` */
export function readWhole(file: string, limit: number): Buffer {
  const size = fileSize(file);
  if (size > limit) {
    throw new WfdbError(
      "WFDB_TOO_LARGE",
      { file },
      `${size} bytes where at most ${limit} are read`,
      "check that this is the right file",
    );
  }
  return readRange(file, 0, size);
}

/** Runs a file operation and turns the system's error into ours. */
export function attempt<T>(file: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    // The system names call and path, too: `ENOENT: no such file or directory, open '/a/b'`.
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/, \w+( '.*')?$/, "");
    throw new WfdbError("WFDB_FILE", { file }, reason, "check the path, the permissions and the disk");
  }
}
