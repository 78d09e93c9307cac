/** What a backup directory says of itself, and what keeps a directory from being one. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, StoreError } from "../store/errors";
import { checkFiles, replaceFile } from "./files";
import { sealedPath } from "./sealed";

export interface BackupInfo {
  type: "avnode/backup";
  v: 1;
  /** Hex. */
  storeId: string;
  generation: string;
  /** A DataKind. */
  kind: string;
  /** Unix ms of the newest copy, of its verification, and of the newest verification of everything. */
  at: number;
  verifiedAt: number | null;
  fullyVerifiedAt: number | null;
  recordings: number;
  frames: number;
  /** Where a mirror gets it from; a backup has none. */
  mirrorOf?: string;
  /** The newest run found something wrong, or never ended: the next one verifies everything. */
  doubt?: boolean;
}

const hex8 = z.string().regex(/^[0-9a-f]{16}$/);
/** As far as a Date reaches. */
const unixMs = z.number().int().min(0).max(8.64e15);
const count = z.number().int().min(0);
/** A medium may have damaged any of it, and it is read before anything else of a backup. */
const fields = z.object({
  storeId: hex8,
  generation: hex8,
  kind: z.string(),
  at: unixMs,
  verifiedAt: unixMs.nullable(),
  fullyVerifiedAt: unixMs.nullable(),
  recordings: count,
  frames: count,
  mirrorOf: z.string().optional(),
  doubt: z.boolean().optional(),
});

export function infoPath(dir: string): string {
  return join(dir, "backup.json");
}

/** Where a run by schedule does not begin. */
export function noBackupIn(dir: string): string {
  return `${dir} has no backup: put the medium in, or run 'avnode backup ${dir}' once by hand`;
}

export function writeInfo(dir: string, info: BackupInfo): void {
  replaceFile(infoPath(dir), `${JSON.stringify(info, null, 2)}\n`);
}

/** @returns undefined where no copy was ever finished; @throws BACKUP_FILE, BACKUP_JOURNAL, BACKUP_INFO, BACKUP_KIND */
export function readInfo(dir: string): BackupInfo | undefined {
  // Whoever goes on to the database and the keyring has come by here.
  checkFiles(dir);
  let text: string;
  try {
    text = readFileSync(infoPath(dir), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw new StoreError(
      "BACKUP_INFO",
      `cannot read ${infoPath(dir)}: ${(error as Error).message}. Check the medium`,
      { cause: error },
    );
  }
  const damaged = (why: string, cause?: unknown) =>
    new StoreError(
      "BACKUP_INFO",
      `${infoPath(dir)} is damaged: ${why}. Back up into ${dir} again, or use another backup`,
      { cause },
    );
  let info: BackupInfo;
  try {
    info = JSON.parse(text);
  } catch (cause) {
    throw damaged((cause as Error).message, cause);
  }
  if (info?.type !== "avnode/backup" || info.v !== 1) {
    throw new StoreError(
      "BACKUP_KIND",
      `${dir} is a backup of another kind (${String(info?.type)} ${String(info?.v)}), not avnode/backup 1. Use the program that made it`,
    );
  }
  const issue = fields.safeParse(info).error?.issues[0];
  if (issue) throw damaged(`${issue.path.join(".")}: ${issue.message}`);
  return info;
}

/** For whoever restores. @throws BACKUP_NONE, BACKUP_IS_DATA, BACKUP_HALF, and as readInfo does */
export function requireInfo(dir: string): BackupInfo {
  if (existsSync(join(dir, "keyring.json")))
    throw new StoreError(
      "BACKUP_IS_DATA",
      `${dir} is a data directory, not a backup: use it with --data ${dir}`,
    );
  const database = existsSync(join(dir, "avnode.db"));
  const info = readInfo(dir);
  if (!info && !database && !existsSync(sealedPath(dir)))
    throw new StoreError(
      "BACKUP_NONE",
      `${dir} is not a backup: it has no backup.json. Name the directory that 'avnode backup' wrote`,
    );
  if (!info || !database || !existsSync(sealedPath(dir)))
    throw new StoreError(
      "BACKUP_HALF",
      `${dir} is a backup whose first run never ended: ${missing(dir)} is not there. Back up again, or use another backup`,
    );
  return info;
}

function missing(dir: string): string {
  return ["avnode.db", "keyring.sealed", "backup.json"]
    .filter((name) => !existsSync(join(dir, name)))
    .join(" and ");
}
