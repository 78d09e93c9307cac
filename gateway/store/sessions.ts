/** Connections with handhelds: which nonces, which keys, which counters. In memory only: a restart asks for new hellos. */
import { sameBytes, toHex } from "../../protocol/bytes";
import { decodeStatus, type Status } from "../../protocol/command";
import type { Crypto } from "../../protocol/crypto";
import { decodeHeader, type Header } from "../../protocol/header";
import { Direction, linkKey, NONCE_BYTES } from "../../protocol/keys";
import { openFrame, sealFrame } from "../../protocol/seal";
import { type DeviceHello, encodeHelloRequest, encodeStoreHello } from "../../protocol/session";
import { decodeUpdateState, type UpdateState } from "../../protocol/update";
import type { Clock } from "../clock";
import type { Keyring } from "./keyring";
import type { RefusalKind } from "./refusals";

const HELLO_EVERY_MS = 50;
/** Hellos that anybody can say under an alias heard on the air must not push out the handheld's own at once. */
const MAX_PENDING = 8;
const REQUEST_EVERY_MS = 1000;
/** Aliases that are not (yet) a claimed handheld's, remembered at once. */
const MAX_STRANGERS = 64;

export interface Nonces {
  deviceNonce: Uint8Array;
  storeNonce: Uint8Array;
}

interface Session extends Nonces {
  up?: Uint8Array;
  down?: Uint8Array;
  /** Counter of the newest message up, −1 before the first; and of the next one down. */
  seen: number;
  next: number;
}

interface Link {
  alias: Uint8Array;
  helloAt: number;
  requestAt: number;
  /** Unix ms of the newest hello with the button held. */
  claimableAt: number;
  live?: Session;
  /** Answered, not yet heard in; newest last. */
  pending: Session[];
}

export interface HelloAnswer {
  refused?: RefusalKind;
  message?: Uint8Array;
  storeNonce?: Uint8Array;
}

export class Sessions {
  private readonly links = new Map<string, Link>();

  constructor(
    private readonly crypto: Crypto,
    private readonly clock: Clock,
    private readonly keyring: Keyring,
    /** Strangers' links are bounded, a claimed handheld's are kept. */
    private readonly isKnown: (aliasHex: string) => boolean,
  ) {}

  /**
   * Answers a hello. The session that lives stays until a message opens under the new one, so that a replayed hello
   * cuts nobody off.
   * @param rk of the ownership that the alias stands for; undefined for a stranger who wants to be claimed
   */
  hello(hello: DeviceHello, rk: Uint8Array | undefined): HelloAnswer {
    const link = this.linkOf(hello.alias);
    const now = this.clock.now();
    if (Math.abs(now - link.helloAt) < HELLO_EVERY_MS) return { refused: "hello-flood" };
    link.helloAt = now;
    if (link.live && sameBytes(link.live.deviceNonce, hello.nonce)) return { refused: "replayed-hello" };
    if (hello.claimable) link.claimableAt = now;
    // A hello sent twice gets its answer twice. Not so for a claim: another code would be sealed under the same nonces.
    const repeated = hello.claimable
      ? undefined
      : link.pending.find((session) => sameBytes(session.deviceNonce, hello.nonce));
    const { storeNonce } = repeated ?? this.begin(link, hello.nonce, rk);
    const { storeId, generation } = this.keyring;
    return {
      storeNonce,
      message: encodeStoreHello({
        alias: hello.alias,
        storeId,
        generation,
        nonce: storeNonce,
        deviceNonce: hello.nonce,
      }),
    };
  }

  /** @returns the status, and whether it is the first of a session that now lives; or why it was refused */
  status(
    alias: Uint8Array,
    epoch: number,
    message: Uint8Array,
  ): { said: Status; began: boolean } | RefusalKind {
    const link = this.links.get(toHex(alias));
    return this.hear(alias, epoch, message, link ? [link.live, ...link.pending] : [], decodeStatus);
  }

  /** An update's state: said only where a status has begun the session. @returns it, or why it was refused */
  update(
    alias: Uint8Array,
    epoch: number,
    message: Uint8Array,
  ): { said: UpdateState; began: boolean } | RefusalKind {
    return this.hear(alias, epoch, message, [this.links.get(toHex(alias))?.live], decodeUpdateState);
  }

