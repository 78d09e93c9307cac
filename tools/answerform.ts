/** Builds answer-form.html: the form that a clinician answers on, before the hub puts a recording's content into it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filled, policyOf, scriptOf } from "./standalone";

const root = join(__dirname, "../gateway/web/page");

/** @param file written anew */
export function buildAnswerForm(file: string): void {
  const script = scriptOf(join(root, "answer/main.tsx"));
  const style = ["page.css", "answer/answer.css"]
    .map((name) => readFileSync(join(root, name), "utf8"))
    .join("\n");
  const parts = { script, style, policy: policyOf(script, style, "img-src data:") };
  writeFileSync(file, filled(readFileSync(join(root, "answer/page.html.template"), "utf8"), parts));
}
