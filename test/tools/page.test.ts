import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { buildPage } from "../../tools/page";

/**
 * One and a half times what a phone fetched when the bounds were set: whoever needs more says why and raises them. Scripts were
 * 122: alerts, what became of a claim, and papers are told in three languages since.
 */
const MAX_SCRIPT_KB = 126;
const MAX_STYLE_KB = 4;
const MAX_FILES = 6;

describe("the built page", function () {
  this.timeout(120_000);
  let folder: string;
  let assets: string[];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "avnode-page-"));
    await buildPage(folder);
    assets = readdirSync(join(folder, "assets"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const kilobytes = (ending: string) =>
    assets
      .filter((name) => name.endsWith(`${ending}.gz`))
      .reduce((sum, name) => sum + readFileSync(join(folder, "assets", name)).length / 1000, 0);

  it("stays small enough for a phone at the far end of the house", () => {
    const [script, style] = [kilobytes(".js"), kilobytes(".css")];
    assert.ok(script > 10 && script <= MAX_SCRIPT_KB, `scripts: ${script.toFixed(1)} KB compressed`);
    assert.ok(style > 0.5 && style <= MAX_STYLE_KB, `styles: ${style.toFixed(1)} KB compressed`);
  });

  it("comes in few files, each compressed beside itself", () => {
    const plain = assets.filter((name) => !name.endsWith(".gz"));
    assert.ok(plain.length <= MAX_FILES, assets.join(", "));
    assert.deepEqual(
      assets.filter((name) => name.endsWith(".gz")),
      plain.map((name) => `${name}.gz`),
    );
    for (const name of plain) {
      const [whole, short] = [name, `${name}.gz`].map((one) => readFileSync(join(folder, "assets", one)));
      assert.deepEqual(gunzipSync(short!), whole);
    }
  });
});
