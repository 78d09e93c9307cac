/** A construct as a script: as it stands, and as the firmware build makes it. */
import { runInNewContext } from "node:vm";
import { transformSync } from "esbuild";
import { bundle } from "../bundle";
import { Interpreter } from "../interpreter";
import type { Construct } from "./construct";

const OK = 'function ok(value) { print(value === true ? "ok" : "not ok"); }\n';
/** Where the bundle of a source that exports leaves it. */
const MODULE = "var module = { exports: {} };\n";

/** Types gone and nothing else. */
export function rawScript({ code }: Construct): string {
  const { code: script } = transformSync(code, {
    loader: "ts",
    target: "esnext",
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    ...(/\bexport\b/.test(code) ? { format: "cjs" } : {}),
  });
  return `${OK}${MODULE}${script}`;
}

/** What the firmware build makes of each, all in one script: since none may fail, they may share an interpreter. */
export function bundledScripts(constructs: Construct[]): string {
  const head = `declare const print: any;\n${OK.replace("value", "value: boolean")}`;
  const scripts = constructs.map(({ code }) => JSON.stringify(MODULE + bundle(head + code)));
  return `[${scripts.join(",\n")}].forEach(function (script) {
  try { (function () { eval(script); })(); } catch (error) { print(error); }
});`;
}

export function worksOnNode(script: string): boolean {
  const lines: string[] = [];
  try {
    const print = (line: string) => lines.push(line);
    const timers = { setTimeout: () => 1, clearTimeout: () => {} };
    runInNewContext(script, { print, ...timers, TextEncoder, TextDecoder, structuredClone, queueMicrotask });
  } catch {
    return false;
  }
  return lines.join() === "ok";
}

/** @returns whether it printed nothing but one "ok" */
export async function worksOnInterpreter(script: string): Promise<boolean> {
  const interpreter = new Interpreter({ seconds: 10 });
  try {
    return (await interpreter.run(script)).join() === "ok";
  } catch {
    return false;
  } finally {
    await interpreter.close();
  }
}

/** Asks for each, a few at a time: starting the interpreter is most of it. */
export async function each<T, R>(items: T[], ask: (item: T) => Promise<R>, atOnce = 3): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await ask(items[i]!);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
