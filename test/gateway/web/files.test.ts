import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { makeServer } from "../../../gateway/web/server";
import { emptyHub, HOST } from "../access/rig";

describe("the page's own files", () => {
  let folder: string;
  let app: FastifyInstance | undefined;
  let hub: ReturnType<typeof emptyHub>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "avnode-page-"));
    mkdirSync(join(folder, "page/assets"), { recursive: true });
    writeFileSync(join(folder, "page/index.html"), "<!doctype html><title>avnode</title>");
    writeFileSync(join(folder, "page/assets/index-C0ffee12.js"), "let here;");
    writeFileSync(join(folder, "page/assets/.hidden"), "not for others");
    writeFileSync(join(folder, "secret.txt"), "not for others");
    hub = emptyHub(join(folder, "data"));
  });
  afterEach(async () => {
    await app?.close();
    hub.reader.close();
    rmSync(folder, { recursive: true });
  });
  const serve = async (page?: string) => {
    app = await makeServer({ dataDir: join(folder, "data"), hub, page });
  };
  const get = (url: string, headers = {}) => app!.inject({ url, headers: { host: HOST, ...headers } });

  it("are for anybody, under the policy that lets the page reach nothing but its hub", async () => {
    await serve(join(folder, "page"));
    for (const url of ["/", "/link"]) {
      const answer = await get(url, { "sec-fetch-site": "cross-site" });
      assert.deepEqual([answer.statusCode, answer.headers["cache-control"]], [200, "no-store"]);
      assert.match(answer.body, /<title>avnode/);
      assert.match(String(answer.headers["content-type"]), /^text\/html/);
      assert.doesNotMatch(String(answer.headers["content-security-policy"]), /unsafe|https?:/);
    }
    const script = await get("/assets/index-C0ffee12.js");
    assert.deepEqual([script.statusCode, script.body], [200, "let here;"]);
    assert.match(String(script.headers["content-type"]), /javascript/);
    assert.match(String(script.headers["cache-control"]), /immutable/);
  });

  it("hand out the page that verifies as a file to keep, and none that was not built", async () => {
    await serve(join(folder, "page"));
    assert.equal((await get("/verify.html")).statusCode, 404);
    await app!.close();
    writeFileSync(join(folder, "verify.html"), "<!doctype html><title>verify</title>");
    await serve(join(folder, "page"));
    const answer = await get("/verify.html");
    assert.deepEqual([answer.statusCode, answer.body], [200, "<!doctype html><title>verify</title>"]);
    assert.equal(answer.headers["content-disposition"], 'attachment; filename="avnode-verify.html"');
  });

  it("lead to no other file, and to none under another host's name", async () => {
    symlinkSync(join(folder, "secret.txt"), join(folder, "page/assets/.link"));
    await serve(join(folder, "page"));
    for (const url of [
      ...["/assets/..%2f..%2fsecret.txt", "/assets/../../secret.txt", "/assets/"],
      ...["/assets/.hidden", "/assets/.link", "/assets/none.js", "/assets", "/index.html", "/assets/%00"],
      ...["/assets/a%5c..%5csecret.txt", "/secret.txt", "/page/index.html"],
    ]) {
      const answer = await get(url);
      assert.ok([400, 403, 404].includes(answer.statusCode), `${url}: ${answer.statusCode}`);
      assert.doesNotMatch(answer.body, /not for others|avnode-page/, url);
    }
    assert.equal((await get("/", { host: "evil.example" })).statusCode, 421);
  });

  it("come compressed to whoever takes that, and as they are to everybody else", async () => {
    writeFileSync(join(folder, "page/assets/index-C0ffee12.js.gz"), gzipSync("let here;"));
    await serve(join(folder, "page"));
    for (const encodings of ["gzip, deflate", "gzip, deflate, br, zstd"]) {
      const short = await get("/assets/index-C0ffee12.js", { "accept-encoding": encodings });
      assert.deepEqual([short.statusCode, short.headers["content-encoding"]], [200, "gzip"]);
      assert.equal(gunzipSync(short.rawPayload).toString(), "let here;");
      assert.match(String(short.headers["content-type"]), /javascript/);
      assert.match(String(short.headers["cache-control"]), /immutable/);
      assert.match(String(short.headers.vary), /accept-encoding/i);
    }
    for (const headers of [{}, { "accept-encoding": "identity" }, { "accept-encoding": "br" }]) {
      const plain = await get("/assets/index-C0ffee12.js", headers);
      assert.deepEqual([plain.headers["content-encoding"], plain.body], [undefined, "let here;"]);
    }
    assert.equal((await get("/", { "accept-encoding": "gzip" })).statusCode, 200);
  });

  it("are not there where they were not built, and the API is", async () => {
    await serve(join(folder, "nowhere"));
    assert.equal((await get("/")).statusCode, 404);
    assert.equal((await get("/healthz")).statusCode, 200);
  });
});
