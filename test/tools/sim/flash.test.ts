import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { PowerCut, SimFlash, type SimFlashOptions } from "../../../tools/sim/flash";
import { Random } from "../../../tools/sim/random";

const make = (options: Partial<SimFlashOptions> = {}) =>
  new SimFlash({ pageBytes: 64, pages: 4, random: new Random(1), ...options });
const zeros = (n: number) => new Uint8Array(n);

describe("simulated NOR flash", () => {
  it("comes erased, and reads back what was written", () => {
    const flash = make();
    assert.ok(flash.read(0, 256).every((byte) => byte === 0xff));
    flash.write(70, Uint8Array.of(1, 2, 3));
    assert.deepEqual([...flash.read(69, 5)], [0xff, 1, 2, 3, 0xff]);
  });

  it("clears bits on a second write and refuses to set one, leaving all as it was", () => {
    const flash = make();
    flash.write(0, Uint8Array.of(0b1100, 0xff));
    flash.write(0, Uint8Array.of(0b0100));
    assert.throws(() => flash.write(0, Uint8Array.of(0b0000, 0x00, 0xff).fill(0b1000, 0, 1)), {
      code: "FLASH_PROGRAM_ONE",
    });
    assert.deepEqual([...flash.read(0, 3)], [0b0100, 0xff, 0xff]);
    assert.deepEqual(flash.counters, { writes: 2, erases: 0, bytesWritten: 3 });
  });

  it("erases one page to ones and counts its wear", () => {
    const flash = make();
    for (let page = 0; page < 4; page++) flash.write(page * 64, zeros(64));
    flash.erase(2);
    flash.erase(2);
    flash.erase(0);
    assert.deepEqual([...flash.wear], [1, 0, 2, 0]);
    for (let page = 0; page < 4; page++) {
      const expected = page === 1 || page === 3 ? 0 : 0xff;
      assert.ok(
        flash.read(page * 64, 64).every((byte) => byte === expected),
        `page ${page}`,
      );
    }
  });

  it("refuses what lies outside, crosses a page, or misses the write granularity", () => {
    const flash = make({ writeBytes: 4 });
    for (const [address, length] of [
      [-4, 4],
      [252, 8],
      [256, 4],
      [0.5, 4],
      [Number.NaN, 4],
    ] as const) {
      assert.throws(() => flash.write(address, zeros(length)), { code: "FLASH_RANGE" });
      assert.throws(() => flash.read(address, length), { code: "FLASH_RANGE" });
    }
    for (const page of [-1, 4, 0.5, Number.NaN]) {
      assert.throws(() => flash.erase(page), { code: "FLASH_RANGE" });
    }
    assert.throws(() => flash.write(60, zeros(8)), { code: "FLASH_PAGE_CROSSED" });
    for (const [address, length] of [
      [2, 4],
      [0, 3],
      [0, 0],
    ] as const) {
      assert.throws(() => flash.write(address, zeros(length)), { code: "FLASH_ALIGNMENT" });
    }
    assert.ok(flash.read(0, 256).every((byte) => byte === 0xff));
    assert.deepEqual(flash.counters, { writes: 0, erases: 0, bytesWritten: 0 });
  });

  it("hands out copies", () => {
    const flash = make();
    flash.read(0, 4).fill(0);
    const mine = Uint8Array.of(7);
    flash.write(0, mine);
    mine[0] = 9;
    assert.deepEqual([...flash.read(0, 2)], [7, 0xff]);
  });
});

