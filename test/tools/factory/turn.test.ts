import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sinon from "sinon";
import { decodeIdentity } from "../../../firmware/identity";
import { ed25519Verify, nodeCrypto } from "../../../gateway/crypto";
import { toHex } from "../../../protocol/bytes";
import { decodeCertificate, signedCertificate } from "../../../protocol/certificate";
import { claimQr } from "../../../protocol/claim";
import { checkDossier, decodeDossier } from "../../../protocol/dossier";
import { unownedAlias } from "../../../protocol/keys";
import { publicTree } from "../../../protocol/trees";
import type { Bench } from "../../../tools/factory/bench";
import * as certify from "../../../tools/factory/certify";
import { keptPicture } from "../../../tools/factory/label/kept";
import { readLabel } from "../../../tools/factory/label/scan";
import { readLog } from "../../../tools/factory/log";
import { portNamed } from "../../../tools/factory/ports/open";
import { hintOf } from "../../../tools/factory/ports/serial";
import { readStatus } from "../../../tools/factory/status";
import { statusLines } from "../../../tools/factory/statustext";
import { type End, Turn } from "../../../tools/factory/turn";
import { decodeUnitLine } from "../../../tools/factory/unitline";
import { chunkFor } from "../../../tools/firmware/console";
import { APPLICATION, BOOT_CODE, closeBench, MAKER, makeStation, openBench, STATION } from "./bench";
import { FakeUnit, fakePort } from "./fakeunit";

