/**
 * Standard names that Espruino 2v29 lacks, as its Linux build answered `typeof` for each, with what to write instead.
 * tsc's lib es5 refuses most; these are listed whole, so that a cast or a global of the board's types hides none.
 */

/** Globals. */
export const MISSING_GLOBALS: Record<string, string> = {
  Map: "an array searched in order, or an object",
  Set: "an array and indexOf",
  WeakMap: "a field",
  WeakSet: "a field",
  Symbol: "a plain name",
  Proxy: "a function",
  Reflect: "the operation itself",
  BigInt: "numbers up to 2^53",
  TextEncoder: "ascii() of protocol/bytes",
  TextDecoder: "Reader.text() of protocol/bytes",
  Intl: "text put together by hand",
  RangeError: "refusal() of protocol/refusal",
  EvalError: "refusal() of protocol/refusal",
  URIError: "refusal() of protocol/refusal",
  escape: "text put together by hand",
  unescape: "text put together by hand",
  structuredClone: "a copy made by hand",
  queueMicrotask: "setTimeout",
};

/** Static members, by their object. */
export const MISSING_STATICS: Record<string, string[]> = {
  Array: ["from", "of"],
  ArrayBuffer: ["isView"],
  Date: ["UTC"],
  Math: "acosh asinh atanh cbrt clz32 cosh expm1 fround hypot imul log10 log1p log2 sinh tanh trunc".split(
    " ",
  ),
  Number:
    "EPSILON MAX_SAFE_INTEGER MIN_SAFE_INTEGER isFinite isInteger isNaN isSafeInteger parseFloat parseInt".split(
      " ",
    ),
  Object:
    "freeze getOwnPropertySymbols hasOwn is isExtensible isFrozen isSealed preventExtensions seal".split(" "),
  String: ["fromCodePoint", "raw"],
};

/** Methods that no value has, by names that nothing of ours shares. */
export const MISSING_METHODS =
  "codePointAt copyWithin findLast findLastIndex flat flatMap isPrototypeOf lastIndexOf localeCompare matchAll normalize propertyIsEnumerable reduceRight toExponential toLocaleString toPrecision trimEnd trimStart".split(
    " ",
  );

/** Methods of text that are missing, by names that fields of ours share. */
export const MISSING_OF_TEXT = ["search"];

/**
 * Methods of text that find its end wherever it begins what is sought ("hello".indexOf("oz") is 4), or lose count where
 * it begins twice ("a---b".split("--") has three parts). One character is safe.
 */
export const SEEKING = ["indexOf", "replace", "split"];

/** Methods of typed arrays that return a plain Array on Espruino, and of ArrayBuffer that are missing. */
export const UNTYPED_METHODS = ["slice", "filter", "toSorted", "toReversed", "with"];

/** What its regular expressions take for something else, or do not know; classes stand as "[]", escapes of a character as "e". */
export const REGEX_LACKS: [found: RegExp, what: string][] = [
  [/\(\?/, "lookaround, nor groups but plain ones"],
  [/\([^()|]*\|/, "alternatives in a group, of which any passes for the whole,"],
  [/\([^()]*\(/, "group in a group"],
  [/\{/, "counted repetition"],
  [/[^(]\?/, "? behind a character"],
  [/\)[*+]/, "repetition of a group"],
  [/\\[bBukpP1-9]/, "\\b, \\u, \\p and references back"],
];