describe("a power cut in simulated flash", () => {
  it("comes at the n-th write or erase, and nothing works until power returns", () => {
    const flash = make();
    flash.cutAfter(3);
    flash.write(0, zeros(1));
    flash.erase(1);
    assert.throws(() => flash.write(1, zeros(1)), PowerCut);
    assert.throws(() => flash.read(0, 1), PowerCut);
    assert.throws(() => flash.write(9, zeros(1)), PowerCut);
    assert.throws(() => flash.erase(0), PowerCut);
    flash.restore();
    flash.write(9, zeros(1));
    flash.erase(1);
    flash.write(70, zeros(1));
    assert.equal(flash.read(9, 1)[0], 0);
  });

  it("leaves of a write a prefix, then at most one byte between old and new, then the old", () => {
    const seen = { nothing: 0, everything: 0, halfByte: 0 };
    fc.assert(
      fc.property(
        fc.string(),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (seed, old, mask) => {
          const flash = make({ random: new Random(seed) });
          const wanted = old.map((byte, i) => byte & mask[i]!);
          flash.write(8, old);
          flash.cutAfter(1);
          assert.throws(() => flash.write(8, wanted), PowerCut);
          flash.restore();
          const left = flash.read(8, 8);
          let i = 0;
          while (i < 8 && left[i] === wanted[i]) i++;
          if (i === 8) seen.everything++;
          else {
            assert.equal(left[i]! & old[i]!, left[i], "bits were only cleared");
            assert.equal(left[i]! & wanted[i]!, wanted[i], "no bit was cleared that should stay");
            if (left[i] !== old[i]) seen.halfByte++;
            else if (i === 0) seen.nothing++;
            assert.deepEqual(left.slice(i + 1), old.slice(i + 1));
          }
          assert.ok(flash.read(0, 8).every((byte) => byte === 0xff));
          assert.ok(flash.read(16, 48).every((byte) => byte === 0xff));
        },
      ),
      { numRuns: 500 },
    );
    for (const [kind, times] of Object.entries(seen)) assert.ok(times > 0, `${kind} never happened`);
  });

  it("leaves of an erase a mixture in that page alone", () => {
    let ones = 0;
    for (let seed = 0; seed < 50; seed++) {
      const flash = make({ random: new Random(seed) });
      for (let page = 0; page < 4; page++) flash.write(page * 64, zeros(64).fill(0x0f));
      flash.cutAfter(1);
      assert.throws(() => flash.erase(1), PowerCut);
      flash.restore();
      const torn = flash.read(64, 64);
      assert.ok(
        torn.every((byte) => (byte & 0x0f) === 0x0f),
        `an erase cleared a bit (seed ${seed})`,
      );
      ones += torn.reduce((sum, byte) => sum + (byte >> 4).toString(2).replace(/0/g, "").length, 0);
      for (const page of [0, 2, 3]) {
        assert.ok(
          flash.read(page * 64, 64).every((byte) => byte === 0x0f),
          `page ${page}, seed ${seed}`,
        );
      }
      assert.equal(flash.wear[1], 1);
    }
    const share = ones / (50 * 256);
    assert.ok(share > 0.3 && share < 0.7, `about half of the bits are erased over all cuts, not ${share}`);
  });

  it("tears alike for a seed", () => {
    const torn = (seed: number) => {
      const flash = make({ random: new Random(seed) });
      flash.cutAfter(1);
      assert.throws(() => flash.write(0, zeros(64)), PowerCut);
      flash.restore();
      return Buffer.from(flash.read(0, 64)).toString("hex");
    };
    assert.equal(torn(5), torn(5));
    assert.ok(new Set([1, 2, 3, 4, 5].map(torn)).size > 1);
  });
});

describe("a flash image file", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "avnode-flash-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("holds at once what is written and erased, and survives re-opening", () => {
    const image = path.join(folder, "flash.bin");
    const flash = make({ path: image });
    flash.write(0, zeros(64));
    flash.write(64, Uint8Array.of(1, 2));
    flash.erase(0);
    const onDisk = fs.readFileSync(image);
    assert.equal(onDisk.length, 256);
    assert.deepEqual(new Uint8Array(onDisk), flash.read(0, 256));
    flash.close();
    const again = make({ path: image });
    assert.deepEqual([...again.read(62, 5)], [0xff, 0xff, 1, 2, 0xff]);
    assert.throws(() => again.write(64, Uint8Array.of(0xff)), { code: "FLASH_PROGRAM_ONE" });
    again.close();
  });

  it("keeps what a process wrote that was killed without notice", () => {
    const image = path.join(folder, "flash.bin");
    const program = `
      const { SimFlash } = require("./tools/sim/flash");
      const flash = new SimFlash({ pageBytes: 64, pages: 4, random: undefined, path: process.argv[1] });
      flash.write(3, Uint8Array.of(42));
      process.kill(process.pid, "SIGKILL");`;
    assert.throws(() =>
      execFileSync(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", program, image], {
        cwd: path.join(__dirname, "../../.."),
      }),
    );
    const flash = make({ path: image });
    assert.equal(flash.read(3, 1)[0], 42);
    flash.close();
  });

  it("of another size is refused and left alone", () => {
    const image = path.join(folder, "flash.bin");
    fs.writeFileSync(image, "short");
    assert.throws(() => make({ path: image }), { code: "FLASH_IMAGE_SIZE" });
    assert.equal(fs.readFileSync(image, "utf8"), "short");
  });
});
