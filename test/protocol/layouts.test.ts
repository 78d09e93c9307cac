import { strict as assert } from "node:assert";
import fc from "fast-check";
import { CODECS, type Codec, toJson } from "./vectors";

const uint = (bytes: number) =>
  fc.integer({ min: 0, max: Math.min(2 ** (8 * bytes) - 1, Number.MAX_SAFE_INTEGER) });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const text = (maxLength: number) => fc.string({ unit: "grapheme-ascii", maxLength });
const someText = (maxLength: number) => fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const one = (max: number, min = 1) => fc.integer({ min, max });
const gain = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(Math.abs);

const lead = fc.record({ name: text(40), unit: text(40), gain, baseline: int32, adcZero: int32 });
const previous = fc.record({ recording: uint(4), frames: uint(4), closed: fc.boolean(), chain: bytes(32) });

const VALUES: Record<string, fc.Arbitrary<unknown>> = {
  open: fc.record(
    {
      rateNum: one(2 ** 32 - 1),
      rateDen: one(2 ** 32 - 1),
      frontEnd: text(40),
      firmware: text(40),
      bits: one(24, 2),
      nominal: one(65535),
      startMs: uint(8),
      trust: one(2, 0),
      mode: one(3),
      seconds: uint(4),
      previous,
      leads: fc.array(lead, { minLength: 1, maxLength: 64 }),
    },
    {
      requiredKeys: "rateNum rateDen frontEnd firmware bits nominal startMs trust mode seconds leads".split(
        " ",
      ) as never,
    },
  ),
  data: fc.record({ firstSample: uint(6), block: fc.uint8Array({ minLength: 1, maxLength: 2040 }) }),
  drop: fc
    .record({
      reason: one(2),
      recording: uint(4),
      range: fc.tuple(uint(4), uint(4)),
      firstSample: uint(6),
      samples: uint(6),
      before: bytes(32),
      chain: bytes(32),
    })
    .map(({ range, ...drop }) =>
      drop.reason === 2
        ? { ...drop, from: 0, to: 0, before: new Uint8Array(32), chain: new Uint8Array(32) }
        : { ...drop, from: Math.min(...range), to: Math.max(...range) },
    ),
  mark: fc.record({ kind: one(4), sample: uint(6), uptimeMs: uint(6) }),
  close: fc
    .record({
      frames: uint(4),
      counts: fc.tuple(uint(8), uint(8)),
      chain: bytes(32),
      previousClose: bytes(32),
      checkpointSize: uint(8),
      checkpointRoot: bytes(32),
      uptimeMs: uint(8),
      batteryMillivolts: uint(2),
      reason: one(4),
    })
    .map(({ counts, ...close }) => ({
      ...close,
      samples: Math.max(...counts),
      dropped: Math.min(...counts),
    })),
  signature: fc
    .record({ tree: uint(1), leaf: uint(4), hashes: bytes(1248) })
    .map(({ hashes, ...place }) => ({ ...place, ots: Buffer.concat([Buffer.from([0, 0, 0, 7]), hashes]) })),
  command: fc.oneof(
    fc.record({ op: fc.constant(1), mode: one(3), seconds: uint(4) }),
    fc.constant({ op: 2 }),
    fc.record({ op: fc.constant(3), unixMs: uint(8), uncertaintyMs: uint(4) }),
    fc.record({ op: fc.constant(4), setting: one(3), value: uint(4) }),
    fc.record({ op: fc.constant(5), seconds: uint(1) }),
    fc.constant({ op: 6 }),
    fc.record({ op: fc.constantFrom(9, 10), counter: uint(4) }),
  ),
  update: fc.record({
    phase: one(6, 0),
    running: uint(4),
    counter: uint(4),
    taken: uint(4),
    refused: one(15, 0),
  }),
  release: fc.record({
    board: someText(24),
    version: someText(24),
    counter: one(2 ** 32 - 1),
    bytes: one(1048576),
    crc32: uint(4),
    head: bytes(32),
  }),
  status: fc.record({
    state: one(3),
    batteryMillivolts: uint(2),
    ringPermille: one(1000, 0),
    backlog: uint(4),
    oldestRecording: uint(4),
    newestRecording: uint(4),
    uptimeMs: uint(6),
    trust: one(2, 0),
    lastCommand: uint(4),
    refused: uint(4),
    signatures: uint(4),
    firmware: text(255),
  }),
  claim: fc.record({ root: bytes(32), alias: bytes(8), storeId: bytes(8) }),
  certificate: fc.record({
    deviceClass: one(3),
    device: bytes(8),
    board: text(40),
    firmware: bytes(32),
    maker: bytes(32),
    issued: uint(4),
    trees: fc.array(bytes(48), { maxLength: 8 }),
    signature: bytes(64),
  }),
  deviceHello: fc
    .record({ alias: bytes(8), epoch: uint(2), nonce: bytes(16), button: one(2, 0) })
    .map(({ button, ...rest }) => ({ ...rest, claimable: button === 1, held: button === 2 })),
  storeHello: fc.record({
    alias: bytes(8),
    storeId: bytes(8),
    generation: bytes(8),
    nonce: bytes(16),
    deviceNonce: bytes(16),
  }),
  helloRequest: fc.record({ alias: bytes(8) }),
};

