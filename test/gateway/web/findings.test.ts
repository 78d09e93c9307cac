import assert from "node:assert/strict";
import { Follower } from "../../../gateway/findings/follow";
import { Analysis } from "../../../gateway/rhythm/analysis";
import type { Beat } from "../../../gateway/rhythm/types";
import { BEAT_BYTES, BEAT_CLASSES, BEATS_HEADERS } from "../../../gateway/schema/findings";
import type { Checkpoint } from "../../../gateway/store/findings/types";
import { VIEWER_PASSWORD } from "../access/rig";
import { analyse, beat, begin, heart, RATE } from "../findings/hearts";
import type { Handheld, Made } from "../store/handheld";
import { WebRig } from "./rig";

interface SeenBeat {
  sample: number;
  class: string;
  confidence: number;
}

function beatsOf(bytes: Buffer): SeenBeat[] {
  assert.equal(bytes.length % BEAT_BYTES, 0);
  return Array.from({ length: bytes.length / BEAT_BYTES }, (_, k) => ({
    sample: bytes.readUInt32LE(k * BEAT_BYTES),
    class: BEAT_CLASSES[bytes[k * BEAT_BYTES + 4]!]!,
    confidence: bytes[k * BEAT_BYTES + 5]! / 255,
  }));
}

describe("findings in the API", function () {
  this.timeout(60_000);
  let rig: WebRig;
  let handheld: Handheld;
  /** True beats of the heart that was recorded last. */
  let truth: { sample: number }[];
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    await rig.serve();
  });
  afterEach(() => rig.close());

  function record(af: boolean, isClosed = true, seconds = 150): { id: string; made: Made } {
    const made = begin(handheld);
    const ecg = heart(7);
    beat(handheld, made, ecg, seconds, { af, heartRateBpm: af ? 95 : 65 });
    truth = ecg.takeBeats();
    if (isClosed) handheld.close(made);
    rig.deliver(handheld, made);
    return { made, id: rig.idOf(handheld, made.number) };
  }

  const get = async (url: string) => {
    const answer = await rig.ask("GET", url);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json();
  };

  it("are not there before an analysis, and say so", async () => {
    const { id } = record(false, true, 10);
    assert.deepEqual(await get(`/api/recordings/${id}/findings`), { analyses: [] });
    assert.equal((await get(`/api/recordings/${id}`)).finding, undefined);
  });

  it("are what the store keeps: in a recording's findings, among its events, and in the list", async () => {
    const [calm, ill] = [record(false).id, record(true).id];
    analyse(rig.store);
    const [kept] = rig.store.reader.findings.of(ill);
    const { analyses, analysis } = await get(`/api/recordings/${ill}/findings`);
    assert.deepEqual(analysis.episodes, kept!.episodes);
    assert.deepEqual(analyses, [
      { number: 1, version: kept!.version, lead: 0, name: "I", samples: 150 * RATE, ended: true },
    ]);
    assert.deepEqual(analysis.summary.beats, kept!.summary!.beats);
    assert.equal(analysis.summary.meanRate, kept!.summary!.meanRate);
    const { events } = await get(`/api/recordings/${ill}/events`);
    const found = kept!.episodes.filter(({ rhythm }) => rhythm !== "sinus" && rhythm !== "unreadable");
    assert.ok(found.some(({ rhythm }) => rhythm === "af"));
    assert.deepEqual(
      events,
      found.map((finding) => ({ kind: "finding", sample: finding.from, finding })),
    );
    assert.deepEqual((await get(`/api/recordings/${calm}/events`)).events, []);
    const listed = (await get("/api/recordings")).recordings;
    assert.deepEqual(
      listed.map((one: { id: string; finding: { rhythm: string } }) => [one.id, one.finding.rhythm]),
      [
        [ill, "af"],
        [calm, "sinus"],
      ],
    );
    assert.deepEqual((await get(`/api/recordings/${ill}`)).finding, listed[0].finding);
    assert.equal(listed[0].finding.ended, true);
  });

  it("of a version stay beside another's, and each can be asked for", async () => {
    const { id } = record(true);
    analyse(rig.store);
    const [info] = rig.store.reader.findings.of(id);
    const checkpoint: Checkpoint = {
      ...info!,
      ...{ number: undefined, version: "another/1", beats: [], from: 0, next: 999, state: new Uint8Array() },
      ...{ episodes: info!.episodes.slice(0, 1), summary: { ...info!.summary!, version: "another/1" } },
    };
    rig.store.keepFindings(checkpoint);
    const newest = await get(`/api/recordings/${id}/findings`);
    assert.deepEqual([newest.analyses.length, newest.analysis.version], [2, "another/1"]);
    const first = await get(`/api/recordings/${id}/findings?analysis=1`);
    assert.deepEqual([first.analysis.number, first.analysis.version], [1, info!.version]);
    const none = await rig.ask("GET", `/api/recordings/${id}/findings?analysis=3`);
    assert.deepEqual([none.statusCode, none.json().code], [404, "WEB_ANALYSIS"]);
  });

  it("hold a recording's beats, each within 40 ms of a true one, as many as the analysis counted", async () => {
    const { id } = record(true);
    analyse(rig.store);
    const answer = await rig.ask("GET", `/api/recordings/${id}/beats`);
    assert.equal(answer.statusCode, 200, answer.body);
    const beats = beatsOf(answer.rawPayload);
    const { version, lead, summary } = rig.store.reader.findings.telling(id)!;
    assert.deepEqual(
      Object.values(BEATS_HEADERS).map((name) => answer.headers[name]),
      [version, "1", String(lead), String(beats.length), String(150 * RATE)],
    );
    const counts: Record<string, number> = { N: 0, S: 0, V: 0, F: 0, Q: 0 };
    for (const one of beats) counts[one.class]!++;
    assert.deepEqual(counts, summary!.beats);
    assert.ok(beats.length > 0.98 * truth.length && beats.length < 1.02 * truth.length);
    for (const [k, { sample, confidence }] of beats.entries()) {
      assert.ok(
        truth.some((one) => Math.abs(one.sample - sample) <= 0.04 * RATE),
        `none is at ${sample}`,
      );
      assert.ok(confidence > 0 && confidence <= 1);
      assert.ok(k === 0 || sample > beats[k - 1]!.sample);
    }
    const piece = await rig.ask(
      "GET",
      `/api/recordings/${id}/beats?from=${beats[5]!.sample}&to=${beats[9]!.sample}`,
    );
    assert.deepEqual(beatsOf(piece.rawPayload), beats.slice(5, 9));
    const { etag } = answer.headers;
    const again = await rig.ask("GET", `/api/recordings/${id}/beats`, undefined, {
      "if-none-match": String(etag),
    });
    assert.equal(again.statusCode, 304);
    for (const query of ["from=9&to=3", "from=99999999"])
      assert.equal((await rig.ask("GET", `/api/recordings/${id}/beats?${query}`)).rawPayload.length, 0);
  });

  it("hold the beats of one that grows, the same as though it had been there at once", async () => {
    const made = begin(handheld);
    const ecg = heart(8);
    let sent = 0;
    const more = async (seconds: number, isLast = false) => {
      beat(handheld, made, ecg, seconds);
      if (isLast) handheld.close(made);
      for (; sent < made.frames.length; sent++) rig.send(handheld, made.frames[sent]!);
      rig.time.tick(50);
      analyse(rig.store, { cadence: { seconds: 1, behindSeconds: 1, newsSeconds: 1 } });
      const id = rig.idOf(handheld, made.number);
      const answer = await rig.ask("GET", `/api/recordings/${id}/beats`);
      assert.equal(answer.statusCode, 200, answer.body);
      assert.equal(answer.headers[BEATS_HEADERS.samples], String(made.samples));
      return beatsOf(answer.rawPayload);
    };
    const first = await more(20);
    const second = await more(13);
    const last = await more(7, true);
    assert.deepEqual(second.slice(0, first.length), first);
    assert.deepEqual(last.slice(0, second.length), second);
    assert.ok(first.length > 10 && second.length > first.length && last.length > second.length);
    const same = heart(8);
    const analysis = new Analysis({ rate: RATE, gain: 400, rails: { low: -32768, high: 32767 } });
    const whole = [...analysis.push(same.read(40 * RATE)[0]!).beats, ...analysis.end().beats];
    assert.deepEqual(
      last.map((one) => [one.sample, one.class]),
      whole.map((one) => [one.sample, one.class]),
    );
  });

  it("hold no beats while nothing was analysed, and say why where nothing ever will be", async () => {
    const { id } = record(false, true, 10);
    const none = await rig.ask("GET", `/api/recordings/${id}/beats`);
    assert.deepEqual([none.statusCode, none.rawPayload.length], [200, 0]);
    const { count, samples, version } = BEATS_HEADERS;
    assert.deepEqual(
      [count, samples, version].map((name) => none.headers[name]),
      ["0", "0", undefined],
    );
    const slow = begin(handheld, { rateNum: 50 });
    handheld.close(slow);
    rig.deliver(handheld, slow);
    const never = await rig.ask("GET", `/api/recordings/${rig.idOf(handheld, slow.number)}/beats`);
    assert.deepEqual([never.statusCode, never.json().code], [422, "ANALYSIS_RATE"]);
  });

  it("hold the beats of a recording that runs, on disk or not yet", async () => {
    const { id } = record(false, false);
    const ask = async () => {
      const answer = await rig.ask("GET", `/api/recordings/${id}/beats`);
      const { samples, analysis } = BEATS_HEADERS;
      return [beatsOf(answer.rawPayload), answer.headers[samples], answer.headers[analysis]] as const;
    };
    const follower = new Follower(rig.store.reader.findings, id);
    for (let kept = false; !kept; ) {
      const { checkpoint, fresh, isAll } = follower.step(20);
      assert.ok(!fresh || (isAll && !checkpoint));
      if (checkpoint) {
        const number = rig.store.keepFindings(checkpoint);
        rig.fresh.delete(id);
        follower.kept(number);
      }
      if (isAll) kept = true;
    }
    const [before, , number] = await ask();
    assert.ok(before.length > 0 && number === "1");
    const beats: Beat[] = [{ sample: before.at(-1)!.sample + 90, class: "V", confidence: 1 }];
    rig.fresh.set(id, { number: 1, lead: 0, samples: 99_999, beats });
    const [after, samples] = await ask();
    assert.deepEqual([after, samples], [[...before, ...beats], "99999"]);
    // Of an analysis that began anew in its place: nothing of it goes on with what is kept.
    rig.fresh.set(id, { lead: 0, samples: 99_999, beats });
    assert.deepEqual((await ask())[0], before);
  });

  it("have damaged beats found again, where their own version still can", async () => {
    const { id } = record(false);
    analyse(rig.store);
    const ask = () => rig.ask("GET", `/api/recordings/${id}/beats`);
    const before = (await ask()).rawPayload;
    rig.sql("UPDATE beats SET body = zeroblob(length(body)) WHERE number = 1");
    for (let i = 0; i < 2; i++) {
      const damaged = await ask();
      assert.deepEqual([damaged.statusCode, damaged.json().code], [503, "WEB_READING"]);
    }
    analyse(rig.store);
    const answer = await ask();
    assert.deepEqual([answer.statusCode, answer.headers[BEATS_HEADERS.analysis]], [200, "2"]);
    assert.deepEqual(answer.rawPayload, before);
    const [info] = rig.store.reader.findings.of(id);
    rig.store.keepFindings({
      ...{ ...info!, summary: info!.summary!, beats: [], number: undefined },
      ...{ version: "another/1", from: 0, next: 999, state: new Uint8Array() },
    });
    const others = await ask();
    assert.deepEqual([others.statusCode, others.json().code], [409, "STORE_BEATS"]);
    assert.match(others.json().message, /--again/);
  });

  it("are a clinician's for her recording alone, a viewer's, and nobody's else; of an erased one nobody's", async () => {
    const { id } = record(true, true, 40);
    const other = record(false, true, 10).id;
    analyse(rig.store);
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    await rig.give(id);
    const made = await rig.ask("POST", "/api/links", { recording: id, hours: 1 });
    assert.equal(made.statusCode, 201, made.body);
    const authorization = `Bearer ${new URL(made.json().address).hash.slice(1)}`;
    const nobody = { cookie: "", csrf: "" };
    const statusOf = async (url: string, headers: Record<string, string>, badge = nobody) =>
      (await rig.ask("GET", url, undefined, headers, badge)).statusCode;
    for (const what of ["findings", "beats"]) {
      const path = `/api/recordings/${id}/${what}`;
      assert.equal(await statusOf(path, {}, viewer), 200);
      assert.equal(await statusOf(path, { authorization }), 200);
      assert.equal(await statusOf(`/api/recordings/${other}/${what}`, { authorization }), 404);
      assert.equal(await statusOf(path, {}), 401);
    }
    rig.store.forget(id);
    assert.deepEqual(await get(`/api/recordings/${id}/findings`), { analyses: [] });
    const erased = await rig.ask("GET", `/api/recordings/${id}/beats`);
    assert.deepEqual([erased.statusCode, erased.json().code], [410, "STORE_ERASED"]);
  });
});
