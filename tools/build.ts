/** Bundles the program, those that it starts, the page and the one that verifies, into dist/; packages stay outside, source maps beside them. */
import { join } from "node:path";
import { bundle } from "./bundle";
import { buildPage } from "./page";
import { buildVerifyPage } from "./verifypage";

const dist = join(__dirname, "../dist");

bundle(dist);
buildVerifyPage(join(dist, "verify.html"));
void buildPage(join(dist, "page"));
