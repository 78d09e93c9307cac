/** Waiting for what other processes do, within a limit. */

/** Generous: nothing but the order of things is asked for, on whatever machine. */
export const LIMIT_MS = 60_000;
const LOOK_MS = 50;

/** Looks now and then until it is so. @throws after `limitMs` */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await isSo()); ) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
