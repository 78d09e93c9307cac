import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { openAccess } from "../../../gateway/access/database";
import { Egress, type LeftEntry } from "../../../gateway/access/egress";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { systemClock } from "../../../gateway/clock";
import { scratch } from "../../e2e/rig";
import { Rig } from "../store/rig";

describe("what a command takes out of the store", () => {
  const folder = scratch();
  let rig: Rig;
  let id: string;
  before(() => {
    rig = new Rig();
    const handheld = rig.claimed();
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    id = rig.store.reader.recordings()[0]!.id;
    rig.time.restore();
  });
  after(() => rig.end());

  const avnode = async (...words: string[]) => {
    let err = "";
    const silent = { write: () => true } as unknown as NodeJS.WriteStream;
    const heard = {
      write(text: string) {
        err += text;
        return true;
      },
    } as unknown as NodeJS.WriteStream;
    const code = await run([...words, "--data", rig.dataDir], "0.0.0", {}, new Terminal(silent, heard, {}));
    return { code, err };
  };
  const ledger = (): LeftEntry[] => {
    const db = openAccess(rig.dataDir);
    try {
      return new Egress(db, systemClock).list(50);
    } finally {
      db.close();
    }
  };

  it("stands in the ledger of what left the house, with the file's place and form", async () => {
    const out = join(folder, "out");
    mkdirSync(out);
    assert.equal(
      (await avnode("export", id.slice(0, 8), "--format", "csv", "-o", join(out, "a.csv"))).code,
      0,
    );
    assert.equal((await avnode("export", id, "--format", "wfdb", "-o", join(out, "b"))).code, 0);
    assert.equal((await avnode("proof", id, "-o", join(out, "c.proof"))).code, 0);
    assert.equal((await avnode("proof", id, "-o", join(out, "d.proof"), "--open")).code, 0);
    assert.deepEqual(
      ledger()
        .reverse()
        .map(({ kind, to, address, recording, detail }) => [kind, to, address, recording, detail]),
      [
        ["export", "a file on this machine", join(out, "a.csv"), id, "csv"],
        ["export", "a file on this machine", join(out, "b.dat"), id, "wfdb"],
        ["export", "a file on this machine", join(out, "c.proof"), id, "proof"],
        ["export", "a file on this machine", join(out, "d.proof"), id, "proof, opened"],
      ],
    );
    for (const { address } of ledger()) assert.ok(existsSync(address), address);
  });

  it("is not told where nothing was taken, and is taken where it cannot be told, with a word about that", async () => {
    const before = ledger().length;
    assert.notEqual((await avnode("export", id, "--format", "csv", "-o", rig.dataDir)).code, 0);
    assert.notEqual((await avnode("proof", id, "-o", join(folder, "nowhere/e.proof"))).code, 0);
    assert.notEqual((await avnode("export", "ffff", "--format", "csv", "-o", join(folder, "f.csv"))).code, 0);
    assert.equal(ledger().length, before);
    // One that others may read is no list that could be trusted.
    chmodSync(join(rig.dataDir, "access.db"), 0o644);
    const { code, err } = await avnode("export", id, "--format", "csv", "-o", join(folder, "g.csv"));
    chmodSync(join(rig.dataDir, "access.db"), 0o600);
    assert.deepEqual([code, existsSync(join(folder, "g.csv"))], [0, true]);
    assert.match(err, /list of what left the house lacks this file: /);
  });
});
