/** `npm run sbom [-- -]`: what is installed, as a CycloneDX bill of materials in dist/sbom.json, or on stdout. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeSbom, SbomError } from "./bill";

function main(): void {
  const root = join(__dirname, "..");
  let text: string;
  try {
    text = JSON.stringify(makeSbom(root), null, 2) + "\n";
  } catch (error) {
    if (!(error instanceof SbomError)) throw error;
    console.error(`sbom: ${error.message}`);
    process.exitCode = 3;
    return;
  }
  if (process.argv[2] === "-") {
    process.stdout.write(text);
    return;
  }
  const file = join(root, "dist/sbom.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(file);
}

main();
