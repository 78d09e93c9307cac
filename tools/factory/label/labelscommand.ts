/** `avnode factory label` and `avnode factory scan`. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { askSecret } from "../../../gateway/cli/asking";
import { CliError, Exit, type Terminal } from "../../../gateway/cli/terminal";
import { counted } from "../../../gateway/cli/text";
import type { SecretBox } from "../keys";
import { MAKER_PASSPHRASE } from "../passphrases";
import { placesOf } from "../station";

const SIZES = `
Sizes of labels and pages, in millimetres, may stand in label.json in the station's folder, each with its default:
  {"width": 60, "height": 30, "module": 0.6, "pageWidth": 210, "pageHeight": 297, "margin": 10, "gap": 4}
A printer of labels on a roll wants a page as large as the label:
  {"width": 60, "height": 30, "pageWidth": 60, "pageHeight": 30, "margin": 0}`;

interface LabelOptions {
  output?: string;
  png?: string;
  keep?: boolean;
  keys?: string;
  json?: boolean;
}

interface ScanOptions {
  photo?: string;
  json?: boolean;
}

export function addLabels(factory: Command, terminal: Terminal): void {
  factory
    .command("label <station> [serial...]")
    .description("put the labels of units that passed, or of all, on sheets to print and cut")
    .option("-o, --output <file>", "PDF to write (default: labels-1.pdf and so on, in the station's folder)")
    .addOption(
      new Option(
        "--png <dir>",
        "a picture of each instead, SERIAL.png, for a printer that takes those",
      ).conflicts("output"),
    )
    .option("--keep", "keep the labels' pictures, to print them again: by default they are erased then")
    .option("--keys <dir>", "keys of the maker, by which pictures are sealed (by default in the station)")
    .option("--json", "print JSON")
    .addHelpText("after", SIZES)
    .action((station: string, serials: string[], options: LabelOptions) =>
      label(station, serials, options, terminal),
    );
  factory
    .command("scan <station>")
    .description("say which unit a label belongs to: scanned by a scanner that types, or photographed")
    .option("--photo <file>", "read it from a picture of the label (JPEG or PNG)")
    .option("--json", "print JSON")
    .action((station: string, options: ScanOptions) => scan(station, options, terminal));
}

async function label(
  station: string,
  named: string[],
  options: LabelOptions,
  terminal: Terminal,
): Promise<void> {
  const { erasePicture, labelsFolder } = require("./kept") as typeof import("./kept");
  const { saveFiles } =
    require("../../../gateway/export/save") as typeof import("../../../gateway/export/save");
  const folder = options.png === undefined ? undefined : resolve(options.png);
  if (folder === resolve(labelsFolder(station)))
    throw new CliError(Exit.usage, `--png ${options.png}: the station's own are there; name another folder`);
  const taken = await picturesOf(station, named, options, terminal);
  const serials = [...taken.keys()];
  // Whoever has these files has the codes: not where it is run, which may be a clone.
  const path = folder ?? resolve(options.output ?? nextSheet(station));
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files =
    folder === undefined
      ? [{ path, bytes: await sheet(station, [...taken.values()]) }]
      : [...taken].map(([serial, bytes]) => ({ path: join(folder, `${serial}.png`), bytes }));
  saveFiles(files.map(({ path, bytes }) => ({ file: { name: path, pieces: () => [bytes] }, path })));
  if (!options.keep) for (const serial of serials) erasePicture(station, serial);
  if (options.json) terminal.json({ file: path, serials, erased: !options.keep });
  else terminal.print(`${path}: ${counted(serials.length, "label")}`);
  terminal.say(
    "print it at 100 %, then destroy it and what is left over: whoever holds a code can claim its unit",
  );
}

/** By serial number; those of identities that were given up are erased. */
async function picturesOf(
  station: string,
  named: string[],
  { keys = placesOf(station).keys }: LabelOptions,
  terminal: Terminal,
): Promise<Map<string, Buffer>> {
  const { erasePicture, hasPicture, isSealed, keptPicture, keptPictures } =
    require("./kept") as typeof import("./kept");
  const { labelAnew, unitsBySerial, waitsForScan } = require("./anew") as typeof import("./anew");
  const kept = keptPictures(station);
  if (named.length + kept.length === 0) throw noLabels(station);
  // Behind the pictures: the journal knew each unit before its label was made.
  const units = unitsBySerial(station);
  const strays = kept.filter((serial) => !units.has(serial));
  for (const serial of strays) erasePicture(station, serial);
  if (strays.length > 0)
    terminal.say(`erased, because no unit has these identities any more: ${strays.join(", ")}`);
  const serials = new Set(named.length > 0 ? named : kept.filter((serial) => units.has(serial)));
  if (serials.size === 0) throw noLabels(station);
  const isErased = (serial: string) => !hasPicture(station, serial) && waitsForScan(units.get(serial));
  const box = [...serials].some((serial) => isSealed(station, serial) || isErased(serial))
    ? await openBox(keys, terminal)
    : undefined;
  const pictures = new Map<string, Buffer>();
  for (const serial of serials)
    pictures.set(
      serial,
      box && isErased(serial)
        ? await labelAnew(station, units.get(serial)!, box)
        : keptPicture(station, serial, box),
    );
  return pictures;
}

function noLabels(station: string): CliError {
  return new CliError(
    Exit.failed,
    `no labels are in ${station}: 'avnode factory run' makes one for each unit that passes`,
  );
}

function sheet(station: string, pictures: Buffer[]): Promise<Buffer> {
  const { sheetOf } = require("./sheet") as typeof import("./sheet");
  const { templateOf } = require("./template") as typeof import("./template");
  return sheetOf(pictures, templateOf(station));
}

/** What lies there may not be printed yet, and its pictures are erased. */
function nextSheet(station: string): string {
  const named = (number: number) => join(station, `labels-${number}.pdf`);
  let number = 1;
  while (existsSync(named(number))) number++;
  return named(number);
}

async function openBox(keys: string, terminal: Terminal): Promise<SecretBox> {
  const { openSecretBox } = require("../keys") as typeof import("../keys");
  return openSecretBox(keys, await askSecret(terminal, MAKER_PASSPHRASE));
}

/** The code itself is shown nowhere. */
async function scan(station: string, { photo, json }: ScanOptions, terminal: Terminal): Promise<void> {
  const { readLabel, typedCode } = require("./scan") as typeof import("./scan");
  const { whoseLabel } = require("./kept") as typeof import("./kept");
  const code =
    photo === undefined
      ? typedCode(await askSecret(terminal, "scan the label: "))
      : await readLabel(pictureIn(photo), photo);
  const found = whoseLabel(station, code);
  if (!found)
    throw new CliError(
      Exit.no,
      `this label is of no unit of ${station}: name the station that made it, or put the unit aside`,
    );
  const { serial, device, board, batch } = found;
  if (json) terminal.json({ serial, device, board, batch });
  else terminal.print(`${serial}: handheld ${device}, ${board}, batch ${batch}`);
}

function pictureIn(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(
      Exit.failed,
      `cannot read the picture: ${(error as Error).message}; name a JPEG or PNG file`,
    );
  }
}
