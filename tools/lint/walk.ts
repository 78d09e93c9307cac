/** Walks the unminified bundle for what runs on Node and fails, or means something else, on Espruino 2v29. */
import type { AnyNode, Node } from "acorn";
import { parse } from "acorn";
import { MISSING_GLOBALS, MISSING_METHODS, MISSING_STATICS, REGEX_LACKS } from "./builtins";

/** A place in the bundle, for whoever maps it to its source. */
export interface Finding {
  /** From 1. */
  line: number;
  /** From 0. */
  column: number;
  message: string;
}

interface Binding {
  kind: "function" | "var" | "loop" | "other";
  /** Where the definition of a function or `var` begins. */
  start: number;
  depth: number;
}

/** Names visible at a place; `depth` counts the functions around it. */
class Scope {
  private readonly names = new Map<string, Binding>();

  constructor(
    private readonly outer: Scope | undefined,
    readonly depth: number,
  ) {}

  declare(name: string, kind: Binding["kind"], start = 0): void {
    this.names.set(name, { kind, start, depth: this.depth });
  }

  find(name: string): Binding | undefined {
    return this.names.get(name) ?? this.outer?.find(name);
  }
}

const isNamed = (node: Node, name: string): boolean =>
  node.type === "Identifier" && (node as unknown as { name: string }).name === name;

/** Names that a pattern binds. The subset has no destructuring, so anything but a plain name binds none. */
const nameOf = (pattern: Node): string[] =>
  pattern.type === "Identifier" ? [(pattern as unknown as { name: string }).name] : [];

/** The `var` of a function's statements, at any depth of its blocks, in order. */
function varsOf(node: AnyNode, found: { name: string; start: number }[] = []): typeof found {
  if (/Function/.test(node.type) || /^Class/.test(node.type)) return found;
  if (node.type === "VariableDeclaration" && node.kind === "var")
    for (const { id, start } of node.declarations) for (const name of nameOf(id)) found.push({ name, start });
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (child && typeof child.type === "string") varsOf(child, found);
  return found;
}

/** @returns what Espruino does not know of it, "" where it knows all */
function regexFault(source: string, flags: string): string {
  if (/[^gi]/.test(flags)) return "flags but g and i";
  const classes = source.match(/\[(?:\\.|[^\]\\])*\]/g) ?? [];
  if (classes.some((one) => /\\[up]/.test(one))) return "this escape in a class";
  const rest = source.replace(/\[(?:\\.|[^\]\\])*\]/g, "[]").replace(/\\[^bBukpP1-9]/g, "e");
  return REGEX_LACKS.find(([found]) => found.test(rest))?.[1] ?? "";
}

/** esbuild's helpers, recognised where they are called; their own definitions have no source to blame. */
const HELPERS: [RegExp, string][] = [
  [/^__(spreadValues|spreadProps|objRest)$/, "object spread: name the fields"],
  [/^__private|^__accessCheck$/, "#private: write TypeScript's `private`"],
  [/^__(async|await|yieldStar|forAwait|asyncGenerator)$/, "async: pass a callback"],
  [/^__pow$/, "`**` becomes Math.pow, which is inexact on Espruino: multiply in a loop"],
  [/^__(template|decorate\w*|publicField)$/, "a construct that needs esbuild's runtime: write it plainly"],
];

class Walker {
  readonly findings: Finding[] = [];

  private say(node: Node, message: string): void {
    const { line, column } = node.loc!.start;
    this.findings.push({ line, column, message });
  }

