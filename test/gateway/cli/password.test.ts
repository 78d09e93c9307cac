import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { openAccess } from "../../../gateway/access/database";
import { type PasswordRole, Passwords } from "../../../gateway/access/passwords";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { PYTHON, skipUnless } from "../../machine";

const ROOT = join(__dirname, "../../..");
const PROGRAM = ["-r", "ts-node/register/transpile-only", join(ROOT, "tools/avnode.ts")];
const PASSWORD = "correct horse battery";
/** Types each line once its prompt is there; prints what the terminal showed. */
const TYPIST = `
import os, pty, sys
answers = [line.encode() for line in sys.argv[1].split("|")]
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk:
        break
    shown += chunk
    if answers and shown.count(b": ") > 2 - len(answers):
        os.write(fd, answers.pop(0) + b"\\r")
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

describe("avnode password", function () {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-password-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** In this process, with its streams caught. */
  async function password(input: string, ...words: string[]) {
    const caught = { stdout: "", stderr: "" };
    const into = (which: "stdout" | "stderr") =>
      ({
        write: (text: string) => {
          caught[which] += text;
          return true;
        },
      }) as unknown as NodeJS.WriteStream;
    const terminal = new Terminal(
      into("stdout"),
      into("stderr"),
      {},
      Readable.from([input]) as unknown as NodeJS.ReadStream,
    );
    const status = await run(["password", ...words, "--data", dir], "0.0.0", {}, terminal);
    return { status, ...caught };
  }
  async function opens(role: PasswordRole, text: string): Promise<boolean> {
    const db = openAccess(dir);
    try {
      return await new Passwords(db).verify(role, text);
    } finally {
      db.close();
    }
  }

  it("takes the first line of standard input, and shows it nowhere", async () => {
    const { status, stdout, stderr } = await password(`${PASSWORD}\n`);
    assert.deepEqual([status, stdout], [0, ""]);
    assert.equal(stderr, "the owner's password is set; all sessions are ended\n");
    assert.equal(await opens("owner", PASSWORD), true);
    assert.equal(await opens("owner", `${PASSWORD}\n`), false);
    assert.equal(await opens("viewer", PASSWORD), false);
    assert.equal(statSync(join(dir, "access.db")).mode & 0o777, 0o600);
  });

  it("keeps scrypt's hash, as dear as OWASP asks, under a salt of its own", async function () {
    await password(PASSWORD);
    const db = openAccess(dir);
    const row = db.prepare("SELECT * FROM passwords").get() as { cost: number; salt: Buffer; hash: Buffer };
    db.close();
    assert.deepEqual([row.cost >= 15, row.salt.length, row.hash.length], [true, 16, 32]);
    const script = `
import hashlib, sys
print(hashlib.scrypt(sys.argv[1].encode(), salt=bytes.fromhex(sys.argv[2]), n=2**${row.cost}, r=8, p=3, maxmem=1<<26, dklen=32).hex())`;
    skipUnless(spawnSync(PYTHON, ["-c", ""]).status === 0, this, PYTHON);
    const theirs = spawnSync(PYTHON, ["-c", script, PASSWORD, row.salt.toString("hex")], {
      encoding: "utf8",
    });
    assert.equal(theirs.stdout.trim(), row.hash.toString("hex"), theirs.stderr);
  });

  it("asks a person twice and shows nothing of what is typed", async function () {
    skipUnless(spawnSync(PYTHON, ["-c", "import pty"]).status === 0, this, PYTHON);
    const type = (answers: string) =>
      spawnSync(PYTHON, ["-c", TYPIST, answers, process.execPath, ...PROGRAM, "password", "--data", dir], {
        cwd: ROOT,
        encoding: "utf8",
      });
    const differ = type(`${PASSWORD}|something else`);
    assert.equal(differ.status, 2, differ.stdout);
    assert.match(differ.stdout, /the two at 'the owner's new password:' differ: nothing was changed/);
    assert.equal(await opens("owner", PASSWORD), false);
    const same = type(`${PASSWORD}|${PASSWORD}`);
    assert.equal(same.status, 0, same.stdout);
    assert.equal(same.stdout.includes("correct"), false);
    assert.equal(await opens("owner", PASSWORD), true);
  });

  it("refuses one that is short, none at all, and a viewer's before the owner's", async () => {
    for (const [input, ...words] of [["short\n"], [""], [PASSWORD, "--viewer"]]) {
      const { status, stderr } = await password(input!, ...words);
      assert.equal(status, 2, stderr);
      assert.match(
        stderr,
        /^avnode: (a password has 10 to 1024 characters|nothing was typed|there is no owner's password yet)/,
      );
    }
  });

  it("removes the owner's and with it the viewer's; there being none is a no", async () => {
    await password(PASSWORD);
    await password("only looking around", "--viewer");
    assert.equal(await opens("viewer", "only looking around"), true);
    assert.equal((await password("", "--remove")).status, 0);
    for (const role of ["owner", "viewer"] as const) assert.equal(await opens(role, PASSWORD), false);
    const { status, stderr } = await password("", "--remove", "--viewer");
    assert.equal(status, 1);
    assert.match(stderr, /^avnode: cannot remove the viewer's password: there is none in /);
  });
});
