/** Builds pages of one file each, which work from a disk without any network. */
import { createHash } from "node:crypto";
import { buildSync } from "esbuild";

export function scriptOf(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    charset: "ascii",
    legalComments: "none",
    logLevel: "warning",
  });
  // In HTML a script ends here, whatever it means in the script.
  return outputFiles[0]!.text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
}

const sourceOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Its own policy: this script, this style, and what is named; nothing from any address. */
export function policyOf(script: string, style: string, more: string): string {
  return [
    "default-src 'none'",
    `script-src ${sourceOf(script)}`,
    `style-src ${sourceOf(style)}`,
    more,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** @param parts by the names that stand in the template in braces; others stay */
export function filled(template: string, parts: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) => parts[name] ?? place);
}
