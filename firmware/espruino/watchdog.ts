/** Resets a unit whose program no longer does its work. */

const TIMEOUT_S = 10;
const KICK_MS = 2000;

/** @param alive asked every two seconds; after ten without a yes the chip resets */
export function startWatchdog(alive: () => boolean): void {
  E.enableWatchdog(TIMEOUT_S, false);
  E.kickWatchdog();
  setInterval(function () {
    if (alive()) E.kickWatchdog();
  }, KICK_MS);
}
