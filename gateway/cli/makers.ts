/** `avnode makers`: whose handhelds this hub believes. */
import type { Command } from "commander";
import type { MakerInfo } from "../store/pinned";
import { type DataOption, dataDirOf, requireData, withReader } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted, localTime, table } from "./text";

/** Digits of a fingerprint by which one that is listed may be called. */
const MIN_DIGITS = 8;
const FINGERPRINT_DIGITS = 32;
const STATES: Record<MakerInfo["state"], string> = {
  pinned: "believed",
  met: "NOT believed: met at a claim",
  forgotten: "forgotten: nothing new of it is taken",
};

export function addMakers(program: Command, terminal: Terminal): void {
  const makers = program
    .command("makers")
    .description("list the makers of handhelds that this hub believes, has met, or has forgotten")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((options: DataOption & { json?: boolean }) => {
      const { list, devices } = withReader(options, terminal, (reader) => ({
        list: reader.makers.list(),
        devices: reader.devices(),
      }));
      if (options.json) return terminal.json({ makers: list });
      if (list.length === 0)
        return terminal.say(
          "no maker is known yet: the first handheld that is claimed brings its own, and 'avnode makers add' takes the line on a maker's paper",
        );
      const rows = list.map(({ fingerprint, state, label, at }) => [
        fingerprint,
        label ?? "-",
        String(devices.filter(({ maker }) => maker === fingerprint).length),
        `${STATES[state]}, since ${localTime(at)}`,
      ]);
      for (const line of table(["FINGERPRINT", "NAME", "HANDHELDS", "STATE"], rows)) terminal.print(line);
    });
  makers
    .command("add <line...>")
    .description(
      "believe a maker: the line on its paper ('maker NAME KEY'), or the fingerprint of one that a claim met",
    )
    .option("--data <dir>", "data directory")
    .action((words: string[], _, command: Command) => {
      // Given before the command's name it is the list's.
      const options = command.optsWithGlobals<DataOption>();
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      const { key, label } =
        words.length === 1 && words[0]!.startsWith("maker ")
          ? makerOf(words[0]!)
          : words[0] === "maker"
            ? makerOf(words.join(" "))
            : listed(words, FINGERPRINT_DIGITS, options, terminal);
      const { fingerprintOf } = require("../store/makers") as typeof import("../store/makers");
      const { pinMakerBeside } = require("../store/trust") as typeof import("../store/trust");
      pinMakerBeside(dataDir, key, label);
      terminal.print(`maker ${fingerprintOf(key)} is believed`);
      terminal.say("a handheld of it that answered a claim before is taken at its next contact");
    });
  makers
    .command("forget <fingerprint...>")
    .description("believe nothing new of a maker; its handhelds that are claimed stay yours")
    .option("--data <dir>", "data directory")
    .action((words: string[], _, command: Command) => {
      // Given before the command's name it is the list's.
      const options = command.optsWithGlobals<DataOption>();
      const maker = listed(words, MIN_DIGITS, options, terminal);
      const { forgetMakerBeside } = require("../store/trust") as typeof import("../store/trust");
      forgetMakerBeside(dataDirOf(options, terminal), maker.key);
      const owned = withReader(options, terminal, (reader) => reader.devices());
      const count = owned.filter(({ maker: one }) => one === maker.fingerprint).length;
      terminal.print(`maker ${maker.fingerprint} is forgotten`);
      if (count > 0)
        terminal.say(
          `${counted(count, "handheld")} of it that you own ${count === 1 ? "stays" : "stay"} yours; claims, papers, lists and releases of it are refused`,
        );
    });
}

/** @throws CliError */
function makerOf(line: string): { key: Uint8Array; label: string } {
  const { parseTrust, TrustError } = require("../proof/trust") as typeof import("../proof/trust");
  try {
    const [maker, ...others] = parseTrust(line, "the maker's paper").makers;
    if (!maker || others.length > 0) throw new TrustError("write one line, 'maker NAME VERIFIER-KEY'");
    return { key: maker.publicKey, label: maker.label };
  } catch (error) {
    if (error instanceof TrustError) throw new CliError(Exit.usage, `cannot add it: ${error.message}`);
    throw error;
  }
}

/** @param least digits that must be given; @throws CliError unless it is one of those listed */
function listed(words: string[], least: number, options: DataOption, terminal: Terminal): MakerInfo {
  const digits = words
    .join("")
    .replace(/[\s:-]/g, "")
    .toLowerCase();
  if (!/^[0-9a-f]+$/.test(digits) || digits.length < least || digits.length > FINGERPRINT_DIGITS) {
    throw new CliError(
      Exit.usage,
      `'${words.join(" ")}' is neither a line 'maker NAME KEY' nor the ${least} hex digits of a fingerprint; 'avnode makers' lists them`,
    );
  }
  const list = withReader(options, terminal, (reader) => reader.makers.list());
  const found = list.filter(({ fingerprint }) => fingerprint.replaceAll(" ", "").startsWith(digits));
  if (found.length === 1) return found[0]!;
  throw new CliError(
    Exit.failed,
    `${found.length === 0 ? "no maker" : "more than one maker"} of fingerprint ${digits} is known here: 'avnode makers' lists them`,
  );
}
