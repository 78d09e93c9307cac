import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sinon from "sinon";
import { toHex } from "../../../protocol/bytes";
import { readFirmware } from "../../../tools/factory/bench";
import { createKeys, makerPublicKey, openMaker, releasePublicKey } from "../../../tools/factory/keys";
import { readReleases } from "../../../tools/factory/releaselist";
import * as sourcetree from "../../../tools/factory/sourcetree";
import { readStation } from "../../../tools/factory/station";
import { signBuild } from "../../../tools/factory/sums";
import { type Built, built } from "../../gateway/cli/built";
import { Tree } from "../firmware/tree";
import { makeStation, STATION } from "./bench";
import { factory } from "./cli";

const PASSPHRASE = "correct horse battery staple";
const RELEASE_PASSPHRASE = "another horse, another battery";
const ROOT = join(__dirname, "../../..");

describe("avnode factory release", function () {
  const root = fs.mkdtempSync(join(tmpdir(), "avnode-releasecommand-"));
  const [dir, keys] = [join(root, "station"), join(root, "stick")];
  const tree = new Tree("", "");
  let program: Built;
  let stub: sinon.SinonStub;
  let asked = 0;
  before(() => {
    createKeys(keys, PASSPHRASE, RELEASE_PASSPHRASE);
    makeStation(dir, { ...STATION, makerKey: toHex(makerPublicKey(keys)) });
    program = built();
    tree.write(".gitignore", "node_modules\n");
    for (const args of [
      ["init", "-q"],
      ["add", "-A"],
      ["commit", "-qm", "one"],
    ]) {
      const named = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
      assert.equal(spawnSync("git", ["-C", tree.root, ...named, ...args]).status, 0);
    }
    const real = sourcetree.sourceTree;
    // The first question is where to build from; the bill of materials is the program's own.
    stub = sinon.stub(sourcetree, "sourceTree").callsFake(() => (asked++ === 0 ? tree.root : real()));
  });
  beforeEach(() => {
    asked = 0;
  });
  after(() => {
    stub.restore();
    program.remove();
    tree.remove();
    fs.rmSync(root, { recursive: true });
  });

  it("needs a station, notes and folders that are there, and says which", async () => {
    const none = join(root, "none");
    const manifest = join(dir, "firmware/manifest.json");
    for (const [words, said] of [
      [["release", none], /none is no station: .*Make one with/],
      [["use", none, none], /none is no station: .*Make one with/],
      [["release", dir, "--notes", none], /cannot read the release notes: .*name a text file/],
      [["check-release", manifest], /manifest\.json is not there, or no file of a release\. Name a folder/],
    ] as const) {
      asked = 0;
      const { exit, err } = await factory([...words]);
      assert.deepEqual([exit, said.test(err)], [3, true], err);
    }
  });

  it("is signed by nobody who has but the maker's passphrase", async () => {
    const words = ["release", dir, "--keys", keys, "--version", "7.8.9"];
    const twice = await factory(words, `${PASSPHRASE}\n${PASSPHRASE}\n`);
    assert.deepEqual([twice.exit, /does not open .*release\.sealed/.test(twice.err)], [3, true], twice.err);
    assert.deepEqual(readReleases(dir), []);
  });

  it("builds for the station's board, under a version of its own, and tells what is left of the key", async () => {
    const words = ["release", dir, "--keys", keys, "--version", "7.8.9"];
    const { exit, out, err } = await factory(words, `${PASSPHRASE}\n${RELEASE_PASSPHRASE}\n`);
    assert.deepEqual([exit, out], [0, `${join(fs.realpathSync(dir), "releases/1-7.8.9")}\n`], err);
    assert.match(err, /release 1, 7\.8\.9 for linux, signed with leaf 0; the key has 1023 more/);
  });

  it("makes what a new station flashes, with the release key in it", async () => {
    const other = join(root, "second");
    const words = ["init", other, "--maker", "Example Works", "--board", "linux", "--keys", keys];
    const firmware = ["--firmware", join(dir, "releases/1-7.8.9")];
    const { exit, err } = await factory([...words, ...firmware], `${PASSPHRASE}\n`);
    assert.equal(exit, 0, err);
    assert.equal(readStation(other).board, "linux");
    const boot = fs.readFileSync(join(other, "firmware/bootcde.js"), "latin1");
    assert.ok(boot.includes(Buffer.from(releasePublicKey(keys)).toString("base64")));
  });

  it("goes into a station that stands, which takes no older one, none of another maker and none that was altered", async () => {
    const used = join(root, "third");
    makeStation(used, STATION);
    const station = readStation(used);
    const config = join(used, "station.json");
    const of = (makerKey: string) =>
      fs.writeFileSync(
        config,
        JSON.stringify({ ...station, makerKey, releaseKey: toHex(releasePublicKey(keys)) }),
      );
    const release = join(dir, "releases/1-7.8.9");
    const flashed = () => fs.readFileSync(join(used, "firmware/avnode.js"));
    const before = flashed();

    of("11".repeat(32));
    let end = await factory(["use", used, release]);
    assert.equal(end.exit, 3);
    assert.match(end.err, /no release of this station's maker \(another maker\)/);

    of(toHex(makerPublicKey(keys)));
    const altered = join(root, "altered");
    fs.cpSync(release, altered, { recursive: true });
    fs.appendFileSync(join(altered, "bootcde.js"), " ");
    end = await factory(["use", used, altered]);
    assert.match(end.err, /no release of this station's maker \(.*bootcde\.js.*\)/);
    assert.ok(flashed().equals(before), "it was put there all the same");

    end = await factory(["use", used, release]);
    assert.deepEqual([end.exit, end.err], [0, ""]);
    assert.ok(flashed().equals(fs.readFileSync(join(release, "avnode.js"))));

    const manifest = join(used, "firmware/manifest.json");
    const newer = JSON.parse(fs.readFileSync(manifest, "utf8"));
    newer.release.counter = 2;
    fs.writeFileSync(manifest, JSON.stringify(newer));
    end = await factory(["use", used, release]);
    assert.match(end.err, /release 1 is older than what the station flashes \(2\)/);
  });

  it("leaves a station that makes units, and takes a release, wherever its putting there is cut off", async () => {
    const release = join(dir, "releases/1-7.8.9");
    const rename = fs.renameSync;
    for (const next of ["use", "run"])
      for (const [cut, id] of [
        ["first", "11".repeat(8)],
        ["second", "22".repeat(8)],
      ] as const) {
        const used = join(root, `${next}-${cut}`);
        makeStation(used, { ...STATION, id, makerKey: toHex(makerPublicKey(keys)) });
        signBuild(join(used, "firmware"), readFirmware(used, readStation(used)), openMaker(keys, PASSPHRASE));
        const from = join(used, cut === "first" ? "firmware" : "firmware.part");
        const power = sinon.stub(fs, "renameSync").callsFake((path, to) => {
          assert.notEqual(path, from, "cut off");
          rename(path, to);
        });
        const { err } = await factory(["use", used, release]).finally(() => power.restore());
        assert.match(err, /cut off/);
        if (next === "use") {
          assert.equal((await factory(["use", used, release])).err, "");
          assert.deepEqual(
            fs.readdirSync(used).filter((name) => name.startsWith("firmware")),
            ["firmware"],
          );
        } else {
          const words = ["--keys", keys, "--ports", "exec:true", "--without-air", "--count", "1"];
          assert.match((await factory(["run", used, ...words], `${PASSPHRASE}\n`)).err, /0 of 1 passed/);
        }
      }
  });

  it("is judged by check-release, whose answer is its exit code", async () => {
    const folder = join(dir, "releases/1-7.8.9");
    const right = await factory(["check-release", folder]);
    assert.equal(right.exit, 0, right.err);
    assert.match(right.out, /^ok {6}avnode\.js: /m);
    assert.ok(right.err.includes(toHex(makerPublicKey(keys))));
    fs.appendFileSync(join(folder, "bootcde.js"), " ");
    const wrong = await factory(["check-release", folder, "--json"]);
    assert.equal(wrong.exit, 1);
    assert.match(wrong.err, /do not use this release of 7\.8\.9: bootcde\.js/);
    assert.equal(JSON.parse(wrong.out).passed, false);
  });

  it("lets no name in a stranger's folder draw over the terminal, and loses none of it in JSON", async () => {
    const folder = join(root, "stranger");
    fs.cpSync(join(dir, "releases/1-7.8.9"), folder, { recursive: true });
    // An escape, an 8-bit one, an override of direction, and what would be a line of ours.
    const name = "\x1b[2J\u009b31m\u202e\u2028\nok      maker: signed";
    fs.writeFileSync(join(folder, name), "");
    const shown = await factory(["check-release", folder]);
    assert.equal(shown.exit, 1);
    assert.match(shown.out, /^WRONG {3}\[2J31m ok {6}maker: signed: it is none of the release/m);
    assert.match(shown.err, /do not use this release of 7\.8\.9: .*\[2J31m/);
    const json = await factory(["check-release", folder, "--json"]);
    for (const text of [shown.out, shown.err, json.out, json.err])
      assert.doesNotMatch(text, /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
    assert.doesNotMatch(shown.out, /^ok {6}maker: signed/m);
    assert.ok(JSON.parse(json.out).checks.some((check: { name: string }) => check.name === name));
    fs.writeFileSync(join(folder, "manifest.json"), "\u202e\x1b[2J");
    const none = await factory(["check-release", folder]);
    assert.equal(none.exit, 3);
    assert.doesNotMatch(none.err, /[^\P{C}\n]/u);
  });

  it("says that it needs the sources where there are none, and runs nothing else of the program", () => {
    const { status, stdout, stderr } = program.run("factory", "release", dir);
    assert.deepEqual([status, stdout], [3, ""]);
    assert.match(stderr, /^avnode: a release is built from the sources, and there are none here: clone/);
  });

  it("is built by a program that says what it was built from", () => {
    const commit = spawnSync("git", ["-C", ROOT, "rev-parse", "HEAD"], { encoding: "utf8" });
    const from = sourcetree.builtFrom(join(program.program, ".."));
    assert.equal(from?.commit, commit.status === 0 ? commit.stdout.trim() : null);
    assert.deepEqual(sourcetree.builtFrom(root), { commit: null, dirty: true }, "nobody noted it");
    assert.equal(sourcetree.builtFrom(), undefined, "its sources run");
  });

  it("leaves the program's own --version alone", () => {
    const { version } = JSON.parse(fs.readFileSync(join(ROOT, "package.json"), "utf8"));
    assert.equal(program.run("--version").stdout.trim(), version);
  });
});
