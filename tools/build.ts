/** Bundles the program, those that it starts, and the page, into dist/; packages stay outside, source maps beside them. */
import { join } from "node:path";
import { bundle } from "./bundle";
import { buildPage } from "./page";

const dist = join(__dirname, "../dist");

bundle(dist);
void buildPage(join(dist, "page"));
