import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { Updates } from "../../../gateway/store/updates";
import { refusalCode, updateWords } from "../../../gateway/update/words";
import { toHex } from "../../../protocol/bytes";
import { UpdatePhase, UpdateRefusal } from "../../../protocol/update";
import { Random } from "../../../tools/sim/random";
import { scratch } from "../../e2e/rig";
import { Maker } from "../../firmware/maker";
import { Rig } from "../store/rig";
import { releaseFile } from "../update/files";

const image = new Random("cli").bytes(1000);
const made = new Maker("cli").release(image, { board: "simulated", counter: 2, version: "0.2.0" });

describe("avnode update", function () {
  this.timeout(20_000);
  const folder = scratch();
  let rig: Rig;
  let id: string;
  before(() => {
    rig = new Rig();
    id = rig.claimed().hex;
    rig.time.restore();
  });
  after(() => rig.end());

  const avnode = async (...words: string[]) => {
    let said = "";
    const stream = { write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream;
    const code = await run([...words, "--data", rig.dataDir], "0.0.0", {}, new Terminal(stream, stream, {}));
    return { code, said };
  };
  const refused = async (exit: number, words: RegExp, ...command: string[]) => {
    const { code, said } = await avnode("update", ...command);
    assert.equal(code, exit, said);
    assert.match(said, words);
    assert.equal(said.trimEnd().split("\n").length, 1);
  };

  it("refuses in one line, with what to do", async () => {
    await refused(3, /cannot read the release: .*; name the file/, "add", join(folder, "none"));
    const path = join(folder, "text.avnode-release");
    writeFileSync(path, "no release");
    await refused(3, /^avnode: the file is no release.*: fetch it from its maker again$/m, "add", path);
    await refused(1, /no release here is newer.*'avnode update add FILE'/, "start", id);
    await refused(3, /no handheld ffff here: 'avnode devices' lists them/, "start", "ffff");
    for (const what of ["swap", "cancel"]) await refused(1, /no update of .* is under way/, what, id);
  });

  it("adds a release, starts it, lists how it gets on, swaps and cancels", async () => {
    const path = join(folder, "v2.avnode-release");
    writeFileSync(path, releaseFile(made, { notes: Buffer.from("New:\n\x1b[31mred") }));
    const added = await avnode("update", "add", path);
    assert.equal(added.code, 0, added.said);
    assert.equal(added.said, "version 0.2.0 for simulated is here\nNew:\n[31mred\n");
    const row = async () => (await avnode("update")).said.split("\n")[1]!;
    assert.match(await row(), /0\.2\.0 +-$/);
    const started = await avnode("update", "start", id.slice(0, 6));
    assert.equal(started.code, 0, started.said);
    assert.match(started.said, /^version 0\.2\.0 goes to handheld [0-9a-f]{16}\nno hub answers here/);
    await refused(1, /under way to .* already: cancel it first/, "start", id);
    assert.match(await row(), /0\.2\.0 waits for the handheld: near the hub it first checks/);
    const updates = Updates.open(rig.dataDir);
    const taking = { phase: UpdatePhase.taking, running: 1, counter: 2, taken: 512, refused: 0 };
    updates.change(id, { begun: true, state: taking });
    assert.match(await row(), /is being sent; the handheld goes on as ever \(51 %\)$/);
    assert.equal((await avnode("update", "swap", id, "--when-ready")).code, 0);
    assert.equal(updates.get(id)!.swap, "ready");
    const cancelled = await avnode("update", "cancel", id);
    assert.equal(cancelled.code, 0);
    // It has heard of the update, and has yet to hear of this.
    assert.match(
      cancelled.said,
      /^version 0\.2\.0 for handheld [0-9a-f]{16}: is being cancelled; bring the handheld near the hub$/m,
    );
    assert.match(await row(), /is being cancelled; bring the handheld near the hub$/);
    const { devices, releases } = JSON.parse((await avnode("update", "--json")).said);
    assert.equal(devices[0].update.cancelled, true);
    assert.equal(releases[0].release.head, toHex(made.release.head));
    // It had restarted by then: nobody says any more that it will not run.
    updates.change(id, { state: { ...taking, phase: UpdatePhase.trial } });
    assert.match(await row(), /runs, and has yet to show that it works$/);
    updates.close();
  });

  it("has nothing to cancel or restart with once it is over, and says how it ended rather than to start it", async () => {
    const updates = Updates.open(rig.dataDir);
    const failed = { phase: 0, running: 1, counter: 2, taken: 0, refused: UpdateRefusal.failed };
    const ends = [
      ["refused", /over already: refused: this version did not come up on it the last time; ask its maker/],
      ["back", /over already: it did not work on this handheld, which went back/],
      ["installed", /over already: installed$/m],
    ] as const;
    for (const [how, words] of ends) {
      const before = updates.get(id)!;
      updates.put(id, { ...before, state: failed, ended: { how, at: 1 } });
      for (const what of ["cancel", "swap"]) await refused(1, words, what, id);
      assert.equal(updates.get(id)!.ended!.how, how);
      assert.doesNotMatch((await avnode("update", "cancel", id)).said, /update start/);
    }
    // One that no handheld has heard of yet is over at once.
    updates.put(id, { ...updates.get(id)!, begun: false, cancelled: false, ended: undefined });
    const { said } = await avnode("update", "cancel", id);
    assert.match(said, /^version 0\.2\.0 for handheld [0-9a-f]{16}: cancelled\n$/);
    updates.close();
  });

  it("has a sentence of its own for every reason of a handheld", () => {
    const told = Object.entries(UpdateRefusal).map(([name, refusal]) => {
      const code = refusalCode(refusal);
      assert.equal(code, name === "none" ? undefined : name);
      const state = { phase: 0, running: 1, counter: 2, taken: 0, refused: refusal };
      const update = { ...{ epoch: 1, release: "", counter: 2, version: "2", bytes: 9, askedAt: 0 }, state };
      return updateWords({
        ...update,
        ...{ swap: "no", cancelled: false, again: false, begun: true, swapped: false },
        ended: { how: "refused", at: 0 },
      });
    });
    assert.equal(new Set(told).size, 16);
  });
});
