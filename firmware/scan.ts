/** The boot scan: from the heads of all pages to the directory. */
import type { Flash } from "./board/board";
import { type Directory, NO_PAGE, PageState } from "./directory";
import { type Crc32, FIRST_RECORD_AT, nextRecord, readHead } from "./page";

/** What the scan finds beside the directory's content. */
export interface Found {
  /** The page written last, by whatever owner, and its serial; NO_PAGE and 0 in an empty ring. */
  newest: number;
  newestSerial: number;
}

const OURS = 1;
const OURS_RELEASED = 2;

function walk(flash: Flash, page: number): number {
  let count = 0;
  let at = nextRecord(flash, page, FIRST_RECORD_AT);
  while (at > 0) {
    count++;
    at = nextRecord(flash, page, at);
  }
  return count;
}

/** From the end, because a page without frames leaves the order. */
function countFrames(flash: Flash, directory: Directory, kind: Uint8Array): void {
  for (let place = directory.standing - 1; place >= 0; place--) {
    const page = directory.order[place];
    const next = place + 1 < directory.standing ? directory.order[place + 1] : NO_PAGE;
    // The page written right behind it says where it ends; only a recording's last page has to be walked.
    const known =
      next !== NO_PAGE &&
      directory.recording[next] === directory.recording[page] &&
      directory.serial[next] === directory.serial[page] + 1;
    const count = known ? directory.first[next] - directory.first[page] : walk(flash, page);
    if (count === 0) {
      directory.forget(page);
      continue;
    }
    directory.count[page] = count;
    if (kind[page] === OURS_RELEASED) directory.setState(page, PageState.released);
    else directory.setOwed(page, count);
  }
}

/** Pages between two signs of life: half a minute without one resets the handheld. */
const ALIVE_PAGES = 32;

/**
 * Enters the pages of this epoch; those of another belong to a former owner and count as free.
 * @param alive called now and then
 */
export function scan(
  flash: Flash,
  crc32: Crc32,
  directory: Directory,
  epoch: number,
  alive: () => void,
): Found {
  const found: Found = { newest: NO_PAGE, newestSerial: 0 };
  const kind = new Uint8Array(flash.pages);
  for (let page = 0; page < flash.pages; page++) {
    if (page % ALIVE_PAGES === 0) alive();
    const head = readHead(flash, page, crc32);
    if (!head) continue;
    if (head.serial > found.newestSerial) {
      found.newestSerial = head.serial;
      found.newest = page;
    }
    if (head.epoch !== epoch) continue;
    kind[page] = head.released ? OURS_RELEASED : OURS;
    directory.recording[page] = head.recording;
    directory.first[page] = head.firstSequence;
    directory.serial[page] = head.serial;
    if (head.marked) directory.mark(page);
  }
  // In the order of rotation nearly every page enters behind all others.
  for (let i = 1; i <= flash.pages; i++) {
    const page = (found.newest + i) % flash.pages;
    if (i % ALIVE_PAGES === 0) alive();
    if (kind[page] > 0)
      directory.enter(page, directory.recording[page], directory.first[page], directory.serial[page]);
  }
  alive();
  countFrames(flash, directory, kind);
  alive();
  return found;
}
