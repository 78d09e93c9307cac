/** Random leaves of the log, as fast-check makes them. */
import fc from "fast-check";
import { type Erasure, type Layer, LayerKind, type Origin } from "../../protocol/leaves";
import { type Manifest, ManifestState } from "../../protocol/manifest";

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const uint = (max: number) => fc.integer({ min: 0, max });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const blob = fc.uint8Array({ maxLength: 200 });
const text = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
const EXACT = Number.MAX_SAFE_INTEGER;
const U32 = 2 ** 32 - 1;
const U48 = 2 ** 48 - 1;

const sorted = ([a, b]: [number, number]) => ({ from: Math.min(a, b), to: Math.max(a, b) });
const drop = record({
  range: fc.tuple(uint(U32), uint(U32)),
  first: uint(U48),
  samples: uint(U48),
  chain: bytes(32),
  later: fc.boolean(),
}).map(({ range, ...rest }) => ({ ...sorted(range), ...rest }));

const rateTerm = fc.integer({ min: 1, max: U32 });

/** In order, none empty. */
const gaps = fc
  .array(fc.tuple(uint(U32), fc.integer({ min: 1, max: U32 }), uint(2)), { maxLength: 5 })
  .map((steps) => {
    let end = 0;
    return steps.map(([between, count, reason]) => {
      const first = end + between;
      end = first + count;
      return { first, count, reason };
    });
  });

export const manifests: fc.Arbitrary<Manifest> = record({
  device: bytes(8),
  epoch: uint(65535),
  recording: uint(U32),
  deviceClass: fc.integer({ min: 1, max: 3 }),
  certificate: bytes(32),
  range: fc.tuple(uint(U32), uint(U32)),
  chain: bytes(32),
  key: bytes(32),
  rate: fc.option(record({ num: rateTerm, den: rateTerm })),
  leads: fc.array(record({ name: text, samples: uint(U48) }), { maxLength: 12 }),
  samples: uint(U48),
  gaps,
  drops: fc.array(drop, { maxLength: 3 }),
  start: uint(EXACT),
  trust: uint(2),
  received: record({ first: uint(EXACT), last: uint(EXACT) }),
  state: fc.constantFrom(...Object.values(ManifestState)),
  close: blob,
  signature: fc.option(blob),
  person: fc.option(bytes(32)),
}).map(({ range, state, close, signature, samples, ...rest }) => ({
  ...rest,
  samples: Math.max(samples, ...rest.gaps.map(({ first, count }) => first + count)),
  ...sorted(range),
  state,
  part: state === ManifestState.open,
  close: state === ManifestState.closed ? close : null,
  signature: state === ManifestState.closed ? signature : null,
}));

export const erasures: fc.Arbitrary<Erasure> = record({
  manifest: fc.option(uint(EXACT)),
  device: bytes(8),
  epoch: uint(65535),
  recording: uint(U32),
  at: uint(EXACT),
});

export const origins: fc.Arbitrary<Origin> = record({
  checkpoint: blob,
  generation: bytes(8),
  at: uint(EXACT),
});

export const layers: fc.Arbitrary<Layer> = record({
  device: bytes(8),
  epoch: uint(65535),
  recording: uint(U32),
  kind: fc.constantFrom(...Object.values(LayerKind)),
  number: uint(U32),
  at: uint(EXACT),
  said: bytes(32),
});
