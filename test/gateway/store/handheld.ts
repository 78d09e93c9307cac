/** A handheld made by hand from protocol/ alone: seals frames, takes claims, notes what receipts say. */
import { nodeCrypto as crypto } from "../../../gateway/crypto";
import { certifySimulated } from "../../../gateway/store/makers";
import {
  CloseReason,
  type Drop,
  DropReason,
  encodeClose,
  encodeData,
  encodeDrop,
  encodeMark,
  type Mark,
  signedClose,
} from "../../../protocol/bodies";
import { sameBytes, toHex } from "../../../protocol/bytes";
import { encodeCertificate } from "../../../protocol/certificate";
import { chainNext, chainStart } from "../../../protocol/chain";
import { decodeClaim } from "../../../protocol/claim";
import { type Command, decodeCommand, encodeStatus, type Status } from "../../../protocol/command";
import { encodeDossier } from "../../../protocol/dossier";
import { FrameType } from "../../../protocol/header";
import {
  claimKey,
  Direction,
  firstChainKey,
  linkKey,
  nextChainKey,
  receiptKey,
  recordingKey,
} from "../../../protocol/keys";
import { encodeOpen, type Open } from "../../../protocol/open";
import { decodeReceipt, type Receipt } from "../../../protocol/receipt";
import { openFrame, sealFrame } from "../../../protocol/seal";
import { decodeStoreHello, encodeDeviceHello, messageType } from "../../../protocol/session";
import { encodeSignature } from "../../../protocol/signature";
import { type PublicTree, publicTree, type Signing, signWithLeaf } from "../../../protocol/trees";
import { encodedBlock } from "./blocks";

export const NOMINAL = 8;

const idOf = (seed: number) => Uint8Array.from(crypto.sha256(new Uint8Array([seed])).subarray(0, 8));

/** One tree of 32 leaves, made once per seed: tens of thousands of hashes. */
const trees = new Map<number, PublicTree>();
function signingOf(seed: number): { signing: Signing; tree: PublicTree } {
  const signing = { seed: crypto.sha256(new Uint8Array([seed, 2])), trees: 1, height: 5 };
  let tree = trees.get(seed);
  if (!tree) {
    tree = publicTree(crypto, signing, 0);
    trees.set(seed, tree);
  }
  return { signing, tree };
}

/** A handheld that signs its closes. */
export function signingHandheld(seed: number): Handheld {
  const { signing, tree } = signingOf(seed);
  const certificate = encodeCertificate(certifySimulated(idOf(seed), [tree.publicKey]));
  const handheld = new Handheld(seed, undefined, certificate);
  handheld.signing = signing;
  handheld.dossier = encodeDossier({ certificate, leaves: [tree.leaves] });
  return handheld;
}

/** One recording as the handheld made it, every frame kept. */
export interface Made {
  number: number;
  key: Uint8Array;
  frames: Uint8Array[];
  /** Chain after each frame. */
  chains: Uint8Array[];
  /** First sample of each frame, and the end of the last one. */
  positions: number[];
  samples: number;
  dropped: number;
  closed: boolean;
  /** Body of the close. */
  close?: Uint8Array;
}

export class Handheld {
  readonly id: Uint8Array;
  alias: Uint8Array;
  epoch = 0;
  root?: Uint8Array;
  readonly recordings: Made[] = [];
  readonly receipts: Receipt[] = [];
  readonly commands: Command[] = [];
  readonly helloRequests: Uint8Array[] = [];
  /** Store hellos seen, newest last. */
  readonly storeHellos: Uint8Array[] = [];
  signing?: Signing;
  dossier?: Uint8Array;
  /** Leaves burned. */
  leaves = 0;
  /** The newest checkpoint that a receipt brought. */
  checkpoint: { size: number; root: Uint8Array } = { size: 0, root: new Uint8Array(32) };
  /** Set to go on deaf to everything. */
  deaf = false;
  claimAnswered = false;
  private chainKey?: Uint8Array;
  private number = 0;
  private deviceNonce?: Uint8Array;
  private up?: Uint8Array;
  private down?: Uint8Array;
  private storeNonce?: Uint8Array;
  private counter = 0;
  private downSeen = -1;
  private previousClose: Uint8Array = new Uint8Array(32);

  constructor(
    seed: number,
    readonly code: Uint8Array = crypto.sha256(new Uint8Array([seed, 1])).subarray(0, 16),
    readonly certificate: Uint8Array = encodeCertificate(
      certifySimulated(crypto.sha256(new Uint8Array([seed])).subarray(0, 8)),
    ),
  ) {
    this.id = idOf(seed);
    this.alias = Uint8Array.from(crypto.random(8));
  }

