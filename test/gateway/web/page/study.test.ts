import assert from "node:assert/strict";
import { BEAT_BYTES, BEATS_HEADERS, beats } from "../../../../gateway/schema/findings";
import { type Api, ApiError } from "../../../../gateway/web/page/api/client";
import { studyOf } from "../../../../gateway/web/page/api/study";

describe("what the page knows of a recording's beats", () => {
  let there: number[];
  let by: string | undefined;
  let refusal: ApiError | undefined;
  let asked: number[];
  const api = {
    ask: async () => ({ analyses: [], analysis: undefined }),
    async send(endpoint: unknown, { query }: { query: { from?: string } }) {
      assert.equal(endpoint, beats);
      if (refusal) throw refusal;
      const from = Number(query.from ?? 0);
      asked.push(from);
      const found = there.filter((sample) => sample >= from);
      const bytes = new DataView(new ArrayBuffer(found.length * BEAT_BYTES));
      for (const [n, sample] of found.entries()) bytes.setUint32(n * BEAT_BYTES, sample, true);
      const headers = { [BEATS_HEADERS.samples]: "9", ...(by && { [BEATS_HEADERS.analysis]: by }) };
      return new Response(bytes.buffer, { headers });
    },
  } as unknown as Api;
  const { signal } = new AbortController();

  beforeEach(() => {
    there = [10, 20];
    by = "1";
    refusal = undefined;
    asked = [];
  });
  const samplesOf = async (ask: ReturnType<typeof studyOf>) => [...(await ask(signal)).beats.samples];

  it("grows by what is asked for behind it, and is the same object where nothing came", async () => {
    const ask = studyOf(api, "r");
    assert.deepEqual(await samplesOf(ask), [10, 20]);
    const before = (await ask(signal)).beats;
    assert.equal((await ask(signal)).beats, before);
    there = [10, 20, 30, 40];
    assert.deepEqual(await samplesOf(ask), there);
    assert.deepEqual(asked, [0, 21, 21, 21]);
  });

  it("is thrown away where another analysis found them", async () => {
    const ask = studyOf(api, "r");
    await ask(signal);
    there = [11, 21, 31];
    by = "2";
    assert.deepEqual(await samplesOf(ask), there);
  });

  it("has no beat twice when two questions overlap, as when a phone wakes", async () => {
    const ask = studyOf(api, "r");
    await ask(signal);
    there.push(30);
    await Promise.all([ask(signal), ask(signal)]);
    assert.deepEqual(await samplesOf(ask), [10, 20, 30]);
  });

  it("says that the hub still looks for them, or that there are none to be had", async () => {
    const ask = studyOf(api, "r");
    for (const [status, state] of [
      [503, "finding"],
      [422, "none"],
    ] as const) {
      refusal = new ApiError(status, "CODE", "why");
      assert.equal((await ask(signal)).state, state);
    }
    refusal = undefined;
    const { state, beats: found } = await ask(signal);
    assert.deepEqual([state, [...found.samples]], ["here", [10, 20]]);
  });
});
