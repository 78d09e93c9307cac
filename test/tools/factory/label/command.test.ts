import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Command } from "commander";
import { Terminal } from "../../../../gateway/cli/terminal";
import { DeviceClass } from "../../../../protocol/certificate";
import { claimQr, encodeClaimCode } from "../../../../protocol/claim";
import { joinSecrets } from "../../../../tools/factory/certify";
import { createJournal, Journal, type UnitState } from "../../../../tools/factory/journal";
import { openSecretBox, type SecretBox } from "../../../../tools/factory/keys";
import { keepLabel, keptPicture } from "../../../../tools/factory/label/kept";
import { addLabels } from "../../../../tools/factory/label/labelscommand";
import type { LabelUnit } from "../../../../tools/factory/label/png";
import { readLabel, scanBack } from "../../../../tools/factory/label/scan";
import { labelTemplate, templateOf } from "../../../../tools/factory/label/template";
import { writeSealed } from "../../../../tools/factory/sealedfile";
import { writeStation } from "../../../../tools/factory/station";
import { directories } from "../../../gateway/claim/house";
import { STATION } from "../bench";

const PASSPHRASE = "a passphrase of the tests";

const unit = (n: number): LabelUnit => ({
  ...{ device: new Uint8Array(8).fill(n), serial: `AVN-${n}`, board: "xiaoble", batch: "2026-11" },
  ...{ claimCode: Uint8Array.from({ length: 16 }, (_, i) => 16 * n + i * i), deviceClass: 1 },
});

