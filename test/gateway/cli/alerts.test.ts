import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { scratch } from "../../e2e/rig";
import { Rig } from "../store/rig";

const SECRET = "geheim-4711";

describe("avnode alerts", function () {
  this.timeout(20_000);
  const folder = scratch();
  let rig: Rig;
  let status: number;
  let files = 0;
  const server = createServer((_, answer) => void answer.writeHead(status).end());
  before((done) => {
    rig = new Rig();
    rig.time.restore();
    server.listen(0, "127.0.0.1", done);
  });
  after((done) => {
    rig.end();
    server.close(() => done());
    server.closeAllConnections();
  });

  const avnode = async (...words: string[]) => {
    let said = "";
    const stream = { write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream;
    const code = await run([...words, "--data", rig.dataDir], "0.0.0", {}, new Terminal(stream, stream, {}));
    assert.ok(!said.includes(SECRET), said);
    return { code, said };
  };
  const file = (value: unknown, mode = 0o600) => {
    const path = join(folder, `way-${files++}.json`);
    writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value), { mode });
    return path;
  };
  const way = () => ({
    way: { kind: "ntfy", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${SECRET}` },
    tells: ["hub"],
  });

  it("adds, lists, tries and removes who is told", async () => {
    assert.match((await avnode("alerts")).said, /^nobody is told yet/);
    const { port } = server.address() as AddressInfo;
    const added = await avnode("alerts", "add", file(way()));
    assert.equal(added.code, 0, added.said);
    assert.match(added.said, new RegExp(`^1: 127\\.0\\.0\\.1:${port}\n`));
    status = 200;
    assert.equal((await avnode("alerts", "test", "1")).code, 0);
    status = 403;
    const refused = await avnode("alerts", "test", "1");
    assert.equal(refused.code, 1);
    assert.match(refused.said, /^avnode: not accepted: 127\.0\.0\.1:\d+: it says 403\n$/);
    const { listeners } = JSON.parse((await avnode("alerts", "--json")).said);
    const address = `127.0.0.1:${port}`;
    assert.deepEqual(listeners, [{ id: 1, kind: "ntfy", address, tells: ["hub"], waiting: 0 }]);
    assert.equal((await avnode("alerts", "remove", "1")).code, 0);
    const gone = await avnode("alerts", "remove", "1");
    assert.deepEqual(
      [gone.code, gone.said],
      [3, "avnode: nobody is told under 1: 'avnode alerts' lists who is\n"],
    );
  });

  for (const [what, path, code, words] of [
    ["a file that others read", () => file(way(), 0o644), 3, /run: chmod 600/],
    ["a file that is no JSON", () => file(`{"url": "${SECRET}"`), 2, /is no JSON/],
    ["a way that there is not", () => file({ way: { kind: "sms" }, tells: [] }), 2, /way\.kind/],
    [
      "a place of a demo elsewhere",
      () => file({ way: { kind: "webhook", url: "https://a.example/x" }, tells: [] }),
      3,
      /a demo tells nothing to another machine/,
    ],
  ] as const)
    it(`refuses ${what}`, async () => {
      const answer = await avnode("alerts", "add", path());
      assert.equal(answer.code, code, answer.said);
      assert.match(answer.said, words);
    });
});
