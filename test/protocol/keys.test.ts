import { strict as assert } from "node:assert";
import fc from "fast-check";
import { nodeCrypto } from "../../gateway/crypto";
import { toHex } from "../../protocol/bytes";
import { chainNext, chainStart } from "../../protocol/chain";
import {
  claimKey,
  firstChainKey,
  isUnownedAlias,
  linkKey,
  nextChainKey,
  receiptKey,
  recordingKey,
  unownedAlias,
} from "../../protocol/keys";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const place = fc.record({
  root: bytes(32),
  device: bytes(8),
  epoch: fc.integer({ min: 0, max: 65535 }),
  recording: fc.integer({ min: 1, max: 2 ** 32 - 2 }),
});
const connection = fc.record({
  secret: bytes(16),
  direction: fc.constantFrom(1, 2),
  deviceNonce: bytes(16),
  storeNonce: bytes(16),
  store: bytes(8),
});

/** Two inputs that differ in exactly one field, by one of `other`'s. */
function onlyOneDiffers<T extends object>(a: T, b: T, name: keyof T): T | undefined {
  const same = JSON.stringify(a[name]) === JSON.stringify(b[name]);
  return same ? undefined : { ...a, [name]: b[name] };
}

function everyFieldMatters<T extends object>(
  values: fc.Arbitrary<T>,
  names: (keyof T)[],
  derive: (value: T) => Uint8Array,
) {
  fc.assert(
    fc.property(values, values, fc.constantFrom(...names), (a, b, name) => {
      const other = onlyOneDiffers(a, b, name);
      if (other) assert.notEqual(toHex(derive(a)), toHex(derive(other)), String(name));
    }),
  );
}

const MK = (p: { root: Uint8Array; device: Uint8Array; epoch: number; recording: number }) =>
  recordingKey(nodeCrypto, firstChainKey(nodeCrypto, p.root), p.device, p.epoch, p.recording);

describe("key schedule", () => {
  it("a recording's key depends on root, device, epoch and recording", () => {
    everyFieldMatters(place, ["root", "device", "epoch", "recording"], MK);
  });

  it("the chain's start depends on place and key", () => {
    everyFieldMatters(place, ["root", "device", "epoch", "recording"], (p) =>
      chainStart(nodeCrypto, p.device, p.epoch, p.recording, MK(p)),
    );
  });

  it("a session's key depends on secret, direction, both nonces and the store", () => {
    everyFieldMatters(connection, ["secret", "direction", "deviceNonce", "storeNonce", "store"], (c) =>
      linkKey(nodeCrypto, c.secret, c.direction, c.deviceNonce, c.storeNonce, c.store),
    );
  });

  it("a claim's key depends on code, direction and both nonces", () => {
    everyFieldMatters(connection, ["secret", "direction", "deviceNonce", "storeNonce"], (c) =>
      claimKey(nodeCrypto, c.secret, c.direction, c.deviceNonce, c.storeNonce),
    );
  });

  it("an alias without an owner is another for each code and start, and no other code's", () => {
    const code = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const random = fc.uint8Array({ minLength: 4, maxLength: 8 });
    fc.assert(
      fc.property(code, code, random, (own, other, start) => {
        const alias = unownedAlias(nodeCrypto, own, start);
        assert.equal(isUnownedAlias(nodeCrypto, own, alias), true);
        if (toHex(own) !== toHex(other)) assert.equal(isUnownedAlias(nodeCrypto, other, alias), false);
        assert.equal(toHex(alias).slice(0, 8), toHex(start).slice(0, 8));
      }),
    );
  });

  it("no two of a root's keys are equal along 1024 recordings", () => {
    const root = new Uint8Array(32);
    const seen = new Set([toHex(receiptKey(nodeCrypto, root)).slice(0, 32)]);
    let chainKey = firstChainKey(nodeCrypto, root);
    for (let recording = 1; recording <= 1024; recording++) {
      chainKey = nextChainKey(nodeCrypto, chainKey);
      seen.add(toHex(chainKey).slice(0, 32));
      seen.add(toHex(recordingKey(nodeCrypto, chainKey, new Uint8Array(8), 1, recording)));
    }
    assert.equal(seen.size, 2049);
  });

  it("the recording's chain tells frames that are changed, exchanged or left out", () => {
    const chain = (frames: Uint8Array[]) =>
      toHex(frames.reduce((head, frame) => chainNext(nodeCrypto, head, frame), new Uint8Array(32)));
    const frames = fc.uniqueArray(fc.uint8Array({ minLength: 51, maxLength: 51 }), {
      minLength: 2,
      maxLength: 6,
      selector: toHex,
    });
    fc.assert(
      fc.property(frames, fc.nat(), (sent, n) => {
        const at = n % (sent.length - 1);
        const exchanged = [...sent.slice(0, at), sent[at + 1]!, sent[at]!, ...sent.slice(at + 2)];
        const without = [...sent.slice(0, at), ...sent.slice(at + 1)];
        assert.equal(new Set([chain(sent), chain(exchanged), chain(without)]).size, 3);
      }),
    );
  });
});
