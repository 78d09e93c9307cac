/** A label read back: from a picture of it, or from a scanner that types as a keyboard does. */
import { decodeClaimCode } from "../../../protocol/claim";
import { nothingTyped } from "../asking";
import { FactoryFailure } from "../failure";

/** Other barcodes of a bench, and one's own that a scanner misread. */
const MAX_TRIES = 8;

/** @param name as errors name the picture; @returns the claim code; @throws PHOTO_*, CLAIM_CODE_* */
export async function readLabel(picture: Uint8Array, name: string): Promise<Uint8Array> {
  const { codeFromPicture } =
    require("../../../gateway/claim/photo") as typeof import("../../../gateway/claim/photo");
  return codeFromPicture(picture, name);
}

/**
 * What sticks on the unit, against what belongs there.
 * @param source lines as a scanner types them, the first claim code of which counts, or a picture
 * @returns "other" for the label of another unit
 * @throws FACTORY_LABEL, PHOTO_*, CLAIM_CODE_* where no label could be read; UnitFailure E13 where nothing was scanned
 */
export async function scanBack(
  expected: Uint8Array,
  source: AsyncIterable<string> | Uint8Array,
): Promise<"match" | "other"> {
  const code =
    source instanceof Uint8Array ? await readLabel(source, "the picture of the label") : await first(source);
  return Buffer.from(code).equals(expected) ? "match" : "other";
}

/** Other codes of a bench are passed over. */
async function first(lines: AsyncIterable<string>): Promise<Uint8Array> {
  let tries = 0;
  let unread: Error = nothingTyped();
  for await (const line of lines) {
    if (line.trim() === "") continue;
    try {
      return typedCode(line);
    } catch (error) {
      unread = error as Error;
    }
    if (++tries === MAX_TRIES) break;
  }
  throw unread;
}

/** @param line as a scanner types it; @throws FACTORY_LABEL */
export function typedCode(line: string): Uint8Array {
  try {
    return decodeClaimCode(line);
  } catch (error) {
    // The colon of "AVNODE:" is another character on most keyboards, and letters change places.
    const isForeign = /^[aq]vnode[^:]/i.test(line.trim());
    throw unreadable(
      isForeign
        ? "the scanner types for another keyboard than this computer has: set its country"
        : (error as Error).message,
    );
  }
}

function unreadable(why: string): FactoryFailure {
  return new FactoryFailure(
    "FACTORY_LABEL",
    `no label was read: ${why}; scan the QR of the label on the unit`,
  );
}
