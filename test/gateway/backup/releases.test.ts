import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import sinon from "sinon";
import { rehearse } from "../../../gateway/backup/rehearse";
import { type Update, Updates } from "../../../gateway/store/updates";
import { type HeldRelease, Releases } from "../../../gateway/update/releases";
import { Random } from "../../../tools/sim/random";
import { Maker } from "../../firmware/maker";
import { releaseFile } from "../update/files";
import { BackupRig } from "./rig";

const maker = new Maker("backup");
const image = new Random("backup").bytes(1000);
/** Each is signed with a leaf of its own, so made once. */
const files = new Map<number, Uint8Array>();
function file(counter: number): Uint8Array {
  const made = () => maker.release(image, { counter, board: "simulated", version: `0.${counter}.0` });
  if (!files.has(counter)) files.set(counter, releaseFile(made()));
  return files.get(counter)!;
}

describe("the releases of handhelds in a backup", () => {
  let rig: BackupRig;
  let device: string;
  beforeEach(() => {
    rig = new BackupRig();
    device = rig.claimed().hex;
  });
  afterEach(() => rig.end());

  const add = (counter: number) => new Releases(rig.dataDir).add(file(counter), () => true);
  const pathIn = (dir: string, { id }: HeldRelease) => join(dir, "releases", `${id}.avnode-release`);
  const countersIn = (dir: string) => new Releases(dir).all().map(({ release }) => release.counter);
  function ask({ id, release }: HeldRelease, more: Partial<Update> = {}): void {
    const { counter, version, bytes } = release;
    const updates = Updates.open(rig.dataDir);
    updates.put(device, {
      ...{ epoch: 1, release: id, counter, version, bytes, swap: "no", askedAt: 1 },
      ...{ cancelled: false, again: false, begun: true, swapped: false },
      ...more,
    });
    updates.close();
  }

  it("come back byte for byte, for their owner alone, with the update that one of them is for", () => {
    const held = add(2);
    ask(held);
    assert.deepEqual(rig.backup().releaseProblems, []);
    const result = rig.restore();
    assert.deepEqual(result.updates, [{ device, version: "0.2.0", isHere: true }]);
    assert.deepEqual([result.problems, result.releaseProblems], [[], []]);
    const path = pathIn(result.dataDir, held);
    assert.deepEqual(fs.readFileSync(path), Buffer.from(file(2)));
    assert.equal(fs.statSync(path).mode & 0o77, 0);
    const updates = Updates.open(result.dataDir);
    assert.equal(updates.get(device)!.release, held.id);
    updates.close();
  });

  it("are those that the hub holds: copied once, thinned out as there, and the one of an update stays", () => {
    const first = add(2);
    ask(first);
    for (let counter = 3; counter <= 8; counter++) {
      new Releases(rig.dataDir).add(file(counter), () => true, [first.id]);
      if (counter !== 5) rig.backup();
    }
    assert.deepEqual(countersIn(rig.dataDir), [8, 7, 6, 5, 2]);
    assert.deepEqual(countersIn(rig.dir), [8, 7, 6, 5, 2]);
    const written = fs.statSync(pathIn(rig.dir, first)).ino;
    rig.backup();
    assert.equal(fs.statSync(pathIn(rig.dir, first)).ino, written);
    assert.deepEqual(countersIn(rig.restore().dataDir), [8, 7, 6, 5, 2]);
    // The medium lost it: it gets it again, although four newer ones are there.
    fs.truncateSync(pathIn(rig.dir, first), 100);
    rig.backup();
    assert.deepEqual(fs.readFileSync(pathIn(rig.dir, first)), Buffer.from(file(2)));
  });

  it("do not come back damaged, which is told by name, and all else does", () => {
    const [first, second] = [add(2), add(3)];
    ask(second);
    rig.backup();
    const path = pathIn(rig.dir, second);
    const bytes = fs.readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    fs.writeFileSync(path, bytes);
    const tried = rehearse({ dir: rig.dir, code: rig.code! });
    const { dataDir, problems, releaseProblems, updates } = rig.restore();
    for (const told of [releaseProblems, tried.releaseProblems]) {
      assert.equal(told.length, 1);
      assert.match(told[0]!, new RegExp(`^release ${second.id} is damaged`));
    }
    assert.deepEqual([problems, updates[0]!.isHere], [[], false]);
    assert.deepEqual(fs.readdirSync(join(dataDir, "releases")), [`${first.id}.avnode-release`]);
    // What is damaged at home replaces no good copy, and is told.
    fs.writeFileSync(pathIn(rig.dataDir, first), "none");
    assert.match(rig.backup().releaseProblems.join(), new RegExp(first.id));
    assert.deepEqual(fs.readFileSync(pathIn(rig.dir, first)), Buffer.from(file(2)));
  });

  it("do not come back of a maker whom the copy does not believe", () => {
    rig.end();
    rig = new BackupRig({ kind: "home" });
    const held = add(2);
    rig.backup();
    // Real handhelds are never the simulation maker's.
    const { dataDir, releaseProblems } = rig.restore();
    assert.match(releaseProblems.join(), new RegExp(`^release 0\\.2\\.0 \\(${held.id}\\): .*does not know`));
    assert.equal(fs.existsSync(join(dataDir, "releases")), false);
  });

  it("are none in an older backup, which comes back as ever; an update then ends for want of its release", () => {
    ask(add(2));
    rig.backup();
    fs.rmSync(join(rig.dir, "releases"), { recursive: true });
    const { dataDir, problems, releaseProblems, updates } = rig.restore();
    assert.deepEqual([problems, releaseProblems], [[], []]);
    assert.deepEqual(updates, [{ device, version: "0.2.0", isHere: false }]);
    assert.equal(fs.existsSync(join(dataDir, "releases")), false);
  });

  it("are not written where a link leads, and not looked for in a file", () => {
    add(2);
    const elsewhere = join(rig.folder, "elsewhere");
    fs.mkdirSync(elsewhere);
    fs.mkdirSync(rig.dir);
    fs.symlinkSync(elsewhere, join(rig.dir, "releases"));
    assert.throws(() => rig.backup(), { code: "BACKUP_FILE" });
    assert.deepEqual(fs.readdirSync(elsewhere), []);
    fs.rmSync(join(rig.dir, "releases"));
    fs.writeFileSync(join(rig.dir, "releases"), "");
    const { problems, releaseProblems } = rig.restore();
    assert.deepEqual(problems, []);
    assert.match(releaseProblems.join(), /^cannot read .*releases: ENOTDIR/);
  });

  it("that cannot be written fail the run, whose rows are there all the same", () => {
    add(2);
    const stub = sinon.stub(fs, "writeSync").callsFake(((...args: Parameters<typeof fs.writeSync>) => {
      if ((args[1] as unknown as Uint8Array).length > 2000)
        throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      return stub.wrappedMethod(...args);
    }) as never);
    try {
      assert.throws(() => rig.backup(), { code: "BACKUP_RELEASES", message: /has room/ });
    } finally {
      stub.restore();
    }
    assert.deepEqual(countersIn(rig.dir), []);
    assert.deepEqual(rig.restore().problems, []);
    rig.backup();
    assert.deepEqual(countersIn(rig.dir), [2]);
  });
});