describe("a unit's turn at a station", function () {
  this.timeout(60_000);
  let dir: string;
  let bench: Bench;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-station-"));
    makeStation(dir);
    bench = openBench(dir);
  });
  afterEach(async () => {
    await closeBench(bench);
    rmSync(dir, { recursive: true });
  });

  /** @param seen whether a second adapter hears it; undefined where there is none */
  async function turn(unit: FakeUnit, over: Partial<Bench> = {}, seen?: boolean): Promise<End> {
    const port = fakePort("slot 1", [unit]);
    if (seen !== undefined) port.meet = async () => (seen ? {} : undefined);
    const { signal } = new AbortController();
    const wire = await port.waitForUnit(signal);
    return new Turn({ ...bench, ...over }, port, wire, () => {}, signal).run();
  }

  const lines = () => {
    const { leaves, problems } = readLog(bench.journal.db, STATION);
    assert.deepEqual(problems, []);
    return leaves.map(decodeUnitLine);
  };

  const identityIn = (unit: FakeUnit) => decodeIdentity(unit.files.get("identity")!, (bytes) => crc32(bytes));

  it("makes of a blank unit a locked one with an identity that its papers prove", async () => {
    const unit = new FakeUnit({ chip: "chip-c001" });
    unit.files.set(".boot0", Buffer.from("something strange"));
    const end = await turn(unit);
    assert.deepEqual([end.word, end.serial, end.detail], ["PASS", "T1-0001", "unseen, unscanned"]);
    assert.equal(unit.locked, true);
    assert.deepEqual([...unit.files.keys()].sort(), [".bootcde", "avnode", "identity"]);
    assert.equal(unit.files.get("avnode")!.toString(), APPLICATION);
    assert.equal(unit.files.get(".bootcde")!.toString(), BOOT_CODE);

    const identity = identityIn(unit);
    const certificate = decodeCertificate(identity.certificate);
    assert.equal(ed25519Verify(MAKER.publicKey, signedCertificate(certificate), certificate.signature), true);
    assert.deepEqual([certificate.deviceClass, certificate.board], [1, "linux"]);
    assert.deepEqual(Buffer.from(certificate.firmware), createHash("sha256").update(APPLICATION).digest());
    assert.deepEqual(certificate.device, identity.device);
    const dossier = decodeDossier(readFileSync(join(dir, "papers", `${toHex(identity.device)}.dossier`)));
    assert.deepEqual(checkDossier(nodeCrypto.sha256, dossier), certificate);

    const [line] = lines();
    assert.deepEqual(
      [line!.outcome, line!.chip, line!.serial, toHex(line!.device!)],
      ["PASS", "chip-c001", "T1-0001", toHex(identity.device)],
    );
    assert.equal(line!.detail, "");
    assert.equal(line!.checks.bootCode, createHash("sha256").update(BOOT_CODE).digest("hex"));
    assert.deepEqual(
      Buffer.from(line!.certificate!),
      createHash("sha256").update(identity.certificate).digest(),
    );
    assert.deepEqual(line!.tests, [
      { name: "battery", passed: true, measured: "3900 mV", wanted: ">= 3600 mV" },
    ]);
    const row = bench.journal.unit("chip-c001")!;
    assert.deepEqual([row.state, row.secrets], ["passed", null]);
  });

  it("takes a unit that came by cable off the air before it is given anything, and no other", async () => {
    for (const [address, isHeard] of [
      [undefined, false],
      ["c0:00:00:00:00:01", true],
    ] as const) {
      const unit = new FakeUnit({ chip: `chip-heard-${isHeard}`, address });
      const heard = new Set<boolean>();
      unit.onPacket = (kind) => {
        if (kind === 3) for (const one of [unit.onAir, unit.strangerOnAir]) heard.add(one);
      };
      await turn(unit);
      assert.deepEqual([...heard], [isHeard]);
    }
  });

  it("forgets a unit's keys once its turn is over, made or opened", async () => {
    const made = sinon.spy(certify, "identityFile");
    const opened = sinon.spy(certify, "splitSecrets");
    try {
      const unit = new FakeUnit({ chip: "chip-c001", hint: "usb 1" });
      for (const _ of ["made", "opened"]) await turn(unit, { scanner: () => typed("nothing") });
      const held = [...made.args.map((given) => given[3]), ...opened.returnValues];
      assert.deepEqual([made.callCount, opened.callCount], [1, 1]);
      const zeros = { claimCode: Buffer.alloc(16), seed: Buffer.alloc(32) };
      for (const { claimCode, seed } of held)
        assert.deepEqual({ claimCode: Buffer.from(claimCode), seed: Buffer.from(seed) }, zeros);
    } finally {
      made.restore();
      opened.restore();
    }
  });

  const PULL = "it went away at: ";

  it("finishes a unit that was pulled at any packet, with one identity until its boot code may be out", async function () {
    this.timeout(300_000);
    const counting = new FakeUnit({ chip: "chip-count" });
    let packets = 0;
    counting.onPacket = () => packets++;
    await turn(counting);
    assert.ok(packets > 40, `${packets} packets`);
    const devices = new Set<string>();
    let givenUp = 0;
    for (let at = 1; at <= packets; at++) {
      const unit = new FakeUnit({ chip: `chip-${1000 + at}`, hint: `usb ${at}` });
      let seen = 0;
      unit.onPacket = () => {
        if (++seen === at) unit.cut();
      };
      const first = await turn(unit);
      // The last packet asks for the restart: power that goes with it is one.
      if (at < packets) {
        assert.deepEqual([first.word, first.code], ["FAIL", "E12"], `${at}: ${first.detail}`);
        assert.ok(first.detail.startsWith(PULL), first.detail);
        const { locked } = unit;
        const { state, device } = bench.journal.unit(`chip-${1000 + at}`) ?? {};
        const second = await turn(unit, {}, true);
        assert.equal(second.word, "PASS", `${at}: ${second.detail}`);
        const isAnother = !locked && (state === "locking" || state === "sealed");
        if (isAnother) givenUp++;
        if (device) assert.equal(Buffer.from(identityIn(unit).device).equals(device), !isAnother, `${at}`);
      } else assert.equal(first.word, "PASS");
      assert.deepEqual([...unit.files.keys()].sort(), [".bootcde", "avnode", "identity"]);
      assert.equal(unit.locked, true);
      devices.add(toHex(identityIn(unit).device));
    }
    assert.equal(devices.size, packets);
    assert.ok(givenUp > 0);
    const papers = (folder: string) =>
      readdirSync(join(dir, folder)).filter((name) => name.endsWith(".dossier")).length;
    assert.deepEqual([papers("papers"), papers("papers/unfinished")], [packets + 1, givenUp]);
  });

  it("goes on with an upload where it was cut short, without a second erase and self-test", async () => {
    const unit = new FakeUnit({ chip: "chip-c001" });
    let data = 0;
    let tests = 0;
    const selfTest: Bench["selfTest"] = async () => {
      tests++;
      return { passed: true, checks: [] };
    };
    unit.onPacket = (kind) => {
      if (kind === 4 && ++data === 20) unit.cut();
    };
    assert.equal((await turn(unit, { selfTest })).code, "E12");
    data = 100;
    assert.equal((await turn(unit, { selfTest })).word, "PASS");
    const all = Math.ceil(APPLICATION.length / chunkFor(APPLICATION.length)) + 1;
    assert.deepEqual([data - 100, tests], [all - 19, 1]);
    assert.equal(unit.files.get("avnode")!.toString(), APPLICATION);
  });

  it("signs no keys again but the unit's own, whatever its papers hold by then", async () => {
    const made = new FakeUnit({ chip: "chip-made" });
    await turn(made);
    const paper = (unit: FakeUnit, folder = "papers") =>
      join(dir, folder, `${toHex(identityIn(unit).device)}.dossier`);
    for (const [i, planted] of [readFileSync(paper(made)), Buffer.from("no papers")].entries()) {
      const unit = new FakeUnit({ chip: `chip-000${i}` });
      unit.onPacket = (_, data) => {
        if (data.includes("SHA256") && data.includes("identity")) unit.cut();
      };
      assert.equal((await turn(unit)).code, "E12");
      writeFileSync(paper(unit, "papers/unfinished"), planted);
      unit.onPacket = () => {};
      assert.equal((await turn(unit)).word, "PASS");
      const { signing, certificate } = identityIn(unit);
      const trees = decodeCertificate(certificate).trees.map(toHex);
      const own = [toHex(publicTree(nodeCrypto, signing!, 0).publicKey)];
      assert.deepEqual(trees, own);
      assert.deepEqual(
        checkDossier(nodeCrypto.sha256, decodeDossier(readFileSync(paper(unit)))),
        decodeCertificate(certificate),
      );
    }
  });

  it("recognises a locked unit by what its connection tells, and leaves it alone once it passed", async () => {
    const unit = new FakeUnit({ chip: "chip-c001", hint: "usb 1" });
    const failing = await turn(unit, { scanner: () => typed("no code at all") });
    assert.deepEqual([failing.word, failing.code], ["FAIL", "E10"]);
    assert.notEqual(bench.journal.unit("chip-c001")!.secrets, null);
    assert.equal((await turn(unit)).word, "PASS");
    const again = await turn(unit);
    assert.deepEqual([again.word, again.detail, again.serial], ["WAIT", "already provisioned", "T1-0001"]);
    assert.equal(lines().length, 2);
    const silent = new FakeUnit({ chip: "chip-c002", hint: "usb 2" });
    silent.locked = true;
    assert.equal((await turn(silent)).code, "E01");
  });

  it("recognises a locked unit of which its connection tells nothing by its alias, if no other is heard", async () => {
    const made = async (chip: string, heardOver?: "a network") => {
      const unit = new FakeUnit({ chip, heardOver });
      assert.equal((await turn(unit, { withoutAir: false })).code, "E09");
      return unit;
    };
    const [one, other, cabled] = [
      await made("chip-one0", "a network"),
      await made("chip-other", "a network"),
      await made("chip-cable"),
    ];
    const says = (unit: FakeUnit) =>
      unownedAlias(nodeCrypto, identityIn(unit).claimCode, nodeCrypto.random(8));
    /** @param there whose aliases are on the air */
    const comes = async (unit: FakeUnit, there: FakeUnit[], over: Partial<Bench> = {}) => {
      const port = fakePort("slot 1", [unit]);
      port.meet = async ({ isOwn }) => (there.some((each) => isOwn(says(each))) ? {} : undefined);
      const { signal } = new AbortController();
      const wire = await port.waitForUnit(signal);
      return new Turn({ ...bench, withoutAir: false, ...over }, port, wire, () => {}, signal).run();
    };
    for (const there of [[], [one, other], [cabled]]) assert.equal((await comes(one, there)).code, "E01");
    assert.equal((await comes(one, [one], { busy: new Map([["chip-one0", "slot 2"]]) })).code, "E01");
    const alone = await turn(one, { withoutAir: true });
    assert.deepEqual([alone.code, /--adapter.*bootloader/.test(alone.detail)], ["E01", true], alone.detail);
    const end = await comes(one, [one, cabled]);
    assert.deepEqual([end.word, end.serial], ["PASS", "T1-0001"], end.detail);
    const line = lines().at(-1)!;
    assert.deepEqual([line.chip, /by its alias/.test(line.checks.recognised!)], ["chip-one0", true]);
    assert.deepEqual(
      [(await comes(cabled, [other, cabled])).serial, bench.journal.unit("chip-other")!.state],
      ["T1-0003", "locked"],
    );
  });

  /** Pulled right before its boot code. */
  async function pulled(unit: FakeUnit): Promise<void> {
    unit.onPacket = (kind, data) => {
      if (kind === 3 && data.includes(".bootcde")) unit.cut();
    };
    assert.equal((await turn(unit)).code, "E12");
    unit.onPacket = () => {};
    assert.deepEqual(
      [unit.files.has(".bootcde"), bench.journal.unit(unit.options.chip)!.state],
      [false, "locking"],
    );
  }

  it("takes no silence for a lock where the boot code was not read back", async () => {
    const unit = new FakeUnit({ chip: "chip-c001", hint: "usb 1" });
    await pulled(unit);
    // Its console is dead, for whatever reason.
    unit.locked = true;
    for (const over of [{ withoutAir: true }, { withoutAir: false }])
      assert.equal((await turn(unit, over)).code, "E01");
    assert.equal((await turn(unit, { pace: { ...bench.pace, airMs: 50 } }, false)).code, "E01");
    // Nor for anybody's word that some radio is there.
    const operator = () => typed("y");
    assert.equal((await turn(unit, { withoutAir: false, operator })).code, "E01");
    assert.notEqual(bench.journal.unit("chip-c001")!.state, "passed");
  });

  /** Whoever says, over the air, that it is this chip. */
  const onAir = (chip: string) =>
    new FakeUnit({ chip, hint: "air c0:00:00:00:00:01", address: "c0:00:00:00:00:01", heardOver: "the air" });

  it("leaves a locked unit what it has, whoever names its chip over the air", async () => {
    const own = new FakeUnit({ chip: "chip-own0", hint: "usb 1" });
    assert.equal((await turn(own, { withoutAir: false })).code, "E09");
    const before = bench.journal.unit("chip-own0");
    const decoy = await turn(onAir("chip-own0"), {}, true);
    assert.deepEqual([decoy.code, decoy.step], ["E11", "identify"]);
    assert.deepEqual(bench.journal.unit("chip-own0"), before);
    assert.equal((await turn(own, {}, true)).serial, before!.serial);
  });

  it("gives other keys to a chip that comes another way, and counts those that went over the air", async () => {
    const cable = (chip: string) => new FakeUnit({ chip, hint: "usb 1" });
    const network = (chip: string) => new FakeUnit({ chip, heardOver: "a network" });
    for (const [first, second, clear] of [
      [cable, onAir, 1],
      [onAir, cable, 1],
      [network, cable, 1],
    ] as const) {
      const chip = `chip-${first.name}`;
      const pulled = first(chip);
      // As its identity is read back.
      pulled.onPacket = (_, data) => {
        if (data.includes("SHA256") && data.includes("identity")) pulled.cut();
      };
      assert.equal((await turn(pulled, {}, true)).code, "E12");
      assert.equal(bench.journal.unit(chip)!.state, "tested");
      const other = second(chip);
      const end = await turn(other, {}, true);
      assert.equal(end.word, "PASS", end.detail);
      assert.notEqual(toHex(identityIn(other).device), toHex(identityIn(pulled).device));
      assert.equal(readStatus(dir).status.without.clear, clear);
    }
  });

  it("passes nobody on silence alone: an adapter, the operator or --without-air has the word", async () => {
    const looked = (end: End) => [end.word, end.code, lines().at(-1)!.checks.air];
    const fresh = (name: string) => new FakeUnit({ chip: `chip-${name}` });
    const over = { withoutAir: false };
    const alone = await turn(fresh("alone"), over);
    assert.deepEqual(looked(alone), ["FAIL", "E09", undefined]);
    const no = await turn(fresh("no00"), { ...over, operator: () => typed("n") });
    assert.deepEqual(looked(no), ["FAIL", "E09", undefined]);
    const unheard = await turn(fresh("unheard"), { ...over, pace: { ...bench.pace, airMs: 50 } }, false);
    assert.deepEqual(looked(unheard), ["FAIL", "E09", undefined]);
    const yes = await turn(fresh("yes0"), { ...over, operator: () => typed("y") });
    assert.deepEqual(looked(yes), ["PASS", undefined, "seen by the operator"]);
    const heard = await turn(fresh("heard"), over, true);
    assert.deepEqual(looked(heard), ["PASS", undefined, "heard: it said its own alias"]);
    assert.equal(readStatus(dir).status.withoutAir, 0);
    const without = await turn(fresh("without"), { withoutAir: true });
    assert.deepEqual(looked(without), ["PASS", undefined, "not looked for: --without-air"]);
    assert.equal(readStatus(dir).status.withoutAir, 1);
  });

  it("says of a question that nobody answered no more than that, and asks it again", async () => {
    const unit = new FakeUnit({ chip: "chip-c001", hint: "usb 1" });
    const selfTest: Bench["selfTest"] = async (_unit, _board, operator) => {
      const seen = await operator!.confirm("Does its light blink?");
      return { passed: seen, checks: [{ name: "light", passed: seen, measured: `${seen}`, wanted: "true" }] };
    };
    const nobody = { withoutAir: false, operator: () => typed("what?") };
    const ends = [await turn(unit, { ...nobody, selfTest }), await turn(unit, nobody)];
    ends.push(await turn(unit, { ...nobody, operator: () => typed("y") }));
    assert.deepEqual(
      ends.map(({ word, code, step }) => [word, code, step]),
      [
        ["FAIL", "E13", "self-test"],
        ["FAIL", "E13", "air"],
        ["PASS", undefined, "label"],
      ],
    );
    const [untested, unseen] = lines();
    assert.deepEqual([untested!.tests, unseen!.checks.air], [[], undefined]);
  });

  it("gives the identity of a locked unit to no other that says the same serial", async () => {
    const first = new FakeUnit({ chip: "chip-same", hint: "usb 1" });
    assert.equal((await turn(first, { scanner: () => typed("no code at all") })).code, "E10");
    const elsewhere = new FakeUnit({ chip: "chip-same", hint: "usb 2" });
    assert.equal((await turn(elsewhere)).code, "E11");
    assert.equal(bench.journal.unit("chip-same")!.hint, "usb 1");
    // A connection that tells nothing, or the same.
    const second = new FakeUnit({ chip: "chip-same" });
    const { word, serial } = await turn(second);
    assert.deepEqual([word, serial], ["PASS", "T1-0002"]);
    const [one, other] = [identityIn(first), identityIn(second)];
    for (const secret of ["device", "claimCode"] as const)
      assert.notDeepEqual(one[secret], other[secret], secret);
    assert.notDeepEqual(one.signing!.seed, other.signing!.seed);
    assert.equal((await turn(new FakeUnit({ chip: "chip-next" }))).serial, "T1-0003");
  });

  it("takes no serial number that many share", async () => {
    for (const chip of [
      "",
      "c1",
      "00000000-00000000".replace("-", "0"),
      "chip 0001",
      "chip\x1b[2J01",
      "c".repeat(65),
    ])
      assert.deepEqual([(await turn(new FakeUnit({ chip }))).code, chip], ["E02", chip]);
  });

  async function* typed(...lines: string[]): AsyncGenerator<string> {
    yield* lines;
  }

  it("refuses a label of another unit", async () => {
    await turn(new FakeUnit({ chip: "chip-c001" }));
    const code = await readLabel(keptPicture(dir, "T1-0001", bench.box), "label");
    const end = await turn(new FakeUnit({ chip: "chip-c002" }), { scanner: () => typed(claimQr(code)) });
    assert.deepEqual([end.code, end.detail], ["E10", "the label that was scanned is not that of T1-0002"]);
  });

  it("keeps the picture of a label, which holds the claim code, until it is scanned from the unit", async () => {
    const picture = (serial: string) => join(dir, "labels", `${serial}.sealed`);
    async function* scanned(): AsyncGenerator<string> {
      yield claimQr(await readLabel(keptPicture(dir, "T1-0001", bench.box), "label"));
    }
    assert.equal((await turn(new FakeUnit({ chip: "chip-c001" }), { scanner: scanned })).word, "PASS");
    assert.equal((await turn(new FakeUnit({ chip: "chip-c002" }))).word, "PASS");
    assert.deepEqual(
      ["T1-0001", "T1-0002"].map((serial) => existsSync(picture(serial))),
      [false, true],
    );
  });

  it("lets no unit write into its log what it was given", async () => {
    const unit = new FakeUnit({ chip: "chip-c001" });
    unit.answers = (expression) => {
      const identity = unit.files.get("identity");
      if (!identity || !expression.includes(".bootcde")) return undefined;
      return [toHex(identityIn(unit).claimCode), 1];
    };
    assert.equal((await turn(unit)).code, "E04");
    const { detail } = lines().at(-1)!;
    assert.match(detail, /an answer that cannot be/);
    assert.ok(!detail.includes(toHex(identityIn(unit).claimCode)));
  });

  it("takes who a unit is from no adapter's USB", () => {
    const usb = (vendorId: string, productId: string) =>
      hintOf({ path: "/dev/ttyX", serialNumber: "1", vendorId, productId });
    assert.deepEqual([usb("1915", "520F"), usb("1915", "520f"), usb("0403", "6001")], ["1", "1", undefined]);
  });

  it("names what is wrong with a unit", async () => {
    const codes: Record<string, string> = {};
    const fails = async (name: string, unit: FakeUnit, over: Partial<Bench> = {}) => {
      const { word, code, detail } = await turn(unit, over);
      assert.equal(word, "FAIL", name);
      codes[name] = `${code} ${detail}`;
    };
    await fails("board", new FakeUnit({ chip: "chip-b000", board: "PUCKJS" }));
    await fails("version", new FakeUnit({ chip: "chip-v000", version: "2v28.9" }));
    await fails("test", new FakeUnit({ chip: "chip-t000" }), {
      selfTest: async () => ({
        passed: false,
        checks: [{ name: "noise", passed: false, measured: "9 µV", wanted: "at most 6 µV" }],
      }),
    });
    const open = new FakeUnit({ chip: "chip-o000" });
    open.open = true;
    await fails("lock", open);
    const made = new FakeUnit({ chip: "chip-m000" });
    await turn(made);
    const clone = new FakeUnit({ chip: "chip-k000" });
    for (const [name, bytes] of made.files) if (name === "identity") clone.files.set(name, bytes);
    await fails("clone", clone);
    made.locked = false;
    await fails("opened", made);
    assert.deepEqual(codes, {
      board: "E02 it is a PUCKJS, and this batch is for LINUX",
      version: "E02 its runtime is 2v28.9, and 2v29 is the lowest checked",
      test: "E07 noise: 9 µV, wanted at most 6 µV",
      lock: codes.lock,
      clone:
        "E11 it holds the identity of T1-0002, which was given to chip chip-m000; this is chip chip-k000",
      opened:
        "E08 it passed as T1-0002, and its console answers: it was opened since; 'avnode factory give-up' lets it come again as new",
    });
    assert.match(codes.lock!, /^E08 over the wire it answered with \d+ bytes$/);
    const told = lines().map(({ outcome, chip }) => `${chip} ${outcome}`);
    assert.deepEqual(
      told,
      ["b000 E02", "v000 E02", "t000 E07", "o000 E08", "m000 PASS", "k000 E11", "m000 E08"].map(
        (one) => `chip-${one}`,
      ),
    );
  });

  describe("fails a unit", () => {
    /** Flips a byte of it as soon as it is there and the station reads anything back: what checked its upload is over. */
    const rotting = (file: string) => {
      const unit = new FakeUnit({ chip: `chip-${file}` });
      let isWhole = true;
      unit.onPacket = (_, data) => {
        const bytes = unit.files.get(file);
        if (!bytes || !isWhole || !data.includes("SHA256")) return;
        bytes[bytes.length - 1]! ^= 1;
        isWhole = false;
      };
      return unit;
    };

    for (const [file, step] of [
      ["avnode", "read back"],
      ["identity", "identity"],
    ] as const)
      it(`whose ${file} changes behind its upload`, async () => {
        const { code, step: at, detail } = await turn(rotting(file));
        assert.deepEqual([code, at], ["E05", step], detail);
        assert.match(detail, new RegExp(`^${file} differs within`));
      });

    it("in which a file stands that the station did not write", async () => {
      const unit = new FakeUnit({ chip: "chip-stranger" });
      // Erased it was, twice: the first packet of a file comes behind that.
      unit.onPacket = (kind) => void (kind === 4 && unit.files.set("x", Buffer.from("1;")));
      const { code, step, detail } = await turn(unit);
      assert.deepEqual(
        [code, step, detail],
        ["E05", "boot code", "its flash holds 3 files, and 2 were written"],
      );
    });

    it("in whose place another is after the restart, however silent", async () => {
      const other = new FakeUnit({ chip: "chip-other", hint: "usb 2" });
      other.locked = true;
      const units = [new FakeUnit({ chip: "chip-own", hint: "usb 1" }), other];
      const port = { name: "slot 1", waitForUnit: async () => units.shift()!.connect() };
      const { signal } = new AbortController();
      const own = new Turn(bench, port, await port.waitForUnit(), () => {}, signal);
      const { code, detail } = await own.run();
      assert.deepEqual([code, detail], ["E12", "another unit is there after the restart"]);
    });
  });

  it("keeps no secret of a unit that passed, and none in the clear before", async () => {
    const unit = new FakeUnit({ chip: "chip-c001", hint: "usb 1" });
    assert.equal((await turn(unit, { scanner: () => typed("nothing") })).code, "E10");
    const { claimCode, signing } = identityIn(unit);
    const row = bench.journal.unit("chip-c001")!;
    const found = () =>
      filesIn(dir).filter((path) => {
        const bytes = readFileSync(path);
        return [claimCode, signing!.seed, row.secrets!].some((secret) => holds(bytes, secret));
      });
    // Sealed, it is there: the search finds what is to be found.
    assert.deepEqual(found(), [join(dir, "station.db")]);
    row.secrets!.fill(0xff);
    assert.deepEqual(found(), []);
    const sealed = bench.journal.unit("chip-c001")!.secrets!;
    assert.equal((await turn(unit)).word, "PASS");
    sealed.copy(row.secrets!);
    assert.deepEqual(found(), []);
  });

  /** As bytes, hexadecimal or base64. */
  function holds(bytes: Buffer, secret: Uint8Array): boolean {
    const text = Buffer.from(secret);
    return [text, text.toString("hex"), text.toString("base64").replace(/=+$/, "")].some((form) =>
      bytes.includes(form),
    );
  }

  function filesIn(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
  }

  it("says of keys that went over a network to another machine that they went in the clear", async () => {
    const over = (word: string) => portNamed(word).heardOver;
    assert.deepEqual(
      ["tcp://127.0.0.1:1", "tcp://[::1]:1", "tcp://localhost:1", "/dev/ttyACM0"].map(over),
      Array(4).fill(undefined),
    );
    const end = await turn(new FakeUnit({ chip: "chip-c001", heardOver: over("tcp://10.0.0.1:1") }));
    assert.equal(end.detail, "unseen, unscanned, keys in the clear");
    assert.equal(lines().at(-1)!.checks.identity, "keys went over a network in the clear");
  });

  it("counts those that passed without a scan or hands, and says so at once", async () => {
    const selfTest: Bench["selfTest"] = async () => ({
      passed: true,
      checks: [{ name: "LED", passed: false, measured: "not done: nobody at the station", wanted: "lit" }],
    });
    const handless = await turn(new FakeUnit({ chip: "chip-c100" }), { selfTest });
    assert.equal(handless.detail, "unseen, unscanned, no hands");
    const unit = new FakeUnit({ chip: "chip-c200" });
    const port = fakePort("slot 1", [unit]);
    const { signal } = new AbortController();
    async function* label() {
      yield claimQr(identityIn(unit).claimCode);
    }
    const looked = { ...bench, scanner: label };
    port.meet = async () => ({});
    const end = await new Turn(looked, port, await port.waitForUnit(signal), () => {}, signal).run();
    assert.deepEqual([end.word, end.detail], ["PASS", ""]);
    assert.deepEqual(readStatus(dir).status.without, { scan: 1, hands: 1, clear: 0 });
    await turn(new FakeUnit({ chip: "chip-c300" }));
    assert.deepEqual(readStatus(dir).status.without, { scan: 2, hands: 1, clear: 0 });
  });

  it("says its yield by units and by turns, and at which steps they failed", async () => {
    const fails: Partial<Bench> = {
      selfTest: async () => ({
        passed: false,
        checks: [{ name: "LED", passed: false, measured: "dark", wanted: "lit" }],
      }),
    };
    const unit = new FakeUnit({ chip: "chip-c001" });
    await turn(unit, fails);
    await turn(unit, fails);
    await turn(unit);
    const text = statusLines(readStatus(dir).status).join("\n");
    assert.match(text, /^1 passed \(100\.0 % of 1 unit, 33\.3 % of 3 turns\), 2 failed/m);
    assert.match(text, /^failed at: self-test 2$/m);
  });

  it("says what of its log was altered", async () => {
    await turn(new FakeUnit({ chip: "chip-c001" }));
    const selfTest: Bench["selfTest"] = async () => ({ passed: false, checks: [] });
    await turn(new FakeUnit({ chip: "chip-c002" }), { selfTest });
    const { status } = readStatus(dir);
    assert.deepEqual(
      [status.problems, status.passed, status.failed, status.yield, status.byCode],
      [[], 1, 1, 0.5, { E07: 1 }],
    );
    const { db } = bench.journal;
    const alter = (sql: string) => {
      db.exec("SAVEPOINT s");
      db.exec(sql);
      const { problems } = readLog(db, STATION);
      db.exec("ROLLBACK TO s; RELEASE s");
      return problems.length > 0;
    };
    assert.equal(alter("SELECT 1"), false);
    for (const sql of [
      "UPDATE leaves SET leaf = x'00' || substr(leaf, 2) WHERE idx = 0",
      "DELETE FROM leaves WHERE idx = 1",
      "UPDATE checkpoints SET root = zeroblob(32) WHERE size = 2",
      "UPDATE nodes SET hash = zeroblob(32) WHERE level = 1",
      "DELETE FROM checkpoints WHERE size = 2",
    ])
      assert.equal(alter(sql), true, sql);
    db.exec("UPDATE units SET state = 'passed' WHERE chip = 'chip-c002'");
    assert.match(readStatus(dir).status.problems.join(), /whether chip chip-c002 passed/);
  });
});
