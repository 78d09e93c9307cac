/** What a proof shows, line by line, and the one word that it comes to. */
import { type Refusal, refusal } from "../refusal";

export const Verdict = {
  authentic: "authentic",
  simulated: "simulated",
  tampered: "tampered",
  incomplete: "incomplete",
  truncated: "truncated",
  sealedOnly: "sealed-only",
  unpinned: "unpinned",
  revoked: "revoked",
  unknown: "unknown",
};

export const LineState = { ok: "ok", no: "no", unknown: "unknown" };

export const LineName = {
  signed: "signed",
  deviceClass: "class",
  complete: "complete",
  unchanged: "unchanged",
  logged: "logged",
  seen: "seen",
  identity: "identity",
};

/** The order in which people read them. */
export const LINE_ORDER = [
  LineName.signed,
  LineName.deviceClass,
  LineName.complete,
  LineName.unchanged,
  LineName.logged,
  LineName.seen,
  LineName.identity,
];

export interface ProofLine {
  name: string;
  state: string;
  text: string;
}

/** A proof that contradicts itself. `line` is what it was about. */
export interface ProofFault extends Refusal {
  line: string;
}

/** Ends the examination: what is altered in one place proves nothing in another. */
export function fault(line: string, code: string, message: string): ProofFault {
  const error = refusal(code, message) as ProofFault;
  error.line = line;
  return error;
}

/** Frames are not here that somebody would have to declare lost; everything else is a forgery or damage. */
const INCOMPLETE = ["PROOF_FRAME_MISSING", "PROOF_FRAMES_CUT", "PROOF_GAP"];

export function verdictOfFault(code: string): string {
  return INCOMPLETE.indexOf(code) >= 0 ? Verdict.incomplete : Verdict.tampered;
}

/** 2026-01-01 00:00:00 UTC, without a runtime's help. */
export function utc(unixSeconds: number): string {
  const days = Math.floor(unixSeconds / 86400);
  const rest = unixSeconds - days * 86400;
  // Days to the civil calendar, in eras of 400 years that begin in March (H. Hinnant's algorithm).
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = function (n: number): string {
    return n < 10 ? "0" + n : "" + n;
  };
  const time = two(Math.floor(rest / 3600)) + ":" + two(Math.floor(rest / 60) % 60) + ":" + two(rest % 60);
  return year + "-" + two(month) + "-" + two(day) + " " + time + " UTC";
}
