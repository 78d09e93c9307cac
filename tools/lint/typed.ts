/** Finds methods of typed arrays that Espruino answers with a plain Array; only types tell them from an Array's own. */
import { relative } from "node:path";
import ts from "typescript";
import { UNTYPED_METHODS } from "./builtins";
import type { Violation } from "./violation";

const TYPED = /^(?:(?:Ui|I)nt(?:8|16|32)|Uint8Clamped|Float(?:32|64))Array$|^ArrayBuffer$/;

/** @param files absolute */
export function checkTyped(root: string, files: string[]): Violation | undefined {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2015,
    lib: ["lib.es5.d.ts"],
    types: [],
    strict: true,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  for (const file of files) {
    const source = program.getSourceFile(file)!;
    let found: Violation | undefined;
    const visit = (node: ts.Node): void => {
      if (found) return;
      if (ts.isPropertyAccessExpression(node) && UNTYPED_METHODS.includes(node.name.text)) {
        const type = checker.getTypeAtLocation(node.expression).symbol?.name ?? "";
        if (TYPED.test(type)) {
          const line = source.getLineAndCharacterOfPosition(node.name.getStart(source)).line + 1;
          const message = `${type}.${node.name.text} is no ${type} on Espruino: use cut() of protocol/bytes, or subarray`;
          found = { file: relative(root, file), line, message };
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    if (found) return found;
  }
  return undefined;
}
