/** Messages cut to notifications and put together again, over a link that loses, repeats and reorders. */
import { concat, cut, sameBytes } from "./bytes";
import { MAX_FRAME_BYTES } from "./header";
import { refusal } from "./refusal";

/** Message number (mod 256), then index with the top bit set on the last fragment. */
export const FRAGMENT_HEADER_BYTES = 2;
export const MIN_NOTIFICATION_BYTES = 20;
export const MAX_NOTIFICATION_BYTES = 244;
const LAST = 0x80;

/** @param number rises by one with every message of a connection and direction */
export function fragment(message: Uint8Array, number: number, notificationBytes: number): Uint8Array[] {
  if (notificationBytes < MIN_NOTIFICATION_BYTES || notificationBytes > MAX_NOTIFICATION_BYTES) {
    throw refusal(
      "FRAGMENT_SIZE",
      "notifications of " + notificationBytes + " bytes: 20 to 244 are possible",
    );
  }
  if (message.length < 1 || message.length > MAX_FRAME_BYTES) {
    throw refusal("FRAGMENT_SIZE", "a message of " + message.length + " bytes cannot be sent");
  }
  const payload = notificationBytes - FRAGMENT_HEADER_BYTES;
  const out: Uint8Array[] = [];
  let index = 0;
  for (let left = message.length; left > 0; left -= payload) {
    const from = message.length - left;
    const last = left <= payload;
    const length = last ? left : payload;
    const piece = new Uint8Array(FRAGMENT_HEADER_BYTES + length);
    piece[0] = number;
    piece[1] = last ? index | LAST : index;
    piece.set(message.subarray(from, from + length), FRAGMENT_HEADER_BYTES);
    out.push(piece);
    index++;
  }
  return out;
}

/** Fragments of one message at most, for whoever sizes a queue. */
export const FRAGMENTS_PER_MESSAGE = Math.ceil(
  MAX_FRAME_BYTES / (MIN_NOTIFICATION_BYTES - FRAGMENT_HEADER_BYTES),
);

interface Partial {
  number: number;
  parts: (Uint8Array | undefined)[];
  received: number;
  /** Number of fragments, 0 until the last one came. */
  count: number;
  /** Payload of every fragment but the last, 0 until one came. */
  payload: number;
}

/**
 * How far behind the newest number a message is remembered. Beyond it the number's next lap begins: what was left of
 * the lap before must not be mixed into it.
 */
const WINDOW = 32;

/** Puts the messages of one connection and direction together. Memory: as many as are kept, of MAX_FRAME_BYTES each. */
export class Reassembler {
  private newest = 0;
  private partial: Partial[] = [];
  /** Numbers finished lately, so that a late duplicate does not begin them anew. */
  private finished: number[] = [];

  /** @param most partial messages kept at once; an older one is given up, its sender repeats it */
  constructor(private readonly most: number) {}

  /**
   * @returns the message that this notification completes, if it does
   * @throws FRAGMENT_* for a notification that fits no message; a contradicted message is forgotten
   */
  add(notification: Uint8Array): Uint8Array | undefined {
    const size = notification.length;
    if (size <= FRAGMENT_HEADER_BYTES || size > MAX_NOTIFICATION_BYTES) {
      throw refusal("FRAGMENT_SIZE", "a notification of " + size + " bytes carries nothing or too much");
    }
    if (size < MIN_NOTIFICATION_BYTES && (notification[1] & LAST) === 0) {
      throw refusal("FRAGMENT_SIZE", "a notification of " + size + " bytes that is not its message's last");
    }
    const number = notification[0];
    this.advance(number);
    if (this.finished.indexOf(number) >= 0) return undefined;
    // The first and the last in one, as most are, where nothing of it came before.
    if (notification[1] === LAST && !this.begun(number)) {
      this.finished.push(number);
      return cut(notification, FRAGMENT_HEADER_BYTES, size);
    }
    const message = this.find(number);
    const contradiction = this.put(message, notification);
    if (contradiction) {
      this.forget(message);
      throw refusal("FRAGMENT_CONTRADICTION", "message " + number + ": " + contradiction);
    }
    if (message.count === 0 || message.received < message.count) return undefined;
    this.forget(message);
    this.finished.push(number);
    return concat(message.parts as Uint8Array[]);
  }

  private behind(number: number): number {
    return (this.newest - number) & 255;
  }

  private advance(number: number): void {
    if (this.behind(number) < WINDOW) return;
    this.newest = number;
    for (let i = this.partial.length - 1; i >= 0; i--)
      if (this.behind(this.partial[i].number) >= WINDOW) this.partial.splice(i, 1);
    for (let i = this.finished.length - 1; i >= 0; i--)
      if (this.behind(this.finished[i]) >= WINDOW) this.finished.splice(i, 1);
  }

  private begun(number: number): boolean {
    for (let i = 0; i < this.partial.length; i++) if (this.partial[i].number === number) return true;
    return false;
  }

  private find(number: number): Partial {
    for (let i = 0; i < this.partial.length; i++)
      if (this.partial[i].number === number) return this.partial[i];
    const message: Partial = { number, parts: [], received: 0, count: 0, payload: 0 };
    this.partial.push(message);
    if (this.partial.length > this.most) this.partial.shift();
    return message;
  }

  private forget(message: Partial): void {
    this.partial.splice(this.partial.indexOf(message), 1);
  }

  /** @returns what contradicts the fragments before, if anything does */
  private put(message: Partial, notification: Uint8Array): string | undefined {
    const index = notification[1] & (LAST - 1);
    const last = (notification[1] & LAST) !== 0;
    const body = cut(notification, FRAGMENT_HEADER_BYTES, notification.length);
    const known = message.parts[index];
    if (known)
      return sameBytes(known, body) && last === (message.count === index + 1)
        ? undefined
        : "two fragments for one place";
    if (last) {
      if (message.count !== 0 || message.parts.length > index) return "two ends";
      message.count = index + 1;
    } else {
      if (message.payload !== 0 && body.length !== message.payload) return "fragments of unequal length";
      if (message.count !== 0 && index >= message.count) return "a fragment behind the end";
      message.payload = body.length;
    }
    message.parts[index] = body;
    message.received++;
    const end = message.count === 0 ? undefined : message.parts[message.count - 1];
    if (end && message.payload !== 0 && end.length > message.payload)
      return "an end longer than its fragments";
    // The shortest message that these fragments can still become.
    const shortest = end
      ? (message.count - 1) * message.payload + end.length
      : message.parts.length * message.payload + 1;
    if (shortest > MAX_FRAME_BYTES) return "longer than any frame";
    return undefined;
  }
}
