/** killedcarrier.ts as one file: from its sources it would spend its short life compiling. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** Built before the first test of the suite that asks, removed after its last. @returns where it is */
export function builtCarrier(): string {
  // Where its packages are found.
  const program = join(__dirname, `../../../dist/killedcarrier-${process.pid}.js`);
  before(() => {
    buildSync({
      ...{ entryPoints: [join(__dirname, "killedcarrier.ts")], outfile: program, bundle: true },
      ...{ platform: "node", format: "cjs", packages: "external", logLevel: "error" },
    });
  });
  after(() => rmSync(program, { force: true }));
  return program;
}
