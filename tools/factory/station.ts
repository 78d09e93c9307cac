/** A station's folder: what it makes, in station.json, and the places of everything else in it. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { replaceFile } from "../../gateway/backup/files";
import { DeviceClass } from "../../protocol/certificate";
import { FactoryFailure } from "./failure";

const CLASSES = ["locked", "dev", "simulated"] as const;
/** Printable ASCII: it goes into certificates, logs and labels. */
const word = (most: number) =>
  z
    .string()
    .regex(/^[!-~]+( [!-~]+)*$/, "printable characters")
    .max(most);
const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

export const stationSchema = z.strictObject({
  /** As papers and evidence name the maker. */
  maker: word(80),
  /** Ed25519, by which certificates and the station's log are signed. */
  makerKey: hex(32),
  /** LMS public key of the maker's releases: the boot code of its units holds it. */
  releaseKey: hex(48).optional(),
  /** Tells this station's log from another's. */
  id: hex(8),
  /** Of the operator's bench, as lines of the log name it. */
  name: word(40),
  board: word(40),
  deviceClass: z.enum(CLASSES),
  batch: word(20),
  /** Serial numbers: the prefix and a number of so many digits, counted from `first`. */
  numbering: z.strictObject({
    prefix: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,15}$/),
    digits: z.int().min(1).max(10),
    first: z.int().min(0),
  }),
  /** Signing trees of each unit; a real one has 8 of height 10, which are 8,192 recordings. */
  signing: z.strictObject({
    trees: z.int().min(1).max(8),
    height: z.union([z.literal(5), z.literal(10)]),
  }),
  ports: z.array(z.string()),
  /** Bluetooth adapter that hears units, "hci0". Left out, none does. */
  adapter: z.string().min(1).optional(),
  /**
   * Of the bootloader that holds the maker's own key: where it lies, and its CRC-32. Left out, it is not checked, and the
   * log says so.
   */
  bootloader: z.strictObject({ address: z.int(), bytes: z.int(), crc32: z.int() }).optional(),
});

export type Station = z.infer<typeof stationSchema>;

const CHECKPOINT = ".checkpoint";

/** So many a unit signs: one with each leaf. */
export const recordingsOf = ({ signing: { trees, height } }: Pick<Station, "signing">) => trees * 2 ** height;

export interface Places {
  config: string;
  journal: string;
  firmware: string;
  papers: string;
  keys: string;
}

/** Of a station, in the folder of the maker's keys. */
export function keptCheckpoint(keys: string, { id }: Station): string {
  return join(keys, id + CHECKPOINT);
}

/** Whether a station made units with these keys. */
export function hasStation(keys: string): boolean {
  return existsSync(keys) && readdirSync(keys).some((name) => name.endsWith(CHECKPOINT));
}

export function placesOf(dir: string): Places {
  return {
    config: join(dir, "station.json"),
    journal: join(dir, "station.db"),
    firmware: join(dir, "firmware"),
    papers: join(dir, "papers"),
    keys: join(dir, "keys"),
  };
}

/** @returns what is wrong with where the keys lie; undefined for a station that makes nothing to ship, or keys kept apart */
export function keysTogether(dir: string, { deviceClass }: Station, keys: string): string | undefined {
  if (deviceClass !== "locked" || resolve(keys) !== resolve(placesOf(dir).keys)) return undefined;
  return `the keys lie in the station's own folder: move them to a medium that is kept apart, and name it with --keys DIR. Who copies the folder has them, and a copy of both, brought back, may sign twice with one leaf of the release key`;
}

/** @throws FACTORY_STATION */
export function readStation(dir: string): Station {
  const { config } = placesOf(dir);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(config, "utf8"));
  } catch (cause) {
    throw new FactoryFailure(
      "FACTORY_STATION",
      `${dir} is no station: cannot read ${config} (${(cause as Error).message}). Make one with 'avnode factory init'`,
      { cause },
    );
  }
  return checked(value, config);
}

/** @throws FACTORY_STATION */
export function writeStation(dir: string, station: Station): void {
  const { config, papers } = placesOf(dir);
  mkdirSync(papers, { recursive: true, mode: 0o700 });
  replaceFile(config, `${JSON.stringify(checked(station, config), null, 2)}\n`);
}

export function classOf({ deviceClass }: Station): number {
  return DeviceClass[deviceClass];
}

/** @throws FACTORY_STATION */
export function checkStation(station: Station, name: string): void {
  checked(station, name);
}

function checked(value: unknown, config: string): Station {
  const result = stationSchema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues as [z.core.$ZodIssue];
  throw new FactoryFailure("FACTORY_STATION", `${config}: ${path.join(".") || "it"}: ${message}; correct it`);
}
