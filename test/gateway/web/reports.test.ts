import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHead } from "../../../gateway/answers/head";
import { skipUnless } from "../../machine";
import { VIEWER_PASSWORD } from "../access/rig";
import type { Handheld } from "../store/handheld";
import { WebRig } from "./rig";

describe("reports over HTTP", function () {
  // The thread compiles its sources anew.
  this.timeout(120_000);
  let rig: WebRig;
  let handheld: Handheld;
  let id: string;
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    const made = handheld.record(40);
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
    await rig.serve();
  });
  afterEach(() => rig.close());

  const get = (query = "", of = id) => rig.ask("GET", `/api/recordings/${of}/report${query}`);

  it("are PDFs that name the recording, in the asker's time zone, and stand in the list of what left", async function () {
    skipUnless(existsSync("/usr/bin/pdftotext"), this, "pdftotext (Debian: poppler-utils)");
    const answer = await get("?paper=letter&timeZone=Asia/Kolkata");
    assert.equal(answer.statusCode, 200, answer.body.slice(0, 300));
    assert.equal(answer.headers["content-type"], "application/pdf");
    assert.equal(answer.headers["content-disposition"], `attachment; filename="simulated-${id}.pdf"`);
    const dir = mkdtempSync(join(tmpdir(), "avnode-report-"));
    try {
      writeFileSync(join(dir, "a.pdf"), answer.rawPayload);
      const said = execFileSync("/usr/bin/pdftotext", [join(dir, "a.pdf"), "-"], { encoding: "utf8" });
      assert.ok(said.includes(id));
      assert.match(said, /\+05:30 \(Asia\/Kolkata\)/);
    } finally {
      rmSync(dir, { recursive: true });
    }
    const left = (await rig.ask("GET", "/api/egress")).json() as unknown;
    assert.match(JSON.stringify(left), /"report"/);
  });

  it("are in the language that was asked for", async function () {
    skipUnless(existsSync("/usr/bin/pdftotext"), this, "pdftotext (Debian: poppler-utils)");
    const answer = await get("?language=de");
    const input = answer.rawPayload;
    const said = execFileSync("/usr/bin/pdftotext", ["-", "-"], { input, encoding: "utf8" });
    assert.match(said, /EKG-Bericht/);
    assert.equal((await get("?language=tlh")).statusCode, 400);
  });

  it("are forms, too, that the hub signed, for the owner alone, once somebody's", async () => {
    await rig.give(id);
    const form = (query = "", badge = rig.owner) =>
      rig.ask("GET", `/api/recordings/${id}/form${query}`, undefined, {}, badge);
    const answer = await form("?label=Dr%20Weiss&days=2");
    assert.equal(answer.statusCode, 200, answer.body.slice(0, 300));
    assert.equal(
      answer.headers["content-disposition"],
      `attachment; filename="answer-form-${id.slice(0, 8)}.html"`,
    );
    const content = JSON.parse(/id="content">([^<]+)</.exec(answer.body)![1]!);
    const head = openHead(rig.store.reader.log, content.form)!;
    assert.deepEqual([head.recording, head.label], [id, "Dr Weiss"]);
    assert.equal(head.expiresAt - head.issuedAt, 2 * 86_400_000);
    assert.match((await rig.ask("GET", "/api/egress")).body, /"form"/);
    assert.equal((await form("?days=91")).statusCode, 400);
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    assert.equal((await form("", viewer)).json().code, "ACCESS_ROLE");
  });

  it("are refused in words for a zone, a stretch or a recording that is none", async () => {
    for (const [query, of, status, said] of [
      ["?timeZone=Atlantis/Sunk", id, 400, /no time zone/],
      ["?paper=a3", id, 400, /query.paper/],
      ["?from=99999", id, 422, /has no sample there/],
      ["", "0123456789abcdef", 404, /0123456789abcdef/],
    ] as const) {
      const answer = await get(query, of);
      assert.equal(answer.statusCode, status, answer.body.slice(0, 300));
      assert.match(answer.body, said);
    }
  });
});
