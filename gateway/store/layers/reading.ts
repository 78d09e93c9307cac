/** What was said beside recordings, read. */
import type { Database } from "better-sqlite3";
import { LayerKind } from "../../../protocol/leaves";
import type { Keyring } from "../keyring";
import type { RecordingRow } from "../recordings";
import { SealedTable } from "../rows";
import {
  LAYER_COLUMNS,
  type LayerRow,
  layerBody,
  layerRows,
  type OverReadLayer,
  type PersonLayer,
} from "./rows";

/** When it was said, and the leaf that says so. */
interface Said {
  /** Among everything that was said beside the recording. */
  number: number;
  /** Unix ms. */
  at: number;
  logged: { log: number; index: number };
}
export type Assigned = PersonLayer & Said;
export type OverReadInfo = OverReadLayer & Said;

export class LayersReader {
  private readonly table: SealedTable<LayerRow>;

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "layers", LAYER_COLUMNS, 1);
  }

  /** Whose it is now: id of a person, null is nobody. */
  personOf({ key, person }: Pick<RecordingRow, "key" | "person">): number | null {
    const newest = this.assigned(key).at(-1);
    return newest ? newest.to : person;
  }

  /** Oldest first. @param recording key of its row */
  assigned(recording: number): Assigned[] {
    return this.of<PersonLayer>(recording, LayerKind.person);
  }

  /** Oldest first. @param recording key of its row */
  overReads(recording: number): OverReadInfo[] {
    return this.of<OverReadLayer>(recording, LayerKind.overRead);
  }

  /** How many recordings each person has now. */
  counts(): Map<number, number> {
    const counts = new Map<number, number>();
    const count = (person: number | null, by: number) => {
      if (person !== null) counts.set(person, (counts.get(person) ?? 0) + by);
    };
    const born = this.db
      .prepare("SELECT person, count(*) AS recordings FROM recordings WHERE held > 0 GROUP BY person")
      .all() as { person: number | null; recordings: number }[];
    for (const { person, recordings } of born) count(person, recordings);
    const given = this.db
      .prepare(
        "SELECT key, person FROM recordings WHERE held > 0 AND key IN (SELECT recording FROM layers WHERE kind = ?)",
      )
      .all(LayerKind.person) as Pick<RecordingRow, "key" | "person">[];
    for (const row of given) {
      count(row.person, -1);
      count(this.personOf(row), 1);
    }
    return counts;
  }

  /** Of rows that were edited nothing is believed. */
  private of<Body>(recording: number, kind: string): (Body & Said)[] {
    return layerRows(this.db, recording, kind)
      .filter((row) => this.table.intact(row))
      .map((row) => this.saidIn<Body>(row));
  }

  /** @throws STORE_SECRET */
  saidIn<Body>(row: LayerRow): Body & Said {
    const { number, at, log, idx } = row;
    const said = JSON.parse(layerBody(this.keyring, row).said) as Body;
    return { ...said, number, at, logged: { log, index: idx } };
  }
}
