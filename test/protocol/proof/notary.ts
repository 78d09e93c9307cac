/** A handheld, its maker and a hub with a log, all from fixed seeds: makes what proofs are made of, and proofs. */
import { ed25519Signer, ed25519Verify, nodeCrypto } from "../../../gateway/crypto";
import {
  CloseReason,
  type Drop,
  DropReason,
  encodeClose,
  encodeData,
  encodeDrop,
  signedClose,
} from "../../../protocol/bodies";
import { toHex } from "../../../protocol/bytes";
import { DeviceClass, encodeCertificate, signedCertificate } from "../../../protocol/certificate";
import { chainNext, chainStart, keyCommitment } from "../../../protocol/chain";
import { encodeBlock } from "../../../protocol/codec/block";
import { FrameType } from "../../../protocol/header";
import { encodeErasure } from "../../../protocol/leaves";
import { decodeLmsPublicKey, lmsPath } from "../../../protocol/lms";
import {
  encodeManifest,
  type Manifest,
  type ManifestDrop,
  ManifestState,
  personCommitment,
} from "../../../protocol/manifest";
import { decodeCheckpoint, decodeNote, encodeNote, signCheckpoint } from "../../../protocol/note";
import { encodeOpen, type Open } from "../../../protocol/open";
import type { ProofFile } from "../../../protocol/proof/file";
import type { Trust, TrustedKey } from "../../../protocol/proof/trust";
import type { ProofCrypto } from "../../../protocol/proof/verify";
import { type Revocations, signedRevocations } from "../../../protocol/revocations";
import { sealFrame } from "../../../protocol/seal";
import { encodeSignature } from "../../../protocol/signature";
import { publicTree, type Signing, signWithLeaf } from "../../../protocol/trees";
import { proof as consistencyPath, path as inclusionPath, mth as rootOf } from "../rfc6962";

const crypto = nodeCrypto;
export const proofCrypto: ProofCrypto = { sha256: crypto.sha256, open: crypto.open, ed25519: ed25519Verify };

export const seedOf = (text: string): Uint8Array => crypto.sha256(Buffer.from(text));
export const START = 1_767_225_600;
const HALF_HOUR = 1800;

export class Maker {
  readonly key;

  constructor(
    readonly name: string,
    seed = seedOf(name),
  ) {
    this.key = ed25519Signer(seed);
  }

  get trusted(): TrustedKey {
    return { label: this.name, name: this.name, publicKey: this.key.publicKey };
  }

  /** The note with a cosignature more, as signCheckpoint makes the hub's. */
  cosign(note: Uint8Array, unixSeconds: number): Uint8Array {
    const { text, signatures } = decodeNote(note);
    const key = { name: this.name, publicKey: this.key.publicKey };
    const own = signCheckpoint(crypto.sha256, decodeCheckpoint(text), key, unixSeconds, (m) =>
      this.key.sign(m),
    );
    return encodeNote({ text, signatures: [...signatures, decodeNote(own).signatures[1]!] });
  }

  revocations(device: Uint8Array, since: number): Revocations {
    const list: Revocations = {
      maker: this.key.publicKey,
      number: 1,
      issued: START,
      entries: [{ device, since, reason: "stolen" }],
      signature: new Uint8Array(64),
    };
    list.signature = this.key.sign(signedRevocations(list));
    return list;
  }
}

/** Whose private key everybody has. */
export const SIMULATION = new Maker("simulation", seedOf("avnode/simulation-maker/v1"));

/** A part of a recording: a block of samples, samples that the front end lost, or frames that the ring dropped. */
export type Part = { data: Int32Array } | { frontEnd: number } | Ring;

/** `later`: a later recording declares it; `untied`: the drop frame does not say what came before. */
interface Ring {
  ring: Int32Array[];
  later?: boolean;
  untied?: boolean;
}

export interface Recorded {
  number: number;
  key: Uint8Array;
  /** Without close and signature. */
  frames: Uint8Array[];
  manifest: Manifest;
  signed: Uint8Array | null;
  lmsPath: Uint8Array | null;
  leaf: Uint8Array;
  index: number;
}

export const NOMINAL = 256;

export class Handheld {
  certificate: Uint8Array;
  readonly id: Uint8Array;
  private readonly signing: Signing;
  private readonly tree;
  private leaf = 0;
  private number = 0;
  private previousClose: Uint8Array = new Uint8Array(32);
  /** What the newest receipt brought. */
  checkpoint = { size: 0, root: new Uint8Array(32) as Uint8Array };

