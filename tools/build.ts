/** Bundles the program, those that it starts, the page, and fonts, into dist/; packages stay outside, source maps beside them. */
import { join } from "node:path";
import { bundle } from "./bundle";
import { copyFonts } from "./fonts";
import { buildPage } from "./page";

const dist = join(__dirname, "../dist");

bundle(dist);
copyFonts(join(dist, "fonts"));
void buildPage(join(dist, "page"));
