/** An evidence file for people: Markdown, from the same fields. */
import { fingerprintOf } from "../../gateway/store/makers";
import { FAILURES, type FailureCode } from "./codes";
import { type Evidence, type EvidenceUnit, releaseOf } from "./evidence";
import { recordingsOf } from "./station";
import { GIVEN_UP, isDistrust, isInTheClear, tally } from "./unitline";

const day = (unixMs: number) => new Date(unixMs).toISOString().slice(0, 16).replace("T", " ");
/** A cell of a table: a bar would end it. */
const cell = (text: string) => text.replace(/\|/g, "\\|");
const row = (cells: string[]) => `| ${cells.map(cell).join(" | ")} |`;
const tableOf = (head: string[], rows: string[][]) =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
const list = (items: string[], mark = "-") => items.map((item) => `${mark} ${item}`).join("\n");

const UNIT_HEAD = [
  ...["serial", "device", "class", "passed (UTC)", "firmware", "boot code", "release", "certificate"],
  ...["lock", "bootloader", "radio", "label", "self-test", "trust"],
];

/** @param file of the JSON, which is what is signed */
export function evidenceMarkdown(evidence: Evidence, file: string): string {
  const { figures, log, units, releases, firmware, signing } = evidence;
  const share = ((100 * figures.passedTurns) / figures.turns).toFixed(1);
  const codes = Object.entries(figures.byCode).sort(([a], [b]) => (a < b ? -1 : 1));
  const simulated = units.some((unit) => unit.class === "simulated");
  return `# Evidence for batch ${evidence.batch}

${simulated ? "**SIMULATED: units of this batch are no hardware.**\n\n" : ""}Maker: ${evidence.maker}, key \`${evidence.makerKey}\`, fingerprint ${fingerprintOf(Buffer.from(evidence.makerKey, "hex"))}.
Station: ${evidence.station.name} (${evidence.station.id}). Board: ${evidence.board}. Made ${day(evidence.issued)} UTC.${signing ? `\nEach unit signs ${recordingsOf({ signing })} recordings: trees x leaves are ${signing.trees} x ${2 ** signing.height}, as the station gives them now.` : ""}

This is for reading. What the maker signed is \`${file}\`; \`avnode factory check-evidence ${file}\` verifies its signature
and the proof of every line. It says what was done and seen; it is no certificate of conformity with any standard.

## Figures

${figures.unitsPassed} units passed, of ${figures.chips} chips, in ${figures.turns} turns: ${figures.passedTurns} passed (${share} %), ${figures.failedTurns} failed.${figures.withoutAir > 0 ? `\n**${figures.withoutAir} passed without a sign of life on the air (--without-air).**` : ""}${distrusted(evidence)}

${lives(units)}
${
  codes.length === 0
    ? "No turn failed."
    : tableOf(
        ["code", "what", "times"],
        codes.map(([code, times]) => [code, FAILURES[code as FailureCode]?.what ?? "", String(times)]),
      )
}

## Units

${
  units.length === 0
    ? "None passed."
    : tableOf(
        UNIT_HEAD,
        units.map((unit) => unitRow(unit, evidence)),
      )
}

Hashes are the first 16 digits of SHA-256; the signed file has them whole, and every self-test with what was measured.
Release "none": no release that this file names has the application and the boot code that are in the unit.

## Turns that failed

${failedTurns(evidence)}

## Log

${log.problems.length === 0 ? "The station's log is whole, and each of its checkpoints is signed by the maker." : `**The log is not as it was written:**\n\n${list(log.problems)}`}
Size ${log.size}, of which ${log.size - evidence.lines.length} are not shown here and have to be of other batches; root \`${log.root}\`.

## Firmware

The station flashes version ${firmware.version}, commit ${firmware.commit ?? "none"}:

${list(Object.entries(firmware.files).map(([name, sha256]) => `${name}: \`${sha256}\``))}

${
  releases.length === 0
    ? "This station has made no release."
    : `Releases of this station:\n\n${tableOf(
        ["counter", "version", "board", "issued (UTC)", "SHA256SUMS", "SBOM"],
        releases.map(({ counter, version, board, issued, sums, sbom, dev }) => [
          String(counter),
          dev ? `${version} (for developers)` : version,
          board,
          day(1000 * issued),
          sums,
          sbom,
        ]),
      )}`
}

## What the tool checked

${list(evidence.checked)}

## What it cannot check

${list(evidence.limits)}
`;
}

/** By whom each was noticed: an address that was taken for a unit's own is less than its own. */
function lives(units: EvidenceUnit[]): string {
  const ways = tally(units.map(({ checks }) => checks.air ?? "not checked"));
  const told = Object.entries(ways).map(([way, times]) => `${times} ${way}`);
  const clear = units.filter(isInTheClear).length;
  const warning =
    clear === 0
      ? ""
      : `**The keys of ${clear} went in the clear, over the air or a network (--in-the-clear).**\n`;
  return units.length === 0 ? "" : `Their signs of life: ${told.join("; ")}.\n${warning}`;
}

/** Units that passed, and others: their certificates are valid, too. */
function distrusted({ lines }: Evidence): string {
  const told = lines.filter((line) => line.serial !== null && isDistrust(line));
  if (told.length === 0) return "";
  const why = told.map(({ serial, outcome, detail }) => `${serial} (${outcome}: ${detail})`);
  return `\n**Nobody is to rely on the identity of ${why.join("; ")}: see that the maker's revocation list names it.**`;
}

function unitRow(unit: EvidenceUnit, evidence: Evidence): string[] {
  const {
    lock = "not tried",
    bootloader = "not checked",
    air = "not checked",
    label = "not checked",
    bootCode,
  } = unit.checks;
  const passed = unit.tests.filter((test) => test.passed).length;
  return [
    ...[unit.serial, unit.device, unit.class, day(unit.passedAt)],
    ...[unit.firmware.slice(0, 16), bootCode?.slice(0, 16) ?? "not logged"],
    ...[releaseOf(unit, evidence) ?? "none"],
    ...[unit.certificate?.slice(0, 16) ?? "none"],
    ...[lock, bootloader, air, label, `${passed} of ${unit.tests.length} passed`],
    unit.distrust === null ? "as it passed" : `**none: ${unit.distrust}**`,
  ];
}

function failedTurns({ lines }: Evidence): string {
  const failed = lines.filter(({ outcome }) => outcome !== "PASS" && outcome !== GIVEN_UP);
  if (failed.length === 0) return "None.";
  return tableOf(
    ["time (UTC)", "slot", "serial", "code", "step", "what was seen"],
    failed.map(({ at, slot, serial, outcome, step, detail }) => [
      ...[day(at), slot, serial ?? "none yet", outcome, step, detail],
    ]),
  );
}
