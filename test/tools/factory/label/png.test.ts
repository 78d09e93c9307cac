import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codeFromPicture } from "../../../../gateway/claim/photo";
import { toHex } from "../../../../protocol/bytes";
import { DeviceClass } from "../../../../protocol/certificate";
import { type LabelUnit, labelPng } from "../../../../tools/factory/label/png";
import { labelTemplate } from "../../../../tools/factory/label/template";
import { type Image, readPng } from "../../../gateway/web/page/image";

const { codes } = JSON.parse(
  readFileSync(join(__dirname, "../../../../protocol/vectors/claim.json"), "utf8"),
) as { codes: { code: string }[] };
const INCH_MM = 25.4;
const TEMPLATE = labelTemplate();

function unitOf(code: string, more: Partial<LabelUnit> = {}): LabelUnit {
  return {
    ...{ device: Buffer.from("d0d1d2d3d4d5d6d7", "hex"), claimCode: Buffer.from(code, "hex") },
    ...{ serial: "AVN-000417", board: "xiaoble", batch: "2026-11", deviceClass: DeviceClass.locked! },
    ...more,
  };
}

/** Where something dark stands within a span of columns: its first and last row. */
function darkRows(image: Image, from: number, to: number): [number, number] {
  const rows = Array.from({ length: image.height }, (_, y) => y).filter((y) => {
    for (let x = from; x < to; x++) if (image.red(x, y) < 128) return true;
    return false;
  });
  return [rows[0]!, rows.at(-1)!];
}

describe("a unit's label", () => {
  it("holds the unit's claim code, as the vectors say it, at 300 dots per inch", async () => {
    for (const { code } of codes) {
      const png = await labelPng(unitOf(code), TEMPLATE);
      assert.equal(toHex(await codeFromPicture(png, "label")), code);
      // PNG specification, third edition, 11.3.4.3: pixels per metre, both ways, and the metre as unit.
      const at = png.indexOf("pHYs");
      assert.deepEqual([png.readUInt32BE(at + 4), png.readUInt32BE(at + 8), png[at + 12]], [11811, 11811, 1]);
      const { width, height } = readPng(png);
      assert.deepEqual([width, height], [(60 / INCH_MM) * 300, (30 / INCH_MM) * 300].map(Math.round));
    }
  });

  it("has modules of half a millimetre at least, and four of them white round the QR", async () => {
    for (const deviceClass of [DeviceClass.locked!, DeviceClass.simulated!])
      for (const module of [0.5, 0.6]) {
        const unit = unitOf(codes.at(-1)!.code, { deviceClass });
        const image = readPng(await labelPng(unit, labelTemplate({ module })));
        // The finder pattern's upper edge: seven modules, the first ones of the QR's 29.
        let left = 0;
        const isDark = (x: number) => darkRows(image, x, x + 1)[0] < image.height * 0.8;
        while (!isDark(left)) left++;
        const [top] = darkRows(image, left, left + 1);
        let right = left;
        while (image.red(right, top) < 128) right++;
        const px = (right - left) / 7;
        assert.ok((px / 300) * INCH_MM >= module, `${px} px`);
        assert.ok(left >= 4 * px && top >= 4 * px);
        const end = left + 29 * px;
        for (let x = end; x < end + 4 * px; x++)
          for (let y = 0; y < top + 33 * px; y++) assert.equal(image.red(x, y), 255, `${x}, ${y}`);
        for (let y = top + 29 * px; y < top + 33 * px; y++) assert.equal(image.red(left, y), 255);
      }
  });

  it("is marked where it is no locked unit's, and the same bytes every time", async () => {
    const labels = await Promise.all(
      [DeviceClass.locked!, DeviceClass.dev!, DeviceClass.simulated!].map((deviceClass) =>
        labelPng(unitOf(codes[0]!.code, { deviceClass }), TEMPLATE),
      ),
    );
    // A black band along the lower edge, and what stands in it in white.
    const blackIn = (png: Buffer, fromBelow: number) => {
      const image = readPng(png);
      let black = 0;
      for (let x = 0; x < image.width; x++) black += Number(image.red(x, image.height - fromBelow) < 128);
      return black / image.width;
    };
    assert.deepEqual(
      labels.map((png) => blackIn(png, 3)),
      [0, 1, 1],
    );
    for (const png of labels.slice(1)) assert.ok(blackIn(png, 25) < 0.95, `${blackIn(png, 25)}`);
    assert.notDeepEqual(labels[1], labels[2]);
    assert.deepEqual(await labelPng(unitOf(codes[0]!.code), TEMPLATE), labels[0]);
  });

  it("is read in every size that a template may have, or the template is refused", async () => {
    const unit = unitOf(codes.at(-1)!.code, { serial: "W".repeat(40), batch: "W".repeat(20) });
    let refused = 0;
    for (const width of [40, 45, 60, 100])
      for (const height of [20, 25, 30, 60])
        for (const module of [0.5, 1, 2]) {
          const made = labelPng(unit, labelTemplate({ width, height, module }));
          const png = await made.catch(({ code }) => assert.equal(code, "FACTORY_TEMPLATE"));
          if (png) assert.equal(toHex(await codeFromPicture(png, "label")), codes.at(-1)!.code);
          else refused++;
        }
    assert.ok(refused > 0 && refused < 40, `${refused} refused`);
    for (const wrong of [{ module: 0.4 }, { width: "60" }, { colour: "red" }, 7])
      assert.throws(() => labelTemplate(wrong), { code: "FACTORY_TEMPLATE" });
  });
});
