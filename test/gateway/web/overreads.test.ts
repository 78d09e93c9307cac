import assert from "node:assert/strict";
import { writeProof } from "../../../gateway/proof/write";
import { ANALYSIS_VERSION } from "../../../gateway/rhythm/analysis";
import { openBeside } from "../../../gateway/store/directory";
import { sealJson } from "../../../gateway/store/findings/sealedjson";
import { LAYER_COLUMNS, type LayerRow, layerBody, layerPlace } from "../../../gateway/store/layers/rows";
import { SealedTable } from "../../../gateway/store/rows";
import { LeafType, leafType } from "../../../protocol/leaves";
import { analyse, beat, begin, heart } from "../findings/hearts";
import type { Handheld } from "../store/handheld";
import { WebRig } from "./rig";

const NOBODY = { cookie: "", csrf: "" };

describe("over-reads in the API", function () {
  this.timeout(60_000);
  let rig: WebRig;
  let handheld: Handheld;
  let id: string;
  let authorization: string;
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    await rig.serve();
    const made = begin(handheld);
    beat(handheld, made, heart(7), 60, { af: true, heartRateBpm: 95 });
    handheld.close(made);
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
    analyse(rig.store);
    await rig.give(id);
    authorization = await linkTo(id);
  });
  afterEach(() => rig.close());

  const linkTo = async (recording: string, hours = 1) => {
    const made = await rig.ask("POST", "/api/links", { recording, hours, label: "Dr Weiss" });
    return `Bearer ${made.json().address.split("#")[1]}`;
  };
  const send = (body: object, of = id, token = authorization) =>
    rig.ask("POST", `/api/recordings/${of}/overreads`, body, { authorization: token }, NOBODY);
  const list = async () => (await rig.ask("GET", `/api/recordings/${id}/overreads`)).json().overReads;
  const SIGNED = { name: "Dr. med. A. Weiss", comment: "Seen.", findings: [] };

  it("say something: a signature alone is refused", async () => {
    const answer = await send({ ...SIGNED, comment: "   " });
    assert.deepEqual([answer.statusCode, answer.json().code], [400, "OVERREAD_EMPTY"]);
    assert.deepEqual(await list(), []);
  });

  it("accept, change, reject and add findings, signed, citing the analysis, beside what it said", async () => {
    const { analysis } = (await rig.ask("GET", `/api/recordings/${id}/findings`)).json();
    const [episode] = analysis.episodes;
    const answer = await send({
      ...{ name: "Dr. med. A. Weiss", comment: "  Fibrillation, ventricular rate 95.  ", analysis: 1 },
      findings: [
        { verdict: "accepted", episode: 0 },
        { verdict: "changed", episode: 0, rhythm: "sinus", from: 10, to: 900, note: "with ectopy" },
        { verdict: "rejected", episode: 0 },
        { verdict: "added", rhythm: "pause", from: 100, to: 200 },
      ],
    });
    assert.equal(answer.statusCode, 201, answer.body);
    const read = answer.json();
    assert.deepEqual(
      [read.number, read.name, read.comment],
      [1, "Dr. med. A. Weiss", "Fibrillation, ventricular rate 95."],
    );
    assert.deepEqual(read.analysis, { number: 1, version: ANALYSIS_VERSION });
    assert.equal(read.link.label, "Dr Weiss");
    assert.deepEqual(
      read.findings.map((one: { verdict: string }) => one.verdict),
      ["accepted", "changed", "rejected", "added"],
    );
    assert.deepEqual(read.findings[1].automatic, episode);
    assert.deepEqual(read.findings[1].finding, { rhythm: "sinus", from: 10, to: 900 });
    assert.equal(read.findings[3].automatic, undefined);
    assert.deepEqual(await list(), [read]);
    // The analysis says what it said.
    assert.deepEqual((await rig.ask("GET", `/api/recordings/${id}/findings`)).json().analysis, analysis);
    const listed = (await rig.ask("GET", `/api/recordings/${id}`)).json();
    assert.deepEqual(listed.overRead, { name: "Dr. med. A. Weiss", at: read.at });
  });

  it("stand beside the ones before, each under a leaf of the log, and change no proof", async () => {
    const proof = () =>
      Buffer.from(
        writeProof(rig.store.reader.log.evidence(id), { open: true, hub: rig.store.reader.log.key() }),
      );
    const before = proof();
    await send(SIGNED);
    await send({ ...SIGNED, comment: "On second thoughts." });
    const [first, second] = await list();
    assert.deepEqual([first.number, second.number], [1, 2]);
    for (const { logged } of [first, second]) {
      const leaf = rig.store.reader.log.leaf(logged.log, logged.index)!;
      assert.equal(leafType(leaf), LeafType.layer);
      assert.doesNotMatch(Buffer.from(leaf).toString("latin1"), /Weiss|Seen|thoughts/);
    }
    assert.deepEqual(proof(), before);
    assert.deepEqual(rig.verify().problems, []);
    assert.equal(rig.verify().ok, true);
  });

  it("are seen when somebody alters, exchanges or takes away one", async () => {
    await send(SIGNED);
    await send({ ...SIGNED, comment: "Another." });
    const problems = () => rig.verify().problems.join("\n");
    assert.equal(problems(), "");
    rig.sql("UPDATE layers SET idx = CASE idx WHEN 1 THEN 2 ELSE 1 END");
    assert.match(problems(), /an over-read of recording \w+ was altered/);
    rig.sql("UPDATE layers SET idx = CASE idx WHEN 1 THEN 2 ELSE 1 END");
    rig.sql("DELETE FROM layers WHERE number = 1");
    assert.match(problems(), /an over-read of recording \w+ was kept; it is gone/);
    assert.equal((await list()).length, 1);
  });

  it("are seen when root rewrites one with the store's own keys: the log commits to another", async () => {
    await send(SIGNED);
    const { db, keyring } = openBeside(rig.dataDir, false);
    const row = db.prepare("SELECT * FROM layers ORDER BY id DESC").get() as LayerRow;
    const { salt, said } = layerBody(keyring, row);
    const other = { salt, said: said.replace("Seen.", "Healthy.") };
    const table = new SealedTable<LayerRow>(db, keyring, "layers", LAYER_COLUMNS, 1);
    table.update({ ...row, body: sealJson(keyring, other, layerPlace(row.id)) });
    db.close();
    assert.equal((await list())[0].comment, "Healthy.");
    assert.match(rig.verify().problems.join(), /an over-read of recording \w+ was altered/);
  });

  it("go with the recording when it is erased, and the log still holds", async () => {
    await send(SIGNED);
    rig.store.forget(id);
    assert.deepEqual(await list(), []);
    assert.equal(rig.verify().ok, true, rig.verify().problems.join());
  });

  it("are taken from whoever has a link to that recording, as long as it lasts", async () => {
    const other = handheld.record(3);
    rig.deliver(handheld, other);
    const otherId = rig.idOf(handheld, 2);
    assert.equal((await send(SIGNED, otherId)).json().code, "ACCESS_OTHER_RECORDING");
    assert.equal(
      (await rig.ask("POST", `/api/recordings/${id}/overreads`, SIGNED)).json().code,
      "ACCESS_ROLE",
    );
    assert.equal((await send(SIGNED, id, `Bearer ${"a".repeat(43)}`)).json().code, "ACCESS_LINK");
    const headers = { origin: "http://evil.example" };
    const elsewhere = await rig.ask(
      ...([
        "POST",
        `/api/recordings/${id}/overreads`,
        SIGNED,
        { authorization, ...headers },
        NOBODY,
      ] as const),
    );
    assert.equal(elsewhere.json().code, "ACCESS_CROSS_SITE");
    rig.time.tick(3600_000);
    assert.equal((await send(SIGNED)).json().code, "ACCESS_LINK");
    assert.deepEqual(await list(), []);
  });

  it("name what the analysis has, and what the recording has", async () => {
    for (const [body, status] of [
      [{ ...SIGNED, analysis: 7 }, 404],
      [{ ...SIGNED, findings: [{ verdict: "accepted", episode: 0 }] }, 400],
      [{ ...SIGNED, analysis: 1, findings: [{ verdict: "accepted", episode: 99 }] }, 400],
      [{ ...SIGNED, findings: [{ verdict: "added", rhythm: "af", from: 5, to: 5 }] }, 400],
      [{ ...SIGNED, findings: [{ verdict: "added", rhythm: "af", from: 5, to: 1e9 }] }, 400],
      [{ ...SIGNED, findings: [{ verdict: "added", rhythm: "infarct", from: 5, to: 9 }] }, 400],
      [{ ...SIGNED, name: " " }, 400],
      [{ ...SIGNED, comment: "x".repeat(4001) }, 400],
    ] as const)
      assert.equal((await send(body)).statusCode, status, JSON.stringify(body).slice(0, 120));
    assert.deepEqual(await list(), []);
  });

  it("are of visible characters, which draw over nothing", async () => {
    // A joiner; a filler, which is a letter; a cell of Braille without a dot.
    for (const name of ["\u200d", "\u3164", "\u2800", "..."])
      assert.equal((await send({ ...SIGNED, name })).statusCode, 400, JSON.stringify(name));
    for (const wrong of [{ name: "Dr \u202eA" }, { name: "Dr A\u001b[2J" }, { comment: "a\u001b[2J" }])
      assert.equal((await send({ ...SIGNED, ...wrong })).statusCode, 400, JSON.stringify(wrong));
    assert.equal((await send({ ...SIGNED, comment: "one line\r\nand\tanother" })).statusCode, 201);
  });

  it("may be long, and not endless", async () => {
    const findings = Array.from({ length: 200 }, (_, k) => ({
      ...{ verdict: "added", rhythm: "ectopy", from: k, to: k + 1, note: "n".repeat(300) },
    }));
    assert.equal((await send({ ...SIGNED, findings })).statusCode, 201);
    const endless = await send({ ...SIGNED, comment: "x".repeat(140_000) });
    assert.equal(endless.statusCode, 413);
  });
});
