/** A camera's photo made small enough for a slow network; what the hub then reads in it is as upright as it was taken. */

/** Of the longer side: a QR that fills a tenth of it still has seven pixels a module (ISO/IEC 18004, version 3: 29 modules). */
const MOST_PX = 2048;
/** Smaller files are on their way sooner than shrunk. */
const SMALL_BYTES = 1_000_000;
/** JPEG's; a QR's edges bear it. */
const QUALITY = 0.85;

/** @returns undefined for one that is small, or that this browser cannot read: the hub says what is wrong with it */
export async function shrunk(photo: Blob): Promise<Blob | undefined> {
  if (photo.size <= SMALL_BYTES) return undefined;
  // Turned as the camera was held, which a JPEG says beside its pixels.
  const picture = await createImageBitmap(photo, { imageOrientation: "from-image" }).catch(() => undefined);
  if (!picture) return undefined;
  const factor = Math.min(1, MOST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * factor));
  canvas.height = Math.max(1, Math.round(picture.height * factor));
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return small && small.size < photo.size ? small : undefined;
}
