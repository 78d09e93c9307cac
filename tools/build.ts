/** Bundles the program, those that it starts, its pages and its fonts into dist/; packages stay outside, source maps beside them. */
import { join } from "node:path";
import { buildAnswerForm } from "./answerform";
import { bundle } from "./bundle";
import { copyFonts } from "./fonts";
import { buildPage } from "./page";
import { buildVerifyPage } from "./verifypage";

const dist = join(__dirname, "../dist");

bundle(dist);
buildVerifyPage(join(dist, "verify.html"));
buildAnswerForm(join(dist, "answer-form.html"));
copyFonts(join(dist, "fonts"));
void buildPage(join(dist, "page"));
