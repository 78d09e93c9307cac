import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGE = join(__dirname, "../../package.json");

function demand(binary: string) {
  return spawnSync(
    process.execPath,
    ["-r", "ts-node/register/transpile-only", join(__dirname, "demand.ts")],
    {
      env: { ...process.env, AVNODE_ESPRUINO: binary },
      encoding: "utf8",
    },
  );
}

describe("npm run test:espruino", () => {
  it("runs no test before the interpreter is there", () => {
    const { scripts } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { scripts: Record<string, string> };
    assert.match(scripts["test:espruino"]!, /^ts-node test\/espruino\/demand\.ts && mocha /);
  });

  it("fails without one, and says what to do", () => {
    for (const [binary, why] of [
      ["", /AVNODE_ESPRUINO is not set/],
      [join(__dirname, "no such file"), /no such file/],
      [PACKAGE, /permission denied/],
    ] as const) {
      const { status, stderr } = demand(binary);
      assert.equal(status, 1, binary);
      assert.match(stderr, why);
      assert.match(stderr, /\nhint: build Espruino 2v29 for Linux/);
    }
    assert.equal(demand(process.execPath).status, 0);
  });
});
