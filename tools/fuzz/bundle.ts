/** Bundles targets with the loop that drives them; the product's own code is instrumented, packages stay outside. */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build, type Plugin, transform } from "esbuild";
import { instrument } from "./instrument";

const ROOT = join(__dirname, "../..");

export interface Bundle {
  /** JavaScript of a worker thread, self-contained but for packages. */
  code: string;
  /** Branches of all instrumented code. */
  edges: number;
  /** Literals of all instrumented code. */
  literals: (string | number)[];
}

/** @param entry file that exports `targets: Target[]` */
export async function bundleTargets(entry: string): Promise<Bundle> {
  const bundle: Bundle = { code: "", edges: 0, literals: [] };
  const literals = new Set<string | number>();
  const load: Plugin = {
    name: "instrument",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const source = readFileSync(path, "utf8");
        let { code } = await transform(source, { loader: "ts", target: "node20", sourcefile: path });
        if (!relative(__dirname, path).match(/^(?:targets\b.*|[^./\\]+\.ts)$/)) {
          // Nothing below waits, or two files would share numbers.
          const result = instrument(code, bundle.edges, join(__dirname, "coverage.ts"));
          bundle.edges = result.nextEdge;
          for (const literal of result.literals) literals.add(literal);
          code = result.code;
        }
        // A worker made of text lies nowhere.
        code = code.replace(/\b__dirname\b/g, () => JSON.stringify(dirname(path)));
        return { contents: code, loader: "js", resolveDir: dirname(path) };
      });
    },
  };
  const { outputFiles } = await build({
    stdin: {
      contents: `import { targets } from ${JSON.stringify(entry)};
        import { serve } from ${JSON.stringify(join(__dirname, "worker.ts"))};
        void serve(targets);`,
      resolveDir: ROOT,
    },
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    packages: "external",
    banner: {
      js: `require = require("node:module").createRequire(${JSON.stringify(join(ROOT, "package.json"))});`,
    },
    plugins: [load],
    logLevel: "warning",
  });
  bundle.code = outputFiles[0]!.text;
  bundle.literals = [...literals];
  return bundle;
}
