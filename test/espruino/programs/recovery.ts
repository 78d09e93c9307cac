/** Writes the ring as it was, with one damage after another, boots it anew each time and says which frames it gives back. */
import type { FlashRegion } from "../../../firmware/board/spec";
import { EspruinoCrypto } from "../../../firmware/espruino/crypto";
import { openFlash } from "../../../firmware/espruino/flash";
import { Ring } from "../../../firmware/ring";
import { concat, toHex } from "../../../protocol/bytes";

/** Put before the program. A case clears what was written from `at` on, or flips bits of that byte. */
declare const DATA: { region: FlashRegion; frames: number; cases: { at: number; flip: number }[] };

const flash = openFlash(DATA.region);
const pageBytes = flash.pageBytes;
const crypto = new EspruinoCrypto();
const original: Uint8Array[] = [];
for (let page = 0; page < flash.pages; page++) original.push(flash.read(page * pageBytes, pageBytes));

function damaged(page: number, at: number, flip: number): Uint8Array {
  const bytes = new Uint8Array(pageBytes);
  bytes.set(original[page], 0);
  const from = at - page * pageBytes;
  if (flip > 0) {
    if (from >= 0 && from < pageBytes) bytes[from] ^= flip;
  } else bytes.fill(255, Math.max(0, Math.min(pageBytes, from)), pageBytes);
  return bytes;
}

for (let n = 0; n < DATA.cases.length; n++) {
  const one = DATA.cases[n];
  for (let page = 0; page < flash.pages; page++) {
    const bytes = damaged(page, one.at, one.flip);
    if (E.CRC32(bytes) === E.CRC32(flash.read(page * pageBytes, pageBytes))) continue;
    flash.erase(page);
    flash.write(page * pageBytes, bytes);
  }
  const ring = new Ring(flash, E.CRC32, crypto);
  ring.load(1, function () {});
  let hash = new Uint8Array(32);
  let found = 0;
  for (let sequence = 0; sequence < DATA.frames; sequence++) {
    const frame = ring.read(1, sequence);
    if (!frame) continue;
    hash = crypto.sha256(concat([hash, frame]));
    found++;
  }
  print("CASE " + n + " " + found + " " + toHex(hash));
}
