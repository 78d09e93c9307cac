/** What the firmware needs of a board. Nothing that is missing is worked around: a board without it gets no build. */
import type { BoardSpec, FlashRegion } from "../../firmware/board/spec";
import { MIN_NOTIFICATION_BYTES } from "../../protocol/fragments";

/** Something that a board lacks. */
export interface Lack {
  /** As `BoardSpec` calls it. */
  capability: string;
  /** What for, how much is there, and what to do. */
  reason: string;
}

/** The firmware stays within 8,400 variables (60 % of the reference board's); the rest is for what comes at the same time. */
const VARIABLES = 12_000;
/** The keys alternate between two. */
const VAULT_PAGES = 2;
/** A page holds one longest frame with what stands around it. */
const RING_PAGE_BYTES = 4096;
/**
 * Strips at 512 Hz live off a stock of erased pages, and the page that is written next must not be one that is being sent.
 * Flash that is erased in no time, as a simulated one, needs no stock.
 */
const RING_PAGES = 16;
/** A slot's head, with a release of up to 2 KB, is one page; chunks of the image must not cross any. */
const SLOT_PAGE_BYTES = 2048;
/** Identity with its certificate, by the factory. */
const FACTORY_BYTES = 4096;
/** Before every file in Espruino's Storage. */
const FILE_HEADER_BYTES = 32;

const OTHER_BOARD = "take another board, or a build of the runtime that has it";

/** Bytes of the longest image in a slot: its first page is its head. */
function roomOf({ pages, count, pageBytes }: NonNullable<BoardSpec["slots"]>): number {
  return (Math.floor(pages / count) - 1) * pageBytes;
}

/** What a region takes of Storage: whole pages of the chip lie somewhere within the file. */
function storageOf(region: FlashRegion): number {
  return region.kind === "file" ? FILE_HEADER_BYTES + (region.pages + 1) * region.pageBytes : 0;
}

/** Pins that two things were given, by name. */
function sharedPins(spec: BoardSpec): string[] {
  const { kind: _, ...frontEnd } = spec.frontEnd;
  const { button, led, buzzer, battery, batteryFoot } = spec.pins;
  const pins = [...Object.values(frontEnd), button, led, buzzer, battery, batteryFoot].filter(
    (pin) => typeof pin === "string" && pin !== "",
  ) as string[];
  return [...new Set(pins.filter((pin, i) => pins.indexOf(pin) !== i))];
}

/** @param flashedBytes length of each file that the build flashes, the application first, once it is known; @returns nothing for a board that has it all */
export function lacksOf(spec: BoardSpec, flashedBytes: number[] = []): Lack[] {
  const lacks: Lack[] = [];
  const need = (met: boolean, capability: string, reason: string): void => {
    if (!met) lacks.push({ capability, reason });
  };
  const { has, vault, ring, slots } = spec;
  const ringPages = spec.eraseMs > 0 ? RING_PAGES : 1;
  const [applicationBytes = 0] = flashedBytes;
  need(
    has.bluetooth,
    "bluetooth",
    `recordings leave by radio only, and this runtime has none: ${OTHER_BOARD}`,
  );
  need(
    has.sha256,
    "sha256",
    `keys, chains and signatures are made of SHA-256, and this runtime lacks it: ${OTHER_BOARD} (library SHA256)`,
  );
  need(
    has.aesCcm,
    "aesCcm",
    `every frame is sealed by AES-128-CCM, and this runtime lacks it: ${OTHER_BOARD} (library AES_CCM)`,
  );
  need(
    has.watchdog,
    "watchdog",
    `a handheld that hangs must restart by itself, and this runtime has no watchdog: ${OTHER_BOARD}`,
  );
  need(
    has.lesc || !spec.radio?.secondWall,
    "lesc",
    `the board file asks for LE Secure Connections, and this runtime has none: take \`secondWall\` out`,
  );
  need(
    spec.variables === 0 || spec.variables >= VARIABLES,
    "variables",
    `the firmware runs in ${VARIABLES} variables, and this runtime has ${spec.variables}: take a board with more memory`,
  );
  need(
    spec.notificationBytes >= MIN_NOTIFICATION_BYTES,
    "notificationBytes",
    `a fragment takes ${MIN_NOTIFICATION_BYTES} bytes, and a notification has ${spec.notificationBytes}: ${OTHER_BOARD} (larger MTU)`,
  );
  need(
    vault.pages === VAULT_PAGES,
    "vault",
    `the keys alternate between ${VAULT_PAGES} pages, and the board file names ${vault.pages}: correct it`,
  );
  need(
    ring.pages >= ringPages && ring.pageBytes >= RING_PAGE_BYTES,
    "ring",
    `recordings wait in ${ringPages} pages of ${RING_PAGE_BYTES} bytes or more, and the board file names ${ring.pages} of ${ring.pageBytes}: give it more flash`,
  );
  need(
    !slots || (slots.pageBytes >= SLOT_PAGE_BYTES && roomOf(slots) >= Math.max(1, applicationBytes)),
    "slots",
    `an update waits in a slot with a head page of ${SLOT_PAGE_BYTES} bytes or more and room for the application's ${applicationBytes}, and the board file's have ${slots && roomOf(slots)}: give them more pages, or leave them out`,
  );
  const storage =
    storageOf(vault) +
    storageOf(ring) +
    (slots ? storageOf(slots) : 0) +
    [...flashedBytes, FACTORY_BYTES].reduce((sum, bytes) => sum + FILE_HEADER_BYTES + bytes, 0);
  need(
    spec.storageBytes >= storage,
    "storageBytes",
    `application, identity, keys, ring and slots take ${storage} bytes of Storage, and there are ${spec.storageBytes}: give the ring fewer pages in the board file, or take a board with more flash`,
  );
  const shared = sharedPins(spec);
  need(shared.length === 0, "pins", `${shared.join(", ")} is given to two things: correct the board file`);
  return lacks;
}
