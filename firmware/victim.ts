/** Which page a full ring gives up. */
import { type Directory, NO_PAGE, PageState } from "./directory";

/** True when later pages of its recording are held: without the open frame nobody could read them. */
function holdsMore(directory: Directory, place: number): boolean {
  const recording = directory.recording[directory.order[place]];
  for (let other = place + 1; other < directory.standing; other++) {
    const page = directory.order[other];
    if (directory.recording[page] !== recording) return false;
    if (directory.state[page] === PageState.held) return true;
  }
  return false;
}

/** Not the one being written, and, while others can, no open frame and no mark. */
function oldest(directory: Directory, sparingOpen: boolean, sparingMarks: boolean): number {
  for (let place = directory.oldestOwed(); place < directory.standing; place++) {
    const page = directory.order[place];
    if (directory.state[page] !== PageState.held || page === directory.writing) continue;
    if (sparingMarks && directory.marked[page]) continue;
    if (!sparingOpen || directory.first[page] !== 0 || !holdsMore(directory, place)) return page;
  }
  return NO_PAGE;
}

/** The oldest page that may go: marked ones last, unless marks fill half of the ring; NO_PAGE when only the one being written is held. */
export function victimOf(directory: Directory): number {
  let victim = oldest(directory, true, directory.markedPages * 2 <= directory.pages);
  if (victim === NO_PAGE) victim = oldest(directory, true, false);
  if (victim === NO_PAGE) victim = oldest(directory, false, false);
  return victim;
}
