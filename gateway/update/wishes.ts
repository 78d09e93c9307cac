/** What the owner of handhelds sees of updates and asks for, by a command or the page: beside a running hub, or before it. */
import { wholeId } from "../store/naming";
import { Makers } from "../store/pinned";
import type { StoreReader } from "../store/reader";
import { type Update, Updates } from "../store/updates";
import { UpdateError } from "./error";
import { type HeldRelease, Releases } from "./releases";
import { updateWords } from "./words";

export interface DeviceUpdate {
  device: string;
  name?: string;
  /** As it names itself, if it has said so. */
  firmware?: string;
  /** The newest release here that is above what it runs. */
  newest?: HeldRelease;
  /** What goes on, or how the last one ended. */
  update?: Update;
}

export class Wishes {
  readonly releases: Releases;
  private readonly updates: Updates;

  constructor(
    dataDir: string,
    private readonly reader: StoreReader,
  ) {
    this.releases = new Releases(dataDir);
    this.updates = Updates.open(dataDir);
  }

  close(): void {
    this.updates.close();
  }

  /** @param abbreviation the first characters of its id; @throws STORE_UNKNOWN_DEVICE, STORE_AMBIGUOUS_DEVICE */
  deviceOf(abbreviation: string): string {
    const handhelds = this.reader.devices().filter((device) => device.class !== "adopted");
    return wholeId(
      handhelds.map(({ id }) => id),
      abbreviation,
    );
  }

  /** @throws UpdateError UPDATE_FILE, UPDATE_MAKER, UPDATE_OLD */
  add(bytes: Uint8Array): HeldRelease {
    const makers = new Makers(this.updates.db, this.updates.keyring);
    return this.releases.add(bytes, (maker) => makers.isPinned(maker), this.updates.inUse());
  }

  /** Handhelds alone: what was adopted runs nothing. */
  all(): DeviceUpdate[] {
    const updates = this.updates.all();
    const handhelds = this.reader.devices().filter((device) => device.class !== "adopted");
    return handhelds.map(({ id, name, status }) => {
      const update = updates.get(id);
      return { device: id, name, firmware: status?.firmware, newest: this.newestOf(id, update), update };
    });
  }

  /** Has the newest release sent to a handheld. @throws UpdateError UPDATE_UNDERWAY, UPDATE_NONE */
  start(device: string, swap: Update["swap"], at: number): Update {
    const before = this.updates.get(device);
    if (before && !before.ended)
      throw new UpdateError(
        "UPDATE_UNDERWAY",
        `version ${before.version} is under way to ${device} already: cancel it first, or let it go on`,
      );
    const newest = this.newestOf(device, before);
    const owned = this.reader.ownership(device);
    if (!newest || !owned)
      throw new UpdateError(
        "UPDATE_NONE",
        `no release here is newer than what ${device} runs: add the file of its maker with 'avnode update add FILE'`,
      );
    const { counter, version, bytes } = newest.release;
    const asked = { epoch: owned.epoch, release: newest.id, counter, version, bytes, swap, askedAt: at };
    const again = before?.counter === counter && before.ended?.how === "back";
    const update = { ...asked, cancelled: false, again, begun: false, swapped: false };
    this.updates.put(device, update);
    return update;
  }

  /** Lets a handheld restart with what it has taken. @throws UpdateError UPDATE_IDLE */
  swap(device: string, swap: Update["swap"]): Update {
    return this.change(device, { swap });
  }

  /** @throws UpdateError UPDATE_IDLE */
  cancel(device: string, at: number): Update {
    const begun = this.updates.get(device)?.begun;
    // The handheld has never heard of it.
    const ended = begun ? undefined : { how: "cancelled" as const, at };
    return this.change(device, { cancelled: true, ...(ended && { ended }) });
  }

  private change(device: string, change: Partial<Update>): Update {
    const changed = this.updates.change(device, change);
    if (changed) return changed;
    const last = this.updates.get(device);
    if (last)
      throw new UpdateError(
        "UPDATE_IDLE",
        `the update of ${device} to ${last.version} is over already: ${updateWords(last)}`,
      );
    throw new UpdateError(
      "UPDATE_IDLE",
      `no update of ${device} is under way: 'avnode update start ${device.slice(0, 8)}' begins one`,
    );
  }

  private newestOf(device: string, update: Update | undefined): HeldRelease | undefined {
    const owned = this.reader.ownership(device);
    return owned && this.releases.newestFor(owned.certificate, update?.state?.running ?? 0);
  }
}
