/** What a format is made of, and what it makes. */
import type { Study } from "../document/study";
import type { StoreReader } from "../store/reader";

export interface OutFile {
  name: string;
  /** In bytes, where it is known before the file is made; else it is small enough for memory. */
  size?: number;
  /** The file from its beginning, made as it is taken; memory does not grow with the recording. */
  pieces(): Iterable<Uint8Array>;
}

export interface ExportSource {
  reader: StoreReader;
  study: Study;
  dataDir: string;
  /** Of the files, without an ending; A-Z a-z 0-9 _ - alone. */
  name: string;
  /** IANA name of the zone of local times; the machine's own by default. */
  timeZone?: string;
}
