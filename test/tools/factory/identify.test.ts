/** What a station makes sure of before it writes anything: whose bootloader it is, and that nobody listens in. */
import { strict as assert } from "node:assert";
import type { Bench } from "../../../tools/factory/bench";
import { closeBench } from "../../../tools/factory/opening";
import type { Station } from "../../../tools/factory/station";
import { type End, Turn } from "../../../tools/factory/turn";
import { virtualPort } from "../../../tools/factory/virtual/port";
import { VirtualUnit } from "../../../tools/factory/virtual/unit";
import { Line, linesOf } from "./line";

/** Where an nRF52840 has it. */
const ADDRESS = 0xf4000;
/** Bytes whose CRC-32 every list of checks gives. */
const IMAGE = Buffer.from("123456789");
const CRC32 = 0xcbf43926;

describe("a unit's bootloader at a station", function () {
  this.timeout(30_000);
  let line: Line;
  let bench: Bench;
  before(() => {
    line = new Line();
    bench = line.open(line.station());
  });
  after(async () => {
    await closeBench(bench);
    line.remove();
  });

  async function turn(unit: VirtualUnit, bootloader: Station["bootloader"]): Promise<End> {
    const { signal } = new AbortController();
    const port = virtualPort("slot 1", () => unit);
    const station = { ...bench.station, bootloader };
    const wire = await port.waitForUnit(signal);
    return new Turn({ ...bench, station }, port, wire, () => {}, signal).run();
  }

  const said = () => linesOf(bench).at(-1)!.checks.bootloader;

  it("is let pass as the maker's own by its CRC-32, and the log says so", async () => {
    const unit = new VirtualUnit({ chip: "chip-right" });
    unit.burn(ADDRESS, IMAGE);
    const { word, detail } = await turn(unit, { address: ADDRESS, bytes: IMAGE.length, crc32: CRC32 });
    assert.equal(word, "PASS", detail);
    assert.equal(said(), "CRC-32 3421780262");
  });

  it("is said not to be checked where the station knows none", async () => {
    assert.equal((await turn(new VirtualUnit({ chip: "chip-none" }), undefined)).word, "PASS");
    assert.equal(said(), "not checked");
  });

  for (const [what, image, bytes] of [
    ["another", Buffer.from("123456788"), IMAGE.length],
    ["one that cannot be read", IMAGE, 70_000],
  ] as const)
    it(`is refused where it is ${what}, before anything is erased or given`, async () => {
      const unit = new VirtualUnit({ chip: `chip-of-${bytes}` });
      unit.burn(ADDRESS, image);
      unit.plant("theirs", IMAGE);
      const { code, step, detail } = await turn(unit, { address: ADDRESS, bytes, crc32: CRC32 });
      assert.deepEqual([code, step], ["E02", "identify"], detail);
      assert.match(detail, /bootloader/);
      assert.equal(said(), undefined);
      assert.deepEqual(unit.stored("theirs"), IMAGE);
      assert.equal(bench.journal.unit(unit.chip)!.device, null);
    });
});
