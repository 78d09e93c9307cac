/** What a proof's verdict says to people, and to programs: the same on the command line and in the page that verifies. */
import { toHex } from "../../protocol/bytes";
import type { Manifest } from "../../protocol/manifest";
import { ClockTrust } from "../../protocol/open";
import { LineName, type ProofLine, utc, Verdict } from "../../protocol/proof/lines";
import type { ProofReport } from "../../protocol/proof/verify";
import { clockTime } from "../document/localtime";

const MAX_NAME = 64;

/**
 * A stranger's text, without what a terminal would obey, and without what could pass for lines of ours: no runs of
 * white space, no letters that show nothing, no more of it than a name has.
 */
function harmless(utf8: Uint8Array): string {
  const shown = new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(utf8)
    .replace(/[\p{C}\p{Zl}\p{Zp}\u2800\u3164\u115f\u1160\uffa0]/gu, "\ufffd")
    .replace(/\p{Z}+/gu, " ")
    .replace(/\ufffd+/g, "\ufffd");
  const letters = [...shown];
  return letters.length > MAX_NAME ? `${letters.slice(0, MAX_NAME).join("")}…` : shown;
}

const CLOCKS: Record<number, string> = {
  [ClockTrust.sinceBoot]: "by the handheld's own clock, which nobody had set",
  [ClockTrust.setByHub]: "by the handheld's clock, which its hub had set",
};

function aboutText(
  { device, epoch, recording, rate, samples, start, trust }: Manifest,
  opened: boolean,
): string {
  const length = rate && rate.num > 0 ? `, ${clockTime((samples * rate.den) / rate.num)} long` : "";
  const says = opened ? "" : " (as the hub says)";
  const began =
    start > 0 && CLOCKS[trust]
      ? `, begun ${utc(Math.floor(start / 1000))} ${CLOCKS[trust]}`
      : ", begun at a time unknown";
  return `recording ${recording} of epoch ${epoch} of handheld ${toHex(device)}${length}${began}${says}`;
}

const HINTS: Record<string, string> = {
  [Verdict.unpinned]: "--trust FILE says whose makers you trust; the maker publishes its line",
  [Verdict.simulated]: "a simulated unit proves nothing about a heart",
  [Verdict.sealedOnly]: "whoever has the hub's keys could have made it",
  [Verdict.truncated]: "it has no end that the handheld signed",
};

/** What programs read of a proof. */
export interface Judged {
  verdict: string;
  code: string;
  lines: ProofLine[];
  device?: Uint8Array;
  epoch?: number;
  recording?: number;
  person?: string;
}

export interface Worded {
  judged: Judged;
  /** Which recording; undefined where the file does not say. */
  about: string | undefined;
  hint: string | undefined;
}

export function worded({ verdict, code, lines, manifest, opened, person: name }: ProofReport): Worded {
  const person = name && harmless(name);
  const { device, epoch, recording } = manifest ?? {};
  return {
    judged: {
      ...{ verdict, code, lines: lines.map((line) => withName(line, person)) },
      ...{ device, epoch, recording, person },
    },
    about: manifest && aboutText(manifest, opened),
    hint: HINTS[verdict],
  };
}

function withName(line: ProofLine, person: string | undefined): ProofLine {
  return line.name === LineName.identity && person !== undefined
    ? { ...line, text: `"${person}", ${line.text}` }
    : line;
}
