/** Whose releases are taken. */
import { Makers } from "../store/pinned";
import type { Updates } from "../store/updates";

/** @returns whether a maker is pinned here, as it stands then: to forget it ends its updates */
export function pinnedMakers({ db, keyring }: Updates): (maker: Uint8Array) => boolean {
  const makers = new Makers(db, keyring);
  return (maker) => makers.isPinned(maker);
}
