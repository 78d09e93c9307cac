/** Whether a recording's newest leaf says what the store holds of it. */
import { decodeClose } from "../../../protocol/bodies";
import { sameBytes } from "../../../protocol/bytes";
import type { CborValue } from "../../../protocol/cbor";
import { encodeCbor } from "../../../protocol/cbor";
import { keyCommitment } from "../../../protocol/chain";
import { type Manifest, ManifestState } from "../../../protocol/manifest";
import type { Open } from "../../../protocol/open";
import { nodeCrypto as crypto } from "../../crypto";
import type { Declared } from "../declared";
import type { RecordingRow } from "../recordings";
import { type Runs, totalOf } from "../runs";
import { listedDrops, reasonedGaps } from "./manifests";

/** What verification found in the frames themselves. */
export interface Found {
  key: Uint8Array;
  open?: Open;
  closeBody?: Uint8Array;
  signatureBody?: Uint8Array;
  watchedChain?: Uint8Array;
  samples: number;
  lost: Runs;
  /** What this recording and later ones declared lost of it. */
  drops: Declared[];
  /** Commitment to whom the row names. */
  person: Uint8Array | null;
}

function same(a: CborValue, b: CborValue): boolean {
  return sameBytes(encodeCbor(a), encodeCbor(b));
}

/** @returns what the leaf states otherwise, in words */
export function differences(manifest: Manifest, row: RecordingRow, found: Found): string[] {
  const wrong: string[] = [];
  const expect = (what: string, stated: CborValue, held: CborValue) => {
    if (!same(stated, held)) wrong.push(what);
  };
  const { open } = found;
  expect("key", manifest.key, keyCommitment(crypto, found.key));
  expect("chain", manifest.chain, chainAt(manifest, found) ?? null);
  // A part was true when it was logged; gaps may have been filled since.
  const isWhole = !manifest.part && manifest.to === (row.closed_at ?? row.next);
  if (!isWhole) return wrong;
  const lost = open ? found.lost : (JSON.parse(row.gaps) as Runs);
  // Blocks that nobody can read are not counted.
  const samples = open ? found.samples : row.samples;
  const held = samples - totalOf(lost);
  expect(
    "rate",
    manifest.rate && [manifest.rate.num, manifest.rate.den],
    open ? [open.rateNum, open.rateDen] : null,
  );
  expect(
    "leads",
    manifest.leads.map(({ name, samples }) => [name, samples]),
    open ? open.leads.map(({ name }) => [name, held]) : [],
  );
  expect("number of samples", manifest.samples, samples);
  expect(
    "gaps",
    manifest.gaps.map(({ first, count, reason }) => [first, count, reason]),
    reasonedGaps(lost, found.drops).map(({ first, count, reason }) => [first, count, reason]),
  );
  expect(
    "drops",
    listOf(manifest.drops),
    listOf(listedDrops(found.drops.filter((drop) => drop.from < manifest.to))),
  );
  expect("start", [manifest.start, manifest.trust], open ? [open.startMs, open.trust] : [0, 0]);
  expect(
    "time of arrival",
    [manifest.received.first, manifest.received.last],
    [row.first_at ?? 0, row.last_at ?? 0],
  );
  expect("end", manifest.state, row.closed_at === null ? ManifestState.truncated : ManifestState.closed);
  expect("close", manifest.close, found.closeBody ?? null);
  expect("signature", manifest.signature, found.closeBody ? (found.signatureBody ?? null) : null);
  expect("person", manifest.person, found.person);
  return wrong;
}

function chainAt(manifest: Manifest, found: Found): Uint8Array | undefined {
  // Behind a stretch declared lost that goes past the close, the close alone knows.
  return (
    found.watchedChain ?? (found.closeBody && manifest.close ? decodeClose(found.closeBody).chain : undefined)
  );
}

function listOf(drops: Manifest["drops"]): CborValue {
  return drops.map(({ from, to, first, samples, chain, later }) => [from, to, first, samples, chain, later]);
}
