/** Whatever syntax and built-ins the firmware's bundle uses is among the constructs that were seen to run. */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { type AnyNode, parse } from "acorn";
import ts from "typescript";
import { bundle } from "./bundle";
import { CONSTRUCTS } from "./constructs/all";

const ROOT = join(__dirname, "../..");

/** Names that the language's library gives to its objects. */
const LIBRARY = new Set(
  [Array, String, Number, Object, Function, RegExp, Date, Error, Uint8Array, DataView, ArrayBuffer]
    .flatMap((one) => [...Object.getOwnPropertyNames(one.prototype), ...Object.getOwnPropertyNames(one)])
    .concat(Object.getOwnPropertyNames(Object.getPrototypeOf(Uint8Array.prototype))),
);
/** Names of the library that fields and methods of ours have too; types tell that none of them is the library's. */
const OURS = "anchor at find from input keys link name raw repeat seal setTime".split(" ");
const GLOBALS = new Set(
  Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]|^is|^parse/.test(name)),
);

/** Syntax by node and operator, members by their name where the library has it, globals of the language. */
function features(script: string): Set<string> {
  const found = new Set<string>();
  const visit = (node: AnyNode): void => {
    const { type } = node;
    const detail =
      "operator" in node
        ? node.operator
        : "kind" in node
          ? node.kind
          : type === "Literal" && node.regex
            ? "/"
            : "";
    found.add(`${type} ${detail}`.trim());
    if (type === "MemberExpression" && !node.computed && node.property.type === "Identifier") {
      const { name } = node.property;
      const owner =
        node.object.type === "Identifier" && GLOBALS.has(node.object.name) ? node.object.name : "";
      if (owner) found.add(`${owner}.${name}`);
      else if (LIBRARY.has(name)) found.add(`.${name}`);
    }
    if (type === "NewExpression" && node.callee.type === "Identifier" && GLOBALS.has(node.callee.name))
      found.add(`new ${node.callee.name}`);
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value])
        if (child && typeof child.type === "string") visit(child);
  };
  visit(parse(script, { ecmaVersion: 2022, sourceType: "script" }));
  return found;
}

/** Places of the firmware's sources that name a member so without a declaration of ours. */
function notOurs(names: string[]): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(join(ROOT, "tsconfig.firmware.json"), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => assert.fail(String(messageText)),
  })!;
  const program = ts.createProgram(config.fileNames, config.options);
  const checker = program.getTypeChecker();
  const found: string[] = [];
  for (const source of program.getSourceFiles()) {
    const file = relative(ROOT, source.fileName);
    if (source.isDeclarationFile || !/^(?:firmware|protocol)\//.test(file)) continue;
    const visit = (node: ts.Node): void => {
      if (
        ts.isPropertyAccessExpression(node) &&
        names.includes(node.name.text) &&
        // `Object.keys` and the like count as such.
        !GLOBALS.has(node.expression.getText())
      ) {
        const declared = checker.getSymbolAtLocation(node.name)?.declarations ?? [];
        const isOurs = declared.every((one) => !program.isSourceFileDefaultLibrary(one.getSourceFile()));
        if (declared.length === 0 || !isOurs) {
          const { line } = source.getLineAndCharacterOfPosition(node.getStart());
          found.push(`${file}:${line + 1}: ${node.getText()}`);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

describe("the firmware's bundle", () => {
  it("uses nothing that no construct was seen to run with", function () {
    const entry =
      'import { board } from "../../firmware/board/xiaoble"; import { run } from "../../firmware/espruino/main";';
    const used = features(bundle(`${entry} run(board);`));
    const seen = new Set<string>();
    for (const { kind, code } of CONSTRUCTS) {
      if (kind !== "runs" && kind !== "rewritten") continue;
      for (const feature of features(bundle(`declare function ok(value: boolean): void;\n${code}`)))
        seen.add(feature);
    }
    assert.deepEqual(
      [...used].filter((feature) => !seen.has(feature) && !OURS.includes(feature.slice(1))).sort(),
      [],
    );
  });

  it("uses no member of the library under a name that ours have too", function () {
    assert.deepEqual(notOurs(OURS), []);
  });
});
