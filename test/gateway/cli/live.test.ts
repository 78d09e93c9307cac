import assert from "node:assert/strict";
import { LiveView } from "../../../gateway/cli/live";
import { drawTrace } from "../../../gateway/cli/trace";
import type { RecordingInfo } from "../../../gateway/store/infos";
import type { StoredFrame } from "../../../gateway/store/ingest";
import { encodeData } from "../../../protocol/bodies";
import { encodeBlock } from "../../../protocol/codec/block";
import { FrameType } from "../../../protocol/header";
import { blockShape, type Open } from "../../../protocol/open";
import type { Receipt } from "../../../protocol/receipt";

const RATE = 20;
const open: Open = {
  rateNum: RATE,
  rateDen: 1,
  frontEnd: "test",
  firmware: "test",
  bits: 12,
  nominal: RATE,
  startMs: 0,
  trust: 0,
  mode: 3,
  seconds: 0,
  leads: [{ name: "I", unit: "mV", gain: 200, baseline: 0, adcZero: 0 }],
};
const info = (fields: Partial<RecordingInfo> = {}): RecordingInfo => ({
  id: "00112233445566aa",
  device: "aabbccddeeff0011",
  epoch: 1,
  recording: 3,
  open,
  startMs: 0,
  trust: 0,
  frames: 1,
  holes: 0,
  samples: 0,
  dropped: 0,
  state: "recording",
  simulated: true,
  adopted: false,
  marks: 0,
  flags: [],
  ...fields,
});

/** A second of signal as the store hands it over. */
function second(at: number, values: number[]): StoredFrame {
  const block = encodeBlock([Int32Array.from(values)], blockShape(open));
  return {
    device: info().device,
    recordingId: info().id,
    header: { type: FrameType.data, epoch: 1, recording: 3, sequence: at + 1 },
    body: encodeData({ firstSample: at * RATE, block }),
  };
}
const receipt = (next: number, holes: Receipt["holes"] = []): Receipt => ({
  storeId: new Uint8Array(8),
  generation: new Uint8Array(8),
  checkpointSize: 0,
  checkpointRoot: new Uint8Array(32),
  recording: 3,
  next,
  holes,
});
const SQUARE = Array.from({ length: RATE }, (_, i) => (i < RATE / 2 ? 0 : 500));

describe("the live view", () => {
  let written: string;
  let due: (() => void) | undefined;
  let state: RecordingInfo;
  let now: number;
  const view = (isTty: boolean) =>
    new LiveView({
      out: {
        columns: 81,
        write: (text) => {
          written += text;
        },
      },
      isTty,
      infoOf: () => state,
      mark: "DEMO",
      clock: {
        now: () => now,
        after: (_ms, run) => {
          due = run;
          return () => {
            due = undefined;
          };
        },
      },
    });
  beforeEach(() => {
    written = "";
    now = 0;
    state = info();
  });

  it("says one plain line when nobody watches", () => {
    const live = view(false);
    live.stored([0, 1, 2].map((at) => second(at, SQUARE)));
    live.receipted(info().device, receipt(3));
    state = info({ frames: 4, holes: 2, samples: 83 * RATE });
    due!();
    assert.equal(
      written,
      "DEMO · handheld aabbccdd · recording 00112233 · 00:01:23 kept · 4 frames · 2 holes · stored and receipted up to 00:00:02\n",
    );
  });

  it("takes nothing behind a hole for receipted", () => {
    const live = view(false);
    live.stored([0, 2, 3].map((at) => second(at, SQUARE)));
    live.receipted(info().device, receipt(5, [{ from: 2, length: 1 }]));
    assert.match(live.lines().join(), /receipted up to 00:00:01$/);
    live.stored([second(1, SQUARE)]);
    live.receipted(info().device, receipt(5));
    assert.match(live.lines().join(), /receipted up to 00:00:04$/);
  });

  it("draws the last six seconds, the newest at the right, what is missing blank", () => {
    const live = view(true);
    live.stored([0, 1, 2, 3, 5, 6, 7].map((at) => second(at, SQUARE)));
    const expected = [2, 3, 4, 5, 6, 7].flatMap((at) =>
      at === 4 ? new Array(RATE).fill(Number.NaN) : SQUARE,
    );
    assert.deepEqual(live.lines(80).slice(0, 4), drawTrace(expected, 80, 4));
  });

  it("puts a second that came late where it belongs", () => {
    const live = view(true);
    for (const at of [7, 5, 2, 6, 4, 3]) live.stored([second(at, SQUARE)]);
    assert.deepEqual(
      live.lines(80).slice(0, 4),
      drawTrace(
        [2, 3, 4, 5, 6, 7].flatMap(() => SQUARE),
        80,
        4,
      ),
    );
  });

  it("draws in place: it goes up over what it drew before, and log lines stay above", () => {
    const live = view(true);
    live.stored([second(0, SQUARE)]);
    due!();
    const first = written;
    assert.equal(first.split("\n").length - 1, 6);
    written = "";
    live.say("a line");
    assert.equal(written, `\x1b[6A\x1b[Ja line\n${first}`);
    live.stop();
    assert.equal(due, undefined);
  });

  it("stays with the newest recording while an older one is drained", () => {
    const live = view(false);
    live.stored([second(0, SQUARE)]);
    const old = second(0, SQUARE);
    live.stored([{ ...old, recordingId: "ff", header: { ...old.header, recording: 2 } }]);
    assert.match(live.lines().join(), /recording 00112233/);
  });

  it("draws one of two handhelds, and the other once that one has paused", () => {
    const live = view(false);
    live.stored([second(0, SQUARE)]);
    live.receipted(info().device, receipt(2));
    const other = { ...second(0, SQUARE), device: "ff", recordingId: "ff" };
    now = 4999;
    live.stored([other]);
    assert.match(live.lines().join(), /handheld aabbccdd .* up to 00:00:01/);
    now = 5000;
    state = info({ id: "ff", device: "ff" });
    live.stored([other]);
    assert.match(live.lines().join(), /handheld ff /);
  });
});
