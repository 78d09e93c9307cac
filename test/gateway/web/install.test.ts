import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import type { FastifyInstance } from "fastify";
import { makeServer, type WebPlace } from "../../../gateway/web/server";
import { emptyHub, HOST } from "../access/rig";
import { hasOpenssl, makeCa } from "../mqtt/certificates";

const ORIGIN = `https://${HOST}`;
const ASSETS = ["icon-Dx_1.svg", "index-C0ffee12.js", "index-Ab.css"];

/** What a browser gives a service worker, as far as ours asks for it. */
class Browser {
  readonly stores = new Map<string, Map<string, string>>([["avnode-old", new Map()]]);
  online = true;
  readonly fetched: string[] = [];
  private readonly listeners = new Map<string, (event: unknown) => void>();

  constructor(script: string) {
    const self = {
      location: { origin: ORIGIN },
      addEventListener: (name: string, listener: (event: unknown) => void) =>
        this.listeners.set(name, listener),
      skipWaiting: async () => {},
      clients: { claim: async () => {} },
    };
    const fetch = async (asked: string | { url: string }) => {
      const { pathname } = new URL(typeof asked === "string" ? asked : asked.url, ORIGIN);
      this.fetched.push(pathname);
      if (!this.online) throw new TypeError("failed to fetch");
      return `${pathname} of the hub`;
    };
    const caches = {
      open: async (name: string) => {
        const store = this.stores.get(name) ?? new Map<string, string>();
        this.stores.set(name, store);
        return {
          addAll: async (files: string[]) => {
            for (const file of files) store.set(file, `${file} kept`);
          },
        };
      },
      keys: async () => [...this.stores.keys()],
      delete: async (name: string) => this.stores.delete(name),
      match: async (path: string, { cacheName }: { cacheName: string }) =>
        this.stores.get(cacheName)?.get(path),
    };
    runInContext(script, createContext({ self, caches, fetch, URL }));
  }

  async event(name: string): Promise<void> {
    let waited: Promise<void> | undefined;
    this.listeners.get(name)!({ waitUntil: (work: Promise<void>) => (waited = work) });
    await waited;
  }

  /** @returns undefined for what the worker leaves to the browser */
  ask(path: string, method = "GET"): Promise<string> | undefined {
    let answer: Promise<string> | undefined;
    const request = { method, url: new URL(path, ORIGIN).href };
    this.listeners.get("fetch")!({ request, respondWith: (given: Promise<string>) => (answer = given) });
    return answer;
  }
}

describe("the installable page", function () {
  this.timeout(20_000);
  let folder: string;
  let app: FastifyInstance | undefined;
  let hub: ReturnType<typeof emptyHub>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "avnode-install-"));
    mkdirSync(join(folder, "page/assets"), { recursive: true });
    writeFileSync(join(folder, "page/index.html"), "<!doctype html><title>avnode</title>");
    for (const name of ASSETS) writeFileSync(join(folder, "page/assets", name), name);
    writeFileSync(join(folder, "page/assets/.hidden"), "not for others");
    hub = emptyHub(join(folder, "data"));
  });
  afterEach(async () => {
    await app?.close();
    hub.reader.close();
    rmSync(folder, { recursive: true });
  });
  const serve = async (place?: WebPlace) => {
    await app?.close();
    app = await makeServer({ dataDir: join(folder, "data"), hub, place, page: join(folder, "page") });
  };
  const overTls = (): WebPlace => {
    const { cert, key } = makeCa(folder, "hub");
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  };
  const get = (url: string) => app!.inject({ url, headers: { host: HOST } });

  it("is none over plain HTTP", async () => {
    await serve();
    for (const url of ["/manifest.webmanifest", "/sw.js"]) assert.equal((await get(url)).statusCode, 404);
  });

  it("has a manifest over the hub's own HTTPS, which its policy lets the browser read", async function () {
    if (!hasOpenssl) this.skip();
    await serve(overTls());
    const answer = await get("/manifest.webmanifest");
    assert.match(String(answer.headers["content-type"]), /^application\/manifest\+json/);
    const manifest = answer.json();
    assert.deepEqual(
      [manifest.name, manifest.start_url, manifest.scope, manifest.display],
      ["avnode", "/", "/", "standalone"],
    );
    const [icon] = manifest.icons;
    assert.equal((await get(icon.src)).body, "icon-Dx_1.svg");
    const policy = String((await get("/")).headers["content-security-policy"]);
    assert.match(policy, /manifest-src 'self'/);
    assert.match(policy, /script-src 'self'/);
  });

  it("starts without the hub, from the files of one build, and keeps no answer of the API", async function () {
    if (!hasOpenssl) this.skip();
    const place = overTls();
    await serve(place);
    const first = (await get("/sw.js")).body;
    assert.doesNotMatch(first, /hidden/);
    const browser = new Browser(first);
    await browser.event("install");
    await browser.event("activate");
    const [name, ...others] = browser.stores.keys();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [...browser.stores.get(name!)!.keys()].sort(),
      ["/", ...ASSETS.map((asset) => `/assets/${asset}`)].sort(),
    );
    assert.equal(await browser.ask("/"), "/ of the hub");
    browser.online = false;
    for (const path of ["/", "/link"]) assert.equal(await browser.ask(path), "/ kept");
    assert.equal(await browser.ask("/assets/index-C0ffee12.js"), "/assets/index-C0ffee12.js kept");
    for (const path of ["/api/recordings", "/api/live?handheld=00", "/healthz", "/assets/none.js"])
      assert.equal(browser.ask(path), undefined, path);
    assert.equal(browser.ask("/", "POST"), undefined);
    assert.equal(browser.ask("https://evil.example/"), undefined);
    writeFileSync(join(folder, "page/index.html"), "<!doctype html><title>another build</title>");
    await serve(place);
    assert.notEqual((await get("/sw.js")).body, first);
  });
});