function refuses(action: () => unknown, code: RegExp): void {
  assert.throws(action, (error: { code?: string }) => code.test(String(error.code)));
}

describe("protocol layouts", () => {
  for (const [name, values] of Object.entries(VALUES)) {
    const codec = CODECS[name] as Codec;

    it(`${name}: every value is read as it was written`, () => {
      fc.assert(
        fc.property(values, (value) =>
          assert.deepEqual(toJson(codec.decode(codec.encode(value))), toJson(value)),
        ),
      );
    });

    it(`${name}: no prefix and no longer form is read`, () => {
      fc.assert(
        fc.property(values, fc.nat(), (value, cut) => {
          const whole = codec.encode(value);
          // A data frame's block may end anywhere: its length is the codec's to check.
          const until = name === "data" ? Math.min(7, whole.length) : whole.length;
          refuses(() => codec.decode(whole.subarray(0, cut % until)), /_TRUNCATED$|_EMPTY$/);
          if (name !== "data")
            refuses(() => codec.decode(Buffer.concat([whole, Buffer.alloc(1)])), /_TRAILING$/);
        }),
        { numRuns: 50 },
      );
    });
  }

  it("an offer and a chunk end where their command ends, with a byte at least", () => {
    const some = fc.uint8Array({ minLength: 1, maxLength: 2041 });
    const command = CODECS.command!;
    fc.assert(
      fc.property(some, fc.option(uint(4), { nil: undefined }), (payload, at) => {
        const value = at === undefined ? { op: 7, bytes: payload } : { op: 8, at, bytes: payload };
        const written = command.encode(value);
        assert.deepEqual(toJson(command.decode(written)), toJson(value));
        const head = written.length - payload.length;
        refuses(() => command.decode(written.subarray(0, head)), /^COMMAND_BYTES$/);
        refuses(() => command.decode(Buffer.concat([written, Buffer.alloc(2041)])), /^COMMAND_BYTES$/);
      }),
    );
    refuses(() => command.encode({ op: 7 }), /^COMMAND_BYTES$/);
  });

  it("refuses to write a field that does not fit", () => {
    const mark = { kind: 1, sample: 0, uptimeMs: 0 };
    for (const sample of [-1, 0.5, 2 ** 48, Number.NaN, Number.POSITIVE_INFINITY, undefined]) {
      refuses(() => CODECS.mark!.encode({ ...mark, sample }), /^FIELD_RANGE$/);
    }
    refuses(
      () =>
        CODECS.claim!.encode({ root: Buffer.alloc(31), alias: Buffer.alloc(8), storeId: Buffer.alloc(8) }),
      /^FIELD_LENGTH$/,
    );
  });
});
