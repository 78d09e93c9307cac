/** Handhelds' releases lie beside the database, in a backup as in a hub, each checked whenever it is read. */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { encodeReleaseFile } from "../../protocol/releasefile";
import { codeOf, StoreError } from "../store/errors";
import { RELEASES, Releases } from "../update/releases";

/**
 * Brings along what is there and not here, and thins it out as a hub does that gets them one by one.
 * @param inUse ids of those that updates are in the middle of
 * @returns by name, what did not come along and why
 * @throws BACKUP_FILE, BACKUP_RELEASES when they cannot be written
 */
export function copyReleases(
  from: string,
  to: string,
  isPinned: (maker: Uint8Array) => boolean,
  inUse: string[],
): string[] {
  checkFolder(to);
  const [there, here] = [new Releases(from), new Releases(to)];
  const problems: string[] = [];
  for (const id of idsIn(there, join(from, RELEASES), problems)) {
    const read = there.read(id);
    // A hub at work may have thinned it out meanwhile.
    if (!read || here.read(id)) continue;
    try {
      here.add(encodeReleaseFile(read.file), isPinned, inUse);
    } catch (cause) {
      const { message } = cause as Error;
      if (!codeOf(cause).startsWith("UPDATE_"))
        throw new StoreError(
          "BACKUP_RELEASES",
          `cannot write a release into ${join(to, RELEASES)}: ${message}. Check that the medium is there and has room, then run this again`,
          { cause },
        );
      problems.push(`release ${read.held.release.version} (${id}): ${message}`);
    }
  }
  return problems;
}

/** Of the whole ones, the oldest first: the newest stay. */
function idsIn(releases: Releases, folder: string, problems: string[]): string[] {
  try {
    const whole = releases.all().map(({ id }) => id);
    for (const id of releases.ids())
      if (!whole.includes(id) && !releases.read(id))
        problems.push(
          `release ${id} is damaged: fetch it from its maker, and add it with 'avnode update add FILE'`,
        );
    return whole.reverse();
  } catch (error) {
    problems.push(`cannot read ${folder}: ${(error as Error).message}; add what it held again`);
    return [];
  }
}

/** A link would lead us to any folder of the user's. */
function checkFolder(dir: string): void {
  const folder = join(dir, RELEASES);
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (!stat || stat.isDirectory()) return;
  throw new StoreError(
    "BACKUP_FILE",
    `${folder} is no folder, and no backup makes such. Somebody put it there: remove it, or use another directory`,
  );
}
