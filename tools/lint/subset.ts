/**
 * The gate of `npm run lint`: protocol/ and firmware/ stay in what Espruino 2v29 runs, and imports point one way.
 * It stands behind `npm run types`, whose lib es5 refuses most missing built-ins, and looks for the rest: syntax that
 * esbuild must not pass, then the bundle as the interpreter would read it, then types. Exits 1 at the first violation.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { checkBundle } from "./bundle";
import { checkImports } from "./imports";
import { checkTyped } from "./typed";
import type { Violation } from "./violation";

const TREES = ["protocol", "firmware", "gateway", "tools"];

function sources(root: string): string[] {
  return readdirSync(root)
    .filter((name) => TREES.includes(name))
    .flatMap((tree) => readdirSync(join(root, tree), { recursive: true }).map((name) => `${tree}/${name}`))
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"))
    .sort();
}

/** @param root folder that holds protocol/, firmware/, gateway/ and tools/, each of which may be missing */
export function checkTree(root: string): Violation | undefined {
  const files = sources(root);
  const onHandheld = files.filter((file) => /^(protocol|firmware)\//.test(file));
  return (
    checkImports(root, files) ??
    checkBundle(root, onHandheld) ??
    checkTyped(
      root,
      onHandheld.map((file) => join(root, file)),
    )[0]
  );
}

if (require.main === module) {
  const violation = checkTree(join(__dirname, "../.."));
  if (violation) {
    console.error(`${violation.file}:${violation.line}: ${violation.message}`);
    process.exitCode = 1;
  }
}
