/**
 * What hub and mirror say to each other: a length of four bytes and JSON, within TLS 1.2 under a pre-shared secret.
 * Blobs are { "b": base64 }.
 */
import type { Duplex } from "node:stream";
import type { Value } from "../backup/changes";
import { StoreError } from "../store/errors";

/** ECDHE: who learns the secret later reads nothing that was recorded before. */
export const TLS = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
} as const;
export const PROTOCOL = 1;
/** Of one message; the statement of what a mirror has is the longest. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export type Json = number | string | null | { b: string };

/** Key, and digest or highest value, of every row that a mirror has. */
export interface Statement {
  digests: Record<string, [string, string][]>;
  ends: Record<string, [string, number][]>;
}

export type ToHub =
  | { t: "hello"; v: number; have: Statement }
  | { t: "runs"; runs: [recording: number, runs: [from: number, length: number][]][] }
  | { t: "done" }
  | { t: "refused"; code: string; message: string }
  | { t: "pong" };

export type ToMirror =
  | {
      t: "store";
      v: number;
      schema: number;
      storeId: string;
      generation: string;
      kind: string;
      key: string;
      sealed: string;
    }
  | { t: "ask"; recordings: number[] }
  | { t: "begin"; at: number }
  | { t: "remove"; table: string; key: Json[] }
  | { t: "rows"; table: string; rows: Json[][] }
  | { t: "frames"; recording: number; frames: [sequence: number, type: number, frame: string][] }
  | { t: "commit"; at: number }
  | { t: "ping" };

export function toJson(value: Value): Json {
  return value instanceof Uint8Array ? { b: Buffer.from(value).toString("base64") } : value;
}

/** @throws MIRROR_MESSAGE */
export function fromJson(value: Json): Value {
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  if (typeof value?.b === "string") return Buffer.from(value.b, "base64");
  throw badMessage("a value is neither number, text, bytes nor null");
}

export function badMessage(why: string): StoreError {
  return new StoreError(
    "MIRROR_MESSAGE",
    `the other side said what makes no sense: ${why}. Use one avnode on both`,
  );
}

/** Messages over a stream, one at a time: `next` waits for one, `send` for room. */
export class Channel<Out, In extends { t: string }> {
  private buffered: Buffer[] = [];
  private bytes = 0;
  private wanted?: { resolve(message: In): void; reject(error: Error): void };
  private failure?: Error;

  constructor(private readonly stream: Duplex) {
    stream.on("data", (chunk: Buffer) => {
      this.buffered.push(chunk);
      this.bytes += chunk.length;
      // One statement and a little more: nobody sends ahead of being asked.
      if (this.bytes > 2 * MAX_MESSAGE_BYTES) stream.destroy(badMessage("too much at once"));
      this.deliver();
    });
    stream.on("error", (error: Error) => this.fail(error));
    stream.on("close", () => this.fail(new StoreError("MIRROR_CLOSED", "the connection ended")));
  }

  async send(message: Out): Promise<void> {
    if (this.failure) throw this.failure;
    const body = Buffer.from(JSON.stringify(message));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    this.stream.write(head);
    if (this.stream.write(body)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        this.stream.off("drain", go);
        this.stream.off("close", go);
        resolve();
      };
      this.stream.on("drain", go);
      this.stream.on("close", go);
    });
  }

  next(): Promise<In> {
    return new Promise((resolve, reject) => {
      this.wanted = { resolve, reject };
      if (!this.deliver() && this.failure) this.reject(this.failure);
    });
  }

  /** @throws MIRROR_MESSAGE for one of another kind */
  async expect<T extends In["t"]>(kind: T): Promise<Extract<In, { t: T }>> {
    const message = await this.next();
    if (message.t !== kind) throw badMessage(`${message.t} where ${kind} was due`);
    return message as Extract<In, { t: T }>;
  }

  /** @param gently what was sent is delivered first */
  close(gently: boolean): void {
    if (gently) this.stream.end();
    else this.stream.destroy();
  }

  private deliver(): boolean {
    if (!this.wanted || this.bytes < 4) return false;
    if (this.buffered.length > 1 && this.buffered[0]!.length < 4)
      this.buffered = [Buffer.concat(this.buffered)];
    const length = this.buffered[0]!.readUInt32BE(0);
    if (length > MAX_MESSAGE_BYTES) {
      this.fail(badMessage(`a message of ${length} bytes`));
      return false;
    }
    if (this.bytes < 4 + length) return false;
    const all = this.buffered.length === 1 ? this.buffered[0]! : Buffer.concat(this.buffered);
    const { resolve } = this.wanted;
    let message: In;
    try {
      message = JSON.parse(all.toString("utf8", 4, 4 + length)) as In;
      if (typeof message?.t !== "string") throw new Error("no type");
    } catch {
      this.fail(badMessage("it is no JSON of ours"));
      return false;
    }
    this.wanted = undefined;
    this.buffered = all.length === 4 + length ? [] : [all.subarray(4 + length)];
    this.bytes = all.length - 4 - length;
    resolve(message);
    return true;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.reject(this.failure);
    this.stream.destroy();
  }

  private reject(error: Error): void {
    const { wanted } = this;
    this.wanted = undefined;
    wanted?.reject(error);
  }
}
