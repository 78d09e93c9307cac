/** Bundles test programs over protocol/ and firmware/ as the firmware build does. */
import { join } from "node:path";
import { buildSync } from "esbuild";
import { SUBSET_BUILD } from "../../tools/lint/bundle";

const ROOT = join(__dirname, "../..");

export interface BundleOptions {
  minify?: boolean;
  define?: Record<string, string>;
}

/** @param source TypeScript, whose imports are relative to test/espruino/; @returns one script */
export function bundle(source: string, { minify = false, define }: BundleOptions = {}): string {
  const { outputFiles } = buildSync({
    ...SUBSET_BUILD,
    stdin: { contents: source, resolveDir: __dirname, loader: "ts", sourcefile: "test-program.ts" },
    absWorkingDir: ROOT,
    write: false,
    minify,
    define,
    logLevel: "silent",
  });
  return outputFiles![0]!.text;
}

/** @param file under test/espruino/, without its extension */
export function bundleFile(file: string, options: BundleOptions = {}): string {
  return bundle(`import "./${file}";`, options);
}
