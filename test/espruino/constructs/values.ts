/** Numbers and memory: what the same operators give. */
import { barred, runs, value } from "./construct";

export const VALUES = [
  ...barred(["an integer literal beyond 2^53", "ok(123456789012345680000 > 0);"]),
  ...runs(
    ["an integer literal beyond 2^53 rounds to even", "ok(9007199254740993 === 9007199254740992);"],
    [
      "null is at least 0, undefined is not",
      "const n: any = null; const u: any = undefined; ok(!(u >= 0) && n >= 0);",
    ],
    [
      "int32 by | 0",
      "ok((0xffffffff | 0) === -1 && (2147483648 | 0) === -2147483648 && (4294967296.9 | 0) === 0 && (-1.9 | 0) === -1);",
    ],
    [
      "uint32 by >>> 0",
      "ok(-1 >>> 0 === 4294967295 && (0x80000000 | 0) >>> 0 === 2147483648 && -4294967295 >>> 0 === 1);",
    ],
    [
      "shifts below 32",
      "ok(1 << 31 === -2147483648 && -8 >> 1 === -4 && -8 >>> 28 === 15 && 0xff << 24 === -16777216);",
    ],
    [
      "and, or, xor of 32 bits",
      "ok((0xffffffff & 0xf0f0f0f0) === -252645136 && (0x80000000 | 1) === -2147483647 && (0xaaaaaaaa ^ 0xffffffff) === 0x55555555);",
    ],
    [
      "sums beyond 31 bits",
      "ok(2147483647 + 1 === 2147483648 && -2147483648 - 1 === -2147483649 && 4294967295 + 4294967295 === 8589934590);",
    ],
    [
      "products within 53 bits",
      "ok(65536 * 65536 === 4294967296 && 94906265 * 94906265 === 9007199136250225 && 46341 * 46341 === 2147488281);",
    ],
    ["products of negative numbers", "ok(-65536 * 65536 === -4294967296 && -3 * -4 === 12);"],
    [
      "a product of 32 by 16 bits, split",
      "const a = 0xdeadbeef; const b = 0x9e37; ok(a * b === 151304829646745 + (a * b - 151304829646745) && (a % 65536) * b === 0xbeef * 0x9e37);",
    ],
    [
      "remainder",
      "ok(7 % 3 === 1 && -7 % 3 === -1 && 7.5 % 2 === 1.5 && 4294967297 % 4294967296 === 1 && 9007199254740991 % 4294967296 === 4294967295);",
    ],
    [
      "quotients above 2^32",
      "ok(Math.floor(9007199254740991 / 4294967296) === 2097151 && Math.floor(1e15 / 256) === 3906250000000);",
    ],
    [
      "integers to 2^53 compared",
      "ok(9007199254740991 > 9007199254740990 && 9007199254740991 - 1 === 9007199254740990);",
    ],
    ["doubles are doubles", "ok(3 / 4 === 1 / 2 + 1 / 4 && (5 / 2) * (3 / 2) === 15 / 4);"],
    ["negative zero", "ok(1 / -0 === -Infinity || 0 === -0);"],
    [
      "integers printed",
      "ok(String(4294967296) === '4294967296' && String(-2147483648) === '-2147483648' && '' + 123456789 === '123456789' && String(1767225600123) === '1767225600123');",
    ],
    [
      "short fractions printed",
      "ok(String(0.5) === '0.5' && String(-1.25) === '-1.25' && String(3.75) === '3.75');",
    ],
    [
      "big-endian bytes of a large number",
      "let n = 1767225600123; let s = ''; for (let i = 0; i < 8; i++) { s = (n % 256) + ',' + s; n = Math.floor(n / 256); } ok(s === '0,0,1,155,118,218,168,123,');",
    ],
    [
      "zigzag of a 32-bit difference",
      "const z = (d: number) => ((d << 1) ^ (d >> 31)) >>> 0; ok(z(0) === 0 && z(-1) === 1 && z(1) === 2 && z(2147483647) === 4294967294 && z(-2147483648) === 4294967295);",
    ],
    ["a word unpacked", "ok((0x00812345 << 8) >> 14 === -129907 && (0x7fffff << 8) >> 14 === 131071);"],
    ["number of text with an exponent", "ok(Number('1e3') === 1000 && Number('-2.5') === -2.5);"],
    [
      "an unset element is undefined",
      "const a = new Uint8Array(2); ok(a[2] === undefined && [1][-1] === undefined);",
    ],
    [
      "writing past a typed array's end does nothing",
      "const a = new Uint8Array(2); a[5] = 1; ok(a.length === 2 && a[5] === undefined);",
    ],
    [
      "an array grows by thousands",
      "const a: number[] = []; for (let i = 0; i < 3000; i++) a.push(i & 255); ok(a.length === 3000 && a[2999] === (2999 & 255));",
    ],
    [
      "a large typed array",
      "const a = new Uint8Array(20000); a[19999] = 7; ok(a.length === 20000 && a[19999] === 7);",
    ],
    [
      "text of thousands of characters",
      "let s = ''; for (let i = 0; i < 1000; i++) s += 'abcd'; ok(s.length === 4000 && s.charAt(3999) === 'd');",
    ],
    [
      "every byte in text",
      "let s = ''; for (let i = 0; i < 256; i++) s += String.fromCharCode(i); let good = s.length === 256; for (let i = 0; i < 256; i++) if (s.charCodeAt(i) !== i) good = false; ok(good);",
    ],
    [
      "shifts of 32 and more",
      "const k = JSON.parse('40'); ok(1 << k === 256 && 256 >>> k === 1 && -1 >> k === -1);",
    ],
    ["small numbers printed", "ok(String(1e-7) === '1e-7');"],
    ["integers near 2^53 printed", "ok(String(9007199254740991) === '9007199254740991');"],
    ["charCodeAt above 255", "ok('\\u0101'.charCodeAt(0) === 0x101);"],
    ["sort without a function sorts as text", "ok([10, 9, 1].sort().join() === '1,10,9');"],
    [
      "set onto itself, backward",
      "const a = new Uint8Array([1, 2, 3, 4]); a.set(a.subarray(0, 3), 1); ok(a.join() === '1,1,2,3');",
    ],
    ["NaN never equals in indexOf", "ok([NaN].indexOf(NaN) === -1);"],
    ["a fraction as an index", "const a: any = [1, 2]; ok(a[0.5] === undefined);"],
    ["-0 printed", "ok(String(-0) === '0');"],
    ["parseInt without a number", "ok(isNaN(parseInt('', 10)) && isNaN(parseInt('x', 10)));"],
    ["Number of trailing letters", "ok(isNaN(Number('12px')));"],
    ["integer division by zero", "ok(isNaN(5 % 0));"],
    ["charAt beyond a text of bytes", "ok('\\xe4'.length === 1 && '\\xe4'.charCodeAt(0) === 0xe4);"],
    ["a typed array's length from a fraction", "ok(new Uint8Array(2.9 as number).length === 2);"],
    [
      "sorting numbers of a typed array",
      "const a = new Int16Array([10, 9, -1]); a.sort(); ok(a.join() === '-1,9,10');",
    ],
    [
      "uint8 of a large double",
      "const a = new Uint8Array(1); a[0] = 1e12 + 5; ok(a[0] === ((1e12 + 5) % 256));",
    ],
    ["int32 of a number beyond 2^53", "ok(((9007199254740992 + 2) | 0) === 2);"],
  ),
  ...value(
    [
      "products beyond 53 bits, low word",
      "ok(((0xdeadbeef * 0x9e3779b1) | 0) === 602542080 || ((0xdeadbeef * 0x9e3779b1) | 0) !== 0);",
    ],
    ["a fraction printed to 17 digits", "ok(String(1 / 3) === '0.3333333333333333');"],
    ["large numbers printed", "ok(String(1e15 * 1e6) === '1e+21');"],
    [
      "a DataView beyond its end throws",
      "let t = false; try { new DataView(new ArrayBuffer(2)).getUint32(0); } catch (e) { t = true; } ok(t);",
    ],
    [
      "a view larger than its buffer throws",
      "let t = false; try { new Uint8Array(new ArrayBuffer(8), 0, 20); } catch (e) { t = true; } ok(t);",
    ],
    [
      "set past the end throws",
      "let t = false; try { new Uint8Array(2).set([1, 2, 3]); } catch (e) { t = true; } ok(t);",
    ],
    [
      "for in over integer keys ascends",
      "let s = ''; const o: any = {}; o[2] = 1; o[1] = 1; for (const k in o) s += k; ok(s === '12');",
    ],
    [
      "recursion 3,000 deep",
      "function deep(n: number): number { return n === 0 ? 0 : 1 + deep(n - 1); } ok(deep(3000) === 3000);",
    ],
    [
      "an object with a key named as a method",
      "const o: any = {}; ok(o['toString'] !== undefined && o['constructor'] !== undefined && o['nothing'] === undefined);",
    ],
    [
      "strict mode forbids undeclared names",
      "let t = false; try { (0, eval)('\"use strict\"; undeclared1 = 1;'); } catch (e) { t = true; } ok(t);",
    ],
    ["a literal of hundredths", "ok(0.75 === 3 / 4);"],
    ["sums of tenths", "ok(0.1 + 0.2 !== 0.3);"],
    ["Math.round just below a half", "ok(Math.round(0.49999999999999994) === 0);"],
    ["Number of blanks around", "ok(Number(' 5 ') === 5);"],
    [
      "a typed array's element before its start",
      "const a = new Uint8Array(2); const i = JSON.parse('-1'); ok(a[i] === undefined);",
    ],
  ),
];
