import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skipUnless } from "../../machine";
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
