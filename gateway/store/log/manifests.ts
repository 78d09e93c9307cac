/** The manifest of a recording, from what the store holds of it. */
import type { Database, Statement } from "better-sqlite3";
import { type Close, type Drop, decodeClose, decodeDrop } from "../../../protocol/bodies";
import { sameBytes } from "../../../protocol/bytes";
import { decodeCertificate } from "../../../protocol/certificate";
import { chainStart, keyCommitment } from "../../../protocol/chain";
import { FrameType } from "../../../protocol/header";
import {
  type Manifest,
  type ManifestDrop,
  type ManifestGap,
  ManifestState,
} from "../../../protocol/manifest";
import { decodeOpen, type Open } from "../../../protocol/open";
import { openFrame } from "../../../protocol/seal";
import { nodeCrypto as crypto } from "../../crypto";
import { type Declared, isRange, rangeOver, statesBefore } from "../declared";
import { StoreError } from "../errors";
import type { FrameRow } from "../frames";
import type { Keyring } from "../keyring";
import type { Recording, Recordings } from "../recordings";
import { addRun, type Runs, totalOf } from "../runs";
import { commitmentTo, personSalt } from "./identity";
import type { LoggedRow } from "./logged";
import { Walk } from "./walk";

/** As many as a leaf may list; a recording beyond it was flagged malformed when it came. */
const MAX_LISTED = 4096;

/** What is not held, cut where the reason changes. @param drops whoever declared it: of two, the first counts */
export function reasonedGaps(lost: Runs, drops: Drop[]): ManifestGap[] {
  const gaps: ManifestGap[] = [];
  const byPlace = drops
    .map((drop, order) => ({ drop, order }))
    .sort((a, b) => a.drop.firstSample - b.drop.firstSample);
  // Of thousands of drops those that reach into the gap: looking at all for each held a hub for seconds.
  let near: typeof byPlace = [];
  let read = 0;
  for (const { from, length } of lost) {
    const end = from + length;
    while (read < byPlace.length && byPlace[read]!.drop.firstSample < end) near.push(byPlace[read++]!);
    near = near.filter(({ drop }) => drop.firstSample + drop.samples > from);
    const here = [...near].sort((a, b) => a.order - b.order).map(({ drop }) => drop);
    for (let at = from; at < end; ) {
      const drop = here.find((one) => at >= one.firstSample && at < one.firstSample + one.samples);
      const next = drop
        ? drop.firstSample + drop.samples
        : Math.min(
            end,
            ...here.filter((one) => one.samples > 0 && one.firstSample > at).map((one) => one.firstSample),
          );
      const until = Math.min(end, next);
      gaps.push({ first: at, count: until - at, reason: drop ? drop.reason : 0 });
      at = until;
    }
  }
  return gaps.slice(0, MAX_LISTED);
}

export function listedDrops(drops: Declared[]): ManifestDrop[] {
  return drops
    .filter(isRange)
    .slice(0, MAX_LISTED)
    .map(({ from, to, firstSample, samples, chain, later }) => ({
      from,
      to,
      first: firstSample,
      samples,
      chain,
      later,
    }));
}

export class Manifests {
  private readonly framesFrom: Statement;
  private readonly frame: Statement;
  private readonly dropFrames: Statement;
  private readonly personName: Statement;
  private readonly keepCertificate: Statement;

  constructor(
    db: Database,
    private readonly keyring: Keyring,
    private readonly recordings: Recordings,
  ) {
    this.framesFrom = db.prepare(
      "SELECT sequence, type, frame FROM frames WHERE recording = ? AND sequence >= ? ORDER BY sequence",
    );
    this.frame = db.prepare("SELECT type, frame FROM frames WHERE recording = ? AND sequence = ?");
    this.dropFrames = db.prepare(
      // By the index of rare frames, which wants its own condition said: a day's recording has 86,400 that are not.
      `SELECT number, sequence, frame FROM recordings JOIN frames INDEXED BY rare_frames
         ON recording = key AND type = ${FrameType.drop} AND type <> 2
       WHERE device = ? AND epoch = ? AND number >= ? ORDER BY number, sequence`,
    );
    this.personName = db.prepare("SELECT name FROM people WHERE id = ?").pluck();
    this.keepCertificate = db.prepare("INSERT OR IGNORE INTO certificates VALUES (?, ?)");
  }

  /** From where the newest leaf ended, or from the beginning. */
  walkFrom(recording: Recording, logged?: LoggedRow): Walk {
    const { row, key } = recording;
    if (!logged || logged.frames === 0) {
      return new Walk(0, chainStart(crypto, row.device, row.epoch, row.number, key), 0, []);
    }
    const open = this.openOf(recording);
    return new Walk(logged.frames, logged.chain, logged.samples, JSON.parse(logged.lost), open);
  }

  /**
   * Reads on up to frame `reach`, below which nothing is missing.
   * @throws FRAME_TAG, STORE_ALTERED for frames that are not as the handheld made them, or gone
   */
  advance(recording: Recording, walk: Walk, reach: number): void {
    if (walk.frames >= reach) return;
    const drops = this.drops(recording);
    const rows = this.framesFrom.iterate(recording.row.key, walk.frames) as Iterable<FrameRow>;
    for (const { sequence, type, frame } of rows) {
      this.jumpTo(recording, walk, Math.min(sequence, reach), drops);
      if (sequence >= reach && sequence >= walk.frames) break;
      walk.pass(sequence, type, frame, openFrame(crypto, recording.key, frame));
    }
    this.jumpTo(recording, walk, reach, drops);
  }

