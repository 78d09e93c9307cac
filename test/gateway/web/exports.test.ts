import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { studyOf } from "../../../gateway/document/study";
import { csvFiles } from "../../../gateway/export/csv";
import { readRecord } from "../../../gateway/wfdb/read";
import type { Handheld } from "../store/handheld";
import { WebRig } from "./rig";

describe("exports over HTTP", function () {
  // Each thread compiles the store's sources anew.
  this.timeout(120_000);
  let rig: WebRig;
  let handheld: Handheld;
  let id: string;
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    rig.nominal = 256;
    const made = rig.begin(handheld, ["I", "II"]);
    for (let k = 0; k < 40; k++) {
      const values = Array.from({ length: 256 }, (_, i) => ((k * 256 + i) * 37) % 2000);
      // A gap behind the tenth.
      rig.block(handheld, made, [values, values.map((v) => -v)], k < 10 ? k * 256 : (k + 3) * 256);
    }
    handheld.close(made);
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
    await rig.serve();
  });
  afterEach(() => rig.close());

  const get = (format: string, of = id, part = "") =>
    rig.ask("GET", `/api/recordings/${of}/export?format=${format}${part}`);

  it("give the CSV that the command line writes", async () => {
    const answer = await get("csv");
    assert.equal(answer.statusCode, 200, answer.body.slice(0, 300));
    assert.equal(answer.headers["content-disposition"], `attachment; filename="simulated-${id}.csv"`);
    const { reader } = rig.store;
    const source = { reader, study: studyOf(reader, id), dataDir: rig.dataDir, name: "" };
    const expected = Buffer.concat([...csvFiles(source)[0]!.pieces()]).toString();
    assert.ok(expected.length > 300_000);
    assert.equal(answer.body, expected);
    assert.match(answer.body, /SIMULATED/);
  });

  it("give WFDB files in an archive that tar unpacks, with every sample", async function () {
    if (spawnSync("tar", ["--version"]).error) this.skip();
    const answer = await get("wfdb");
    assert.equal(answer.statusCode, 200, answer.body.slice(0, 300));
    const dir = mkdtempSync(join(tmpdir(), "avnode-export-"));
    try {
      writeFileSync(join(dir, "all.tar"), answer.rawPayload);
      execFileSync("tar", ["-xf", "all.tar"], { cwd: dir });
      assert.deepEqual(readdirSync(dir).sort(), ["all.tar", `simulated-${id}.dat`, `simulated-${id}.hea`]);
      const record = readRecord(join(dir, `simulated-${id}`));
      for (const { firstSample, samples } of rig.store.reader.pieces(id))
        for (const [lead, values] of samples.entries())
          assert.deepEqual(record.signals[lead]!.subarray(firstSample, firstSample + values.length), values);
      assert.match(readFileSync(join(dir, `simulated-${id}.hea`), "latin1"), /gap of 768 samples at 2560/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("give one file as it is, under the ending of what it became, and a stretch of it", async () => {
    const edf = await get("edf", id, "&from=2&to=4.5");
    assert.equal(edf.statusCode, 200, edf.body.slice(0, 300));
    assert.equal(edf.headers["content-disposition"], `attachment; filename="simulated-${id}.edf"`);
    const text = (at: number, length: number) => edf.rawPayload.toString("latin1", at, at + length).trim();
    assert.deepEqual([text(192, 44), Number(text(236, 8)) * Number(text(244, 8))], ["EDF+C", 2.5]);
    const proof = await get("proof");
    assert.equal(proof.headers["content-disposition"], `attachment; filename="simulated-${id}.proof"`);
  });

  it("refuse other formats, what is not there and what was erased", async () => {
    assert.equal((await get("pdf")).statusCode, 400);
    assert.equal((await get("proof", id, "&from=1")).statusCode, 400);
    assert.deepEqual((await get("edf", id, "&from=900")).json().code, "DOCUMENT_RANGE");
    assert.equal((await get("csv", "0123456789abcdef")).statusCode, 404);
    rig.store.forget(id);
    assert.deepEqual([(await get("csv")).statusCode, (await get("csv")).json().code], [410, "STORE_ERASED"]);
  });

  it("say why a recording that was altered cannot be exported, and are ready for the next", async () => {
    rig.sql("UPDATE frames SET frame = zeroblob(length(frame)) WHERE sequence = 3");
    const answer = await get("wfdb");
    assert.deepEqual([answer.statusCode, answer.json().code], [422, "FRAME_VERSION"]);
    assert.equal((await get("wfdb")).statusCode, 422);
  });

  it("are one at a time, and end when whoever asked is gone", async () => {
    await rig.app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = rig.app.server.address() as { port: number };
    const path = `/api/recordings/${id}/export?format=csv`;
    const head = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncookie: ${rig.owner.cookie}\r\n\r\n`;
    const socket = connect(port, "127.0.0.1");
    socket.write(head);
    await new Promise((first) => socket.once("data", first));
    // It takes nothing more.
    socket.pause();
    const busy = await get("csv");
    if (busy.statusCode !== 200) assert.deepEqual([busy.statusCode, busy.json().code], [503, "WEB_BUSY"]);
    socket.destroy();
    for (;;) {
      const answer = await get("csv");
      if (answer.statusCode === 200) break;
      assert.equal(answer.json().code, "WEB_BUSY");
      await new Promise((turn) => setImmediate(turn));
    }
  });

  it("and links that were opened stand in the ledger of what left the house, an hour as one", async () => {
    assert.deepEqual((await rig.ask("GET", "/api/egress")).json(), { entries: [], standing: [] });
    await get("wfdb");
    await rig.give(id);
    const made = (
      await rig.ask("POST", "/api/links", { recording: id, hours: 48, label: "Dr Weiss" })
    ).json();
    const authorization = `Bearer ${made.address.split("#")[1]}`;
    const open = () =>
      rig.ask("GET", `/api/recordings/${id}`, undefined, { authorization }, { cookie: "", csrf: "" });
    const first = rig.time.now;
    await open();
    rig.time.tick(60_000);
    assert.equal((await open()).statusCode, 200);
    rig.time.tick(3600_000);
    await open();
    const { entries } = (await rig.ask("GET", "/api/egress")).json();
    const told = entries.map((one: Record<string, unknown>) => [one.kind, one.to, one.recording, one.count]);
    assert.deepEqual(told, [
      ["link", "Dr Weiss", id, 1],
      ["link", "Dr Weiss", id, 2],
      ["export", "owner", id, 1],
    ]);
    assert.deepEqual([entries[1].at, entries[1].until], [first, first + 60_000]);
    assert.deepEqual([entries[2].detail, entries[2].address], ["wfdb", "127.0.0.1"]);
    const page = (await rig.ask("GET", "/api/egress?limit=2")).json();
    assert.equal(page.next, entries[1].id);
    const rest = (await rig.ask("GET", `/api/egress?limit=2&before=${page.next}`)).json();
    assert.deepEqual(rest.entries, [entries[2]]);
  });
});
