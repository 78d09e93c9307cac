import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Recording } from "../../../../gateway/schema/recordings";
import { recordings } from "../../../../gateway/schema/recordings";
import { SIGNAL_HEADERS } from "../../../../gateway/schema/signal";
import { Api } from "../../../../gateway/web/page/api/client";
import { leadsOf, stepOf, Windows } from "../../../../gateway/web/page/api/windows";
import { LiveTrace } from "../../../../gateway/web/page/parts/livetrace";

/** A hub whose sample n is n in lead 0, and -n in lead 1. */
function hub(samples: () => number) {
  const asked: string[] = [];
  const fetch = async (address: unknown) => {
    asked.push(String(address));
    const query = new URL(String(address), "http://hub").searchParams;
    const [from, to, step] = ["from", "to", "step"].map((name) => Number(query.get(name))) as [
      number,
      number,
      number,
    ];
    const count = Math.max(0, Math.ceil((Math.min(to, samples()) - from) / step));
    const lead = Array.from({ length: count }, (_, n) => {
      const first = from + n * step;
      return step === 1 ? [first] : [first, Math.min(first + step, samples()) - 1];
    }).flat();
    const values = Int32Array.from([...lead, ...lead.map((value) => -value)]);
    return new Response(values.buffer, { headers: { [SIGNAL_HEADERS.count]: String(count) } });
  };
  return { api: new Api(fetch as typeof globalThis.fetch), asked };
}

async function turns(): Promise<void> {
  for (let n = 0; n < 20; n++) await nextTurn();
}

describe("page: windows of a signal", () => {
  it("asks for each piece once, and joins those that meet", async () => {
    const { api, asked } = hub(() => 10_000);
    let changes = 0;
    const windows = new Windows(api, "r1", 2, 10_000, () => changes++);
    assert.deepEqual(windows.read(1000, 5000, 1), [[], []]);
    windows.read(1000, 5000, 1);
    await turns();
    assert.equal(asked.length, 3);
    assert.equal(changes, 3);
    const [first, second] = windows.read(1000, 5000, 1);
    assert.deepEqual([first!.length, first![0]!.from, first![0]!.values.length], [1, 0, 3 * 2048]);
    assert.deepEqual(
      first![0]!.values,
      Int32Array.from({ length: 3 * 2048 }, (_, n) => n),
    );
    assert.equal(second![0]!.values[5000], -5000);
    await turns();
    assert.equal(asked.length, 3);
  });

  it("asks again for the end of a recording that grows, and for nothing else", async () => {
    let samples = 3000;
    const { api, asked } = hub(() => samples);
    const windows = new Windows(api, "r1", 2, samples, () => undefined);
    windows.read(0, 9000, 1);
    await turns();
    assert.equal(asked.length, 2);
    samples = 4000;
    windows.grow(samples);
    windows.read(0, 9000, 1);
    await turns();
    assert.equal(asked.length, 3);
    assert.equal(windows.read(0, 9000, 1)[0]![0]!.values.length, 4000);
  });

  it("reads a day coarsely in few pieces, and single samples when they can be told apart", async () => {
    const day = 24 * 3600 * 250;
    const { api, asked } = hub(() => day);
    const windows = new Windows(api, "r1", 2, day, () => undefined);
    assert.equal(stepOf(2.7), 1);
    assert.equal(stepOf(17), 16);
    windows.read(0, day, 2 ** 14);
    await turns();
    assert.equal(asked.length, 1);
  });

  it("refuses an answer of another length than it says", () => {
    assert.throws(() => leadsOf(new ArrayBuffer(12), 2, 2, 1), RangeError);
    assert.deepEqual(leadsOf(Int32Array.of(1, 2, 3, 4).buffer, 2, 1, 2), [
      Int32Array.of(1, 2),
      Int32Array.of(3, 4),
    ]);
  });

  it("tells the hub's own words when it refuses", async () => {
    const refuse = async () => Response.json({ code: "ACCESS_RULE", message: "not you" }, { status: 403 });
    await assert.rejects(new Api(refuse as typeof globalThis.fetch).ask(recordings), {
      status: 403,
      code: "ACCESS_RULE",
      message: "not you",
    });
  });
});

describe("page: live trace", () => {
  const recording = (id: string) =>
    ({ id, form: { rateNum: 100, rateDen: 1, leads: [{}, {}] } }) as unknown as Recording;

  it("keeps what it was told when the screen changes its size, and forgets another recording's", () => {
    const block = (value: number) => [new Int32Array(100).fill(value), new Int32Array(100).fill(-value)];
    const trace = new LiveTrace(false);
    trace.begin(recording("a"));
    trace.resize(5);
    assert.equal(trace.add("b", 0, [Int32Array.of(1)], 0), false);
    for (let s = 0; s < 4; s++) trace.add("a", s * 100, block(s + 1), s * 1000);
    trace.advance(4000);
    const shown = (n: number) => trace.sweeps.map((sweep) => sweep.shown()[n]);
    assert.deepEqual(shown(399), [4, -4]);
    trace.resize(3);
    trace.advance(4001);
    assert.deepEqual(shown(399 % 300), [4, -4]);
    assert.equal(trace.sweeps[0]!.length, 300);
    trace.begin(recording("c"));
    assert.equal(trace.newestAt, undefined);
    assert.equal(trace.sweeps[0]!.end, 0);
  });

  it("knows contact from the marks of its own recording", () => {
    const trace = new LiveTrace(true);
    trace.begin(recording("a"));
    trace.mark("b", "lead-off");
    assert.equal(trace.hasContact, true);
    trace.mark("a", "lead-off");
    assert.equal(trace.hasContact, false);
    trace.mark("a", "lead-on");
    assert.equal(trace.hasContact, true);
  });
});
