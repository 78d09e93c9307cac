import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { Updates } from "../../../gateway/store/updates";
import { Releases } from "../../../gateway/update/releases";
import { Maker } from "../../firmware/maker";
import { Rig } from "../store/rig";
import { releaseFile } from "../update/files";

describe("the commands for copies", function () {
  const folder = mkdtempSync(join(tmpdir(), "avnode-copies-"));
  const stick = join(folder, "stick");
  let data: string;
  let rig: Rig;
  let ids: string[];
  let recoveryCode: string;

  async function avnode(words: string[], typed = "", env: NodeJS.ProcessEnv = {}) {
    const caught = { out: "", err: "" };
    const into = (which: "out" | "err") =>
      ({
        write: (text: string) => {
          caught[which] += text;
          return true;
        },
      }) as unknown as NodeJS.WriteStream;
    const stdin = Readable.from([typed]) as unknown as NodeJS.ReadStream;
    const terminal = new Terminal(into("out"), into("err"), { AVNODE_DATA: data, ...env }, stdin);
    const code = await run(words, "0.0.0", {}, terminal);
    return { code, ...caught };
  }

  before(() => {
    rig = new Rig();
    data = rig.dataDir;
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(3));
    rig.deliver(handheld, handheld.record(3));
    ids = rig.store.reader.recordings().map(({ id }) => id);
    rig.store.close();
    rig.time.restore();
  });
  after(() => {
    rmSync(folder, { recursive: true });
    rmSync(data, { recursive: true });
  });

  it("print the recovery code with the first backup, on stdout, and never again", async () => {
    const first = await avnode(["backup", stick]);
    assert.equal(first.code, 0, first.err);
    recoveryCode = /^avr1( [a-z0-9]{4}){8}$/m.exec(first.out)![0];
    assert.match(first.err, /shown once and kept nowhere/);
    assert.match(first.out, /2 recordings changed, 10 frames copied/);
    const second = await avnode(["backup", stick]);
    assert.doesNotMatch(second.out, /avr1/);
    assert.match(second.out, /0 recordings changed, 0 frames copied/);
    const json = JSON.parse((await avnode(["backup", stick, "--json", "--full"])).out);
    assert.deepEqual([json.verified.recordings, json.recoveryCode], [2, undefined]);
  });

  it("rehearse with the code from the environment or typed, and refuse a mistyped one as wrong use", async () => {
    const typed = await avnode(["backup", stick, "--rehearse"], `${recoveryCode}\n`);
    assert.equal(typed.code, 0, typed.err);
    assert.match(typed.out, /comes back: 2 recordings, 10 frames, one frame of each of 2 opened/);
    const mistyped = recoveryCode.replace(/.$/, (last) => (last === "q" ? "p" : "q"));
    const wrong = await avnode(["backup", stick, "--rehearse"], "", { AVNODE_RECOVERY_CODE: mistyped });
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /^avnode: the code has a typing error/);
    assert.equal((await avnode(["restore", stick, "--data", join(folder, "x")], "")).code, 2);
  });

  it("forget a recording once its id is typed again", async () => {
    const [id] = ids;
    const kept = await avnode(["forget", id!.slice(0, 6)], "no\n");
    assert.equal(kept.code, 1);
    assert.match(kept.err, /a proof stays valid/);
    const gone = await avnode(["forget", id!.slice(0, 6)], `${id}\n`);
    assert.equal(gone.code, 0, gone.err);
    assert.match(gone.out, new RegExp(`^erased recording ${id} on `));
    assert.match((await avnode(["recordings"])).out, new RegExp(`^${id} .*erased by owner, \\d{4}-`, "m"));
    const shown = await avnode(["show", id!]);
    assert.equal(shown.code, 0, shown.err);
    assert.match(shown.out, /^erased {5}by owner, \d{4}-/m);
    const verified = await avnode(["verify"]);
    assert.equal(verified.code, 0, verified.out);
    assert.match(verified.out, /erased by owner/);
    assert.equal((await avnode(["export", id!, "--format", "csv", "-o", folder])).code, 3);
  });

  it("tell how things are and what to do", async () => {
    const { code, out } = await avnode(["status"]);
    assert.equal(code, 0);
    assert.match(out, /^hub {8}not running$/m);
    assert.match(out, /^recordings 2, 0 running, 1 erased/m);
    assert.match(out, new RegExp(`^${stick} .* ok`, "m"));
    const json = JSON.parse((await avnode(["status", "--json"])).out);
    assert.equal(json.copies[0].ok, true);
    assert.ok(json.log.size >= 3);
  });

  it("bring it back, and say what to do next", async () => {
    const [{ id }] = JSON.parse((await avnode(["devices", "--json"])).out).devices;
    assert.equal((await avnode(["name", id, "Anna's"])).code, 0);
    const made = new Maker("copies").release(new Uint8Array(900), { board: "simulated", version: "0.2.0" });
    const release = new Releases(data).add(releaseFile(made), () => true).id;
    const updates = Updates.open(data);
    updates.put(id, {
      ...{ epoch: 1, release, counter: 2, version: "0.2.0", bytes: 900, swap: "no", askedAt: 1 },
      ...{ cancelled: false, again: false, begun: true, swapped: false },
    });
    updates.close();
    await avnode(["backup", stick]);
    const restored = join(folder, "restored");
    const back = await avnode(["restore", stick, "--data", restored], "", {
      AVNODE_RECOVERY_CODE: recoveryCode,
    });
    assert.equal(back.code, 0, back.err);
    assert.match(back.out, /^restored 2 recordings with 5 frames/);
    const goesOn = `^the update of handheld ${id} to 0\\.2\\.0 goes on, as in the copy: 'avnode update cancel ${id.slice(0, 8)}'`;
    assert.match(back.out, new RegExp(goesOn, "m"));
    assert.match(back.err, /run 'avnode start'/);
    const status = await avnode(["status", "--data", restored]);
    assert.match(status.out, /^restored \d{4}-.* from the copy of/m);
    assert.match((await avnode(["devices", "--data", restored])).out, /^Anna's /m);
    assert.equal((await avnode(["verify", "--data", restored])).code, 0);
    // A damaged release does not spoil it, and is told, by the rehearsal too.
    writeFileSync(join(stick, "releases", `${release}.avnode-release`), "x");
    const env = { AVNODE_RECOVERY_CODE: recoveryCode };
    for (const words of [
      ["backup", stick, "--rehearse"],
      ["restore", stick, "--data", join(folder, "less")],
    ]) {
      const { code, out } = await avnode(words, "", env);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^release ${release} is damaged: fetch it from its maker`, "m"));
      if (words[0] === "restore") assert.match(out, /^the update of .* ends, for its release did not come/m);
    }
  });

  it("invite a mirror with a URL that is shown once, and end it", async () => {
    const invited = await avnode(["mirror", "--invite", "--port", "7999", "--host", "127.0.0.1"]);
    assert.equal(invited.code, 0, invited.err);
    assert.match(invited.out, /^avnode-mirror:\/\/127\.0\.0\.1:7999\/#[\w-]{43}\n$/);
    assert.equal((await avnode(["mirror", "--revoke", "mirror-1"])).code, 0);
    assert.equal((await avnode(["mirror", "--revoke", "mirror-1"])).code, 3);
    assert.equal((await avnode(["mirror"])).code, 2);
  });
});
