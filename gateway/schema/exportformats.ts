/** What a recording is exported as; without the schema's library, for the command line asks at every start. */
export const EXPORT_FORMATS = ["wfdb", "edf", "dicom", "fhir", "aecg", "csv", "proof"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
