import assert from "node:assert/strict";
import { Session } from "../../firmware/session";
import { type Keys, seenNothing } from "../../firmware/vault";
import { nodeCrypto } from "../../gateway/crypto";
import { FrameType } from "../../protocol/header";
import { Direction, linkKey } from "../../protocol/keys";
import { encodeReceipt, type Receipt } from "../../protocol/receipt";
import { sealFrame } from "../../protocol/seal";
import type { StoreHello } from "../../protocol/session";

const fill = (length: number, value: number) => new Uint8Array(length).fill(value);

const KEYS: Keys = {
  epoch: 2,
  recording: 9,
  chainKey: fill(32, 1),
  receiptKey: fill(32, 2),
  alias: fill(8, 3),
  previousClose: fill(32, 4),
  leaf: 0,
  seen: seenNothing(),
  confirmed: true,
};
const HELLO: StoreHello = {
  alias: KEYS.alias,
  storeId: fill(8, 5),
  generation: fill(8, 6),
  nonce: fill(16, 7),
  deviceNonce: fill(16, 8),
};
const RECEIPT: Receipt = {
  storeId: HELLO.storeId,
  generation: HELLO.generation,
  checkpointSize: 0,
  checkpointRoot: fill(32, 0),
  recording: 8,
  next: 100,
  holes: [{ from: 3, length: 4 }],
};

/** What a store would send, or what somebody would like to pass off as that. */
function message(
  counter: number,
  change: Partial<Receipt> = {},
  hello = HELLO,
  epoch = KEYS.epoch,
): Uint8Array {
  const key = linkKey(
    nodeCrypto,
    KEYS.receiptKey,
    Direction.down,
    hello.deviceNonce,
    hello.nonce,
    hello.storeId,
  );
  const header = { type: FrameType.receipt, epoch, recording: 0, sequence: counter };
  return sealFrame(nodeCrypto, key, header, encodeReceipt({ ...RECEIPT, ...change }));
}

function session(): Session {
  return new Session(nodeCrypto, KEYS, HELLO);
}

describe("the handheld's session", () => {
  it("takes its store's receipts in order", () => {
    const one = session();
    assert.equal(one.proved, false);
    assert.deepEqual(one.receipt(one.open(message(0)), 8).holes, RECEIPT.holes);
    assert.equal(one.proved, true);
    assert.equal(one.receipt(one.open(message(5, { next: 101 })), 8).next, 101);
  });

  it("refuses a receipt twice, and one from before it", () => {
    const one = session();
    one.open(message(4));
    assert.throws(() => one.open(message(4)), { code: "SESSION_REPLAY" });
    assert.throws(() => one.open(message(3)), { code: "SESSION_REPLAY" });
  });

  it("refuses a receipt of another session, of another epoch, and its own words turned round", () => {
    const one = session();
    assert.throws(() => one.open(message(0, {}, { ...HELLO, nonce: fill(16, 9) })), { code: "FRAME_TAG" });
    assert.throws(() => one.open(message(0, {}, { ...HELLO, deviceNonce: fill(16, 9) })), {
      code: "FRAME_TAG",
    });
    assert.throws(() => one.open(message(0, {}, HELLO, 1)), { code: "SESSION_EPOCH" });
    assert.throws(() => one.open(one.seal(FrameType.receipt, encodeReceipt(RECEIPT))), { code: "FRAME_TAG" });
    assert.equal(one.proved, false);
  });

  it("refuses the receipt of another store or of one from before a restore", () => {
    const one = session();
    assert.throws(() => one.receipt(one.open(message(0, { storeId: fill(8, 1) })), 8), {
      code: "RECEIPT_STORE",
    });
    assert.throws(() => one.receipt(one.open(message(1, { generation: fill(8, 1) })), 8), {
      code: "RECEIPT_STORE",
    });
  });

  it("refuses a receipt for a recording that never was", () => {
    const one = session();
    assert.throws(() => one.receipt(one.open(message(0)), 7), { code: "RECEIPT_RECORDING" });
    assert.throws(() => one.receipt(one.open(message(1, { recording: 0 })), 8), {
      code: "RECEIPT_RECORDING",
    });
  });

  it("refuses a receipt with any bit flipped", () => {
    const genuine = message(0);
    for (let bit = 0; bit < genuine.length * 8; bit++) {
      const altered = Uint8Array.from(genuine);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      assert.throws(() => session().open(altered), { code: /^(FRAME|SESSION)_/ }, `bit ${bit}`);
    }
  });

  it("never seals two messages under one counter", () => {
    const one = session();
    const headers = [1, 2, 3].map(() =>
      Buffer.from(one.seal(FrameType.status, fill(10, 1)).subarray(0, 11)).toString("hex"),
    );
    assert.equal(new Set(headers).size, 3);
  });
});
