import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { MAX_VALUES, NO_SAMPLE } from "../../../gateway/schema/signal";
import { DropReason } from "../../../protocol/bodies";
import { Random } from "../../../tools/sim/random";
import type { Handheld, Made } from "../store/handheld";
import { WebRig } from "./rig";

const LEADS = ["I", "II", "V1"];

describe("windows into the signal", function () {
  this.timeout(60_000);
  let rig: WebRig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new WebRig();
    handheld = rig.claimed();
  });
  afterEach(() => rig.close());

  /** What was sealed, by lead; NaN where no sample is. */
  let truth: Float64Array[];
  let id: string;

  /** @param blocks of 1 to 64 samples; every tenth is preceded by samples that are in no frame */
  function make(random: Random, blocks: number, gaps = true): Made {
    const made = rig.begin(handheld, LEADS);
    truth = LEADS.map(() => new Float64Array(blocks * 200).fill(Number.NaN));
    for (let n = 0; n < blocks; n++) {
      const at = made.samples + (gaps && n % 10 === 9 ? 1 + random.int(100) : 0);
      const count = 1 + random.int(64);
      const samples = LEADS.map(() => Array.from({ length: count }, () => random.int(60_000) - 30_000));
      rig.block(handheld, made, samples, at);
      for (const [lead, values] of samples.entries()) truth[lead]!.set(values, at);
    }
    truth = truth.map((values) => values.subarray(0, made.samples));
    return made;
  }

  function plainly(leads: number[], from: number, to: number, step: number): number[] {
    const end = Math.min(to, truth[0]!.length);
    return leads.flatMap((lead) => {
      const out: number[] = [];
      for (let at = from; at < end; at += step) {
        const held = [...truth[lead]!.subarray(at, at + step)].filter((value) => !Number.isNaN(value));
        if (step === 1) out.push(held[0] ?? NO_SAMPLE);
        else if (held.length === 0) out.push(NO_SAMPLE, NO_SAMPLE);
        else out.push(Math.min(...held), Math.max(...held));
      }
      return out;
    });
  }

  const get = (query: string, headers: Record<string, string> = {}) =>
    rig.ask("GET", `/api/recordings/${id}/signal?${query}`, undefined, headers);
  function valuesOf({ rawPayload }: { rawPayload: Buffer }): number[] {
    return Array.from({ length: rawPayload.length / 4 }, (_, i) => rawPayload.readInt32LE(4 * i));
  }

  async function serveRandom(blocks: number): Promise<Random> {
    const seed = process.env.AVNODE_SEED ?? String(Date.now());
    const random = new Random(seed);
    rig.deliver(handheld, make(random, blocks));
    id = rig.idOf(handheld, 1);
    await rig.serve();
    after = `seed ${seed}`;
    return random;
  }
  let after = "";

  it("are what the handheld sealed, sample for sample, or smallest and largest, or nothing (random)", async () => {
    const random = await serveRandom(400);
    const length = truth[0]!.length;
    for (let n = 0; n < 60; n++) {
      const step = 2 ** random.int(n % 2 === 0 ? 4 : 16);
      const from = random.int(length);
      const to = from + random.int(length);
      const leads = [[0], [2, 0], [0, 1, 2]][random.int(3)]!;
      const answer = await get(`lead=${leads}&from=${from}&to=${to}&step=${step}`);
      assert.equal(answer.statusCode, 200, answer.body);
      const start = from - (from % step);
      assert.deepEqual(
        valuesOf(answer),
        plainly(leads, start, to, step),
        `${after}: ${from} to ${to} by ${step}`,
      );
      assert.equal(answer.headers["x-avnode-from"], String(start));
      assert.equal(answer.headers["content-type"], "application/octet-stream");
    }
  });

  it("say what they are of", async () => {
    await serveRandom(40);
    const { headers } = await get("lead=2,0&from=0&to=100&step=4");
    assert.deepEqual(
      ["rate", "leads", "gain", "baseline", "step", "count", "samples"].map(
        (name) => headers[`x-avnode-${name}`],
      ),
      ["256/1", "2,0", "200,200", "3,3", "4", "25", String(truth[0]!.length)],
    );
  });

  it("grow with the recording, and take in late frames where they belong", async () => {
    const random = new Random("late");
    const made = make(random, 300, false);
    const late = new Set([0, 50, 51, 298]);
    await rig.serve();
    const arrivals = made.frames.map((_, n) => n).filter((n) => !late.has(n - 1));
    rig.deliver(handheld, made, arrivals.slice(0, 150));
    id = rig.idOf(handheld, 1);
    const whole = truth;
    const held = (sequence: number) =>
      truth.forEach((lead, i) => {
        const from = made.positions[sequence]!;
        const to = made.positions[sequence + 1] ?? made.samples;
        for (let at = from; at < to; at++) lead[at] = whole[i]![at]!;
      });
    const check = async (upTo: number) => {
      truth = truth.map((lead) => lead.subarray(0, upTo));
      for (const step of [1, 8, 64, 512])
        assert.deepEqual(
          valuesOf(await get(`from=0&to=999999&step=${step}`)),
          plainly([0, 1, 2], 0, upTo, step),
        );
    };
    const ends = [...made.positions.slice(1), made.samples];
    truth = whole.map((lead) => new Float64Array(lead.length).fill(Number.NaN));
    for (const sequence of arrivals.slice(0, 150)) if (sequence > 0) held(sequence);
    await check(ends[arrivals[149]!]!);
    truth = whole.map((lead) => Float64Array.from(lead));
    rig.deliver(handheld, made);
    await check(made.samples);
  });

  it("take in what came while nobody served them", async () => {
    const made = make(new Random("away"), 60, false);
    const missing = new Set([0, 7, 8, 30]);
    await rig.serve();
    rig.deliver(
      handheld,
      made,
      made.frames.map((_, n) => n).filter((n) => !missing.has(n - 1)),
    );
    id = rig.idOf(handheld, 1);
    await get("from=0&to=999999&step=64");
    await rig.app.close();
    rig.deliver(handheld, made);
    await rig.serve();
    for (const step of [64, 512])
      assert.deepEqual(
        valuesOf(await get(`from=0&to=999999&step=${step}`)),
        plainly([0, 1, 2], 0, 999_999, step),
      );
  });

  it("bear a tag of their content: past ones keep it while the recording grows", async () => {
    const made = make(new Random("tags"), 20, false);
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
    await rig.serve();
    const first = await get("from=0&to=100");
    const newest = await get("from=0&to=99999");
    rig.block(
      handheld,
      made,
      LEADS.map(() => [1, 2, 3]),
    );
    rig.deliver(handheld, made);
    const again = await get("from=0&to=100", { "if-none-match": first.headers.etag as string });
    assert.deepEqual([again.statusCode, again.body], [304, ""]);
    const grown = await get("from=0&to=99999", { "if-none-match": newest.headers.etag as string });
    assert.equal(grown.statusCode, 200);
    assert.equal(grown.headers["cache-control"], "no-store");
  });

  it("are given in parts", async () => {
    await serveRandom(40);
    const whole = (await get("from=0&to=200")).rawPayload;
    const part = async (range: string, headers = {}) => {
      const { statusCode, rawPayload, headers: got } = await get("from=0&to=200", { range, ...headers });
      return { statusCode, rawPayload, range: got["content-range"] };
    };
    const size = whole.length;
    for (const [range, from, to] of [
      ["bytes=0-3", 0, 4],
      ["bytes=8-", 8, size],
      ["bytes=-4", size - 4, size],
      ["bytes=4-999999", 4, size],
    ] as const) {
      const got = await part(range);
      assert.equal(got.statusCode, 206, range);
      assert.deepEqual(got.rawPayload, whole.subarray(from, to));
      assert.equal(got.range, `bytes ${from}-${to - 1}/${size}`);
    }
    for (const range of [`bytes=${size}-`, "bytes=-0"]) {
      const got = await part(range);
      assert.deepEqual([got.statusCode, got.range, got.rawPayload.length], [416, `bytes */${size}`, 0]);
    }
    for (const range of ["bytes=0-1,4-5", "samples=0-1", "bytes=9-3", "bytes=-", "bytes=a-b"])
      assert.deepEqual((await part(range)).rawPayload, whole, range);
    assert.equal((await part("bytes=0-3", { "if-range": '"other"' })).statusCode, 200);
  });

  it("are none beyond the recording's end, and not longer than one answer may be", async () => {
    await serveRandom(40);
    assert.equal((await get("from=99999999&to=999999999")).rawPayload.length, 0);
    assert.equal((await get("from=50&to=50")).rawPayload.length, 0);
    for (const [query, code] of [
      ["from=0&to=10&lead=3", "WEB_LEAD"],
      ["from=0&to=10&step=3", "ACCESS_REQUEST"],
      ["from=0&to=10&step=4194304", "ACCESS_REQUEST"],
      ["from=-1&to=10", "ACCESS_REQUEST"],
      ["from=0", "ACCESS_REQUEST"],
      ["from=0&to=10&lead=", "ACCESS_REQUEST"],
      ["from=0&to=10&lead=0,,1", "ACCESS_REQUEST"],
      ["from=1e3&to=10", "ACCESS_REQUEST"],
    ]) {
      const answer = await get(query!);
      assert.deepEqual([answer.statusCode, answer.json().code], [400, code], query);
    }
  });

  it("of a day are refused where they would hold or cost too much, by their step", async () => {
    const made = rig.begin(handheld, LEADS);
    rig.block(
      handheld,
      made,
      LEADS.map(() => [1]),
      86_400 * 256 - 1,
    );
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
    await rig.serve();
    for (const query of [
      `lead=0&from=0&to=${MAX_VALUES + 1}`,
      "lead=0&from=0&to=9999999&step=32",
      "from=0&to=99999999&step=128",
    ]) {
      const answer = await get(query);
      assert.deepEqual([answer.statusCode, answer.json().code], [400, "WEB_WINDOW"], query);
    }
    const overview = await get("lead=0&from=0&to=99999999&step=8192");
    assert.equal(overview.rawPayload.length, 8 * 2700);
    assert.deepEqual(valuesOf(overview).slice(-4), [NO_SAMPLE, NO_SAMPLE, 1, 1]);
  });

  it("show nothing of a frame that was altered", async () => {
    const made = make(new Random("altered"), 10, false);
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
    rig.sql("UPDATE frames SET frame = zeroblob(length(frame)) WHERE sequence = 4");
    for (const lead of truth) lead.fill(Number.NaN, made.positions[4], made.positions[5]);
    await rig.serve();
    for (const step of [1, 2, 64])
      assert.deepEqual(valuesOf(await get(`from=0&to=9999&step=${step}`)), plainly([0, 1, 2], 0, 9999, step));
  });

  it("are kept from one run to the next, and made anew where the file is gone, damaged or another's", async () => {
    await serveRandom(200);
    const file = join(rig.dataDir, "pyramid.db");
    const check = async () => {
      for (const step of [64, 2048])
        assert.deepEqual(
          valuesOf(await get(`from=0&to=999999&step=${step}`)),
          plainly([0, 1, 2], 0, 999_999, step),
          after,
        );
    };
    await check();
    await rig.app.close();
    const rows = () => {
      const db = new Database(file);
      const all = db.prepare("SELECT recording, level, idx, sealed FROM chunks ORDER BY 1, 2, 3").raw().all();
      db.close();
      return all as [string, number, number, Buffer][];
    };
    const kept = rows();
    assert.ok(kept.length >= 5);
    await rig.serve();
    await check();
    await rig.app.close();
    // Nothing was to be made again, and so nothing was sealed anew.
    assert.deepEqual(rows(), kept);
    for (const spoil of [
      () => rmSync(file),
      () => writeFileSync(file, "no database at all".repeat(500)),
      () => {
        const db = new Database(file);
        db.exec("PRAGMA user_version = 99");
        db.close();
      },
      () => {
        // Another recording's state and chunks under this one's name do not open.
        const db = new Database(file);
        db.exec("UPDATE chunks SET sealed = (SELECT sealed FROM chunks WHERE level = 0)");
        db.close();
      },
    ]) {
      spoil();
      await rig.serve();
      await check();
      await rig.app.close();
    }
  });

  it("are at rest in no form that shows them, in a file of the owner's alone", async () => {
    const made = rig.begin(handheld, LEADS);
    for (let n = 0; n < 60; n++)
      rig.block(
        handheld,
        made,
        LEADS.map(() => Array(64).fill(0x1a2b)),
      );
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
    await rig.serve();
    assert.ok(
      (await get("from=0&to=99999&step=64")).rawPayload.includes(Buffer.from("2b1a00002b1a0000", "hex")),
    );
    await rig.app.close();
    for (const name of ["pyramid.db", "pyramid.db-wal"]) {
      const path = join(rig.dataDir, name);
      const bytes = statSync(path, { throwIfNoEntry: false }) ? readFileSync(path) : Buffer.alloc(0);
      for (const plain of ["2b1a0000", "00001a2b"])
        assert.equal(bytes.includes(Buffer.from(plain, "hex")), false);
      if (bytes.length > 0) assert.equal(statSync(path).mode & 0o777, 0o600);
    }
    assert.equal(statSync(join(rig.dataDir, "pyramid.db")).mode & 0o777, 0o600);
  });

  it("go with a recording that is erased", async () => {
    await serveRandom(100);
    await get("from=0&to=99999&step=64");
    await rig.app.close();
    const count = () => {
      const db = new Database(join(rig.dataDir, "pyramid.db"));
      const all = db.prepare("SELECT count(*) FROM chunks").pluck().get();
      db.close();
      return all;
    };
    assert.notEqual(count(), 0);
    await rig.serve();
    rig.store.forget(id);
    const answer = await get("from=0&to=99999&step=64");
    assert.deepEqual([answer.statusCode, answer.json().code], [410, "STORE_ERASED"]);
    assert.equal(count(), 0);
  });

  it("go with one that was erased while nobody looked", async () => {
    await serveRandom(100);
    await get("from=0&to=99999&step=64");
    await rig.app.close();
    rig.store.forget(id);
    await rig.serve();
    rig.time.tick(6000);
    const db = new Database(join(rig.dataDir, "pyramid.db"));
    assert.equal(db.prepare("SELECT count(*) FROM chunks").pluck().get(), 0);
    db.close();
  });

  it("have their gaps told, with what is known of why", async () => {
    const made = rig.begin(handheld, LEADS);
    const block = (at?: number) =>
      rig.block(
        handheld,
        made,
        LEADS.map(() => Array(64).fill(1)),
        at,
      );
    for (let n = 0; n < 4; n++) block();
    handheld.mark(made, { kind: 1, sample: 70, uptimeMs: 1 });
    // The front end lost 36 samples, and said so.
    const zero = new Uint8Array(32);
    handheld.drop(made, {
      ...{
        reason: DropReason.frontEnd,
        recording: made.number,
        from: 0,
        to: 0,
        firstSample: 256,
        samples: 36,
      },
      ...{ chain: zero },
    });
    block(292);
    block();
    rig.deliver(handheld, made, [0, 1, 3, 4, 5, 6, 7, 8]);
    id = rig.idOf(handheld, 1);
    await rig.serve();
    const { events, complete } = (await rig.ask("GET", `/api/recordings/${id}/events`)).json();
    assert.equal(complete, true);
    assert.deepEqual(events, [
      { kind: "gap", sample: 64, samples: 64, reason: "undeclared" },
      { kind: "symptom", sample: 70 },
      { kind: "gap", sample: 256, samples: 36, reason: "front-end" },
    ]);
    rig.deliver(handheld, made);
    const later = (await rig.ask("GET", `/api/recordings/${id}/events`)).json().events;
    assert.deepEqual(
      later.map(({ sample }: { sample: number }) => sample),
      [70, 256],
    );
  });
});
