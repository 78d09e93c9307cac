/** The frames of a proof: each in its place, once, and the chain through them from the key's commitment to its end. */
import { isZero, sameBytes } from "../bytes";
import { chainFrom, chainNext, HASH_BYTES } from "../chain";
import type { Crypto } from "../crypto";
import { decodeHeader, FrameType, MAX_FRAME_BYTES } from "../header";
import type { Manifest, ManifestDrop } from "../manifest";
import { type Declared, listedKey } from "./contents";
import { fault, LineName } from "./lines";

const complete = LineName.complete;
const unchanged = LineName.unchanged;

/** Sequences of the frames, each of this recording. */
function placesOf(manifest: Manifest, frames: Uint8Array[]): number[] {
  const places: number[] = [];
  for (let i = 0; i < frames.length; i++) {
    let header: ReturnType<typeof decodeHeader>;
    try {
      header = decodeHeader(frames[i]);
    } catch (error) {
      throw fault(unchanged, "PROOF_FRAME_FORM", "item " + i + " is no frame: " + (error as Error).message);
    }
    if (header.epoch !== manifest.epoch || header.recording !== manifest.recording) {
      throw fault(
        unchanged,
        "PROOF_FRAME_RECORDING",
        "item " + i + " is from another recording: number " + header.recording + " of epoch " + header.epoch,
      );
    }
    const isPlaced =
      header.type <= FrameType.mark && (header.type === FrameType.open) === (header.sequence === 0);
    if (!isPlaced) {
      throw fault(
        unchanged,
        "PROOF_FRAME_TYPE",
        "frame " + header.sequence + " is of type " + header.type + ", which has no place there",
      );
    }
    places.push(header.sequence);
  }
  return places;
}

function lostAndHere(sequence: number): Error {
  return fault(
    unchanged,
    "PROOF_FRAME_LOST",
    "frame " + sequence + " is here, and its stretch is declared lost",
  );
}

/** Says why frame `found` stands where `wanted` should. */
function misplaced(places: number[], wanted: number, found: number): Error {
  const isThere = places.indexOf(wanted) >= 0;
  if (found > wanted) {
    return isThere
      ? fault(unchanged, "PROOF_FRAME_ORDER", "frame " + wanted + " stands behind frame " + found)
      : fault(
          complete,
          "PROOF_FRAME_MISSING",
          "frame " + wanted + " is missing, and nobody declared it lost",
        );
  }
  if (places.indexOf(found, places.indexOf(found) + 1) < 0) return lostAndHere(found);
  return isThere
    ? fault(unchanged, "PROOF_FRAME_TWICE", "frame " + found + " stands there twice")
    : fault(
        unchanged,
        "PROOF_FRAME_REPLAYED",
        "frame " + found + " stands again in the place of frame " + wanted,
      );
}

/** The stretch declared lost that goes on over this frame, if there is one. */
function lostAt(drops: ManifestDrop[], sequence: number): ManifestDrop | undefined {
  for (let i = 0; i < drops.length; i++) {
    if (drops[i].from <= sequence && sequence <= drops[i].to) return drops[i];
  }
  return undefined;
}

export interface Placed {
  /** Stretches that frames are not here of, in order. */
  lost: ManifestDrop[];
  /** Sequences in the order of the frames. */
  places: number[];
}

/** @throws PROOF_FRAME*: a frame that is not in its place, or not there */
export function placeFrames(manifest: Manifest, frames: Uint8Array[]): Placed {
  const places = placesOf(manifest, frames);
  const lost: ManifestDrop[] = [];
  let next = 0;
  /** Next frame after the last that is here. */
  let taken = 0;
  for (let i = 0; i <= places.length; i++) {
    const isEnd = i === places.length;
    const found = isEnd ? manifest.to : places[i];
    while (next < found) {
      const drop = lostAt(manifest.drops, next);
      if (!drop && !isEnd) throw misplaced(places, next, found);
      if (!drop) {
        const missing = "frames " + next + " to " + (manifest.to - 1) + " are missing";
        throw fault(complete, "PROOF_FRAMES_CUT", "the end is cut off: " + missing);
      }
      // The chain jumps over the stretch: what is here of it would go unchecked.
      if (taken > drop.from) throw lostAndHere(taken - 1);
      lost.push(drop);
      next = drop.to + 1;
    }
    if (isEnd) break;
    if (found >= manifest.to) {
      throw fault(unchanged, "PROOF_FRAME_BEYOND", "frame " + found + " stands behind the recording's end");
    }
    if (found < next) throw misplaced(places, next, found);
    next++;
    taken = next;
  }
  return { lost, places };
}

/** In the order of their ends. */
function byEnd(drops: ManifestDrop[]): ManifestDrop[] {
  return drops.slice().sort(function (a: ManifestDrop, b: ManifestDrop): number {
    return a.to - b.to;
  });
}

function broken(message: string): Error {
  return fault(unchanged, "PROOF_CHAIN", message);
}

/**
 * Runs the chain from the key's commitment through every frame, over what is lost, to the recording's end. A drop frame
 * ties what came before its range to itself, and stands behind it: so what the close ties to the end is tied from the
 * beginning on.
 * @param declared null while the frames are sealed
 * @returns of the stretches that the chain jumps over, those in front of which nothing is tied to the close
 * @throws PROOF_CHAIN
 */
export function checkChain(
  crypto: Pick<Crypto, "sha256">,
  manifest: Manifest,
  frames: Uint8Array[],
  placed: Placed,
  declared: Declared | null,
): ManifestDrop[] {
  const untied: ManifestDrop[] = [];
  let chain = chainFrom(crypto, manifest.device, manifest.epoch, manifest.recording, manifest.key);
  const room = new Uint8Array(HASH_BYTES + MAX_FRAME_BYTES);
  let next = 0;
  let jumps = 0;
  const jump = function (): void {
    const lost = placed.lost[jumps++];
    const drop = declared !== null && !lost.later ? declared[listedKey(lost)] : undefined;
    if (!drop || drop.from !== next || (drop.from > 0 && isZero(drop.before))) untied.push(lost);
    else if (drop.from > 0 && !sameBytes(drop.before, chain)) {
      throw broken("what stands before frame " + next + " is not what the handheld had recorded there");
    }
    chain = lost.chain;
    next = lost.to + 1;
  };
  const ends = byEnd(manifest.drops);
  let end = 0;
  for (let i = 0; i < frames.length; i++) {
    while (next < placed.places[i]) jump();
    chain = chainNext(crypto, chain, frames[i], room);
    for (; end < ends.length && ends[end].to <= next; end++) {
      if (ends[end].to === next && !sameBytes(ends[end].chain, chain)) {
        throw broken("the chain at frame " + next + " is not the one that was declared");
      }
    }
    next++;
  }
  while (next < manifest.to) jump();
  // A stretch that a later recording declared lost may go beyond the end, and its chain too.
  if (next === manifest.to && !sameBytes(chain, manifest.chain)) {
    throw broken(
      "a frame was altered, or comes from another device: the chain does not end where the recording's does",
    );
  }
  return untied;
}
