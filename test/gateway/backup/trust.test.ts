import assert from "node:assert/strict";
import { join } from "node:path";
import { fingerprintOf } from "../../../gateway/store/makers";
import { StoreReader } from "../../../gateway/store/reader";
import { importRevocationsBeside, pinMakerBeside } from "../../../gateway/store/trust";
import { makerOf } from "../store/makers";
import { BackupRig } from "./rig";

const [maker, other] = [makerOf("first"), makerOf("other")];

describe("whom a hub believes", () => {
  let rig: BackupRig;
  beforeEach(() => {
    rig = new BackupRig({ kind: "home" });
  });
  afterEach(() => rig.end());

  it("comes back from a backup: its makers, their lists, and what these say of its recordings", () => {
    const handheld = rig.own(maker.handheld(1));
    rig.deliver(handheld, handheld.record(2));
    pinMakerBeside(rig.dataDir, other.publicKey, "Other");
    rig.backup();
    // In the second run, which copies what changed.
    importRevocationsBeside(
      rig.dataDir,
      maker.revokes(7, [{ device: handheld.id, since: 1, reason: "stolen" }]),
    );
    rig.backup();
    const result = rig.restore();
    assert.deepEqual([result.recordings, result.problems], [1, []]);
    // Its owner is told whom it believes by now, in place of whom he had come to.
    const [first, second] = [maker, other].map(({ publicKey }) => fingerprintOf(publicKey));
    assert.deepEqual(
      result.makers.sort((a, b) => (a.label ?? "").localeCompare(b.label ?? "")),
      [
        { fingerprint: first, state: "pinned", label: undefined },
        { fingerprint: second, state: "pinned", label: "Other" },
      ],
    );
    assert.deepEqual(result.revocations, [{ fingerprint: first, number: 7, issued: 0 }]);
    const reader = StoreReader.open(join(rig.folder, "restored"));
    try {
      for (const { publicKey } of [maker, other]) assert.ok(reader.makers.isPinned(publicKey));
      assert.deepEqual(
        reader.revocations.lists().map(({ number, units }) => [number, units[0]!.reason]),
        [[7, "stolen"]],
      );
      const { recordings, problems } = reader.verify();
      assert.deepEqual([recordings[0]!.verdict, problems], ["revoked", []]);
    } finally {
      reader.close();
    }
  });

  it("is not taken from a row that was spoilt before the backup ran", () => {
    rig.own(maker.handheld(1));
    rig.backup();
    rig.sql("UPDATE makers SET label = 'Honest'");
    rig.backup();
    rig.restore();
    const reader = StoreReader.open(join(rig.folder, "restored"));
    try {
      assert.deepEqual(
        reader.makers.list().map(({ label, state }) => [label, state]),
        [[undefined, "pinned"]],
      );
    } finally {
      reader.close();
    }
  });
});
