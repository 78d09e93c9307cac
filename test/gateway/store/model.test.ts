import assert from "node:assert/strict";
import fc from "fast-check";
import { DropReason } from "../../../protocol/bodies";
import { toHex } from "../../../protocol/bytes";
import { FrameType } from "../../../protocol/header";
import type { Receipt } from "../../../protocol/receipt";
import type { Handheld, Made } from "./handheld";
import { NOMINAL } from "./handheld";
import { Rig } from "./rig";

/** One step: a frame (by its place in all frames) arrives, or time passes, or the hub restarts. */
type Step = { frame: number } | { pauseMs: number } | { restart: true };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ frame: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ pauseMs: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.constant({ restart: true as const }) },
);

describe("whatever the order in which frames come, twice or never", () => {
  /** Three recordings; the second lost frames 3 to 5 to a full ring and says so, as does the third about its own. */
  function make(handheld: Handheld): Made[] {
    const first = handheld.record(7);
    const second = handheld.begin();
    for (let i = 0; i < 8; i++) handheld.data(second);
    handheld.close(second);
    const third = handheld.begin();
    for (let i = 0; i < 5; i++) handheld.data(third);
    for (const [subject, from, to] of [
      [second, 3, 5],
      [third, 1, 2],
    ] as const) {
      handheld.drop(third, {
        reason: DropReason.ringFull,
        recording: subject.number,
        from,
        to,
        firstSample: subject.positions[from],
        samples: (to - from + 1) * NOMINAL,
        chain: subject.chains[to],
      });
    }
    third.dropped += 2 * NOMINAL;
    handheld.data(third);
    handheld.close(third);
    return [first, second, third];
  }

  it("the store holds each frame once, and no receipt claims what is not on disk", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const rig = new Rig();
        try {
          const handheld = rig.claimed();
          const made = make(handheld);
          const all = made.flatMap((one) =>
            one.frames.map((frame, sequence) => ({ recording: one.number, sequence, frame })),
          );
          // What a naive store would hold: a set of places.
          const sent = new Set<string>();
          const place = (recording: number, sequence: number) => `${recording}/${sequence}`;
          const onDisk = () => {
            const held = new Map<string, string>();
            for (const info of rig.store.reader.recordings()) {
              for (const { header, frame } of rig.store.reader.frames(info.id)) {
                held.set(place(header.recording, header.sequence), toHex(frame));
              }
            }
            return held;
          };
          /** Frames that drop frames on disk gave up. */
          const declared = (held: Map<string, string>, recording: number, sequence: number) =>
            made[2].frames.some((frame, at) => {
              const is = (from: number, to: number) => sequence >= from && sequence <= to;
              const covers = recording === 2 ? at === 6 && is(3, 5) : recording === 3 && at === 7 && is(1, 2);
              return covers && held.get(place(3, at)) === toHex(frame) && frame[0] % 16 === FrameType.drop;
            });
          const checkReceipts = () => {
            const held = onDisk();
            for (const { recording, next, holes } of handheld.receipts.splice(0) as Receipt[]) {
              for (let sequence = 0; sequence < next; sequence++) {
                const asked = holes.some((h) => sequence >= h.from && sequence < h.from + h.length);
                const here = held.has(place(recording, sequence)) || declared(held, recording, sequence);
                assert.equal(asked, !here, `frame ${sequence} of ${recording} in a receipt`);
              }
            }
          };
          for (const one of steps) {
            if ("frame" in one) {
              const { recording, sequence, frame } = all[one.frame % all.length];
              rig.send(handheld, frame);
              sent.add(place(recording, sequence));
            } else if ("pauseMs" in one) {
              rig.time.tick(one.pauseMs);
              // Only right after a commit does disk equal the receipts: later frames may have come since.
              rig.store.flush();
              handheld.receipts.length = 0;
              rig.hello(handheld);
              checkReceipts();
            } else {
              rig.store.flush();
              rig.reopen();
              rig.hello(handheld);
            }
          }
          rig.time.tick(100);
          const held = onDisk();
          assert.deepEqual([...held.keys()].sort(), [...sent].sort());
          for (const { recording, sequence, frame } of all) {
            const kept = held.get(place(recording, sequence));
            if (kept !== undefined) assert.equal(kept, toHex(frame));
          }
          // Then everything that was not given up comes, and the store is whole.
          for (const { recording, sequence, frame } of all) {
            const lost =
              (recording === 2 && sequence >= 3 && sequence <= 5) ||
              (recording === 3 && [1, 2].includes(sequence));
            if (!lost) rig.send(handheld, frame);
          }
          rig.time.tick(100);
          const report = rig.verify();
          assert.ok(report.ok, JSON.stringify(report));
          assert.deepEqual(
            rig.store.reader
              .recordings()
              .map(({ samples, dropped, state, holes }) => ({ samples, dropped, state, holes })),
            [
              { samples: 7 * NOMINAL, dropped: 0, state: "closed", holes: 0 },
              { samples: 8 * NOMINAL, dropped: 3 * NOMINAL, state: "closed", holes: 0 },
              { samples: 6 * NOMINAL, dropped: 2 * NOMINAL, state: "closed", holes: 0 },
            ],
          );
        } finally {
          rig.end();
        }
      }),
      { numRuns: 60 },
    );
  });
});
