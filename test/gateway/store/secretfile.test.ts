import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockDirectory } from "../../../gateway/store/lock";
import { readSecret, reserveSecret, writeSecret } from "../../../gateway/store/secretfile";
import { Store } from "../../../gateway/store/store";

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("a secret's file", () => {
  let dir: string;
  let umask: number;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-secret-"));
    umask = process.umask(0);
  });
  afterEach(() => {
    process.umask(umask);
    rmSync(dir, { recursive: true });
  });

  it("is its owner's alone under a umask of 000, even where a crash left a wider one half made", () => {
    const path = join(dir, "secret");
    writeFileSync(`${path}.new`, "half", { mode: 0o666 });
    writeSecret(path, "whole");
    assert.equal(modeOf(path), 0o600);
    assert.equal(readSecret(path, "X"), "whole");
    assert.deepEqual(readdirSync(dir), ["secret"]);
  });

  for (const mode of [0o604, 0o640, 0o620, 0o602, 0o601]) {
    it(`is refused at mode ${mode.toString(8)}, with what to do`, () => {
      const path = join(dir, "secret");
      writeSecret(path, "x");
      chmodSync(path, mode);
      assert.throws(() => readSecret(path, "X"), { code: "X_MODE", message: /Run: chmod 600 / });
    });
  }

  it("is refused where it is a symbolic link, be its end as private as it may", () => {
    const path = join(dir, "secret");
    writeSecret(join(dir, "elsewhere"), "x");
    symlinkSync(join(dir, "elsewhere"), path);
    assert.throws(() => readSecret(path, "X"), { code: "X_LINK", message: /symbolic link.*Put the file/ });
  });

  for (const mode of [0o770, 0o707, 0o1777]) {
    it(`is refused in a directory of mode ${mode.toString(8)}, where others may put another in its place`, () => {
      writeSecret(join(dir, "secret"), "x");
      chmodSync(dir, mode);
      assert.throws(() => readSecret(join(dir, "secret"), "X"), {
        code: "X_DIRECTORY",
        message: /Run: chmod go-w /,
      });
      chmodSync(dir, 0o700);
    });
  }

  it("is replaced, not written through, where its name has become a link", () => {
    const path = join(dir, "secret");
    writeFileSync(join(dir, "victim"), "untouched");
    symlinkSync(join(dir, "victim"), `${path}.new`);
    writeSecret(path, "x");
    assert.equal(statSync(join(dir, "victim")).size, "untouched".length);
  });

  it("leaves a database's lock alone that this process holds", () => {
    const unlock = lockDirectory(dir);
    reserveSecret(join(dir, "lock"));
    // Another process is who would find it free.
    const probe = `
      const db = new (require("better-sqlite3"))(process.argv[1], { timeout: 0 });
      try { db.exec("BEGIN EXCLUSIVE"); console.log("free"); } catch (error) { console.log(error.code); }`;
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", probe, join(dir, "lock")], {
      cwd: join(__dirname, "../../.."),
      encoding: "utf8",
    });
    unlock();
    assert.equal(stdout.trim(), "SQLITE_BUSY", stderr);
  });

  it("is what every file of a data directory is, in use and after", () => {
    const dataDir = join(dir, "data");
    const store = Store.open({ dataDir, kind: "home" });
    const widths = () => readdirSync(dataDir).map((name) => [name, modeOf(join(dataDir, name)).toString(8)]);
    try {
      assert.equal(modeOf(dataDir), 0o700);
      for (const [name, mode] of widths()) assert.equal(mode, "600", name);
      assert.ok(widths().some(([name]) => name === "avnode.db-wal"));
    } finally {
      store.close();
    }
    for (const [name, mode] of widths()) assert.equal(mode, "600", name);
  });

  it("narrows a database that an earlier version made wide", () => {
    const dataDir = join(dir, "data");
    Store.open({ dataDir, kind: "home" }).close();
    chmodSync(join(dataDir, "avnode.db"), 0o644);
    Store.open({ dataDir, kind: "home" }).close();
    assert.equal(modeOf(join(dataDir, "avnode.db")), 0o600);
  });

  it("may lie in a directory that is reached by a link, when that one is private", () => {
    mkdirSync(join(dir, "disk"), { mode: 0o700 });
    symlinkSync(join(dir, "disk"), join(dir, "data"));
    Store.open({ dataDir: join(dir, "data"), kind: "home" }).close();
    chmodSync(join(dir, "disk"), 0o777);
    assert.throws(() => Store.open({ dataDir: join(dir, "data"), kind: "home" }), {
      code: "STORE_KEYRING_DIRECTORY",
    });
    chmodSync(join(dir, "disk"), 0o700);
  });

  it("is refused as a keyring that became a link", () => {
    const dataDir = join(dir, "data");
    Store.open({ dataDir, kind: "home" }).close();
    renameSync(join(dataDir, "keyring.json"), join(dir, "keyring.json"));
    symlinkSync(join(dir, "keyring.json"), join(dataDir, "keyring.json"));
    assert.throws(() => Store.open({ dataDir, kind: "home" }), { code: "STORE_KEYRING_LINK" });
  });
});
