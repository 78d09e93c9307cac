import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sinon from "sinon";
import { ed25519Verify, nodeCrypto } from "../../../gateway/crypto";
import { codeOf } from "../../../gateway/store/errors";
import { toHex } from "../../../protocol/bytes";
import { OtsType } from "../../../protocol/lmots";
import { decodeLmsPublicKey, LmsType, verifyLms } from "../../../protocol/lms";
import * as trees from "../../../protocol/trees";
import {
  createKeys,
  makerPublicKey,
  openMaker,
  openSecretBox,
  releasePublicKey,
  signRelease,
} from "../../../tools/factory/keys";
import { leavesLeft } from "../../../tools/factory/releasekey";
import { openSealedFile, writeSealed } from "../../../tools/factory/sealedfile";
import { PYTHON } from "../../machine";

const PASSPHRASE = "correct horse battery staple";
const RELEASE_PASSPHRASE = "another horse, another battery";
const SECOND = join(__dirname, "../../protocol/second/lms.py");
const text = (words: string) => new Uint8Array(Buffer.from(words));

/** By the verifier that was written from the RFCs alone. */
function secondOpinion(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): string {
  const one = {
    publicKey: `00000001${toHex(publicKey)}`,
    message: toHex(message),
    signature: `00000000${toHex(signature)}`,
  };
  const { status, stdout, stderr } = spawnSync(PYTHON, ["-B", SECOND], {
    input: JSON.stringify([one]),
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

const leafOf = (signature: Uint8Array) => Buffer.from(signature).readUInt32BE(0);

function files(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

const WRITING = ["openSync", "writeSync", "fsyncSync", "renameSync", "mkdirSync"] as const;
type When = "before" | "after" | "half";

/** Lets the power fail at the n-th call that writes; nothing works from then on. @returns how many there were */
function crashing(at: number, when: When, run: () => void): { calls: number; failed: boolean } {
  const sandbox = sinon.createSandbox();
  let calls = 0;
  let dead = false;
  for (const name of WRITING) {
    const original = fs[name] as (...args: unknown[]) => unknown;
    sandbox.replace(fs, name, ((...args: unknown[]) => {
      if (dead) throw new Error("no power");
      if (name === "openSync" && args[1] === "r") return original(...args);
      if (calls++ !== at) return original(...args);
      dead = true;
      if (name === "writeSync" && when === "half") original(args[0], (args[1] as Buffer).subarray(0, 7));
      else if (when !== "before") original(...args);
      throw new Error("no power");
    }) as never);
  }
  try {
    run();
    return { calls, failed: false };
  } catch {
    return { calls, failed: true };
  } finally {
    sandbox.restore();
  }
}

describe("a maker's keys", function () {
  const root = fs.mkdtempSync(join(tmpdir(), "avnode-keys-"));
  const made = join(root, "made");
  const copy = () => {
    const folder = fs.mkdtempSync(join(root, "copy-"));
    fs.cpSync(made, folder, { recursive: true });
    return folder;
  };
  before(() => createKeys(made, PASSPHRASE, RELEASE_PASSPHRASE));
  after(() => fs.rmSync(root, { recursive: true }));

  it("sign certificates as Ed25519, with the key that is readable without the passphrase", () => {
    const maker = openMaker(made, PASSPHRASE);
    assert.deepEqual(makerPublicKey(made), maker.publicKey);
    assert.ok(ed25519Verify(maker.publicKey, text("unit"), maker.sign(text("unit"))));
  });

  it("sign releases as a second implementation of LMS reads it, each with a leaf of its own", () => {
    const folder = copy();
    const publicKey = releasePublicKey(folder);
    const { lmsType, otsType } = decodeLmsPublicKey(publicKey);
    assert.deepEqual([lmsType, otsType], [LmsType.sha256M24H10, OtsType.sha256N24W4]);
    assert.equal(leavesLeft(folder), 1024);
    for (const leaf of [0, 1, 2]) {
      const signature = signRelease(folder, RELEASE_PASSPHRASE, text(`release ${leaf}`));
      assert.equal(leafOf(signature), leaf);
      assert.equal(secondOpinion(publicKey, text(`release ${leaf}`), signature), "true");
      assert.equal(secondOpinion(publicKey, text("another"), signature), "false");
      assert.ok(verifyLms(nodeCrypto.sha256, publicKey, text(`release ${leaf}`), signature));
    }
    assert.equal(leavesLeft(folder), 1021);
  });

  it("are their owner's files alone, and not one of them holds a secret", () => {
    const folder = copy();
    const maker = openMaker(folder, PASSPHRASE);
    signRelease(folder, RELEASE_PASSPHRASE, text("release"));
    const spied = sinon.spy(trees, "signWithLeaf");
    signRelease(folder, RELEASE_PASSPHRASE, text("release"));
    const { seed } = spied.firstCall.args[1];
    spied.restore();
    assert.equal(seed.length, 32);
    for (const file of files(folder)) {
      const content = fs.readFileSync(file, "latin1");
      assert.equal(content.includes(Buffer.from(seed).toString("hex")), false, file);
      assert.equal(content.includes(Buffer.from(seed).toString("base64").slice(0, 40)), false, file);
      for (const passphrase of [PASSPHRASE, RELEASE_PASSPHRASE])
        assert.equal(content.includes(passphrase), false, file);
      assert.equal(fs.statSync(file).mode & 0o077, 0, file);
    }
    assert.equal(maker.publicKey.length, 32);
  });

  it("are never made over others, nor under a short passphrase, nor under one for both", () => {
    assert.throws(() => createKeys(made, PASSPHRASE, RELEASE_PASSPHRASE), { code: "FACTORY_KEYS_EXIST" });
    const fresh = join(root, "short");
    const refused = (code: string, passphrase: string, releasePassphrase: string) =>
      assert.throws(() => createKeys(fresh, passphrase, releasePassphrase), { code });
    refused("FACTORY_PASSPHRASE_SHORT", "elevenchars", RELEASE_PASSPHRASE);
    refused("FACTORY_PASSPHRASE_SHORT", PASSPHRASE, "elevenchars");
    refused("FACTORY_PASSPHRASE_SAME", PASSPHRASE, PASSPHRASE);
    // One letter, written as one character and as two.
    refused("FACTORY_PASSPHRASE_SAME", "caf\u00e9 au lait froid", "cafe\u0301 au lait froid");
    assert.equal(fs.existsSync(fresh), false);
  });

  it("give whoever makes units no release, and whoever releases no unit", () => {
    const folder = copy();
    assert.throws(() => signRelease(folder, PASSPHRASE, text("x")), { code: "FACTORY_PASSPHRASE" });
    assert.equal(leavesLeft(folder), 1024);
    for (const open of [openMaker, openSecretBox])
      assert.throws(() => open(folder, RELEASE_PASSPHRASE), { code: "FACTORY_PASSPHRASE" });
  });

  it("build no stranger's release key into units: the maker's passphrase names its own", () => {
    const [folder, strangers] = [copy(), join(root, "strangers")];
    createKeys(strangers, "a stranger, at the bench", "a stranger, who waits");
    for (const file of ["release.sealed", "release.table"])
      fs.copyFileSync(join(strangers, file), join(folder, file));
    assert.throws(() => openMaker(folder, PASSPHRASE), { code: "FACTORY_KEYS_DAMAGED" });
    // Kept elsewhere, it is in nobody's way.
    fs.rmSync(join(folder, "release.sealed"));
    assert.deepEqual(openMaker(folder, PASSPHRASE).publicKey, makerPublicKey(made));
  });

  it("work on where the release key lies under the maker's passphrase, as it did at first", () => {
    const folder = copy();
    const [path, type] = [join(folder, "release.sealed"), "avnode/release-key"];
    const { secret, known } = openSealedFile(path, type, RELEASE_PASSPHRASE);
    writeSealed(path, type, PASSPHRASE, secret, known);
    assert.equal(leafOf(signRelease(folder, PASSPHRASE, text("release"))), 0);
  });

  it("tell a wrong passphrase, an altered file and a missing one apart", () => {
    const uses: [string, string, (folder: string, passphrase: string) => unknown][] = [
      ["maker.sealed", PASSPHRASE, openMaker],
      ["box.sealed", PASSPHRASE, openSecretBox],
      [
        "release.sealed",
        RELEASE_PASSPHRASE,
        (folder, passphrase) => signRelease(folder, passphrase, text("x")),
      ],
    ];
    for (const [file, right, use] of uses) {
      const folder = copy();
      const path = join(folder, file);
      assert.throws(() => use(folder, `${right}r`), { code: "FACTORY_PASSPHRASE" });
      const whole = fs.readFileSync(path);
      // Each field, and each quote and bracket around them.
      for (let at = 0; at < whole.length; at += 11) {
        const altered = Buffer.from(whole);
        altered[at]! ^= 1;
        fs.writeFileSync(path, altered);
        if (isSameJson(altered, whole)) continue;
        assert.throws(
          () => use(folder, right),
          (error: Error) => codeOf(error) === "FACTORY_KEYS_DAMAGED" && error.message.includes(path),
          `${file}, byte ${at}`,
        );
      }
      fs.rmSync(path);
      assert.throws(() => use(folder, right), { code: "FACTORY_KEYS_MISSING" });
    }
  });

  it("refuse a table that was altered, before a leaf is spent", () => {
    const folder = copy();
    const table = join(folder, "release.table");
    const leaves = Buffer.from(fs.readFileSync(table, "utf8"), "base64");
    leaves[12345]! ^= 1;
    fs.writeFileSync(table, leaves.toString("base64"));
    assert.throws(() => signRelease(folder, RELEASE_PASSPHRASE, text("x")), { code: "FACTORY_KEYS_DAMAGED" });
    assert.equal(leavesLeft(folder), 1024);
  });

  it("seal the station's secrets, which open in their own place alone", () => {
    const box = openSecretBox(made, PASSPHRASE);
    const sealed = box.seal(text("claim code"), "unit 1");
    assert.equal(sealed.includes("claim"), false);
    assert.deepEqual(box.open(sealed, "unit 1"), text("claim code"));
    assert.deepEqual(openSecretBox(made, PASSPHRASE).open(sealed, "unit 1"), text("claim code"));
    assert.throws(() => box.open(sealed, "unit 2"), { code: "FACTORY_SECRET" });
    sealed[20]! ^= 1;
    assert.throws(() => box.open(sealed, "unit 1"), { code: "FACTORY_SECRET" });
    assert.notDeepEqual(box.seal(text("a"), "b"), box.seal(text("a"), "b"));
  });
});

describe("a leaf of the release key", function () {
  const root = fs.mkdtempSync(join(tmpdir(), "avnode-leaf-"));
  const folder = join(root, "keys");
  before(() => createKeys(folder, PASSPHRASE, RELEASE_PASSPHRASE));
  after(() => fs.rmSync(root, { recursive: true }));
  const fresh = () => {
    for (const leaf of fs.readdirSync(join(folder, "burned"))) fs.rmSync(join(folder, "burned", leaf));
  };

  it("never signs twice, wherever the power fails", () => {
    const signed = new Map<number, string>();
    const original = trees.signWithLeaf;
    const stub = sinon.stub(trees, "signWithLeaf").callsFake((crypto, signing, leaf, message) => {
      const words = Buffer.from(message).toString();
      assert.equal(signed.get(leaf) ?? words, words, `leaf ${leaf}`);
      signed.set(leaf, words);
      return original(crypto, signing, leaf, message);
    });
    try {
      const { calls } = crashing(-1, "before", () => signRelease(folder, RELEASE_PASSPHRASE, text("whole")));
      assert.equal(calls, 4, "made, written, synced, and its folder");
      for (const when of ["before", "half", "after"] as const) {
        for (let at = 0; at < calls; at++) {
          fresh();
          signed.clear();
          const one = crashing(at, when, () =>
            signRelease(folder, RELEASE_PASSPHRASE, text(`${when} ${at}`)),
          );
          assert.equal(one.failed, true);
          assert.equal(signed.size, 0, "nothing is signed before the leaf is on disk");
          const signature = signRelease(folder, RELEASE_PASSPHRASE, text("next"));
          // Made by name: from then on it is spent.
          assert.equal(leafOf(signature), at === 0 && when === "before" ? 0 : 1);
        }
      }
    } finally {
      stub.restore();
    }
  });

  it("is spent for good where the power fails behind the burning", () => {
    fresh();
    const cut = () => {
      throw new Error("no power");
    };
    assert.throws(() => signRelease(folder, RELEASE_PASSPHRASE, text("a"), { note: cut }));
    assert.equal(leafOf(signRelease(folder, RELEASE_PASSPHRASE, text("b"))), 1);
  });

  it("is burned by one of two runs that want it", () => {
    fresh();
    // The other run burns it between this one's look and its own burning.
    const original = fs.openSync;
    const stub = sinon.stub(fs, "openSync").callsFake((path, flags, mode) => {
      if (flags === "wx" && String(path).endsWith("0000")) fs.writeFileSync(path as string, "");
      return original(path, flags, mode);
    });
    try {
      assert.throws(() => signRelease(folder, RELEASE_PASSPHRASE, text("a")), {
        code: "FACTORY_KEYS_LEAVES",
        message: /another run has just burned it/,
      });
    } finally {
      stub.restore();
    }
  });

  it("is asked for in vain of an old copy of the keys, unless its maker says to go on behind the last known one", () => {
    fresh();
    assert.throws(() => signRelease(folder, RELEASE_PASSPHRASE, text("a"), { known: 4 }), {
      code: "FACTORY_KEYS_OLD",
      message: /leaf 4 .* it knows of none/,
    });
    assert.equal(leavesLeft(folder), 1024);
    const noted: number[] = [];
    const note = (leaf: number) => noted.push(leaf);
    assert.equal(
      leafOf(signRelease(folder, RELEASE_PASSPHRASE, text("a"), { known: 4, skip: true, note })),
      5,
    );
    assert.equal(leafOf(signRelease(folder, RELEASE_PASSPHRASE, text("b"), { known: 5, note })), 6);
    assert.deepEqual(noted, [5, 6]);
  });

  it("is refused where nobody can tell which are used, and behind the last one", () => {
    fresh();
    fs.writeFileSync(join(folder, "burned/1023"), "");
    assert.equal(leavesLeft(folder), 0);
    assert.throws(() => signRelease(folder, RELEASE_PASSPHRASE, text("a")), { code: "FACTORY_KEYS_SPENT" });
    fs.rmSync(join(folder, "burned"), { recursive: true });
    assert.throws(() => signRelease(folder, RELEASE_PASSPHRASE, text("a")), { code: "FACTORY_KEYS_LEAVES" });
    fs.mkdirSync(join(folder, "burned"));
  });
});

/** Blanks between the fields say nothing. */
function isSameJson(one: Buffer, other: Buffer): boolean {
  try {
    return JSON.stringify(JSON.parse(one.toString())) === JSON.stringify(JSON.parse(other.toString()));
  } catch {
    return false;
  }
}
