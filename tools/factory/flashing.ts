/** What is done to a unit's flash: erased, written, read back. */
import { createHash } from "node:crypto";
import type { BoardSpec } from "../../firmware/board/spec";
import type { UnitConsole } from "../firmware/console";
import type { FlashedFile } from "../firmware/manifest";
import { uploadFile } from "../firmware/upload";
import { UnitFailure } from "./steps";

/** Two megabytes of pages at 85 ms each, twice over. */
const ERASE_MS = 120_000;
/** Of a file, before its flash counts as damaged. */
const WRITES = 3;
/** A board has no room for the whole file beside its hash. */
const PIECE_BYTES = 4096;

const PAGES = '(f,a,n,b)=>{for(var i=0;i<n;i++)f.erasePage(a+i*b);return n})(require("Flash")';

/** All of Storage, and the pages outside of it. @throws UnitFailure E03 */
export async function eraseAll(unit: UnitConsole, board: BoardSpec): Promise<void> {
  // Twice does no harm, but takes its time.
  await unit.ask('require("Storage").eraseAll(),1', { timeoutMs: ERASE_MS, tries: 2 });
  await erasePages(unit, board);
  const left = await filesOf(unit);
  if (left.length > 0) throw new UnitFailure("E03", `${left.length} files are still there`);
}

/** Those that the firmware uses outside of Storage. */
export async function erasePages(unit: UnitConsole, { vault, ring }: BoardSpec): Promise<void> {
  for (const { kind, address, pages, pageBytes } of [vault, ring])
    if (kind === "pages")
      await unit.ask(`(${PAGES},${address},${pages},${pageBytes})`, { timeoutMs: ERASE_MS });
}

export async function filesOf(unit: UnitConsole): Promise<string[]> {
  return ((await unit.ask('require("Storage").list()')) as string[]).sort();
}

/** Nothing but what this station wrote. @throws UnitFailure E05 */
export async function checkFiles(unit: UnitConsole, wanted: string[]): Promise<void> {
  const found = await filesOf(unit);
  if (found.join("\n") !== [...wanted].sort().join("\n"))
    throw new UnitFailure("E05", `its flash holds ${found.length} files, and ${wanted.length} were written`);
}

/** A file that stands there damaged is written anew. @throws FirmwareFailure UPLOAD_* */
export async function putFile(
  unit: UnitConsole,
  file: FlashedFile,
  contents: Uint8Array,
  progress: (part: number) => void,
): Promise<void> {
  for (let left = WRITES - 1; ; left--) {
    try {
      return await uploadFile(unit, file, contents, (done) => progress(done / file.bytes));
    } catch (error) {
      if (left === 0 || (error as { code?: string }).code !== "UPLOAD_DIFFERS") throw error;
      await unit.ask(`require("Storage").erase(${JSON.stringify(file.storage)}),1`);
    }
  }
}

/** Compares what stands in flash by SHA-256, piece by piece. @throws UnitFailure E05 */
export async function readBack(
  unit: UnitConsole,
  storage: string,
  contents: Uint8Array,
  progress: (part: number) => void = () => {},
): Promise<void> {
  for (let at = 0; at < contents.length; at += PIECE_BYTES) {
    const piece = contents.subarray(at, at + PIECE_BYTES);
    const found = await unit.sha256(storage, at, piece.length);
    if (found !== createHash("sha256").update(piece).digest("base64"))
      throw new UnitFailure("E05", `${storage} differs within the ${piece.length} bytes from ${at} on`);
    progress((at + piece.length) / contents.length);
  }
}