  /** What is held so far of a recording that goes on. */
  part(recording: Recording, walk: Walk): Manifest {
    const { frames: to, chain, samples, lost } = walk;
    return this.manifest(recording, walk, { state: ManifestState.open, to, chain, samples, lost });
  }

  /** Of a recording that ended without its close. */
  truncated(recording: Recording, walk: Walk, reach: number): Manifest {
    const whole = reach === recording.row.next;
    const end = this.endOf(recording, walk, whole ? recording.row.samples : walk.samples);
    const { chain } = walk;
    return this.manifest(recording, walk, { state: ManifestState.truncated, to: walk.frames, chain, ...end });
  }

  closed(recording: Recording, walk: Walk): Manifest {
    const to = recording.row.closed_at!;
    const body = this.bodyAt(recording, to, FrameType.close)!;
    const close: Close = decodeClose(body);
    const end = this.endOf(recording, walk, recording.row.samples);
    // A stretch that a later recording declared lost may go past the close: its chain is then behind it.
    const chain = walk.frames === to ? walk.chain : close.chain;
    const signature = this.signatureOf(recording);
    return this.manifest(recording, walk, {
      state: ManifestState.closed,
      to,
      chain,
      ...end,
      close: body,
      signature,
    });
  }

  /** Body of the signature frame behind the close. */
  signatureOf(recording: Recording): Uint8Array | undefined {
    return this.bodyAt(recording, recording.row.closed_at! + 1, FrameType.signature);
  }

  /** What this recording and later ones declared lost of it. */
  drops({ device, row }: Recording): Declared[] {
    const rows = this.dropFrames.all(row.device, row.epoch, row.number) as {
      number: number;
      sequence: number;
      frame: Buffer;
    }[];
    const drops: Declared[] = [];
    for (const { number, sequence, frame } of rows) {
      const { key } = this.recordings.find(device, row.epoch, number)!;
      try {
        const drop = decodeDrop(openFrame(crypto, key, frame));
        if (drop.recording === row.number)
          drops.push({ ...drop, at: sequence, later: number !== row.number });
      } catch {
        // Its own recording's flag and verification tell.
      }
    }
    return drops;
  }

  private jumpTo(recording: Recording, walk: Walk, sequence: number, drops: Declared[]): void {
    const ranges = drops.filter(isRange);
    while (walk.frames < sequence) {
      const at = walk.frames;
      const drop = rangeOver(ranges, at);
      if (!drop) {
        throw new StoreError(
          "STORE_ALTERED",
          `frame ${at} of recording ${recording.row.id} was stored and is not here: nothing is logged about it. Run 'avnode verify', then restore a backup`,
        );
      }
      if (drop.from === at && statesBefore(drop) && !sameBytes(drop.before, walk.chain)) {
        throw new StoreError(
          "STORE_ALTERED",
          `what came before the gap at frame ${at} of recording ${recording.row.id} is not what its drop frame says: nothing is logged about it. Run 'avnode verify', then restore a backup`,
        );
      }
      walk.jump(drop);
    }
  }

  /** To the end of the last gap, behind the last block. */
  private endOf(recording: Recording, walk: Walk, samples: number): { samples: number; lost: Runs } {
    const lost = JSON.parse(JSON.stringify(walk.open ? walk.lost : recording.gaps)) as Runs;
    const end = Math.max(walk.samples, samples);
    if (walk.open) addRun(lost, walk.samples, end - walk.samples);
    return { samples: end, lost };
  }

  private manifest(
    recording: Recording,
    walk: Walk,
    end: {
      state: string;
      to: number;
      chain: Uint8Array;
      samples: number;
      lost: Runs;
      close?: Uint8Array;
      signature?: Uint8Array;
    },
  ): Manifest {
    const { row, device, key } = recording;
    const { open } = walk;
    const drops = this.drops(recording);
    const certificate = crypto.sha256(device.row.certificate);
    this.keepCertificate.run(certificate, device.row.certificate);
    const held = end.samples - totalOf(end.lost);
    return {
      device: row.device,
      epoch: row.epoch,
      recording: row.number,
      deviceClass: decodeCertificate(device.row.certificate).deviceClass,
      certificate,
      part: end.state === ManifestState.open,
      from: 0,
      to: end.to,
      chain: end.chain,
      key: keyCommitment(crypto, key),
      rate: open ? { num: open.rateNum, den: open.rateDen } : null,
      leads: open ? open.leads.map(({ name }) => ({ name, samples: held })) : [],
      samples: end.samples,
      gaps: reasonedGaps(end.lost, drops),
      drops: listedDrops(drops.filter((drop) => drop.from < end.to)),
      start: open ? open.startMs : 0,
      trust: open ? open.trust : 0,
      received: { first: row.first_at ?? 0, last: row.last_at ?? 0 },
      state: end.state,
      close: end.close ?? null,
      signature: end.signature ?? null,
      person: this.person(recording),
    };
  }

  private person({ row }: Recording): Uint8Array | null {
    if (row.person === null) return null;
    const name = this.personName.get(row.person) as string | undefined;
    return name === undefined ? null : commitmentTo(name, personSalt(this.keyring, row.id));
  }

  private openOf(recording: Recording): Open | undefined {
    const body = this.bodyAt(recording, 0, FrameType.open);
    try {
      return body && decodeOpen(body);
    } catch {
      return undefined;
    }
  }

  private bodyAt(recording: Recording, sequence: number, type: number): Uint8Array | undefined {
    const row = this.frame.get(recording.row.key, sequence) as Omit<FrameRow, "sequence"> | undefined;
    return row && row.type === type ? openFrame(crypto, recording.key, row.frame) : undefined;
  }
}
