/** A folder as a recipient: a share of the practice, say. A file of a final name is whole. */
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../store/errors";
import { DeliveryError } from "./error";

/**
 * The same name is the same file: put there twice, it is there once. A share that hangs holds nothing else of the hub.
 * @throws DeliveryError DELIVERY_FOLDER
 */
export async function putInFolder(dir: string, name: string, bytes: Uint8Array): Promise<void> {
  const file = join(dir, name);
  const part = `${file}.part`;
  const there = await stat(dir).catch(() => undefined);
  if (!there) throw new DeliveryError("DELIVERY_FOLDER", `${dir} is not there: plug it in or mount it`, true);
  try {
    // Whoever may write there may have put a link or a pipe of that name: neither is opened.
    await rm(part, { force: true });
    const handle = await open(part, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
    const folder = await open(dir, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    const why = codeOf(cause) === "ENOSPC" ? "it has no room: make some" : (cause as Error).message;
    throw new DeliveryError("DELIVERY_FOLDER", `cannot write to ${dir}: ${why}`, true, { cause });
  }
}
