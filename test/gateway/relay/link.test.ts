import assert from "node:assert/strict";
import type { RadioLink } from "../../../gateway/radio/radio";
import { Link } from "../../../gateway/relay/link";
import { fragment } from "../../../protocol/fragments";
import { MAX_FRAME_BYTES } from "../../../protocol/header";
import { Random } from "../../../tools/sim/random";

/** Bytes and buffers that a value holds, however deep. */
function held(value: unknown, seen = new Set<unknown>()): { bytes: number; entries: number } {
  const sum = { bytes: 0, entries: 0 };
  if (typeof value !== "object" || value === null || seen.has(value)) return sum;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return { bytes: value.buffer.byteLength, entries: 1 };
  for (const inner of Object.values(value)) {
    const { bytes, entries } = held(inner, seen);
    sum.bytes += bytes;
    sum.entries += entries + 1;
  }
  return sum;
}

const RADIO: RadioLink = { id: "fake", notificationBytes: 20, write() {}, close() {} };
/** Eight messages in parts; a part that is the last may carry as much as the longest notification. */
const MOST_BYTES = 9 * (MAX_FRAME_BYTES + 244);

describe("a link's reassembly", () => {
  const take = (link: Link, bytes: Uint8Array) => {
    try {
      return link.take(bytes);
    } catch (error) {
      assert.match((error as { code?: string }).code ?? String(error), /^FRAGMENT_/);
      return undefined;
    }
  };

  it("holds eight frames at most of beginnings that never end", () => {
    const link = new Link(RADIO);
    for (let number = 0; number < 1000; number++)
      for (const piece of fragment(new Uint8Array(MAX_FRAME_BYTES), number & 255, 244).slice(0, -1))
        take(link, piece);
    const { bytes, entries } = held(link);
    assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
    assert.ok(entries < 2000, `${entries} entries`);
  });

  for (const seed of ["hostile-1", "hostile-2", "hostile-3"])
    it(`holds no more of random fragments, and works on afterwards (seed ${seed})`, () => {
      const random = new Random(seed);
      const link = new Link(RADIO);
      for (let i = 0; i < 20_000; i++) {
        const piece = random.bytes(random.int(260));
        take(link, piece);
        if (i % 500 === 0) assert.ok(held(link).bytes <= MOST_BYTES);
      }
      const message = Uint8Array.from({ length: 700 }, (_, i) => i & 255);
      // A handheld repeats what got no receipt, under its next numbers.
      const whole = Array.from({ length: 64 }, (_, number) =>
        fragment(message, number, 100).map((piece) => take(link, piece)),
      ).flat();
      assert.ok(whole.some((one) => one !== undefined && Buffer.from(one).equals(message)));
    });
});
