import assert from "node:assert/strict";
import { limitsOf } from "../../../gateway/health/limits";
import type { DeviceInfo } from "../../../gateway/store/infos";

const FINE = { ok: true, forgotten: 0 };
const GB = 1e9;

function device(id: string, ringPermille: number, lastContact: number): DeviceInfo {
  return { id, lastContact, status: { ringPermille } } as DeviceInfo;
}

describe("limits", () => {
  it("of a handheld's memory are told from 80 % on, with when that was so, and at 100 %", () => {
    const devices = [device("a", 799, 1), device("b", 800, 2), device("c", 1000, 3)];
    assert.deepEqual(limitsOf(devices, undefined, FINE, 9), [
      { what: "ring", level: "full", permille: 1000, device: "c", at: 3 },
      { what: "ring", level: "near", permille: 800, device: "b", at: 2 },
    ]);
    assert.deepEqual(limitsOf([{ id: "silent" } as DeviceInfo], undefined, FINE, 9), []);
  });

  it("of the disk, too, which is full where nothing can be written any more", () => {
    const disk = (freeBytes: number, freePercent: number) =>
      limitsOf([], { freeBytes, freePercent }, FINE, 9).map(({ what, level, permille }) => [
        what,
        level,
        permille,
      ]);
    assert.deepEqual(disk(50 * GB, 21), []);
    assert.deepEqual(disk(50 * GB, 20), [["disk", "near", 800]]);
    assert.deepEqual(disk(0.05 * GB, 1), [["disk", "full", 1000]]);
    const stuck = { ok: false, forgotten: 0, reason: "SQLITE_FULL" };
    const [limit] = limitsOf([], { freeBytes: 50 * GB, freePercent: 50 }, stuck, 9);
    assert.deepEqual(limit, { what: "disk", level: "full", permille: 1000, at: 9 });
  });
});
