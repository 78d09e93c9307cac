import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { decodeIdentity } from "../../../firmware/identity";
import { ed25519Verify, nodeCrypto } from "../../../gateway/crypto";
import { toHex } from "../../../protocol/bytes";
import { decodeCertificate, signedCertificate } from "../../../protocol/certificate";
import { claimQr } from "../../../protocol/claim";
import { checkDossier, decodeDossier } from "../../../protocol/dossier";
import type { Bench } from "../../../tools/factory/bench";
import { keptPicture } from "../../../tools/factory/label/kept";
import { readLabel } from "../../../tools/factory/label/scan";
import { readLog } from "../../../tools/factory/log";
import { readStatus } from "../../../tools/factory/status";
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

  async function turn(unit: FakeUnit, over: Partial<Bench> = {}, slot = "slot 1"): Promise<End> {
    const port = fakePort(slot, [unit]);
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
    const unit = new FakeUnit({ chip: "c1" });
    unit.files.set(".boot0", Buffer.from("something strange"));
    const end = await turn(unit);
    assert.deepEqual([end.word, end.serial, end.detail], ["PASS", "T1-0001", ""]);
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
      ["PASS", "c1", "T1-0001", toHex(identity.device)],
    );
    assert.deepEqual(
      Buffer.from(line!.certificate!),
      createHash("sha256").update(identity.certificate).digest(),
    );
    assert.deepEqual(line!.tests, [
      { name: "battery", passed: true, measured: "3900 mV", wanted: ">= 3600 mV" },
    ]);
    const row = bench.journal.unit("c1")!;
    assert.deepEqual([row.state, row.secrets], ["passed", null]);
  });

  const PULL = "it went away at: ";

  it("finishes a unit that was pulled at any packet, with one identity", async function () {
    this.timeout(300_000);
    const counting = new FakeUnit({ chip: "count" });
    let packets = 0;
    counting.onPacket = () => packets++;
    await turn(counting);
    assert.ok(packets > 40, `${packets} packets`);
    const devices = new Set<string>();
    for (let at = 1; at <= packets; at++) {
      const unit = new FakeUnit({ chip: `c${at}`, hint: `usb ${at}` });
      let seen = 0;
      unit.onPacket = () => {
        if (++seen === at) unit.cut();
      };
      const first = await turn(unit);
      // The last packet asks for the restart: power that goes with it is one.
      if (at < packets) {
        assert.deepEqual([first.word, first.code], ["FAIL", "E12"], `${at}: ${first.detail}`);
        assert.ok(first.detail.startsWith(PULL), first.detail);
        const before = unit.files.get("identity") && bench.journal.unit(`c${at}`)!.device;
        const second = await turn(unit, {}, "slot 2");
        assert.equal(second.word, "PASS", `${at}: ${second.detail}`);
        if (before) assert.deepEqual(Buffer.from(identityIn(unit).device), before);
      } else assert.equal(first.word, "PASS");
      assert.deepEqual([...unit.files.keys()].sort(), [".bootcde", "avnode", "identity"]);
      assert.equal(unit.locked, true);
      devices.add(toHex(identityIn(unit).device));
    }
    assert.equal(devices.size, packets);
    assert.equal(readdirSync(join(dir, "papers")).length, packets + 1);
  });

  it("goes on with an upload where it was cut short, without a second erase and self-test", async () => {
    const unit = new FakeUnit({ chip: "c1" });
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

  it("recognises a locked unit by what its connection tells, and leaves it alone once it passed", async () => {
    const unit = new FakeUnit({ chip: "c1", hint: "usb 1" });
    const failing = await turn(unit, { scanner: () => typed("no code at all") });
    assert.deepEqual([failing.word, failing.code], ["FAIL", "E10"]);
    assert.notEqual(bench.journal.unit("c1")!.secrets, null);
    assert.equal((await turn(unit)).word, "PASS");
    const again = await turn(unit);
    assert.deepEqual([again.word, again.detail, again.serial], ["WAIT", "already provisioned", "T1-0001"]);
    assert.equal(lines().length, 2);
    const silent = new FakeUnit({ chip: "c2", hint: "usb 2" });
    silent.locked = true;
    assert.equal((await turn(silent)).code, "E01");
  });

  async function* typed(...lines: string[]): AsyncGenerator<string> {
    yield* lines;
  }

  it("refuses a label of another unit", async () => {
    await turn(new FakeUnit({ chip: "c1" }));
    const code = await readLabel(keptPicture(dir, "T1-0001", bench.box), "label");
    const end = await turn(new FakeUnit({ chip: "c2" }), { scanner: () => typed(claimQr(code)) });
    assert.deepEqual([end.code, end.detail], ["E10", "the label that was scanned is not that of T1-0002"]);
  });

  it("names what is wrong with a unit", async () => {
    const codes: Record<string, string> = {};
    const fails = async (name: string, unit: FakeUnit, over: Partial<Bench> = {}) => {
      const { word, code, detail } = await turn(unit, over);
      assert.equal(word, "FAIL", name);
      codes[name] = `${code} ${detail}`;
    };
    await fails("board", new FakeUnit({ chip: "b", board: "PUCKJS" }));
    await fails("version", new FakeUnit({ chip: "v", version: "2v28.9" }));
    await fails("test", new FakeUnit({ chip: "t" }), {
      selfTest: async () => ({
        passed: false,
        checks: [{ name: "noise", passed: false, measured: "9 µV", wanted: "at most 6 µV" }],
      }),
    });
    const open = new FakeUnit({ chip: "o" });
    open.open = true;
    await fails("lock", open);
    const made = new FakeUnit({ chip: "m" });
    await turn(made);
    const clone = new FakeUnit({ chip: "k" });
    for (const [name, bytes] of made.files) if (name === "identity") clone.files.set(name, bytes);
    await fails("clone", clone);
    made.locked = false;
    await fails("opened", made);
    assert.deepEqual(codes, {
      board: "E02 it is a PUCKJS, and this batch is for LINUX",
      version: "E02 its runtime is 2v28.9, and 2v29 is the lowest checked",
      test: "E07 noise: 9 µV, wanted at most 6 µV",
      lock: codes.lock,
      clone: "E11 it holds the identity of T1-0002, which was given to chip m; this is chip k",
      opened: "E08 it passed as T1-0002, and its console answers: it was opened since",
    });
    assert.match(codes.lock!, /^E08 over the wire it answered with \d+ bytes$/);
    const told = lines().map(({ outcome, chip }) => `${chip} ${outcome}`);
    assert.deepEqual(told, ["b E02", "v E02", "t E07", "o E08", "m PASS", "k E11", "m E08"]);
  });

  describe("fails a unit", () => {
    /** Flips a byte of it as soon as it is there and the station reads anything back: what checked its upload is over. */
    const rotting = (file: string) => {
      const unit = new FakeUnit({ chip: `rotting ${file}` });
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
      const unit = new FakeUnit({ chip: "stranger" });
      // Erased it was, twice: the first packet of a file comes behind that.
      unit.onPacket = (kind) => void (kind === 4 && unit.files.set("x", Buffer.from("1;")));
      const { code, step, detail } = await turn(unit);
      assert.deepEqual(
        [code, step, detail],
        ["E05", "boot code", "its flash holds 3 files, and 2 were written"],
      );
    });

    it("in whose place another is after the restart, however silent", async () => {
      const other = new FakeUnit({ chip: "other", hint: "usb 2" });
      other.locked = true;
      const units = [new FakeUnit({ chip: "own", hint: "usb 1" }), other];
      const port = { name: "slot 1", waitForUnit: async () => units.shift()!.connect() };
      const { signal } = new AbortController();
      const own = new Turn(bench, port, await port.waitForUnit(), () => {}, signal);
      const { code, detail } = await own.run();
      assert.deepEqual([code, detail], ["E12", "another unit is there after the restart"]);
    });
  });

  it("keeps no secret of a unit that passed, and none in the clear before", async () => {
    const unit = new FakeUnit({ chip: "c1", hint: "usb 1" });
    assert.equal((await turn(unit, { scanner: () => typed("nothing") })).code, "E10");
    const { claimCode, signing } = identityIn(unit);
    const row = bench.journal.unit("c1")!;
    const found = () =>
      filesIn(dir).filter((path) => {
        const bytes = readFileSync(path);
        return [claimCode, signing!.seed, row.secrets!].some((secret) => holds(bytes, secret));
      });
    // Sealed, it is there: the search finds what is to be found.
    assert.deepEqual(found(), [join(dir, "station.db")]);
    row.secrets!.fill(0xff);
    assert.deepEqual(found(), []);
    const sealed = bench.journal.unit("c1")!.secrets!;
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

  it("counts those that passed without a scan, the air or hands", async () => {
    const selfTest: Bench["selfTest"] = async () => ({
      passed: true,
      checks: [{ name: "LED", passed: false, measured: "not done: nobody at the station", wanted: "lit" }],
    });
    await turn(new FakeUnit({ chip: "c1" }), { selfTest });
    const unit = new FakeUnit({ chip: "c2" });
    const port = { ...fakePort("slot 1", [unit]), seen: async () => true };
    const { signal } = new AbortController();
    async function* label() {
      yield claimQr(identityIn(unit).claimCode);
    }
    const looked = { ...bench, scanner: label };
    const end = await new Turn(looked, port, await port.waitForUnit(signal), () => {}, signal).run();
    assert.equal(end.word, "PASS", end.detail);
    assert.deepEqual(readStatus(dir).status.without, { scan: 1, air: 1, hands: 1 });
    await turn(new FakeUnit({ chip: "c3" }));
    assert.deepEqual(readStatus(dir).status.without, { scan: 2, air: 2, hands: 1 });
  });

  it("says what of its log was altered", async () => {
    await turn(new FakeUnit({ chip: "c1" }));
    const selfTest: Bench["selfTest"] = async () => ({ passed: false, checks: [] });
    await turn(new FakeUnit({ chip: "c2" }), { selfTest });
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
    db.exec("UPDATE units SET state = 'passed' WHERE chip = 'c2'");
    assert.match(readStatus(dir).status.problems.join(), /whether chip c2 passed/);
  });
});
