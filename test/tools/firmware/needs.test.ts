import { strict as assert } from "node:assert";
import type { BoardSpec } from "../../../firmware/board/spec";
import { boardNamed } from "../../../tools/firmware/boards";
import { lacksOf } from "../../../tools/firmware/needs";
import { missingOf } from "../../../tools/firmware/runtime";

const good = boardNamed("xiaoble");
const capabilities = (board: BoardSpec, flashed?: number[]) =>
  lacksOf(board, flashed).map(({ capability }) => capability);

describe("what the firmware needs of a board", () => {
  it("is there on the reference handheld and on the interpreter that tests run", () => {
    assert.deepEqual(lacksOf(good, [60_000, 1000]), []);
    assert.deepEqual(lacksOf(boardNamed("linux"), [60_000, 1000]), []);
  });

  it("is not on the boards that were weighed and found too small, by name of what lacks", () => {
    assert.deepEqual(capabilities(boardNamed("mdbt42q")), ["aesCcm", "variables", "ring"]);
    assert.deepEqual(capabilities(boardNamed("puckjs")), ["aesCcm", "variables", "ring"]);
    assert.deepEqual(capabilities(boardNamed("puckjs"), [60_000]), [
      "aesCcm",
      "variables",
      "ring",
      "storageBytes",
    ]);
  });

  const without = (capability: keyof BoardSpec["has"]) => ({
    ...good,
    has: { ...good.has, [capability]: false },
  });
  const planted: [string, BoardSpec][] = [
    ["bluetooth", without("bluetooth")],
    ["sha256", without("sha256")],
    ["aesCcm", without("aesCcm")],
    ["watchdog", without("watchdog")],
    ["lesc", { ...without("lesc"), radio: { secondWall: true } }],
    ["variables", { ...good, variables: 11_999 }],
    ["notificationBytes", { ...good, notificationBytes: 19 }],
    ["vault", { ...good, vault: { ...good.vault, pages: 1 } }],
    ["ring", { ...good, ring: { ...good.ring, pages: 15 } }],
    ["ring", { ...good, ring: { ...good.ring, pageBytes: 2048 } }],
    ["slots", { ...good, slots: { ...good.slots!, pages: 2 } }],
    ["slots", { ...good, slots: { ...good.slots!, pageBytes: 1024 } }],
    ["storageBytes", { ...good, storageBytes: 448 * 4096 }],
    [
      "pins",
      { ...good, pins: { ...good.pins, button: good.frontEnd.kind === "max30003" ? good.frontEnd.cs : "" } },
    ],
    ["pins", { ...good, pins: { ...good.pins, led: good.pins.battery } }],
  ];
  for (const [capability, board] of planted)
    it(`is refused where ${capability} alone is wrong, with what to do`, () => {
      const lacks = lacksOf(board);
      assert.deepEqual(
        lacks.map((lack) => lack.capability),
        [capability],
      );
      assert.match(lacks[0]!.reason, /: (take|give|correct) /);
    });

  it("lets what a build can do without be missing", () => {
    for (const capability of ["native", "lesc"] as const)
      assert.deepEqual(lacksOf(without(capability)), [], capability);
    const bare = { ...good.pins, buzzer: "", battery: "", batteryFoot: "" };
    assert.deepEqual(lacksOf({ ...good, pins: bare }), []);
  });

  it("is no name or module that nobody saw in the runtime, nor one of what this build of it leaves out", () => {
    assert.deepEqual(missingOf(good, ["E.CRC32", "NRF.on", "LED1", "Math.max"], ["Flash"]), []);
    assert.deepEqual(missingOf(good, ["E.CRC33", "E", "Graphics", "global.x"], ["http"]), [
      "E.CRC33",
      "E",
      "Graphics",
      "global.x",
      "http",
    ]);
    const bare = { ...good, has: { ...good.has, bluetooth: false, watchdog: false } };
    assert.deepEqual(missingOf(bare, ["NRF.on", "E.kickWatchdog", "E.on"], []), ["NRF.on", "E.kickWatchdog"]);
  });

  it("is room for an application in a slot, to the byte, and a smaller ring where flash is erased in no time", () => {
    const slot = 31 * 4096;
    assert.deepEqual(capabilities(good, [slot]), []);
    assert.deepEqual(capabilities({ ...good, storageBytes: 2 ** 22 }, [slot + 1]), ["slots"]);
    const ring = { ...good.ring, pages: 8 };
    assert.deepEqual(capabilities({ ...good, ring }), ["ring"]);
    assert.deepEqual(capabilities({ ...good, ring, eraseMs: 0 }), []);
  });

  it("is exact to the byte of Storage, and counts no region outside it", () => {
    // Vault outside; ring of 408 pages, slots of 64, and one each to align; header of each of four files; identity 4,096.
    const need = (409 + 65) * 4096 + 4 * 32 + 50_000 + 4096;
    assert.deepEqual(capabilities({ ...good, storageBytes: need }, [50_000]), []);
    assert.deepEqual(capabilities({ ...good, storageBytes: need - 1 }, [50_000]), ["storageBytes"]);
    const within = { ...good, storageBytes: need, vault: { ...good.vault, kind: "file" as const } };
    assert.deepEqual(capabilities(within, [50_000]), ["storageBytes"]);
  });
});
