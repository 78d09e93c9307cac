/** One connection's keys on the handheld's side: what it seals for the store, and what it accepts from it. */
import { sameBytes } from "../protocol/bytes";
import type { Crypto } from "../protocol/crypto";
import { decodeHeader } from "../protocol/header";
import { Direction, linkKey } from "../protocol/keys";
import { decodeReceipt, type Receipt } from "../protocol/receipt";
import { refusal } from "../protocol/refusal";
import { openChecked, sealFrame } from "../protocol/seal";
import type { StoreHello } from "../protocol/session";
import type { Keys } from "./vault";

export class Session {
  /** True once the store has proved that it holds the keys. */
  proved = false;
  private readonly up: Uint8Array;
  private readonly down: Uint8Array;
  private upCounter = 0;
  private lastDown = -1;

  constructor(
    private readonly crypto: Crypto,
    private readonly keys: Keys,
    private hello: StoreHello,
  ) {
    const nonce = hello.deviceNonce;
    this.up = linkKey(crypto, keys.receiptKey, Direction.up, nonce, hello.nonce, hello.storeId);
    this.down = linkKey(crypto, keys.receiptKey, Direction.down, nonce, hello.nonce, hello.storeId);
  }

  /** Whether this hello makes the same keys: then it is this session, whose counters must go on. */
  isOf(hello: StoreHello): boolean {
    return sameBytes(hello.nonce, this.hello.nonce) && sameBytes(hello.storeId, this.hello.storeId);
  }

  /** The same hello once more, perhaps with a truer generation: that one makes no keys. */
  greetedAgain(hello: StoreHello): void {
    this.hello = hello;
  }

  seal(type: number, body: Uint8Array): Uint8Array {
    const header = { type, epoch: this.keys.epoch, recording: 0, sequence: this.upCounter };
    this.upCounter++;
    return sealFrame(this.crypto, this.up, header, body);
  }

  /** @returns the body; @throws SESSION_EPOCH, SESSION_REPLAY, FRAME_* */
  open(message: Uint8Array): Uint8Array {
    const header = decodeHeader(message);
    if (header.epoch !== this.keys.epoch) {
      throw refusal("SESSION_EPOCH", "a message of epoch " + header.epoch + " in epoch " + this.keys.epoch);
    }
    if (header.sequence <= this.lastDown) {
      throw refusal("SESSION_REPLAY", "counter " + header.sequence + " came before");
    }
    const body = openChecked(this.crypto, this.down, message);
    this.lastDown = header.sequence;
    this.proved = true;
    return body;
  }

  /** Counter of the newest message taken. */
  counter(): number {
    return this.lastDown;
  }

  /**
   * @param burned the newest recording number that is burned
   * @throws RECEIPT_*: RECEIPT_STORE for another store or generation than said hello, RECEIPT_RECORDING for one to come
   */
  receipt(body: Uint8Array, burned: number): Receipt {
    const receipt = decodeReceipt(body);
    if (
      !sameBytes(receipt.storeId, this.hello.storeId) ||
      !sameBytes(receipt.generation, this.hello.generation)
    ) {
      throw refusal("RECEIPT_STORE", "the receipt is another store's, or from before it was restored");
    }
    if (receipt.recording < 1 || receipt.recording > burned) {
      throw refusal(
        "RECEIPT_RECORDING",
        "a receipt for recording " + receipt.recording + ", which never was",
      );
    }
    return receipt;
  }
}
