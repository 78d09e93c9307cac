import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { adoptFile } from "../../../gateway/adopt/adopt";
import { contentOf } from "../../../gateway/answers/form";
import { signHead } from "../../../gateway/answers/head";
import { MAX_ANSWER_BYTES, takeAnswer } from "../../../gateway/answers/take";
import { ANALYSIS_VERSION } from "../../../gateway/rhythm/analysis";
import { Store } from "../../../gateway/store/store";
import { analyse, beat, begin, heart } from "../findings/hearts";
import type { Handheld } from "../store/handheld";
import { WebRig } from "../web/rig";

const DAY_MS = 86_400_000;
const SAID = {
  analysis: 1,
  findings: [{ verdict: "accepted", episode: 0 }],
  comment: "Seen.",
  name: "Dr Weiss",
};

describe("answers on a form", function () {
  this.timeout(60_000);
  let rig: WebRig;
  let handheld: Handheld;
  let id: string;
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
  });
  afterEach(() => rig.close());

  const form = (options: { label?: string; days?: number } = {}) =>
    contentOf(rig.store.reader, id, { now: Date.now(), label: "Dr A. Weiss, Bern", ...options }).form;
  const answer = (said: object = SAID, signed: object = form()) =>
    Buffer.from(JSON.stringify({ avnode: "answer/1", form: signed, said }));
  const take = (bytes: Uint8Array) => takeAnswer(rig.store, bytes, Date.now());
  const refused = (bytes: Uint8Array, code: string, says: RegExp) => {
    const before = rig.store.reader.log.newest()!.size;
    assert.throws(
      () => take(bytes),
      (error: Error & { code: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, says);
        return true;
      },
    );
    assert.equal(rig.store.reader.log.newest()!.size, before, "a leaf was written");
  };

  it("are kept as those by link are: beside the recording, under a leaf, and say that they came on a form", async () => {
    const findings = [
      { verdict: "accepted", episode: 0, note: "clear" },
      { verdict: "changed", episode: 0, rhythm: "sinus", from: 10, to: 900 },
      { verdict: "rejected", episode: 0 },
      { verdict: "added", rhythm: "pause", from: 100, to: 200 },
    ];
    assert.deepEqual(take(answer({ ...SAID, findings })), { id, known: false, name: "Dr Weiss" });
    const { overReads } = (await rig.ask("GET", `/api/recordings/${id}/overreads`)).json();
    const { analysis } = (await rig.ask("GET", `/api/recordings/${id}/findings`)).json();
    assert.equal(overReads.length, 1);
    const [read] = overReads;
    assert.deepEqual([read.name, read.comment, read.link], ["Dr Weiss", "Seen.", undefined]);
    assert.equal(read.form.label, "Dr A. Weiss, Bern");
    assert.deepEqual(read.analysis, { number: 1, version: ANALYSIS_VERSION });
    assert.deepEqual(
      read.findings.map((one: { verdict: string }) => one.verdict),
      findings.map((one) => one.verdict),
    );
    assert.deepEqual(read.findings[0].automatic, analysis.episodes[0]);
    assert.deepEqual(read.findings[1].finding, { rhythm: "sinus", from: 10, to: 900 });
    assert.deepEqual(rig.verify().problems, []);
    const { doctors } = (await rig.ask("GET", `/api/recordings/${id}/whereabouts`)).json();
    assert.deepEqual(
      doctors.map(({ label, name }: { label: string; name: string }) => [label, name]),
      [["Dr A. Weiss, Bern", "Dr Weiss"]],
    );
  });

  it("are taken once, also by a store that was opened anew; another answer on that form is refused", () => {
    const bytes = answer();
    assert.equal(take(bytes).known, false);
    assert.equal(take(bytes).known, true);
    rig.reopen();
    assert.equal(take(bytes).known, true);
    assert.equal(rig.store.reader.overReads(id).length, 1);
    const { form: signed } = JSON.parse(bytes.toString());
    refused(
      answer({ ...SAID, comment: "No." }, signed),
      "ADOPT_ANSWERED",
      /Dr Weiss answered already.*new form/,
    );
    assert.equal(take(answer({ ...SAID, comment: "No." })).known, false);
  });

  it("are refused on a form that was altered, or that another hub made", () => {
    const { head, signature } = form();
    for (const [from, to] of [
      [/"expiresAt":\d/, '"expiresAt":9'],
      [/"nonce":"../, '"nonce":"00'],
      [/"recording":"../, '"recording":"00'],
      ["Bern", "Rome"],
      ["{", "{ "],
    ] as const) {
      const altered = head.replace(from, to);
      assert.notEqual(altered, head);
      refused(answer(SAID, { head: altered, signature }), "ADOPT_FORM", /this hub did not make.*new form/);
    }
    refused(answer(SAID, { head, signature: "AAAA" }), "ADOPT_FORM", /altered/);
    const made = JSON.parse(head);
    const other = Store.open({ dataDir: join(rig.dataDir, "other"), kind: "demo" });
    refused(answer(SAID, signHead(other.reader.log, made)), "ADOPT_FORM", /adopt it on the hub/);
    other.close();
    // The hub's own signature, for another purpose.
    const checkpoint = Buffer.from(rig.store.reader.log.sign("avnode/other/v1", head)).toString("base64");
    refused(answer(SAID, { head, signature: checkpoint }), "ADOPT_FORM", /altered/);
  });

  it("are taken until the form's day, and not after", () => {
    const bytes = answer(SAID, form({ days: 2 }));
    rig.time.setSystemTime(Date.now() + 2 * DAY_MS);
    refused(bytes, "ADOPT_EXPIRED", /open until 2026-11-25T.*new form/);
    rig.time.setSystemTime(Date.now() - 1);
    assert.equal(take(bytes).known, false);
  });

  it("are refused about what is erased, nobody's, not here, or was read otherwise", async () => {
    const bytes = answer();
    await rig.ask("PUT", `/api/recordings/${id}/person`, { person: null });
    refused(bytes, "ADOPT_UNASSIGNED", /say whose it is/);
    await rig.give(id, "Berta");
    refused(bytes, "ADOPT_REASSIGNED", /another person's.*new form/);
    const head = JSON.parse(form().head);
    const signed = (changes: object) => signHead(rig.store.reader.log, { ...head, ...changes });
    refused(answer(SAID, signed({ recording: "00".repeat(8) })), "ADOPT_RECORDING", /not here/);
    refused(answer(SAID, signed({ leaf: "00".repeat(32) })), "ADOPT_CHANGED", /before more of it came/);
    refused(answer({ ...SAID, analysis: 2 }), "ADOPT_ANALYSIS", /did not show/);
    refused(answer(SAID, signed({ analysis: undefined })), "ADOPT_ANALYSIS", /did not show/);
    const gone = { number: 7, version: "r0" };
    refused(answer({ ...SAID, analysis: 7 }, signed({ analysis: gone })), "ADOPT_SAID", /no analysis 7/);
    rig.store.forget(id);
    refused(bytes, "ADOPT_ERASED", /erased/);
  });

  it("are refused where they say nothing, or nonsense", () => {
    const added = { verdict: "added", rhythm: "af", from: 5, to: 9 };
    for (const [said, code] of [
      [{ ...SAID, findings: [], comment: " " }, "ADOPT_SAID"],
      [{ ...SAID, findings: [{ verdict: "accepted", episode: 99 }] }, "ADOPT_SAID"],
      [{ ...SAID, findings: [{ ...added, to: 5 }] }, "ADOPT_SAID"],
      [{ ...SAID, findings: [{ ...added, to: 1e9 }] }, "ADOPT_SAID"],
      [{ ...SAID, findings: [{ ...added, rhythm: "infarct" }] }, "ADOPT_ANSWER"],
      [{ ...SAID, findings: Array(201).fill(added) }, "ADOPT_ANSWER"],
      [{ ...SAID, name: "" }, "ADOPT_ANSWER"],
      [{ ...SAID, name: "\u200d\u3164.\u2800" }, "ADOPT_ANSWER"],
      [{ ...SAID, name: "Dr \u202eA" }, "ADOPT_ANSWER"],
      [{ ...SAID, comment: "x".repeat(4001) }, "ADOPT_ANSWER"],
      [{ ...SAID, more: 1 }, "ADOPT_ANSWER"],
    ] as const)
      refused(answer(said), code, /answer|once more|signature/);
    for (const text of ["{", "{}", "[]", "null", '{"avnode":"answer/1"}', "{\xff"])
      refused(Buffer.from(text, "latin1"), "ADOPT_ANSWER", /no answer that a form of avnode made/);
    const deep = `{"avnode":${"[".repeat(60_000)}`;
    refused(Buffer.from(deep), "ADOPT_ANSWER", /no JSON/);
    refused(Buffer.from(`{"avnode":${"[".repeat(60_000)}${"]".repeat(60_000)}}`), "ADOPT_ANSWER", /wrong/);
  });

  it("are known by their content, whatever the file is called, and never read whole when they are too long", async () => {
    const file = join(rig.dataDir, "mail-attachment.edf");
    writeFileSync(file, answer());
    const adopted = await adoptFile(rig.store, file);
    assert.deepEqual([adopted.id, adopted.format, adopted.answeredBy], [id, "answer", "Dr Weiss"]);
    writeFileSync(file, Buffer.alloc(100 << 20, "{"));
    const heapBefore = process.memoryUsage().arrayBuffers;
    await assert.rejects(adoptFile(rig.store, file), { code: "ADOPT_ANSWER_SIZE" });
    assert.ok(process.memoryUsage().arrayBuffers - heapBefore < 8 * MAX_ANSWER_BYTES);
    writeFileSync(file, "<!doctype html>");
    await assert.rejects(adoptFile(rig.store, file), { code: "ADOPT_WEB" });
  });

  it("come from a form that shows no finding of an analysis under way, and of which there is none before it is somebody's and the log has it", async () => {
    const second = begin(handheld);
    beat(handheld, second, heart(8), 20, { af: true });
    rig.deliver(handheld, second);
    const running = rig.idOf(handheld, 2);
    const of = () => contentOf(rig.store.reader, running, { now: Date.now() });
    assert.throws(of, { code: "FORM_UNASSIGNED" });
    await rig.give(running, "Berta");
    assert.throws(of, { code: "FORM_EARLY" });
    handheld.close(second);
    rig.deliver(handheld, second);
    const { analysis, findings } = of();
    assert.deepEqual([analysis, findings], [undefined, []]);
  });
});
