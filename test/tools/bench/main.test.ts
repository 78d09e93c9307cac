import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(__dirname, "../../..");

/** As `npm run bench -- …` would run it where no ECG data set is at hand. */
function bench(...args: string[]) {
  return spawnSync(
    process.execPath,
    ["-r", "ts-node/register/transpile-only", join(ROOT, "tools/bench/main.ts"), ...args],
    { cwd: ROOT, encoding: "utf8", env: { ...process.env, AVNODE_ECG_DATA: "nowhere" } },
  );
}

describe("the benchmark", () => {
  it("refuses an area that it does not have, and names those that it has", () => {
    const { status, stdout, stderr } = bench("codec", "heart");
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /"heart"/);
    assert.match(
      stderr,
      /codec, store, ingest, log, proof, report, page, start, backup, export, drain, radio, rhythm, factory/,
    );
  });

  it("refuses an option that it does not have", () => {
    const { status, stdout } = bench("codec", "--fast");
    assert.equal(status, 2);
    assert.equal(stdout, "");
  });

  it("refuses a time and a number of handhelds that it cannot run", () => {
    for (const wrong of [
      ["--minutes", "0"],
      ["--minutes", "soon"],
      ["--handhelds", "17"],
    ]) {
      const { status, stdout, stderr } = bench("radio", ...wrong);
      assert.equal(status, 2);
      assert.equal(stdout, "");
      assert.match(stderr, new RegExp(`${wrong.join(" ")}: expected 1 to`));
    }
  });

  it("prints one JSON array of rows and nothing else on stdout", function () {
    const { status, stdout, stderr } = bench("codec", "--json");
    assert.equal(status, 0, stderr);
    const rows = JSON.parse(stdout);
    assert.ok(Array.isArray(rows));
    for (const row of rows) {
      assert.deepEqual(Object.keys(row), ["name", "value", "unit", "peers"]);
      assert.match(row.name, /^codec\/[a-z0-9/-]+$/);
      assert.ok(row.value > 0, row.name);
      assert.equal(typeof row.unit, "string");
      for (const [peer, value] of Object.entries(row.peers)) assert.ok((value as number) > 0, peer);
    }
    const names = rows.map(({ name }: { name: string }) => name);
    for (const name of [
      "bits-per-sample",
      "bits-per-sample-handheld",
      "encode-ns-per-sample",
      "encode-best-ns-per-sample",
      "decode-ns-per-sample",
    ])
      assert.ok(names.includes(`codec/${name}`), name);
    assert.match(stderr, /tools\/sim\/records/);
  });
});
