/** A folder as a recipient: a share of the practice, say. A file of a final name is whole. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../store/errors";
import { DeliveryError } from "./error";

/**
 * The same name is the same file: put there twice, it is there once.
 * @throws DeliveryError DELIVERY_FOLDER
 */
export function putInFolder(dir: string, name: string, bytes: Uint8Array): void {
  const file = join(dir, name);
  const part = `${file}.part`;
  if (!existsSync(dir))
    throw new DeliveryError("DELIVERY_FOLDER", `${dir} is not there: plug it in or mount it`, true);
  try {
    // Whoever may write there may have put a link or a pipe of that name: neither is opened.
    rmSync(part, { force: true });
    const handle = openSync(part, "wx", 0o600);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(part, file);
    const folder = openSync(dir, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (cause) {
    rmSync(part, { force: true });
    const why = codeOf(cause) === "ENOSPC" ? "it has no room: make some" : (cause as Error).message;
    throw new DeliveryError("DELIVERY_FOLDER", `cannot write to ${dir}: ${why}`, true, { cause });
  }
}
