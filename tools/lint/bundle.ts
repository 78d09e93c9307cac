/** Bundles every file of protocol/ and firmware/ as the firmware build does, and names the source of what is wrong. */
import { SourceMap } from "node:module";
import { join } from "node:path";
import { type BuildFailure, type BuildOptions, buildSync } from "esbuild";
import type { Violation } from "./violation";
import { walkBundle } from "./walk";

/**
 * What esbuild must not pass. It could rewrite some for es2015, but at a cost in variables that nobody sees; `?.`, `??`,
 * optional catch and class fields are rewritten to code that Espruino runs, and so pass.
 */
const UNSUPPORTED = {
  destructuring: false,
  "default-argument": false,
  "rest-argument": false,
  "array-spread": false,
  generator: false,
  "async-await": false,
  "new-target": false,
};

/** How whatever runs on the handheld is bundled. */
export const SUBSET_BUILD = {
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "es2015",
  // In the runtime, as "crypto" is.
  external: ["Flash", "Storage"],
  supported: UNSUPPORTED,
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
} satisfies BuildOptions;

/** @param files relative to `root` */
export function checkBundle(root: string, files: string[]): Violation | undefined {
  let code: string;
  let map: string;
  try {
    const result = buildSync({
      stdin: {
        contents: files.map((file, i) => `export * as f${i} from "./${file}";`).join("\n"),
        resolveDir: root,
      },
      ...SUBSET_BUILD,
      write: false,
      absWorkingDir: root,
      outfile: "subset.js",
      sourcemap: "external",
      logLevel: "silent",
    });
    const find = (end: string) => result.outputFiles.find((file) => file.path.endsWith(end))!.text;
    code = find(".js");
    map = find(".map");
  } catch (error) {
    const [first] = (error as BuildFailure).errors ?? [];
    if (!first) throw error;
    return { file: first.location?.file ?? "", line: first.location?.line ?? 0, message: first.text };
  }
  const sources = new SourceMap(JSON.parse(map));
  for (const { line, column, message } of walkBundle(code)) {
    const entry = sources.findEntry(line - 1, column);
    // esbuild's own helpers stand before the first mapped line; where they are called is what counts.
    if (!("originalSource" in entry)) continue;
    const file = join(entry.originalSource).replace(/^(?:\.\.\/)+/, "");
    return { file, line: entry.originalLine + 1, message };
  }
  return undefined;
}
