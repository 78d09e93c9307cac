/**
 * What makes the page installable, and lets it start while the hub is not reached: served over the hub's own HTTPS alone,
 * for browsers take it from nowhere else. It keeps the page's files and nothing that the API answers.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { DataKind } from "../store/claims";

const ICON = /^icon-[\w-]+\.svg$/;
/** As in assets/; what else lies there is served to nobody, and what is compressed is of the same name to browsers. */
const SERVED = /^\w[\w.-]{0,59}(?<!\.gz)$/;
/** Of the page's own colours, light. */
const PAPER = "#fffdf8";

/** @param folder of the built page */
export function addInstall(app: FastifyInstance, folder: string, kind: DataKind): void {
  if (!existsSync(join(folder, "index.html"))) return;
  const assets = readdirSync(join(folder, "assets")).filter((name) => SERVED.test(name));
  const manifest = manifestOf(assets, kind);
  const worker = workerOf(folder, assets);
  app.get("/manifest.webmanifest", (_request, reply) =>
    reply.type("application/manifest+json; charset=utf-8").send(manifest),
  );
  app.get("/sw.js", (_request, reply) => reply.type("text/javascript; charset=utf-8").send(worker));
}

function manifestOf(assets: string[], kind: DataKind): string {
  const icon = assets.find((name) => ICON.test(name));
  const name = kind === "home" ? "avnode" : "avnode DEMO";
  return JSON.stringify({
    ...{ id: "/", name, short_name: name, start_url: "/", scope: "/", display: "standalone" },
    ...{ background_color: PAPER, theme_color: PAPER },
    icons: icon === undefined ? [] : [{ src: `/assets/${icon}`, sizes: "any", type: "image/svg+xml" }],
  });
}

/** Another build has another text, by which browsers know that there is a new one. */
function workerOf(folder: string, assets: string[]): string {
  const hash = createHash("sha256").update(readFileSync(join(folder, "index.html")));
  for (const name of assets) hash.update(`\0${name}`);
  const cache = `avnode-${hash.digest("hex").slice(0, 16)}`;
  const files = ["/", ...assets.map((name) => `/assets/${name}`)];
  return `const CACHE = ${JSON.stringify(cache)};\nconst FILES = ${JSON.stringify(files)};\n${WORKER}`;
}

const WORKER = `
self.addEventListener("install", (event) => {
  const keep = async () => {
    await (await caches.open(CACHE)).addAll(FILES);
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// The page itself from the hub while it is reached; what is named by its content from here. Nothing else is touched.
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === "/" || pathname === "/link")
    event.respondWith(fetch(event.request).catch(() => caches.match("/", { cacheName: CACHE })));
  else if (FILES.includes(pathname))
    event.respondWith(
      caches.match(pathname, { cacheName: CACHE }).then((kept) => kept ?? fetch(event.request)),
    );
});
`;
