/** Whether everything that the log says was said beside recordings is here, as it was said. */
import type { Database } from "better-sqlite3";
import { sameBytes } from "../../../protocol/bytes";
import { decodeLayer, LayerKind } from "../../../protocol/leaves";
import type { Keyring } from "../keyring";
import { isErased, type RecordingRow } from "../recordings";
import { SealedTable } from "../rows";
import { LAYER_COLUMNS, type LayerRow, layerBody, layerLeaf } from "./rows";

export class LayersCheck {
  readonly problems: string[] = [];
  private readonly rows: Map<string, LayerRow>;
  private readonly table: SealedTable<LayerRow>;

  constructor(
    db: Database,
    private readonly keyring: Keyring,
    private readonly recordings: RecordingRow[],
  ) {
    this.table = new SealedTable(db, keyring, "layers", LAYER_COLUMNS, 1);
    const rows = db.prepare("SELECT * FROM layers ORDER BY id").all() as LayerRow[];
    this.rows = new Map(rows.map((row) => [`${row.log}/${row.idx}`, row]));
  }

  /** A leaf of that kind. @throws CBOR_*, LAYER_FIELD */
  leaf(log: number, idx: number, leaf: Uint8Array): void {
    const { device, epoch, recording, kind } = decodeLayer(leaf);
    const about = this.recordings.find(
      (row) => sameBytes(row.device, device) && row.epoch === epoch && row.number === recording,
    );
    const name = `leaf ${idx} of log ${log}`;
    const row = this.rows.get(`${log}/${idx}`);
    this.rows.delete(`${log}/${idx}`);
    if (!about) this.problems.push(`${name} says something of a recording that is not here`);
    else if (!row) {
      // What clinicians said goes with the recording.
      if (kind !== LayerKind.overRead || !isErased(about))
        this.problems.push(
          `${name} says that ${WHAT[kind] ?? kind} of recording ${about.id} was kept; it is gone`,
        );
    } else if (!this.isAs(row, about, leaf))
      this.problems.push(`${WHAT[kind] ?? kind} of recording ${about.id} was altered: ${name} says another`);
  }

  /** After every leaf. */
  rest(): void {
    for (const { log, idx } of this.rows.values())
      this.problems.push(
        `what is kept beside a recording names leaf ${idx} of log ${log}, which does not say so`,
      );
  }

  private isAs(row: LayerRow, about: RecordingRow, leaf: Uint8Array): boolean {
    if (!this.table.intact(row) || row.recording !== about.key) return false;
    try {
      return sameBytes(layerLeaf(about, row, layerBody(this.keyring, row)), leaf);
    } catch {
      return false;
    }
  }
}

const WHAT: Record<string, string> = {
  [LayerKind.person]: "an assignment",
  [LayerKind.overRead]: "an over-read",
};
