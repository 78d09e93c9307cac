/** Finds methods that only types tell from others of their name: typed arrays', which give a plain Array, and text's. */
import { relative } from "node:path";
import ts from "typescript";
import { MISSING_OF_TEXT, UNTYPED_METHODS } from "./builtins";
import type { Violation } from "./violation";

const TYPED = /^(?:(?:Ui|I)nt(?:8|16|32)|Uint8Clamped|Float(?:32|64))Array$|^ArrayBuffer$/;

/** What is wrong with a member of that name; its owner's type is asked for only where the name may be wrong. */
function complaint(name: string, typeOf: () => ts.Type): string | undefined {
  if (UNTYPED_METHODS.includes(name)) {
    const type = typeOf().symbol?.name ?? "";
    if (TYPED.test(type))
      return `${type}.${name} is no ${type} on Espruino: use cut() of protocol/bytes, or subarray`;
  }
  if (MISSING_OF_TEXT.includes(name) && typeOf().flags & ts.TypeFlags.StringLike)
    return `.${name} of text does not exist on Espruino: use indexOf, or a regular expression's exec`;
  return undefined;
}

/**
 * Espruino finds a text's end wherever it begins what is sought: "hello".indexOf("oz") is 4. One character is safe.
 */
function seeksMore(node: ts.CallExpression, typeOf: (of: ts.Expression) => ts.Type): boolean {
  const { expression: callee } = node;
  if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== "indexOf") return false;
  const [sought] = node.arguments;
  if (!sought || ts.isElementAccessExpression(sought)) return false;
  if (ts.isStringLiteral(sought) && sought.text.length === 1) return false;
  return (typeOf(callee.expression).flags & ts.TypeFlags.StringLike) !== 0;
}

/** @param files absolute; @returns the first violation of each */
export function checkTyped(root: string, files: string[]): Violation[] {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2015,
    lib: ["lib.es5.d.ts"],
    types: [],
    strict: true,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const violations: Violation[] = [];
  for (const file of files) {
    const source = program.getSourceFile(file)!;
    let found: Violation | undefined;
    const visit = (node: ts.Node): void => {
      if (found) return;
      if (ts.isPropertyAccessExpression(node)) {
        const name = node.name.text;
        const message = complaint(name, () => checker.getTypeAtLocation(node.expression));
        const line = source.getLineAndCharacterOfPosition(node.name.getStart(source)).line + 1;
        if (message) found = { file: relative(root, file), line, message };
      }
      if (ts.isCallExpression(node) && seeksMore(node, (of) => checker.getTypeAtLocation(of))) {
        const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
        const message =
          "indexOf of more than a character finds what is not there on Espruino: use a regular expression";
        found = { file: relative(root, file), line, message };
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    if (found) violations.push(found);
  }
  return violations;
}
