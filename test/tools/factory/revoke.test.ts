import { strict as assert } from "node:assert";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "cbor-x";
import { nodeCrypto } from "../../../gateway/crypto";
import { parseTrust } from "../../../gateway/proof/trust";
import { fromHex, toHex } from "../../../protocol/bytes";
import { decodeRevocations, signedRevocations } from "../../../protocol/revocations";
import { Journal } from "../../../tools/factory/journal";
import { createKeys, makerPublicKey, releasePublicKey } from "../../../tools/factory/keys";
import { makeStation, STATION } from "./bench";
import { factory } from "./cli";
import { opensslTakes, skipUnlessOpenssl } from "./openssl";

const PASSPHRASE = "correct horse battery staple";
const RELEASE_PASSPHRASE = "another horse, another battery";
const SERIALS = ["T1-0001", "T1-0002"];
const DEVICES = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)];
const STRANGER = "0909090909090909";

describe("factory revoke", function () {
  const root = fs.mkdtempSync(join(tmpdir(), "avnode-revoke-"));
  const made = join(root, "made");
  let dir = "";
  let keys = "";
  before(() => createKeys(made, PASSPHRASE, RELEASE_PASSPHRASE));
  after(() => fs.rmSync(root, { recursive: true }));
  beforeEach(() => {
    keys = fs.mkdtempSync(join(root, "stick-"));
    fs.cpSync(made, keys, { recursive: true });
    dir = stationOf("station-");
    const journal = new Journal(dir);
    for (const [i, serial] of SERIALS.entries()) {
      journal.meet(`chip ${i}`, undefined, 0);
      const bytes = Buffer.alloc(1);
      journal.reserve(
        `chip ${i}`,
        {
          ...{ device: Buffer.from(DEVICES[i]!), number: i + 1, serial },
          ...{ certificate: bytes, firmware: bytes, secrets: bytes },
        },
        0,
      );
    }
    journal.close();
  });
  const stationOf = (name: string) => {
    const folder = fs.mkdtempSync(join(root, name));
    makeStation(folder, { ...STATION, makerKey: toHex(makerPublicKey(keys)) });
    return folder;
  };
  const revoke = (...words: string[]) => revokeAt(dir, ...words);
  const revokeAt = (station: string, ...words: string[]) =>
    factory(["revoke", station, ...words, "--keys", keys], `${PASSPHRASE}\n`);
  const list = (number: number) =>
    fs.readFileSync(join(dir, `revocations/00000${number}.avnode-revocations`));

  it("writes a list that the maker signed, of units by serial number or id", async function () {
    skipUnlessOpenssl(this);
    const { exit, out, err } = await revoke(
      ...["T1-0002", STRANGER, "--reason", "stolen from a van", "--since", "2026-03-01T00:00:00Z"],
    );
    assert.deepEqual([exit, out], [0, `${join(dir, "revocations/000001.avnode-revocations")}\n`], err);
    assert.match(err, /list 1 names 2 units.*avnode revocations import/);
    // Read by another decoder, checked by another library.
    const read = decode(list(1));
    const since = Date.UTC(2026, 2, 1) / 1000;
    assert.deepEqual(
      read.entries.map((one: { device: Uint8Array }) => ({ ...one, device: toHex(one.device) })),
      [
        { device: "0202020202020202", since, reason: "stolen from a van" },
        { device: STRANGER, since, reason: "stolen from a van" },
      ],
    );
    const message = signedRevocations(decodeRevocations(list(1)));
    assert.ok(opensslTakes(makerPublicKey(keys), message, read.signature));
    assert.equal(opensslTakes(makerPublicKey(keys), message.subarray(1), read.signature), false);
  });

  it("rises by one and names all units each time, the last word about each", async () => {
    await revoke("T1-0001", "--reason", "lost");
    await revoke("T1-0002", "--reason", "lost");
    await revoke("T1-0001", "--reason", "sold and stolen");
    const { number, entries } = decodeRevocations(list(3));
    assert.equal(number, 3);
    assert.deepEqual(
      entries.map(({ device, reason }) => [toHex(device), reason]),
      [
        ["0101010101010101", "sold and stolen"],
        ["0202020202020202", "lost"],
      ],
    );
    assert.equal(decodeRevocations(list(1)).entries.length, 1, "older lists stay as they are");
  });

  it("goes on behind what another station of the same keys made, and drops nothing that either named", async () => {
    const other = stationOf("other-");
    const read = (station: string, number: number) =>
      decodeRevocations(
        fs.readFileSync(join(station, `revocations/00000${number}.avnode-revocations`)),
      ).entries.map(({ device }) => toHex(device));
    assert.equal((await revoke("T1-0001", "--reason", "stolen")).exit, 0);
    const { exit, out, err } = await revokeAt(other, STRANGER, "--reason", "stolen");
    assert.deepEqual([exit, /000002\.avnode-revocations$/m.test(out)], [0, true], err);
    assert.deepEqual(read(other, 2), ["0101010101010101", STRANGER]);
    // Lists of before the keys held any.
    fs.rmSync(join(keys, "revocations"), { recursive: true });
    fs.rmSync(join(other, "revocations/000002.avnode-revocations"));
    await revokeAt(other, STRANGER, "--reason", "stolen");
    await revoke("T1-0002", "--reason", "stolen");
    assert.deepEqual(read(dir, 2).sort(), ["0101010101010101", "0202020202020202", STRANGER]);
  });

  it("does not go on behind a list that was altered or is another maker's", async () => {
    await revoke("T1-0001", "--reason", "lost");
    const file = join(dir, "revocations/000001.avnode-revocations");
    const whole = fs.readFileSync(file);
    for (const at of [whole.indexOf("lost"), whole.length - 1, whole.indexOf("maker") + 8]) {
      const altered = Buffer.from(whole);
      altered[at]! ^= 1;
      fs.writeFileSync(file, altered);
      const { exit, err } = await revoke("T1-0002", "--reason", "lost");
      assert.equal(exit, 3);
      assert.ok(err.includes(file), err);
    }
    assert.deepEqual(fs.readdirSync(join(dir, "revocations")).sort(), ["000001.avnode-revocations"]);
  });

  it("says which serial number the station never gave, and asks for a reason", async () => {
    assert.match((await revoke("T1-0003", "--reason", "lost")).err, /made no unit T1-0003/);
    assert.equal((await revoke("T1-0001")).exit, 2);
    assert.match((await revoke("--reason", "lost")).err, /which units\?.*--given-up/);
    for (const reason of ["", "x".repeat(81), "Bär"])
      assert.match((await revoke("T1-0001", "--reason", reason)).err, /a reason has 1 to 80/);
    assert.equal((await revoke("T1-0001", "--reason", "lost", "--since", "yesterday")).exit, 2);
    assert.equal(fs.existsSync(join(dir, "revocations/000001.avnode-revocations")), false);
  });

  it("names with --given-up those that no unit has by right, once, beside units", async () => {
    const nothing = await revoke("--given-up", "--reason", "given up");
    assert.deepEqual([nothing.exit, /gave up no identity/.test(nothing.err)], [3, true], nothing.err);
    const aside = join(dir, "papers/unknown");
    fs.mkdirSync(aside, { recursive: true });
    for (const name of [`${STRANGER}.dossier`, "note.txt"]) fs.writeFileSync(join(aside, name), "x");
    assert.match(
      (await factory(["status", dir])).out,
      /1 identity given up: .*factory revoke STATION --given-up/,
    );
    const { exit, err } = await revoke("T1-0001", "--given-up", "--reason", "given up");
    assert.equal(exit, 0, err);
    const named = decodeRevocations(list(1)).entries.map(({ device }) => toHex(device));
    assert.deepEqual(named.sort(), ["0101010101010101", STRANGER]);
    assert.equal((await revoke("--given-up", "--reason", "given up")).exit, 3);
    assert.doesNotMatch((await factory(["status", dir])).out, /given up/);
  });

  it("takes neither a wrong passphrase nor another maker's keys", async () => {
    const words = ["revoke", dir, "T1-0001", "--reason", "lost", "--keys"];
    assert.match((await factory([...words, keys], "wrong\n")).err, /this passphrase does not open/);
    const others = join(root, "others");
    createKeys(others, PASSPHRASE, RELEASE_PASSPHRASE);
    assert.match((await factory([...words, others], `${PASSPHRASE}\n`)).err, /not those of this station/);
  });

  it("is preceded by the maker's papers: a trust line that a verifier reads, and fingerprints", async () => {
    const { exit, out } = await factory(["maker", dir, "--keys", keys]);
    assert.equal(exit, 0);
    const [maker] = parseTrust(out, "papers").makers;
    assert.deepEqual(maker!.publicKey, makerPublicKey(keys));
    assert.equal(maker!.label, "Example-Works");
    const groups = toHex(nodeCrypto.sha256(makerPublicKey(keys)))
      .match(/.{4}/g)!
      .slice(0, 8);
    assert.ok(out.includes(groups.join(" ")));
    assert.ok(out.includes(toHex(releasePublicKey(keys))));
    // The release key may be kept elsewhere.
    const elsewhere = await factory(["maker", dir, "--json"]);
    assert.deepEqual([JSON.parse(elsewhere.out).releaseKey, elsewhere.exit], [undefined, 0]);
    assert.deepEqual(fromHex(JSON.parse(elsewhere.out).makerKey), makerPublicKey(keys));
  });
});
