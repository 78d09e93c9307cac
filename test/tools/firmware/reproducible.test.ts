import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { boardNamed } from "../../../tools/firmware/boards";
import { buildFirmware, writeBuild } from "../../../tools/firmware/build";
import { Tree } from "./tree";

function build(tree: Tree, cwd: string, env: Record<string, string>, ...args: string[]) {
  mkdirSync(cwd, { recursive: true });
  const { TZ: _tz, LANG: _lang, LC_ALL: _all, ...rest } = process.env;
  const command = join(tree.root, "tools/firmware/main.ts");
  return spawnSync(
    process.execPath,
    ["-r", require.resolve("ts-node/register/transpile-only"), command, ...args],
    {
      cwd,
      env: { ...rest, ...env },
      encoding: "utf8",
    },
  );
}

/** SHA-256 of each file by its path. */
function hashesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length), createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}

function git(tree: Tree, ...args: string[]): string {
  const named = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
  const { status, stdout, stderr } = spawnSync("git", ["-C", tree.root, ...named, ...args], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

describe("a build of the firmware", function () {
  const one = new Tree();
  const other = new Tree();
  after(() => {
    one.remove();
    other.remove();
  });

  it("is the same to the byte in another folder, from another directory, in another zone and language", () => {
    const first = build(one, one.root, { TZ: "Asia/Kathmandu", LC_ALL: "C" }, "--all");
    const folder = join(other.root, "elsewhere");
    const second = build(
      other,
      folder,
      { TZ: "America/St_Johns", LC_ALL: "tr_TR.UTF-8" },
      "--all",
      "--out",
      "out",
    );
    for (const { status, stderr } of [first, second]) assert.equal(status, 0, stderr);
    const hashes = hashesOf(join(one.root, "firmware/dist"));
    assert.deepEqual(Object.keys(hashes).sort().slice(0, 2), ["/linux/avnode.js", "/linux/bootcde.js"]);
    assert.equal(Object.keys(hashes).length, 10);
    assert.deepEqual(hashesOf(join(folder, "out")), hashes);
  });

  it("is the same to the byte of the real sources, in a copy of this work tree as in itself", () => {
    const copy = new Tree("", "");
    try {
      const { status, stderr } = build(copy, join(copy.root, "apart"), { TZ: "Asia/Kathmandu" }, "--all");
      assert.equal(status, 0, stderr);
      for (const name of ["xiaoble", "linux"]) {
        const folder = join(copy.root, "here", name);
        writeBuild(buildFirmware({ board: boardNamed(name) }), folder);
        const [found, expected] = [join(copy.root, "firmware/dist", name), folder].map((one) => {
          const { "/manifest.json": manifest, ...hashes } = hashesOf(one);
          assert.ok(manifest);
          return hashes;
        });
        assert.equal(Object.keys(expected!).length, 4);
        assert.deepEqual(found, expected);
      }
    } finally {
      copy.remove();
    }
  });

  it("differs from that of another commit in the commit alone, and says when its sources are in none", () => {
    const before = buildFirmware({ board: boardNamed("linux"), root: one.root });
    one.write(".gitignore", "dist/\nnode_modules\n");
    git(one, "init", "-q");
    git(one, "add", "-A");
    git(one, "commit", "-qm", "one");
    const clean = buildFirmware({ board: boardNamed("linux"), root: one.root });
    assert.deepEqual(clean, {
      ...before,
      manifest: { ...before.manifest, commit: git(one, "rev-parse", "HEAD"), dirty: false },
    });
    one.write("firmware/README.md", "changed");
    assert.equal(buildFirmware({ board: boardNamed("linux"), root: one.root }).manifest.dirty, true);
  });
});

describe("npm run build:firmware", function () {
  const tree = new Tree();
  after(() => tree.remove());
  const run = (...args: string[]) => build(tree, tree.root, {}, ...args);

  it("builds one board and says how large it is", () => {
    const { status, stdout, stderr } = run("--board", "xiaoble");
    assert.equal(status, 0, stderr);
    const [head, application, boot] = stdout.trimEnd().split("\n");
    assert.match(head!, /^board +file +bytes +storage/);
    const bytes = readFileSync(join(tree.root, "firmware/dist/xiaoble/avnode.js")).length;
    const share = `${((100 * bytes) / (2 << 20)).toFixed(1)} %`;
    assert.match(application!, new RegExp(`^xiaoble +avnode\\.js +${bytes} +${share} `));
    assert.match(boot!, /^xiaoble +bootcde\.js /);
  });

  it("answers programs with the manifests, and builds with --all those that can be, naming the rest", () => {
    const { status, stdout, stderr } = run("--all", "--json");
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      JSON.parse(stdout).map(({ board }: { board: string }) => board),
      ["xiaoble", "linux"],
    );
    assert.match(stderr, /cannot run on mdbt42q\n {2}aesCcm: /);
  });

  it("exits 3 for a board that lacks something, and says what", () => {
    const { status, stdout, stderr } = run("--board", "puckjs");
    assert.equal(status, 3);
    assert.equal(stdout, "");
    assert.match(stderr, /aesCcm: .*take another board/);
  });

  it("exits 2 for a board that does not exist, or none, and lists those that do", () => {
    for (const args of [["--board", "toaster"], []]) {
      const { status, stderr } = run(...args);
      assert.equal(status, 2, args.join(" "));
      assert.match(stderr, /xiaoble, linux.*\nhint: npm run build:firmware/);
    }
  });
});
