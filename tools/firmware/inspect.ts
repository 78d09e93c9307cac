/** What a bundle asks of the interpreter that runs it. */
import { type AnyNode, type Node, parse } from "acorn";

export interface Demands {
  /** The runtime's own names: "Date", "E.CRC32". */
  builtins: string[];
  /** The runtime's modules, by `require`. */
  modules: string[];
  /** Variables that stand at the top level: each is a global while the application runs. */
  topLevel: number;
  /** Functions that begin with the directive "jit". */
  jit: number;
}

type Names = ReadonlySet<string>;

/** The language's own, which no build of the runtime leaves out. */
const LANGUAGE = new Set(["undefined", "arguments", "NaN", "Infinity"]);

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node)
    .flat()
    .filter((child): child is AnyNode => typeof child?.type === "string");
}

const plainName = (node: Node | null | undefined): string[] =>
  node?.type === "Identifier" ? [(node as AnyNode & { name: string }).name] : [];

/** Names that a function's own statements declare, blocks included: finer scopes would find no other free name here. */
function declaredIn(node: AnyNode): string[] {
  if (/Function/.test(node.type)) return node.type === "FunctionDeclaration" ? plainName(node.id) : [];
  const own =
    node.type === "VariableDeclaration"
      ? node.declarations.flatMap(({ id }) => plainName(id))
      : node.type === "ClassDeclaration" || node.type === "ClassExpression"
        ? plainName(node.id)
        : node.type === "CatchClause"
          ? plainName(node.param)
          : [];
  return [...own, ...childrenOf(node).flatMap(declaredIn)];
}

/** @param code of the subset: no name is bound but plainly */
export function demandsOf(code: string): Demands {
  const builtins = new Set<string>();
  const modules = new Set<string>();
  let jit = 0;

  const free = (name: string, scopes: Names[]) => !scopes.some((names) => names.has(name));
  const visit = (node: AnyNode, scopes: Names[]): void => {
    switch (node.type) {
      case "Identifier":
        if (free(node.name, scopes) && !LANGUAGE.has(node.name)) builtins.add(node.name);
        return;
      case "MemberExpression": {
        const { object, property } = node;
        if (!node.computed && object.type === "Identifier" && property.type === "Identifier") {
          if (free(object.name, scopes)) builtins.add(`${object.name}.${property.name}`);
          return;
        }
        visit(object, scopes);
        if (node.computed) visit(property, scopes);
        return;
      }
      case "CallExpression":
        if (node.callee.type === "Identifier" && node.callee.name === "require" && free("require", scopes)) {
          const [module] = node.arguments;
          if (module?.type === "Literal") modules.add(String(module.value));
          return;
        }
        break;
      case "Property":
      case "MethodDefinition":
      case "PropertyDefinition":
        if (node.computed) visit(node.key, scopes);
        if (node.value) visit(node.value, scopes);
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const { body } = node;
        const [first] = body.type === "BlockStatement" ? body.body : [];
        if (first?.type === "ExpressionStatement" && first.directive === "jit") jit++;
        const names = [
          ...node.params.flatMap(plainName),
          ...plainName(node.id),
          ...childrenOf(body).flatMap(declaredIn),
        ];
        visit(body, [...scopes, new Set(names)]);
        return;
      }
    }
    for (const child of childrenOf(node)) visit(child, scopes);
  };

  const program = parse(code, { ecmaVersion: 2022, sourceType: "script" });
  const topLevel = new Set(childrenOf(program).flatMap(declaredIn));
  visit(program, [topLevel]);
  return { builtins: [...builtins].sort(), modules: [...modules].sort(), topLevel: topLevel.size, jit };
}
