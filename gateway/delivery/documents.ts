/** What is sent of a recording, made anew for each attempt: it tells what is known now. */
import { studyOf } from "../document/study";
import { StoreError } from "../store/errors";
import type { StoreReader } from "../store/reader";
import type { Way } from "../web/schema/delivery";

/** A mail of more is refused by most servers; base64 makes a third more of it. */
const MAX_PDF_BYTES = 14 * 1024 * 1024;
/** Of all objects of a recording together: they are held in memory while they are sent. */
const MAX_DICOM_BYTES = 128 * 1024 * 1024;

export interface Documents {
  pdf: Uint8Array;
  /** False where the PDF would have been too large with it. */
  hasProof: boolean;
  simulated: boolean;
  dicom?: Uint8Array[];
  bundle?: object;
}

/** @throws as makeReport, dicomFiles and fhirBundle do; OUTBOX_LARGE */
export async function makeDocuments(
  reader: StoreReader,
  dataDir: string,
  id: string,
  way: Pick<Way, "kind"> & { pdfPassword?: string },
): Promise<Documents> {
  const { makeReport } = require("../report/report") as typeof import("../report/report");
  const options = { paper: "a4", password: way.pdfPassword } as const;
  let pdf: Uint8Array = await makeReport({ reader, dataDir }, id, options);
  const hasProof = pdf.length <= MAX_PDF_BYTES;
  if (!hasProof) pdf = await makeReport({ reader, dataDir }, id, { ...options, proof: false });
  const study = studyOf(reader, id);
  const made: Documents = { pdf, hasProof, simulated: study.info.simulated };
  const source = { reader, study, dataDir, name: "ecg" };
  if (way.kind === "dicom") {
    const { dicomFiles, dicomPdf } = require("../export/dicom") as typeof import("../export/dicom");
    const files = dicomFiles(source);
    const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
    if (bytes > MAX_DICOM_BYTES)
      throw new StoreError(
        "OUTBOX_LARGE",
        `as DICOM it has ${Math.ceil(bytes / 1e6)} MB, more than is sent at once: take it along with 'avnode export'`,
      );
    made.dicom = [...files.map((file) => Buffer.concat([...file.pieces()])), dicomPdf(source, pdf)];
  }
  if (way.kind === "fhir") {
    const { fhirBundle } = require("../export/fhir") as typeof import("../export/fhir");
    made.bundle = fhirBundle({ source, pdf });
  }
  return made;
}
