/** `avnode factory label` and `avnode factory scan`. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { askSecret } from "../../../gateway/cli/asking";
import { CliError, Exit, type Terminal } from "../../../gateway/cli/terminal";
import { counted } from "../../../gateway/cli/text";
import type { SecretBox } from "../keys";
import { MAKER_PASSPHRASE } from "../passphrases";
import { placesOf } from "../station";

const SIZES = `
Sizes of labels and pages, in millimetres, may stand in label.json in the station's folder, each with its default:
  {"width": 60, "height": 30, "module": 0.6, "pageWidth": 210, "pageHeight": 297, "margin": 10, "gap": 4}`;

interface LabelOptions {
  output?: string;
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
  const { erasePicture, isSealed, keptPicture, keptPictures } = require("./kept") as typeof import("./kept");
  const { sheetOf } = require("./sheet") as typeof import("./sheet");
  const { templateOf } = require("./template") as typeof import("./template");
  const { saveFiles } =
    require("../../../gateway/export/save") as typeof import("../../../gateway/export/save");
  const serials = named.length > 0 ? [...new Set(named)] : keptPictures(station);
  if (serials.length === 0)
    throw new CliError(
      Exit.failed,
      `no labels are in ${station}: 'avnode factory run' makes one for each unit that passes`,
    );
  const box = serials.some((serial) => isSealed(station, serial))
    ? await openBox(options.keys ?? placesOf(station).keys, terminal)
    : undefined;
  const pictures = serials.map((serial) => keptPicture(station, serial, box));
  const pdf = await sheetOf(pictures, templateOf(station));
  // Whoever has the sheet has the codes: not where it is run, which may be a clone.
  const path = resolve(options.output ?? nextSheet(station));
  saveFiles([{ file: { name: path, pieces: () => [pdf] }, path }]);
  if (!options.keep) for (const serial of serials) erasePicture(station, serial);
  if (options.json) terminal.json({ file: path, serials, erased: !options.keep });
  else terminal.print(`${path}: ${counted(serials.length, "label")}`);
  terminal.say(
    "print it at 100 %, then destroy it and what is left over: whoever holds a code can claim its unit",
  );
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