  get hex(): string {
    return toHex(this.id);
  }

  hello(claimable = false): Uint8Array {
    this.deviceNonce = crypto.random(16);
    return encodeDeviceHello({ alias: this.alias, epoch: this.epoch, nonce: this.deviceNonce, claimable });
  }

  /** What the handheld does with a message from the store. @returns its answers */
  take(message: Uint8Array): Uint8Array[] {
    if (this.deaf) return [];
    const type = messageType(message);
    if (type === FrameType.helloRequest) {
      this.helloRequests.push(message);
      return [];
    }
    if (type === FrameType.storeHello) return this.takeHello(message);
    if (type === FrameType.claim) return this.takeClaim(message);
    return this.takeSealed(type, message);
  }

  private takeHello(message: Uint8Array): Uint8Array[] {
    const hello = decodeStoreHello(message);
    if (!this.deviceNonce || !sameBytes(hello.deviceNonce, this.deviceNonce)) return [];
    this.storeHellos.push(message);
    this.storeNonce = hello.nonce;
    if (!this.root) return [];
    const rk = receiptKey(crypto, this.root);
    this.up = linkKey(crypto, rk, Direction.up, this.deviceNonce, hello.nonce, hello.storeId);
    this.down = linkKey(crypto, rk, Direction.down, this.deviceNonce, hello.nonce, hello.storeId);
    this.counter = 0;
    this.downSeen = -1;
    return this.claimAnswered ? [this.status()] : [this.claimAnswer(), this.status()];
  }

  private takeClaim(message: Uint8Array): Uint8Array[] {
    const key = claimKey(crypto, this.code, Direction.down, this.deviceNonce!, this.storeNonce!);
    let body: Uint8Array;
    try {
      body = openFrame(crypto, key, message);
    } catch {
      return [];
    }
    const claim = decodeClaim(body);
    this.root = claim.root;
    this.alias = claim.alias;
    this.epoch++;
    this.chainKey = firstChainKey(crypto, claim.root);
    this.number = 0;
    this.claimAnswered = false;
    return [this.hello()];
  }

  /** Sealed by the code and the newest nonces, so that it can be repeated after each hello. */
  claimAnswer(): Uint8Array {
    const key = claimKey(crypto, this.code, Direction.up, this.deviceNonce!, this.storeNonce!);
    const header = { type: FrameType.claim, epoch: this.epoch, recording: 0, sequence: 1 };
    return sealFrame(crypto, key, header, this.certificate);
  }

  private takeSealed(type: number, message: Uint8Array): Uint8Array[] {
    const sequence = ((message[7] << 24) | (message[8] << 16) | (message[9] << 8) | message[10]) >>> 0;
    const body = openFrame(crypto, this.down!, message);
    if (sequence <= this.downSeen) throw new Error("the store used a counter twice");
    this.downSeen = sequence;
    this.claimAnswered = true;
    if (type === FrameType.receipt) this.takeReceipt(decodeReceipt(body));
    if (type === FrameType.command) this.commands.push(decodeCommand(body));
    return [];
  }

  private takeReceipt(receipt: Receipt): void {
    const before = this.receipts.at(-1);
    this.receipts.push(receipt);
    const { checkpointSize: size, checkpointRoot: root, generation } = receipt;
    const restored = before && !sameBytes(before.generation, generation);
    if (size > this.checkpoint.size || restored) this.checkpoint = { size, root };
  }

  status(changes: Partial<Status> = {}): Uint8Array {
    const status: Status = {
      state: 1,
      batteryMillivolts: 3900,
      ringPermille: 10,
      backlog: 0,
      oldestRecording: this.recordings.length > 0 ? this.recordings[0].number : 0,
      newestRecording: this.number,
      uptimeMs: 1000,
      trust: 0,
      lastCommand: 0,
      refused: 0,
      signatures: 0,
      firmware: "test",
      ...changes,
    };
    const header = { type: FrameType.status, epoch: this.epoch, recording: 0, sequence: this.counter++ };
    return sealFrame(crypto, this.up!, header, encodeStatus(status));
  }

