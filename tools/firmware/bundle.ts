/** Makes of a TypeScript entry the one script that the interpreter reads, as the gate of `npm run lint` checks it. */
import { type BuildFailure, type BuildOptions, buildSync, type OutputFile } from "esbuild";
import { SUBSET_BUILD } from "../lint/bundle";
import { hoistConstants } from "./constants";
import { FirmwareFailure } from "./failure";
import { type Demands, demandsOf } from "./inspect";

export interface Entry {
  /** Folder that holds protocol/ and firmware/. */
  root: string;
  /** TypeScript; its imports are relative to `root`. */
  source: string;
  /**
   * The source ends with a call whose value is the code that runs in the bundle's place: the bundle becomes one expression,
   * which leaves no name behind, and evaluates that code at the top, where functions of code in flash stay in flash.
   */
  evaluates?: boolean;
  /** The script's file name. */
  file: string;
  define?: Record<string, string>;
}

export interface Bundle {
  /** ASCII. */
  code: string;
  /** Source map, with the sources in it. */
  map: string;
  demands: Demands;
}

/** One pass of esbuild over a script of TypeScript. */
function pass({ root, file, define }: Entry, contents: string, options: BuildOptions): OutputFile[] {
  return buildSync({
    ...SUBSET_BUILD,
    stdin: { contents, resolveDir: root, sourcefile: "entry.ts", loader: "ts" },
    // Paths in map and comments are relative to these two, wherever both lie.
    absWorkingDir: root,
    outfile: file,
    define,
    charset: "ascii",
    legalComments: "none",
    write: false,
    logLevel: "silent",
    ...options,
  }).outputFiles!;
}

/** All files in one, its constants first, with its source map inline. */
const join = (entry: Entry) => hoistConstants(pass(entry, entry.source, { sourcemap: "inline" })[0]!.text);

/** The call that a script ends with, but for its source map. */
const LAST_CALL = /^(?=\w+\(\);\s*(?:\/\/#.*\s*)?(?![\s\S]))/m;

/** The same as an expression, tables that are written where they are used left out; on as many lines, for the source map. */
function evaluating(entry: Entry): string {
  const code = pass(entry, join(entry), { sourcemap: "inline" })[0]!.text;
  return `eval((function () { ${code.replace(LAST_CALL, "return ")}\n})());`;
}

/** @throws FirmwareFailure BUNDLE_FAILED */
export function bundle(entry: Entry): Bundle {
  try {
    // Short names are read faster, and fill fewer variables.
    const small: BuildOptions = { minify: true, sourcemap: "external" };
    const outputFiles = entry.evaluates
      ? // Of a script with an `eval` esbuild would make a CommonJS module, in helpers that the interpreter does not run.
        pass(entry, evaluating(entry), { ...small, bundle: false, format: undefined, external: undefined })
      : pass(entry, join(entry), small);
    const find = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))!.text;
    const code = find(".js");
    return { code, map: find(".map"), demands: demandsOf(code) };
  } catch (error) {
    const [first] = (error as BuildFailure).errors ?? [];
    if (!first) throw error;
    const place = first.location ? `${first.location.file}:${first.location.line}: ` : "";
    throw new FirmwareFailure("BUNDLE_FAILED", `cannot bundle ${entry.file}: ${place}${first.text}`);
  }
}
