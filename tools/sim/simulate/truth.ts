/**
 * What really happened, noted outside of the system: every body sealed, every message opened, every sample delivered.
 * It stands in the injected cryptography, so that no byte passes it by.
 */
import { hash } from "node:crypto";
import { nodeCrypto } from "../../../gateway/crypto";
import { type Close, type Drop, DropReason, decodeClose, decodeDrop } from "../../../protocol/bodies";
import { concat } from "../../../protocol/bytes";
import type { Crypto } from "../../../protocol/crypto";
import { decodeHeader, FrameType, HEADER_BYTES, type Header, isRecorded } from "../../../protocol/header";
import { decodeOpen, type Open } from "../../../protocol/open";
import { decodeSignature } from "../../../protocol/signature";
import type { Random } from "../random";
import type { Chronicle } from "./chronicle";
import { Trace } from "./trace";

export interface SealedFrame {
  type: number;
  frame: string;
  body: string;
}

/** One recording as one handheld made it. */
export interface Story {
  /** Device id in hex. */
  device: string;
  epoch: number;
  number: number;
  /** By sequence; after a power cut the last one may never have reached the flash whole. */
  frames: SealedFrame[];
  /** Frames that the firmware has said to be in flash. */
  appended: number;
  /** End of the last block or loss that is in flash, and of the newest sealed. */
  open: Open;
  close?: Close;
  trace: Trace;
}

export const digest = (bytes: Uint8Array) => hash("sha256", bytes, "base64");
export const placeOf = (device: string, epoch: number, number: number) => `${device}-${epoch}-${number}`;

export class Truth {
  /** By unit (a clone is one of its own), then by placeOf. */
  readonly stories = new Map<string, Map<string, Story>>();
  /** Ring-full drops that any handheld sealed, by the place of the recording that lost them. */
  readonly drops = new Map<string, Drop[]>();
  /** Of frames by handhelds and of messages by the store. */
  private readonly up = new Set<string>();
  private readonly down = new Set<string>();
  /** Digests of what the store opened. */
  private readonly looked = new Set<string>();
  /** Digest of what was sealed, by unit, key and nonce. */
  private readonly sealed = new Map<string, string>();
  private readonly accepted = new Set<string>();
  /** Digest of the signature frame's body, by unit, tree and leaf: a leaf that signs twice gives its key away. */
  private readonly leaves = new Map<string, string>();

  constructor(private readonly chronicle: Chronicle) {}

  /** The cryptography of a handheld. */
  ofUnit(unit: string, device: string, random: Random): Crypto {
    this.stories.set(unit, new Map());
    return this.watch(unit, random, (header, body, message) => {
      this.up.add(digest(message));
      if (isRecorded(header.type)) this.recorded(unit, device, header, body, message);
    });
  }

  /** The cryptography of the store. @param base beneath the watch */
  ofStore(random: Random, base: Crypto): Crypto {
    return this.watch(
      "store",
      random,
      (_header, _body, message) => void this.down.add(digest(message)),
      base,
    );
  }

  /** Whether a handheld sealed it. */
  isGenuine(message: Uint8Array): boolean {
    return this.up.has(digest(message));
  }

  /** @param frame digest of a frame; whether the store ever opened it */
  reached(frame: string): boolean {
    return this.looked.has(frame);
  }

  /** The stories of a device, a clone's among them. */
  *of(device: string): Iterable<Story> {
    for (const stories of this.stories.values())
      for (const story of stories.values()) if (story.device === device) yield story;
  }

  story(unit: string, place: string): Story | undefined {
    return this.stories.get(unit)!.get(place);
  }

  /** The recording that a unit opened last. */
  newest(unit: string): Story | undefined {
    return [...this.stories.get(unit)!.values()].at(-1);
  }