  walk(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case "Identifier":
        this.reference(node, node.name, scope);
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.inFunction(node, scope);
        return;
      case "CallExpression":
        // esbuild lists a module's exports before their definitions, as getters that nobody calls meanwhile.
        if (node.callee.type === "Identifier" && node.callee.name === "__export") return;
        break;
      case "Literal":
        this.literal(node);
        return;
      case "NewExpression":
        if (node.callee.type === "Identifier" && node.callee.name === "RegExp")
          this.say(node, "a regular expression from text: write it as a literal, which can be checked");
        break;
      case "TaggedTemplateExpression":
        this.say(node, "tagged template: call the function");
        break;
      case "AssignmentExpression":
        if (
          node.left.type === "MemberExpression" &&
          !node.left.computed &&
          isNamed(node.left.property, "length")
        )
          this.say(node, "length cannot be set on Espruino: use splice, or a new array");
        break;
      case "MemberExpression":
        this.member(node);
        this.walk(node.object, scope);
        if (node.computed) this.walk(node.property, scope);
        return;
      case "Property":
      case "MethodDefinition":
        if (node.computed) this.say(node, "computed key: assign it after the literal");
        this.walk(node.value, scope);
        return;
      case "LabeledStatement":
        this.say(node, "label: Espruino has none; return from a function instead");
        break;
      case "SwitchStatement": {
        const at = node.cases.findIndex((one) => !one.test);
        if (at >= 0 && at < node.cases.length - 1)
          this.say(node.cases[at]!, "`default` before `case` throws: put it last");
        break;
      }
      case "ClassDeclaration":
      case "ClassExpression":
        this.superclass(node);
    }
    this.children(node, this.enter(node, scope));
  }

  private literal(node: Extract<AnyNode, { type: "Literal" }>): void {
    if (typeof node.value === "number" && Number.isInteger(node.value) && node.value > 2 ** 53)
      this.say(node, "an integer literal beyond 2^53 overflows on Espruino: compute it");
    if (!node.regex) return;
    const fault = regexFault(node.regex.pattern, node.regex.flags);
    if (fault) this.say(node, `Espruino's regular expressions have no ${fault}: write it out`);
  }

  private superclass(node: { superClass?: AnyNode | null } & Node): void {
    const parent = node.superClass;
    if (parent?.type === "Identifier" && /Error$/.test(parent.name))
      this.say(node, "`extends Error` throws: use refusal() of protocol/refusal");
  }

  private inFunction(node: Extract<AnyNode, { params: unknown }>, scope: Scope): void {
    const inner = new Scope(scope, scope.depth + 1);
    for (const parameter of node.params) for (const name of nameOf(parameter)) inner.declare(name, "other");
    inner.declare("arguments", "other");
    for (const { name, start } of varsOf(node.body as AnyNode).reverse()) inner.declare(name, "var", start);
    if (node.type === "FunctionExpression" && node.id) inner.declare(node.id.name, "other");
    this.walk(node.body as AnyNode, inner);
  }

  /** The scope inside `node`, with what its own statements declare. */
  private enter(node: AnyNode, scope: Scope): Scope {
    const loop = /^For/.test(node.type);
    if (!loop && !/^(Program|BlockStatement|SwitchStatement|CatchClause)$/.test(node.type)) return scope;
    const inner = new Scope(scope, scope.depth);
    if (node.type === "CatchClause" && node.param)
      for (const name of nameOf(node.param)) inner.declare(name, "other");
    const statements: AnyNode[] = [];
    if (node.type === "Program" || node.type === "BlockStatement") statements.push(...node.body);
    if (node.type === "SwitchStatement") statements.push(...node.cases.flatMap((one) => one.consequent));
    if (node.type === "ForStatement" && node.init) statements.push(node.init);
    if (node.type === "ForInStatement" || node.type === "ForOfStatement") statements.push(node.left);
    for (const one of statements) {
      if (one.type === "FunctionDeclaration") inner.declare(one.id!.name, "function", one.start);
      if (one.type === "ClassDeclaration") inner.declare(one.id!.name, "other");
      if (one.type === "VariableDeclaration") {
        // Those of a function are known from its head on; a bundle's own are its modules' const and let.
        if (one.kind === "var" && scope.depth > 0) continue;
        const kind = loop && one.kind !== "var" ? "loop" : "other";
        for (const { id } of one.declarations) for (const name of nameOf(id)) inner.declare(name, kind);
      }
    }
    return inner;
  }

  private children(node: AnyNode, scope: Scope): void {
    for (const [key, value] of Object.entries(node)) {
      if (key === "label") continue;
      for (const child of Array.isArray(value) ? value : [value])
        if (child && typeof child.type === "string") this.walk(child, scope);
    }
  }

  private reference(node: AnyNode, name: string, scope: Scope): void {
    const binding = scope.find(name);
    const hoisted =
      binding?.kind === "function" || (binding?.kind === "var" && binding.depth === scope.depth);
    if (binding && hoisted && node.start < binding.start)
      this.say(
        node,
        `${name} is used before its definition: Espruino hoists nothing, move the definition up`,
      );
    if (binding?.kind === "loop" && binding.depth < scope.depth)
      this.say(
        node,
        `${name} is captured in a loop that has one binding only: copy it to a const in the body`,
      );
    const instead = Object.hasOwn(MISSING_GLOBALS, name) ? MISSING_GLOBALS[name] : undefined;
    if (instead && !binding) this.say(node, `${name} does not exist on Espruino: use ${instead}`);
    for (const [helper, message] of HELPERS) if (helper.test(name)) this.say(node, message);
  }

  private member(node: Extract<AnyNode, { type: "MemberExpression" }>): void {
    const { object, property } = node;
    const literal = property.type === "Literal" && typeof property.value === "string" ? property.value : "";
    const name = property.type === "Identifier" && !node.computed ? property.name : literal;
    const owner = object.type === "Identifier" ? object.name : "";
    const statics = Object.hasOwn(MISSING_STATICS, owner) ? MISSING_STATICS[owner]! : [];
    if (statics.includes(name))
      this.say(property, `${owner}.${name} does not exist on Espruino: write it out`);
    else if (name === "toFixed")
      this.say(property, ".toFixed cuts digits off on Espruino instead of rounding: write it out");
    else if (MISSING_METHODS.includes(name))
      this.say(property, `.${name} does not exist on Espruino: write it out`);
    if (/^(?:\w+8|\w+16|\w+32|Float64|Uint8Clamped)Array$/.test(owner) && /^(from|of)$/.test(name))
      this.say(property, `${owner}.${name} does not exist on Espruino: fill it in a loop`);
    if (owner === "Math" && name === "pow")
      this.say(
        property,
        "Math.pow is inexact on Espruino (2^32 is no integer): shift, or multiply in a loop",
      );
    if (owner === "Array" && name === "prototype")
      this.say(property, "Array.prototype by name does not serve typed arrays on Espruino: write a loop");
  }
}

/** @param bundle JavaScript; @returns what must not stand in it, in the order of the bundle */
export function walkBundle(bundle: string): Finding[] {
  const walker = new Walker();
  walker.walk(
    parse(bundle, { ecmaVersion: 2022, sourceType: "script", locations: true }),
    new Scope(undefined, 0),
  );
  return walker.findings.sort((a, b) => a.line - b.line || a.column - b.column);
}
