/** Makes of a TypeScript entry the one script that the interpreter reads, as the gate of `npm run lint` checks it. */
import { type BuildFailure, type BuildOptions, buildSync } from "esbuild";
import { SUBSET_BUILD } from "../lint/bundle";
import { hoistConstants } from "./constants";
import { FirmwareFailure } from "./failure";
import { type Demands, demandsOf } from "./inspect";

const AS_IT_STANDS: BuildOptions = { bundle: false, format: undefined, external: undefined };

export interface Entry {
  /** Folder that holds protocol/ and firmware/. */
  root: string;
  /** TypeScript; its imports are relative to `root`. */
  source: string;
  /**
   * Where the source is from, if it is a script that imports nothing. It is not bundled: of a script with an `eval` esbuild
   * would make a CommonJS module, in helpers that the interpreter does not run.
   */
  sourceFile?: string;
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

/** All files in one, its constants first, with its source map inline. */
function join(entry: Entry): string {
  const { outputFiles } = buildSync({
    ...SUBSET_BUILD,
    stdin: { contents: entry.source, resolveDir: entry.root, sourcefile: "entry.ts", loader: "ts" },
    absWorkingDir: entry.root,
    outfile: entry.file,
    define: entry.define,
    charset: "ascii",
    legalComments: "none",
    sourcemap: "inline",
    write: false,
    logLevel: "silent",
  });
  return hoistConstants(outputFiles![0]!.text);
}

/** @throws FirmwareFailure BUNDLE_FAILED */
export function bundle(entry: Entry): Bundle {
  try {
    const whole = entry.sourceFile ? undefined : join(entry);
    const { outputFiles } = buildSync({
      ...SUBSET_BUILD,
      ...(whole === undefined ? AS_IT_STANDS : undefined),
      stdin: {
        contents: whole ?? entry.source,
        resolveDir: entry.root,
        sourcefile: entry.sourceFile ?? "entry.ts",
        loader: "ts",
      },
      // Paths in map and comments are relative to these two, wherever both lie.
      absWorkingDir: entry.root,
      outfile: entry.file,
      define: entry.define,
      // Short names are read faster, and fill fewer variables.
      minify: true,
      charset: "ascii",
      legalComments: "none",
      sourcemap: "external",
      write: false,
      logLevel: "silent",
    });
    const find = (end: string) => outputFiles!.find(({ path }) => path.endsWith(end))!.text;
    const code = find(".js");
    return { code, map: find(".map"), demands: demandsOf(code) };
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new FirmwareFailure(
        "BUNDLE_FAILED",
        `cannot bundle ${entry.file}: it is no script (${error.message}); ${entry.sourceFile} imports and exports nothing`,
      );
    const [first] = (error as BuildFailure).errors ?? [];
    if (!first) throw error;
    const place = first.location ? `${first.location.file}:${first.location.line}: ` : "";
    throw new FirmwareFailure("BUNDLE_FAILED", `cannot bundle ${entry.file}: ${place}${first.text}`);
  }
}
