import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { codeFromPicture } from "../../../../gateway/claim/photo";
import { pictureSize } from "../../../../gateway/claim/picture";
import { toHex } from "../../../../protocol/bytes";
import { readModules } from "../../claim/png";
import { type FakeHub, RATE, type Shape } from "./fakehub";
import { withPage } from "./pagerig";

const SHAPE: Shape = { samples: 30 * RATE, leads: ["I"] };
const [WIDTH, HEIGHT] = [4000, 3000];
const { codes } = JSON.parse(
  readFileSync(join(__dirname, "../../../../protocol/vectors/claim.json"), "utf8"),
) as { codes: { code: string }[] };

/**
 * A camera's: noise, which JPEG cannot make small, a QR, and a black corner at the sensor's upper left; held upright, so
 * that the file says "turn me a quarter to the right" (Exif orientation 6).
 */
async function photograph(page: Page, pxPerModule: number): Promise<Buffer> {
  const code = readModules(join(__dirname, "../../claim/photos/claim.png"));
  const base64 = await page.evaluate(
    `(async ([code, pxPerModule]) => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [${WIDTH}, ${HEIGHT}];
      const context = canvas.getContext("2d");
      const noise = new ImageData(${WIDTH}, ${HEIGHT});
      for (let n = 0, state = 1; n < noise.data.length; n += 4) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        noise.data.fill(150 + (state >>> 26), n, n + 3);
        noise.data[n + 3] = 255;
      }
      context.putImageData(noise, 0, 0);
      context.fillRect(0, 0, 400, 400);
      for (const [n, white] of code.pixels.entries()) {
        context.fillStyle = white ? "#eee" : "#111";
        const [x, y] = [n % code.width, Math.floor(n / code.width)];
        context.fillRect(2500 + x * pxPerModule, 900 + y * pxPerModule, pxPerModule, pxPerModule);
      }
      const jpeg = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
      const reader = new FileReader();
      await new Promise((done) => { reader.onload = done; reader.readAsDataURL(jpeg); });
      return reader.result.split(",")[1];
    })(${JSON.stringify([{ width: code.width, pixels: Array.from(code.pixels) }, pxPerModule])})`,
  );
  const jpeg = Buffer.from(base64 as string, "base64");
  // TIFF 6.0, one entry: tag 0x0112, SHORT, 1 value, 6; in an APP1 segment behind the JPEG's first marker.
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010006000000000000", "hex");
  const exif = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
}

describe("a claim code's photo, in a browser", function () {
  this.timeout(180_000);
  const rig = withPage();

  async function upload(page: Page, buffer: Buffer): Promise<void> {
    await page
      .getByLabel("Or a photo of its QR code")
      .setInputFiles({ name: "qr.jpg", mimeType: "image/jpeg", buffer });
  }

  const sent = (hub: FakeHub): Buffer => hub.bodies.get("POST /api/claims/photo")!;

  it("a camera's eight megabytes are sent as less than one, upright, without what it says of the place, and legible", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/claim");
    const photo = await photograph(page, 10);
    assert.ok(photo.length > 4_000_000 && photo.length < 8_000_000, `${photo.length} bytes`);
    await upload(page, photo);
    await page.getByText("Hold the handheld's button now").waitFor();
    const small = sent(hub);
    assert.ok(small.length < 1_000_000, `${small.length} bytes`);
    assert.deepEqual(pictureSize(small), { width: 1536, height: 2048 });
    assert.equal(small.indexOf("Exif"), -1);
    assert.equal(toHex(await codeFromPicture(small, "the photo")), codes[0]!.code);
    // The sensor's upper left is the picture's upper right.
    const corners = await page.evaluate(
      `(async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
        const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
        const context = new OffscreenCanvas(1536, 2048).getContext("2d");
        context.drawImage(picture, 0, 0);
        return [[50, 50], [1486, 50], [50, 1998], [1486, 1998]].map((at) => context.getImageData(...at, 1, 1).data[0] < 60);
      })("${small.toString("base64")}")`,
    );
    assert.deepEqual(corners, [false, true, false, false]);
  });

  it("one in which the hub finds no code once shrunk is sent whole", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/claim", {}, ({ refusals, problems }) => {
      refusals.set("POST /api/claims/photo", 400);
      problems.set("POST /api/claims/photo", "PHOTO_NO_CODE");
    });
    const photo = await photograph(page, 10);
    await upload(page, photo);
    await page.getByText("No QR code was found in the photo.").waitFor();
    assert.equal(hub.asked.filter((route) => route === "POST /api/claims/photo").length, 2);
    assert.deepEqual(sent(hub), photo);
    rig.complaints.length = 0;
  });

  it("one that is no picture is sent as it is: the hub says what is wrong", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/claim");
    const heic = Buffer.alloc(2_000_000);
    heic.write("ftypheic", 4, "latin1");
    await upload(page, heic);
    await page.getByText("Hold the handheld's button now").waitFor();
    assert.deepEqual(sent(hub), heic);
  });
});
