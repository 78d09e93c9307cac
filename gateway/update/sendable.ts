/** A release in the pieces that a handheld takes. */
import { Op } from "../../protocol/command";
import { CHUNK_BYTES, chunkHashes } from "../../protocol/release";
import type { ReleaseFile } from "../../protocol/releasefile";
import { nodeCrypto } from "../crypto";
import type { HeldRelease } from "./releases";
import type { Sendable } from "./step";

/** @param file whose image is what the release says */
export function sendable({ release }: HeldRelease, file: ReleaseFile): Sendable {
  const hashes = chunkHashes(nodeCrypto.sha256, file.image);
  return {
    counter: release.counter,
    bytes: release.bytes,
    offer: () => ({ op: Op.offer, bytes: file.release }),
    chunk: (at) => {
      const data = file.image.subarray(at, at + CHUNK_BYTES);
      return { op: Op.chunk, at, bytes: Buffer.concat([hashes[Math.floor(at / CHUNK_BYTES) + 1]!, data]) };
    },
  };
}