  /** Begins recording number+1. @param skip numbers burned without a frame */
  begin(changes: Partial<Open> = {}, skip = 0): Made {
    const last = this.recordings[this.recordings.length - 1];
    const own = last && last.number === this.number ? last : undefined;
    for (let i = 0; i <= skip; i++) {
      this.chainKey = nextChainKey(crypto, this.chainKey!);
      this.number++;
    }
    const key = recordingKey(crypto, this.chainKey!, this.id, this.epoch, this.number);
    const made: Made = {
      number: this.number,
      key,
      frames: [],
      chains: [],
      positions: [],
      samples: 0,
      dropped: 0,
      closed: false,
    };
    this.recordings.push(made);
    this.append(
      made,
      FrameType.open,
      encodeOpen({
        rateNum: 256,
        rateDen: 1,
        frontEnd: "hand-made",
        firmware: "test",
        bits: 16,
        nominal: NOMINAL,
        startMs: 1_700_000_000_000,
        trust: 2,
        mode: 1,
        seconds: 30,
        leads: [{ name: "I", unit: "mV", gain: 200, baseline: 0, adcZero: 0 }],
        previous: own && {
          recording: own.number,
          frames: own.frames.length,
          closed: own.closed,
          chain: own.chains[own.chains.length - 1],
        },
        ...changes,
      }),
    );
    return made;
  }

  data(
    made: Made,
    samples: number[] = Array.from({ length: NOMINAL }, (_, i) => made.samples + i),
  ): Uint8Array {
    const frame = this.append(
      made,
      FrameType.data,
      encodeData({ firstSample: made.samples, block: encodedBlock(samples) }),
    );
    made.samples += samples.length;
    return frame;
  }

  mark(made: Made, mark: Mark): Uint8Array {
    return this.append(made, FrameType.mark, encodeMark(mark));
  }

  /** Unless the drop says what came before it, the chain that was there. */
  drop(made: Made, drop: Omit<Drop, "before"> & Partial<Drop>): Uint8Array {
    const before = drop.reason === DropReason.ringFull ? this.chainBefore(made, drop) : new Uint8Array(32);
    return this.append(made, FrameType.drop, encodeDrop({ before, ...drop }));
  }

  private chainBefore(made: Made, { recording, from }: { recording: number; from: number }): Uint8Array {
    const subject =
      recording === made.number ? made : this.recordings.find((one) => one.number === recording);
    if (!subject) return new Uint8Array(32);
    return subject.chains[from - 1] ?? chainStart(crypto, this.id, this.epoch, subject.number, subject.key);
  }

  close(made: Made, changes: Partial<Parameters<typeof encodeClose>[0]> = {}): Uint8Array {
    const body = encodeClose({
      frames: made.frames.length,
      samples: made.samples,
      dropped: made.dropped,
      chain: made.chains[made.chains.length - 1],
      previousClose: this.previousClose,
      checkpointSize: this.checkpoint.size,
      checkpointRoot: this.checkpoint.root,
      uptimeMs: 5000,
      batteryMillivolts: 3800,
      reason: CloseReason.complete,
      ...changes,
    });
    this.previousClose = crypto.sha256(signedClose(this.id, this.epoch, made.number, body));
    made.closed = true;
    made.close = body;
    return this.append(made, FrameType.close, body);
  }

  /** The signature frame behind the close. @param message signed in the close's place, by a liar */
  sign(made: Made, message = signedClose(this.id, this.epoch, made.number, made.close!)): Uint8Array {
    const body = encodeSignature(signWithLeaf(crypto, this.signing!, this.leaves++, message));
    return this.append(made, FrameType.signature, body);
  }

  append(made: Made, type: number, body: Uint8Array): Uint8Array {
    const sequence = made.frames.length;
    const frame = this.seal(made, type, sequence, body);
    const head =
      sequence === 0
        ? chainStart(crypto, this.id, this.epoch, made.number, made.key)
        : made.chains[sequence - 1];
    made.frames.push(frame);
    made.chains.push(chainNext(crypto, head, frame));
    made.positions.push(made.samples);
    return frame;
  }

  seal(made: Made, type: number, sequence: number, body: Uint8Array): Uint8Array {
    return sealFrame(crypto, made.key, { type, epoch: this.epoch, recording: made.number, sequence }, body);
  }

  /** Open, `blocks` data frames, close, and its signature if the handheld signs. */
  record(blocks: number): Made {
    const made = this.begin();
    for (let i = 0; i < blocks; i++) this.data(made);
    this.close(made);
    if (this.signing) this.sign(made);
    return made;
  }

  newestReceipt(recording: number): Receipt | undefined {
    return this.receipts.filter((receipt) => receipt.recording === recording).pop();
  }
}
