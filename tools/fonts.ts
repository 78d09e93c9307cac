/** Copies the font files that reports are written with beside the program, with their licence. */
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { FAMILIES, fontFiles } from "../gateway/report/fonts";

export function copyFonts(outdir: string): void {
  for (const family of FAMILIES) {
    const from = dirname(require.resolve(`@fontsource/${family}/package.json`));
    mkdirSync(join(outdir, family, "files"), { recursive: true });
    for (const name of ["unicode.json", "LICENSE"])
      copyFileSync(join(from, name), join(outdir, family, name));
  }
  for (const weight of [400, 700] as const)
    for (const { family, name, path } of fontFiles(weight))
      copyFileSync(path, join(outdir, family, "files", `${name}.woff`));
}
