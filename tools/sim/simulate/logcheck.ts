/** Holds the store's log to what was said of it: no checkpoint is ever taken back, and every closed recording stands in it. */

import { nodeCrypto } from "../../../gateway/crypto";
import type { RecordingInfo } from "../../../gateway/store/infos";
import type { StoreReader } from "../../../gateway/store/reader";
import { sameBytes, toHex } from "../../../protocol/bytes";
import { decodeManifest } from "../../../protocol/manifest";
import { inclusionRoot, leafHash } from "../../../protocol/merkle";
import type { Receipt } from "../../../protocol/receipt";
import type { Chronicle } from "./chronicle";
import { digest, placeOf, type Story, type Truth } from "./truth";

export class LogCheck {
  /** Root of every checkpoint that a receipt bore, by its size. */
  private readonly seen = new Map<number, string>();

  constructor(
    private readonly chronicle: Chronicle,
    private readonly truth: Truth,
  ) {}

  receipted({ checkpointSize, checkpointRoot }: Receipt): void {
    if (checkpointSize === 0) return;
    const root = toHex(checkpointRoot);
    const before = this.seen.get(checkpointSize);
    if (before === undefined) this.chronicle.event("checkpoint", checkpointSize, root);
    this.seen.set(checkpointSize, root);
    this.chronicle.demand(
      before === undefined || before === root,
      () => `the log had two roots at size ${checkpointSize}`,
    );
  }

  /** Whether every closed recording that is whole has its last leaf. */
  isComplete(reader: StoreReader): boolean {
    return reader.recordings().every(({ id, state, holes }) => {
      const place = state === "closed" && holes === 0 ? reader.log.place(id) : undefined;
      return state !== "closed" || holes > 0 || (place && decodeManifest(place.leaf).state === "closed");
    });
  }

  judge(reader: StoreReader): void {
    const newest = reader.log.newest();
    if (!newest) return;
    for (const [size, root] of this.seen) {
      const now = size <= newest.size ? toHex(reader.log.root(newest.log, size)) : "nothing";
      this.chronicle.demand(
        now === root,
        () => `the log of size ${newest.size} does not begin with its checkpoint of size ${size}`,
      );
    }
    for (const info of reader.recordings())
      if (info.state === "closed" && info.holes === 0) {
        const wrong = this.wrongLeaf(reader, info, newest);
        if (wrong !== undefined) this.chronicle.violated(`recording ${info.id} in the log: ${wrong}`);
      }
  }

  private wrongLeaf(
    reader: StoreReader,
    { id, device, epoch, recording }: RecordingInfo,
    newest: { log: number; size: number; root: Uint8Array },
  ): string | undefined {
    const { log } = reader;
    const place = log.place(id);
    if (!place) return "it is closed, and it has no leaf";
    const { state, close, signature } = decodeManifest(place.leaf);
    if (state !== "closed" || !close) return `it is closed, and its newest leaf says ${state}`;
    const path = log.inclusion(place.log, place.index, newest.size);
    const leaf = leafHash(nodeCrypto.sha256, place.leaf);
    const root = inclusionRoot(nodeCrypto.sha256, leaf, place.index, newest.size, path);
    if (!sameBytes(root, newest.root)) return "the newest checkpoint does not cover its leaf";
    const stories = [...this.truth.of(device)].filter(
      (story) => placeOf(device, story.epoch, story.number) === placeOf(device, epoch, recording),
    );
    if (stories.some((story) => story.close && story.frames.length > story.close.frames + 1)) {
      this.chronicle.count(signature ? "signed leaves" : "leaves without their signature");
      // Over a handheld's frames and its clone's in one recording none can hold.
      if (signature && stories.some((story) => isOf(story, reader, id)) && log.signature(id) !== "signed")
        return "its signature cannot be verified";
    }
    this.chronicle.count("leaves of closed recordings");
    return undefined;
  }
}

/** Whether one unit sealed all of the recording that the store has. */
function isOf({ frames }: Story, reader: StoreReader, id: string): boolean {
  for (const { header, frame } of reader.frames(id))
    if (frames[header.sequence]?.frame !== digest(frame)) return false;
  return true;
}
