/** What the owner of a virtual handheld does: claims it, waits for what she sees happen. */
import type { Clock } from "../../gateway/clock";
import type { Store } from "../../gateway/store/store";
import { CLAIM_WINDOW_MS } from "../../protocol/claim";
import { encodeDossier } from "../../protocol/dossier";
import type { VirtualHandheld } from "./handheld";

/** Looks now and then, in whatever time is in force, until it is so. @throws after `limitMs` */
export async function waitUntil(
  what: string,
  isSo: () => boolean,
  limitMs: number,
  everyMs = 100,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Holds the button and has the hub claim the unit, unless it has an owner already. */
export async function claimIfNew(handheld: VirtualHandheld, store: Store): Promise<void> {
  if (handheld.monitor?.keys()) return;
  const claim = store.claim(handheld.identity.claimCode, { dossier: encodeDossier(handheld.dossier) });
  handheld.act((monitor) => monitor.hold());
  await waitUntil("the handheld to be claimed", () => store.claimState(claim)?.state === "claimed", 60_000);
}

const LOOK_MS = 500;

/**
 * Holds the button again and again, as whoever claims the unit would, until it has an owner.
 * @returns what lets go of it
 */
export function holdUntilOwned(handheld: VirtualHandheld, clock: Clock, owned: () => void): () => void {
  let heldAt = -CLAIM_WINDOW_MS;
  let cancel = () => {};
  const look = () => {
    if (handheld.monitor?.keys()) return owned();
    if (clock.now() - heldAt >= CLAIM_WINDOW_MS) {
      heldAt = clock.now();
      handheld.act((monitor) => monitor.hold());
    }
    cancel = clock.after(LOOK_MS, look);
  };
  look();
  return () => cancel();
}
