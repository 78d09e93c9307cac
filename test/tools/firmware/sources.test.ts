import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { FIRMWARE } from "../../../firmware/recorder";
import { boardNamed } from "../../../tools/firmware/boards";
import { buildFirmware } from "../../../tools/firmware/build";
import { walkBundle } from "../../../tools/lint/walk";

const ROOT = join(__dirname, "../../..");

/** What works on every sample, every word of a table or every byte of a field: interpreted it would not keep up. */
const COMPILED = [
  "protocol/bytes.ts putBytes",
  "protocol/bytes.ts takeBytes",
  "protocol/codec/codes.ts assign",
  "protocol/codec/flat.ts fill",
  "protocol/codec/flat.ts fillStates",
  "protocol/codec/flat.ts putCodes",
  "protocol/codec/flat.ts putSamples",
  "protocol/codec/flat.ts startOf",
];

/** Functions of a source that begin with the directive, by TypeScript's own reading: file and name. */
function jitFunctions(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(ROOT, file), "utf8"),
    ts.ScriptTarget.ES2015,
    true,
  );
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const body = ts.isFunctionLike(node) && "body" in node ? node.body : undefined;
    const first = body && ts.isBlock(body) ? body.statements[0] : undefined;
    if (first && ts.isExpressionStatement(first) && ts.isStringLiteral(first.expression))
      if (first.expression.text === "jit")
        found.push(`${file} ${(node as ts.FunctionLikeDeclaration).name?.getText()}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("the firmware of this work tree", function () {
  it("is built for every board that it is made for", () => {
    for (const name of ["xiaoble", "linux"]) {
      const { manifest, application, bootCode } = buildFirmware({ board: boardNamed(name) });
      assert.deepEqual(manifest.modules, ["Flash", "Storage", "crypto"]);
      for (const { code } of [application, bootCode]) {
        assert.deepEqual(walkBundle(code), [], "minifying brought in what the gate keeps out");
        assert.doesNotMatch(code, /exports|defineProperty|sourceMappingURL/);
      }
      assert.equal(bootCode.demands.topLevel, 0, "the boot code leaves names that the application may use");
      for (const builtin of ["E.setConsole", "E.CRC32"])
        assert.ok(bootCode.demands.builtins.includes(builtin), builtin);
    }
  });

  it("still has every jit directive of its sources after minifying", () => {
    const { application } = buildFirmware({ board: boardNamed("xiaoble") });
    const written = (JSON.parse(application.map).sources as string[])
      .filter((file) => /^(firmware|protocol)\//.test(file))
      .flatMap(jitFunctions);
    assert.equal(application.demands.jit, written.length, written.join(", "));
    assert.deepEqual(
      COMPILED.filter((name) => !written.includes(name)),
      [],
      "interpreted, or not in the application",
    );
  });

  it("says of itself the version that it is built as", () => {
    const { manifest } = buildFirmware({ board: boardNamed("xiaoble") });
    assert.equal(FIRMWARE, `avnode ${manifest.version}`);
  });
});
