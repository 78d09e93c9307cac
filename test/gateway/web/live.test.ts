import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { LIVE_EVENTS } from "../../../gateway/schema/live";
import { ALIVE_MS, PATIENCE_MS } from "../../../gateway/web/live/viewer";
import { MarkKind } from "../../../protocol/bodies";
import { HOST, VIEWER_PASSWORD } from "../access/rig";
import type { Handheld } from "../store/handheld";
import { WebRig } from "./rig";

interface Told {
  id: string;
  event: keyof typeof LIVE_EVENTS;
  data: {
    id: string;
    number: number;
    state: string;
    recording: string;
    from: number;
    to: number;
    samples: string[];
    kind: string;
    sample: number;
  };
}

/** Reads the stream by the rules of server-sent events, and checks each by its schema. */
class Watcher {
  readonly told: Told[] = [];
  ended = false;
  private text = "";

  constructor(readonly answer: IncomingMessage) {
    answer.setEncoding("utf8");
    answer.on("data", (piece) => this.take(piece));
    answer.on("close", () => {
      this.ended = true;
    });
    answer.on("error", () => {});
  }

  private take(piece: string): void {
    this.text += piece;
    const parts = this.text.split("\n\n");
    this.text = parts.pop()!;
    for (const part of parts) {
      if (/^(:|retry: )/.test(part)) continue;
      const fields = Object.fromEntries(part.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
      const event = fields.event as Told["event"];
      const data = JSON.parse(fields.data);
      LIVE_EVENTS[event].parse(data);
      this.told.push({ id: fields.id, event, data });
    }
  }

  of(event: Told["event"]): Told["data"][] {
    return this.told.filter((one) => one.event === event).map(({ data }) => data);
  }

  async until(done: () => boolean): Promise<void> {
    for (let n = 0; n < 200_000 && !done(); n++) await turn();
    assert.ok(done(), `told ${this.told.slice(-3).map(({ id, event }) => `${event} ${id}`)}`);
  }
}

function samplesOf({ samples }: Told["data"]): number[][] {
  return samples.map((text) => {
    const bytes = Buffer.from(text, "base64");
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i));
  });
}

