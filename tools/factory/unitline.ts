/** One line of a station's log: how a unit's turn at the station ended. Canonical CBOR; never a secret. */
import { type CborMap, decodeCbor, encodeCbor } from "../../protocol/cbor";
import { Fields } from "../../protocol/fields";
import { DEVICE_ID_BYTES } from "../../protocol/keys";
import { FactoryFailure } from "./failure";

export interface TestLine {
  name: string;
  passed: boolean;
  measured: string;
  wanted: string;
}

export interface UnitLine {
  /** Unix ms by the station's clock. */
  at: number;
  /** How long it took, ms. */
  tookMs: number;
  station: string;
  slot: string;
  /** The chip's serial number; empty for a unit that did not answer. */
  chip: string;
  /** PASS, a code of codes.ts, or GIVEN_UP, which is no turn's. */
  outcome: string;
  /** Where it ended; empty for no turn. */
  step: string;
  detail: string;
  board: string;
  batch: string;
  deviceClass: number;
  /** All of them null until it has an identity. */
  device: Uint8Array | null;
  serial: string | null;
  /** SHA-256. */
  certificate: Uint8Array | null;
  /** SHA-256 of the application. */
  firmware: Uint8Array;
  tests: TestLine[];
  /** What was looked at, and what was found. */
  checks: Record<string, string>;
}

/** Somebody took its identity from the unit by hand; `detail` says why. */
export const GIVEN_UP = "GIVEN-UP";

/** Whether nobody is to rely on the unit's identity after it: through a console that answers its keys are read. */
export function isDistrust({ outcome }: Pick<UnitLine, "outcome">): boolean {
  return outcome === "E08" || outcome === GIVEN_UP;
}

/** What `checks.air` says of a unit that passed though nothing showed that it lives. */
export const WITHOUT_AIR = "not looked for: --without-air";

const CLEAR = " in the clear";

/** What `checks.identity` says of a unit that got its keys where others may hear them. */
export const keysInTheClear = (over: string) => `keys went over ${over}${CLEAR}`;

export function isWithoutAir({ outcome, checks }: Pick<UnitLine, "outcome" | "checks">): boolean {
  return outcome === "PASS" && checks.air === WITHOUT_AIR;
}

export function isInTheClear({ checks }: Pick<UnitLine, "checks">): boolean {
  return checks.identity?.endsWith(CLEAR) === true;
}

/** How often each word of lines stands there. */
export function tally(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const TYPE = "avnode/factory-unit";
const VERSION = 1;
const MAX_TEXT = 200;
const MAX_EXACT = Number.MAX_SAFE_INTEGER;
const HASH_BYTES = 32;
const MAX_TESTS = 64;
const KEYS: (keyof UnitLine)[] = [
  ...(["at", "tookMs", "station", "slot", "chip", "outcome", "step", "detail", "board", "batch"] as const),
  ...(["deviceClass", "device", "serial", "certificate", "firmware", "tests", "checks"] as const),
];
const SIGNS: Record<string, string> = { µ: "u", μ: "u", "≤": "<=", "≥": ">=", "±": "+-", "×": "x", Ω: "Ohm" };

/** The log's texts are ASCII. */
function plain(text: string): string {
  return text.replace(/[^ -~]/g, (sign) => SIGNS[sign] ?? (/\s/.test(sign) ? " " : "?")).slice(0, MAX_TEXT);
}

export function encodeUnitLine(line: UnitLine): Uint8Array {
  const map: CborMap = { type: TYPE, v: VERSION };
  for (const key of KEYS) {
    const value = line[key];
    map[key] = typeof value === "string" ? plain(value) : (value as CborMap[string]);
  }
  map.tests = line.tests.map(({ name, passed, measured, wanted }) => ({
    name: plain(name),
    passed,
    measured: plain(measured),
    wanted: plain(wanted),
  }));
  map.checks = Object.fromEntries(Object.entries(line.checks).map(([name, found]) => [name, plain(found)]));
  return encodeCbor(map);
}

/** @throws FACTORY_LOG, CBOR_*, UNITLINE_* */
export function decodeUnitLine(leaf: Uint8Array): UnitLine {
  const value = decodeCbor(leaf) as CborMap;
  const fields = new Fields(value, "UNITLINE", ["type", "v", ...KEYS]);
  fields.is("type", TYPE);
  fields.is("v", VERSION);
  const text = (key: string) => fields.text(key, MAX_TEXT);
  const tests = fields.list("tests", MAX_TESTS) as unknown as TestLine[];
  const checks = value.checks as Record<string, string>;
  const isText = (one: unknown) => typeof one === "string";
  const isTest = ({ name, passed, measured, wanted }: TestLine) =>
    [name, measured, wanted].every(isText) && typeof passed === "boolean";
  if (!tests.every(isTest) || typeof checks !== "object" || !Object.values(checks).every(isText))
    throw new FactoryFailure("FACTORY_LOG", "a line of the log holds tests or checks that cannot be read");
  return {
    at: fields.uint("at", MAX_EXACT),
    tookMs: fields.uint("tookMs", MAX_EXACT),
    station: text("station"),
    slot: text("slot"),
    chip: text("chip"),
    outcome: text("outcome"),
    step: text("step"),
    detail: text("detail"),
    board: text("board"),
    batch: text("batch"),
    deviceClass: fields.uint("deviceClass", 255),
    device: fields.isNull("device") ? null : fields.bytes("device", DEVICE_ID_BYTES),
    serial: fields.isNull("serial") ? null : text("serial"),
    certificate: fields.isNull("certificate") ? null : fields.bytes("certificate", HASH_BYTES),
    firmware: fields.bytes("firmware", HASH_BYTES),
    tests,
    checks,
  };
}
