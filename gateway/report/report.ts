/** A recording as a PDF for a doctor: true to scale, says what is not known, carries its proof. */
import { ownTimeZone } from "../document/localtime";
import { rateOf, studyOf } from "../document/study";
import type { StoreReader } from "../store/reader";
import { type Language, Words } from "../words/words";
import { evidenceOf, type ProofState } from "./evidence";
import { drawFoot, drawHead, type Page } from "./head";
import { drawLong } from "./long";
import { type PaperName, paperOf, ROW_SECONDS } from "./paper";
import { drawRows, isShort } from "./rows";
import { Sheet } from "./sheet";
import { drawTwelve, isTwelve } from "./twelve";

export interface ReportOptions {
  /** Samples `from` up to, not including, `to`. */
  from?: number;
  to?: number;
  paper: PaperName;
  /** The opened proof inside; true by default. */
  proof?: boolean;
  /** Whoever opens it is asked for this. Its bytes are then other ones every time. */
  password?: string;
  /** Address of a clinician's link. */
  link?: string;
  /** IANA's name; this machine's own by default. */
  timeZone?: string;
  /** English by default. */
  language?: Language;
  /** Without whose it is. */
  nameless?: boolean;
}

export interface Report {
  bytes: Buffer;
  proof: ProofState;
}

export interface ReportParts {
  reader: StoreReader;
  dataDir: string;
}

/**
 * The same bytes for the same recording and options, unless there is a password.
 * @throws STORE_NOT_FOUND, STORE_AMBIGUOUS, STORE_NO_OPEN, STORE_ERASED, DOCUMENT_RANGE, FRAME_TAG, BLOCK_*
 */
export async function makeReport(
  { reader }: ReportParts,
  id: string,
  options: ReportOptions,
): Promise<Report> {
  const { from, to, paper, proof = true, password, link, timeZone = ownTimeZone() } = options;
  const words = new Words(options.language ?? "en");
  const whole = studyOf(reader, id, { from, to });
  const study = options.nameless ? { ...whole, person: undefined } : whole;
  const { info } = study;
  const shown = evidenceOf(reader, info, proof, words);
  const sheet = new Sheet({
    paper: paperOf(paper),
    title: `ECG ${info.id}`,
    subject: words.say(info.simulated ? "simulated" : "title"),
    language: words.language,
    date: new Date(Math.max(0, info.startMs)),
    password,
  });
  const page: Page = { sheet, study, reader, timeZone, words };
  const below = await drawHead(page, shown, link);
  drawSignal(page, below);
  if (shown.proof)
    sheet.attach({
      bytes: shown.proof,
      name: "proof.avnode",
      type: "application/cbor",
      description: words.say(info.adopted ? "proof-attached-adopted" : "proof-attached"),
    });
  const bytes = await sheet.end((number, pages) => drawFoot(page, number, pages));
  return { bytes, proof: shown.state };
}

function drawSignal(page: Page, top: number): void {
  const { study } = page;
  if (study.to <= study.from) return;
  if (!isShort(study, rateOf(study))) drawLong(page, top);
  else if (!isTwelve(study)) drawRows(page, top);
  else {
    drawTwelve(page, top);
    // Twelve leads of more than ten seconds: the rest of it, row by row.
    const rest = { ...study, from: study.from + Math.round(ROW_SECONDS * rateOf(study)) };
    if (rest.from < rest.to) drawRows({ ...page, study: rest });
  }
}
