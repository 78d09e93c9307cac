import { strict as assert } from "node:assert";
import type { BoardSpec } from "../../../firmware/board/spec";
import { eraseAll } from "../../../tools/factory/flashing";
import { virtualPort } from "../../../tools/factory/virtual/port";
import { VirtualUnit } from "../../../tools/factory/virtual/unit";
import { boardNamed } from "../../../tools/firmware/boards";
import { UnitConsole } from "../../../tools/firmware/console";
import { FakeUnit } from "./fakeunit";

const PAGE = 4096;
const XIAO = boardNamed("xiaoble");
/** Behind the first page of flash. */
const RING: BoardSpec["ring"] = { kind: "pages", address: 4 * PAGE, name: "", pages: 3, pageBytes: PAGE };

describe("the erasing of a unit", () => {
  /** Which of these addresses hold a byte afterwards, where each held one before. */
  async function left(board: BoardSpec, addresses: number[]): Promise<number[]> {
    const unit = new VirtualUnit({ chip: "c1" });
    unit.plant("theirs", Buffer.from("1"));
    for (const address of addresses) unit.burn(address, Buffer.of(0));
    const wire = await virtualPort("P1", () => unit).waitForUnit(new AbortController().signal);
    await eraseAll(new UnitConsole(wire), board);
    assert.equal(unit.stored("theirs"), undefined);
    return addresses.filter((address) => unit.flash(address, 1)[0] !== 0xff);
  }

  it("leaves nothing in Storage or the pages of vault and ring, and everything beside them", async () => {
    const { vault } = XIAO;
    const end = vault.address + vault.pages * PAGE;
    const ofVault = [vault.address - 1, vault.address, end - 1, end];
    const ofRing = [RING.address - 1, RING.address, RING.address + 3 * PAGE - 1, RING.address + 3 * PAGE];
    const beside = (four: number[]) => [four[0], four[3]];
    assert.deepEqual(await left({ ...XIAO, ring: RING }, [...ofRing, ...ofVault]), [
      ...beside(ofRing),
      ...beside(ofVault),
    ]);
    // A ring that is a file goes with Storage, and has no address.
    assert.deepEqual(await left(XIAO, [0, ...ofVault]), [0, ...beside(ofVault)]);
  });

  it("fails where a file stays", async () => {
    const unit = new FakeUnit({ chip: "c1" });
    unit.answers = (expression) => (expression.includes("list()") ? ["theirs"] : undefined);
    await assert.rejects(eraseAll(new UnitConsole(unit.connect()), XIAO), {
      code: "E03",
      message: "1 files are still there",
    });
  });
});
