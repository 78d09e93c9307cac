/** What a command writes of a recording into a file: it stands in the ledger of what left the house before it is there. */
import { systemClock } from "../clock";
import type { Terminal } from "./terminal";

/** @param format of the file, in a word; @param file its path, as whoever looks for it finds it */
export function noteLeaving(
  dataDir: string,
  terminal: Terminal,
  { recording, format, file }: { recording: string; format: string; file: string },
): void {
  const { openAccess } = require("../access/database") as typeof import("../access/database");
  const { Egress } = require("../access/egress") as typeof import("../access/egress");
  try {
    const db = openAccess(dataDir);
    try {
      const to = "a file on this machine";
      new Egress(db, systemClock).tell({ kind: "export", to, address: file, recording, detail: format });
    } finally {
      db.close();
    }
  } catch (error) {
    // Of a disk that is full or only read, a recording must still be had.
    terminal.say(`the page's list of what left the house lacks this file: ${(error as Error).message}`);
  }
}
