/** Finds members that only types tell from others of their name: of typed arrays, of text, and those that a class inherits. */
import { relative } from "node:path";
import ts from "typescript";
import { MISSING_OF_TEXT, SEEKING, UNTYPED_METHODS } from "./builtins";
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

/** Whether more than a character is sought in a text, or may be. */
function seeksMore(node: ts.CallExpression, typeOf: (of: ts.Expression) => ts.Type): boolean {
  const { expression: callee } = node;
  if (!ts.isPropertyAccessExpression(callee) || !SEEKING.includes(callee.name.text)) return false;
  const isText = () => (typeOf(callee.expression).flags & ts.TypeFlags.StringLike) !== 0;
  const [sought] = node.arguments;
  if (!sought || ts.isElementAccessExpression(sought)) return false;
  if (ts.isStringLiteral(sought)) return sought.text.length > 1 && isText();
  return typeOf(sought).symbol?.name !== "RegExp" && isText();
}

/** Whether a static member is asked of a class that has it from another. */
function inheritsStatic(node: ts.PropertyAccessExpression, checker: ts.TypeChecker): boolean {
  const declared = checker.getSymbolAtLocation(node.name)?.valueDeclaration;
  if (!declared || !(ts.getCombinedModifierFlags(declared) & ts.ModifierFlags.Static)) return false;
  return checker.getTypeAtLocation(node.expression).symbol?.valueDeclaration !== declared.parent;
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
    const say = (at: ts.Node, message: string): void => {
      const line = source.getLineAndCharacterOfPosition(at.getStart(source)).line + 1;
      found ??= { file: relative(root, file), line, message };
    };
    const visit = (node: ts.Node): void => {
      if (found) return;
      if (ts.isPropertyAccessExpression(node)) {
        const { name } = node;
        const message = complaint(name.text, () => checker.getTypeAtLocation(node.expression));
        if (message) say(name, message);
        if (inheritsStatic(node, checker))
          say(
            name,
            `${name.text} is not found in the class that inherits it on Espruino: name its own class`,
          );
      }
      if (ts.isCallExpression(node) && seeksMore(node, (of) => checker.getTypeAtLocation(of))) {
        const method = (node.expression as ts.PropertyAccessExpression).name.text;
        const message = `${method} of more than a character finds what is not there on Espruino: use a regular expression`;
        say(node, message);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    if (found) violations.push(found);
  }
  return violations;
}
