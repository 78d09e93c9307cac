import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sinon from "sinon";
import { ed25519Verify, nodeCrypto } from "../../../gateway/crypto";
import { codeOf } from "../../../gateway/store/errors";
import { toHex } from "../../../protocol/bytes";
import { openRelease } from "../../../protocol/release";
import { decodeReleaseFile, signedReleaseFile } from "../../../protocol/releasefile";
import * as trees from "../../../protocol/trees";
import { createKeys, makerPublicKey, releasePublicKey } from "../../../tools/factory/keys";
import { makeRelease, type Released, type ReleaseRequest } from "../../../tools/factory/release";
import { checkRelease } from "../../../tools/factory/releasecheck";
import { folderOf, readReleases } from "../../../tools/factory/releaselist";
import { boardNamed } from "../../../tools/firmware/boards";
import { Tree } from "../firmware/tree";
import { opensslTakes, skipUnlessOpenssl } from "./openssl";

const PASSPHRASE = "correct horse battery staple";
const RELEASE_PASSPHRASE = "another horse, another battery";
const NOW = 1_700_000_000;

function git(tree: Tree, ...args: string[]): string {
  const named = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
  const { status, stdout, stderr } = spawnSync("git", ["-C", tree.root, ...named, ...args], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

function commit(tree: Tree, subject: string): string {
  git(tree, "add", "-A");
  git(tree, "commit", "-q", "--allow-empty", "-m", subject);
  return git(tree, "rev-parse", "HEAD");
}

function everyFile(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("a release", function () {
  const root = fs.mkdtempSync(join(tmpdir(), "avnode-release-test-"));
  const dir = join(root, "station");
  const keys = join(root, "stick");
  const others = join(root, "others");
  const tree = new Tree("", "");
  const clone = new Tree("", "");
  let first: Released;
  let commits: string[] = [];
  const request = (more: Partial<ReleaseRequest> = {}): ReleaseRequest => ({
    ...{
      dir,
      keys,
      passphrase: PASSPHRASE,
      releasePassphrase: RELEASE_PASSPHRASE,
      root: tree.root,
      now: NOW,
    },
    ...{ board: boardNamed("xiaoble"), deviceClass: "locked", version: "1.0.0", ...more },
  });
  const copy = (folder: string) => {
    const other = fs.mkdtempSync(join(root, "copy-"));
    fs.cpSync(folder, other, { recursive: true });
    return other;
  };

  before(() => {
    fs.mkdirSync(dir);
    createKeys(keys, PASSPHRASE, RELEASE_PASSPHRASE);
    createKeys(others, PASSPHRASE, RELEASE_PASSPHRASE);
    for (const one of [tree, clone]) one.write(".gitignore", "node_modules\nfirmware/private.ts\n");
    git(tree, "init", "-q");
    commits = [commit(tree, "one")];
    first = makeRelease(request());
  });
  after(() => {
    tree.remove();
    clone.remove();
    fs.rmSync(root, { recursive: true });
  });

  it("is a folder with image, boot code, release file, bill of materials, sums and words", () => {
    assert.equal(first.folder, join(dir, "releases/1-1.0.0"));
    assert.deepEqual(fs.readdirSync(first.folder).sort(), [
      ...["NOTES.md", "REPRODUCE.md", "SHA256SUMS", "SHA256SUMS.sig", "avnode-xiaoble-1.0.0.avnode-release"],
      ...["avnode.js", "bootcde.js", "manifest.json", "sbom.json"],
    ]);
    const manifest = JSON.parse(fs.readFileSync(join(first.folder, "manifest.json"), "utf8"));
    assert.equal(manifest.commit, commits[0]);
    assert.deepEqual([manifest.version, manifest.locked, manifest.dirty], ["1.0.0", true, false]);
    assert.match(fs.readFileSync(join(first.folder, "REPRODUCE.md"), "utf8"), new RegExp(commits[0]!));
  });

  it("has sums that coreutils and a signature that OpenSSL take", function () {
    const sums = spawnSync("sha256sum", ["-c", "--strict", "SHA256SUMS"], {
      cwd: first.folder,
      encoding: "utf8",
    });
    assert.equal(sums.status, 0, sums.stdout + sums.stderr);
    assert.equal(sums.stdout.trim().split("\n").length, 7);
    const read = (name: string) => fs.readFileSync(join(first.folder, name));
    skipUnlessOpenssl(this);
    assert.ok(opensslTakes(makerPublicKey(keys), read("SHA256SUMS"), read("SHA256SUMS.sig")));
  });

  it("carries what a handheld checks: one leaf's signature over the image's hash chain, walked by hand here", () => {
    const file = decodeReleaseFile(
      fs.readFileSync(join(first.folder, "avnode-xiaoble-1.0.0.avnode-release")),
    );
    assert.ok(ed25519Verify(makerPublicKey(keys), signedReleaseFile(file), file.signature));
    const release = openRelease(nodeCrypto.sha256, releasePublicKey(keys), file.release);
    const image = fs.readFileSync(join(first.folder, "avnode.js"));
    assert.deepEqual([release.board, release.counter, release.version], ["xiaoble", 1, "1.0.0"]);
    assert.equal(release.bytes, image.length);
    let next: Buffer = Buffer.alloc(32);
    for (let at = 512 * Math.floor((image.length - 1) / 512); at >= 0; at -= 512)
      next = createHash("sha256")
        .update(image.subarray(at, at + 512))
        .update(next)
        .digest();
    assert.equal(toHex(release.head), next.toString("hex"));
    assert.equal(sha256(file.image), sha256(image));
  });

  it("has the release key and its counter in the boot code", () => {
    const boot = fs.readFileSync(join(first.folder, "bootcde.js"), "latin1");
    assert.ok(boot.includes(Buffer.from(releasePublicKey(keys)).toString("base64")));
  });

  it("names interpreter and radio stack in the bill, unknown where nobody knows", () => {
    const sbom = JSON.parse(fs.readFileSync(join(first.folder, "sbom.json"), "utf8"));
    const versions = Object.fromEntries(
      sbom.components.map(({ name, version }: { name: string; version: string }) => [name, version]),
    );
    assert.equal(versions["Espruino XIAOBLE"], "2v29");
    assert.equal(versions["Nordic S140 SoftDevice"], "unknown");
    assert.equal(versions["avnode-firmware-xiaoble"], "1.0.0");
    assert.ok(versions.esbuild);
    const refs = new Set(sbom.components.map((one: Record<string, string>) => one["bom-ref"]));
    assert.equal(refs.size, sbom.components.length);
  });

  it("gives the same bytes in a clone in another folder, and is judged right without the keys", () => {
    const { status, stderr } = spawnSync("git", ["clone", "-q", tree.root, join(root, "clone")], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    const { passed, checks, maker } = checkRelease(first.folder, join(root, "clone"));
    assert.deepEqual(
      checks.filter((check) => check.passed !== true),
      [],
    );
    assert.ok(passed);
    assert.equal(maker, toHex(makerPublicKey(keys)));
    assert.match(checks.at(-1)!.text, /gives the same bytes/);
    const altered = copy(first.folder);
    fs.appendFileSync(join(altered, "bootcde.js"), " ");
    const last = checkRelease(altered, join(root, "clone")).checks.at(-1)!;
    assert.deepEqual([last.passed, last.text], [false, `commit ${commits[0]} gives another bootcde.js`]);
  });

  it("is judged without a source tree, which it says", () => {
    const { passed, checks } = checkRelease(copy(first.folder), undefined);
    assert.ok(passed);
    assert.equal(checks.at(-1)!.passed, undefined);
    assert.match(checks.at(-1)!.text, /no source tree/);
  });

  it("is refused with the file's name when any file of it is altered, missing or added", () => {
    for (const name of fs.readdirSync(first.folder)) {
      const folder = copy(first.folder);
      const bytes = fs.readFileSync(join(folder, name));
      bytes[bytes.length >> 1]! ^= 1;
      fs.writeFileSync(join(folder, name), bytes);
      let wrong: string;
      try {
        const { passed, checks } = checkRelease(folder, undefined);
        assert.equal(passed, false, name);
        wrong = checks
          .filter((check) => check.passed === false)
          .map((check) => `${check.name} ${check.text}`)
          .join();
      } catch (error) {
        assert.equal(codeOf(error), "FACTORY_RELEASE_FOLDER");
        wrong = (error as Error).message;
      }
      assert.ok(wrong.includes(name.replace(".sig", "")), `${name}: ${wrong}`);
    }
    const missing = copy(first.folder);
    fs.rmSync(join(missing, "sbom.json"));
    const added = copy(first.folder);
    fs.writeFileSync(join(added, "more.js"), "");
    for (const [folder, name] of [
      [missing, "sbom.json"],
      [added, "more.js"],
    ] as const) {
      const { passed, checks } = checkRelease(folder, undefined);
      assert.equal(passed, false);
      assert.deepEqual(
        checks.filter((check) => check.passed === false).map((check) => check.name),
        [name],
      );
    }
  });

  it("is refused where its sums are none of a release's, however many there are", () => {
    const folder = copy(first.folder);
    fs.writeFileSync(join(folder, "SHA256SUMS"), "\n".repeat(1 << 20));
    const { passed, checks } = checkRelease(folder, undefined);
    assert.deepEqual([passed, checks[0]?.name], [false, "SHA256SUMS"]);
    assert.ok(checks.length < 20, `${checks.length} checks`);
  });

  it("is refused where its manifest is not as makers write it, by the field's name and none of its words", () => {
    const folder = copy(first.folder);
    const path = join(folder, "manifest.json");
    const text = fs.readFileSync(path, "utf8");
    const refused = (content: string, why: string) => {
      fs.writeFileSync(path, content);
      assert.throws(() => checkRelease(folder, undefined), {
        code: "FACTORY_RELEASE_FOLDER",
        message: `${path} is no release's manifest: ${why}. Get the folder anew`,
      });
    };
    const alterations: [string, (manifest: Released["manifest"]) => void][] = [
      ["version", (m) => Object.assign(m, { version: "1.0\u001b[2J" })],
      ["board", (m) => Object.assign(m, { board: "../up" })],
      ["board", (m) => Object.assign(m, { board: "x".repeat(25) })],
      ["commit", (m) => Object.assign(m, { commit: "--upload-pack=x" })],
      ["runtime", (m) => Reflect.deleteProperty(m, "runtime")],
      ["builtins", (m) => Object.assign(m, { builtins: new Array(1001).fill("E") })],
      ["files", (m) => m.files.push(m.files[0]!)],
      ["files.1.file", (m) => Object.assign(m.files[1]!, { file: "../../keys/maker.sealed" })],
      ["files.0.crc32", (m) => Object.assign(m.files[0]!, { crc32: 2 ** 32 })],
      ["release.leaf", (m) => Object.assign(m.release, { leaf: 1024 })],
      ["release.leaf", (m) => Object.assign(m.release, { leaf: "0\u009b31m" })],
      ["release.counter", (m) => Object.assign(m.release, { counter: 0.5 })],
      ["release.key", (m) => Object.assign(m.release, { key: "AAAA" })],
      ["release.maker", (m) => Object.assign(m.release, { maker: "zz".repeat(32) })],
      ["release.file", (m) => Object.assign(m.release, { file: "\u202egnp.exe" })],
      ["release", (m) => Object.assign(m.release, { "\u001b]0;owned\u0007": 1 })],
      ["it", (m) => Object.assign(m, { more: 1 })],
    ];
    for (const [field, alter] of alterations) {
      const manifest = JSON.parse(text);
      alter(manifest);
      refused(JSON.stringify(manifest), `${field} is not as makers write it`);
    }
    refused(text + " ".repeat(65536), "it has more than 65536 bytes");
    fs.writeFileSync(path, text);
    assert.ok(checkRelease(folder, undefined).passed);
  });

  it("of another maker who signed everything anew is another maker's, and its image no unit's", () => {
    // All sums and signatures are right.
    const forged = makeRelease(request({ dir: fs.mkdtempSync(join(root, "other-")), keys: others }));
    assert.notEqual(checkRelease(forged.folder, undefined).maker, toHex(makerPublicKey(keys)));
    const file = decodeReleaseFile(
      fs.readFileSync(join(forged.folder, "avnode-xiaoble-1.0.0.avnode-release")),
    );
    assert.throws(() => openRelease(nodeCrypto.sha256, releasePublicKey(keys), file.release), {
      code: "RELEASE_SIGNATURE",
    });
  });

  it("is not made of a dirty tree, but for developers, who get an open console", () => {
    tree.write("firmware/README.md", "changed");
    assert.throws(() => makeRelease(request()), {
      code: "FACTORY_RELEASE_DIRTY",
      message: /changes that no commit holds \(firmware\/README\.md\)/,
    });
    const strays = ["b", "c", "d"].map((name) => join(tree.root, name));
    for (const file of strays) fs.writeFileSync(file, "");
    assert.throws(() => makeRelease(request()), { message: /\(firmware\/README\.md, b, c, 1 more\)/ });
    for (const file of strays) fs.rmSync(file);
    fs.mkdirSync(join(tree.root, "bench"));
    fs.writeFileSync(join(tree.root, "bench/station.json"), "{}");
    assert.throws(() => makeRelease(request()), {
      message: /bench\/, a station: move it out of the clone\)/,
    });
    fs.rmSync(join(tree.root, "bench"), { recursive: true });
    const elsewhere = { dir: fs.mkdtempSync(join(root, "dev-")), keys: others };
    assert.throws(() => makeRelease(request({ dev: true })), {
      code: "FACTORY_RELEASE_DEV",
      message: /out there would take/,
    });
    const dev = makeRelease(
      request({ dev: true, deviceClass: "dev", version: "1.0.1-dev", notes: "New.\n", ...elsewhere }),
    );
    const { notes } = decodeReleaseFile(fs.readFileSync(join(dev.folder, dev.manifest.release.file)));
    assert.match(Buffer.from(notes).toString(), /^FOR DEVELOPERS: .*Not for patients\.\n\nNew\.\n$/);
    assert.deepEqual([dev.manifest.locked, dev.manifest.dirty], [false, true]);
    assert.match(fs.readFileSync(join(dev.folder, "REPRODUCE.md"), "utf8"), /nobody can build it again/);
    git(tree, "checkout", "-q", "--", ".");
    assert.throws(() => makeRelease(request({ root: clone.root })), {
      code: "FACTORY_RELEASE_DIRTY",
      message: /no git clone/,
    });
  });

  it("is of the commit that the running program was built from, board files and tools alike", () => {
    const stale = { commit: "12".repeat(20), dirty: false };
    for (const built of [stale, { commit: commits[0]!, dirty: true }, { commit: null, dirty: true }])
      assert.throws(() => makeRelease(request({ built })), { code: "FACTORY_RELEASE_STALE" });
    const reproduced = (built: typeof stale) => checkRelease(first.folder, tree.root, built).checks.at(-1)!;
    assert.match(reproduced(stale).text, /was not built from commit .* npm run build/);
    assert.deepEqual(
      [reproduced(stale).passed, reproduced({ commit: commits[0]!, dirty: false }).passed],
      [undefined, true],
    );
  });

  it("is refused when something that no commit holds went into it", () => {
    // Git was told to overlook the change, so that the tree counts as clean.
    git(tree, "update-index", "--assume-unchanged", "firmware/sampler.ts");
    const sampler = fs.readFileSync(join(tree.root, "firmware/sampler.ts"), "utf8");
    tree.write("firmware/sampler.ts", sampler.replace("AMPLE_MS = 1000;", "AMPLE_MS = 1001;"));
    assert.notEqual(fs.readFileSync(join(tree.root, "firmware/sampler.ts"), "utf8"), sampler);
    try {
      assert.throws(() => makeRelease(request()), { code: "FACTORY_RELEASE_DIFFERS" });
    } finally {
      tree.write("firmware/sampler.ts", sampler);
      git(tree, "update-index", "--no-assume-unchanged", "firmware/sampler.ts");
    }
    assert.deepEqual(
      readReleases(dir).map(({ counter }) => counter),
      [1],
      "no leaf was spent on any of these",
    );
  });

  it("rises by one over all boards, tells what is new, and burns a leaf of its own", () => {
    commits.push(commit(tree, "A thing that is new"));
    const second = makeRelease(request({ board: boardNamed("linux"), version: "1.1.0" }));
    assert.equal(second.folder, join(dir, "releases/2-1.1.0"));
    assert.equal(
      fs.readFileSync(join(second.folder, "NOTES.md"), "utf8"),
      "# 1.1.0 for linux\n\nSince 1.0.0:\n\n- A thing that is new\n",
    );
    assert.deepEqual(
      readReleases(dir).map(({ counter, leaf, commit }) => [counter, leaf, commit]),
      [
        [1, 0, commits[0]],
        [2, 1, commits[1]],
      ],
    );
  });

  it("rises over all stations of the same keys, too", () => {
    const stick = copy(keys);
    const elsewhere = { dir: fs.mkdtempSync(join(root, "elsewhere-")), keys: stick };
    const { entry } = makeRelease(request({ version: "1.1.1", ...elsewhere }));
    assert.deepEqual([entry.counter, entry.leaf], [3, 2]);
  });

  it("is not signed with an old copy of the keys", () => {
    const old = copy(keys);
    fs.rmSync(join(old, "burned/0001"));
    assert.throws(() => makeRelease(request({ keys: old })), { code: "FACTORY_KEYS_OLD" });
    const third = makeRelease(request({ keys: old, skipLeaves: true, version: "1.2.0" }));
    assert.deepEqual([third.entry.counter, third.entry.leaf], [3, 2]);
    assert.throws(
      () => makeRelease(request()),
      { code: "FACTORY_KEYS_OLD" },
      "the other copy is the old one now",
    );
  });

  it("spends counter and leaf when it is cut off behind the burning, and leaves no half folder", () => {
    const before = fs.readdirSync(join(dir, "releases"));
    const stub = sinon.stub(fs, "renameSync").callsFake(((from: string, to: string) => {
      if (String(from).endsWith(".part")) throw new Error("no power");
      return stub.wrappedMethod(from, to);
    }) as never);
    try {
      assert.throws(() => makeRelease(request({ skipLeaves: true })), { code: "FACTORY_RELEASE_WRITE" });
    } finally {
      stub.restore();
    }
    assert.deepEqual(fs.readdirSync(join(dir, "releases")), before);
    const cut = readReleases(dir).at(-1)!;
    assert.deepEqual([cut.counter, cut.leaf, cut.sums], [4, 3, undefined]);
    const next = makeRelease(request({ notes: "Mended.\n" }));
    assert.deepEqual([next.entry.counter, next.entry.leaf], [5, 4]);
    assert.equal(next.folder, folderOf(dir, next.entry));
  });

  it("refuses versions that the wire or a folder cannot take, and notes that are too long", () => {
    for (const version of ["", "../up", "1.0 beta", "1".repeat(25)])
      assert.throws(() => makeRelease(request({ version })), { code: "FACTORY_RELEASE_VERSION" }, version);
    assert.throws(() => makeRelease(request({ notes: "a".repeat(16385) })), {
      code: "FACTORY_RELEASE_NOTES",
    });
  });

  it("leaves no secret in any file of the station or the release", () => {
    const spied = sinon.spy(trees, "signWithLeaf");
    makeRelease(request({ notes: "x" }));
    const seed = Buffer.from(spied.firstCall.args[1].seed);
    spied.restore();
    for (const file of everyFile(dir)) {
      const content = fs.readFileSync(file);
      for (const secret of [
        seed,
        seed.toString("hex"),
        seed.toString("base64").slice(0, 40),
        PASSPHRASE,
        RELEASE_PASSPHRASE,
      ])
        assert.equal(content.includes(secret), false, file);
    }
  });
});
