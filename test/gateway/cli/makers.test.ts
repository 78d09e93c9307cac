import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { nodeCrypto } from "../../../gateway/crypto";
import { fingerprintOf } from "../../../gateway/store/makers";
import { Store } from "../../../gateway/store/store";
import { toHex } from "../../../protocol/bytes";
import { DeviceClass, decodeCertificate } from "../../../protocol/certificate";
import { encodeClaimCode } from "../../../protocol/claim";
import { encodeDossier } from "../../../protocol/dossier";
import { encodeVerifierKey } from "../../../protocol/note";
import { dossierOf } from "../../../tools/sim/handheld";
import { newKeepsake } from "../../../tools/sim/keepsake";
import { directories, inHouse, inTime, pause } from "../claim/house";
import { makerOf } from "../store/makers";

const [acme, other] = [makerOf("acme"), makerOf("other")];
const [acmePrint, otherPrint] = [fingerprintOf(acme.publicKey), fingerprintOf(other.publicKey)];
const line = ["maker", "Acme", encodeVerifierKey(nodeCrypto.sha256, { name: "acme.example", ...acme })];
const newDir = directories();

async function avnode(
  dataDir: string,
  ...words: string[]
): Promise<{ exit: number; out: string; err: string }> {
  const caught = { out: "", err: "" };
  const into = (which: "out" | "err") =>
    ({
      write(text: string) {
        caught[which] += text;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const exit = await run(
    [...words, "--data", dataDir],
    "0.0.0",
    {},
    new Terminal(into("out"), into("err"), {}),
  );
  return { exit, ...caught };
}

/** No hub runs on it, and none ever did. */
function emptyStore(): string {
  const dataDir = newDir();
  mkdirSync(dataDir, { recursive: true });
  Store.open({ dataDir, kind: "home" }).close();
  return dataDir;
}

function fileOf(dataDir: string, name: string, bytes: Uint8Array | string): string {
  const file = join(dataDir, name);
  writeFileSync(file, bytes);
  return file;
}

/** A handheld with the real firmware that this maker certified. */
function unitOf(maker: typeof acme, deviceClass: number = DeviceClass.locked) {
  const keepsake = newKeepsake(1);
  const { device, certificate } = keepsake.identity;
  const { trees } = decodeCertificate(certificate!);
  return {
    ...keepsake,
    identity: { ...keepsake.identity, certificate: maker.certify(device, deviceClass, trees) },
  };
}

describe("avnode makers", () => {
  it("adds one by the line on its paper, lists it, forgets it, and adds it again by its fingerprint", async () => {
    const dataDir = emptyStore();
    const none = await avnode(dataDir, "makers");
    assert.deepEqual([none.exit, none.out], [0, ""]);
    assert.match(none.err, /the first handheld that is claimed brings its own/);
    const added = await avnode(dataDir, "makers", "add", ...line);
    assert.deepEqual([added.exit, added.out], [0, `maker ${acmePrint} is believed\n`]);
    assert.match((await avnode(dataDir, "makers")).out, new RegExp(`${acmePrint}  Acme +0  believed, since`));
    const forgotten = await avnode(dataDir, "makers", "forget", ...acmePrint.split(" ").slice(0, 2));
    assert.equal(forgotten.out, `maker ${acmePrint} is forgotten\n`);
    const [listed] = JSON.parse((await avnode(dataDir, "makers", "--json")).out).makers;
    assert.deepEqual([listed.state, listed.key], ["forgotten", toHex(acme.publicKey)]);
    assert.equal((await avnode(dataDir, "makers", "add", ...acmePrint.split(" "))).exit, 0);
    assert.match((await avnode(dataDir, "makers")).out, /Acme +0 {2}believed/);
  });

  it("says what is wrong with what it does not take", async () => {
    const dataDir = emptyStore();
    const wrong: [string[], number, RegExp][] = [
      [["maker", "Acme", `${line[2]}A`], 2, /not a verifier key/],
      [["hub Acme", line[2]!], 2, /neither a line 'maker NAME KEY' nor/],
      [acmePrint.split(" ").slice(0, 2), 2, /32 hex digits/],
      [acmePrint.split(" "), 3, /no maker of fingerprint/],
      [[`hub Acme ${line[2]}`], 2, /neither a line/],
    ];
    for (const [words, exit, err] of wrong) {
      const said = await avnode(dataDir, "makers", "add", ...words);
      assert.deepEqual([said.exit, said.out], [exit, ""], said.err);
      assert.match(said.err, err);
    }
  });

  inTime("is told of the first by its claim, which keeps the papers that came along", async () => {
    const dataDir = newDir();
    const unit = unitOf(acme, DeviceClass.dev);
    const live = async ({ handheld }: { handheld: { act(press: (m: { hold(): void }) => void): void } }) => {
      const papers = fileOf(dataDir, "dossier", encodeDossier(dossierOf(unit.identity)));
      const early = await avnode(dataDir, "papers", "import", papers);
      assert.equal(early.exit, 3);
      assert.match(early.err, /Claim its handheld first/);
      const code = encodeClaimCode(unit.identity.claimCode).split(" ");
      const asked = avnode(dataDir, "claim", ...code, "--dossier", papers);
      await pause(1000);
      handheld.act((monitor) => monitor.hold());
      const { exit, out, err } = await asked;
      assert.deepEqual([exit, out], [0, `claimed handheld ${toHex(unit.identity.device)}\n`], err);
      assert.match(
        err,
        new RegExp(`made by ${acmePrint}, the first handheld of this maker on this hub; compare`),
      );
      const devices = await avnode(dataDir, "devices");
      assert.match(devices.out, /developer unit: its console is open/);
      const again = await avnode(dataDir, "papers", "import", papers);
      assert.equal(again.out, `${papers}: papers of handheld ${toHex(unit.identity.device)}\n`);
    };
    await inHouse(dataDir, unit, live, "home");
  });

  inTime("lets a handheld of another in by its fingerprint alone, without its button", async () => {
    const dataDir = newDir();
    const unit = unitOf(other);
    const live = async ({ handheld, store }: Parameters<Parameters<typeof inHouse>[2]>[0]) => {
      await avnode(dataDir, "makers", "add", ...line);
      const code = encodeClaimCode(unit.identity.claimCode).split(" ");
      const asked = avnode(dataDir, "claim", ...code, "--json");
      await pause(1000);
      handheld.act((monitor) => monitor.hold());
      const { exit, out } = await asked;
      const { code: why, maker } = JSON.parse(out);
      assert.deepEqual([exit, why, maker], [1, "other-maker", { fingerprint: otherPrint, first: false }]);
      assert.match((await avnode(dataDir, "makers")).out, /NOT believed: met at a claim/);
      await avnode(dataDir, "makers", "add", ...otherPrint.split(" "));
      await pause(300_000);
      assert.deepEqual(
        store.reader.devices().map(({ id, maker: by }) => [id, by]),
        [[toHex(unit.identity.device), otherPrint]],
      );
    };
    await inHouse(dataDir, unit, live, "home");
  });
});

describe("avnode revocations", () => {
  it("takes a list without a network or a hub, lists it, and refuses others, each with its reason", async () => {
    const dataDir = emptyStore();
    const list = acme.revokes(2, [{ device: new Uint8Array(8), since: 1_700_000_000, reason: "lost" }]);
    const file = fileOf(dataDir, "list", list);
    const early = await avnode(dataDir, "revocations", "import", file);
    assert.equal(early.exit, 3);
    assert.match(early.err, /which this hub does not believe: .*avnode makers add/);
    await avnode(dataDir, "makers", "add", ...line);
    const taken = await avnode(dataDir, "revocations", "import", file);
    assert.equal(taken.exit, 0, taken.err);
    assert.match(
      taken.out,
      new RegExp(`^list 2 of maker ${acmePrint}, issued 1970-01-01.*: 1 unit revoked\n$`),
    );
    assert.match((await avnode(dataDir, "revocations", "import", file)).out, /it was here already/);
    const old = fileOf(dataDir, "old", acme.revokes(1, []));
    assert.match(
      (await avnode(dataDir, "revocations", "import", old)).err,
      /is stale: .* Ask the maker for the newest/,
    );
    const cut = fileOf(dataDir, "cut", list.subarray(0, 50));
    assert.match(
      (await avnode(dataDir, "revocations", "import", cut)).err,
      /no revocation list \(CBOR_TRUNCATED\)/,
    );
    assert.match(
      (await avnode(dataDir, "revocations", "import", join(dataDir, "none"))).err,
      /there is no file/,
    );
    const { revocations, yours } = JSON.parse((await avnode(dataDir, "revocations", "--json")).out);
    assert.deepEqual([revocations.length, revocations[0].number, yours], [1, 2, []]);
    assert.match((await avnode(dataDir, "revocations")).out, new RegExp(`${acmePrint} +2 `));
  });
});
