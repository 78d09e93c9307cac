import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { startHub } from "../../../gateway/hub";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { scratch } from "../../e2e/rig";
import { skipUnless } from "../../machine";
import { edfBytes } from "../adopt/edffile";

describe("avnode form, and avnode adopt of its answer", function () {
  this.timeout(120_000);
  const dir = scratch(true);
  const data = join(dir, "home");
  let id: string;

  async function avnode(...words: string[]): Promise<{ code: number; out: string; err: string }> {
    const caught = { out: "", err: "" };
    const into = (which: "out" | "err") =>
      ({
        write: (text: string) => {
          caught[which] += text;
          return true;
        },
      }) as unknown as NodeJS.WriteStream;
    const terminal = new Terminal(into("out"), into("err"), { AVNODE_DATA: data });
    const code = await run(words, "0.0.0", {}, terminal);
    return { code, ...caught };
  }
  /** As the page in the form saves it. */
  const answered = (form: string, comment: string): string => {
    const content = JSON.parse(/id="content">([^<]+)</.exec(readFileSync(form, "utf8"))![1]!);
    const said = { findings: [], comment, name: "Dr Kern" };
    const file = `${form}.json`;
    writeFileSync(file, JSON.stringify({ avnode: "answer/1", form: content.form, said }));
    return file;
  };

  before(async () => {
    Store.open({ dataDir: data, kind: "home" }).close();
    const old = join(dir, "old.edf");
    writeFileSync(old, edfBytes({ signals: [{ label: "II", counts: [[1, 2, 3]] }] }));
    id = JSON.parse((await avnode("adopt", old, "--person", "Ada", "--json")).out).id;
  });

  it("writes one file, and takes the answer once, which report and FHIR then tell", async function () {
    const form = join(dir, "form.html");
    const made = await avnode("form", id.slice(0, 6), "-o", form, "--label", "Dr Kern", "--days", "3");
    assert.deepEqual([made.code, made.out], [0, `${form}\n`], made.err);
    assert.match(made.err, /can answer once/);
    const file = answered(form, "Sinus rhythm.");
    const taken = await avnode("adopt", file);
    assert.equal(taken.code, 0, taken.err);
    assert.equal(
      taken.out,
      `adopted the answer of Dr Kern to recording ${id}; the name is as they wrote it\n`,
    );
    assert.equal((await avnode("adopt", file)).out, `${file} is here already, beside recording ${id}\n`);
    const refused = await avnode("adopt", answered(form, "Something else."));
    assert.equal(refused.code, 3);
    assert.match(
      refused.err,
      /cannot adopt .*Dr Kern answered already; make a new form .*\(ADOPT_ANSWERED\)\n$/,
    );
    const itself = await avnode("adopt", form);
    assert.match(itself.err, /open it in a browser.*\(ADOPT_WEB\)\n$/);

    const fhir = join(dir, "out.fhir.json");
    assert.equal((await avnode("export", id, "--format", "fhir", "-o", fhir)).code, 0);
    assert.match(readFileSync(fhir, "utf8"), /read by Dr Kern on a form: Sinus rhythm\./);
    skipUnless(existsSync("/usr/bin/pdftotext"), this, "pdftotext (Debian: poppler-utils)");
    const pdf = join(dir, "report.pdf");
    assert.equal((await avnode("report", id, "-o", pdf)).code, 0);
    const said = execFileSync("/usr/bin/pdftotext", ["-layout", pdf, "-"], { encoding: "utf8" });
    assert.match(said, /by Dr Kern on a form, .*Sinus rhythm\./s);
  });

  it("leaves the answer to the hub that runs", async () => {
    const form = join(dir, "beside.html");
    const hub = await startHub({ dataDir: data, kind: "home", broker: "memory", adopt: true });
    try {
      assert.equal((await avnode("form", id, "-o", form)).code, 0);
      const file = answered(form, "On second thoughts.");
      const { code, out, err } = await avnode("adopt", file);
      assert.equal(code, 0, err);
      assert.match(err, /the hub is running/);
      assert.match(out, /^adopted the answer of Dr Kern/);
      assert.match((await avnode("adopt", file)).out, /is here already/);
      const refused = await avnode("adopt", answered(form, "Something else."));
      assert.match(refused.err, /\(ADOPT_ANSWERED\)\n$/);
      assert.deepEqual(readdirSync(join(data, "adopting")), []);
    } finally {
      await hub.stop();
    }
    const reader = StoreReader.open(data);
    assert.deepEqual(
      reader.overReads(id).map(({ comment }) => comment),
      ["Sinus rhythm.", "On second thoughts."],
    );
    assert.equal(reader.verify().ok, true);
    reader.close();
  });

  it("refuses days and labels that are none, and leaves no half file", async () => {
    const out = join(dir, "none.html");
    for (const [words, says] of [
      [["--days", "91"], /1 to 90/],
      [["--days", "1.5"], /1 to 90/],
      [["--label", "two\nlines"], /one line/],
    ] as const) {
      const { code, err } = await avnode("form", id, "-o", out, ...words);
      assert.equal(code, 2, err);
      assert.match(err, says);
    }
    assert.equal((await avnode("form", "ffffffff", "-o", out)).code, 3);
    assert.deepEqual([existsSync(out), existsSync(`${out}.part`)], [false, false]);
  });
});
