/**
 * The codes in photos/ were drawn by another program than the one that reads them (Python's qrcode), the table too
 * (Pillow: perspective, blur, noise, JPEG); what they hold stands in protocol/vectors/claim.json.
 */
import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { codeFromPhoto } from "../../../gateway/claim/photo";
import { pictureSize } from "../../../gateway/claim/picture";
import { toHex } from "../../../protocol/bytes";
import { Random } from "../../../tools/sim/random";
import { scratch } from "../../e2e/rig";
import { chunk, encodePng, type Grey, readModules, SIGNATURE } from "./png";

const PHOTOS = join(__dirname, "photos");
const { codes } = JSON.parse(readFileSync(join(__dirname, "../../../protocol/vectors/claim.json"), "utf8"));

interface View {
  width: number;
  height: number;
  /** Pixels per module, and where the middle of the code is. */
  scale: number;
  x: number;
  y: number;
  degrees?: number;
  /** How much smaller what is farther away gets, across the code. */
  perspective?: number;
  black?: number;
  white?: number;
  noise?: number;
}

const SEED = 20261128;

/** Looks every pixel up in the code, as a camera would. */
function photograph(view: View, ...codesAt: { code: Grey; x: number; y: number }[]): Buffer {
  const { width, height, scale, degrees = 0, perspective = 0, black = 20, white = 235, noise = 0 } = view;
  const random = new Random(SEED);
  const table = Math.round((black + 2 * white) / 3);
  const pixels = new Uint8Array(width * height).fill(table);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  for (const { code, x: cx, y: cy } of codesAt) {
    const reach = Math.ceil(code.width * scale);
    for (let y = Math.max(0, cy - reach); y < Math.min(height, cy + reach); y++) {
      for (let x = Math.max(0, cx - reach); x < Math.min(width, cx + reach); x++) {
        const [dx, dy] = [(x - cx) / scale, (y - cy) / scale];
        const depth = 1 + (perspective * dy) / code.height;
        const u = Math.floor((cos * dx + sin * dy) / depth + code.width / 2);
        const v = Math.floor((cos * dy - sin * dx) / depth + code.height / 2);
        if (u < 0 || v < 0 || u >= code.width || v >= code.height) continue;
        pixels[y * width + x] = code.pixels[v * code.width + u] ? white : black;
      }
    }
  }
  if (noise > 0)
    for (let i = 0; i < pixels.length; i++)
      pixels[i] = Math.max(0, Math.min(255, pixels[i]! + (random.next() - 0.5) * 2 * noise));
  return encodePng({ width, height, pixels });
}

