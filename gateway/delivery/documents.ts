/** What is sent of a recording, made anew for each attempt: it tells what is known now. */
import { firstHeld, type Study, studyOf } from "../document/study";
import type { ExportSource } from "../export/source";
import { isShown } from "../findings/words";
import type { Answers, Way } from "../schema/delivery";
import { codeOf, StoreError } from "../store/errors";
import type { StoreReader } from "../store/reader";
import { Words } from "../words/words";
import type { Answering } from "./answering";

/** A mail of more is refused by most servers; base64 makes a third more of it. */
const MAX_PDF_BYTES = 14 * 1024 * 1024;
const PICTURE_SECONDS = 10;
/** Of all objects of a recording together: they are held in memory while they are sent. */
const MAX_DICOM_BYTES = 128 * 1024 * 1024;

export interface Documents {
  pdf: Uint8Array;
  /** False where there is none yet, or the PDF would have been too large with it. */
  hasProof: boolean;
  simulated: boolean;
  /** Of a mail whose PDF has no password: ten seconds as a PNG, of what was found if anything was. */
  picture?: Uint8Array;
  /** That the doctor answers on, as HTML. */
  form?: Uint8Array;
  /** Address to answer at. */
  link?: string;
  dicom?: Uint8Array[];
  bundle?: object;
}

export type DocumentWay = Pick<Way, "kind" | "language"> & { pdfPassword?: string; answers?: Answers };

/** @throws as makeReport, makeForm, dicomFiles and fhirBundle do; OUTBOX_LARGE */
export async function makeDocuments(
  reader: StoreReader,
  dataDir: string,
  id: string,
  way: DocumentWay,
  answering: Answering,
): Promise<Documents> {
  const { makeReport } = require("../report/report") as typeof import("../report/report");
  const { language, pdfPassword, answers } = way;
  const { link } = answering;
  const options = { paper: "a4", password: pdfPassword, language, link } as const;
  let report = await makeReport({ reader, dataDir }, id, options);
  if (report.bytes.length > MAX_PDF_BYTES)
    report = await makeReport({ reader, dataDir }, id, { ...options, proof: false });
  const pdf: Uint8Array = report.bytes;
  const study = studyOf(reader, id);
  const { simulated } = study.info;
  const made: Documents = { pdf, hasProof: report.proof === "inside", simulated, link };
  const source = { reader, study, dataDir, name: "ecg" };
  if (way.kind === "mail" && pdfPassword === undefined)
    made.picture = pictureOf(reader, study, new Words(language ?? "en"));
  const wantsForm = answers === "form" || (answers === "link" && link === undefined);
  if (wantsForm && pdfPassword === undefined) {
    const { makeForm } = require("../answers/form") as typeof import("../answers/form");
    made.form = makeForm(reader, id, answering);
  }
  if (way.kind === "dicom") {
    const { dicomFiles, dicomPdf } = require("../export/dicom") as typeof import("../export/dicom");
    const files = dicomFiles(source);
    const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
    if (bytes > MAX_DICOM_BYTES) throw tooLong(`as DICOM it has ${Math.ceil(bytes / 1e6)} MB`);
    made.dicom = [...files.map((file) => Buffer.concat([...file.pieces()])), dicomPdf(source, pdf)];
  }
  if (way.kind === "fhir") made.bundle = bundleOf(source, pdf);
  return made;
}

function bundleOf(source: ExportSource, pdf: Uint8Array): object {
  const { fhirBundle, proofOf } = require("../export/fhir") as typeof import("../export/fhir");
  try {
    return fhirBundle({ source, pdf, proof: proofOf(source) });
  } catch (error) {
    // Its advice is for who exports by hand.
    throw codeOf(error) === "EXPORT_FHIR" ? tooLong("one FHIR resource does not hold it") : error;
  }
}

function tooLong(why: string): StoreError {
  return new StoreError(
    "OUTBOX_LARGE",
    `it is too long to be sent so: ${why}. Send the report by mail or into a folder, and take the recording along with 'avnode export'`,
  );
}

/** Round the evidence of what a clinician would look at first; else where its signal begins. */
function pictureOf(reader: StoreReader, study: Study, words: Words): Uint8Array {
  const { info, analysis } = study;
  const { stripPicture } = require("../report/picture") as typeof import("../report/picture");
  const length = Math.ceil((PICTURE_SECONDS * info.open.rateNum) / info.open.rateDen);
  const shown = analysis?.episodes.find(({ rhythm }) => isShown(rhythm))?.evidence;
  const wanted = shown ? Math.round((shown.from + shown.to - length) / 2) : firstHeld(study);
  const from = Math.max(0, Math.min(wanted, info.samples - length));
  return stripPicture(studyOf(reader, info.id, { from, to: from + length }), from, { words });
}
