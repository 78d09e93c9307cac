import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { type Annotation, writeAnnotations } from "../../../gateway/wfdb/annotations";
import { codeOf } from "../../../gateway/wfdb/codes";

describe("avnode score --af", function () {
  this.timeout(60_000);
  let dir: string;

  async function avnode(...words: string[]) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const terminal = new Terminal(stdout as never, stderr as never, process.env);
    const status = await run(words, "0", {}, terminal);
    return { status, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
  }

  const note = (sample: number, symbol: string, aux?: string): Annotation => ({
    sample,
    code: codeOf(symbol)!,
    symbol,
    subtype: 0,
    channel: 0,
    num: 0,
    ...(aux === undefined ? {} : { aux }),
  });

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "av-"));
    writeFileSync(join(dir, "a.hea"), "a 1 128 128000\na.dat 16 200 12 0 0 0 0 ECG\n");
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("judges a calm record's annotations, where its signal is not there", async () => {
    const list = [note(10, "+", "(N")];
    for (let sample = 20; sample < 128_000; sample += 100) list.push(note(sample, "N"));
    writeAnnotations(join(dir, "a.atr"), list);
    const { status, stdout } = await avnode("score", dir, "--af", "--json");
    assert.equal(status, 0);
    const set = JSON.parse(stdout);
    assert.equal(set.records[0].by, "intervals");
    assert.deepEqual(set.gross.windows, { tp: 0, fn: 0, fp: 0, tn: 33 });
    assert.equal(set.gross.falseShare, 0);
    const table = await avnode("score", dir, "--af");
    assert.match(table.stdout, /^a +intervals +0\/0 +0\/0/m);
  });

  it("says so where nobody named a rhythm", async () => {
    writeAnnotations(join(dir, "a.atr"), [note(20, "N")]);
    const { status, stderr } = await avnode("score", dir, "--af");
    assert.equal(status, 3);
    assert.match(stderr, /names a rhythm/);
  });
});
