import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { virtualPort } from "../../../tools/factory/virtual/port";
import { type UnitFaults, VirtualUnit } from "../../../tools/factory/virtual/unit";
import { boardNamed } from "../../../tools/firmware/boards";
import { buildFirmware } from "../../../tools/firmware/build";
import { UnitConsole } from "../../../tools/firmware/console";
import { type Payload, upload } from "../../../tools/firmware/upload";

const QUICK = { timeoutMs: 300, tries: 5, settleMs: 50 };

function payload(dev = false): Payload {
  const { manifest, application, bootCode } = buildFirmware({ board: boardNamed("xiaoble"), dev });
  return {
    manifest,
    files: { "avnode.js": Buffer.from(application.code), "bootcde.js": Buffer.from(bootCode.code) },
  };
}

async function plugged(unit: VirtualUnit) {
  return virtualPort("P1", () => unit).waitForUnit(new AbortController().signal);
}

describe("the model of a unit's console", () => {
  let locked: Payload;
  before(function () {
    this.timeout(30_000);
    locked = payload();
  });

  it("takes an upload as the runtime does, and what is read back is what was sent", async () => {
    const unit = new VirtualUnit({ chip: "c1" });
    await upload(await plugged(unit), locked);
    assert.equal(
      unit.stored("avnode")!.toString("latin1"),
      Buffer.from(locked.files["avnode.js"]!).toString("latin1"),
    );
  });

  it("locks its console when the boot code runs, and starts the application that the boot code knows", async () => {
    const unit = new VirtualUnit({ chip: "c1" });
    await upload(await plugged(unit), locked);
    unit.powerOff();
    const wire = await plugged(unit);
    assert.equal(unit.application, locked.manifest.files[0]!.sha256);
    await assert.rejects(new UnitConsole(wire, { ...QUICK, tries: 2 }).ask("1+1"));
  });

  it("starts no other application than that", async () => {
    const unit = new VirtualUnit({ chip: "c1" });
    await upload(await plugged(unit), locked);
    const other = Buffer.from(locked.files["avnode.js"]!);
    other[1000]! ^= 1;
    unit.plant("avnode", other);
    unit.powerOff();
    await plugged(unit);
    assert.equal(unit.application, undefined);
  });

  it("keeps its console in a developers' build", async () => {
    const unit = new VirtualUnit({ chip: "c1" });
    await upload(await plugged(unit), payload(true));
    unit.powerOff();
    const wire = await plugged(unit);
    assert.equal(await new UnitConsole(wire, QUICK).ask("process.env.SERIAL"), "c1");
  });

  it("answers what a file holds as binary, whatever its bytes", async () => {
    const unit = new VirtualUnit({ chip: "c1" });
    const bytes = randomBytes(1000);
    const unitConsole = new UnitConsole(await plugged(unit), QUICK);
    await unitConsole.write("identity", bytes);
    assert.deepEqual(unit.stored("identity"), bytes);
  });

  for (const [what, faults] of [
    ["after bytes", { diesAfterBytes: 20_000 }],
    ["within a write", { diesAtWrite: 60 }],
  ] as [string, UnitFaults][])
    it(`goes away ${what}, and goes on from there when it is back`, async () => {
      const unit = new VirtualUnit({ chip: "c1", faults });
      const wire = await plugged(unit);
      const gone = new Promise<void>((resolve) => {
        wire.onGone = resolve;
      });
      const first = upload(wire, locked).catch(() => {});
      await gone;
      void first;
      const standing = unit.stored("avnode")!;
      assert.ok(standing.includes(Buffer.alloc(64, 0xff)), "the file is not torn");
      await upload(await plugged(unit), locked);
      assert.equal(unit.stored("avnode")!.length, locked.files["avnode.js"]!.length);
    });
});
