import assert from "node:assert/strict";
import { forgetMakerBeside, pinMakerBeside } from "../../../gateway/store/trust";
import { Updates } from "../../../gateway/store/updates";
import { pinnedMakers } from "../../../gateway/update/belief";
import { SIMULATION_MAKER } from "../../../protocol/certificate";
import { makerOf } from "../store/makers";
import { Rig } from "../store/rig";

describe("releases", () => {
  it("are taken of makers that are pinned, as it stands at each one", () => {
    const rig = new Rig({ kind: "home" });
    const updates = Updates.open(rig.dataDir);
    try {
      const [first, other] = [makerOf("first"), makerOf("other")];
      const isPinned = pinnedMakers(updates);
      assert.equal(isPinned(first.publicKey), false);
      rig.own(first.handheld(1));
      assert.deepEqual(
        [first, other].map(({ publicKey }) => isPinned(publicKey)),
        [true, false],
      );
      pinMakerBeside(rig.dataDir, other.publicKey);
      forgetMakerBeside(rig.dataDir, first.publicKey);
      assert.deepEqual(
        [first, other].map(({ publicKey }) => isPinned(publicKey)),
        [false, true],
      );
      assert.equal(isPinned(SIMULATION_MAKER), false);
    } finally {
      updates.close();
      rig.end();
    }
  });
});
