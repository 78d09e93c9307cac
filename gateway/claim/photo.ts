/** The claim code out of a photo of the QR on a handheld. Nothing of the photo leaves this process. */
import { readFileSync, statSync } from "node:fs";
import type { ReaderOptions } from "zxing-wasm/reader";
import { decodeClaimCode } from "../../protocol/claim";
import { isPng, pictureSize } from "./picture";
import { fitsItsSize } from "./pngdata";

const MAX_BYTES = 32_000_000;
/** A picture is unpacked to more than five bytes a pixel, on hubs of half a gigabyte. */
const MAX_PIXELS = 32_000_000;
const MAX_SYMBOLS = 8;
const OURS = /^avnode:/i;

export type PhotoCode =
  | "PHOTO_READ"
  | "PHOTO_SIZE"
  | "PHOTO_HEIC"
  | "PHOTO_FORMAT"
  | "PHOTO_NO_CODE"
  | "PHOTO_OTHER_CODE"
  | "PHOTO_SEVERAL";

export class PhotoError extends Error {
  constructor(
    readonly code: PhotoCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @returns the code's 16 bytes; @throws PhotoError, CLAIM_CODE_* */
export async function codeFromPhoto(path: string): Promise<Uint8Array> {
  return codeFromPicture(read(path), path);
}

/** @param path as errors name it; @returns the code's 16 bytes; @throws PhotoError, CLAIM_CODE_* */
export async function codeFromPicture(picture: Uint8Array, path: string): Promise<Uint8Array> {
  const size = pictureSize(picture);
  if (size === "heic")
    throw new PhotoError(
      "PHOTO_HEIC",
      `cannot read ${path}: it is HEIC; share it as JPEG, or set the camera to 'most compatible' and take it again`,
    );
  if (size === undefined)
    throw new PhotoError("PHOTO_FORMAT", `cannot read ${path}: it is no JPEG and no PNG; save it as one`);
  if (size.width * size.height > MAX_PIXELS)
    throw new PhotoError(
      "PHOTO_SIZE",
      `${path} has ${size.width} x ${size.height} pixels, more than ${MAX_PIXELS / 1e6} million: take it with a lower resolution, or crop it to the QR`,
    );
  if (isPng(picture) && !(await fitsItsSize(picture, size)))
    throw new PhotoError(
      "PHOTO_SIZE",
      `${path} does not hold ${size.width} x ${size.height} pixels, as it says: save it anew, as JPEG`,
    );
  const texts = await textsIn(picture);
  const ours = [...new Set(texts.filter((text) => OURS.test(text)).map((text) => text.toUpperCase()))];
  if (ours.length > 1)
    throw new PhotoError(
      "PHOTO_SEVERAL",
      `${ours.length} handhelds' codes are in ${path}: crop it to the one to be claimed, or cover the others`,
    );
  if (ours.length === 1) return decodeClaimCode(ours[0]!);
  if (texts.length > 0)
    throw new PhotoError(
      "PHOTO_OTHER_CODE",
      `the QR in ${path} is not a handheld's claim code: it stands under the cover on the unit itself; photograph that one`,
    );
  throw new PhotoError(
    "PHOTO_NO_CODE",
    `no QR was found in ${path}: take it closer, sharp, with light from the side and the white margin in view; or type the code`,
  );
}

function read(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > MAX_BYTES)
      throw new PhotoError(
        "PHOTO_SIZE",
        `${path} is larger than ${MAX_BYTES / 1e6} MB: crop it to the QR, or save it as JPEG`,
      );
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof PhotoError) throw cause;
    throw new PhotoError(
      "PHOTO_READ",
      `cannot read the photo: ${(cause as Error).message}; name a JPEG or PNG file`,
      { cause },
    );
  }
}

async function textsIn(picture: Uint8Array): Promise<string[]> {
  // Loaded late: a megabyte that only photos need.
  const { prepareZXingModule, readBarcodes } =
    require("zxing-wasm/reader") as typeof import("zxing-wasm/reader");
  // Left to itself it would fetch this from a server.
  const wasm = readFileSync(require.resolve("zxing-wasm/reader/zxing_reader.wasm"));
  const wasmBinary = wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength);
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  const options: ReaderOptions = {
    formats: ["QRCode"],
    tryHarder: true,
    tryRotate: true,
    tryInvert: true,
    tryDownscale: true,
    maxNumberOfSymbols: MAX_SYMBOLS,
  };
  const found = await readBarcodes(picture, options);
  return found.filter(({ isValid }) => isValid).map(({ text }) => text);
}
