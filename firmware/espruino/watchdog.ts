/** Resets a unit whose program no longer does its work. */

/** The boot scan of a full ring takes five to eight seconds at a stretch (estimate), and no timer kicks meanwhile. */
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