  private hear<T>(
    alias: Uint8Array,
    epoch: number,
    message: Uint8Array,
    sessions: (Session | undefined)[],
    decode: (body: Uint8Array) => T,
  ): { said: T; began: boolean } | RefusalKind {
    const link = this.links.get(toHex(alias));
    let header: Header;
    try {
      header = decodeHeader(message);
    } catch {
      return "malformed";
    }
    if (header.epoch !== epoch) return "epoch";
    if (!link) return "wrong-tag";
    for (const session of sessions) {
      if (!session?.up) continue;
      const body = this.open(session.up, message);
      if (!body) continue;
      if (header.sequence <= session.seen) return "replayed-status";
      let said: T;
      try {
        said = decode(body);
      } catch {
        return "malformed";
      }
      session.seen = header.sequence;
      const began = session !== link.live;
      if (began) {
        link.live = session;
        // The handheld may have said hello again meanwhile.
        link.pending = link.pending.slice(link.pending.indexOf(session) + 1);
      }
      return { said, began };
    }
    return "wrong-tag";
  }

  /** Seals a body for the handheld; undefined without a session. @returns the message and its counter */
  seal(
    alias: Uint8Array,
    type: number,
    epoch: number,
    body: Uint8Array,
  ): { message: Uint8Array; counter: number } | undefined {
    const session = this.links.get(toHex(alias))?.live;
    if (!session?.down) return undefined;
    const counter = session.next++;
    const header = { type, epoch, recording: 0, sequence: counter };
    return { message: sealFrame(this.crypto, session.down, header, body), counter };
  }

  isLive(alias: Uint8Array): boolean {
    return this.links.get(toHex(alias))?.live !== undefined;
  }

  /** The nonces of the hellos that were answered, newest first. */
  nonces(alias: Uint8Array): Nonces[] {
    const link = this.links.get(toHex(alias));
    if (!link) return [];
    return [...link.pending].reverse().concat(link.live ?? []);
  }

  /** Asks for a hello, at most once a second; undefined while it is too soon. */
  request(alias: Uint8Array): Uint8Array | undefined {
    const link = this.linkOf(alias);
    const now = this.clock.now();
    if (Math.abs(now - link.requestAt) < REQUEST_EVERY_MS) return undefined;
    link.requestAt = now;
    return encodeHelloRequest(alias);
  }

  /** Aliases whose button was held within the last `windowMs`. */
  claimable(windowMs: number): Uint8Array[] {
    const now = this.clock.now();
    return [...this.links.values()]
      .filter((link) => Math.abs(now - link.claimableAt) < windowMs)
      .map((link) => link.alias);
  }

  forget(alias: Uint8Array): void {
    this.links.delete(toHex(alias));
  }

  private begin(link: Link, deviceNonce: Uint8Array, rk: Uint8Array | undefined): Session {
    const session: Session = {
      deviceNonce,
      storeNonce: this.crypto.random(NONCE_BYTES),
      seen: -1,
      next: 0,
    };
    if (rk) {
      const key = (direction: number) =>
        linkKey(this.crypto, rk, direction, deviceNonce, session.storeNonce, this.keyring.storeId);
      session.up = key(Direction.up);
      session.down = key(Direction.down);
    }
    link.pending = [...link.pending, session].slice(-MAX_PENDING);
    return session;
  }

  private open(key: Uint8Array, message: Uint8Array): Uint8Array | undefined {
    try {
      return openFrame(this.crypto, key, message);
    } catch {
      return undefined;
    }
  }

  private linkOf(alias: Uint8Array): Link {
    const hex = toHex(alias);
    const known = this.links.get(hex);
    if (known) return known;
    const never = Number.NEGATIVE_INFINITY;
    const link: Link = {
      alias: Uint8Array.from(alias),
      helloAt: never,
      requestAt: never,
      claimableAt: never,
      pending: [],
    };
    this.links.set(hex, link);
    const strangers = [...this.links.keys()].filter((key) => !this.isKnown(key));
    if (strangers.length > MAX_STRANGERS) this.links.delete(strangers[0]);
    return link;
  }
}
