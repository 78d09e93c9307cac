import assert from "node:assert/strict";
import { transformSync } from "esbuild";
import { hoistConstants } from "../../../tools/firmware/constants";

/** As the build makes a script of it. */
function built(lines: string[]): string {
  const hoisted = hoistConstants(['"use strict";', ...lines].join("\n"));
  assert.equal(hoisted.split("\n").length, lines.length + 1, "the source map would lie");
  return transformSync(hoisted, { loader: "ts", minifySyntax: true, minifyWhitespace: true }).code.trim();
}

describe("constants in the bundle", () => {
  it("stand where they are used, those made of others too", () => {
    assert.equal(
      built([
        "var HEAD = 11;",
        "function f() {",
        "  return ALL;",
        "}",
        "var ALL = 2 * HEAD + 0x10;",
        "print(f());",
      ]),
      "const HEAD=11,ALL=38;function f(){return 38}print(f());",
    );
  });

  it("stand for a table's entry where nothing but its entries is read", () => {
    const table = ["var Kind = {", "  open: 1,", "  data: 2", "};"];
    assert.match(built([...table, "print(Kind.data);"]), /print\(2\)/);
    for (const use of ["print(Kind);", "print(Kind[x]);", "Kind.data = 3;", "print(Kind.data, Kind.other);"])
      assert.ok(built([...table, use]).includes("open:1"), use);
  });

  it("stay where they are if they are no constants", () => {
    for (const change of ["at = 5;", "at += 5;", "at++;", "f(at >>>= 1);"])
      assert.match(built(["var at = 0;", change]), /(?:var|let) at=0/);
    assert.match(built(["var size = other + 1;", "print(size);"]), /var size=other\+1/);
  });
});