describe("a photo of a claim code", function () {
  const folder = scratch(true);
  const code = readModules(join(PHOTOS, "claim.png"));
  const second = readModules(join(PHOTOS, "second.png"));
  const wifi = readModules(join(PHOTOS, "wifi.png"));
  let number = 0;

  function file(bytes: Uint8Array, ending = "png"): string {
    const path = join(folder, `${number++}.${ending}`);
    writeFileSync(path, bytes);
    return path;
  }

  const plain: View = { width: 800, height: 600, scale: 6, x: 400, y: 300 };
  const views: [string, View][] = [
    ["straight", plain],
    ["on its side", { ...plain, degrees: 90 }],
    ["askew", { ...plain, degrees: 33 }],
    ["from below", { ...plain, perspective: 0.35, degrees: 8 }],
    ["in the dark, with noise", { ...plain, black: 12, white: 44, noise: 8 }],
    ["small in twelve million pixels", { width: 4000, height: 3000, scale: 4, x: 3100, y: 700, noise: 6 }],
    ["small, askew", { width: 4000, height: 3000, scale: 4, x: 600, y: 2400, degrees: 20 }],
  ];
  for (const [what, view] of views) {
    it(`is read ${what} (seed ${SEED})`, async () => {
      const path = file(photograph(view, { code, x: view.x, y: view.y }));
      assert.equal(toHex(await codeFromPhoto(path)), codes[0].code);
    });
  }

  it("is read from the JPEG of a camera", async () => {
    assert.equal(toHex(await codeFromPhoto(join(PHOTOS, "table.jpg"))), codes[0].code);
  });

  it("is read beside another QR, and twice in one picture", async () => {
    const at = (grey: Grey, x: number) => ({ code: grey, x, y: 300 });
    const view = { ...plain, width: 1000 };
    for (const other of [wifi, code]) {
      const path = file(photograph(view, at(code, 250), at(other, 750)));
      assert.equal(toHex(await codeFromPhoto(path)), codes[0].code);
    }
  });

  async function refused(path: string, reason: string): Promise<void> {
    await assert.rejects(codeFromPhoto(path), (error: { code: string; message: string }) => {
      assert.equal(error.code, reason, error.message);
      assert.doesNotMatch(error.message, /\n|secret/);
      return true;
    });
  }

  it("is refused, each with its own reason: none, another's QR, two of ours", async () => {
    const at = (grey: Grey, x: number) => ({ code: grey, x, y: 300 });
    await refused(file(photograph(plain)), "PHOTO_NO_CODE");
    await refused(join(PHOTOS, "wifi.png"), "PHOTO_OTHER_CODE");
    const both = photograph({ ...plain, width: 1000 }, at(code, 250), at(second, 750));
    await refused(file(both), "PHOTO_SEVERAL");
  });

  it("is refused as HEIC, as nothing that it knows, as too large, and where there is none", async () => {
    const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypheic\0\0\0\0mif1heic")]);
    await refused(file(heic, "heic"), "PHOTO_HEIC");
    await refused(file(Buffer.from("GIF89a not a photo")), "PHOTO_FORMAT");
    await refused(file(new Uint8Array(0)), "PHOTO_FORMAT");
    await refused(join(folder, "nowhere.jpg"), "PHOTO_READ");
    const large = file(new Uint8Array(0));
    truncateSync(large, 32_000_001);
    await refused(large, "PHOTO_SIZE");
    const bomb = photograph(plain);
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    await refused(file(bomb), "PHOTO_SIZE");
  });

  it("is refused before it is unpacked where it would be far more than its header says", async () => {
    const head = Buffer.from([0, 0, 0, 10, 0, 0, 0, 10, 8, 0, 0, 0, 0]);
    const bombOf = (data: Buffer) =>
      file(
        Buffer.concat([SIGNATURE, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]),
      );
    const data = deflateSync(Buffer.alloc(50_000_000));
    await refused(bombOf(data), "PHOTO_SIZE");
    // A window that its distances leave: one decoder stops there, another goes on.
    const narrow = Buffer.from(data);
    narrow.writeUInt16BE(0x081d, 0);
    await refused(bombOf(narrow), "PHOTO_SIZE");
    await refused(bombOf(data.subarray(0, 1000)), "PHOTO_SIZE");
    // A chunk of telephones' own, where its size would be read, before the header.
    const apple = chunk("CgBI", Buffer.from([0, 0, 0, 10]));
    await refused(file(Buffer.concat([SIGNATURE, apple, chunk("IHDR", head)])), "PHOTO_FORMAT");
  });

  it("is not found in a file that is cut off, and nothing crashes", async () => {
    const jpeg = readFileSync(join(PHOTOS, "table.jpg"));
    for (const length of [3, 20, 200, 2000]) {
      await assert.rejects(codeFromPhoto(file(jpeg.subarray(0, length), "jpg")), { name: "Error" });
    }
  });

  it("tells its size before it is unpacked", () => {
    assert.deepEqual(pictureSize(readFileSync(join(PHOTOS, "table.jpg"))), { width: 1200, height: 900 });
    assert.deepEqual(pictureSize(readFileSync(join(PHOTOS, "claim.png"))), { width: 37, height: 37 });
  });
});