  constructor(
    readonly name: string,
    maker: Maker,
    readonly deviceClass: number = DeviceClass.locked,
  ) {
    this.id = seedOf(name).slice(0, 8);
    this.signing = { seed: seedOf(`${name} signs`), trees: 1, height: 5 };
    this.tree = publicTree(crypto, this.signing, 0);
    const unsigned = {
      deviceClass,
      device: this.id,
      board: deviceClass === DeviceClass.simulated ? "simulated" : "xiaoble",
      firmware: seedOf("firmware"),
      maker: maker.key.publicKey,
      issued: START,
      trees: [this.tree.publicKey],
    };
    this.certificate = encodeCertificate({
      ...unsigned,
      signature: maker.key.sign(signedCertificate(unsigned)),
    });
  }

  private sign(message: Uint8Array): { body: Uint8Array; path: Uint8Array } {
    const leaf = this.leaf++;
    const { lmsType, id } = decodeLmsPublicKey(this.tree.publicKey);
    return {
      body: encodeSignature(signWithLeaf(crypto, this.signing, leaf, message)),
      path: lmsPath(crypto.sha256, lmsType, id, this.tree.leaves, leaf),
    };
  }

  /** @param options.close false for a truncated one; `sign` false for one whose leaves ran out */
  record(
    parts: Part[],
    options: { close?: boolean; sign?: boolean; person?: { name: string; salt: Uint8Array } } = {},
  ): Recorded {
    const number = ++this.number;
    const key = seedOf(`${this.name} MK ${number}`).slice(0, 16);
    const frames: Uint8Array[] = [];
    let chain = chainStart(crypto, this.id, 1, number, key);
    let sequence = 0;
    let samples = 0;
    let dropped = 0;
    let held = 0;
    const gaps: Manifest["gaps"] = [];
    const drops: ManifestDrop[] = [];
    const add = (type: number, body: Uint8Array, lost = false) => {
      const frame = sealFrame(crypto, key, { type, epoch: 1, recording: number, sequence }, body);
      chain = chainNext(crypto, chain, frame);
      if (!lost) frames.push(frame);
      sequence++;
    };
    const shape = { leads: 1, bits: 18, nominal: NOMINAL };
    const addData = (data: Int32Array, lost = false) => {
      add(FrameType.data, encodeData({ firstSample: samples, block: encodeBlock([data], shape) }), lost);
      samples += data.length;
      if (!lost) held += data.length;
    };
    const open: Open = {
      rateNum: 256,
      rateDen: 1,
      frontEnd: "test",
      firmware: "1",
      bits: shape.bits,
      nominal: NOMINAL,
      startMs: START * 1000,
      trust: 2,
      mode: 1,
      seconds: 30,
      leads: [{ name: "I", unit: "mV", gain: 200, baseline: 0, adcZero: 0 }],
    };
    add(FrameType.open, encodeOpen(open));
    for (const part of parts) {
      if ("data" in part) addData(part.data);
      else if ("frontEnd" in part) {
        const drop: Drop = {
          reason: DropReason.frontEnd,
          recording: number,
          from: 0,
          to: 0,
          firstSample: samples,
          samples: part.frontEnd,
          before: new Uint8Array(32),
          chain: new Uint8Array(32),
        };
        gaps.push({ first: samples, count: part.frontEnd, reason: DropReason.frontEnd });
        samples += part.frontEnd;
        dropped += part.frontEnd;
        add(FrameType.drop, encodeDrop(drop));
      } else {
        const [from, first] = [sequence, samples];
        const before = part.untied ? new Uint8Array(32) : chain;
        for (const data of part.ring) addData(data, true);
        const lost = { from, to: sequence - 1, samples: samples - first, chain };
        gaps.push({ first, count: lost.samples, reason: DropReason.ringFull });
        drops.push({ ...lost, first, later: part.later === true });
        if (part.later) continue;
        dropped += lost.samples;
        const reason = DropReason.ringFull;
        add(FrameType.drop, encodeDrop({ reason, recording: number, firstSample: first, before, ...lost }));
      }
    }
    const to = sequence;
    const ending = { chain, samples };
    let close: Uint8Array | null = null;
    let signed: Uint8Array | null = null;
    let signature: ReturnType<Handheld["sign"]> | null = null;
    if (options.close !== false) {
      close = encodeClose({
        frames: to,
        samples,
        dropped,
        chain,
        previousClose: this.previousClose,
        checkpointSize: this.checkpoint.size,
        checkpointRoot: this.checkpoint.root,
        uptimeMs: 1000 * samples,
        batteryMillivolts: 3987,
        reason: CloseReason.complete,
      });
      signed = signedClose(this.id, 1, number, close);
      this.previousClose = crypto.sha256(signed);
      if (options.sign !== false) signature = this.sign(signed);
    }
    const manifest: Manifest = {
      device: this.id,
      epoch: 1,
      recording: number,
      deviceClass: this.deviceClass,
      certificate: crypto.sha256(this.certificate),
      part: false,
      from: 0,
      to,
      chain: ending.chain,
      key: keyCommitment(crypto, key),
      rate: { num: 256, den: 1 },
      leads: [{ name: "I", samples: held }],
      samples: ending.samples,
      gaps,
      drops,
      start: open.startMs,
      trust: open.trust,
      received: { first: START * 1000 + 5, last: START * 1000 + 31_000 },
      state: close ? ManifestState.closed : ManifestState.truncated,
      close,
      signature: signature && signature.body,
      person: options.person
        ? personCommitment(crypto, options.person.salt, Buffer.from(options.person.name))
        : null,
    };
    return {
      number,
      key,
      frames,
      manifest,
      signed,
      lmsPath: signature && signature.path,
      leaf: new Uint8Array(0),
      index: -1,
    };
  }
}

