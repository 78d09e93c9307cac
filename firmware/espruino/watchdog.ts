/** Resets a unit whose program no longer does its work. */

/** The boot of a full ring takes 25 s (estimate), and no timer kicks meanwhile: the scan does, every 32 pages. */
const TIMEOUT_S = 30;
const KICK_MS = 2000;

/** @param alive asked every two seconds; after half a minute without a yes the chip resets */
export function startWatchdog(alive: () => boolean): void {
  E.enableWatchdog(TIMEOUT_S, false);
  E.kickWatchdog();
  setInterval(function () {
    if (alive()) E.kickWatchdog();
  }, KICK_MS);
}
