/** The page itself, as Vite built it: no data is in it, and nothing but its own files is served. */
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";
import { Refused } from "../access/guard";

/** Named by their content: another content has another name. */
const ASSET = /^\w[\w.-]{0,59}$/;
const FOREVER = "public, max-age=31536000, immutable";

/** The page that verifies, beside the page's folder as the build put it. */
const VERIFY = "verify.html";

/** Beside the program; and where a build puts it for the program that is run from its sources. */
export function pageFolder(): string {
  return extname(__filename) === ".ts" ? join(__dirname, "../../dist/page") : join(__dirname, "page");
}

/** @param folder with index.html and assets/; without it there is an API and no page */
export async function addFiles(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, "index.html"))) return;
  // As the build compressed them, for browsers that take that: they are a third as long.
  await app.register(fastifyStatic, { root: folder, serve: false, cacheControl: false, preCompressed: true });
  const index = (_request: unknown, reply: FastifyReply) => reply.sendFile("index.html");
  app.get("/", index);
  // What stands behind its # is for the page alone.
  app.get("/link", index);
  addVerifyPage(app, join(folder, "..", VERIFY));
  app.get<{ Params: { name: string } }>("/assets/:name", ({ params }, reply) => {
    if (!ASSET.test(params.name)) throw new Refused(404, "ACCESS_ROUTE", "there is nothing here");
    return reply
      .headers({ "cache-control": FOREVER, vary: "accept-encoding" })
      .sendFile(`assets/${params.name}`);
  });
}

/** As a download: from a disk it works without this hub, under its own policy; to open it here the hub's would be too strict. */
function addVerifyPage(app: FastifyInstance, file: string): void {
  if (!existsSync(file)) return;
  const html = readFileSync(file);
  app.get(`/${VERIFY}`, (_request, reply) =>
    reply
      .header("content-disposition", `attachment; filename="avnode-${VERIFY}"`)
      .type("text/html; charset=utf-8")
      .send(html),
  );
}
