import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkTree } from "../../../tools/lint/subset";

/** @param files text by path; @returns what the gate says of them, as it prints it */
function gate(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "avnode-lint-"));
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    const violation = checkTree(root);
    return violation ? `${violation.file}:${violation.line}: ${violation.message}` : "clean";
  } finally {
    rmSync(root, { recursive: true });
  }
}

const CLEAN = `
import { one } from "./other";
export class Counter {
  private readonly seen: number[] = [];
  add(bytes: Uint8Array): number {
    const tail = bytes.subarray(1);
    const label = \`\${tail.length}\`;
    for (let i = 0; i < 3; i++) {
      const at = i;
      this.seen.push(label.length + one(() => at));
    }
    switch (bytes.length) {
      case 0: return 0;
      default: return this.seen.slice(0, 1).length;
    }
  }
}
class Named { static first = 1; static of() { return this.first; } }
export const named = Named.of() + Named.first;
export const parts = "a,b".split(",").concat("ab".split(""), "a b".replace(" ", "").replace(/ab/, "c"), /^a$|^b(c)$/.exec("a")!);
const last = { map: 1, set: 2, slice: (bytes: Uint8Array) => bytes[0] };
export const text = "a label: extends Error, 2 ** 3, new Map()" + last.map;
`;

/** Line 3 of every planted file holds the violation. */
const PLANTED: [rule: string, line: string, said: RegExp][] = [
  ["a label", "outer: for (;;) { for (;;) break outer; }", /label/],
  ["a class that extends Error", "export class Bad extends Error {}", /extends Error/],
  [
    "default before case",
    "export const f = (n: number) => { switch (n) { default: return 1; case 2: return 2; } };",
    /default/,
  ],
  [
    "a function used before its definition",
    "export const early = late(); function late() { return 1; }",
    /late is used before/,
  ],
  [
    "a function used in another before its definition",
    "export function a() { return z(); } function z() { return 1; }",
    /z is used before/,
  ],
  [
    "a loop variable captured",
    "export const fs: any[] = []; for (let i = 0; i < 2; i++) fs.push(() => i);",
    /i is captured/,
  ],
  [
    "a loop's key captured",
    "export const gs: any[] = []; for (const k in {}) gs.push(function () { return k; });",
    /k is captured/,
  ],
  ["destructuring", "export const f = (o: any) => { const { a } = o; return a; };", /destructuring/],
  ["a default parameter", "export const f = (n = 1) => n;", /default arg/],
  ["a rest parameter", "export const f = (...n: number[]) => n;", /rest arg/],
  ["array spread", "export const f = (n: number[]) => [...n];", /array spread/],
  ["a generator", "export function* f() { yield 1; }", /generator/],
  ["async", "export async function f() {}", /async/],
  ["object spread", "export const f = (o: any) => ({ ...o });", /object spread/],
  ["a #private field", "export class A { #x = 1; f() { return this.#x; } }", /#private/],
  ["a BigInt literal", "export const n = 1n;", /BigInt/],
  ["a computed key", "export const f = (k: string) => ({ [k]: 1 });", /computed key/],
  ["a computed method", "export class A { ['a' + 1]() {} }", /computed key/],
  ["new Map", "export const m = new Map();", /Map does not exist.*array/],
  ["Set behind a cast", "export const s = new (Set as any)();", /Set does not exist/],
  ["WeakMap", "export const w = new WeakMap();", /WeakMap does not exist/],
  ["Symbol", "export const s = Symbol('a');", /Symbol does not exist/],
  ["Proxy", "export const p = new Proxy({}, {});", /Proxy does not exist/],
  ["Reflect", "export const p = Reflect.ownKeys({});", /Reflect does not exist/],
  ["Object.freeze", "export const f = Object.freeze({});", /Object.freeze/],
  ["Object.seal", "export const f = Object.seal({});", /Object.seal/],
  ["lastIndexOf", "export const f = 'aa'.lastIndexOf('a') + [1].lastIndexOf(1);", /lastIndexOf/],
  ["reduceRight", "export const f = [1].reduceRight((a, b) => a + b);", /reduceRight/],
  ["toPrecision", "export const f = (1.5).toPrecision(2);", /toPrecision/],
  ["a method by its quoted name", "export const f = (1.5 as any)['toPrecision'](2);", /toPrecision/],
  ["Date.UTC", "export const f = Date.UTC(2026, 0);", /Date.UTC/],
  ["Math.imul", "export const f = Math.imul(2, 3);", /Math.imul/],
  ["Math.clz32", "export const f = Math.clz32(2);", /Math.clz32/],
  ["Math.trunc", "export const f = Math.trunc(2.5);", /Math.trunc/],
  ["Math.log2", "export const f = Math.log2(2);", /Math.log2/],
  ["Array.from", "export const f = Array.from([1]);", /Array.from/],
  ["Uint8Array.from", "export const f = Uint8Array.from([1]);", /Uint8Array.from/],
  [
    "Array.prototype by name",
    "export const f = (b: any) => Array.prototype.slice.call(b);",
    /Array.prototype/,
  ],
  ["a typed array's slice", "export const f = (b: Uint8Array) => b.slice(0, 1);", /Uint8Array.slice/],
  ["Math.pow, which is inexact", "export const f = Math.pow(2, 32);", /Math.pow/],
  ["`**`", "export const f = (n: number) => 2 ** n;", /Math.pow/],
  ["a tagged template", "export const f = (t: any) => t`a`;", /tagged template/],
  ["a length set", "export const f = (a: number[]) => { a.length = 0; };", /length cannot be set/],
  ["var before its definition", "export const f = () => { a = 1; { var a: number; } };", /a is used before/],
  ["a counted repetition", "export const f = /a{2}/;", /counted repetition/],
  ["an optional character", "export const f = /ab?/;", /behind a character/],
  ["a repeated group", "export const f = /(ab)+/;", /repetition of a group/],
  ["lookahead", "export const f = /a(?=b)/;", /lookaround/],
  ["a flag of a regular expression", "export const f = /a/m;", /flags/],
  ["a regular expression from text", 'export const f = new RegExp("a");', /from text/],
  ["search of text", "export const f = 'a'.search(/a/);", /search of text/],
  ["a text sought in text", "export const f = (t: string) => t.indexOf('ab');", /more than a character/],
  ["a text replaced", "export const f = (t: string) => t.replace('ab', '');", /replace of more/],
  ["a text split by text", "export const f = (t: string, by: string) => t.split(by);", /split of more/],
  ["alternatives in a group", "export const f = /^(a|bc)$/;", /alternatives in a group/],
  ["alternatives in a group behind another", "export const f = /(a)(b|c)/;", /alternatives in a group/],
  ["a group in a group", "export const f = /^((a)|b)$/;", /group in a group/],
  ["a group without number", "export const f = /(?:a)b/;", /plain ones/],
  ["toFixed", "export const f = (1.5).toFixed(1);", /rounding/],
  [
    "a static member that is inherited",
    "class A { static f() {} } class B extends A {} export const f = () => B.f();",
    /f is not found.*its own class/,
  ],
  ["an integer that no double holds", "export const f = 123456789012345680000;", /2\^53/],
  [
    "a typed array's filter",
    "export const f = (b: Int32Array) => b.filter((n) => n > 0);",
    /Int32Array.filter/,
  ],
  [
    "an ArrayBuffer's slice",
    "export const f = (b: Uint8Array) => b.buffer.slice(0, 1);",
    /ArrayBuffer.*slice/,
  ],
];

describe("lint gate", function () {
  it("passes a file in the subset", () => {
    const other = "export function one(f: () => number): number { return f(); }\n";
    assert.equal(gate({ "protocol/clean.ts": CLEAN, "protocol/other.ts": other }), "clean");
  });

  it("passes `?.`, `??` and an optional catch binding, which the bundle no longer has", () => {
    const text = "export const f = (o: any) => { try { return o?.a ?? 2; } catch { return 0; } };\n";
    assert.equal(gate({ "firmware/a.ts": text }), "clean");
  });

  for (const [rule, line, said] of PLANTED) {
    it(`stops at ${rule}`, () => {
      const verdict = gate({
        "protocol/fine.ts": "export const x = 1;\n",
        "firmware/bad.ts": `// 1\n// 2\n${line}\n`,
      });
      assert.match(verdict, /^firmware\/bad\.ts:3: /);
      assert.match(verdict, said);
    });
  }

  it("names the first of two violations", () => {
    const text = "export const a = 1;\nexport const b = Math.trunc(1);\nexport const c = Math.imul(1, 2);\n";
    assert.match(gate({ "protocol/two.ts": text }), /^protocol\/two\.ts:2: Math\.trunc/);
  });

  const IMPORTS: [file: string, specifier: string, allowed: boolean][] = [
    ["protocol/a.ts", "./codec/b", true],
    ["protocol/a.ts", "../firmware/b", false],
    ["protocol/a.ts", "node:crypto", false],
    ["protocol/codec/a.ts", "../../gateway/b", false],
    ["firmware/afe/a.ts", "../../protocol/b", true],
    ["firmware/a.ts", "../gateway/b", false],
    ["firmware/a.ts", "esbuild", false],
    ["gateway/a.ts", "../protocol/b", true],
    ["gateway/a.ts", "mqtt", true],
    ["gateway/relay/a.ts", "../../firmware/b", false],
    ["gateway/a.ts", "../tools/b", false],
    ["gateway/store/a.ts", "better-sqlite3", true],
    ["gateway/store/a.ts", "../crypto", true],
    ["gateway/store/a.ts", "mqtt", false],
    ["gateway/store/a.ts", "@stoprocent/noble", false],
    ["gateway/store/a.ts", "../web/b", false],
    ["gateway/store/a.ts", "../radio/b", false],
    ["tools/a.ts", "../firmware/b", true],
    ["tools/sim/a.ts", "../../gateway/b", true],
    ["tools/a.ts", "../test/b", false],
  ];
  for (const [file, specifier, allowed] of IMPORTS) {
    it(`${allowed ? "lets" : "does not let"} ${file} import ${specifier}`, () => {
      const forms = [
        `import { b } from "${specifier}";\nexport const a = b;`,
        `export * from "${specifier}";`,
        `import type { b } from "${specifier}";\nexport type A = b;`,
      ];
      const [first] = forms;
      const target = specifier.startsWith(".")
        ? { [`${join(dirname(file), specifier)}.ts`]: "export const b = 1;\n" }
        : {};
      const verdict = gate({ ...target, [file]: `// 1\n${first}\n` });
      if (allowed) assert.equal(verdict, "clean");
      else
        for (const form of forms)
          assert.match(
            gate({ ...target, [file]: `// 1\n${form}\n` }),
            new RegExp(`^${file}:2: .* does not import`),
          );
    });
  }
});
