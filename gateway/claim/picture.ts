/** What kind of picture a file is and how large it unpacks, from its headers alone. */

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Other chunks before it say something else where this one says the size; decoders know such, from telephones. */
const FIRST_CHUNK = "IHDR";
const HEIC_BRANDS = ["heic", "heix", "hevc", "heim", "heis", "mif1", "msf1", "avif"];

export interface PictureSize {
  width: number;
  height: number;
}

/** @returns undefined for what is neither PNG nor JPEG nor HEIC */
export function pictureSize(bytes: Uint8Array): PictureSize | "heic" | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length >= 24 && isPng(view)) {
    if (view.toString("latin1", 12, 16) !== FIRST_CHUNK) return undefined;
    return { width: view.readUInt32BE(16), height: view.readUInt32BE(20) };
  }
  if (view.length >= 4 && view[0] === 0xff && view[1] === 0xd8) return jpegSize(view);
  const box = view.toString("latin1", 4, 12);
  return HEIC_BRANDS.some((brand) => box === `ftyp${brand}`) ? "heic" : undefined;
}

export function isPng(bytes: Uint8Array): boolean {
  return PNG.every((byte, i) => bytes[i] === byte);
}

/** ITU-T T.81, B.1.1.4 and B.2.2: segments up to the first frame header, which says the size. */
function jpegSize(view: Buffer): PictureSize | undefined {
  let at = 2;
  while (at + 9 <= view.length) {
    if (view[at] !== 0xff) return undefined;
    const marker = view[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.readUInt16BE(at + 7), height: view.readUInt16BE(at + 5) };
    // Fill bytes may stand before a marker.
    at += marker === 0xff ? 1 : 2 + view.readUInt16BE(at + 2);
  }
  return undefined;
}