  private watch(
    who: string,
    random: Random,
    note: (header: Header, body: Uint8Array, message: Uint8Array) => void,
    base: Crypto = nodeCrypto,
  ): Crypto {
    return {
      ...nodeCrypto,
      random: (length) => random.bytes(length),
      seal: (key, nonce, plain) => {
        const sealed = base.seal(key, nonce, plain);
        const message = concat([nonce.subarray(0, HEADER_BYTES), sealed]);
        this.demandOnce(who, key, nonce, plain);
        const body = plain.subarray(2, 2 + plain[0]! * 256 + plain[1]!);
        note(decodeHeader(message), body, message);
        return sealed;
      },
      open: (key, nonce, sealed) => {
        const plain = base.open(key, nonce, sealed);
        if (plain) this.opened(who, concat([nonce.subarray(0, HEADER_BYTES), sealed]));
        return plain;
      },
    };
  }

  private demandOnce(who: string, key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): void {
    const place = `${who} ${Buffer.from(key).toString("latin1")}${Buffer.from(nonce).toString("latin1")}`;
    const body = digest(plain);
    const before = this.sealed.get(place);
    this.sealed.set(place, body);
    this.chronicle.demand(
      before === undefined || before === body,
      () => `${who} sealed two bodies under one key and nonce (${Buffer.from(nonce).toString("hex")})`,
    );
  }

  private opened(who: string, message: Uint8Array): void {
    const name = digest(message);
    const { type, sequence } = decodeHeader(message);
    if (who === "store") this.looked.add(name);
    this.chronicle.demand(
      (who === "store" ? this.up : this.down).has(name),
      () => `${who} took a message of type ${type} that nobody of ours sealed`,
    );
    if (type !== FrameType.receipt && type !== FrameType.command && type !== FrameType.status) return;
    const once = `${who} ${name}`;
    // The store tries its sessions' keys in turn and looks at the counter afterwards.
    if (who !== "store")
      this.chronicle.demand(
        !this.accepted.has(once),
        () => `${who} took message ${sequence} of type ${type} a second time`,
      );
    this.accepted.add(once);
  }

  private recorded(
    unit: string,
    device: string,
    header: Header,
    body: Uint8Array,
    message: Uint8Array,
  ): void {
    const { type, epoch, recording, sequence } = header;
    const place = placeOf(device, epoch, recording);
    const stories = this.stories.get(unit)!;
    const frame = { type, frame: digest(message), body: digest(body) };
    this.chronicle.event("sealed", unit, epoch, recording, sequence, type, frame.frame);
    if (type === FrameType.open) {
      const open = decodeOpen(body);
      stories.set(place, {
        device,
        epoch,
        number: recording,
        frames: [frame],
        appended: 0,
        open,
        trace: new Trace(),
      });
      return;
    }
    const story = stories.get(place)!;
    this.chronicle.demand(
      story.frames.length === sequence,
      () => `${unit} sealed frame ${sequence} of ${place} after frame ${story.frames.length - 1}`,
    );
    story.frames[sequence] = frame;
    if (type === FrameType.close) story.close = decodeClose(body);
    if (type === FrameType.signature) this.demandFreshLeaf(unit, body);
    if (type === FrameType.drop) this.noteDrop(device, epoch, decodeDrop(body));
  }

  private demandFreshLeaf(unit: string, body: Uint8Array): void {
    const { tree, leaf } = decodeSignature(body);
    const place = `${unit} ${tree} ${leaf}`;
    const signature = digest(body);
    this.chronicle.demand(
      (this.leaves.get(place) ?? signature) === signature,
      () => `${unit} signed twice with leaf ${leaf} of tree ${tree}`,
    );
    this.leaves.set(place, signature);
    this.chronicle.count("signatures");
  }

  private noteDrop(device: string, epoch: number, drop: Drop): void {
    this.chronicle.count(drop.reason === DropReason.ringFull ? "ring overflows" : "front-end losses");
    if (drop.reason !== DropReason.ringFull) return;
    const place = placeOf(device, epoch, drop.recording);
    const drops = this.drops.get(place) ?? [];
    drops.push(drop);
    this.drops.set(place, drops);
  }
}
