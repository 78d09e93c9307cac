/** Whom a hub believes, changed by a command: whether a hub runs on the directory or not. */
import { systemClock } from "../clock";
import { type Opened, openBeside } from "./directory";
import { Makers } from "./pinned";
import { RevocationLists } from "./revocations";
import { Tables } from "./tables";

function beside<T>(dataDir: string, use: (opened: Opened) => T): T {
  const opened = openBeside(dataDir, false);
  try {
    return use(opened);
  } finally {
    opened.db.close();
  }
}

/** @throws STORE_ALTERED, STORE_MAKERS */
export function pinMakerBeside(dataDir: string, maker: Uint8Array, label?: string): void {
  beside(dataDir, ({ db, keyring }) => new Makers(db, keyring).pin(maker, systemClock.now(), { label }));
}

/** @throws STORE_ALTERED, STORE_MAKERS */
export function forgetMakerBeside(dataDir: string, maker: Uint8Array): void {
  beside(dataDir, ({ db, keyring }) => new Makers(db, keyring).forget(maker, systemClock.now()));
}

/** @throws as RevocationLists.import does */
export function importRevocationsBeside(dataDir: string, bytes: Uint8Array) {
  return beside(dataDir, ({ db, keyring }) =>
    new RevocationLists(db, keyring).import(bytes, systemClock.now()),
  );
}

/** Keeps a handheld's public papers. @throws as Tables.add does */
export function importPapersBeside(dataDir: string, bytes: Uint8Array) {
  return beside(dataDir, ({ db, keyring }) => new Tables(db).add(keyring, bytes));
}