export class Hub {
  readonly key;
  readonly origin: string;
  readonly leaves: Uint8Array[] = [];
  private clock = START;

  constructor(readonly name: string) {
    this.key = ed25519Signer(seedOf(name));
    this.origin = `avnode.hub/${toHex(seedOf(name).slice(0, 8))}/${toHex(seedOf(name).slice(8, 16))}`;
  }

  get trusted(): TrustedKey {
    return { label: this.name, name: this.origin, publicKey: this.key.publicKey };
  }

  /** Leaves that have nothing to do with the recording. */
  fill(count: number): void {
    for (let i = 0; i < count; i++) {
      this.leaves.push(
        encodeErasure({ manifest: null, device: seedOf("x").slice(0, 8), epoch: 1, recording: i, at: i }),
      );
    }
  }

  log(recorded: Recorded): void {
    recorded.leaf = encodeManifest(recorded.manifest);
    recorded.index = this.leaves.length;
    this.leaves.push(recorded.leaf);
  }

  checkpoint(size = this.leaves.length): { size: number; root: Uint8Array; note: Uint8Array } {
    const root = rootOf(this.leaves.slice(0, size));
    this.clock += HALF_HOUR;
    const key = { name: this.origin, publicKey: this.key.publicKey };
    const note = signCheckpoint(crypto.sha256, { origin: this.origin, size, root }, key, this.clock, (m) =>
      this.key.sign(m),
    );
    return { size, root, note };
  }

  /** @param echo the later recording whose close states a checkpoint of this log */
  prove(
    handheld: Handheld,
    recorded: Recorded,
    options: { open?: boolean; echo?: Recorded; person?: { name: string; salt: Uint8Array } } = {},
  ): ProofFile {
    const size = recorded.index + 1;
    const { note } = this.checkpoint(size);
    const { echo } = options;
    const seen = echo && echo.manifest.close ? echoedSize(echo) : 0;
    return {
      certificate: handheld.certificate,
      manifest: recorded.leaf,
      frames: recorded.frames,
      key: options.open ? recorded.key : null,
      path: recorded.lmsPath,
      log: {
        index: recorded.index,
        path: inclusionPath(recorded.index, this.leaves.slice(0, size)),
        checkpoint: note,
        signers: [this.key.publicKey, this.key.publicKey],
      },
      echo: echo
        ? {
            close: echo.signed!,
            signature: echo.manifest.signature!,
            path: echo.lmsPath!,
            consistency: consistencyPath(size, this.leaves.slice(0, seen)),
          }
        : null,
      person: options.person
        ? { name: new Uint8Array(Buffer.from(options.person.name)), salt: options.person.salt }
        : null,
    };
  }
}

function echoedSize(echo: Recorded): number {
  // frames 4, samples 8, dropped 8, chain 32, previous close 32.
  return Number(Buffer.from(echo.manifest.close!).readBigUInt64BE(84));
}

export function trusting(parts: Partial<Trust> = {}): Trust {
  return { makers: [], hubs: [], witnesses: [], revocations: [], ...parts };
}

/** Something like a heart, the same every time. */
export function beats(seconds: number): Part[] {
  return Array.from({ length: seconds }, (_, s) => ({
    data: Int32Array.from({ length: NOMINAL }, (_, i) => {
      const t = (s * NOMINAL + i) % 220;
      const wave = t < 8 ? 900 - 200 * Math.abs(t - 4) : t > 70 && t < 120 ? 120 - 4 * Math.abs(t - 95) : 0;
      return Math.round(wave + 20 * Math.sin((s * NOMINAL + i) / 300) + ((i * 7919 + s * 104729) % 5));
    }),
  }));
}
