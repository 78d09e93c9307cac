/**
 * Puts a counter into every branch of a module. Own code, because the fuzzers for JavaScript bring native parts that
 * do not load on Debian 12, and because counters at fixed numbers cost a tenth of asking V8 for its coverage.
 */
import { type AnyNode, parse } from "acorn";

/** Text to insert at a position of the source. */
interface Insertion {
  at: number;
  /** Among insertions at one position: those that close come before those that open, the inner before the outer. */
  order: number;
  text: string;
}

export interface Instrumented {
  code: string;
  /** Number of the next free edge. */
  nextEdge: number;
  /** Literals of the code: what a decoder compares with is what an input should try. */
  literals: (string | number)[];
}

class Instrumenter {
  private readonly insertions: Insertion[] = [];
  readonly literals = new Set<string | number>();

  constructor(
    private readonly source: string,
    public nextEdge: number,
  ) {}

  private get hit(): string {
    return `__hit(${this.nextEdge++})`;
  }

  private insert(at: number, text: string, order: number): void {
    this.insertions.push({ at, text, order });
  }

  /** `{ body }` with a counter at its beginning, whether or not it has its braces. */
  private block(node: AnyNode): void {
    if (node.type === "BlockStatement") this.insert(node.start + 1, `${this.hit};`, node.start + 1);
    else {
      this.insert(node.start, `{${this.hit};`, node.start);
      this.insert(node.end, "}", -node.start);
    }
  }

  private expression(node: AnyNode): void {
    this.insert(node.start, `(${this.hit},`, node.start);
    this.insert(node.end, ")", -node.start);
  }

  visit(node: AnyNode): void {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        // A directive such as "jit" must stay a function's first statement.
        if (node.body.type !== "BlockStatement") this.expression(node.body);
        else this.afterDirectives(node.body);
        break;
      case "IfStatement":
        this.block(node.consequent);
        if (node.alternate) this.block(node.alternate);
        // Before the brace that closes a block put around this very statement.
        else this.insert(node.end, ` else{${this.hit}}`, -node.start - 0.5);
        break;
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        this.block(node.body);
        break;
      case "CatchClause":
        this.block(node.body);
        break;
      case "SwitchCase": {
        const first = node.consequent[0];
        if (first) this.insert(first.start, `${this.hit};`, first.start - 1);
        break;
      }
      case "ConditionalExpression":
        this.expression(node.consequent);
        this.expression(node.alternate);
        break;
      case "LogicalExpression":
        this.expression(node.right);
        break;
      case "ImportDeclaration":
        return;
      case "Literal":
        if (typeof node.value === "string" || typeof node.value === "number") this.literals.add(node.value);
        break;
    }
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value])
        if (child && typeof child.type === "string") this.visit(child);
  }

  private afterDirectives(body: Extract<AnyNode, { type: "BlockStatement" }>): void {
    const first = body.body.find((one) => !("directive" in one && one.directive));
    const at = first ? first.start : body.end - 1;
    this.insert(at, `${this.hit};`, at - 1);
  }

  /** The source with everything inserted. */
  code(): string {
    this.insertions.sort((a, b) => a.at - b.at || a.order - b.order);
    let out = "";
    let from = 0;
    for (const { at, text } of this.insertions) {
      out += this.source.slice(from, at) + text;
      from = at;
    }
    return out + this.source.slice(from);
  }
}

/**
 * @param source JavaScript, a module
 * @param nextEdge number of its first counter
 * @param runtime module that exports `hit`
 */
export function instrument(source: string, nextEdge: number, runtime: string): Instrumented {
  const program = parse(source, { ecmaVersion: "latest", sourceType: "module" });
  const instrumenter = new Instrumenter(source, nextEdge);
  instrumenter.visit(program);
  return {
    code: `import { hit as __hit } from ${JSON.stringify(runtime)};\n${instrumenter.code()}`,
    nextEdge: instrumenter.nextEdge,
    literals: [...instrumenter.literals],
  };
}
