/** What was announced to Home Assistant, kept beside the store so that a later run can take it back. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readSecret, writeSecret } from "../store/secretfile";
import { PREFIX_PATTERN } from "./topics";

const schema = z.array(
  z.strictObject({
    prefix: z.string().max(128).regex(PREFIX_PATTERN),
    id: z.string().regex(/^[0-9a-f]{16}$/),
    /** Whether heart rate and findings were among its entities. */
    values: z.boolean(),
  }),
);

/** One handheld under one prefix. */
export type Announcement = z.infer<typeof schema>[number];

export function ledgerPath(dataDir: string): string {
  return join(dataDir, "homeassistant.json");
}

/** @param onDamaged told why the file says nothing */
export function readLedger(dataDir: string, onDamaged: (error: Error) => void): Announcement[] {
  if (!existsSync(ledgerPath(dataDir))) return [];
  try {
    return schema.parse(JSON.parse(readSecret(ledgerPath(dataDir), "HOMEASSISTANT")));
  } catch (error) {
    onDamaged(error as Error);
    return [];
  }
}

/** On disk when this returns; nothing announced leaves no file. */
export function writeLedger(dataDir: string, announcements: Announcement[]): void {
  if (announcements.length === 0) rmSync(ledgerPath(dataDir), { force: true });
  else writeSecret(ledgerPath(dataDir), `${JSON.stringify(announcements)}\n`);
}
