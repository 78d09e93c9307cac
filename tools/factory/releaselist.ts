/**
 * The releases that a station has made, in releases/releases.json: counters never repeat, and the leaves that signed are
 * known apart from the key folder, so that an old copy of that one is noticed.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../../gateway/backup/files";
import { FactoryFailure } from "./failure";

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

const entrySchema = z.strictObject({
  counter: z.int().min(1),
  version: z.string(),
  board: z.string(),
  dev: z.boolean(),
  commit: z.string().nullable(),
  /** Unix seconds. */
  issued: z.int(),
  /** LMS public key. */
  key: hex(48),
  leaf: z.int().min(0),
  /** SHA-256 of SHA256SUMS, which names every file; missing of a release that was cut off. */
  sums: hex(32).optional(),
});
const listSchema = z.strictObject({ v: z.literal(1), releases: z.array(entrySchema) });

export type ReleaseEntry = z.infer<typeof entrySchema>;

export function releasesIn(dir: string): string {
  return join(dir, "releases");
}

export function folderOf(
  dir: string,
  { counter, version }: Pick<ReleaseEntry, "counter" | "version">,
): string {
  return join(releasesIn(dir), `${counter}-${version}`);
}

const listIn = (dir: string) => join(releasesIn(dir), "releases.json");

/** In the order of their counters. @throws FACTORY_RELEASES */
export function readReleases(dir: string): ReleaseEntry[] {
  const file = listIn(dir);
  if (!existsSync(file)) return [];
  try {
    return listSchema.parse(JSON.parse(readFileSync(file, "utf8"))).releases;
  } catch (cause) {
    throw new FactoryFailure(
      "FACTORY_RELEASES",
      `${file} is damaged, and it says which counters and leaves are used. Bring back its newest copy`,
      { cause },
    );
  }
}

/** On disk when it returns; in the place of the one with its counter. */
export function noteRelease(dir: string, entry: ReleaseEntry): void {
  const others = readReleases(dir).filter(({ counter }) => counter !== entry.counter);
  const releases = [...others, entry].sort((a, b) => a.counter - b.counter);
  mkdirSync(releasesIn(dir), { recursive: true });
  replaceFile(listIn(dir), `${JSON.stringify({ v: 1, releases }, null, 2)}\n`);
}

/** −1 where none is known. @param key as an entry has it */
export function highestLeaf(releases: ReleaseEntry[], key: string): number {
  return Math.max(-1, ...releases.filter((entry) => entry.key === key).map(({ leaf }) => leaf));
}
