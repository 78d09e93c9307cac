import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SQLite from "better-sqlite3";
import type { StationStatus } from "../../../tools/factory/status";
import { factory } from "./cli";

const PASSPHRASE = "correct horse battery staple\n";
/** As it is typed where keys are made. */
const PASSPHRASES = `${PASSPHRASE}another horse, another battery\n`;

describe("avnode factory init, run, status", function () {
  this.timeout(180_000);
  let folder: string;
  let dir: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "avnode-factory-"));
    dir = join(folder, "station");
  });
  after(() => rmSync(folder, { recursive: true }));

  const small = ["--trees", "1", "--height", "5"];
  const init = (...words: string[]) =>
    factory(["init", dir, "--maker", "Example Works", "--board", "xiaoble", ...small, ...words], PASSPHRASES);
  const status = async () => JSON.parse((await factory(["status", dir, "--json"])).out) as StationStatus;

  it("make a station whose folder is its owner's alone", async () => {
    const { exit, out, err } = await init("--class", "simulated", "--prefix", "X-", "--digits", "3");
    assert.equal(exit, 0, err);
    assert.match(out, /makes simulated units for xiaoble/);
    assert.doesNotMatch(err, /recordings only/);
    for (const name of [".", "keys", "keys/maker.sealed", "station.db", "station.json"])
      assert.equal(statSync(join(dir, name)).mode & 0o077, 0, name);
    const { lines, passed, problems } = await status();
    assert.deepEqual([lines, passed, problems], [0, 0, []]);
  });

  it("make no second station in its place, and none that says what it is not", async () => {
    const again = await init();
    assert.deepEqual([again.exit, /is a station already/.test(again.err)], [3, true], again.err);
    const other = await factory(
      ["init", join(folder, "b"), "--maker", "E", "--board", "nothing", ...small],
      PASSPHRASES,
    );
    assert.deepEqual([other.exit, /there is no board "nothing"/.test(other.err)], [3, true], other.err);
  });

  it("touch nothing that was there before, and make nothing of what cannot be", async () => {
    const other = join(folder, "sources");
    const source = join(other, "firmware", "update.ts");
    mkdirSync(join(other, "firmware"), { recursive: true });
    writeFileSync(source, "x");
    const words = ["--maker", "E", "--board", "xiaoble", ...small];
    const strange = await factory(["init", other, ...words], PASSPHRASES);
    assert.deepEqual(
      [strange.exit, /holds something else \(firmware\)/.test(strange.err)],
      [3, true],
      strange.err,
    );
    assert.deepEqual([readFileSync(source, "utf8"), readdirSync(other)], ["x", ["firmware"]]);
    const wrong = join(folder, "wrong");
    for (const more of [
      ["--digits", "0"],
      ["--height", "7"],
      ["--prefix", "../x"],
    ])
      assert.equal((await factory(["init", wrong, ...words, ...more], PASSPHRASES)).exit, 3);
    const keys = ["--keys", join(dir, "keys")];
    const stranger = await factory(["init", wrong, ...words, ...keys], "some other passphrase\n");
    assert.deepEqual([stranger.exit, /passphrase does not open/.test(stranger.err)], [3, true], stranger.err);
    // A build for units of another maker, whose updates these would take.
    const built = join(folder, "built");
    cpSync(join(dir, "firmware"), built, { recursive: true });
    const foreign = await factory(
      ["init", wrong, ...words, "--class", "simulated", "--firmware", built],
      PASSPHRASES,
    );
    assert.deepEqual([foreign.exit, /maker's release key/.test(foreign.err)], [3, true], foreign.err);
    for (const none of [join(folder, "no build"), other]) {
      const { exit, err } = await factory(["init", wrong, ...words, "--firmware", none], PASSPHRASES);
      assert.deepEqual(
        [exit, /cannot flash what is in .*Put a build for xiaoble there/.test(err)],
        [3, true],
        err,
      );
    }
    assert.equal(existsSync(join(wrong, "keys")), false, "keys were made for no station");
    assert.deepEqual(
      [existsSync(join(wrong, "firmware")), existsSync(join(wrong, "station.db"))],
      [false, false],
    );
    const good = await factory(["init", wrong, ...words, ...keys, "--firmware", built], PASSPHRASE);
    assert.equal(good.exit, 0, good.err);
    assert.equal(existsSync(join(built, "manifest.json")), true);
  });

  it("refuse to send a locked unit's keys through the air, unless told so, and ports that no adapter serves", async () => {
    const refused = async (...more: string[]) => {
      const { exit, err } = await factory(["run", join(folder, "wrong"), "--ports", ...more], PASSPHRASE);
      assert.equal(exit, 2, err);
      return err;
    };
    assert.match(await refused("ble", "--ask"), /ble needs an adapter: say --adapter/);
    assert.match(
      await refused("ble", "--adapter", "hci99"),
      /over the air .*keys in the clear.*use a cable.*--in-the-clear/,
    );
    assert.match(
      await refused("tcp://bench.example:23", "--ask"),
      /over a network .*keys in the clear.*--in-the-clear/,
    );
  });

  it("refuse locked units of which nothing would show that they live", async () => {
    const { exit, err } = await factory(
      ["run", join(folder, "wrong"), "--ports", "tcp://127.0.0.1:9"],
      PASSPHRASE,
    );
    assert.deepEqual([exit, /say --adapter hci0, .*--ask.* or --without-air/.test(err)], [2, true], err);
  });

  it("refuse what is no port and no number before a passphrase is asked for, and make nothing", async () => {
    const none = join(folder, "none");
    const words = ["--maker", "E", "--board", "xiaoble", ...small, "--ports", "serial", "ble", "bogus"];
    const made = await factory(["init", none, ...words]);
    assert.deepEqual([made.exit, /there is no port "bogus"/.test(made.err)], [3, true], made.err);
    assert.equal(existsSync(none), false);
    const short = await factory(["init", none, ...words.slice(0, -1)], "horse\nhorse\n", true);
    assert.deepEqual([short.exit, existsSync(none)], [3, false], short.err);
    assert.match(short.err, /^passphrase of the maker's keys: \navnode: a passphrase has at least 12 /);
    const counted = await factory(["run", dir, "--virtual", "1", "--count", "x"]);
    assert.deepEqual([counted.exit, /--count x: give a whole number/.test(counted.err)], [2, true]);
    const shown = await factory(["evidence", none]);
    assert.deepEqual([shown.exit, /is no station/.test(shown.err)], [3, true], shown.err);
  });

  it("say of a station of locked units whose keys lie in its own folder that they should not", async () => {
    const together = /keys lie in the station's own folder: move them .* --keys DIR/;
    const locked = join(folder, "locked");
    const words = ["--maker", "E", "--board", "xiaoble", ...small, "--firmware", join(dir, "firmware")];
    cpSync(join(dir, "keys"), join(locked, "keys"), { recursive: true });
    const made = await factory(["init", locked, ...words], PASSPHRASE);
    assert.deepEqual([made.exit, together.test(made.err)], [0, true], made.err);
    assert.match(made.err, /each of its units signs 32 recordings only/);
    const run = async (...more: string[]) =>
      (
        await factory(
          ["run", locked, "--ports", "exec:true", "--without-air", "--count", "1", ...more],
          PASSPHRASE,
        )
      ).err;
    assert.match(await run(), together);
    cpSync(join(locked, "keys"), join(folder, "stick"), { recursive: true });
    const apart = await run("--keys", join(folder, "stick"));
    assert.match(apart, /0 of 1 passed/);
    assert.doesNotMatch(apart, together);
  });

  it("flashes nothing that its maker did not sign, whatever the manifest says", async () => {
    const firmware = join(folder, "locked", "firmware");
    const [code, manifest] = [join(firmware, "avnode.js"), join(firmware, "manifest.json")];
    const run = () =>
      factory(["run", join(folder, "locked"), "--ports", "exec:true", "--without-air"], PASSPHRASE);
    const [before, words] = [readFileSync(code), readFileSync(manifest, "utf8")];
    const stranger = Buffer.concat([before, Buffer.from(" ")]);
    const sum = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    writeFileSync(code, stranger);
    writeFileSync(manifest, words.replace(sum(before), sum(stranger)));
    const { exit, err } = await run();
    assert.deepEqual([exit, /not what the station's maker signed.*factory use/.test(err)], [3, true], err);
    writeFileSync(code, before);
    writeFileSync(manifest, words);
    const sums = spawnSync("sha256sum", ["-c", "--strict", "SHA256SUMS"], { cwd: firmware });
    assert.equal(sums.status, 0);
    for (const name of ["SHA256SUMS.sig", "SHA256SUMS"]) {
      rmSync(join(firmware, name));
      assert.match((await run()).err, /not what the station's maker signed/, name);
    }
  });

  it("runs no command that only station.json names", async () => {
    const config = join(folder, "wrong", "station.json");
    const pwned = join(folder, "pwned");
    const station = JSON.parse(readFileSync(config, "utf8"));
    writeFileSync(config, JSON.stringify({ ...station, ports: [`exec:touch '${pwned}'`] }));
    const { exit, err } = await factory(["run", join(folder, "wrong"), "--without-air"], PASSPHRASE);
    assert.deepEqual([exit, /Say it with --ports/.test(err), existsSync(pwned)], [2, true, false], err);
  });

  it("make virtual units, count them, and say so", async () => {
    const { exit, err } = await factory(["run", dir, "--virtual", "2"], PASSPHRASE);
    assert.equal(exit, 0, err);
    assert.doesNotMatch(err, /keys lie/);
    // Full, a slot shows how its last one ended.
    for (const slot of ["virtual 1", "virtual 2"])
      assert.match(err, new RegExp(`${slot}: PASS X-00[12] unscanned\\n(?![^]*${slot}: )`), err);
    const { lines, passed, failed, yield: share, states, problems } = await status();
    assert.deepEqual([lines, passed, failed, share, states, problems], [2, 2, 0, 1, { passed: 2 }, []]);
    // As after a crash: those that the batch has count.
    const again = await factory(["run", dir, "--virtual", "2", "--count", "2"], PASSPHRASE);
    assert.deepEqual([again.exit, /2\/2 passed · 0 failed/.test(again.err)], [0, true], again.err);
    const { exit: told, out } = await factory(["status", dir]);
    assert.equal(told, 0);
    assert.match(out, /2 passed \(100\.0 % of 2 units, 100\.0 % of 2 turns\), 0 failed, 0 unfinished/);
    assert.match(out, /of those that passed: 2 with no scan of the label on the unit \(run --scan\)\n/);
    assert.match(out, /log of 2 lines is whole and signed by the maker/);
    assert.equal(readFileSync(join(dir, "labels", "X-002.png")).readUInt32BE(0), 0x89504e47);
  });

  it("say of keys that made units at another station that serial numbers may be given twice", async () => {
    const words = ["--maker", "E", "--board", "xiaoble", ...small, "--prefix", "X-"];
    const keys = ["--keys", join(dir, "keys"), "--firmware", join(dir, "firmware")];
    const twin = await factory(["init", join(folder, "twin"), ...words, ...keys], PASSPHRASE);
    assert.deepEqual([twin.exit, /prefix X-, too, .*another --prefix, or --first/.test(twin.err)], [0, true]);
  });

  it("refuse another passphrase, no port, and an adapter that is not there", async () => {
    const wrong = await factory(["run", dir, "--virtual", "1"], "some other passphrase\n");
    assert.deepEqual([wrong.exit, /passphrase does not open/.test(wrong.err)], [3, true], wrong.err);
    const none = await factory(["run", dir], PASSPHRASE);
    assert.deepEqual([none.exit, /no port/.test(none.err)], [2, true], none.err);
    const strange = await factory(["run", dir, "--ports", "nowhere"], PASSPHRASE);
    assert.deepEqual([strange.exit, /there is no port "nowhere"/.test(strange.err)], [3, true], strange.err);
    const deaf = await factory(
      ["run", dir, "--ports", "tcp://localhost:1", "--adapter", "hci99"],
      PASSPHRASE,
    );
    assert.deepEqual([deaf.exit, /there is no adapter hci99/.test(deaf.err)], [3, true], deaf.err);
  });

  it("say no when the log is not as it was written", async () => {
    const db = new SQLite(join(dir, "station.db"));
    db.prepare("DELETE FROM leaves WHERE idx = 1").run();
    db.close();
    const { exit, err } = await factory(["status", dir]);
    assert.equal(exit, 1);
    assert.match(err, /log 1 had 2 leaves, 1 are here/);
  });
});
