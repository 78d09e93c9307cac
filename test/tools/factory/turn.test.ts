import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { decodeIdentity } from "../../../firmware/identity";
import { ed25519Verify, nodeCrypto } from "../../../gateway/crypto";
import { toHex } from "../../../protocol/bytes";
import { decodeCertificate, signedCertificate } from "../../../protocol/certificate";
import { checkDossier, decodeDossier } from "../../../protocol/dossier";
import type { Bench } from "../../../tools/factory/bench";
import { readLog } from "../../../tools/factory/log";
import { type End, Turn } from "../../../tools/factory/turn";
import { decodeUnitLine } from "../../../tools/factory/unitline";
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
});
