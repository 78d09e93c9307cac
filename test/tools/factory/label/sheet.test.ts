import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeFromPicture } from "../../../../gateway/claim/photo";
import { toHex } from "../../../../protocol/bytes";
import { labelSheet } from "../../../../tools/factory/label/sheet";
import { labelTemplate } from "../../../../tools/factory/label/template";
import { scratch } from "../../../e2e/rig";

const POPPLER = "/usr/bin/pdftoppm";
const DPI = 300;
const pixels = (mm: number) => Math.round((mm / 25.4) * DPI);

const units = Array.from({ length: 30 }, (_, n) => ({
  ...{ device: new Uint8Array(8).fill(n), serial: `AVN-${n}`, board: "xiaoble", batch: "1", deviceClass: 1 },
  claimCode: createHash("sha256").update(`label ${n}`).digest().subarray(0, 16),
}));

describe("a sheet of labels", function () {
  this.timeout(120_000);
  const folder = scratch(true);
  const template = labelTemplate();
  let sheet: Buffer;
  before(async () => {
    sheet = await labelSheet(units, template);
  });

  it("is the same bytes for the same labels", async () => {
    assert.deepEqual(await labelSheet(units, template), sheet);
  });

  it("is refused where the page is too small for a label", async () => {
    const narrow = labelTemplate({ pageWidth: 59, pageHeight: 30, margin: 0 });
    await assert.rejects(labelSheet(units.slice(0, 1), narrow), { code: "FACTORY_TEMPLATE" });
  });

  it("is a roll with a label to each page, which is as large and holds nothing else", async function () {
    if (!existsSync(POPPLER)) {
      console.log("      skipped: labels as printed need the Debian package poppler-utils");
      return this.skip();
    }
    const path = join(folder, "roll.pdf");
    for (const [width, height] of [
      [60, 30],
      [51.3, 25.4],
    ] as const) {
      const roll = labelTemplate({
        ...{ width, height, module: 0.5 },
        ...{ pageWidth: width, pageHeight: height, margin: 0 },
      });
      writeFileSync(path, await labelSheet(units.slice(0, 3), roll));
      const info = execFileSync("/usr/bin/pdfinfo", [path], { encoding: "utf8" });
      const [, pages] = /^Pages:\s+(\d+)$/m.exec(info)!;
      const [, across, up] = /^Page size:\s+([\d.]+) x ([\d.]+) pts/m.exec(info)!;
      assert.equal(pages, "3");
      for (const [points, mm] of [
        [across, width],
        [up, height],
      ] as const)
        assert.ok(Math.abs((Number(points) / 72) * 25.4 - mm) < 0.01, `${points} pt, ${mm} mm`);
      assert.equal(execFileSync("/usr/bin/pdftotext", [path, "-"], { encoding: "utf8" }).trim(), "");
      for (const [n, { claimCode }] of units.slice(0, 3).entries()) {
        const out = join(folder, "one");
        const page = String(n + 1);
        execFileSync(POPPLER, ["-png", "-r", `${DPI}`, "-singlefile", "-f", page, "-l", page, path, out]);
        assert.equal(toHex(await codeFromPicture(readFileSync(`${out}.png`), "label")), toHex(claimCode));
      }
    }
  });

  it("has every label in its place and size, as another renderer shows it, with marks to cut along", async function () {
    if (!existsSync(POPPLER)) {
      console.log("      skipped: labels as printed need the Debian package poppler-utils");
      return this.skip();
    }
    const path = join(folder, "sheet.pdf");
    writeFileSync(path, sheet);
    // Three by eight to a page.
    for (const [index, { claimCode }] of units.entries()) {
      const page = String(Math.floor(index / 24) + 1);
      const x = 10 + (index % 3) * 64;
      const y = 10 + Math.floor((index % 24) / 3) * 34;
      const box = [x, y, 60, 30].map(pixels);
      const options = ["-x", "-y", "-W", "-H"].flatMap((name, n) => [name, String(box[n])]);
      const out = join(folder, "label");
      execFileSync(POPPLER, [
        "-png",
        "-r",
        `${DPI}`,
        "-singlefile",
        "-f",
        page,
        "-l",
        page,
        ...options,
        path,
        out,
      ]);
      assert.equal(toHex(await codeFromPicture(readFileSync(`${out}.png`), "label")), toHex(claimCode));
    }
    // Page, number, type, width, height, colour, components, bits, encoding, interpolation, object (2), dots per inch (2).
    const images = execFileSync("/usr/bin/pdfimages", ["-list", path], { encoding: "utf8" });
    const rows = images.trim().split("\n").slice(2);
    assert.equal(rows.length, units.length);
    for (const row of rows)
      assert.deepEqual(row.trim().split(/\s+/).slice(12, 14), [`${DPI}`, `${DPI}`], row);
    const text = execFileSync("/usr/bin/pdftotext", [path, "-"], { encoding: "utf8" });
    assert.match(text, /page 1 of 2 · print at 100 %: this line is 50 mm long/);
    const out = join(folder, "page");
    execFileSync(POPPLER, ["-gray", "-r", `${DPI}`, "-singlefile", path, out]);
    const grey = readFileSync(`${out}.pgm`);
    const [, width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(grey.toString("latin1", 0, 40))!.map(Number);
    const body = grey.subarray(grey.length - width! * height!);
    const dark = (x: number, y: number) => body[y * width! + x]! < 200;
    const near = (mm: number, isDark: (at: number) => boolean) =>
      [-1, 0, 1].some((aside) => isDark(pixels(mm) + aside));
    // A millimetre outside of the first label's corners.
    for (const x of [10, 70])
      for (const [y, out] of [
        [10, -1],
        [40, 1],
      ] as const)
        assert.ok(
          near(x, (at) => dark(at, pixels(y + out))),
          `${x}, ${y}`,
        );
    const line = Array.from({ length: pixels(100) }, (_, x) => near(297 - 5, (y) => dark(x, y)));
    assert.ok(Math.abs(line.indexOf(true) - pixels(10)) <= 2);
    assert.ok(Math.abs(line.indexOf(false, line.indexOf(true)) - pixels(60)) <= 2);
  });
});
