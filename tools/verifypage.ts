/** Builds verify.html: one file that proves, opened from a disk without any network. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filled, policyOf, scriptOf } from "./standalone";

const root = join(__dirname, "../gateway/web/verify");

export function verifyPage(): string {
  const script = scriptOf(join(root, "main.ts"));
  const style = readFileSync(join(root, "style.css"), "utf8");
  return filled(readFileSync(join(root, "page.html.template"), "utf8"), {
    ...{ script, style, thread: scriptOf(join(root, "worker.ts")) },
    // The thread that it makes of itself.
    policy: policyOf(script, style, "worker-src blob:"),
  });
}

/** @param file written anew */
export function buildVerifyPage(file: string): void {
  writeFileSync(file, verifyPage());
}
