/**
 * Boot code: locks the unit down, then chooses what runs: an update, if one may, or else the image that was built with this
 * boot code. The build makes one expression of it, so
 * that it leaves no name behind that the application might use as well, and evaluates what `chosen` returns from flash, so
 * that the application's functions stay there and cost no variables.
 */
// First of all, before anything else of this is even defined.
import "./lock";
import type { FlashRegion } from "../board/spec";
import { GOLDEN, Slots, Word } from "../slot";
import { findRegion } from "./flash";

/** Put in by the build: CRC-32, length, counter and version of the application in Storage. */
declare const APP_CRC: number;
declare const APP_LENGTH: number;
declare const APP_COUNTER: number;
declare const APP_VERSION: string;
/** LMS public key of the maker's releases in base64, "" for none. */
declare const RELEASE_KEY: string;
/** The board file's. */
declare const SLOTS: (FlashRegion & { count: number }) | null;

const APPLICATION = "avnode";
/** Before an update's image has its own watchdog: one that hangs, or never gets so far, is gone after that. */
const WATCHDOG_S = 30;

/** Says to the application what it is. */
function tell(counter: number, version: string, slot: number, trial: boolean): void {
  avnode = { key: RELEASE_KEY, counter, version, slot, trial };
}

/** The image of an update that may run, undefined without one. */
function update(region: FlashRegion & { count: number }): string | undefined {
  const place = findRegion(region);
  if (!place) return undefined;
  const slots = new Slots(place.flash, region.count, E.CRC32);
  const image = function (slot: number, bytes: number): string {
    return require("Storage").read(region.name, place.offset + slots.imageAt(slot), bytes)!;
  };
  const found = slots.choose(APP_COUNTER, function (slot, bytes) {
    return E.CRC32(image(slot, bytes));
  });
  if (!found) return undefined;
  const release = found.release;
  tell(release.counter, release.version, found.slot, !found.words[Word.kept]);
  E.enableWatchdog(WATCHDOG_S, false);
  return image(found.slot, release.bytes);
}

function factory(): string {
  const code = require("Storage").read(APPLICATION);
  if (code !== undefined && code.length === APP_LENGTH && E.CRC32(code) === APP_CRC) {
    tell(APP_COUNTER, APP_VERSION, GOLDEN, false);
    return code;
  }
  // Blinks evenly, like no pattern of the application.
  if (typeof LED1 !== "undefined") {
    let lit = 0;
    setInterval(function () {
      lit = 1 - lit;
      digitalWrite(LED1, lit);
    }, 500);
  }
  return "";
}

/** @returns the code that runs */
export function chosen(): string {
  try {
    const code = SLOTS ? update(SLOTS) : undefined;
    if (code) return code;
  } catch {
    // Whatever is wrong with the slots, the factory's image is there.
  }
  return factory();
}