describe("labels of a station", function () {
  this.timeout(60_000);
  const newDir = directories();
  let station: string;
  let pictures: Buffer[];
  let box: SecretBox;
  beforeEach(async () => {
    station = newDir();
    pictures = [];
    mkdirSync(join(station, "keys"), { recursive: true });
    writeSealed(join(station, "keys/box.sealed"), "avnode/factory-box", PASSPHRASE, Buffer.alloc(32, 5));
    box = openSecretBox(join(station, "keys"), PASSPHRASE);
    writeStation(station, { ...STATION, board: "xiaoble", batch: "2026-11" });
    createJournal(station, STATION);
    for (const n of [1, 2, 3]) {
      journal((units) => made(units, n, "locked"));
      pictures.push(await keepLabel(station, unit(n), labelTemplate(), box));
    }
  });

  function journal(change: (units: Journal) => void): void {
    const units = new Journal(station);
    change(units);
    units.close();
  }

  function made(units: Journal, n: number, state: UnitState): void {
    const chip = `chip-c00${n}`;
    const { device, serial, claimCode } = unit(n);
    const place = `avnode/factory-unit ${Buffer.from(device).toString("hex")}`;
    const secrets = box.seal(joinSecrets({ claimCode, seed: Buffer.alloc(32, n) }), place);
    const none = Buffer.alloc(1);
    units.meet(chip, undefined, 0);
    units.reserve(
      chip,
      { device: Buffer.from(device), number: n, serial, certificate: none, firmware: none, secrets },
      0,
    );
    units.setState(chip, state, 0);
    if (state === "passed") units.pass(chip, 0);
  }

  /** @returns what was printed, or throws what the program would tell */
  async function factory(words: string[], input = `${PASSPHRASE}\n`): Promise<string> {
    let out = "";
    const stream = (write: (text: string) => void) => ({ write }) as unknown as NodeJS.WriteStream;
    const stdin = Readable.from([input]) as unknown as NodeJS.ReadStream;
    const terminal = new Terminal(
      stream((text) => {
        out += text;
      }),
      stream(() => {}),
      {},
      stdin,
    );
    const program = new Command().exitOverride();
    addLabels(program, terminal);
    await program.parseAsync(words, { from: "user" });
    return out;
  }

  async function* lines(...typed: string[]): AsyncGenerator<string> {
    yield* typed;
  }

  it("are sealed, in the clear of simulated units alone", async () => {
    const folder = join(station, "labels");
    for (const name of readdirSync(folder))
      await assert.rejects(readLabel(readFileSync(join(folder, name)), name), { code: "PHOTO_FORMAT" });
    assert.deepEqual(keptPicture(station, "AVN-1", box), pictures[0]);
    writeFileSync(join(folder, "AVN-1.sealed"), readFileSync(join(folder, "AVN-2.sealed")));
    assert.throws(() => keptPicture(station, "AVN-1", box), { code: "FACTORY_SECRET" });
    const refused = factory(["label", station], "another passphrase\n");
    await assert.rejects(refused, { code: "FACTORY_PASSPHRASE" });
    await keepLabel(station, { ...unit(4), deviceClass: DeviceClass.simulated }, labelTemplate(), box);
    const clear = await readLabel(readFileSync(join(folder, "AVN-4.png")), "it");
    assert.deepEqual(Buffer.from(clear), Buffer.from(unit(4).claimCode));
  });

  it("are kept for the station's owner alone, and hold the code in no writing", () => {
    const folder = join(station, "labels");
    assert.equal(statSync(folder).mode & 0o077, 0);
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      assert.equal(statSync(path).mode & 0o077, 0, name);
      const text = readFileSync(path, "latin1");
      for (const n of [1, 2, 3]) {
        const code = Buffer.from(unit(n).claimCode);
        const texts = [encodeClaimCode(code), claimQr(code), encodeClaimCode(code).replace(/ /g, "")];
        for (const secret of [
          ...texts,
          code.toString("hex"),
          code.toString("base64"),
          code.toString("latin1"),
        ])
          assert.ok(!text.includes(secret), `${name} holds ${secret}`);
      }
    }
  });

  it("are put on sheets, all or those that are named, and erased then if nobody says otherwise", async () => {
    const pdf = join(station, "sheet.pdf");
    assert.match(await factory(["label", station, "-o", pdf, "--keep"]), /sheet\.pdf: 3 labels\n$/);
    assert.equal(readFileSync(pdf, "latin1").slice(0, 5), "%PDF-");
    assert.equal(statSync(pdf).mode & 0o077, 0);
    const words = ["label", station, "AVN-2", "AVN-2", "-o", pdf, "--json"];
    assert.deepEqual(JSON.parse(await factory(words)), { file: pdf, serials: ["AVN-2"], erased: true });
    assert.ok(!existsSync(join(station, "labels/AVN-2.sealed")));
    journal((units) => units.pass("chip-c002", 0));
    await assert.rejects(factory(["label", station, "AVN-2"]), /AVN-2's label was erased/);
    await assert.rejects(factory(["label", station, "AVN-9"]), /no label of AVN-9 was made here/);
    await assert.rejects(factory(["label", station, "../AVN-1"]), { code: "FACTORY_LABEL" });
    await assert.rejects(factory(["label", newDir()]), /no labels are in/);
    // As large as a page: one to each.
    const sizes = { width: 190, height: 200, module: 2 };
    writeFileSync(join(station, "label.json"), JSON.stringify(sizes));
    const large = await keepLabel(station, unit(1), templateOf(station), box);
    assert.deepEqual([large.readUInt32BE(16), large.readUInt32BE(20)], [2244, 2362]);
    await factory(["label", station, "AVN-1", "-o", pdf, "--keep"]);
    writeFileSync(join(station, "label.json"), "{");
    await assert.rejects(factory(["label", station, "-o", pdf]), { code: "FACTORY_TEMPLATE" });
  });

  it("are pictures of their own for a printer that takes those, and not where the station's lie", async () => {
    const folder = join(newDir(), "to print");
    const said = await factory(["label", station, "AVN-1", "AVN-3", "--png", folder]);
    assert.equal(said, `${folder}: 2 labels\n`);
    assert.deepEqual(readdirSync(folder).sort(), ["AVN-1.png", "AVN-3.png"]);
    for (const n of [1, 3]) {
      const path = join(folder, `AVN-${n}.png`);
      assert.deepEqual(await readLabel(readFileSync(path), path), new Uint8Array(unit(n).claimCode));
      assert.equal(statSync(path).mode & 0o077, 0);
      assert.ok(!existsSync(join(station, `labels/AVN-${n}.sealed`)));
    }
    await assert.rejects(factory(["label", station, "--png", join(station, "labels/")]), { exit: 2 });
    assert.ok(existsSync(join(station, "labels/AVN-2.sealed")));
  });

  it("are made anew until their unit passes, with the same code", async () => {
    const folder = newDir();
    await factory(["label", station, "AVN-1", "AVN-2"]);
    assert.ok(!existsSync(join(station, "labels/AVN-1.sealed")));
    await factory(["label", station, "AVN-1", "--png", folder, "--keep"]);
    assert.deepEqual(readFileSync(join(folder, "AVN-1.png")), pictures[0]);
    assert.deepEqual(keptPicture(station, "AVN-1", box), pictures[0]);
    journal((units) => units.pass("chip-c002", 0));
    await assert.rejects(factory(["label", station, "AVN-2", "--png", folder]), /AVN-2's label was erased/);
  });

  it("of identities that were given up are printed no more, but erased", async () => {
    journal((units) => units.pass("chip-c001", 0));
    journal((units) => units.giveUp("chip-c002", 0));
    const { serials } = JSON.parse(await factory(["label", station, "--json"]));
    assert.deepEqual(serials, ["AVN-1", "AVN-3"]);
    assert.ok(!existsSync(join(station, "labels/AVN-2.sealed")));
  });

  it("lie on a sheet in the station's folder where no other file is named, and are no label there", async () => {
    const sheet = (number: number) => join(station, `labels-${number}.pdf`);
    assert.equal(await factory(["label", station, "AVN-1"]), `${sheet(1)}: 1 label\n`);
    const first = readFileSync(sheet(1));
    assert.equal(first.toString("latin1", 0, 5), "%PDF-");
    // The first may not be printed yet, and its pictures are gone.
    assert.equal(await factory(["label", station, "--keep"]), `${sheet(2)}: 2 labels\n`);
    assert.ok(readFileSync(sheet(1)).equals(first));
  });

  it("are recognised, scanned or photographed, after the picture was erased, too; the code is not shown", async () => {
    await factory(["label", station, "AVN-2", "-o", join(station, "sheet.pdf")]);
    const typed = claimQr(unit(2).claimCode);
    const said = await factory(["scan", station], `${typed}\n`);
    assert.equal(said, "AVN-2: handheld 0202020202020202, xiaoble, batch 2026-11\n");
    const photo = join(station, "photo.png");
    writeFileSync(photo, pictures[2]!);
    const json = JSON.parse(await factory(["scan", station, "--photo", photo, "--json"]));
    assert.equal(json.serial, "AVN-3");
    await assert.rejects(factory(["scan", station], `${claimQr(unit(4).claimCode)}\n`), { exit: 1 });
    await assert.rejects(factory(["scan", station], "4006381333931\n"), { code: "FACTORY_LABEL" });
    await assert.rejects(factory(["scan", station, "--photo", join(station, "none.png")]), { exit: 3 });
  });

  it("are scanned back: the unit's own passes, a swapped one does not, from a scanner and from a picture", async () => {
    const [own, other] = [unit(1), unit(2)];
    for (const [n, result] of [
      [1, "match"],
      [2, "other"],
    ] as const) {
      const qr = claimQr(unit(n).claimCode);
      assert.equal(await scanBack(own.claimCode, lines(qr)), result);
      // A bench has other barcodes, and scanners send empty lines.
      assert.equal(
        await scanBack(own.claimCode, lines("", "4006381333931", `${qr.toLowerCase()}\r`)),
        result,
      );
      assert.equal(await scanBack(own.claimCode, pictures[n - 1]!), result);
    }
    // One character of it misread: no other unit's, but none at all.
    const misread = claimQr(other.claimCode).replace(/.$/, (last) => (last === "Q" ? "P" : "Q"));
    const failed = { code: "FACTORY_LABEL" };
    await assert.rejects(scanBack(own.claimCode, lines(misread)), failed);
    // Nobody has seen another one: no label is to be taken off.
    await assert.rejects(scanBack(own.claimCode, lines("")), { code: "E13" });
    await assert.rejects(
      scanBack(own.claimCode, lines(...new Array<string>(20).fill("4006381333931"))),
      failed,
    );
    await assert.rejects(readLabel(Buffer.from("no picture"), "it"), { code: "PHOTO_FORMAT" });
  });

  it("say so where the scanner types for another keyboard", async () => {
    // As German and as French ones make it.
    for (const typed of ["AVNODEÖAV1QQGJZV6Z", "QVNODEMQV&AAGJ"])
      await assert.rejects(scanBack(unit(1).claimCode, lines(typed)), /set its country/);
  });
});
