/** One connection of one handheld: fragments to messages and back. */
import { fragment, Reassembler } from "../../protocol/fragments";
import type { RadioLink } from "../radio/radio";

/** As many as a link that reorders has under way; each is at most a frame. */
const PARTIAL_MESSAGES = 8;

export class Link {
  private readonly reassembler = new Reassembler(PARTIAL_MESSAGES);
  private sent = 0;
  /** Name on the air in hex, from the hello said last. */
  alias?: string;
  /** Cancels the wait for the first sign of life. */
  heard: () => void = () => {};

  constructor(readonly radio: RadioLink) {}

  /** @returns the message that is complete now, if one is; @throws FRAGMENT_* */
  take(notification: Uint8Array): Uint8Array | undefined {
    return this.reassembler.add(notification);
  }

  /** @throws FRAGMENT_SIZE */
  send(message: Uint8Array): void {
    const pieces = fragment(message, this.sent++ & 255, this.radio.notificationBytes);
    for (const piece of pieces) this.radio.write(piece);
  }
}