describe("the live stream", function () {
  this.timeout(60_000);
  let rig: WebRig;
  let handheld: Handheld;
  const requests: ReturnType<typeof request>[] = [];
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    await rig.serve();
    await rig.app.listen({ port: 0, host: "127.0.0.1" });
  });
  afterEach(async () => {
    for (const one of requests.splice(0)) one.destroy();
    await rig.close();
  });

  async function open(handheldId: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const { port } = rig.app.server.address() as AddressInfo;
    const path = `/api/live?handheld=${handheldId}`;
    const asked = request({ port, path, headers: { host: HOST, cookie: rig.owner.cookie, ...headers } });
    requests.push(asked);
    asked.on("error", () => {});
    const [answer] = await once(asked.end(), "response");
    return answer;
  }
  const watch = async (headers = {}) => new Watcher(await open(handheld.hex, headers));
  const block = (made: ReturnType<typeof handheld.begin>, value: number, at?: number) =>
    rig.block(handheld, made, [Array(rig.nominal).fill(value), Array(rig.nominal).fill(-value)], at);
  const begin = () => rig.begin(handheld, ["I", "II"]);
  /** The newest frame, committed. */
  const send = (frame: Uint8Array) => {
    rig.send(handheld, frame);
    rig.store.flush();
  };

  /** Blocks of 2,000 samples: more than sockets hold between here and there. */
  async function flood(made: ReturnType<typeof begin>, count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      rig.send(handheld, block(made, n));
      if (n % 8 < 7) continue;
      rig.store.flush();
      await turn();
    }
  }

  it("tells a recording's beginning, blocks, marks and end, as they are on disk", async () => {
    const watcher = await watch();
    assert.equal(watcher.answer.headers["content-type"], "text/event-stream");
    assert.match(String(watcher.answer.headers["content-security-policy"]), /default-src 'none'/);
    const made = begin();
    send(made.frames[0]!);
    for (let n = 1; n <= 3; n++) send(block(made, n));
    send(handheld.mark(made, { kind: MarkKind.symptom, sample: 100, uptimeMs: 1 }));
    handheld.close(made);
    send(made.frames.at(-1)!);
    await watcher.until(() => watcher.of("recording").length === 2);
    const events = ["recording", "block", "block", "block", "mark", "recording"];
    assert.deepEqual(
      watcher.told.map(({ event }) => event),
      events,
    );
    const id = rig.idOf(handheld, 1);
    assert.deepEqual(
      watcher.of("recording").map((one) => [one.id, one.state]),
      [
        [id, "recording"],
        [id, "closed"],
      ],
    );
    assert.deepEqual(
      watcher.of("block").map((one) => [one.from, samplesOf(one)]),
      [1, 2, 3].map((n) => [64 * (n - 1), [Array(64).fill(n), Array(64).fill(-n)]]),
    );
    assert.deepEqual(watcher.of("mark"), [{ recording: id, kind: "symptom", sample: 100 }]);
  });

  it("tells whoever comes in the midst what is being recorded, late frames where they belong, an older recording not", async () => {
    const first = begin();
    block(first, 1);
    const second = begin();
    for (let n = 0; n < 4; n++) block(second, n);
    for (const n of [0, 1, 3]) send(second.frames[n]!);
    const watcher = await watch();
    await watcher.until(() => watcher.of("recording").length === 1);
    assert.equal(watcher.of("recording")[0]!.number, 2);
    // Out of the handheld's memory: the older one, and the frame that had been lost.
    for (const frame of first.frames) send(frame);
    send(second.frames[2]!);
    send(second.frames[4]!);
    await watcher.until(() => watcher.of("block").length === 2);
    assert.deepEqual(
      watcher.of("block").map(({ from, recording }) => [from, recording]),
      [64, 192].map((from) => [from, rig.idOf(handheld, 2)]),
    );
  });

  it("tells one that is too slow what it lost, holds up nobody, and stores all of it", async () => {
    rig.nominal = 2000;
    const made = begin();
    send(made.frames[0]!);
    const [slow, quick] = [await watch(), await watch()];
    await slow.until(() => slow.told.length === 1);
    slow.answer.pause();
    const count = 800;
    await flood(made, count);
    await quick.until(() => quick.of("block").length + quick.of("missed").length > 0);
    assert.equal(rig.store.reader.recording(rig.idOf(handheld, 1)).frames, count + 1);
    rig.time.tick(10);
    assert.equal(handheld.receipts.at(-1)!.next, count + 1);
    slow.answer.resume();
    const toldUpTo = () =>
      Math.max(
        0,
        ...slow.of("missed").map(({ to }) => to),
        ...slow.of("block").map(({ from }) => from + 2000),
      );
    await slow.until(() => toldUpTo() === 2000 * count);
    assert.ok(slow.of("missed").length > 0);
    send(block(made, 1));
    const end = 2000 * (count + 1);
    await slow.until(() => slow.of("block").at(-1)!.from === end - 2000);
    const known = new Set<number>();
    for (const one of slow.of("block")) known.add(one.from);
    const told = known.size;
    assert.ok(told < count / 2, `was sent ${told} of ${count} blocks`);
    for (const { from, to } of slow.of("missed")) for (let at = from; at < to; at += 2000) known.add(at);
    for (let at = 0; at < end; at += 2000) assert.ok(known.has(at), `nothing was said of sample ${at}`);
  });

  it("tells one that comes back what it missed, and to read all anew where that is not known", async () => {
    const made = begin();
    send(made.frames[0]!);
    const before = await watch();
    for (let n = 0; n < 3; n++) send(block(made, n));
    await before.until(() => before.of("block").length === 3);
    const lastId = before.told.at(-1)!.id;
    before.answer.destroy();
    for (let n = 3; n < 6; n++) send(block(made, n));
    const back = await watch({ "last-event-id": lastId });
    await back.until(() => back.told.length === 2);
    assert.deepEqual(
      back.told.map(({ event }) => event),
      ["recording", "missed"],
    );
    assert.deepEqual([back.told[1]!.data.from, back.told[1]!.data.to], [192, 384]);
    const same = await watch({ "last-event-id": back.told.at(-1)!.id });
    send(block(made, 9));
    await same.until(() => same.told.length === 2);
    assert.deepEqual(
      same.told.map(({ event }) => event),
      ["recording", "block"],
    );
    for (const id of [
      "",
      "x",
      "000000000000-1",
      `${lastId}9`,
      lastId.replace(/\d+$/, "-1"),
      "9".repeat(5000),
    ]) {
      const other = await watch({ "last-event-id": id });
      await other.until(() => other.told.length === 2);
      assert.equal(other.told[1]!.event, "anew", id.slice(0, 30));
    }
    // Another recording began meanwhile.
    const next = begin();
    send(next.frames[0]!);
    const anew = await watch({ "last-event-id": lastId });
    await anew.until(() => anew.told.length === 2);
    assert.deepEqual([anew.told[0]!.data.number, anew.told[1]!.event], [2, "anew"]);
  });

  it("ends for whoever does not read for a minute, and for whoever may not read any more", async () => {
    rig.nominal = 2000;
    const made = begin();
    send(made.frames[0]!);
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    const [owner, other, slow] = [await watch(), await watch({ cookie: viewer.cookie }), await watch()];
    slow.answer.pause();
    await flood(made, 800);
    await rig.ask("POST", "/api/logout", undefined, {}, viewer);
    rig.time.tick(ALIVE_MS);
    await other.until(() => other.ended);
    assert.deepEqual([owner.ended, slow.ended], [false, false]);
    for (let ms = 0; ms <= PATIENCE_MS; ms += ALIVE_MS) {
      rig.time.tick(ALIVE_MS);
      for (let n = 0; n < 50; n++) await turn();
    }
    slow.answer.resume();
    await slow.until(() => slow.ended);
    assert.equal(owner.ended, false);
    await owner.until(() => owner.of("block").length > 0);
  });

  it("is for so many at a time, of one address fewer than its connections, and for handhelds that are ours", async () => {
    const watchers = [];
    for (let n = 0; n < 24; n++) watchers.push(await watch());
    const refused = await open(handheld.hex);
    assert.equal(refused.statusCode, 503);
    assert.equal((await rig.ask("GET", "/api/status")).statusCode, 200);
    watchers[0]!.answer.destroy();
    let again = 503;
    for (let n = 0; n < 100 && again === 503; n++) {
      const answer = await open(handheld.hex);
      again = answer.statusCode!;
      if (again === 503) answer.resume();
      await turn();
    }
    assert.equal(again, 200);
    assert.equal((await open("0000000000000000")).statusCode, 503);
  });

  it("is for nobody who is not logged in, and not for a handheld that is not ours", async () => {
    assert.equal((await open(handheld.hex, { cookie: "" })).statusCode, 401);
    assert.equal((await open(handheld.hex, { "sec-fetch-site": "cross-site" })).statusCode, 403);
    assert.equal((await open("0000000000000000")).statusCode, 404);
    assert.equal((await open("..")).statusCode, 400);
  });
});
