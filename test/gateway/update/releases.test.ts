import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Releases } from "../../../gateway/update/releases";
import { sendable } from "../../../gateway/update/sendable";
import { SIMULATION_MAKER } from "../../../protocol/certificate";
import { Random } from "../../../tools/sim/random";
import { Maker } from "../../firmware/maker";
import { releaseFile } from "./files";

const maker = new Maker("releases");
const image = new Random("image").bytes(1500);
const release = (counter: number, board = "simulated") =>
  maker.release(image, { counter, board, version: `0.${counter}.0` });
const anybody = () => true;
const unit = { maker: SIMULATION_MAKER, board: "simulated" };

describe("the releases that a hub holds", () => {
  let dataDir: string;
  let releases: Releases;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "avnode-releases-"));
    releases = new Releases(dataDir);
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const kept = () => readdirSync(join(dataDir, "releases"));

  it("stand whole in the data directory, for its owner alone, and are found again by another process", () => {
    assert.deepEqual(releases.all(), []);
    const bytes = releaseFile(release(2));
    const held = releases.add(bytes, anybody);
    assert.deepEqual(
      [held.release.version, held.notes, held.issued],
      ["0.2.0", "Zählt besser.\n", 1767225600],
    );
    const [name] = kept();
    assert.deepEqual(kept(), [`${held.id}.avnode-release`]);
    const path = join(dataDir, "releases", name!);
    assert.deepEqual(readFileSync(path), Buffer.from(bytes));
    assert.equal(statSync(path).mode & 0o77, 0);
    assert.deepEqual(new Releases(dataDir).all(), [held]);
    releases.add(bytes, anybody);
    assert.equal(releases.all().length, 1);
  });

  it("are offered to handhelds of their maker and board alone, above what those run, the newest first", () => {
    for (const counter of [2, 4, 3]) releases.add(releaseFile(release(counter)), anybody);
    releases.add(releaseFile(release(9, "xiaoble")), anybody);
    assert.equal(releases.newestFor(unit, 0)?.release.counter, 4);
    assert.equal(releases.newestFor(unit, 3)?.release.counter, 4);
    assert.equal(releases.newestFor(unit, 4), undefined);
    assert.equal(releases.newestFor({ ...unit, board: "linux" }, 0), undefined);
    assert.equal(releases.newestFor({ ...unit, maker: new Uint8Array(32) }, 0), undefined);
  });

  it("are the newest four of each maker and board", () => {
    releases.add(releaseFile(release(1, "xiaoble")), anybody);
    for (let counter = 1; counter <= 6; counter++) releases.add(releaseFile(release(counter)), anybody);
    const counters = releases.all().map((held) => `${held.release.board} ${held.release.counter}`);
    assert.deepEqual(counters.sort(), [
      ...[3, 4, 5, 6].map((counter) => `simulated ${counter}`),
      "xiaoble 1",
    ]);
    assert.equal(kept().length, 5);
  });

  it("stay while an update is in the middle of them; one older than all that are kept is not taken", () => {
    const first = releases.add(releaseFile(release(2)), anybody);
    for (let counter = 3; counter <= 8; counter++)
      releases.add(releaseFile(release(counter)), anybody, [first.id]);
    const counters = () => releases.all().map((held) => held.release.counter);
    assert.deepEqual(counters(), [8, 7, 6, 5, 2]);
    assert.throws(() => releases.add(releaseFile(release(4)), anybody), {
      code: "UPDATE_OLD",
      message: /the oldest is 0\.5\.0/,
    });
    assert.deepEqual(counters(), [8, 7, 6, 5, 2]);
    releases.add(releaseFile(release(9)), anybody);
    assert.deepEqual(counters(), [9, 8, 7, 6]);
  });

  it("are files of a release's size: a pipe, a link or a huge one under such a name is not waited for or read", () => {
    const held = releases.add(releaseFile(release(2)), anybody);
    const pathOf = (id: string) => join(dataDir, "releases", `${id}.avnode-release`);
    assert.equal(spawnSync("mkfifo", [pathOf("f".repeat(64))]).status, 0);
    symlinkSync(pathOf(held.id), pathOf("e".repeat(64)));
    writeFileSync(pathOf("d".repeat(64)), "");
    truncateSync(pathOf("d".repeat(64)), 2 ** 40);
    assert.deepEqual(new Releases(dataDir).all(), [held]);
    rmSync(pathOf(held.id));
    renameSync(pathOf("d".repeat(64)), pathOf(held.id));
    assert.equal(new Releases(dataDir).read(held.id), undefined);
  });

  it("are refused of a maker who is not believed, and where a bit of them is not as signed", () => {
    const bytes = releaseFile(release(2));
    assert.throws(() => releases.add(bytes, () => false), { code: "UPDATE_MAKER" });
    const random = new Random("bits");
    for (let run = 0; run < 200; run++) {
      const altered = Uint8Array.from(bytes);
      altered[random.int(altered.length)]! ^= 1 << random.int(8);
      assert.throws(() => releases.add(altered, anybody), { code: "UPDATE_FILE" });
    }
    assert.throws(() => releases.add(bytes.subarray(0, -1), anybody), { code: "UPDATE_FILE" });
    const other = { ...release(2), image: new Random("other").bytes(1500) };
    assert.throws(() => releases.add(releaseFile(other), anybody), { code: "UPDATE_FILE" });
    assert.deepEqual(releases.all(), []);
  });

  it("that somebody altered there, or that were never whole, are none", () => {
    const held = releases.add(releaseFile(release(2)), anybody);
    const path = join(dataDir, "releases", `${held.id}.avnode-release`);
    // Another good one under this name, too, is not the one that its owner chose.
    writeFileSync(path, releaseFile(release(3)));
    assert.equal(releases.read(held.id), undefined);
    assert.deepEqual(new Releases(dataDir).all(), []);
    mkdirSync(join(dataDir, "releases"), { recursive: true });
    writeFileSync(join(dataDir, "releases", `${held.id}.avnode-release.part`), "half");
    assert.deepEqual(new Releases(dataDir).all(), []);
  });

  it("are sent in the pieces that their maker announced", () => {
    const made = release(2);
    const { id } = releases.add(releaseFile(made), anybody);
    const { held, file } = releases.read(id)!;
    const sent = sendable(held, file);
    assert.deepEqual(Buffer.from(sent.offer().bytes!), Buffer.from(made.offer));
    for (const [at, bytes] of made.chunks) {
      const chunk = sent.chunk(at);
      assert.equal(chunk.at, at);
      assert.deepEqual(Buffer.from(chunk.bytes!), Buffer.from(bytes));
    }
  });
});
