/**
 * The sealed keyrings that a hub sent its mirror. The newest is `keyring.sealed`; none is ever thrown away, since whoever
 * rules the hub could send one that the owner's recovery code does not open.
 */
import { existsSync, readFileSync } from "node:fs";
import { replaceFile } from "../backup/files";
import { hasSealedForm, sealedPath, sealedPaths } from "../backup/sealed";
import { StoreError } from "../store/errors";

/** A new one comes with each new recovery code and each restore of the hub. */
export const MAX_KEYRINGS = 16;
const MAX_BYTES = 16_384;

/** @throws MIRROR_KEYRING for what is no sealed keyring, or one too many */
export function checkKeyring(dir: string, sealed: string): void {
  if (sealed.length > MAX_BYTES || !hasSealedForm(sealed))
    throw new StoreError("MIRROR_KEYRING", "the hub sent what is no sealed keyring: nothing was taken");
  if (!kept(dir).includes(sealed) && kept(dir).length >= MAX_KEYRINGS)
    throw new StoreError(
      "MIRROR_KEYRING",
      `the hub sent more than ${MAX_KEYRINGS} different keyrings: nothing was taken. Keep this mirror as it is; if all those recovery codes are yours, mirror into another directory`,
    );
}

/** @returns whether it took the place of another, which is kept beside it */
export function keepKeyring(dir: string, sealed: string): boolean {
  const path = sealedPath(dir);
  const before = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (before === sealed) return false;
  if (before !== undefined) {
    let number = 1;
    while (existsSync(`${path}.${number}`) && readFileSync(`${path}.${number}`, "utf8") !== before) number++;
    replaceFile(`${path}.${number}`, before);
  }
  replaceFile(path, sealed);
  return before !== undefined;
}

function kept(dir: string): string[] {
  return sealedPaths(dir)
    .filter(existsSync)
    .map((path) => readFileSync(path, "utf8"));
}
