/** What the owner of a virtual handheld does: claims it, waits for what she sees happen. */
import type { Store } from "../../gateway/store/store";
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
