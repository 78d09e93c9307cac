/** A thread that makes one report, or one form, and ends: `workerData` is a ReportOrder, its only message a ReportMade. */
import { parentPort, workerData } from "node:worker_threads";
import { type FormOptions, makeForm } from "../answers/form";
import { makeReport, type ReportOptions } from "../report/report";
import { codeOf } from "../store/errors";
import { StoreReader } from "../store/reader";

export interface ReportOrder {
  dataDir: string;
  /** Whole. */
  id: string;
  options: ReportOptions | { form: FormOptions };
}

/** The file, or why it cannot be made. */
export type ReportMade = { bytes: Uint8Array } | { code: string; message: string };

/** What the store says of a recording; anything else is a defect of ours. */
const KNOWN = /^(STORE|FRAME|BLOCK|DOCUMENT|FORM)_/;

async function make({ dataDir, id, options }: ReportOrder): Promise<ReportMade> {
  const reader = StoreReader.open(dataDir);
  try {
    const bytes =
      "form" in options
        ? makeForm(reader, id, options.form)
        : (await makeReport({ reader, dataDir }, id, options)).bytes;
    return { bytes: new Uint8Array(bytes) };
  } catch (error) {
    const code = codeOf(error);
    if (!KNOWN.test(code)) throw error;
    return { code, message: (error as Error).message };
  } finally {
    reader.close();
  }
}

void make(workerData as ReportOrder).then((made) => parentPort!.postMessage(made));
