/** A stranger's file as bytes that are read where they are needed, so that its size costs no memory. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { AdoptError } from "./error";

export interface ByteSource {
  /** How long it is. */
  bytes: number;
  /** Whole, or an error. @throws AdoptError ADOPT_TRUNCATED */
  read(at: number, length: number): Uint8Array;
}

export function truncated(what: string): AdoptError {
  return new AdoptError("ADOPT_TRUNCATED", what, "copy the file again from where it came from");
}

export function memorySource(held: Uint8Array): ByteSource {
  return {
    bytes: held.length,
    read(at, length) {
      if (at + length > held.length) throw truncated(`ends at byte ${held.length}, not ${at + length}`);
      return held.subarray(at, at + length);
    },
  };
}

/** The caller closes it. @throws AdoptError ADOPT_FILE where it is no plain file that can be read */
export function fileSource(path: string): ByteSource & { close(): void } {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AdoptError("ADOPT_FILE", `cannot be opened (${code})`, "check the path and who may read it");
  }
  const stat = fstatSync(file);
  if (!stat.isFile()) {
    closeSync(file);
    throw new AdoptError("ADOPT_FILE", "is no plain file", "name the file itself");
  }
  return {
    bytes: stat.size,
    read(at, length) {
      // Checked before memory is asked for: a header may claim any number.
      if (at + length > stat.size) throw truncated(`ends at byte ${stat.size}, not ${at + length}`);
      const target = Buffer.alloc(length);
      for (let done = 0; done < length; ) {
        const read = readSync(file, target, done, length - done, at + done);
        if (read === 0) throw truncated(`became shorter while it was read, at byte ${at + done}`);
        done += read;
      }
      return target;
    },
    close: () => closeSync(file),
  };
}
