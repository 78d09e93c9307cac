/** Builds verify.html: one file that proves, opened from a disk without any network. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";

const root = join(__dirname, "../gateway/web/verify");

function scriptOf(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, entry)],
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: "es2022",
    charset: "ascii",
    legalComments: "none",
    logLevel: "warning",
  });
  // In HTML a script ends here, whatever it means in the script.
  return outputFiles[0]!.text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
}

const sourceOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Its own policy: this script, this style, the thread that it makes of itself; nothing from any address. */
function policyOf(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${sourceOf(script)}`,
    `style-src ${sourceOf(style)}`,
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

export function verifyPage(): string {
  const parts: Record<string, string> = {
    script: scriptOf("main.ts"),
    thread: scriptOf("worker.ts"),
    style: readFileSync(join(root, "style.css"), "utf8"),
  };
  parts["policy"] = policyOf(parts["script"]!, parts["style"]!);
  return readFileSync(join(root, "page.html.template"), "utf8").replace(
    /\{(policy|style|thread|script)\}/g,
    (_, name: string) => parts[name]!,
  );
}

/** @param file written anew */
export function buildVerifyPage(file: string): void {
  writeFileSync(file, verifyPage());
}
