/** One attempt to hand over documents, by whatever way. */
import type { Way } from "../schema/delivery";
import type { Documents } from "./documents";
import { putInFolder } from "./folder";

export type Transport = (way: Way, documents: Documents, key: string) => Promise<void>;

/** @param key the same for the same recipient, recording and version; @throws DeliveryError */
export const handOver: Transport = async (way, documents, key) => {
  switch (way.kind) {
    case "mail": {
      const { mailReport } = require("./mail") as typeof import("./mail");
      return mailReport(way, documents, key);
    }
    case "dicom": {
      const { storeDicom } = require("./cstore") as typeof import("./cstore");
      return storeDicom(documents.dicom!, way);
    }
    case "fhir": {
      const { postBundle } = require("./fhirclient") as typeof import("./fhirclient");
      return postBundle(documents.bundle!, { ...way, key });
    }
    case "folder": {
      const { pdf, form } = documents;
      const digits = key.slice(0, 16);
      // The report last: whoever waits for it finds the form beside it.
      if (form) await putInFolder(way.dir, `answer-form-${digits}.html`, form);
      return putInFolder(way.dir, `ecg-report-${digits}.pdf`, pdf);
    }
  }
};
