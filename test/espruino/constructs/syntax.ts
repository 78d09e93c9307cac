// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are among what is asked about
/** Statements, functions, classes and operators. */
import { barred, refused, rewritten, runs } from "./construct";

export const SYNTAX = [
  ...runs(
    ["if and else", "let a = 0; if (a) a = 1; else if (a === 0) a = 2; else a = 3; ok(a === 2);"],
    ["while", "let n = 0; while (n < 5) n++; ok(n === 5);"],
    ["do while", "let n = 9; do n++; while (n < 5); ok(n === 10);"],
    [
      "for with two variables",
      "let s = 0; for (let i = 0, j = 9; i < j; i++, j--) s += j - i; ok(s === 25);",
    ],
    ["for without any part", "let n = 0; for (;;) { if (++n > 3) break; } ok(n === 4);"],
    ["continue", "let s = 0; for (let i = 0; i < 5; i++) { if (i === 2) continue; s += i; } ok(s === 8);"],
    [
      "continue in a switch in a loop",
      "let s = 0; for (let i = 0; i < 4; i++) { switch (i) { case 1: continue; default: break; } s += i; } ok(s === 5);",
    ],
    [
      "break out of an inner loop only",
      "let n = 0; for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) { if (j === 1) break; n++; } ok(n === 3);",
    ],
    [
      "return out of nested loops",
      "function find(): number { for (let i = 0; i < 3; i++) { let j = 0; while (true) { if (i === 1 && j === 2) return 10 * i + j; if (++j > 5) break; } } return 0; } ok(find() === 12);",
    ],
    ["for in over an object", "let s = ''; for (const k in { b: 1, a: 2, c: 3 }) s += k; ok(s === 'bac');"],
    ["for in over an array", "let s = ''; for (const k in [7, 8]) s += k; ok(s === '01');"],
    [
      "switch with fall through",
      "let s = ''; switch (2 as number) { case 1: s += 1; case 2: s += 2; case 3: s += 3; break; case 4: s += 4; } ok(s === '23');",
    ],
    [
      "switch with default last",
      "const f = (n: number) => { switch (n) { case 1: return 'a'; case 2: { return 'b'; } default: return 'c'; } }; ok(f(1) + f(2) + f(3) === 'abc');",
    ],
    [
      "switch on text, compared strictly",
      "const f = (v: any) => { switch (v) { case '1': return 's'; case 1: return 'n'; default: return ''; } }; ok(f(1) + f('1') === 'ns');",
    ],
    ["block scope of let", "let a = 1; { let a = 2; a++; } ok(a === 1);"],
    [
      "block scope of const in a loop",
      "let s = 0; for (let i = 0; i < 3; i++) { const d = i * 2; s += d; } ok(s === 6);",
    ],
    [
      "a const of a loop's body captured",
      "const fs: (() => number)[] = []; for (let i = 0; i < 3; i++) { const at = i; fs.push(() => at); } ok(fs[0]() === 0 && fs[2]() === 2);",
    ],
    ["var", "function f() { var a = 1; return a; } ok(f() === 1);"],
    [
      "conditional expression, nested",
      "const f = (n: number) => (n < 0 ? 'n' : n > 0 ? 'p' : 'z'); ok(f(-1) + f(0) + f(1) === 'nzp');",
    ],
    ["comma expression", "let a = 0; const b = (a++, a++, a); ok(b === 2);"],
    [
      "short circuit",
      "let n = 0; const t = () => { n++; return true; }; const r = (t() || t()) && (false || t()) && !(false && t()); ok(r && n === 2);",
    ],
    [
      "and and or give operands",
      "const z = JSON.parse('0'); const e = JSON.parse('\"\"'); ok((z || 'a') === 'a' && (z && 'a') === 0 && (e || null) === null);",
    ],
    ["assignment as a value", "let a = 0; let b = 0; a = b = 3; ok(a === 3 && (a = 4) === 4 && b === 3);"],
    ["assignment operators", "let a = 7; a += 3; a -= 1; a *= 4; a /= 3; a %= 7; ok(a === 5);"],
    [
      "bitwise assignment operators",
      "let a = 0xf0; a |= 3; a &= 0x33; a ^= 1; a <<= 4; a >>= 1; a >>>= 1; ok(a === 0xc8);",
    ],
    [
      "postfix and prefix",
      "let a = 1; const b = a++ + ++a; const c = a-- - --a; ok(b === 4 && c === 2 && a === 1);",
    ],
    [
      "prefix on a field and an element",
      "const o = { n: 1, a: [5] }; ok(++o.n === 2 && --o.a[0] === 4 && o.a[0]++ === 4 && o.a[0] === 5);",
    ],
    [
      "equality",
      "const n: any = null; const u: any = undefined; const s: any = '1'; ok(n == u && s == 1 && s !== 1 && n !== u && n != 0);",
    ],
    ["comparison of text", "ok('a' < 'b' && 'B' < 'a' && 'ab' > 'a' && 'a' <= 'a');"],
    [
      "precedence",
      "ok(1 + 2 * 3 - 4 / 2 === 5 && (1 | 2 ^ 3 & 4) === 3 && (7 >> 1 << 1) === 6 && -2 * 3 === -6 && (5 & 3) + 1 === 2);",
    ],
    ["unary operators", "const s: any = '5'; ok(+s === 5 && -s === -5 && ~5 === -6 && !0 && !!1);"],
    [
      "typeof",
      "ok(typeof 1 === 'number' && typeof '' === 'string' && typeof undefined === 'undefined' && typeof {} === 'object' && typeof ok === 'function' && typeof true === 'boolean' && typeof null === 'object');",
    ],
    ["typeof of what is not defined", "declare const nowhere: any; ok(typeof nowhere === 'undefined');"],
    ["void", "ok(void 0 === undefined);"],
    ["in", "const o: any = { a: undefined }; ok('a' in o && !('b' in o));"],
    ["delete", "const o: any = { a: 1, b: 2 }; delete o.a; ok(!('a' in o) && o.b === 2);"],
    [
      "instanceof",
      "class A {} class B extends A {} const b: any = new B(); ok(b instanceof B && b instanceof A && !(new A() instanceof B));",
    ],
    [
      "instanceof of a typed array",
      "const b: any = new Uint8Array(1); ok(b instanceof Uint8Array && !([] instanceof (Uint8Array as any)));",
    ],
    ["template", "const a = 3; ok(`v${a + 1}x${`<${a}>`}` === 'v4x<3>');"],
    ["template of several lines", "ok(`a\nb`.length === 3);"],
    [
      "hexadecimal, octal and binary numbers",
      "ok(0xff === 255 && 0o17 === 15 && 0b101 === 5 && 1e3 === 1000 && 0.5e-1 === 0.05);",
    ],
    [
      "escapes in text",
      "ok('\\x41\\n\\t\\'\"\\\\'.length === 6 && '\\x41' === 'A' && '\\0'.charCodeAt(0) === 0);",
    ],
    ["regular expression literal", "ok(/^a[0-9]+z$/.test('a12z') && !/^a[0-9]+z$/.test('a12'));"],
    [
      "a function's declaration before its use",
      "function twice(n: number) { return 2 * n; } ok(twice(4) === 8);",
    ],
    ["a function expression", "const f = function (n: number) { return n + 1; }; ok(f(1) === 2);"],
    [
      "recursion by a named function expression",
      "const f = function down(n: number): number { return n === 0 ? 0 : 1 + down(n - 1); }; ok(f(5) === 5);",
    ],
    [
      "recursion by name",
      "function fact(n: number): number { return n < 2 ? 1 : n * fact(n - 1); } ok(fact(10) === 3628800);",
    ],
    [
      "recursion 60 deep",
      "function deep(n: number): number { return n === 0 ? 0 : 1 + deep(n - 1); } ok(deep(60) === 60);",
    ],
    [
      "arrow functions",
      "const f = (a: number, b: number) => a + b; const g = (v: number) => ({ v }); ok(f(1, 2) === 3 && g(4).v === 4);",
    ],
    ["an arrow keeps this", "class A { v = 3; f() { return (() => this.v)(); } } ok(new A().f() === 3);"],
    [
      "self kept for a function",
      "class A { v = 3; f() { const self = this; return (function () { return self.v; })(); } } ok(new A().f() === 3);",
    ],
    ["a function called at once", "ok((function (n: number) { return n * n; })(3) === 9);"],
    [
      "closures share a variable",
      "function counter() { let n = 0; return { up() { return ++n; }, get() { return n; } }; } const c = counter(); c.up(); c.up(); ok(c.get() === 2 && counter().get() === 0);",
    ],
    [
      "a missing argument",
      "const f = (a?: number, b?: number) => (b === undefined ? a : b); ok(f(1) === 1 && f(1, 2) === 2 && f() === undefined);",
    ],
    ["a surplus argument", "const f: any = (a: number) => a; ok(f(1, 2) === 1);"],
    [
      "arguments",
      "function f() { return arguments.length * 10 + arguments[1]; } ok((f as any)(7, 8, 9) === 38);",
    ],
    [
      "a function as an argument",
      "const apply = (f: (n: number) => number, n: number) => f(f(n)); ok(apply((n) => n * 3, 2) === 18);",
    ],
    [
      "call, apply and bind",
      "function f(this: any, a: number, b: number) { return this.v + a * b; } ok(f.call({ v: 1 }, 2, 3) === 7 && f.apply({ v: 2 }, [2, 3]) === 8 && f.bind({ v: 3 }, 2)(4) === 11);",
    ],
    [
      "a method's function in a variable",
      "const o = { f(n: number) { return n + 1; } }; const f = o.f; ok(f(1) === 2);",
    ],
    [
      "new of a function",
      "function P(this: any, n: number) { this.n = n; } P.prototype.twice = function () { return 2 * this.n; }; const p = new (P as any)(4); ok(p.twice() === 8 && p instanceof (P as any));",
    ],
    [
      "a class with constructor and methods",
      "class A { x: number; constructor(x: number) { this.x = x; } get() { return this.x; } } ok(new A(5).get() === 5);",
    ],
    [
      "parameter properties",
      "class A { constructor(private readonly x: number) { ok(this.x === 5); } } new A(5);",
    ],
    [
      "class fields",
      "class A { x = 4; readonly list: number[] = []; z: number | undefined; } const a = new A(); a.list.push(1); ok(a.x === 4 && a.list.length === 1 && new A().list.length === 0);",
    ],
    [
      "getter and setter of a class",
      "class A { private v = 1; get x() { return this.v; } set x(n: number) { this.v = n * 2; } } const a = new A(); a.x = 4; ok(a.x === 8);",
    ],
    ["getter of an object", "const o = { n: 2, get twice() { return this.n * 2; } }; ok(o.twice === 4);"],
    [
      "extends, super call and super method",
      "class A { constructor(readonly n: number) {} get() { return this.n; } } class B extends A { constructor() { super(5); } get() { return super.get() * 2; } } ok(new B().get() === 10 && new B().n === 5);",
    ],
    [
      "extends without a constructor",
      "class A { v: number; constructor(n: number) { this.v = n; } } class B extends A { f() { return this.v; } } ok(new B(3).f() === 3);",
    ],
    ["a class expression", "const A = class { f() { return 7; } }; ok(new A().f() === 7);"],
    [
      "methods chained by this",
      "class W { n = 0; add(k: number) { this.n += k; return this; } } ok(new W().add(1).add(2).add(3).n === 6);",
    ],
    [
      "object literal, shorthand and method",
      "const a = 1; const o = { a, b: 2, f() { return this.a + this.b; }, 'c d': 3, 4: 'x' }; ok(o.f() === 3 && o['c d'] === 3 && o[4] === 'x');",
    ],
    [
      "assigned and read by key",
      "const o: { [k: string]: number } = {}; o['x' + 1] = 2; o[3] = 4; ok(o.x1 === 2 && o['3'] === 4 && o.zz === undefined);",
    ],
    ["a trailing comma", "const a = [1, 2,]; const o = { a, }; ok(o.a.length === 2);"],
    [
      "throw, catch and finally",
      "let s = ''; try { s += 'a'; throw new Error('x'); } catch (e) { s += (e as Error).message; } finally { s += 'f'; } ok(s === 'axf');",
    ],
    [
      "return through finally",
      "let n = 0; const f = () => { try { return 1; } finally { n = 2; } }; ok(f() === 1 && n === 2);",
    ],
    [
      "an error through functions",
      "const f = () => { throw new Error('deep'); }; const g = () => f(); let m = ''; try { g(); } catch (e) { m = (e as Error).message; } ok(m === 'deep');",
    ],
    [
      "an error with a code",
      "const e: any = new Error('m'); e.code = 'C'; let c = ''; try { throw e; } catch (x) { c = (x as any).code; } ok(c === 'C' && e instanceof Error);",
    ],
    ["throw of any value", "let v: any; try { throw 7; } catch (e) { v = e; } ok(v === 7);"],
    [
      "an error thrown anew in catch",
      "let m = ''; try { try { throw new Error('a'); } catch (e) { throw new Error((e as Error).message + 'b'); } } catch (e) { m = (e as Error).message; } ok(m === 'ab');",
    ],
    [
      "try in a loop with continue",
      "let n = 0; for (let i = 0; i < 4; i++) { try { if (i % 2) throw new Error(); } catch (e) { continue; } n += i; } ok(n === 2);",
    ],
    [
      "a call on undefined throws",
      "let t = false; try { (undefined as any).f(); } catch (e) { t = true; } ok(t);",
    ],
    [
      "assigning a const throws",
      "const f = (n: any) => { const c = n; try { (eval as any)('c = 2'); } catch (e) { return c; } return 0; }; ok(f(1) === 1);",
    ],
    ["enum-like object", "const Op = { start: 1, stop: 2 }; ok(Op.start + Op.stop === 3);"],
    [
      "const enum and type-only code",
      "const enum E { a = 3, b } type T = { n: E }; interface I { t: T } const i: I = { t: { n: E.b } }; ok((i.t.n as number) === 4);",
    ],
    [
      "non-null and satisfies vanish",
      "const o: { n?: number } = { n: 2 }; const p = { a: 1 } satisfies object; ok(o.n! + p.a === 3);",
    ],
    ["empty statement and block", ";; {} ok(true);"],
    [
      "a label's name as a key",
      "const o = { label: 1, case: 2, default: 3, class: 4, new: 5 }; ok(o.label + o.case + o.default + o.class + o.new === 15);",
    ],
    ["unicode in a comment", "// ä → ✓\nok(true); /* ‖ */"],
    [
      "a directive at a function's head",
      "function f(n: number) { 'jit'; let s = 0; for (let i = 0; i < n; i++) s = (s + i) | 0; return s; } ok(f(10) === 45);",
    ],
    ["an import and an export", "export const here = 4; export function f() { return here; } ok(f() === 4);"],
    ["separators in numbers", "ok(1_000_000 === 1000000);"],
    ["optional catch binding", "let t = false; try { throw new Error(); } catch { t = true; } ok(t);"],
    ["nullish coalescing", "const n: any = null; const z: any = 0; ok((n ?? 3) === 3 && (z ?? 3) === 0);"],
    ["an enum", "enum E { a = 3, b } ok(E.b === 4 && E[3] === 'a');"],
    ["var seen behind its block", "function f() { { var v = 3; } return v; } ok(f() === 3);"],
  ),
  ...rewritten(
    [
      "a class of static members",
      "class A { static n = 5; static twice(x: number) { return 2 * x; } } ok(A.n === 5 && A.twice(3) === 6);",
    ],
    [
      "optional chaining",
      "const o: any = { a: { b: 1 } }; ok(o?.a?.b === 1 && o?.z?.b === undefined && o.f?.() === undefined);",
    ],
    [
      "logical assignment",
      "let a: number | undefined; a ??= 3; let b = 0; b ||= 4; let c = 1; c &&= 5; ok(a === 3 && b === 4 && c === 5);",
    ],
    ["a class's static block", "class A { static n = 0; static { A.n = 3; } } ok(A.n === 3);"],
  ),
  ...barred(
    [
      "a class used before its definition throws",
      "let t = false; try { new (C as any)(); } catch (e) { t = true; } class C { f() { return 1; } } ok(t);",
    ],
    [
      "let before its definition throws",
      "let t = false; try { (() => x1)(); } catch (e) { t = true; } let x1 = 1; ok(t && x1 === 1);",
    ],
    ["for of over an array", "let s = 0; for (const n of [1, 2, 3]) s += n; ok(s === 6);"],
    ["for of over text", "let s = ''; for (const c of 'abc') s = c + s; ok(s === 'cba');"],
  ),
  ...refused(
    ["exponent", "ok(2 ** 3 === 8);"],
    ["exponent of a variable", "const n: number = JSON.parse('32'); ok(2 ** n === 4294967296);"],
    ["array destructuring", "const [a, b] = [1, 2]; ok(a + b === 3);"],
    ["object destructuring", "const { a, b: c } = { a: 1, b: 2 }; ok(a + c === 3);"],
    ["destructuring assignment", "let a = 1; let b = 2; [a, b] = [b, a]; ok(a === 2 && b === 1);"],
    ["destructured parameter", "const f = ({ a }: { a: number }) => a; ok(f({ a: 2 }) === 2);"],
    [
      "destructured catch",
      "let m = ''; try { throw new Error('x'); } catch ({ message }: any) { m = message; } ok(m === 'x');",
    ],
    ["default parameter", "const f = (a: number, b = 3) => a + b; ok(f(1) === 4);"],
    ["rest parameter", "const f = (...r: number[]) => r.length; ok(f(1, 2) === 2);"],
    ["spread in a call", "ok(Math.max(...[1, 5, 3]) === 5);"],
    ["spread in an array", "const a = [1, ...[2, 3]]; ok(a.length === 3);"],
    ["spread in an object", "const o = { a: 1, ...{ b: 2 } }; ok(o.b === 2);"],
    ["async and await", "async function f() { return 3; } ok(typeof f().then === 'function');"],
    ["an async arrow", "const f = async () => 3; ok(typeof f().then === 'function');"],
    ["generator", "function* g() { yield 1; } ok(g().next().value === 1);"],
    ["label and labelled break", "let n = 0; outer: for (;;) for (;;) { n++; break outer; } ok(n === 1);"],
    [
      "labelled continue",
      "let n = 0; outer: for (let i = 0; i < 2; i++) for (;;) { n++; continue outer; } ok(n === 2);",
    ],
    ["private field", "class A { #x = 4; g() { return this.#x; } } ok(new A().g() === 4);"],
    ["private method", "class A { #f() { return 4; } g() { return this.#f(); } } ok(new A().g() === 4);"],
    ["computed key", "const k = 'a'; const o: any = { [k + 1]: 2 }; ok(o.a1 === 2);"],
    ["computed method name", "class A { ['f' + 1]() { return 2; } } ok((new A() as any).f1() === 2);"],
    ["big integer", "ok((2n as any) == 2 && typeof 2n === 'bigint');"],
    ["tagged template", "const t = (s: any, v: number) => s[0] + v; ok(t`a${3}` === 'a3');"],
    ["new.target", "function F(this: any) { this.t = new.target !== undefined; } ok(new (F as any)().t);"],
    ["a function used before its definition", "ok(late() === 1); function late() { return 1; }"],
    [
      "a function used in another before its definition",
      "function a() { return z(); } ok(a() === 2); function z() { return 2; }",
    ],
    [
      "a let captured by each round of a loop",
      "const fs: (() => number)[] = []; for (let i = 0; i < 3; i++) fs.push(() => i); ok(fs[0]() === 0 && fs[2]() === 2);",
    ],
    [
      "a key captured by each round of a loop",
      "const fs: (() => string)[] = []; for (const k in { a: 1, b: 2 }) fs.push(() => k); ok(fs[0]() === 'a');",
    ],
    [
      "a class that extends Error",
      "class E extends Error {} let t = false; try { throw new E('x'); } catch (e) { t = e instanceof E && (e as Error).message === 'x'; } ok(t);",
    ],
    [
      "default before case",
      "const f = (n: number) => { switch (n) { default: return 1; case 2: return 2; } }; ok(f(2) === 2 && f(3) === 1);",
    ],
    [
      "default in the midst",
      "const f = (n: number) => { switch (n) { case 1: return 1; default: return 9; case 2: return 2; } }; ok(f(2) === 2 && f(3) === 9);",
    ],
    ["with", "const o = { a: 3 }; let r = 0; with (o) { r = a; } ok(r === 3);"],
    [
      "var visible before its definition",
      "function f() { a = 2; var a: number; return a; } f(); ok(typeof (globalThis as any).a === 'undefined');",
    ],
    ["a generator method", "const o = { *g() { yield 1; } }; ok(o.g().next().value === 1);"],
    ["for of over pairs", "let s = 0; for (const [a, b] of [[1, 2], [3, 4]]) s += a * b; ok(s === 14);"],
    [
      "async iteration",
      "async function f(x: any) { for await (const a of x) return a; } ok(typeof f === 'function');",
    ],
    [
      "a getter with a computed name",
      "const o = { get ['a' + 1]() { return 3; } }; ok((o as any).a1 === 3);",
    ],
    [
      "var assigned in a block before its definition",
      "function f() { if (ok) late2 = 2; { var late2: number; } return late2!; } f(); ok(typeof (globalThis as any).late2 === 'undefined');",
    ],
  ),
];
